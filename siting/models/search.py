"""Find a good plan and prove how good it is.

Small questions go to HiGHS whole. Large ones: the linear relaxation by interior point gives a bound and a
fractional plan; the nearest plan that keeps every rule on sites is found exactly; then neighbourhoods (the
sites around demand left unserved, with stations that serve little) are solved exactly, one after another,
until the proven gap is small enough or the time is up.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Arrays, Highs, Run
from siting.models.layout import Layout
from siting.models.relaxation import matrix, restrict, safe_bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

log = logging.getLogger(__name__)

SMALL = 30_000
"""Columns up to which HiGHS gets the whole program."""
WINDOW = 36
"""Sites around a zone that a neighbourhood frees."""
DONORS = 12
"""Little-used stations elsewhere that a neighbourhood frees as well, so that money can move."""
WINDOW_SECONDS = 12.0
ROUND_SECONDS = 30.0
STALE = 25
"""Neighbourhoods without gain before the search gives up."""


@dataclass(frozen=True)
class Effort:
    """Limit a search."""

    gap: float
    time_limit_s: float
    seed: int
    threads: int


@dataclass(frozen=True, eq=False)
class Found:
    """Hold the best values of all columns, and the proven bound.

    ``values`` is empty where nothing was found; ``infeasible`` says that this is proved.
    """

    values: Values
    bound: float
    infeasible: bool
    method: str


@dataclass
class Search:
    """Hold one search in progress."""

    arrays: Arrays
    layout: Layout
    effort: Effort
    progress: Callable[[str], None]
    started: float = field(default_factory=time.monotonic)

    def left_s(self) -> float:
        """Return the seconds left."""
        return self.effort.time_limit_s - (time.monotonic() - self.started)

    def run(self) -> Found:
        """Search until the gap is proved or the time is up."""
        if len(self.arrays.cost) <= SMALL:
            return self._whole()
        return self._large()

    def _highs(self, arrays: Arrays, *, relaxed: bool = False) -> Highs:
        return Highs(arrays, relaxed=relaxed, threads=self.effort.threads, seed=self.effort.seed)

    def _whole(self) -> Found:
        self.progress("solving the whole program")
        run = self._highs(self.arrays).run(time_limit_s=self.left_s(), gap=self.effort.gap)
        return Found(run.values, run.bound, run.status == "infeasible", "branch and bound")

    def _large(self) -> Found:
        self.rows = matrix(self.arrays).tocsc()
        bound = self.layout.simple_bound(self.arrays)
        self.progress("solving the linear relaxation")
        relaxed = self._highs(self.arrays, relaxed=True).run(
            time_limit_s=0.6 * self.left_s(), method="ipm", crossover=False
        )
        if relaxed.status == "infeasible":
            return Found(np.empty(0), np.nan, infeasible=True, method="linear relaxation")
        if len(relaxed.duals):
            proved = safe_bound(self.arrays, relaxed.duals, self.layout.upper)
            bound = min(bound, proved) if self.arrays.maximise else max(bound, proved)
        wish = relaxed.values if len(relaxed.values) else np.zeros(len(self.arrays.cost))
        rounded = self._round(wish)
        if rounded.status == "infeasible":
            return Found(np.empty(0), bound, infeasible=True, method="rules on sites")
        method = "linear relaxation, rounding, exact neighbourhoods"
        if not len(rounded.values):
            return Found(np.empty(0), bound, infeasible=False, method=method)
        values = np.zeros(len(self.arrays.cost))
        values[self.layout.choice] = np.round(rounded.values[: len(self.layout.choice)])
        values = self._complete(values)
        values = self._improve(values, bound)
        return Found(values, bound, infeasible=False, method=method)

    def _round(self, wish: Values) -> Run:
        """Return the nearest choice to a fractional one that keeps every rule without energy in it."""
        self.progress("rounding")
        layout, rows = self.layout, self.rows
        without_energy = np.diff(rows[:, layout.energy].tocsr().indptr) == 0
        kept = np.concatenate([layout.choice, layout.cover])
        part = rows.tocsr()[without_energy][:, kept].tocsr()
        near = np.zeros(len(kept))
        near[: len(layout.choice)] = wish[layout.choice] + layout.preference
        return self._highs(
            Arrays(
                maximise=True,
                cost=near,
                lower=self.arrays.lower[kept],
                upper=self.arrays.upper[kept],
                integer=self.arrays.integer[kept],
                row_lower=self.arrays.row_lower[without_energy],
                row_upper=self.arrays.row_upper[without_energy],
                start=part.indptr.astype(np.int32),
                index=part.indices.astype(np.int32),
                value=part.data,
                row_names=(),
            )
        ).run(time_limit_s=min(ROUND_SECONDS, max(self.left_s(), 1.0)), gap=0.01)

    def _complete(self, values: Values) -> Values:
        """Return the best energy and cover for the choice made, phase by phase."""
        self.progress("assigning energy")
        for free in self.layout.open_columns(values):
            part = restrict(self.arrays, self.rows, free, values)
            run = self._highs(part).run(time_limit_s=max(self.left_s(), 20.0))
            values[free] = run.values if len(run.values) else 0.0
        return values

    def _gap(self, values: Values, bound: float) -> float:
        objective = float(self.arrays.cost @ values)
        return abs(bound - objective) / max(abs(objective), 1e-9)

    def _improve(self, values: Values, bound: float) -> Values:
        rng = np.random.default_rng(self.effort.seed)
        tried = stale = 0
        while self.left_s() > 1 and stale < STALE:
            gap = self._gap(values, bound)
            short = self.layout.shortfall(values)
            self.progress(
                f"best {self.arrays.cost @ values:,.0f}, bound {bound:,.0f}, gap {gap:.2%}, "
                f"{tried} neighbourhoods"
            )
            if gap <= self.effort.gap and short <= 0:
                break
            free = self.layout.neighbourhood(values, rng, size=WINDOW, donors=DONORS)
            part = restrict(self.arrays, self.rows, free, values)
            highs = self._highs(part)
            highs.start_from(values[free])
            run = highs.run(
                time_limit_s=min(WINDOW_SECONDS, max(self.left_s(), 1.0)), gap=self.effort.gap / 20
            )
            tried += 1
            now = float(self.arrays.cost[free] @ values[free])
            gain = 0.0 if not len(run.values) else run.objective - now
            gain = gain if self.arrays.maximise else -gain
            if gain > 1e-7 * max(abs(now), 1.0):
                values[free] = run.values
                values[self.layout.choice] = np.round(values[self.layout.choice])
                stale = 0
            else:
                stale += 1
        return values
