"""Tell what 1 MW more is worth at each substation that binds, its own stations chosen anew.

All integers fixed, 1 MW is worth nothing anywhere: energy asks a substation for no more than its
stations' sizes. So the stations of the one substation (and its reinforcement) are let free, all
others stay, money stays as it is, and the energy of the zones around is assigned anew. Solved twice
each, with and without the 1 MW: as a linear program, in which stations may be parts, and exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.arrays import arrays_of, named_rows
from siting.models.assign import assign
from siting.models.headroom import SLACK, asked_kw, headroom_rows, row_names
from siting.models.highs import Highs
from siting.models.layout import Layout
from siting.models.neighbourhoods import columns_at
from siting.models.relaxation import matrix, restrict
from siting.models.sensitivity.figure import Figure, estimate, exact
from siting.models.solution import covered
from siting.models.statement import KCNY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort

    Values = NDArray[np.float64]

_SECONDS = 20.0
_MW = 1000.0
_UNKNOWN = Figure("unknown", np.nan, np.nan)


@dataclass(frozen=True)
class SubstationValue:
    """Hold what 1 MW more is worth at one substation, in the unit of the objective."""

    substation: int
    relaxed: Figure
    """Linear program: integers fixed but for this substation's."""
    local: Figure
    """Its stations chosen anew, all others as they are."""


def plan_values(problem: Problem, layout: Layout, type_at: NDArray[np.int64]) -> Values:
    """Return a plan as values of a program's columns, (columns,)."""
    values = np.zeros(len(layout.upper))
    values[layout.choice] = type_at[layout.phase, layout.site] == layout.kind
    if len(layout.energy):
        values[layout.energy] = assign(problem, type_at).ravel()
    if len(layout.cover):
        values[layout.cover] = covered(problem, type_at)[layout.cover_phase, layout.cover_zone]
    return values


def binding_substations(problem: Problem, type_at: NDArray[np.int64]) -> list[int]:
    """Return substations that keep some site from a station, or a larger one, in the last phase.

    Those that keep the most demand within reach first.
    """
    p, rows = problem, headroom_rows(problem)
    last = len(p.phases) - 1
    left = rows.limit_kw * (1 + SLACK) - asked_kw(p, type_at)
    near = np.bincount(p.pair_site, weights=p.demand_kwh[-1][p.pair_zone], minlength=len(p.sites))
    held = type_at[-1]
    serves = np.where(held == NONE, 0.0, p.capacity_kwh[np.maximum(held, 0)])
    found = []
    for g in range(len(p.substations)):
        own = np.flatnonzero((rows.phase == last) & (rows.substation == g))
        sites = np.flatnonzero(p.site_substation == g)
        kept = 0.0
        for j in sites.tolist() if len(own) else []:
            larger = p.allowed[j] & p.is_super & (p.capacity_kwh > serves[j])
            now = rows.load_kw[own, held[j]] if held[j] != NONE else np.zeros(len(own))
            fits = (rows.load_kw[own] - now[:, None] <= left[own, None]).all(axis=0)
            kept += float(near[j]) if (larger & ~fits).any() else 0.0
        if kept:
            found.append((-kept, g))
    return [g for _, g in sorted(found)]


def substation_values(
    problem: Problem,
    type_at: NDArray[np.int64],
    substations: Sequence[int],
    effort: Effort,
    *,
    progress: Callable[[str], None],
) -> list[SubstationValue]:
    """Return the worth of 1 MW at each of some substations, in every phase and hour.

    Parameters
    ----------
    problem, type_at
        The plan.
    substations
        Places of those asked about.
    effort
        Threads and seed.
    progress
        Called with a line of text now and then.
    """
    if not len(substations):
        return []
    arrays = arrays_of(problem)
    layout = Layout.of(problem, arrays)
    values = plan_values(problem, layout, type_at)
    columns, place = matrix(arrays).tocsc(), named_rows(problem)
    rows, names = headroom_rows(problem), row_names(problem)
    unit = KCNY if problem.objective == "cost" else 1.0
    found = []
    for g in substations:
        progress(f"1 MW more at substation {problem.substations[g]}")
        sites = np.flatnonzero(problem.site_substation == g)
        free = np.unique(columns_at(layout, values, sites))
        own = [place[names[n]] for n in np.flatnonzero(rows.substation == g) if names[n] in place]
        upper = arrays.row_upper.copy()
        upper[own] += _MW
        worth = {}
        for relaxed in (True, False):
            for name, limits in (("now", arrays.row_upper), ("more", upper)):
                part = restrict(replace(arrays, row_upper=limits), columns, free, values)
                highs = Highs(part, relaxed=relaxed, threads=effort.threads, seed=effort.seed)
                run = highs.run(time_limit_s=_SECONDS)
                worth[relaxed, name] = run.objective if run.status == "optimal" else np.nan
        sign = unit if arrays.maximise else -unit
        gains = [sign * (worth[r, "more"] - worth[r, "now"]) for r in (True, False)]
        known = [not np.isnan(gain) for gain in gains]
        found.append(
            SubstationValue(
                g,
                estimate(max(gains[0], 0.0)) if known[0] else _UNKNOWN,
                exact(max(gains[1], 0.0)) if known[1] else _UNKNOWN,
            )
        )
    return found
