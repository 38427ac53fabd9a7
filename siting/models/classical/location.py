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
from scipy import sparse

from siting.models.classical.assignment import (
    binding_capacity,
    clean_share,
    to_arrays,
    weighty_pairs,
)
from siting.models.classical.branching import branch, core_of
from siting.models.classical.interchange import improve
from siting.models.classical.lagrangian import Ascent, Parts, bound_at
from siting.models.classical.nearest import Nearest, blocks, nearest_share
from siting.models.classical.question import Choice
from siting.models.classical.reduced import Reduced, reduce, settle
from siting.models.classical.site_program import SiteRows, choose_sites
from siting.models.highs import Highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import ChoiceStatus, Question
    from siting.models.effort import Effort
    from siting.models.highs import Arrays, Run

    Values = NDArray[np.float64]
    Sites = NDArray[np.bool_]

PROVED = 1e-6
"""Relative gap up to which a choice counts as optimal."""
TINY = 1e-7
"""Relative gain that is not worth looking for."""
STEPS = 1500
"""Most steps of prices."""
ROUND = 50
"""Steps between two looks for a better choice."""
STALL = 2e-4
"""Part of the gap that a round has to close to be followed by another."""
WHOLE = 5_000
"""Pairs up to which a question with capacities goes to HiGHS as it is."""
FIRST = 8_000
"""Pairs in the first program that is solved to the end, at least."""
FIRST_EACH = 4
"""The same for each zone."""
LARGER = 4
"""How much larger the next one is."""
HALVINGS = 12
DEEPEST = 20
"""Undecided open sites up to which branching by prices is tried before linear programs."""
NODES = 500
"""Most nodes of that."""
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
        self.goal = max(0.99 * effort.gap, TINY)
        self.best = _Best()
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
        if self.room is not None and len(self.question.site) <= WHOLE:
            self._whole()
            return
        parts = self._parts(max(NEAREST, int(SPREAD * self.question.sites / self.question.most)))
        rank = min(parts.near.cost.shape[1] - 1, self.question.sites // self.question.most)
        column = parts.near.cost[:, rank]
        start = np.where(np.isfinite(column), column, parts.near.cost[:, 0])
        ascent = Ascent(parts, bound_at(parts, start, np.zeros(len(parts.row_lower))))
        self._climb(ascent)
        if not self.best.infeasible and not self._done():
            self._finish(ascent)

    def _whole(self) -> None:
        q, best = self.question, self.best
        pairs, nothing = weighty_pairs(q), np.zeros((0, 0), dtype=bool)
        every = Reduced(pairs, q.kept.astype(float), np.ones(q.sites), nothing, enough=True)
        run = self._solve_left(every, np.inf, start=False)
        best.method, best.infeasible = "branch and bound", run.status == "infeasible"
        self._raise_bound(run.bound)

    def _parts(self, count: int) -> Parts:
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

    def _done(self) -> bool:
        best = self.best
        near = best.cost - best.bound <= 1.005 * self.goal * abs(best.cost)
        return near and bool(np.isfinite(best.cost))

    def _raise_bound(self, bound: float) -> None:
        step = self._grain
        if step and np.isfinite(bound):
            bound = np.ceil(bound / step - 1e-6) * step
        self.best.bound = max(self.best.bound, bound)

    @cached_property
    def _grain(self) -> float:
        """Return 1 where every choice costs a whole number, 0 elsewhere."""
        q = self.question
        if self.room is not None:
            return 0.0
        parts = (self.fixed, q.weight, q.distance[:1000], q.distance)
        return float(all(bool(np.all(part == np.rint(part))) for part in parts))

    def _climb(self, ascent: Ascent) -> None:
        self._raise_bound(ascent.best.bound)
        before = -np.inf
        for step in range(self.steps + 1):
            if step % ROUND == 0:
                self._look(ascent)
                gap = self.best.cost - ascent.best.bound
                stalled = ascent.best.bound - before < STALL * min(gap, 1e300) * ROUND
                if self.best.infeasible or (stalled and step >= 4 * ROUND):
                    return
                before = ascent.best.bound
                self.progress(f"step {step}: {self.best.cost:.10g}, bound {self.best.bound:.10g}")
            if self._done() or self.left_s() <= 0 or step == self.steps:
                return
            target = self.best.cost
            if not np.isfinite(target):
                target = ascent.best.bound + 0.1 * abs(ascent.best.bound) + 1.0
            ascent.step(target)
            self._raise_bound(ascent.best.bound)

    def _look(self, ascent: Ascent) -> None:
        """Make a choice out of the sites that the prices point to, and keep it if it is better."""
        parts, opened = ascent.parts, ascent.best.opened
        if opened.tobytes() in self.seen:
            return
        self.seen.add(opened.tobytes())
        if self.room is None and self.question.keeps(opened):
            opened = self._improved(parts, opened)
        if not self._offer(opened) and not np.isfinite(self.best.cost):
            found = self._chosen(ascent)
            if len(found):
                self._offer(self._improved(parts, found) if self.room is None else found)

    def _chosen(self, ascent: Ascent) -> Sites:
        """Return sites that keep every limit and leave no zone alone, by their values."""
        found = choose_sites(self.question, ascent.best.value, self.rows, self.effort, self.left_s)
        self.best.infeasible |= found.infeasible
        return found.opened

    def _improved(self, parts: Parts, opened: Sites) -> Sites:
        finite = parts.near.cost[np.isfinite(parts.near.cost)]
        far = 10 * float(finite.max(initial=1.0))
        return improve(
            parts, opened, self.question.keeps, far=far, may_go_on=lambda: self.left_s() > 0
        )

    def _offer(self, opened: Sites) -> bool:
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
        run = self._highs(arrays, relaxed=True).run(time_limit_s=self.left_s())
        if run.status != "optimal":
            return np.empty(0)
        return clean_share(q, pairs, run.values[q.sites :])

    def _highs(self, arrays: Arrays, *, relaxed: bool = False) -> Highs:
        return Highs(arrays, relaxed=relaxed, threads=self.effort.threads, seed=self.effort.seed)

    def _finish(self, ascent: Ascent) -> None:
        """Solve what is left to the end, first under a guess of the cost, which is then raised."""
        size = max(FIRST, FIRST_EACH * len(ascent.parts.weight))
        self.best.method = "prices, interchange, branch and bound on what is left"
        while not self._done() and self.left_s() > 0:
            final = self._final_cutoff()
            cutoff, left = self._sized(ascent, final, size)
            before = self.best.bound
            if self._branched(ascent, left, cutoff):
                size *= LARGER
                continue
            run = self._solve_left(left, cutoff, start=cutoff == final)
            if run.status == "infeasible" and not np.isfinite(cutoff):
                self.best.infeasible = True
                return
            self._raise_bound(cutoff if run.status == "infeasible" else min(cutoff, run.bound))
            if cutoff == final and self.best.bound <= before:
                return
            size *= LARGER

    def _branched(self, ascent: Ascent, left: Reduced, cutoff: float) -> bool:
        """Branch on what is left, as far as that pays; tell whether nothing is left."""
        undecided = self.question.most - int(left.lower.sum())
        if self.room is not None or not np.isfinite(cutoff) or undecided > DEEPEST:
            return False
        core = core_of(ascent.parts, left)
        free = len(core.sites)
        self.progress(f"up to {cutoff:.10g}: branching on {free} sites, {len(left.pairs)} pairs")

        def offer(opened: Sites) -> None:
            near = core.parts.near
            cost = np.where(opened[near.site], near.cost, np.inf).min(axis=1).sum()
            if cost + core.parts.fixed[opened].sum() < self.best.cost:
                whole = np.zeros(self.question.sites, dtype=bool)
                whole[core.sites[opened]] = True
                self._offer(whole)

        tree = branch(
            core,
            ascent.best,
            lambda: min(cutoff, self._final_cutoff()),
            offer,
            lambda nodes: nodes < NODES and self.left_s() > 0,
        )
        self._raise_bound(min(tree.bound, cutoff, self._final_cutoff()))
        return tree.done

    def _final_cutoff(self) -> float:
        """Return what a choice has to cost at most to be worth finding."""
        best = self.best
        if not np.isfinite(best.cost):
            return np.inf
        gain = self.goal * abs(best.cost)
        return best.cost - max(gain, self._grain * (1 - 1e-3))

    def _solve_left(self, left: Reduced, cutoff: float, *, start: bool) -> Run:
        q, best = self.question, self.best
        arrays = to_arrays(q, self.fixed, pairs=left.pairs, lower=left.lower, upper=left.upper)
        free = int((left.upper > left.lower).sum())
        self.progress(f"up to {cutoff:.10g}: {free} sites, {len(left.pairs)} pairs")
        solver = self._highs(arrays)
        if start and len(best.opened):
            share = nearest_share(q, best.opened) if self.room is None else best.share
            solver.start_from(np.append(best.opened.astype(float), share[left.pairs]))
        run = solver.run(time_limit_s=self.left_s(), gap=self.goal)
        if len(run.values):
            self._offer(run.values[: q.sites] > 0.5)  # noqa: PLR2004 - a binary
        return run

    def _sized(self, ascent: Ascent, final: float, size: int) -> tuple[float, Reduced]:
        """Return the largest cutoff, up to the final one, that leaves few enough pairs."""
        left = self._left(ascent, final, start=True)
        if self._size(left) <= LARGER * size or not np.isfinite(final):
            return final, left
        low, high = ascent.best.bound, final
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            few = self._size(self._left(ascent, middle, start=False)) <= size
            low, high = (middle, high) if few else (low, middle)
        return low, self._left(ascent, low, start=False)

    def _size(self, left: Reduced) -> int:
        """Return how many pairs make a program hard: with capacities, those of unsettled sites."""
        if self.room is None:
            return len(left.pairs)
        return int((left.lower[self.question.site[left.pairs]] == 0).sum())

    def _left(self, ascent: Ascent, cutoff: float, *, start: bool) -> Reduced:
        """Return what choices up to a cutoff may use, the best one's own sites too if asked."""
        q, parts = self.question, ascent.parts
        opened = self.best.opened
        if not start or not len(opened):
            opened = ascent.best.opened
        if self.room is None and np.isfinite(cutoff):
            while True:
                left = reduce(parts, ascent.best, cutoff, opened)
                if left.enough:
                    return left
                parts = self._parts(2 * parts.near.cost.shape[1])
                ascent.parts = parts
        lower, upper = settle(parts, ascent.best, cutoff, opened)
        pairs, nothing = weighty_pairs(q), np.zeros((0, 0), dtype=bool)
        return Reduced(pairs[upper[q.site[pairs]] > 0], lower, upper, nothing, enough=True)


def hopeless(question: Question) -> bool:
    """Tell whether plain counting shows that there is no choice at all."""
    q = question
    alone = np.any((np.diff(q.start) == 0) & (q.weight > 0))
    return bool(alone or q.kept.sum() > q.most or q.least > min(q.sites, q.most))


def total_cost(question: Question, fixed: Values, opened: Sites, share: Values) -> float:
    """Return fixed cost and weight x distance of a choice.

    Parameters
    ----------
    question
        The question.
    fixed, opened
        (J,)
    share
        (P,)
    """
    used = np.flatnonzero(share)
    zone = np.searchsorted(question.start, used, side="right") - 1
    travel = question.weight[zone] * share[used] * question.distance[used]
    return float(fixed[opened].sum() + travel.sum())


def with_room(question: Question) -> SiteRows:
    """Return the rows on sites; with capacities, one more: room for all weight."""
    rows = SiteRows.of(question)
    total = float(question.weight.sum())
    if question.capacity is None or total <= 0:
        return rows
    room = np.minimum(question.capacity, question.weight @ question.reach) / total
    return rows.and_rows("room", sparse.csr_array(room[None, :]), lower=1 - 1e-9)
