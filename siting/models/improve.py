"""Improve a plan by solving parts of it exactly, two at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Highs
from siting.models.neighbourhoods import KINDS, WIDEST, WINDOW, columns_around
from siting.models.relaxation import matrix, restrict

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.crew import Crew
    from siting.models.highs import Arrays, Run
    from siting.models.layout import Layout
    from siting.models.neighbourhoods import Kind

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

BATCH = 2
"""Neighbourhoods drawn from the same plan; always as many, so that cores change nothing."""
WINDOW_SECONDS = 12.0
NODES = 400
"""Most nodes of branch and bound for a neighbourhood."""
GAIN = 1e-7
"""Least relative gain worth taking."""
END_SHARE = 0.9
"""Part of the time limit after which a cheaper plan of the same worth is sought instead."""


@dataclass(eq=False)
class Improver:
    """Hold a program and a plan of it that keeps every rule."""

    arrays: Arrays
    layout: Layout
    crew: Crew
    values: Values
    """(columns,) replaced as a whole, so that a stop at any time leaves a plan."""
    wish: Values
    """(choice,) the relaxation's choice."""
    rng: np.random.Generator
    tried: int = 0
    """Neighbourhoods solved."""

    def __post_init__(self) -> None:
        self.columns = matrix(self.arrays).tocsc()

    @property
    def worth(self) -> float:
        """What the plan is worth, in the program's objective."""
        return float(self.arrays.cost @ self.values)

    def told(self, bound: float, gap: float, short: float) -> str:
        """Return a line on how far the search has come."""
        missing = f", {short:,.0f} kWh a day short" if short else ""
        return (
            f"best {self.worth:,.0f}, bound {bound:,.0f}, gap {gap:.2%}{missing}, "
            f"{self.tried} neighbourhoods"
        )

    def step(self, kinds: list[Kind], size: int) -> list[bool]:
        """Solve one neighbourhood of each kind; return which of them gained.

        They share no column, and of what is left of a limit that several touch each may use an even
        part: all their answers together keep every rule.
        """
        return self.solve(self._parts(kinds, size), seconds=WINDOW_SECONDS, nodes=NODES)

    def solve(self, parts: list[Indices], *, seconds: float, nodes: int) -> list[bool]:
        """Solve the program over each of some parts without common columns; tell which gained."""
        arrays = self._shared_out(parts)
        programs = []
        for free in parts:
            part = restrict(arrays, self.columns, free, self.values)
            programs.append(Highs(part, seed=self.crew.effort.seed))
            programs[-1].start_from(self.values[free])
        runs = self.crew.run(programs, seconds=seconds, nodes=nodes, gap=self.crew.effort.gap / 20)
        return [self._take(free, run) for free, run in zip(parts, runs, strict=True)]

    def _parts(self, kinds: list[Kind], size: int) -> list[Indices]:
        taken = np.zeros(len(self.values), dtype=bool)
        parts = []
        for kind in kinds:
            free = columns_around(self.layout, self.values, self.wish, kind, size, self.rng)
            free = np.unique(free[~taken[free]])
            taken[free] = True
            if len(free):
                parts.append(free)
        return parts

    def _shared_out(self, parts: list[Indices]) -> Arrays:
        """Return the program with what is left of limits that several parts touch shared out."""
        times = np.zeros(len(self.arrays.row_lower))
        for free in parts:
            times[np.unique(self.columns[:, free].indices)] += 1
        shared = times > 1
        if not shared.any():
            return self.arrays
        activity = self.columns @ self.values
        above = np.maximum(self.arrays.row_upper - activity, 0.0) / np.maximum(times, 1)
        below = np.maximum(activity - self.arrays.row_lower, 0.0) / np.maximum(times, 1)
        return replace(
            self.arrays,
            row_lower=np.where(shared, activity - below, self.arrays.row_lower),
            row_upper=np.where(shared, activity + above, self.arrays.row_upper),
        )

    def _take(self, free: Indices, run: Run) -> bool:
        if not len(run.values):
            return False
        now = float(self.arrays.cost[free] @ self.values[free])
        gain = run.objective - now if self.arrays.maximise else now - run.objective
        if gain <= GAIN * max(abs(now), 1.0):
            return False
        values = self.values.copy()
        values[free] = run.values
        values[self.layout.choice] = np.round(values[self.layout.choice])
        self.values = values
        return True


def improve(
    improver: Improver,
    bound: float,
    seen: Callable[[], None],
    *,
    most: int | None,
    patience: int,
) -> bool:
    """Improve a plan neighbourhood by neighbourhood; tell whether the gap is proved.

    Parameters
    ----------
    improver
        The program and its plan.
    bound
        Proven.
    seen
        Called whenever the plan may be a better one.
    most
        Neighbourhoods in all, those of before included; None for no limit but the effort's.
    patience
        Neighbourhoods without gain before it gives up.
    """
    layout, crew, stale, size = improver.layout, improver.crew, 0, WINDOW
    p, limits = layout.problem, [n for n in (most, crew.effort.iterations) if n is not None]
    kinds = [kind for kind in KINDS if kind != "time" or len(p.phases) > 1]
    while True:
        short = layout.shortfall(improver.values)
        seen()
        gap = abs(bound - improver.worth) / max(abs(improver.worth), 1e-9)
        crew.progress(improver.told(bound, gap, short))
        count = min([BATCH, *(limit - improver.tried for limit in limits)])
        proved = gap <= crew.effort.gap and not short
        if proved or count <= 0 or stale >= patience or crew.over(share=END_SHARE):
            break
        turn: list[Kind] = [kinds[(improver.tried + n) % len(kinds)] for n in range(count)]
        if p.objective == "cost" and not short:
            turn[0] = "idle"
        gained = improver.step(turn, size)
        improver.tried, stale = improver.tried + count, 0 if any(gained) else stale + count
        if stale >= patience // 3 and size < WIDEST:
            size, stale = min(size * 3 // 2, WIDEST), 0
    if short:
        crew.progress("the floors were not met")
    return proved


def best_of(starts: list[Values], arrays: Arrays) -> Values:
    """Return the best of some plans, or nothing where there is none."""
    sign = -1.0 if arrays.maximise else 1.0
    plans = [start for start in starts if len(start)]
    none = np.empty(0)
    return min(plans, key=lambda values: sign * float(arrays.cost @ values), default=none)
