"""Put answers into a table: gaps to the best bound of all, figures as ratios to siting's."""

from __future__ import annotations

import datetime as dt
import math
import os
import platform
from typing import TYPE_CHECKING

import siting
from siting.models.peers import MORE_IS_BETTER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting.bench.questions import Ask
    from siting.bench.run import Answer

HEADER = ("question", "engine", "end", "objective", "gap", "CPU s", "MB", "CPU x", "MB x")
TOLERANCE = 1e-6


def best_bound(ask: Ask, answers: Sequence[Answer]) -> float:
    """Return the tightest bound that any engine proved, nan where none did."""
    bounds = [answer.bound for answer in answers if not math.isnan(answer.bound)]
    return (min if ask.kind in MORE_IS_BETTER else max)(bounds, default=math.nan)


def gap_of(objective: float, bound: float) -> float:
    """Return abs(bound - objective) / abs(objective), nan where either is missing."""
    return abs(bound - objective) / max(abs(objective), 1e-9)


def rows(ask: Ask, answers: Sequence[Answer]) -> list[tuple[str, ...]]:
    """Return the cells of one question's answers, siting's first."""
    bound, ours = best_bound(ask, answers), answers[0]
    return [_row(ask, answer, bound, ours) for answer in answers]


def _row(ask: Ask, answer: Answer, bound: float, ours: Answer) -> tuple[str, ...]:
    if answer.note:
        return (ask.title, answer.engine, answer.note, *["-"] * (len(HEADER) - 3))
    reached = gap_of(answer.objective, answer.bound) <= ask.gap + TOLERANCE
    gap = gap_of(answer.objective, bound)
    cpu, memory = answer.cpu_s / ours.cpu_s, answer.peak_mb / ours.peak_mb
    return (
        ask.title,
        answer.engine,
        "gap reached" if reached else "not proved to the gap asked",
        f"{answer.objective:,.1f}",
        "-" if math.isnan(gap) else f"{gap:.2%}",
        f"{answer.cpu_s:.2f}",
        f"{answer.peak_mb:,.0f}",
        "-" if math.isnan(cpu) else f"{'' if reached else '> '}{cpu:.1f}",
        "-" if math.isnan(memory) else f"{memory:.1f}",
    )


def markdown(cells: Sequence[Sequence[str]], conditions: str) -> str:
    """Return a table in Markdown, under the conditions it was made in."""
    lines = [HEADER, ["---"] * len(HEADER), *cells]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"{conditions}\n\n{table}"


def conditions() -> str:
    """Say on what and when something was measured."""
    when = dt.datetime.now(tz=dt.UTC).date().isoformat()
    cores, system = os.cpu_count() or 0, f"{platform.system()}, Python {platform.python_version()}"
    return f"Synthetic questions; {when}, {cores} cores, {system}, siting {siting.__version__}."
