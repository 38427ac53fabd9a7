"""The bench: ratios, gaps and ends of engines, on figures given by hand and tiny questions."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from siting.bench import run, table
from siting.bench.questions import SIZES, Ask, make
from siting.bench.run import Answer, answer_of
from siting.cli import main
from siting.models import peers

if TYPE_CHECKING:
    from pathlib import Path

MEDIAN = next(ask for ask in SIZES["tiny"] if ask.kind == "median")


def test_ratios_and_gaps_follow_from_the_figures() -> None:
    """Ratios are over siting's 2 s and 100 MB; gaps are to the least upper bound, 105."""
    answers = [
        Answer("siting", 100.0, 110.0, 2.0, 2.0, 100.0),
        Answer("PuLP + HiGHS", 84.0, 105.0, 5.0, 5.0, 250.0),
    ]
    ours, theirs = table.rows(Ask("cover", 1, 1, 1), answers)
    assert ours[4:] == ("5.00%", "2.00", "100", "> 1.0", "1.0")  # (105 - 100) / 100
    assert theirs[4:] == ("25.00%", "5.00", "250", "> 2.5", "2.5")  # (105 - 84) / 84
    assert ours[2] == "not proved to the gap asked"


def test_least_cost_takes_the_greatest_bound() -> None:
    """Where less is better, the tightest bound is the largest one; no bound is none."""
    answers = [Answer("a", 10.0, 8.0), Answer("b", 10.0, 9.0), Answer("c", 10.0)]
    assert table.best_bound(Ask("median", 1, 1, 1), answers) == 9.0
    assert math.isnan(table.best_bound(MEDIAN, [Answer("c", 10.0)]))


@pytest.mark.parametrize("ask", SIZES["tiny"], ids=lambda ask: ask.kind)
def test_engines_agree_on_tiny_questions(ask: Ask) -> None:
    """siting, HiGHS and CBC prove the same optimum, each in a process of its own."""
    engines = ("siting", "PuLP + HiGHS", "PuLP + CBC")
    answers = [answer_of(engine, ask, 20) for engine in engines]
    assert [answer.note for answer in answers] == ["", "", ""]
    first = answers[0].objective
    assert [answer.objective for answer in answers] == pytest.approx([first] * 3)
    assert [answer.bound for answer in answers] == pytest.approx([first] * 3, rel=1e-5)


def test_a_stopped_engine_has_no_answer() -> None:
    """A process beyond its limit is killed and told as such, without a figure."""
    stopped = answer_of("siting", MEDIAN, 0.0, start_s=0.05)
    assert stopped.note == "stopped by the clock"
    (row,) = table.rows(MEDIAN, [stopped])
    assert row[2:] == ("stopped by the clock", "-", "-", "-", "-", "-", "-")


def test_a_missing_peer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without spopt its row says so, and nothing is run."""
    monkeypatch.setattr(peers, "find_spec", lambda _: None)
    assert run.answer_of("spopt + HiGHS", MEDIAN, 1).note == "not installed"


def test_worth_is_counted_from_the_sites() -> None:
    """Too many open sites, or none, are worth nothing at all."""
    question = make(MEDIAN)
    everything = question.kept | True
    assert math.isnan(peers.worth("median", question, everything))
    assert math.isnan(peers.worth("median", question, everything[:0]))


@pytest.mark.parametrize(
    "options", [["--only", "chess"], ["--sizes", "vast"], ["--seconds", "0"]], ids=lambda o: o[1]
)
def test_bad_options_exit_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown kind or size, or no time at all, is a wrong command line."""
    with pytest.raises(SystemExit) as done:
        main(["bench", *options])
    assert done.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_table_goes_to_a_file_and_to_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The Markdown says that the questions are synthetic; JSON has every engine's figures."""
    target = tmp_path / "table.md"
    arguments = ["bench", "--sizes", "tiny", "--only", "cover", "--seconds", "5", "-q", "--json"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--markdown", str(target)])
    assert ended.value.code == 0
    (told,) = json.loads(capsys.readouterr().out)["questions"]
    assert told["kind"] == "cover"
    assert told["best_bound"] == pytest.approx(told["answers"][0]["objective"])
    text = target.read_text(encoding="utf-8")
    assert text.startswith("Synthetic questions; ")
    assert text.count("| cover 60 x 20, p = 4 |") == len(told["answers"])


def test_a_folder_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    """Before anything is measured."""
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--markdown", str(tmp_path / "no" / "table.md")])
    assert ended.value.code == 2
