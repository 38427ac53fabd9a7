"""Tell what a conflict leaves for one of its members: the most or the least the others allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.conflict.core import TEST_SECONDS
from siting.models.conflict.requirements import OWED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.models.conflict.core import Tests
    from siting.models.conflict.requirements import Requirement, Stated
    from siting.models.highs import Run

    Values = NDArray[np.float64]


def best_of_rest(
    program: Stated,
    tests: Tests[Requirement],
    conflict: Sequence[Requirement],
    item: Requirement,
) -> float | None:
    """Return what the rest of a conflict leaves for one member, or None where unknown or endless.

    The most stations (or guns) for a target, the least money in CNY for a budget, a bound on the
    most kWh a day for a floor.

    Parameters
    ----------
    program
        The problem, stated.
    tests
        Solves it within its time.
    conflict
        A smallest conflict.
    item
        One of its members.
    """
    if tests.left_s() <= 0:
        return None
    others = [other for other in conflict if other != item]
    if item.family == "budget":
        cost = _money(program, item.phase)
        run, values = _solve(program, tests, others, cost, maximise=False)
        done = run.status == "optimal"
        return round(float(cost @ values), 6) * 1e6 if done else None
    if item.family == "ratio":
        cost = _count(program, item)
        run, values = _solve(program, tests, others, cost, maximise=True)
        return round(float(cost @ values), 6) if run.status == "optimal" else None
    if item.family in {"served", "covered", *OWED}:
        cost = _kwh(program, item)
        run, _ = _solve(program, tests, others, cost, maximise=True)
        return run.bound if np.isfinite(run.bound) else None
    return None


def _money(program: Stated, phase: int) -> Values:
    """Return M CNY spent up to a phase, by column."""
    cost = np.zeros(len(program.program.arrays.cost))
    for n, (j, k, t) in enumerate(program.choice):
        if t == phase:
            cost[n] = program.problem.state_cost_cny[j, k] / 1e6
    return cost


def _count(program: Stated, item: Requirement) -> Values:
    p, cost = program.problem, np.zeros(len(program.program.arrays.cost))
    for n, (j, k, t) in enumerate(program.choice):
        if t == item.phase and item.district in (NONE, p.site_district[j]):
            cost[n] = p.ratio_count[k]
    return cost


def _kwh(program: Stated, floor: Requirement) -> Values:
    p, t = program.problem, floor.phase
    cost = np.zeros(len(program.program.arrays.cost))
    zones = np.ones(len(p.zones), dtype=bool)
    if floor.scope != NONE:
        zones = p.fairness.floors[floor.scope].zones
    if floor.family in {"served", "served_in"}:
        count = len(p.pair_zone)
        cost[program.energy[t * count : (t + 1) * count]] = zones[p.pair_zone]
        return cost
    first = len(program.choice) + len(program.energy)
    for n, (i, u) in enumerate(program.cover):
        cost[first + n] = p.demand_kwh[t, i] if u == t and zones[i] else 0.0
    return cost


def _solve(
    program: Stated,
    tests: Tests[Requirement],
    held: Sequence[Requirement],
    cost: Values,
    *,
    maximise: bool,
) -> tuple[Run, Values]:
    whole = replace(program.program.under(held), cost=cost, maximise=maximise)
    heavy = bool(cost[program.energy].any())
    kept = np.arange(len(cost)) if heavy else program.program.kept_columns(held)
    part, _ = program.program.bare(whole, kept)
    run = tests.run(part, seconds=TEST_SECONDS)
    values = np.zeros(len(cost))
    if len(run.values):
        values[kept] = run.values
    return run, values
