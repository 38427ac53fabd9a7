"""Answer a covering question: reduce it, search, and say what is proved."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cover_search import search
from siting.models.classical.question import Choice, ChoiceStatus, Limits
from siting.models.classical.reduce_cover import reduce
from siting.models.highs import Highs

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


def serve(cover: Cover, opened: Flags) -> Floats:
    """Return (P,) part of each zone's weight that goes along each pair of ``reach``.

    With the open sites fixed this is a linear program: the most worth within the capacities.
    """
    site = cover.reach.indices
    pairs = np.flatnonzero(opened[site])
    share = np.zeros(len(site))
    if not len(pairs) or cover.capacity is None:
        return share
    stay = np.flatnonzero(opened)
    fixed = replace(
        cover,
        reach=cover.reach[:, stay].tocsr(),
        price=np.zeros(len(stay)),
        kept=np.ones(len(stay), dtype=bool),
        least=0,
        most=len(stay),
        limits=Limits.none(len(stay)),
        capacity=cover.capacity[stay],
    )
    run = Highs(fixed.arrays(), relaxed=True).run(time_limit_s=math.inf)
    if not len(run.values):
        return share
    sent = np.clip(run.values[len(run.values) - len(pairs) :], 0.0, 1.0)
    share[pairs] = np.where(sent < HAIR * HAIR, 0.0, sent)
    return _within(cover, share)


def _within(cover: Cover, share: Floats) -> Floats:
    """Scale away what a solver's tolerance let pass a capacity or what counts."""
    zone, site = cover.pair_zone(), cover.reach.indices
    most = len(cover.worth) + cover.need
    for where, amount, limit in (
        (zone, share, most),
        (site, share * cover.weight[zone], cover.capacity),
    ):
        if limit is None:
            continue
        total = np.bincount(where, weights=amount, minlength=len(limit))
        factor = np.where(total > limit, limit / np.maximum(total, 1e-300), 1.0)
        share = share * factor[where]
    return share


def served_value(cover: Cover, share: Floats, opened: Flags) -> float:
    """Return what is earned by what is served, less the price of the open sites."""
    times = np.bincount(cover.pair_zone(), weights=share, minlength=len(cover.weight))
    layers = np.arange(len(cover.worth))[:, None]
    covered = np.clip(times - cover.need - layers, 0.0, 1.0)
    return float(np.sum(cover.worth * covered) - cover.price[opened].sum())


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
