"""Find the best answer of a tiny classical question by trying every set of sites."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from siting.data.problem import NONE
from tests.brute import keeps_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.data.problem import Problem

LEAST = {"set-cover", "p-median", "p-center", "facility"}
HAIR = 1e-7


def best_value(problem: Problem) -> float | None:
    """Return the best value of a classical question in its unit, or None if nothing will do."""
    values = [value for value in _values(problem) if value is not None]
    if not values:
        return None
    return min(values) if problem.objective in LEAST else max(values)


def _values(problem: Problem) -> Iterator[float | None]:
    types = [_options(problem, j) for j in range(len(problem.sites))]
    usable = {j for j, options in enumerate(types) if any(_super(problem, k) for k in options)}
    for state in itertools.product(*types):
        money = sum(float(problem.state_cost_cny[j, k]) for j, k in enumerate(state) if k != NONE)
        limit = float(problem.budget_cny[0])
        if money <= limit + HAIR * (1 + abs(limit)) and keeps_rules(problem, 0, state):
            opened = {j for j, k in enumerate(state) if _super(problem, k)}
            yield _value(problem, state, opened, usable, money)


def _super(problem: Problem, kind: int) -> bool:
    return kind != NONE and bool(problem.is_super[kind])


def _options(problem: Problem, site: int) -> list[int]:
    """Return what a site may hold: what stands, nothing, or the one type that may be built."""
    initial = int(problem.initial[site])
    if _super(problem, initial):
        return [initial, NONE] if problem.closable[site] else [initial]
    built = [k for k in np.flatnonzero(problem.allowed[site]).tolist() if problem.is_super[k]]
    return [initial, *built]


def _value(
    problem: Problem, state: tuple[int, ...], opened: set[int], usable: set[int], money: float
) -> float | None:
    p, kind = problem, problem.objective
    if kind == "p-dispersion":
        if len(opened) != p.max_stations[0] or p.between_m is None:
            return None
        return min(float(p.between_m[a, b]) for a, b in itertools.combinations(sorted(opened), 2))
    near: dict[int, dict[int, float]] = {}
    for i, j, minutes in zip(p.pair_zone, p.pair_site, p.pair_minutes, strict=True):
        if j in usable and p.demand_kwh[0, i] > 0:
            near.setdefault(int(i), {})[int(j)] = float(minutes)
    if not near:
        return None
    demand = {i: float(p.demand_kwh[0, i]) for i in near}
    times = {i: len(opened & set(near[i])) for i in near}
    if kind == "max-cover":
        value = sum(demand[i] for i in near if times[i])
        floor = p.min_covered_share * float(p.reachable_kwh[0])
        return value if value >= floor - HAIR * (1 + floor) else None
    if not all(times.values()):
        return None
    if kind == "set-cover" and not p.limits_service:
        return float(len(opened))
    if kind == "backup-cover":
        return sum(demand[i] for i in near if times[i] > 1)
    nearest = {i: min(m for j, m in near[i].items() if j in opened) for i in near}
    if kind == "p-center":
        return max(nearest.values())
    drive: float | None = sum(demand[i] * nearest[i] for i in near)
    if p.limits_service:
        drive = _least_drive(p, state, near, demand)
    if drive is None:
        return None
    if kind == "set-cover":
        return float(len(opened))
    if kind == "p-median":
        return drive / sum(demand.values())
    return money + p.drive_cny_kwh_min * drive


def _least_drive(
    problem: Problem,
    state: tuple[int, ...],
    near: dict[int, dict[int, float]],
    demand: dict[int, float],
) -> float | None:
    """Return the least kWh x min of serving all demand within capacities, or None."""
    pairs = [(i, j, m) for i, row in near.items() for j, m in row.items()]
    room = [0.0 if k == NONE else float(problem.capacity_kwh[k]) for k in state]
    by_zone = np.array([[float(i == zone) for i, _, _ in pairs] for zone in demand])
    by_site = np.array([[float(j == site) for _, j, _ in pairs] for site in range(len(state))])
    found = linprog(
        [m for *_, m in pairs],
        A_ub=by_site,
        b_ub=np.array(room) * (1 + 1e-9),
        A_eq=by_zone,
        b_eq=list(demand.values()),
    )
    return float(found.fun) if found.success else None
