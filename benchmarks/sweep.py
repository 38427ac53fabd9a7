"""Measure a sweep whose runs begin with each other's plans beside one whose runs begin cold."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from siting.scenario_io import load_scenario, override
from siting.sweep.design import shown
from siting.sweep.run import Asked, run_sweep
from siting.sweep.vary import parse_vary

SWEEPS = ("ratio=0.8:1.1:0.1", "budget=380e6:440e6:20e6")
"""Of the shipped city: one that tightens from run to run, one that loosens."""
LIMITS = {"threads": 1, "time_limit_s": 60.0, "gap": 0.003}
HEADER = ("sweep", "run", "cold, gap", "cold, CPU s", "warm, gap", "warm, CPU s", "cold : warm")

Row = dict[str, Any]


def table() -> list[str]:
    """Return a Markdown table: every run cold and warm, and both sweeps as a whole."""
    lines = [f"| {' | '.join(HEADER)} |", f"|{'---|' * 2}{'--:|' * 5}"]
    for text in SWEEPS:
        cold, warm = (answers(text, cold=cold) for cold in (True, False))
        lines += [_line(text, _value(a), a, b) for a, b in zip(cold, warm, strict=True)]
        lines.append(_total(text, cold, warm))
    return lines


def answers(text: str, *, cold: bool) -> list[Row]:
    """Return the rows of a sweep, one process, one run after another."""
    question = override(load_scenario("ratio-2025"), {"solve": LIMITS})
    asked = Asked(question, (parse_vary(text),), cold=cold)
    with tempfile.TemporaryDirectory() as scratch:
        done = run_sweep(asked, Path(scratch) / "sweep", progress=_tell)
    return done.rows


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _value(row: Row) -> str:
    return next(shown(row[name]) for name in row if name.startswith("vary."))


def _line(text: str, value: str, cold: Row, warm: Row) -> str:
    cells = [text.partition("=")[0], value, _gap(cold), f"{cold['cpu_s']:.1f}"]
    cells += [_gap(warm), f"{warm['cpu_s']:.1f}", f"{cold['cpu_s'] / warm['cpu_s']:.1f}"]
    return f"| {' | '.join(cells)} |"


def _total(text: str, cold: list[Row], warm: list[Row]) -> str:
    one, other = (sum(row["cpu_s"] for row in rows) for rows in (cold, warm))
    gaps = [max((row["gap"] or 0.0) for row in rows) for rows in (cold, warm)]
    cells = [text.partition("=")[0], "**all**", f"at most {gaps[0]:.2%}", f"**{one:.1f}**"]
    cells += [f"at most {gaps[1]:.2%}", f"**{other:.1f}**", f"**{one / other:.1f}**"]
    return f"| {' | '.join(cells)} |"


def _gap(row: Row) -> str:
    return row["outcome"] if row["gap"] is None else f"{row['gap']:.2%}"


if __name__ == "__main__":
    print("\n".join(table()))
