"""Choose sites and assign zones to them at least cost: prices, interchange, then what is left.

Prices on zones bound the cost from below and point to good sites; interchange makes those better;
sites and pairs that cannot be part of anything better are settled; HiGHS solves the rest to
the end. Only a choice and a bound that holds are ever reported.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical import finish
from siting.models.classical.assignment import (
    binding_capacity,
    clean_share,
    hopeless,
    to_arrays,
    total_cost,
    weighty_pairs,
    with_room,
)
from siting.models.classical.interchange import improve
from siting.models.classical.lagrangian import Ascent, Parts, Prices, bound_at
from siting.models.classical.nearest import Nearest, blocks, nearest_share
from siting.models.classical.question import Choice
from siting.models.classical.site_program import choose_sites
from siting.models.highs import Highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import ChoiceStatus, Question
    from siting.models.effort import Effort
    from siting.models.highs import Arrays

    Values = NDArray[np.float64]
    Sites = NDArray[np.bool_]

PROVED = 1e-6
"""Relative gap up to which a choice counts as optimal."""
PART = 0.05
"""Of the time left, what one program of sites may take: its choice is only a beginning."""
SHARE_S = 10.0
"""Least time for the shares of a choice: one found at the very end must not be lost."""
STEPS = 1500
"""Most steps of prices."""
ROUND = 50
"""Steps between two looks for a better choice."""
STALL = 2e-4
"""Part of the gap that a round has to close to be followed by another."""
NEAREST = 32
SPREAD = 8.0
"""Nearest pairs held of each zone: at least NEAREST, and SPREAD times sites over open sites."""


@dataclass
class _Best:
    """Hold the best choice and the best bound so far."""

    opened: Sites = field(default_factory=lambda: np.empty(0, dtype=bool))
    share: Values = field(default_factory=lambda: np.empty(0))
    cost: float = np.inf
    bound: float = 0.0
    infeasible: bool = False
    method: str = "prices and interchange"


class Location:
    """Hold one search in progress.

    Parameters
    ----------
    question
        The question.
    fixed
        (J,) cost of opening each site.
    effort
        Limits of the search.
    progress
        Called with a line of text now and then.
    """

    def __init__(
        self, question: Question, fixed: Values, effort: Effort, progress: Callable[[str], None]
    ) -> None:
        self.question, self.fixed, self.effort, self.progress = question, fixed, effort, progress
        self.started = time.monotonic()
        self.goal = max(0.99 * effort.gap, finish.TINY)
        self.best = _Best(bound=float(np.minimum(fixed, 0).sum()))
        self.room = binding_capacity(question) if question.capacity is not None else None
        self.rows = with_room(question)
        self.seen: set[bytes] = set()
        self.steps = STEPS if effort.iterations is None else min(STEPS, effort.iterations)

    def left_s(self) -> float:
        """Return the seconds left."""
        return self.effort.time_limit_s - (time.monotonic() - self.started)

    def run(self) -> Choice:
        """Search until the gap is proved or the time is up; when interrupted, say what there is."""
        try:
            self._search()
        except KeyboardInterrupt:
            self.progress("interrupted: the best choice so far is returned")
        return self._choice()

    def _choice(self) -> Choice:
        best, seconds = self.best, time.monotonic() - self.started
        if not len(best.opened):
            status: ChoiceStatus = "infeasible" if best.infeasible else "no-solution"
            nothing = np.empty(0)
            bound = np.nan if best.infeasible else best.bound
            none = np.empty(0, dtype=bool)
            return Choice(status, none, nothing, np.nan, bound, seconds, best.method)
        q = self.question
        share = nearest_share(q, best.opened) if self.room is None else best.share
        cost = total_cost(q, self.fixed, best.opened, share)
        bound = min(best.bound, cost)
        status = "optimal" if cost - bound <= PROVED * abs(cost) else "feasible"
        return Choice(status, best.opened, share, cost, bound, seconds, best.method)

    def _search(self) -> None:
        self.best.infeasible = hopeless(self.question)
        if self.best.infeasible:
            return
        if self.room is not None and len(self.question.site) <= finish.WHOLE:
            finish.whole(self)
            return
        crowd = self.question.sites / max(self.question.most, 1)
        parts = self.parts(max(NEAREST, int(SPREAD * crowd)))
        rank = min(parts.near.cost.shape[1] - 1, int(crowd))
        column = parts.near.cost[:, rank]
        start = np.where(np.isfinite(column), column, parts.near.cost[:, 0])
        ascent = Ascent(parts, bound_at(parts, start, np.zeros(len(parts.row_lower))))
        self._climb(ascent)
        if not self.best.infeasible and not self.done():
            finish.finish(self, ascent)

    def parts(self, count: int) -> Parts:
        """Return the question in parts, with so many of each zone's nearest pairs."""
        q = self.question
        self.near = near = Nearest.of(q, count)
        return Parts(
            near=near,
            fixed=self.fixed,
            kept=q.kept,
            closed=np.zeros(q.sites, dtype=bool),
            least=q.least,
            most=q.most,
            rows=self.rows.matrix[1:],
            row_lower=self.rows.lower[1:],
            row_upper=self.rows.upper[1:],
            weight=q.weight[near.zone],
            room=self.room,
        )

    def done(self) -> bool:
        """Tell whether the gap is small enough."""
        best = self.best
        near = best.cost - best.bound <= 1.005 * self.goal * abs(best.cost)
        return near and bool(np.isfinite(best.cost))

    def raise_bound(self, bound: float) -> None:
        """Keep a proven bound if it is the best; round it up where costs are whole numbers."""
        step = self.grain
        if step and np.isfinite(bound):
            bound = np.ceil(bound / step - 1e-6) * step
        self.best.bound = max(self.best.bound, bound)

    @cached_property
    def grain(self) -> float:
        """Return 1 where every choice costs a whole number, 0 elsewhere."""
        q = self.question
        if self.room is not None:
            return 0.0
        parts = (self.fixed, q.weight, q.distance[:1000], q.distance)
        return float(all(bool(np.all(part == np.rint(part))) for part in parts))

    def _climb(self, ascent: Ascent) -> None:
        self.raise_bound(ascent.best.bound)
        before = -np.inf
        for step in range(self.steps + 1):
            if step % ROUND == 0:
                for prices in (ascent.best, ascent.now):
                    if not self.look(ascent.parts, prices.opened):
                        self._begin(ascent.parts, prices)
                gap = self.best.cost - ascent.best.bound
                stalled = ascent.best.bound - before < STALL * min(gap, 1e300) * ROUND
                if self.best.infeasible or (stalled and step >= 4 * ROUND):
                    return
                before = ascent.best.bound
                self.progress(f"step {step}: {self.best.cost:.10g}, bound {self.best.bound:.10g}")
            if self.done() or self.left_s() <= 0 or step == self.steps:
                return
            target = self.best.cost
            if not np.isfinite(target):
                target = ascent.best.bound + 0.1 * abs(ascent.best.bound) + 1.0
            ascent.step(target)
            self.raise_bound(ascent.best.bound)

    def look(self, parts: Parts, opened: Sites) -> bool:
        """Improve a choice and keep it if it is the best; tell whether it is allowed.

        A choice that was looked at before is not looked at again.
        """
        if opened.tobytes() in self.seen:
            return True
        self.seen.add(opened.tobytes())
        if self.room is None and self.question.keeps(opened):
            opened = self._improved(parts, opened)
        return self.offer(opened)

    def _begin(self, parts: Parts, prices: Prices) -> None:
        """While there is no choice, find one that keeps every limit and leaves no zone alone."""
        if np.isfinite(self.best.cost):
            return
        found = choose_sites(
            self.question, prices.value, self.rows, self.effort, lambda: PART * self.left_s()
        )
        self.best.infeasible |= found.infeasible
        if len(found.values):
            self.look(parts, found.values > 0.5)  # noqa: PLR2004 - a binary

    def _improved(self, parts: Parts, opened: Sites) -> Sites:
        finite = parts.near.cost[np.isfinite(parts.near.cost)]
        far = 10 * float(finite.max(initial=1.0))
        return improve(
            parts, opened, self.question.keeps, far=far, may_go_on=lambda: self.left_s() > 0
        )

    def offer(self, opened: Sites) -> bool:
        """Keep a choice if it is allowed and the best; tell whether it is allowed."""
        if not self.question.keeps(opened):
            return False
        if self.room is None:
            cost = float(self.fixed[opened].sum()) + self._travel(opened)
            share = np.empty(0)
        else:
            share = self._share(opened)
            cost = np.inf
            if len(share):
                cost = total_cost(self.question, self.fixed, opened, share)
        if cost < self.best.cost:
            self.best.opened, self.best.share, self.best.cost = opened, share, cost
        return bool(np.isfinite(cost))

    def _travel(self, opened: Sites) -> float:
        """Return weight x distance to the nearest open sites; inf where a zone reaches none."""
        q, near = self.question, self.near
        cost = np.where(opened[near.site], near.cost, np.inf).min(axis=1)
        far = near.zone[~np.isfinite(cost)]
        for rows, pair, distance in blocks(q, far):
            found = np.where(opened[q.site[pair]], distance, np.inf).min(axis=1)
            cost[np.searchsorted(near.zone, far[rows])] = q.weight[far[rows]] * found
        return float(cost.sum())

    def _share(self, opened: Sites) -> Values:
        """Return the cheapest shares of sites of limited capacity, empty where there are none."""
        q = self.question
        pairs = weighty_pairs(q)
        pairs = pairs[opened[q.site[pairs]]]
        fixed = opened.astype(float)
        arrays = to_arrays(q, self.fixed, pairs=pairs, lower=fixed, upper=fixed)
        run = self.highs(arrays, relaxed=True).run(time_limit_s=max(self.left_s(), SHARE_S))
        if run.status != "optimal":
            return np.empty(0)
        return clean_share(q, pairs, run.values[q.sites :])

    def highs(self, arrays: Arrays, *, relaxed: bool = False) -> Highs:
        """Return HiGHS holding a program, set up as the effort asks."""
        return Highs(arrays, relaxed=relaxed, threads=self.effort.threads, seed=self.effort.seed)
