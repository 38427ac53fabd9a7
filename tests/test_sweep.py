"""A sweep from command line to page: resumed, warm, honest; in processes and on a cluster."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from siting.cli import main
from siting.errors import SweepError
from siting.pipeline import load_city
from siting.plan_folder import read_plan
from siting.sweep import pools
from siting.sweep.rows import DONE, PLANNED
from siting.sweep.store import FILE, read_store
from siting.sweep.work import Answer, Order, answer
from siting.verify import verify_plan
from tests.sweep_case import make_city, make_question

if TYPE_CHECKING:
    from pathlib import Path

RATIOS = "ratio=0.6:1.8:0.4"  # 0.6, 1.0, 1.4 and 1.8 of 20 fuel stations; the money is for 22


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small city and its question."""
    folder = tmp_path_factory.mktemp("desk")
    make_question(folder, make_city(folder / "city"))
    return folder


class Here:
    """Answer orders in this process, one at a time."""

    packs = False
    room = 1

    def __init__(self, *, stop_after: int | None = None, packs: bool = False) -> None:
        self.orders: list[Order] = []
        self.seen: list[Order] = []
        self.stop_after = stop_after
        self.packs = packs

    def submit(self, order: Order) -> None:
        """Take an order."""
        self.orders.append(order)
        self.seen.append(order)

    def finished(self) -> list[tuple[Order, Answer | Exception]]:
        """Answer the first order; or be stopped, as by Ctrl-C."""
        if self.stop_after is not None and len(self.seen) > self.stop_after:
            raise KeyboardInterrupt
        order = self.orders.pop(0)
        return [(order, answer(order))]

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    """Let sweeps run in this process."""
    workers = Here()
    monkeypatch.setattr(pools, "Processes", lambda _: workers)
    return workers


def _sweep(desk: Path, out: Path, *more: str, vary: str = RATIOS) -> int:
    line = ["sweep", str(desk / "small.toml"), "--vary", vary, "--out", str(out), "--quiet"]
    with pytest.raises(SystemExit) as done:
        main([*line, "--workers", "1", *more])
    assert isinstance(done.value.code, int)
    return done.value.code


def _rows(out: Path) -> list[dict[str, Any]]:
    return list(read_store(out / FILE).rows.values())


@pytest.fixture(scope="module")
def swept(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished sweep's folder."""
    out = tmp_path_factory.mktemp("swept") / "sweep"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pools, "Processes", lambda _: Here())
        assert _sweep(desk, out) == 0
    return out


def test_every_run_is_a_row_and_every_plan_verifies(swept: Path) -> None:
    """Ratios the money reaches are plans of their own; past it the row says why there is none."""
    rows = sorted(_rows(swept), key=lambda row: float(row["vary.ratio"]))
    assert [row["vary.ratio"] for row in rows] == pytest.approx([0.6, 1.0, 1.4, 1.8])
    assert [row["outcome"] in PLANNED for row in rows] == [True, True, False, False]
    assert "32.00 M CNY have arrived" in rows[2]["conflict"]
    for row in rows[:2]:
        plan, scenario = read_plan(swept / row["folder"])
        case = load_city(scenario.case, scenario)
        assert verify_plan(plan, case, scenario) == []
        assert plan.document.outcome.objective == row["objective"]
        assert plan.document.kpis.capex_cny == row["capex_cny"]
        assert row["ratio"] >= row["ratio_target"] == row["vary.ratio"]
    assert rows[1]["start_from"] == rows[0]["id"]
    assert rows[1]["bound_from"] == rows[0]["id"]


def test_the_frontier_says_what_a_point_costs(swept: Path) -> None:
    """One step, from 0.6 to 1.0, in page, picture and table."""
    page = (swept / "frontier.html").read_text(encoding="utf-8")
    assert "A small city" in page
    assert "小城" in page
    assert "no plan possible" in page
    assert "0.6 → 1" in page
    assert (swept / "frontier.svg").read_text(encoding="utf-8").startswith("<svg")
    assert len((swept / "frontier.csv").read_text(encoding="utf-8-sig").splitlines()) == 2


def test_a_finished_sweep_is_not_done_again(desk: Path, swept: Path, here: Here) -> None:
    """Nor is any row changed; a sweep that asks for more does only what is new."""
    before = (swept / FILE).read_bytes()
    assert _sweep(desk, swept) == 0
    assert here.seen == []
    assert read_store(swept / FILE).rows.keys() == {row["id"] for row in _rows(swept)}
    assert (swept / FILE).read_bytes() == before


def test_ctrl_c_leaves_what_is_finished_and_the_same_command_goes_on(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in its third run: two rows; then the two that are missing, and no more."""
    out = tmp_path / "sweep"
    monkeypatch.setattr(pools, "Processes", lambda _: Here(stop_after=2))
    assert _sweep(desk, out) == 130
    assert len(_rows(out)) == 2
    assert (out / "frontier.html").is_file()  # of what there is
    rest = Here()
    monkeypatch.setattr(pools, "Processes", lambda _: rest)
    assert _sweep(desk, out) == 0
    assert len(rest.seen) == 2
    assert len(_rows(out)) == 4
    assert {row["outcome"] for row in _rows(out)} <= set(DONE)


def test_a_plan_whose_row_was_lost_is_taken_up(
    desk: Path, swept: Path, tmp_path: Path, here: Here
) -> None:
    """Killed between folder and row: verified and written down, not solved again."""
    out = tmp_path / "sweep"
    shutil.copytree(swept, out)
    (out / FILE).unlink()
    assert _sweep(desk, out) == 0
    assert len(here.seen) == 2  # those without a plan have no folder to tell of them
    old = {row["id"]: row["objective"] for row in _rows(swept)}
    assert {row["id"]: row["objective"] for row in _rows(out)} == old


def test_a_plan_that_was_tampered_with_is_not_taken_up(
    desk: Path, swept: Path, tmp_path: Path, here: Here
) -> None:
    """It does not verify, so its run is made again."""
    out = tmp_path / "sweep"
    shutil.copytree(swept, out)
    (out / FILE).unlink()
    for path in (out / "runs").glob("ratio=1-*/plan.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        document["kpis"]["capex_cny"] *= 2
        path.write_text(json.dumps(document), encoding="utf-8")
    assert _sweep(desk, out) == 0
    assert {order.run.values["ratio"] for order in here.seen} == {1, 1.4, 1.8}


def test_a_plan_folder_that_is_gone_is_made_again(
    desk: Path, swept: Path, tmp_path: Path, here: Here
) -> None:
    """A row is not enough: each plan is to be there."""
    out = tmp_path / "sweep"
    shutil.copytree(swept, out)
    for folder in (out / "runs").glob("ratio=1-*"):
        shutil.rmtree(folder)
    assert _sweep(desk, out) == 0
    assert [order.run.values["ratio"] for order in here.seen] == [1]


def test_changed_inputs_are_told_and_old_rows_kept(
    desk: Path, swept: Path, tmp_path: Path, here: Here, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another gap makes other runs; the file's rows stay, and the change is named."""
    out = tmp_path / "sweep"
    shutil.copytree(swept, out)
    line = ["sweep", str(desk / "small.toml"), "--vary", "ratio=1", "--out", str(out)]
    with pytest.raises(SystemExit) as done:
        main([*line, "--workers", "1", "--gap", "0.01"])
    told = capsys.readouterr().err
    assert done.value.code == 0
    assert "changed since: solve.gap was 0, is 0.01" in told
    assert "4 rows of other runs stay" in told
    assert len(_rows(out)) == 5
    assert len(here.seen) == 1


def test_packed_plans_are_the_same(
    desk: Path, swept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a cluster sends back is unpacked into the folder a process would have written."""
    out = tmp_path / "sweep"
    monkeypatch.setattr(pools, "Processes", lambda _: Here(packs=True))
    assert _sweep(desk, out, vary="ratio=0.6") == 0
    (row,) = _rows(out)
    assert sorted(p.name for p in (out / row["folder"]).iterdir()) == sorted(
        p.name for p in (swept / row["folder"]).iterdir()
    )
    assert read_plan(out / row["folder"])[0].document.kpis == (
        read_plan(swept / row["folder"])[0].document.kpis
    )


def test_several_cities_are_one_sweep(
    desk: Path, tmp_path: Path, here: Here, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its own runs; nothing is carried from one city to another."""
    other = make_city(tmp_path / "other", seed=2)
    out = tmp_path / "sweep"
    cases = ("--case", str(desk / "city"), "--case", str(other), "--json")
    assert _sweep(desk, out, *cases, vary="ratio=0.6,0.8") == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["case"] for row in told["runs"]] == [str(desk / "city")] * 2 + [str(other)] * 2
    assert len({row["case_hash"] for row in told["runs"]}) == 2
    by_id = {row["id"]: row for row in told["runs"]}
    for row in told["runs"]:
        origin = row["start_from"]
        assert origin is None or by_id[origin]["case_hash"] == row["case_hash"]
    assert len(here.seen) == 4
    assert [step["series"] for step in told["steps"]] == [
        "Shenzhen (stylised) (city)",  # both bear the same title
        "Shenzhen (stylised) (other)",
    ]


def test_a_run_that_fails_is_told_and_tried_again(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row says so, the exit code is 1, and the same command runs it again."""
    out = tmp_path / "sweep"
    workers = Here()
    fails = RuntimeError("the disk fell over")
    monkeypatch.setattr(workers, "finished", lambda: [(workers.orders.pop(0), fails)])
    monkeypatch.setattr(pools, "Processes", lambda _: workers)
    assert _sweep(desk, out, vary="ratio=0.6") == 1
    (row,) = _rows(out)
    assert row["outcome"] == "failed"
    assert "the disk fell over" in row["conflict"]
    monkeypatch.setattr(pools, "Processes", lambda _: Here())
    assert _sweep(desk, out, vary="ratio=0.6") == 0
    assert [row["outcome"] for row in _rows(out)] == ["optimal"]


# What a user gets wrong


@pytest.mark.parametrize(
    ("vary", "told"),
    [
        ("ratoi=1", "Did you mean 'ratio'?"),
        ("ratio=1.2:0.6:0.1", "is empty"),
        ("ratio=-1", "must be 0 or more"),
        ("stations=1.5", "must be a whole number"),
    ],
)
def test_bad_values_end_with_2_and_leave_nothing(
    vary: str, told: str, desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is solved, or any folder made."""
    assert _sweep(desk, tmp_path / "sweep", vary=vary) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_ends_with_2_and_is_left(
    desk: Path, swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither it nor the plans are touched; once it is moved away, they are taken up."""
    out = tmp_path / "sweep"
    shutil.copytree(swept, out)
    spoiled = (out / FILE).read_bytes()[:500]
    (out / FILE).write_bytes(spoiled)
    assert _sweep(desk, out) == 2
    told = capsys.readouterr().err
    assert "is damaged" in told
    assert "Move it away" in told
    assert (out / FILE).read_bytes() == spoiled


def test_a_folder_of_somebody_else_is_refused(desk: Path, tmp_path: Path) -> None:
    """A plan's, say; nothing in it changes."""
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    assert _sweep(desk, tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_two_sweeps_do_not_write_one_folder(desk: Path, tmp_path: Path) -> None:
    """The second is told to wait."""
    from siting.sweep.place import alone  # noqa: PLC0415 - only here

    with alone(tmp_path), pytest.raises(SweepError, match="Another sweep"), alone(tmp_path):
        pytest.fail("both came in")
    assert desk.is_dir()


def test_a_scheduler_that_does_not_answer_is_told(desk: Path, tmp_path: Path) -> None:
    """Exit code 2, and the folder can be used again."""
    pytest.importorskip("distributed")
    assert _sweep(desk, tmp_path / "sweep", "--scheduler", "tcp://127.0.0.1:9") == 2
    assert _rows(tmp_path / "sweep") == []


# Processes


def _command(desk: Path, out: Path, *more: str) -> list[str]:
    line = [sys.executable, "-m", "siting", "sweep", str(desk / "small.toml")]
    return [*line, "--vary", RATIOS, "--out", str(out), *more]


def _wait_for_rows(out: Path, count: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < until:
        if (out / FILE).exists() and len(_rows(out)) >= count:
            return
        time.sleep(0.05)
    pytest.fail(f"no {count} rows: {process.communicate()}")


@pytest.mark.slow
def test_a_killed_sweep_goes_on_and_loses_nothing(desk: Path, tmp_path: Path) -> None:
    """SIGKILL after the first row: the file is whole, no process stays, the rest is done later."""
    out = tmp_path / "sweep"
    line = _command(desk, out, "--workers", "1")
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as first:  # noqa: S603 - our own
        _wait_for_rows(out, 1, first)
        first.kill()
    rows = _rows(out)
    assert 1 <= len(rows) < 4
    again = subprocess.run(line, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert f"{len(rows)} of 4 runs are done already" in again.stderr or "from plans" in again.stderr
    assert len(_rows(out)) == 4
    for row in rows:
        assert row in _rows(out)


@pytest.mark.slow
def test_a_sweep_on_a_cluster_survives_a_killed_worker(desk: Path, tmp_path: Path) -> None:
    """A scheduler and two workers on loopback, one of them killed: every run once, none lost."""
    pytest.importorskip("distributed")
    out, file = tmp_path / "sweep", tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    started = []
    try:
        for kind, more in (
            ("scheduler", ["--port", "0"]),
            *[("worker", ["--nthreads", "1", "--no-nanny"])] * 2,
        ):
            line = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *more]
            line += ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
            started.append(subprocess.Popen(line, **quiet))  # type: ignore[call-overload] # noqa: S603
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.1)
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        line = _command(desk, out, "--scheduler", address)
        with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as sweep:  # noqa: S603
            _wait_for_rows(out, 1, sweep)
            os.kill(started[1].pid, signal.SIGKILL)
            _, told = sweep.communicate(timeout=300)
        assert sweep.returncode == 0, told
    finally:
        for process in started:
            process.kill()
            process.wait()
    rows = _rows(out)
    assert sorted(row["vary.ratio"] for row in rows) == pytest.approx([0.6, 1.0, 1.4, 1.8])
    assert {row["outcome"] for row in rows} <= set(DONE)
    assert all((out / r["folder"] / "map.html").is_file() for r in rows if r["folder"])
