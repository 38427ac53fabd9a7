"""Know which column of a statement is what, and choose parts of it to solve."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.statement import KCNY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.highs import Arrays
    from siting.models.program import Statement

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

_FLOORS = ("served(", "covered(")


@dataclass(eq=False)
class Layout:
    """Map the columns of a statement (choice, energy, cover, shortfall) back to the problem."""

    problem: Problem
    choice: Indices
    """Columns of y."""
    site: Indices
    """(choice,) site of each."""
    kind: Indices
    """(choice,) type of each."""
    phase: Indices
    """(choice,) phase of each."""
    energy: Indices
    """Columns of x: phase by phase, pair by pair; empty if nothing is served."""
    cover: Indices
    """Columns of c."""
    cover_zone: Indices
    cover_phase: Indices
    floors: Indices
    """Rows that promise a share of the demand, phase by phase."""
    slack: Indices
    """Columns that measure what is missing to a floor; empty where floors are hard."""
    upper: Values
    """(columns,) a finite upper bound of every column."""
    preference: Values = field(init=False)
    """(choice,) what rounding adds to a wish, so that ties fall to supercharging stations."""
    cost_kcny: Values = field(init=False)
    """(columns,) thousands of CNY spent up to each phase, summed: late and little is best."""

    def __post_init__(self) -> None:
        supers = self.problem.is_super[self.kind]
        self.preference = np.where(supers, 0.01, 0.0)
        self.cost_kcny = np.zeros(len(self.upper))
        self.cost_kcny[self.choice] = self.problem.state_cost_cny[self.site, self.kind] / KCNY

    @staticmethod
    def of(problem: Problem, statement: Statement, arrays: Arrays) -> Layout:
        """Return the layout of a statement."""
        keys = np.array(list(statement.build), dtype=np.int64).reshape(-1, 3)
        n_choice, n_energy = len(statement.build), len(statement.serve)
        cover = np.array(list(statement.cover), dtype=np.int64).reshape(-1, 2)
        upper = arrays.upper.copy()
        if n_energy:
            upper[n_choice : n_choice + n_energy] = problem.demand_kwh[:, problem.pair_zone].ravel()
        floors = [n for n, row in enumerate(arrays.row_names) if row.startswith(_FLOORS)]
        return Layout(
            problem=problem,
            choice=np.arange(n_choice),
            site=keys[:, 0],
            kind=keys[:, 1],
            phase=keys[:, 2],
            energy=np.arange(n_choice, n_choice + n_energy),
            cover=np.arange(n_choice + n_energy, len(arrays.cost)),
            cover_zone=cover[:, 0],
            cover_phase=cover[:, 1],
            floors=np.array(floors, dtype=np.int64),
            slack=np.empty(0, dtype=np.int64),
            upper=upper,
        )

    def with_slack(self) -> Layout:
        """Return the layout of the same statement with soft floors, their columns at the end."""
        size, extra = len(self.upper), len(self.floors)
        upper = np.append(self.upper, np.full(extra, self.problem.reachable_kwh.max()))
        return replace(self, slack=np.arange(size, size + extra), upper=upper)

    @property
    def penalty(self) -> float:
        """Return a price of a kWh missing to a floor that no saving elsewhere is worth."""
        if self.problem.objective == "cost":
            return 100.0
        longest = float(self.problem.pair_minutes.max(initial=1.0))
        return 10.0 * (longest if self.problem.objective == "access" else 1.0)

    def guides(self, wish: Values) -> tuple[sparse.csr_array, Values, Values]:
        """Return rows that keep a rounded choice near a wish in money, and up to its floors."""
        p, phases = self.problem, range(len(self.problem.phases))
        money = [np.where(self.phase == t, self.cost_kcny[self.choice], 0.0) for t in phases]
        spent = np.array([float(row @ wish[self.choice]) for row in money])
        room = [np.where(self.phase == t, p.capacity_kwh[self.kind], 0.0) for t in phases]
        need = p.min_served_share * p.reachable_kwh
        rest = np.zeros((2 * len(phases), len(wish) - len(self.choice)))
        rows = sparse.csr_array(np.hstack([np.array([*money, *room]), rest]))
        dearest = float(p.state_cost_cny.max(initial=0.0)) / KCNY
        endless = np.full(len(need), np.inf)
        return rows, np.append(-endless, need), np.append(spent + dearest, endless)

    def phase_columns(self, phase: int) -> Indices:
        """Return the columns of one phase, ascending."""
        count = len(self.problem.pair_zone)
        energy = self.energy[phase * count : (phase + 1) * count]
        cover = self.cover[self.cover_phase == phase]
        return np.concatenate([self.choice[self.phase == phase], energy, cover])

    def simple_bounds(self, arrays: Arrays) -> Values:
        """Return bounds that need no solver, (T,); their sum bounds the objective.

        All reachable demand met; or the promised share of it at each zone's nearest site; or
        nothing spent. An upgrade may bring money in, where the credit for the old station is more
        than the new one costs.
        """
        p = self.problem
        if arrays.maximise:
            return np.asarray(p.weight * p.reachable_kwh)
        if p.objective == "access":
            return np.asarray(p.weight * self._least_minutes())
        least = p.state_cost_cny.min(axis=1, initial=0.0)
        bounds = np.zeros(len(p.phases))
        bounds[-1] = float(np.minimum(least, 0.0).sum()) / KCNY
        return bounds

    def _least_minutes(self) -> Values:
        """Return kWh x min with the promised share served at the nearest sites, (T,)."""
        p = self.problem
        nearest = np.full(len(p.zones), np.inf)
        np.minimum.at(nearest, p.pair_zone, p.pair_minutes)
        order = np.argsort(nearest, kind="stable")[: int(p.reachable_zone.sum())]
        demand = p.demand_kwh[:, order]
        floor = (p.min_served_share * p.reachable_kwh)[:, None]
        before = np.cumsum(demand, axis=1) - demand
        used = np.clip(floor - before, 0.0, demand)
        return np.asarray((used * nearest[order]).sum(axis=1))

    def open_supers(self, values: Values) -> NDArray[np.bool_]:
        """Return which sites hold a supercharging station, (T, J)."""
        p = self.problem
        opened = np.zeros((len(p.phases), len(p.sites)), dtype=bool)
        on = (values[self.choice] > 0.5) & p.is_super[self.kind]  # noqa: PLR2004 - a binary
        opened[self.phase[on], self.site[on]] = True
        return opened

    def open_columns(self, values: Values) -> list[Indices]:
        """Return, for each phase, the columns that a fixed choice leaves to decide."""
        p, opened = self.problem, self.open_supers(values)
        size = len(p.pair_zone)
        parts = []
        for t in range(len(p.phases)):
            energy = np.empty(0, dtype=np.int64)
            if len(self.energy):
                energy = self.energy[t * size + np.flatnonzero(opened[t][p.pair_site])]
            cover = self.cover[self.cover_phase == t]
            parts.append(np.concatenate([energy, cover, self.slack_of(t)]))
        return parts

    def slack_of(self, phase: int) -> Indices:
        """Return a phase's slack columns."""
        per_phase = len(self.slack) // len(self.problem.phases)
        return self.slack[phase * per_phase : (phase + 1) * per_phase]

    def shortfall(self, values: Values) -> float:
        """Return what is missing to the floors, in kWh a day, beyond rounding."""
        missing = float(values[self.slack].sum())
        return missing if missing > 1e-6 * float(self.problem.reachable_kwh.sum()) else 0.0

    def short_zone(self, values: Values, rng: np.random.Generator) -> int:
        """Draw a zone by its unmet demand."""
        p = self.problem
        weight = self._unmet(values).sum(axis=0) + 1e-9 * p.demand_kwh.sum(axis=0) + 1e-12
        weight = np.where(p.reachable_zone | ~p.reachable_zone.any(), weight, 0.0)
        return int(rng.choice(len(p.zones), p=weight / weight.sum()))

    def idle_zone(self, values: Values, rng: np.random.Generator) -> int:
        """Draw a zone within reach of a little-used station."""
        p = self.problem
        idle = self._idle(values, self.open_supers(values), rng, 1 + len(p.sites) // 4)
        zones = p.pair_zone[p.pair_site == rng.choice(idle)] if len(idle) else p.pair_zone
        return int(rng.choice(zones)) if len(zones) else self.short_zone(values, rng)

    def neighbourhood(
        self, values: Values, zone: int, rng: np.random.Generator, *, size: int, donors: int
    ) -> Indices:
        """Return the columns around a zone, and around little-used stations anywhere."""
        p, opened = self.problem, self.open_supers(values)
        free_site = np.zeros(len(p.sites), dtype=bool)
        free_site[self._around(zone, size)] = True
        free_site[self._idle(values, opened, rng, donors)] = True
        zones = np.zeros(len(p.zones), dtype=bool)
        zones[p.pair_zone[free_site[p.pair_site]]] = True
        parts = [self.choice[free_site[self.site]]]
        count = len(p.pair_zone)
        for t in range(len(p.phases)):
            if len(self.energy):
                usable = opened[t] | free_site
                pairs = np.flatnonzero(zones[p.pair_zone] & usable[p.pair_site])
                parts.append(self.energy[t * count + pairs])
        parts += [self.cover[zones[self.cover_zone]], self.slack]
        return np.concatenate(parts)

    def _unmet(self, values: Values) -> Values:
        p = self.problem
        unmet = p.demand_kwh.copy()
        if len(self.energy):
            size = len(p.pair_zone)
            for t in range(len(p.phases)):
                served = values[self.energy[t * size : (t + 1) * size]]
                unmet[t] -= np.bincount(p.pair_zone, weights=served, minlength=len(p.zones))
        elif len(self.cover):
            met = values[self.cover] * p.demand_kwh[self.cover_phase, self.cover_zone]
            np.subtract.at(unmet, (self.cover_phase, self.cover_zone), met)
        return np.maximum(unmet, 0.0)

    def _around(self, zone: int, size: int) -> Indices:
        """Return the sites nearest to a zone, then those that share most zones with them."""
        p = self.problem
        first, last = np.searchsorted(p.pair_zone, [zone, zone + 1])
        order = np.argsort(p.pair_minutes[first:last], kind="stable")
        sites = np.asarray(p.pair_site[first:last][order][:size], dtype=np.int64)
        if len(sites) == size or not len(sites):
            return sites
        near = np.zeros(len(p.sites), dtype=bool)
        near[sites] = True
        zones = np.zeros(len(p.zones), dtype=bool)
        zones[p.pair_zone[near[p.pair_site]]] = True
        shared = np.bincount(p.pair_site[zones[p.pair_zone]], minlength=len(p.sites))
        shared[near] = 0
        more = np.argsort(-shared, kind="stable")[: size - len(sites)]
        return np.concatenate([sites, more[shared[more] > 0]])

    def _idle(
        self, values: Values, opened: NDArray[np.bool_], rng: np.random.Generator, count: int
    ) -> Indices:
        p = self.problem
        last = len(p.phases) - 1
        candidates = np.flatnonzero(opened[last])
        if not len(candidates):
            return candidates
        used = np.ones(len(p.sites))
        if len(self.energy):
            size = len(p.pair_zone)
            served = values[self.energy[last * size :]]
            used = np.bincount(p.pair_site, weights=served, minlength=len(p.sites)).astype(float)
        noise = rng.uniform(0.5, 1.5, len(candidates))
        return candidates[np.argsort(used[candidates] * noise, kind="stable")[:count]]
