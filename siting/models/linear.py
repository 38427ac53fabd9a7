"""Solve the linear relaxation, whole or phase by phase: a bound, and a fractional plan to round.

Phase by phase drops the rows that tie phases together (nothing steps back), so the sum of the
phases' bounds is a bound still, and each program is a fraction of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.models.relaxation import columns_of, safe_bound, with_floor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.highs import Arrays, Run
    from siting.models.layout import Layout

    Values = NDArray[np.float64]

WHOLE = 300_000
"""Rows and columns up to which all phases are relaxed together."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Hold what the relaxation says; ``bound`` holds even where it was not finished."""

    wish: Values
    """(columns,) a fractional plan; zeros where none was found."""
    bound: float
    infeasible: bool


def relax(
    arrays: Arrays,
    layout: Layout,
    solve: Callable[[Arrays, int], Run],
    *,
    give: float,
    progress: Callable[[str], None],
) -> Relaxed:
    """Return a bound and a fractional plan.

    Parameters
    ----------
    arrays, layout
        The program.
    solve
        Solves a relaxation, given also how many are still to come.
    give
        Part of the worth that a cheaper fractional plan may lose, where money has no limit: an
        interior point spends whatever it may.
    progress
        Called with a line of text now and then.
    """
    phases = range(len(layout.problem.phases))
    groups = [np.arange(len(arrays.cost))]
    simple = [float(layout.simple_bounds(arrays).sum())]
    if len(phases) > 1 and len(arrays.cost) + len(arrays.row_lower) > WHOLE:
        groups = [layout.phase_columns(t) for t in phases]
        simple = layout.simple_bounds(arrays).tolist()
    wish, bound = np.zeros(len(arrays.cost)), 0.0
    for n, columns in enumerate(groups):
        progress(f"solving the linear relaxation{_which(n, len(groups))}")
        part = columns_of(arrays, columns, cost=arrays.cost, maximise=arrays.maximise)
        run = solve(part, len(groups) - n)
        if run.status == "infeasible":
            return Relaxed(wish, np.nan, infeasible=True)
        bound += _tightest(part, run, layout.upper[columns], simple[n])
        wish[columns] = _thrifty(part, run, layout, columns, solve, give)
    return Relaxed(wish, bound, infeasible=False)


def _which(n: int, count: int) -> str:
    return "" if count == 1 else f", phase {n + 1} of {count}"


def _tightest(part: Arrays, run: Run, upper: Values, simple: float) -> float:
    """Return the better of a simple bound and the one the relaxation's prices prove."""
    if not len(run.duals):
        return simple
    proved = safe_bound(part, run.duals, upper)
    return min(simple, proved) if part.maximise else max(simple, proved)


def _thrifty(
    part: Arrays,
    run: Run,
    layout: Layout,
    columns: NDArray[np.int64],
    solve: Callable[[Arrays, int], Run],
    give: float,
) -> Values:
    """Return the relaxation's plan, made cheap where money has no limit."""
    if not len(run.values):
        return np.zeros(len(columns))
    p = layout.problem
    if np.isfinite(p.budget_cny).all() or p.objective == "cost":
        return run.values
    cheap = solve(with_floor(part, layout.cost_kcny[columns], run.values, give=give), 1)
    return cheap.values if len(cheap.values) else run.values
