r"""Open at least p sites so that the two nearest to each other are as far apart as can be.

.. math::

    \max r \quad \text{s.t.} \quad y_j + y_k \le 1 \text{ if } d_{jk} < r, \quad
    \sum_j y_j \ge p, \quad y \in \{0, 1\}

M. J. Kuby, Geographical Analysis 19, 1987. The largest :math:`r` is one of the distances, so node
packings at some of them, found by bisection, settle it (H. Sayah & S. Irnich, Journal of the
Operational Research Society 68, 2017); sites that are all too close to each other share one row.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.classical.bisection import Answer, Bisection
from siting.models.classical.question import Choice
from siting.models.classical.site_program import SiteRows, site_arrays, state_sites
from siting.models.highs import Highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from siting.models.classical.question import ChoiceStatus, Question
    from siting.models.effort import Effort
    from siting.models.highs import Arrays, Run
    from siting.models.program import Statement

    Values = NDArray[np.float64]

log = logging.getLogger(__name__)


def p_dispersion(
    question: Question,
    between: ArrayLike,
    effort: Effort,
    *,
    progress: Callable[[str], None] = log.info,
) -> Choice:
    """Open sites so that the least distance between any two of them is largest.

    Nobody is assigned: weights, reach and capacities do not count.

    Parameters
    ----------
    question
        ``least`` is p. Fewer than two open sites are infinitely far apart.
    between
        (J, J) distances between sites; of two directions the shorter counts.
    effort
        Limits of the search.
    progress
        Called with a line of text now and then.
    """
    table = np.asarray(between, dtype=float)
    return _Dispersion(question, np.minimum(table, table.T), effort, progress).run()


def state(question: Question, between: Values, radius: float) -> Statement:
    """State in PuLP how many sites may open with none closer than a radius to another."""
    rows = packing_rows(question, between, radius)
    return state_sites(question, np.ones(question.sites), rows, maximise=True)


def to_arrays(question: Question, between: Values, radius: float) -> Arrays:
    """Return the same program as arrays."""
    rows = packing_rows(question, between, radius)
    return site_arrays(question, np.ones(question.sites), rows, maximise=True)


def packing_rows(question: Question, between: Values, radius: float) -> SiteRows:
    """Return count, limits, and rows that let one of sites open that are all too close."""
    groups = cliques(between < radius)
    line = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    site = np.concatenate([*groups, np.empty(0, dtype=np.int64)])
    shape = (len(groups), question.sites)
    matrix = sparse.csr_array((np.ones(len(site)), (line, site)), shape=shape)
    return SiteRows.of(question).and_rows("close", matrix, upper=1.0)


def cliques(close: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return groups of sites, all close to each other, that hold every close pair.

    Parameters
    ----------
    close
        (J, J) symmetric; the diagonal does not count.
    """
    left = np.triu(close, 1)
    groups = []
    for a in range(len(close)):
        while left[a].any():
            group = [a]
            able = close[a].copy()
            able[a] = False
            fresh = left[a].copy()
            while able.any():
                first = fresh & able
                b = int((first if first.any() else able).argmax())
                group.append(b)
                able &= close[b]
                able[b] = False
            group.sort()
            members = np.array(group)
            left[np.ix_(members, members)] = False
            groups.append(members)
    return groups


class _Dispersion:
    """Hold one search in progress."""

    def __init__(
        self, question: Question, between: Values, effort: Effort, progress: Callable[[str], None]
    ) -> None:
        self.question, self.between = question, between
        self.effort, self.progress = effort, progress
        self.started = time.monotonic()
        pairs = between[np.triu_indices(question.sites, 1)]
        self.radii = np.append(np.inf, np.unique(pairs)[::-1])
        self.search = Bisection(len(self.radii))

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
        answer = self._test(last)
        self.search.offer(answer)
        if answer.refuted:
            self.search.low = last + 1
        if answer.opened is not None:
            self.search.loosely(self._refuted)
            self.search.fully(self._test)

    def _solve(self, at: int, *, relaxed: bool) -> Run:
        radius = float(self.radii[at])
        arrays = to_arrays(self.question, self.between, radius)
        solver = Highs(arrays, relaxed=relaxed, threads=self.effort.threads, seed=self.effort.seed)
        run = solver.run(time_limit_s=self.left_s(), gap=np.inf)
        self.progress(f"distance {radius:.10g}, {'loosely' if relaxed else 'fully'}: {run.status}")
        return run

    def _refuted(self, at: int) -> bool:
        return self._solve(at, relaxed=True).status == "infeasible"

    def _test(self, at: int) -> Answer:
        run = self._solve(at, relaxed=False)
        if not len(run.values):
            return Answer(refuted=run.status == "infeasible")
        opened = run.values > 0.5  # noqa: PLR2004 - a binary
        reached = int(np.flatnonzero(self.radii <= closest(self.between, opened))[0])
        return Answer(opened=opened, reached=reached)

    def _choice(self) -> Choice:
        seconds, search = time.monotonic() - self.started, self.search
        method, nothing = "bisection over packings", np.empty(0)
        if search.best is None or search.best.opened is None:
            refuted = search.low >= len(self.radii)
            status: ChoiceStatus = "infeasible" if refuted else "no-solution"
            bound = np.nan if refuted else float(self.radii[search.low])
            none = np.empty(0, dtype=bool)
            return Choice(status, none, nothing, np.nan, bound, seconds, method)
        opened = search.best.opened
        status = "optimal" if search.done else "feasible"
        objective, bound = closest(self.between, opened), float(self.radii[search.low])
        return Choice(status, opened, nothing, objective, bound, seconds, method)


def closest(between: Values, opened: NDArray[np.bool_]) -> float:
    """Return the least distance between two open sites, inf where fewer than two are open."""
    part = between[np.ix_(opened, opened)]
    return float(part[np.triu_indices(len(part), 1)].min(initial=np.inf))
