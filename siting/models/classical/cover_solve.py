"""Answer a covering question: reduce it, search, and say what is proved."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cover_search import search
from siting.models.classical.cover_serve import serve, served_value
from siting.models.classical.question import Choice, ChoiceStatus
from siting.models.classical.reduce_cover import reduce

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover
    from siting.models.classical.question import Question
    from siting.models.effort import Effort

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

PROVED = 1e-6
"""Relative gap at which a choice counts as optimal."""
HAIR = 1e-6


@dataclass(frozen=True, eq=False)
class Asked:
    """Hold a covering question in its common form, and which zone each of its zones is."""

    question: Question
    cover: Cover
    zones: NDArray[np.int64]
    """(I',) zones of the question."""
    maximise: bool


def answer(asked: Asked, effort: Effort, progress: Callable[[str], None]) -> Choice:
    """Return the best choice found and the proven bound.

    Parameters
    ----------
    asked
        The question.
    effort
        Gap, time limit, seed, threads, steps.
    progress
        Called with a line of text now and then.
    """
    started = time.monotonic()
    conflict = _plainly_impossible(asked.cover)
    if conflict:
        return _nothing("infeasible", np.nan, started, "counting", conflict)
    reduced = reduce(asked.cover)
    rows, columns = reduced.cover.reach.shape
    whole = asked.cover.reach.shape
    progress(f"{whole[0]:,} zones and {whole[1]:,} sites become {rows:,} and {columns:,}")
    found = search(reduced.cover, effort, progress, started=started, earned=reduced.earned)
    if found.infeasible:
        return _nothing("infeasible", np.nan, started, found.method, ())
    sign = 1.0 if asked.maximise else -1.0
    bound = _rounded(asked.cover, found.bound + reduced.earned)
    if found.opened is None:
        return _nothing("no-solution", sign * bound, started, found.method, ())
    opened = reduced.expand(found.opened)
    value, share = asked.cover.value(opened), np.empty(0)
    if asked.cover.capacity is not None:
        merged = serve(reduced.cover, found.opened)
        value = served_value(reduced.cover, merged, found.opened)
        share = _spread(asked, reduced.cover, reduced.group, merged)
    bound = max(bound, value)
    proved = bound - value <= PROVED * max(abs(value), 1e-9)
    return Choice(
        status="optimal" if proved else "feasible",
        opened=opened,
        share=share,
        objective=sign * value,
        bound=sign * bound,
        seconds=time.monotonic() - started,
        method=found.method,
    )


def unreached(question: Question) -> Choice | None:
    """Return that a question is infeasible if it has a zone with demand that no site reaches."""
    lost = np.flatnonzero((question.weight > 0) & (np.diff(question.start) == 0))
    conflict = tuple(f"cover({i})" for i in lost[:1].tolist())
    return (
        _nothing("infeasible", np.nan, time.monotonic(), "counting", conflict) if conflict else None
    )


def _nothing(
    status: ChoiceStatus, bound: float, started: float, method: str, conflict: tuple[str, ...]
) -> Choice:
    nothing, spent = np.empty(0), time.monotonic() - started
    return Choice(status, nothing.astype(bool), nothing, np.nan, bound, spent, method, conflict)


def _plainly_impossible(cover: Cover) -> tuple[str, ...]:
    """Return names of what cannot hold together, where counting alone tells."""
    if cover.least > cover.most:
        return ("least", "most")
    if cover.kept.sum() > cover.most:
        return ("kept", "most")
    return ("least",) if cover.least > cover.sites else ()


def _rounded(cover: Cover, bound: float) -> float:
    """Return the bound, rounded down where all values are whole numbers."""
    if not math.isfinite(bound) or not cover.whole():
        return bound
    return float(math.floor(bound + HAIR * max(1.0, abs(bound) * 1e-3)))


def _spread(asked: Asked, merged: Cover, group: NDArray[np.int64], share: Floats) -> Floats:
    """Return (P,) shares of the question's own pairs: merged zones get the same shares."""
    question = asked.question
    whole = np.zeros(len(question.site))
    if not len(share):
        return whole
    length = np.diff(question.start)[asked.zones]
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    mine = offset + np.repeat(question.start[asked.zones], length)
    theirs = offset + np.repeat(merged.reach.indptr[group], length)
    whole[mine] = share[theirs]
    return whole
