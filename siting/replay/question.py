"""State which N sites to open among candidates and what was built, and answer it with a proof.

Two objectives. ``drive``: least mean drive, where demand out of reach counts twice the reach (the
p-median with a stand-in for 'none'; S. L. Hakimi, Operations Research 12, 1964). ``coverage``: the
most demand within reach (R. Church and C. ReVelle, Papers in Regional Science 32, 1974). The places
that were built are candidates too: what was built is one of the answers that ours is the best of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.errors import NoSolutionError
from siting.models.classical import max_cover, p_median
from siting.models.classical.question import Question as Classical

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import Choice
    from siting.models.effort import Effort

    Floats = NDArray[np.float64]

Objective = Literal["drive", "coverage"]
_FAR = 1000.0
"""Minutes; stands for out of reach where coverage comes first."""


@dataclass(frozen=True, eq=False)
class Question:
    """Hold Z zones, J sites and P pairs within reach."""

    objective: Objective
    demand: Floats
    """(Z,) kWh a day."""
    zone: NDArray[np.int32]
    site: NDArray[np.int32]
    minutes: Floats
    """(P,) each, ordered by zone, then site."""
    sites: int
    count: int
    """N: how many open."""
    reach_min: float

    @property
    def unreached_min(self) -> float:
        """Return what out of reach counts, in minutes."""
        return 2 * self.reach_min if self.objective == "drive" else _FAR

    def value(self, opened: NDArray[np.int64]) -> float:
        """Return what open sites are worth: mean minutes, or the share of demand covered."""
        is_open = np.zeros(self.sites, dtype=bool)
        is_open[opened] = True
        here = is_open[self.site]
        nearest = np.full(len(self.demand), np.inf)
        np.minimum.at(nearest, self.zone[here], self.minutes[here])
        if self.objective == "coverage":
            return float(self.demand[np.isfinite(nearest)].sum() / self.demand.sum())
        return float(self.demand @ np.minimum(nearest, self.unreached_min) / self.demand.sum())


@dataclass(frozen=True, eq=False)
class Best:
    """Hold our network, and how good it is known to be."""

    opened: NDArray[np.int64]
    value: float
    bound: float
    """In the unit of the value: nothing is better."""
    method: str

    def or_known(self, question: Question, known: NDArray[np.int64], name: str) -> Best:
        """Return this, or a network known otherwise where that is better: ours is never worse.

        Parameters
        ----------
        question
            What is asked.
        known
            Open sites.
        name
            What the method is to call it.
        """
        value = question.value(known)
        sign = 1 if question.objective == "drive" else -1
        if sign * value >= sign * self.value:
            return self
        method = f"{self.method}; its time ran out before it passed the {name} network: taken"
        return Best(np.sort(known), value, self.bound, method)

    @property
    def gap(self) -> float:
        """Return how far value and bound are apart, over the value."""
        return abs(self.bound - self.value) / max(abs(self.value), 1e-12)


def best(question: Question, effort: Effort, progress: Callable[[str], None]) -> Best:
    """Return the best N sites that the search finds, with a bound.

    Parameters
    ----------
    question
        What is asked.
    effort
        Limits of the search.
    progress
        Called with a line of text now and then.

    Raises
    ------
    NoSolutionError
        If the time limit comes before any answer.
    """
    zones, total = len(question.demand), float(question.demand.sum())
    if question.objective == "coverage":
        choice = max_cover(_classical(question), effort, progress=progress)
        opened = _opened(choice, question)
        return Best(opened, question.value(opened), choice.bound / total, choice.method)
    none = np.arange(zones, dtype=np.int32)
    kept = np.zeros(question.sites + 1, dtype=bool)
    kept[-1] = True
    asked = Classical.from_pairs(
        np.concatenate([question.zone, none]),
        np.concatenate([question.site, np.full(zones, question.sites, dtype=np.int32)]),
        np.concatenate([question.minutes, np.full(zones, question.unreached_min)]),
        weight=question.demand,
        sites=question.sites + 1,
        most=question.count + 1,
    )
    asked = replace(asked, kept=kept)
    choice = p_median(asked, effort, progress=progress)
    opened = _opened(choice, question)
    return Best(opened, question.value(opened), choice.bound / total, choice.method)


def _classical(question: Question) -> Classical:
    return Classical.from_pairs(
        question.zone,
        question.site,
        question.minutes,
        weight=question.demand,
        sites=question.sites,
        most=question.count,
    )


def _opened(choice: Choice, question: Question) -> NDArray[np.int64]:
    if not len(choice.opened):
        msg = "No network was found within the time limit. Give it more (--time-limit)."
        raise NoSolutionError(msg)
    return _filled(np.flatnonzero(choice.opened[: question.sites]), question)


def _filled(opened: NDArray[np.int64], question: Question) -> NDArray[np.int64]:
    """Return N sites: where fewer are as good, those with the most demand near them are added."""
    short = question.count - len(opened)
    if short <= 0:
        return opened
    near = np.bincount(
        question.site, weights=question.demand[question.zone], minlength=question.sites
    )
    near[opened] = -1.0
    more = np.argsort(-near, kind="stable")[:short]
    return np.sort(np.concatenate([opened, more]))
