"""The main model's benchmark: told piece by piece, no piece lost, no failure hidden."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import main_model

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = {
    "trace": [[1.0, 90.0, 100.0], [2.0, 95.0, 100.0]],
    "cpu_s": 3.0,
    "memory_mb": 200.0,
    "before_mb": 100.0,
    "pairs": 50,
    "size": [10, 5, 1],
    "maximise": True,
}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Answer every question at once, but CBC ends in an error; return the commands."""
    made: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - as subprocess has it
        made.append(command)
        if "CBC alone" in command:
            return subprocess.CompletedProcess(command, 1, "", "Traceback\nMemoryError: no room")
        pairs = DOCUMENT["pairs"]
        asked = DOCUMENT | {"pairs": pairs, "memory_mb": 100.0 + len(made)}
        if "@x3" in command[4] or "/x3@" in command[4]:
            asked["pairs"] = 500
        return subprocess.CompletedProcess(command, 0, json.dumps(asked) + "\n", "")

    monkeypatch.setenv("SITING_BENCH_KEPT", str(tmp_path))
    monkeypatch.setattr(main_model, "PLOT", tmp_path / "plot.svg")
    monkeypatch.setattr(main_model, "SCALES", {1: 5, 3: 5})
    monkeypatch.setattr(main_model, "generate_case", lambda *_, **__: None)
    monkeypatch.setattr(subprocess, "run", run)
    return made


def test_a_failed_question_is_told_in_the_table(calls: list[list[str]], tmp_path: Path) -> None:
    """CBC's reason stands in its rows; the others have their gap to the best bound, 5 in 95."""
    text = "\n".join(main_model.table())
    assert text.count("MemoryError: no room") == len(main_model.QUESTIONS)
    assert text.count("5.26%") == 3 * len(main_model.QUESTIONS) + 2
    assert (tmp_path / "plot.svg").exists()
    assert len(calls) == len(main_model.pieces())


def test_a_kept_answer_is_not_asked_for_again(calls: list[list[str]]) -> None:
    """A second table asks nothing; one piece can be asked anew."""
    first = main_model.table()
    asked = len(calls)
    assert main_model.table() == first
    assert len(calls) == asked
    main_model.main(["1", "--anew"])
    assert len(calls) == asked + 1


def test_a_way_that_does_not_end_is_told(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past its limit and the time to answer, a way is ended and the table says so."""

    def late(command: list[str], **_: Any) -> None:  # noqa: ANN401 - as subprocess has it
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", late)
    assert "past its limit" in str(main_model.answer(main_model.pieces()[0]))
    assert not calls
