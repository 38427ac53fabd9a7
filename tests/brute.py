"""Find the best plan of a tiny problem by trying every one.

Each site's possible histories are listed from the rules, every combination is tried, and energy is
assigned by a linear program (scipy's) for each set of open stations. Meant for up to four sites,
two types and two phases: 1,296 plans and 162 linear programs.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from siting.data.problem import FREE, NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.data.problem import Problem

History = tuple[int, ...]
"""Type of one site in each phase, or NONE."""

TIGHT = 1e-9
"""Relative slack on the energy to be served, which minutes are paid for."""
_INFEASIBLE = 2
"""As scipy's linprog reports it."""
HAIR = 1e-7
"""Relative slack on every limit."""


@dataclass(frozen=True)
class Best:
    """Hold a plan and its value."""

    value: float
    histories: tuple[History, ...]
    """(J,) one history per site."""


def brute_force(problem: Problem) -> Best | None:
    """Return the best of all plans, or None if no plan keeps every rule."""
    sign = 1 if problem.objective in {"served", "covered"} else -1
    return max(valued_plans(problem), key=lambda plan: sign * plan.value, default=None)


def valued_plans(problem: Problem) -> Iterator[Best]:
    """Yield every plan that keeps every rule, with its value."""
    search = _Search(problem)
    for plan in itertools.product(*(site_histories(problem, j) for j in range(len(problem.sites)))):
        value = search.value(plan)
        if value is not None:
            yield Best(value, plan)


def site_histories(problem: Problem, site: int) -> list[History]:
    """Return every history a site may have: allowed types, never down, closed for good."""
    initial, phases = int(problem.initial[site]), len(problem.phases)
    allowed = [NONE, *np.flatnonzero(problem.allowed[site]).tolist()]
    return [
        history
        for history in itertools.product(allowed, repeat=phases)
        if _follows(initial, history, closable=bool(problem.closable[site]))
        and all(as_fixed(problem, t, site, kind) for t, kind in enumerate(history))
    ]


def as_fixed(problem: Problem, phase: int, site: int, kind: int) -> bool:
    """Tell whether a type, or NONE, is what was decided of a site, if anything was."""
    return not len(problem.fixed) or problem.fixed[phase, site] in {FREE, kind}


def _follows(initial: int, history: History, *, closable: bool) -> bool:
    closed = False
    for before, now in itertools.pairwise((initial, *history)):
        if closed and now != NONE:
            return False
        if before != NONE and now == NONE:
            if not closable or before != initial:
                return False
            closed = True
        elif now < before:
            return False
    return True


def spent_cny(problem: Problem, site: int, history: History) -> float:
    """Return what a site has cost by the end of a history; closing gives nothing back."""
    held = [kind for kind in history if kind != NONE]
    return float(problem.state_cost_cny[site, held[-1]]) if held else 0.0


def _at_most(value: float, limit: float) -> bool:
    return bool(value <= limit + HAIR * (1 + abs(limit)))


def keeps_rules(problem: Problem, phase: int, state: tuple[int, ...]) -> bool:
    """Tell whether what stands in one phase keeps every rule but money and floors."""
    return all(_Search(problem).rules(phase, state))


@dataclass
class _Search:
    problem: Problem
    known: dict[tuple[int, tuple[int, ...]], float | None] = field(default_factory=dict)

    def value(self, plan: tuple[History, ...]) -> float | None:
        """Return a plan's objective, or None where a rule is broken."""
        p, total = self.problem, 0.0
        for t in range(len(p.phases)):
            spent = sum(spent_cny(p, j, history[: t + 1]) for j, history in enumerate(plan))
            if not _at_most(spent, float(p.budget_cny[t])):
                return None
            state = tuple(history[t] for history in plan)
            if (t, state) not in self.known:
                self.known[t, state] = self._phase(t, state)
            worth = self.known[t, state]
            if worth is None:
                return None
            total += float(p.weight[t]) * worth
        if p.objective == "cost":
            return sum(spent_cny(p, j, history) for j, history in enumerate(plan))
        return total

    def _phase(self, t: int, state: tuple[int, ...]) -> float | None:
        """Return what one phase adds to the objective, or None where a rule is broken."""
        if not all(self.rules(t, state)):
            return None
        p = self.problem
        covered = self._covered(t, state)
        if not _at_most(p.min_covered_share * p.reachable_kwh[t], covered):
            return None
        floor = p.min_served_share * p.reachable_kwh[t]
        served = self._flow(t, state, cost=-np.ones(len(p.pair_zone)), floor=0.0)
        if served is None or not (_at_most(floor, -served) and self._fair(t, state)):
            return None
        if p.objective == "access":
            return self._flow(t, state, cost=p.pair_minutes, floor=min(floor, -served))
        return {"served": -served, "covered": covered, "cost": 0.0}[p.objective]

    def rules(self, t: int, state: tuple[int, ...]) -> Iterator[bool]:
        """Yield whether each rule on the open stations of one phase holds."""
        p = self.problem
        kind = np.array(state)
        held = np.flatnonzero(kind != NONE)
        counted = p.ratio_count[kind[held]]
        inside = p.site_district[held] != NONE
        by_district = np.bincount(
            p.site_district[held[inside]], weights=counted[inside], minlength=len(p.districts)
        )
        yield int(counted.sum()) >= p.city_target[t]
        yield bool((by_district >= p.district_target[t]).all())
        supers = {int(j) for j in held if p.is_super[kind[j]]}
        yield p.max_stations[t] == NONE or len(supers) <= p.max_stations[t]
        yield not any(a in supers and b in supers for a, b in p.conflicts.tolist())
        if p.rooms is not None:
            yield from self._by_hour(t, kind, held)
            return
        for g in range(len(p.substations)):
            there = held[p.site_substation[held] == g]
            yield _at_most(float(p.load_kw[kind[there]].sum()), float(p.headroom_kw[t, g]))

    def _by_hour(self, t: int, kind: np.ndarray, held: np.ndarray) -> Iterator[bool]:
        """Yield whether each hour told of each substation keeps its limit, reinforced or not."""
        p, rows = self.problem, self.problem.rooms
        assert rows is not None
        for n in np.flatnonzero(rows.phase == t):
            there = held[p.site_substation[held] == rows.substation[n]]
            asked = float(rows.load_kw[n, kind[there]].sum())
            yield _at_most(asked, float(rows.limit_kw[n]))

    def _fair(self, t: int, state: tuple[int, ...]) -> bool:
        """Tell whether districts and groups can get together what they are owed."""
        p, reached = self.problem, self._covered_zones(state)
        for floor in p.fairness.of("covered"):
            got = sum(p.demand_kwh[t, i] for i in reached if floor.zones[i])
            if not _at_most(float(floor.promised_kwh[t]), float(got)):
                return False
        for circle in p.fairness.circles:
            opened = [j for j, k in enumerate(state) if k != NONE and p.is_super[k]]
            near = set(circle.row[np.isin(circle.site, opened)].tolist())
            if circle.asked[t] and len(near) < len(circle.zones):
                return False
        return self._flow(t, state, cost=np.zeros(len(p.pair_zone)), floor=0.0) is not None

    def _covered_zones(self, state: tuple[int, ...]) -> set[int]:
        p = self.problem
        pairs = zip(p.pair_zone.tolist(), p.pair_site.tolist(), strict=True)
        return {i for i, j in pairs if state[j] != NONE and p.is_super[state[j]]}

    def _covered(self, t: int, state: tuple[int, ...]) -> float:
        p = self.problem
        return float(p.demand_kwh[t, sorted(self._covered_zones(state))].sum())

    def _flow(
        self,
        t: int,
        state: tuple[int, ...],
        *,
        cost: np.ndarray[tuple[int], np.dtype[np.float64]],
        floor: float,
    ) -> float | None:
        """Return the least cost of serving at least ``floor`` from the open stations.

        None where what is owed cannot be served.
        """
        p, pairs = self.problem, len(self.problem.pair_zone)
        if not pairs:
            return None if any(f.promised_kwh[t] > 0 for f in p.fairness.of("served")) else 0.0
        zones = np.equal.outer(np.arange(len(p.zones)), p.pair_zone)
        sites = np.equal.outer(np.arange(len(p.sites)), p.pair_site)
        owed = [-floor.zones[p.pair_zone].astype(float) for floor in p.fairness.of("served")]
        promises = [-float(f.promised_kwh[t]) * (1 - TIGHT) for f in p.fairness.of("served")]
        room = [0.0 if kind == NONE else float(p.capacity_kwh[kind]) for kind in state]
        found = linprog(
            cost,
            A_ub=np.vstack([zones, sites, -np.ones(pairs), *owed]).astype(float),
            b_ub=np.concatenate([p.demand_kwh[t], room, [-floor * (1 - TIGHT)], promises]),
        )
        if found.status == _INFEASIBLE and promises:
            return None
        if not found.success:
            msg = f"linprog: {found.message}"
            raise ValueError(msg)
        return float(cost @ np.asarray(found.x))
