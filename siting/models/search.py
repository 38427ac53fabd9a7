"""Find a good plan and prove how good it is.

Small questions go to HiGHS whole. Large ones: the linear relaxation by interior point gives a
bound and a fractional plan; the nearest plan that keeps every rule on sites is found exactly; then
neighbourhoods (the sites around demand left unserved, with stations that serve little) are solved
exactly, one after another, until the proven gap is small enough or the time is up. Last, among
plans of the same worth a cheaper one is sought, so that no money is spent that serves nobody.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Arrays, Highs, Run
from siting.models.linear import relax
from siting.models.relaxation import (
    columns_of,
    elastic,
    matrix,
    restrict,
    with_floor,
    with_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    from siting.models.effort import Effort
    from siting.models.layout import Layout

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

log = logging.getLogger(__name__)

SMALL = 30_000
"""Columns up to which HiGHS gets the whole program."""
WINDOW = 36
"""Sites around a zone that a neighbourhood frees; half as many again after STALE / 3 in vain."""
WIDEST = 120
"""Most sites that a neighbourhood frees."""
DONORS = 12
"""Little-used stations elsewhere that a neighbourhood frees as well, so that money can move."""
WINDOW_SECONDS = 12.0
ROUND_SECONDS = 30.0
STALE = 60
"""Neighbourhoods without gain before the search gives up."""
ECONOMY_SHARE = 0.1
"""Part of the time limit kept for the cheaper plan of the same worth."""
WHOLE_ECONOMY_SHARE = 0.3
"""The same, where HiGHS gets the whole program."""
ECONOMY_GAP = 0.01
"""Gap at which a cheaper plan is cheap enough."""
GAIN = 1e-7
"""Least relative gain worth taking."""


@dataclass(frozen=True, eq=False)
class Found:
    """Hold the best values of all columns, and the proven bound.

    ``values`` is empty where nothing was found; ``infeasible`` says that this is proved.
    """

    values: Values
    bound: float
    infeasible: bool
    method: str


@dataclass(frozen=True, eq=False)
class _Program:
    """Hold a program, its matrix by columns, and what its columns are."""

    arrays: Arrays
    columns: sparse.csc_array
    layout: Layout


@dataclass
class Search:
    """Hold one search in progress."""

    arrays: Arrays
    layout: Layout
    effort: Effort
    progress: Callable[[str], None]
    started: float = field(default_factory=time.monotonic)

    def left_s(self, *, share: float = 1.0) -> float:
        """Return the seconds left of a share of the time limit."""
        return share * self.effort.time_limit_s - (time.monotonic() - self.started)

    def run(self) -> Found:
        """Search until the gap is proved or the time is up."""
        found = self._whole() if len(self.arrays.cost) <= SMALL else self._large()
        if not len(found.values) or self.layout.problem.objective == "cost":
            return found
        values = self._economise(found.values)
        return Found(values, found.bound, found.infeasible, f"{found.method}; then least cost")

    def _highs(self, arrays: Arrays, *, relaxed: bool = False) -> Highs:
        return Highs(arrays, relaxed=relaxed, threads=self.effort.threads, seed=self.effort.seed)

    def _whole(self) -> Found:
        self.progress("solving the whole program")
        run = self._highs(self.arrays).run(time_limit_s=self.left_s(), gap=self.effort.gap)
        simple = float(self.layout.simple_bounds(self.arrays).sum())
        bound = (min if self.arrays.maximise else max)(run.bound, simple)
        return Found(run.values, bound, run.status == "infeasible", "branch and bound")

    def _large(self) -> Found:
        method = "linear relaxation, rounding, exact neighbourhoods"
        nothing = np.empty(0)
        relaxed = relax(
            self.arrays,
            self.layout,
            self._relaxation,
            give=self.effort.gap / 2,
            progress=self.progress,
        )
        if relaxed.infeasible:
            return Found(nothing, np.nan, infeasible=True, method="linear relaxation")
        bound, wish = relaxed.bound, relaxed.wish
        rounded = self._round(wish)
        if not len(rounded.values):
            impossible = rounded.status == "infeasible"
            return Found(nothing, bound, infeasible=impossible, method=method)
        size, choice = len(self.arrays.cost), self.layout.choice
        layout = self.layout.with_slack()
        soft = elastic(self.arrays, layout.floors, layout.penalty)
        values = np.zeros(len(soft.cost))
        values[choice] = np.round(rounded.values[: len(choice)])
        values = self._improve(soft, layout, self._complete(soft, layout, values), bound)
        if layout.shortfall(values):
            self.progress("the floors were not met")
            return Found(nothing, bound, infeasible=False, method=method)
        return Found(values[:size], bound, infeasible=False, method=method)

    def _relaxation(self, arrays: Arrays, still_to_come: int) -> Run:
        seconds = self.left_s(share=0.6) / still_to_come
        highs = self._highs(arrays, relaxed=True)
        return highs.run(time_limit_s=seconds, method="ipm", crossover=False)

    def _round(self, wish: Values) -> Run:
        """Return the choice nearest to a fractional one that keeps every rule without energy in it.

        It may spend no more than the fractional one, and must offer the capacity that floors ask
        for; where that cannot be had, only the rules themselves are kept.
        """
        self.progress("rounding")
        layout = self.layout
        kept = np.concatenate([layout.choice, layout.cover])
        near = np.zeros(len(self.arrays.cost))
        near[layout.choice] = wish[layout.choice] + layout.preference
        guided = with_rows(self.arrays, *layout.guides(wish))
        run = self._nearest(guided, kept, near)
        return run if len(run.values) else self._nearest(self.arrays, kept, near)

    def _nearest(self, arrays: Arrays, kept: Indices, near: Values) -> Run:
        program = columns_of(arrays, kept, cost=near, maximise=True)
        limit = min(ROUND_SECONDS, max(self.left_s(), 1.0))
        return self._highs(program).run(time_limit_s=limit, gap=0.01)

    def _complete(self, arrays: Arrays, layout: Layout, values: Values) -> Values:
        """Return the best energy and cover for the choice made, phase by phase."""
        self.progress("assigning energy")
        rows = matrix(arrays).tocsc()
        for free in layout.open_columns(values):
            part = restrict(arrays, rows, free, values)
            run = self._highs(part).run(time_limit_s=max(self.left_s(), 20.0))
            values[free] = run.values if len(run.values) else 0.0
        return values

    def _improve(self, arrays: Arrays, layout: Layout, values: Values, bound: float) -> Values:
        rng = np.random.default_rng(self.effort.seed)
        program = _Program(arrays, matrix(arrays).tocsc(), layout)
        tried = stale = 0
        size = WINDOW
        while self.left_s(share=1 - ECONOMY_SHARE) > 1 and stale < STALE:
            worth, short = float(arrays.cost @ values), layout.shortfall(values)
            gap = abs(bound - worth) / max(abs(worth), 1e-9)
            missing = f", {short:,.0f} kWh a day short" if short else ""
            self.progress(
                f"best {worth:,.0f}, bound {bound:,.0f}, gap {gap:.2%}{missing}, "
                f"{tried} neighbourhoods"
            )
            if gap <= self.effort.gap and not short:
                break
            saving = layout.problem.objective == "cost" and not short
            zone = layout.idle_zone(values, rng) if saving else layout.short_zone(values, rng)
            gained = self._neighbourhood(program, values, zone, rng, size)
            tried, stale = tried + 1, 0 if gained else stale + 1
            if stale == STALE // 3 and size < WIDEST:
                size, stale = min(size * 3 // 2, WIDEST), 0
        return values

    def _neighbourhood(
        self, program: _Program, values: Values, zone: int, rng: np.random.Generator, size: int
    ) -> bool:
        """Solve one neighbourhood exactly; change the values in place if that gains."""
        arrays, layout = program.arrays, program.layout
        free = layout.neighbourhood(values, zone, rng, size=size, donors=DONORS)
        highs = self._highs(restrict(arrays, program.columns, free, values))
        highs.start_from(values[free])
        run = highs.run(
            time_limit_s=min(WINDOW_SECONDS, max(self.left_s(), 1.0)), gap=self.effort.gap / 20
        )
        if not len(run.values):
            return False
        now = float(arrays.cost[free] @ values[free])
        gain = run.objective - now if arrays.maximise else now - run.objective
        if gain <= GAIN * max(abs(now), 1.0):
            return False
        values[free] = run.values
        values[layout.choice] = np.round(values[layout.choice])
        return True

    def _economise(self, values: Values) -> Values:
        """Return a cheaper plan of the same worth where one is found in the time left.

        A large search takes no longer for it than the answer itself took.
        """
        self.progress("looking for a cheaper plan of the same worth")
        arrays = with_floor(self.arrays, self.layout.cost_kcny, values)
        limit_s, spent_s = self.effort.time_limit_s, time.monotonic() - self.started
        if len(arrays.cost) <= SMALL:
            highs = self._highs(arrays)
            highs.start_from(values)
            seconds = max(min(self.left_s(), WHOLE_ECONOMY_SHARE * limit_s), 1.0)
            run = highs.run(time_limit_s=seconds, gap=max(self.effort.gap, ECONOMY_GAP))
            return run.values if len(run.values) else values
        seconds = min(self.left_s(), ECONOMY_SHARE * limit_s, spent_s)
        rng, layout = np.random.default_rng(self.effort.seed), self.layout
        program = _Program(arrays, matrix(arrays).tocsc(), layout)
        stale, until = 0, time.monotonic() + seconds
        while time.monotonic() < until and stale < STALE:
            zone = layout.idle_zone(values, rng)
            stale = 0 if self._neighbourhood(program, values, zone, rng, WINDOW) else stale + 1
        return values
