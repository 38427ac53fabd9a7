r"""Open at most p sites so that the farthest zone is as near as can be.

.. math::

    \min r \quad \text{s.t.} \quad \sum_{j: d_{ij} \le r} y_j \ge 1 \text{ if } w_i > 0, \quad
    \sum_j y_j \le p, \quad y \in \{0, 1\}

The least :math:`r` is one of the distances, so set covering problems at some of them, found by
bisection, settle it (E. Minieka, SIAM Review 12, 1970; M. S. Daskin, Network and Discrete Location,
1995); their linear relaxations first, which most often stop at the answer (S. Elloumi, M. Labbé
& Y. Pochet, INFORMS Journal on Computing 16, 2004). With capacities, zones within :math:`r` may be
split among sites: the assignment program at :math:`r` takes the place of the cover.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical import assignment
from siting.models.classical.assignment import clean_share, weighty_pairs
from siting.models.classical.bisection import Answer, Bisection
from siting.models.classical.nearest import blocks, nearest_share
from siting.models.classical.question import Choice, Question
from siting.models.classical.site_program import (
    Covered,
    SiteRows,
    choose_sites,
    site_arrays,
    state_sites,
)
from siting.models.highs import Arrays, Highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import ChoiceStatus
    from siting.models.effort import Effort
    from siting.models.program import Statement

log = logging.getLogger(__name__)


def p_center(
    question: Question, effort: Effort, *, progress: Callable[[str], None] = log.info
) -> Choice:
    """Open sites so that the largest distance of any zone with weight is least.

    Parameters
    ----------
    question
        ``most`` is p. With ``capacity``, zones may be split among sites.
    effort
        Limits of the search.
    progress
        Called with a line of text now and then.
    """
    return _Center(question, effort, progress).run()


def within(question: Question, radius: float) -> Question:
    """Return the question over the pairs within a radius, all of them equally near."""
    near = question.distance <= radius
    count = np.bincount(question.zone[near], minlength=len(question.weight))
    return replace(
        question,
        start=np.append(0, np.cumsum(count)).astype(np.int64),
        site=question.site[near],
        distance=np.zeros(int(near.sum())),
    )


def state(question: Question, radius: float) -> Statement:
    """State in PuLP whether some choice keeps every zone within a radius: fewest sites that do."""
    part = within(question, radius)
    if question.capacity is not None:
        return assignment.state(part, np.ones(question.sites))
    return state_sites(part, np.ones(question.sites), cover_rows(part), maximise=False)


def to_arrays(question: Question, radius: float) -> Arrays:
    """Return the same program as arrays."""
    part = within(question, radius)
    if question.capacity is not None:
        return assignment.to_arrays(part, np.ones(question.sites))
    return site_arrays(part, np.ones(question.sites), cover_rows(part), maximise=False)


def cover_rows(part: Question) -> SiteRows:
    """Return count, limits, and a row for each zone with weight: one of its sites at least."""
    zones = part.reach[np.flatnonzero(part.weight > 0)]
    return SiteRows.of(part).and_rows("cover", zones, lower=1.0)


class _Center:
    """Hold one search in progress."""

    def __init__(self, question: Question, effort: Effort, progress: Callable[[str], None]) -> None:
        self.question, self.effort, self.progress = question, effort, progress
        self.started = time.monotonic()
        self.radii = _radii(question)
        self.search = Bisection(len(self.radii))
        self.asked = np.zeros(len(question.weight), dtype=bool)
        """(I,) zones whose rows have been needed, at whatever radius."""

    def left_s(self) -> float:
        return self.effort.time_limit_s - (time.monotonic() - self.started)

    def run(self) -> Choice:
        try:
            self._search()
        except KeyboardInterrupt:
            self.progress("interrupted: the best choice so far is returned")
        return self._choice()

    def _search(self) -> None:
        last = len(self.radii) - 1
        if last < 0:
            return
        answer = self._test(last)
        self.search.offer(answer)
        if answer.refuted:
            self.search.low = last + 1
        if answer.opened is not None:
            self.search.loosely(self._refuted)
            self.search.fully(self._test)

    def _refuted(self, at: int) -> bool:
        return self._solve(at, relaxed=True).infeasible

    def _test(self, at: int) -> Answer:
        found = self._solve(at, relaxed=False)
        if not len(found.values):
            return Answer(refuted=found.infeasible)
        q = self.question
        opened = found.values[: q.sites] > 0.5  # noqa: PLR2004 - a binary
        if q.capacity is None:
            share = nearest_share(q, opened)
        else:
            near = np.flatnonzero(q.distance <= self.radii[at])
            pairs = near[q.weight[q.zone[near]] > 0]
            share = clean_share(q, pairs, found.values[q.sites :])
        reached = int(np.searchsorted(self.radii, farthest(q, share)))
        return Answer(opened=opened, share=share, reached=reached)

    def _solve(self, at: int, *, relaxed: bool) -> Covered:
        """Look for any choice within a radius; without capacities, by zones' rows as needed."""
        q, effort, radius = self.question, self.effort, float(self.radii[at])
        self.progress(f"radius {radius:.10g}, {'loosely' if relaxed else 'fully'}")
        if q.capacity is None:
            ones, part = np.ones(q.sites), within(q, radius)
            return choose_sites(
                part,
                ones,
                SiteRows.of(part),
                effort,
                self.left_s,
                gap=np.inf,
                asked=self.asked,
                relaxed=relaxed,
            )
        arrays = to_arrays(q, radius)
        solver = Highs(arrays, relaxed=relaxed, threads=effort.threads, seed=effort.seed)
        run = solver.run(time_limit_s=self.left_s(), gap=np.inf)
        return Covered(run.values, run.status == "infeasible")

    def _choice(self) -> Choice:
        seconds, search = time.monotonic() - self.started, self.search
        found, method = search.best, "bisection over set covers"
        if found is None or found.opened is None:
            refuted = search.low >= len(self.radii)
            status: ChoiceStatus = "infeasible" if refuted else "no-solution"
            bound = np.nan if refuted else float(self.radii[search.low])
            nothing = np.empty(0)
            return Choice(status, np.empty(0, dtype=bool), nothing, np.nan, bound, seconds, method)
        objective, bound = farthest(self.question, found.share), float(self.radii[search.low])
        status = "optimal" if search.done else "feasible"
        return Choice(status, found.opened, found.share, objective, bound, seconds, method)


def _radii(question: Question) -> NDArray[np.float64]:
    """Return the distances that the answer may be, rising; none if some zone reaches nothing."""
    zones = np.flatnonzero(question.weight > 0)
    nearest = [float(table.min(axis=1).max()) for _, _, table in blocks(question, zones)]
    least = max(nearest, default=0.0)
    if not nearest:
        return np.zeros(1)
    radii = np.unique(question.distance[weighty_pairs(question)])
    return radii[radii >= least]


def farthest(question: Question, share: NDArray[np.float64]) -> float:
    """Return the largest distance that weight goes."""
    used = (share > 0) & (question.weight[question.zone] > 0)
    return float(question.distance[used].max(initial=0.0))
