"""Find the best answer of a tiny classical question by trying every set of sites."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from siting.data.problem import NONE
from tests.brute import as_fixed, keeps_rules

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
        if not all(as_fixed(problem, 0, j, kind) for j, kind in enumerate(state)):
            continue
        trial = _Trial(problem, state, usable)
        limit = float(problem.budget_cny[0])
        if trial.money <= limit + HAIR * (1 + abs(limit)) and keeps_rules(problem, 0, state):
            yield trial.value()


def _super(problem: Problem, kind: int) -> bool:
    return kind != NONE and bool(problem.is_super[kind])


def _options(problem: Problem, site: int) -> list[int]:
    """Return what a site may hold: what stands, nothing, or the one type that may be built."""
    initial = int(problem.initial[site])
    if _super(problem, initial):
        return [initial, NONE] if problem.closable[site] else [initial]
    built = [k for k in np.flatnonzero(problem.allowed[site]).tolist() if problem.is_super[k]]
    shut = bool(problem.closable[site] and len(problem.fixed) and problem.fixed[0, site] == NONE)
    return [initial, *built, *([NONE] if shut else [])]


class _Trial:
    """Hold one choice of sites that keeps every limit."""

    def __init__(self, problem: Problem, state: tuple[int, ...], usable: set[int]) -> None:
        self.p, self.state = problem, state
        self.opened = {j for j, k in enumerate(state) if _super(problem, k)}
        self.money = sum(
            float(problem.state_cost_cny[j, k]) for j, k in enumerate(state) if k != NONE
        )
        self.near: dict[int, dict[int, float]] = {}
        pairs = zip(problem.pair_zone, problem.pair_site, problem.pair_minutes, strict=True)
        for i, j, minutes in pairs:
            if j in usable and problem.demand_kwh[0, i] > 0:
                self.near.setdefault(int(i), {})[int(j)] = float(minutes)
        self.demand = {i: float(problem.demand_kwh[0, i]) for i in self.near}

    def value(self) -> float | None:
        """Return what the choice is worth, or None if it does not answer the question."""
        if self.p.objective == "p-dispersion":
            return self._apart()
        if self.p.objective == "max-cover":
            return self._most()
        if not self.near or not all(self._times(i) for i in self.near):
            return None
        return self._drive() if self.p.limits_service else self._plain()

    def _times(self, zone: int) -> int:
        return len(self.opened & set(self.near[zone]))

    def _demand_with(self, stations: int) -> float:
        return sum(kwh for i, kwh in self.demand.items() if self._times(i) >= stations)

    def _apart(self) -> float | None:
        between = self.p.between_m
        if len(self.opened) != self.p.max_stations[0] or between is None:
            return None
        pairs = itertools.combinations(sorted(self.opened), 2)
        return min(float(between[a, b]) for a, b in pairs)

    def _most(self) -> float | None:
        value, floor = self._demand_with(1), self.p.min_covered_share * self.p.reachable_kwh[0]
        return value if self.near and value >= floor - HAIR * (1 + floor) else None

    def _plain(self) -> float:
        nearest = {
            i: min(m for j, m in self.near[i].items() if j in self.opened) for i in self.near
        }
        drive = sum(self.demand[i] * minutes for i, minutes in nearest.items())
        return {
            "set-cover": float(len(self.opened)),
            "backup-cover": self._demand_with(2),
            "p-center": max(nearest.values()),
            "p-median": drive / sum(self.demand.values()),
            "facility": self.money + self.p.drive_cny_kwh_min * drive,
        }[self.p.objective]

    def _drive(self) -> float | None:
        """Return the worth where all demand is served within capacities, or None."""
        pairs = [(i, j, m) for i, row in self.near.items() for j, m in row.items()]
        room = [0.0 if k == NONE else float(self.p.capacity_kwh[k]) for k in self.state]
        minutes = np.array([m for *_, m in pairs])
        found = linprog(
            minutes,
            A_ub=[[float(j == site) for _, j, _ in pairs] for site in range(len(self.state))],
            b_ub=np.array(room) * (1 + 1e-9),
            A_eq=[[float(i == zone) for i, _, _ in pairs] for zone in self.demand],
            b_eq=list(self.demand.values()),
        )
        if not found.success:
            return None
        drive = float(minutes @ np.asarray(found.x))
        return {
            "set-cover": float(len(self.opened)),
            "p-median": drive / sum(self.demand.values()),
            "facility": self.money + self.p.drive_cny_kwh_min * drive,
        }[self.p.objective]
