"""The command line: what is called, what is printed where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import siting
from siting.cli import main
from siting.errors import Fault, InfeasibleError, InputError, NoSolutionError, SolverError
from siting.plan import Document, Plan
from siting.scenario_io import load_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.maps import MapView
    from siting.scenario import Scenario

SAMPLE = Path(__file__).with_name("plan_sample.json")


@dataclass(frozen=True)
class Difference:
    """Stand in for what the verifier finds."""

    where: str
    plan: str
    recomputed: str
    unmet: bool = False

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.where}: plan says {self.plan}, recomputed {self.recomputed}"


class Pipeline(SimpleNamespace):
    """Stand in for the long work, and remember what it was asked."""

    asked: dict[str, Any]
    error: BaseException | None
    differences: list[Difference]

    def __init__(self) -> None:
        super().__init__(asked={}, error=None, differences=[])

    def run_plan(
        self, scenario: Scenario, *, case_name: str, out: Path, progress: Callable[[str], None]
    ) -> Plan:
        """Return the sample plan, or fail as told."""
        self.asked = {"scenario": scenario, "case": case_name, "out": out}
        progress("reading [red]the city[/red] \x1b[31m")
        if self.error is not None:
            raise self.error
        document = Document.model_validate_json(SAMPLE.read_text(encoding="utf-8"))
        return Plan(document, pd.DataFrame(), pd.DataFrame(), pd.DataFrame())

    def run_verify(self, folder: Path, *, case_name: str | None) -> list[Difference]:
        """Return the differences told."""
        self.asked = {"folder": folder, "case": case_name}
        return self.differences

    def run_map(self, folder: Path, *, view: MapView, case_name: str | None) -> list[Path]:
        """Return two pages."""
        self.asked = {"folder": folder, "case": case_name, "view": view}
        return [folder / "map.html", folder / "report.html"]

    def run_check(self, name: str) -> list[str]:
        """Return a note, or fail as told."""
        if self.error is not None:
            raise self.error
        return [f"{name}: 3 zones"]


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pipeline:
    """Put the stand-in in the pipeline's place, in an empty folder."""
    stand_in = Pipeline()
    monkeypatch.setitem(sys.modules, "siting.pipeline", stand_in)
    monkeypatch.setattr(siting, "pipeline", stand_in, raising=False)
    monkeypatch.chdir(tmp_path)
    return stand_in


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def _json(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the version and no more."""
    assert _run("--version") == 0
    assert capsys.readouterr().out == f"siting {siting.__version__}\n"


def test_plan_answers_the_default_scenario(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a word: ratio-2025, its own city, into maps/ratio-2025."""
    assert _run("plan") == 0
    assert pipeline.asked["scenario"] == load_scenario("ratio-2025")
    assert pipeline.asked["case"] == "shenzhen"
    assert pipeline.asked["out"] == Path("maps") / "ratio-2025"
    out, err = capsys.readouterr()
    assert "proved within 1.00% of the best possible: 1,200 kWh/day, bound 1,212, 0.5 s" in out
    assert "HiGHS 1.15.1" in out
    assert "The city is stylised" in out
    assert "1 assumptions" in out
    assert "reading [red]the city[/red] \ufffd[31m" in err


def test_plan_takes_limits_from_the_command_line(pipeline: Pipeline) -> None:
    """Options replace the scenario's limits and city, and what the plan keeps says so."""
    options = "--case there --out p --time-limit 5 --gap 0.3 --seed 7 --threads 1 --solver cbc"
    assert _run("plan", "central", *options.split()) == 0
    scenario = pipeline.asked["scenario"]
    solve = scenario.solve
    assert (solve.time_limit_s, solve.gap, solve.seed, solve.threads) == (5.0, 0.3, 7, 1)
    assert (solve.solver, scenario.case, pipeline.asked["out"]) == ("cbc", "there", Path("p"))


def test_plan_prints_one_json_document(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json, stdout is one document; progress stays on stderr, and --quiet silences it."""
    assert _run("plan", "--json") == 0
    out, err = capsys.readouterr()
    document = _json(out)
    assert document["ok"] is True
    assert document["outcome"]["gap"] == 0.01
    assert document["ratio"]["city"]["ratio"] == 1.0
    assert err
    assert _run("plan", "--json", "--quiet") == 0
    assert capsys.readouterr().err == ""
    assert pipeline.asked


def test_quiet_prints_nothing(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is the answer."""
    assert _run("plan", "-q") == 0
    assert capsys.readouterr() == ("", "")
    assert pipeline.asked


def test_no_color_is_respected(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No escape code reaches a stream, colours forced or not."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert _run("plan") == 0
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert pipeline.asked


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("bad", [Fault("a.csv", "lon is 999", "Mend it", row=2)]), 2),
        (SolverError("no solver 'x'"), 2),
        (InfeasibleError(["Dapeng: 21 stations asked for, 9 sites"], "0.8 can be had"), 3),
        (NoSolutionError("limit reached"), 4),
        (ZeroDivisionError("division by zero"), 1),
    ],
)
def test_failures_have_their_own_codes(
    error: Exception, code: int, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    """Text on stderr, never a traceback; with --json one document on stdout as well."""
    pipeline.error = error
    assert _run("plan") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert str(error).splitlines()[0] in err
    assert ("This is a bug" in err) == (code == 1)
    assert _run("plan", "--json") == code
    document = _json(capsys.readouterr().out)
    assert document["ok"] is False
    assert document["error"]["exit_code"] == code
    assert document["error"]["message"]


def test_json_tells_faults_and_conflicts(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program reads each fault and each conflicting requirement on its own."""
    pipeline.error = InputError("bad", [Fault("a.csv", "is 999", "Mend it.", row=2, field="lon")])
    _run("check", "x", "--json")
    error = _json(capsys.readouterr().out)["error"]
    assert error["kind"] == "InputError"
    assert error["faults"] == ["a.csv, row 2, lon: is 999. Mend it."]
    pipeline.error = InfeasibleError(["one", "two"], "near")
    _run("plan", "--json")
    error = _json(capsys.readouterr().out)["error"]
    assert (error["conflict"], error["nearest"]) == (["one", "two"], "near")


def test_debug_shows_the_traceback(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    """--debug may stand anywhere."""
    pipeline.error = ZeroDivisionError("division by zero")
    assert _run("plan", "central", "--debug") == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_told(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    """130 is what shells expect of an interrupted program."""
    pipeline.error = KeyboardInterrupt()
    assert _run("plan", "--json") == 130
    out, err = capsys.readouterr()
    assert "Stopped" in err
    assert "Traceback" not in err
    assert _json(out)["error"]["exit_code"] == 130


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "--no-such-option"],
        ["plan", "--gap", "many"],
        ["no-such-command"],
        ["verify"],
        ["schema", "castle"],
        ["plan", "no-such-scenario"],
        ["plan", "central", "--gap", "-1"],
        ["plan", "central", "--threads", "0"],
    ],
)
def test_wrong_usage_is_2(
    arguments: list[str], pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage is bad input: told on stderr, and with --json on stdout too."""
    assert _run(*arguments) == 2
    out, err = capsys.readouterr()
    assert (out, pipeline.asked) == ("", {})
    assert err
    assert _run(*arguments, "--json") == 2
    out = capsys.readouterr().out
    assert _json(out)["error"]["exit_code"] == 2


def test_plan_refuses_a_taken_folder_before_the_long_work(
    pipeline: Pipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits 90 seconds to hear that the folder is taken."""
    (tmp_path / "thesis.txt").write_text("years of work")
    assert _run("plan", "--out", ".") == 2
    assert "not a plan, which would be lost" in capsys.readouterr().err
    assert pipeline.asked == {}


def test_verify_says_what_differs(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    """A clean plan exits 0, one that does not verify exits 2 and names the number."""
    assert _run("verify", "p", "--case", "there") == 0
    assert pipeline.asked == {"folder": Path("p"), "case": "there"}
    assert "Verified" in capsys.readouterr().out
    pipeline.differences = [Difference("outcome.gap", "0.1", "0.2")]
    assert _run("verify", "p") == 2
    assert "outcome.gap: plan says 0.1, recomputed 0.2" in capsys.readouterr().out
    assert _run("verify", "p", "--json") == 2
    document = _json(capsys.readouterr().out)
    assert document["ok"] is False
    assert document["mismatches"] == [
        {"where": "outcome.gap", "plan": "0.1", "recomputed": "0.2", "unmet": False}
    ]


def test_map_prints_what_it_drew(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths to open, as text and as JSON."""
    assert _run("map", "p") == 0
    pages = [str(Path("p") / "map.html"), str(Path("p") / "report.html")]
    assert capsys.readouterr().out.split() == pages
    assert _run("map", "p", "--json") == 0
    assert _json(capsys.readouterr().out)["files"] == pages
    assert pipeline.asked["case"] is None
    assert pipeline.asked["view"].audience == "planner"


def test_map_without_what_if(pipeline: Pipeline) -> None:
    """Readers can try stations, unless it is asked not to."""
    assert _run("map", "p") == 0
    assert pipeline.asked["view"].what_if
    assert _run("map", "p", "--no-what-if") == 0
    assert not pipeline.asked["view"].what_if


def test_map_is_drawn_for_whom_it_is_asked(pipeline: Pipeline) -> None:
    """Audience, language and tiles reach the map; Amap's tiles are known to be GCJ-02."""
    amap = "https://webrd0{s}.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}"
    assert _run("map", "p", "--audience", "public", "--lang", "zh", "--tiles", amap) == 0
    view = pipeline.asked["view"]
    assert (view.audience, view.languages, view.file_name) == ("public", ("zh",), "map-public.html")
    assert view.tiles.datum == "gcj02"
    assert _run("map", "p", "--tiles", amap, "--tiles-crs", "wgs84", "--tiles-credit", "us") == 0
    assert (pipeline.asked["view"].tiles.datum, pipeline.asked["view"].tiles.credit) == (
        "wgs84",
        "us",
    )


def test_tiles_that_cannot_be_used_are_told(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    """An address without {y} ends with code 2, and says what is missing; nothing is drawn."""
    assert _run("map", "p", "--tiles", "https://a.b/{z}/{x}.png") == 2
    assert "lacks {y}" in capsys.readouterr().err
    assert pipeline.asked == {}


def test_check_prints_notes(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    """What loading found is told, and that there are no faults."""
    assert _run("check", "toy") == 0
    assert capsys.readouterr().out == "toy: 3 zones\ntoy: no faults.\n"
    assert _run("check", "toy", "--json") == 0
    assert _json(capsys.readouterr().out)["notes"] == ["toy: 3 zones"]
    assert pipeline.error is None


@pytest.mark.parametrize(
    ("what", "words"),
    [("scenario", "reach.minutes"), ("case", "area_m2"), ("plan", "siting-plan/1")],
)
def test_schema_explains(what: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each schema prints as a table, or as JSON."""
    assert _run("schema", what) == 0
    assert words in capsys.readouterr().out
    assert _run("schema", what, "--json") == 0
    out = capsys.readouterr().out
    assert words in out
    assert _json(out)


def test_list_shows_shipped_and_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Own files come first and hide shipped ones of the same name; a broken one is listed too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "central.toml").write_text('title = "Ours"')
    (tmp_path / "models" / "broken.toml").write_text("title = ")
    assert _run("list", "--json") == 0
    document = _json(capsys.readouterr().out)
    rows = {row["name"]: row for row in document["scenarios"]}
    assert rows["central"]["title"] == "Ours"
    assert rows["ratio-2025"]["where"] == "shipped"
    assert "cannot be read" in rows["broken"]["title"]
    assert "common" not in rows
    assert [row["name"] for row in document["cities"]] == ["shenzhen"]
    assert _run("list") == 0
    assert "深圳" in capsys.readouterr().out


def test_init_makes_a_workspace_that_plans(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example scenario loads as it is; a second init replaces nothing."""
    assert _run("init", "town") == 0
    monkeypatch.chdir(tmp_path / "town")
    assert _run("plan", "our-city", "-q") == 0
    assert pipeline.asked["scenario"].title == "Our city"
    readme = tmp_path / "town" / "README.md"
    readme.write_text("mine")
    assert _run("init") == 2
    assert readme.read_text() == "mine"


def test_case_synth_makes_a_city(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder defaults to data/NAME-xSCALE."""
    asked: dict[str, Any] = {}

    def generate(facts: Path, out: Path, *, scale: float, seed: int | None) -> None:
        asked.update(facts=facts.name, out=out, scale=scale, seed=seed)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("siting.data.synth.generate_case", generate)
    assert _run("case", "synth", "shenzhen", "--scale", "0.1", "--seed", "3") == 0
    out = Path("data") / "shenzhen-x0.1"
    assert asked == {"facts": "shenzhen", "out": out, "scale": 0.1, "seed": 3}
    assert capsys.readouterr().out.strip() == str(out)


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"], ["case", "--help"], []])
def test_help_needs_no_heavy_library(arguments: list[str]) -> None:
    """Help and usage come at once: neither geopandas nor a solver is loaded for them."""
    code = (
        "import sys\nfrom siting.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('geopandas', 'pandas', 'pulp', 'folium') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(  # noqa: S603 - our own script
        command, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_closed_pipe_is_no_bug() -> None:
    """'siting schema | head -1' ends quietly."""
    command = f"{sys.executable} -m siting schema scenario | head -1"
    done = subprocess.run(  # noqa: S602 - the shell's pipe is what is tested
        command, shell=True, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    assert done.stdout.startswith("key")
