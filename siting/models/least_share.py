"""Know the least share of districts and groups: as a program, and of given stations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from siting.models.equity import SLACK
from siting.models.relaxation import matrix
from siting.models.solution import Raised, covered, open_supers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.fairness import Floor
    from siting.data.problem import Problem
    from siting.models.highs import Arrays
    from siting.models.solution import Solution

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]


def with_least_share(arrays: Arrays, due_kwh: dict[int, float]) -> Arrays:
    """Return the program that raises the share of what some rows promise; z is its last column.

    Parameters
    ----------
    arrays
        The program.
    due_kwh
        What each of those rows promises at a share of 1.
    """
    size, rows = len(arrays.cost), np.array(list(due_kwh))
    entry = -(1 - SLACK) * np.array(list(due_kwh.values()))
    shape = (len(arrays.row_lower), 1)
    column = sparse.csr_array((entry, (rows, np.zeros(len(rows), dtype=int))), shape=shape)
    whole = sparse.csr_array(sparse.hstack([matrix(arrays), column], format="csr"))
    low = arrays.row_lower.copy()
    low[rows] = 0.0
    return replace(
        arrays,
        maximise=True,
        cost=np.append(np.zeros(size), 1.0),
        lower=np.append(arrays.lower, 0.0),
        upper=np.append(arrays.upper, 1.0),
        integer=np.append(arrays.integer, False),
        row_lower=low,
        start=whole.indptr.astype(np.int32),
        index=whole.indices.astype(np.int32),
        value=whole.data,
    )


def least(problem: Problem, type_at: Indices, energy_kwh: Values) -> tuple[Floor, float]:
    """Return which raised floor is worst off under a plan, and its share.

    Parameters
    ----------
    problem
        The question.
    type_at
        (T, J) type, or NONE.
    energy_kwh
        (T, P) kWh a day along each pair.
    """
    raised = problem.fairness.raised
    size = len(problem.zones)
    got = np.bincount(problem.pair_zone, weights=energy_kwh[-1], minlength=size).astype(float)
    if raised[0].family == "covered":
        got = np.where(covered(problem, type_at)[-1], problem.demand_kwh[-1], 0.0)
    found = np.array([got[f.zones].sum() / f.promised_kwh[-1] for f in raised])
    worst = int(np.argmin(np.round(found, 9)))
    return raised[worst], float(found[worst])


def worst_off(problem: Problem, found: Solution, *, held: float, bound: float | None) -> Raised:
    """Return how far a plan raises the least share.

    Parameters
    ----------
    problem
        The question, with the floors to raise.
    found
        The plan.
    held, bound
        As in :class:`Raised`.
    """
    floor, share = least(problem, found.type_at, found.energy_kwh)
    proved = None if bound is None else max(bound, share)
    return Raised(floor.family, floor.scope, share, held, proved)


def best_least_share(problem: Problem, type_at: Indices) -> float | None:
    """Return the highest least share that open stations allow; None where other floors break.

    Served shares are those of a linear program: a transportation problem of the last phase with
    all floors on energy.

    Parameters
    ----------
    problem
        The question.
    type_at
        (T, J) type, or NONE.
    """
    p, owed = problem, problem.fairness
    if owed.raised[0].family == "covered":
        return least(p, type_at, np.zeros((1, len(p.pair_zone))))[1]
    opened = open_supers(p, type_at)[-1]
    pairs = np.flatnonzero(opened[p.pair_site])
    zone, site, count = p.pair_zone[pairs], p.pair_site[pairs], len(pairs)
    room = p.capacity_kwh[np.maximum(type_at[-1], 0)] * opened
    column = np.arange(count)
    ones = np.ones(count)
    demands = sparse.csr_array((ones, (zone, column)), shape=(len(p.zones), count + 1))
    rooms = sparse.csr_array((ones, (site, column)), shape=(len(p.sites), count + 1))
    whole = p.min_served_share * float(p.reachable_kwh[-1])
    rows = [np.append(-ones, 0.0)] if whole else []
    limit = [-whole * (1 - SLACK)] if whole else []
    for floor in owed.of("served"):
        rows.append(np.append(-ones * floor.zones[zone], 0.0))
        limit.append(-float(floor.promised_kwh[-1]) * (1 - SLACK))
    for floor in owed.raised:
        rows.append(np.append(-ones * floor.zones[zone], float(floor.promised_kwh[-1])))
        limit.append(0.0)
    found = linprog(
        np.append(0.0 * ones, -1.0),
        A_ub=sparse.vstack([demands, rooms, sparse.csr_array(np.array(rows))], format="csr"),
        b_ub=np.concatenate([p.demand_kwh[-1], room, limit]),
        bounds=[(0, None)] * count + [(0, 1)],
        method="highs",
    )
    return None if found.x is None else float(found.x[-1])
