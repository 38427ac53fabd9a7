"""Know which column of a statement is what, and choose parts of it to solve."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.data.problem import NONE
from siting.models.choice import choice_keys
from siting.models.statement import KCNY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.highs import Arrays

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]


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
    def of(problem: Problem, arrays: Arrays) -> Layout:
        """Return the layout of a problem's program."""
        site, kind, phase = choice_keys(problem)
        n_choice, phases = len(site), len(problem.phases)
        n_energy = len(problem.pair_zone) * phases if problem.serves else 0
        upper = arrays.upper.copy()
        if n_energy:
            upper[n_choice : n_choice + n_energy] = problem.demand_kwh[:, problem.pair_zone].ravel()
        zones = np.flatnonzero(problem.reachable_zone if problem.covers else np.empty(0))
        return Layout(
            problem=problem,
            choice=np.arange(n_choice),
            site=site,
            kind=kind,
            phase=phase,
            energy=np.arange(n_choice, n_choice + n_energy),
            cover=np.arange(n_choice + n_energy, len(arrays.cost)),
            cover_zone=np.tile(zones, phases),
            cover_phase=np.repeat(np.arange(phases), len(zones)),
            floors=arrays.floors,
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
        """Return a price of a kWh missing to a floor that no saving elsewhere is worth.

        A few kWh missing to one district's floor may free stations for all others: dearer still.
        """
        if self.problem.objective == "cost":
            return 100.0
        longest = float(self.problem.pair_minutes.max(initial=1.0))
        times = 1000.0 if self.problem.fairness.floors else 10.0
        return times * (longest if self.problem.objective == "access" else 1.0)

    def guides(self, wish: Values, size: int) -> tuple[sparse.csr_array, Values, Values]:
        """Return rows that keep a rounded choice near a wish in money, and up to its floors.

        Parameters
        ----------
        wish
            (choice,) a fractional choice.
        size
            Columns of the program.
        """
        p, phases = self.problem, range(len(self.problem.phases))
        money = [np.where(self.phase == t, self.cost_kcny[self.choice], 0.0) for t in phases]
        spent = np.array([float(row @ wish) for row in money])
        room = [np.where(self.phase == t, p.capacity_kwh[self.kind], 0.0) for t in phases]
        need = p.min_served_share * p.reachable_kwh
        rest = sparse.csr_array((2 * len(phases), size - len(wish)))
        own = sparse.csr_array(np.array([*money, *room]))
        rows = sparse.csr_array(sparse.hstack([own, rest], format="csr"))
        dearest = float(p.state_cost_cny[p.allowed].max(initial=0.0)) / KCNY
        endless = np.full(len(need), np.inf)
        return rows, np.append(-endless, need), np.append(spent + dearest, endless)

    def phase_columns(self, phase: int) -> Indices:
        """Return the columns of one phase, ascending."""
        count = len(self.problem.pair_zone)
        energy = self.energy[phase * count : (phase + 1) * count]
        cover = self.cover[self.cover_phase == phase]
        own = self.choice[self.phase == phase]
        return np.concatenate([own, energy, cover, self.slack_of(phase)])

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

    def type_at(self, values: Values) -> Indices:
        """Return which type each site holds in each phase, (T, J), or NONE."""
        shape = (len(self.problem.phases), len(self.problem.sites))
        held = np.full(shape, NONE, dtype=np.int64)
        on = values[self.choice] > 0.5  # noqa: PLR2004 - a binary
        held[self.phase[on], self.site[on]] = self.kind[on]
        return held

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

    def unmet(self, values: Values) -> Values:
        """Return the demand that no station serves, or covers, (T, I) kWh a day."""
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

    def used(self, values: Values) -> Values:
        """Return the energy served at each site in the last phase, (J,); ones if none is known."""
        p = self.problem
        if not len(self.energy):
            return np.ones(len(p.sites))
        served = values[self.energy[(len(p.phases) - 1) * len(p.pair_zone) :]]
        return np.bincount(p.pair_site, weights=served, minlength=len(p.sites)).astype(float)
