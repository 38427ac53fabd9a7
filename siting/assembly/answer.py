"""Hold all that an assembled plan is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.data.works import levels_of, own_types, without_works
from siting.models.solution import covered, open_supers, spent_cny

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.problem import Problem
    from siting.data.travel import Pairs
    from siting.models.solution import Solution
    from siting.scenario import Scenario, StationType


@dataclass(frozen=True, eq=False)
class Answer:
    """Hold a city, its question, and the solution found."""

    case: Case
    scenario: Scenario
    problem: Problem
    pairs: Pairs
    solution: Solution
    built: NDArray[np.int64] | None = None
    """(T, G) steps of reinforcement; None as long as they are sites of the problem."""

    def own(self) -> Answer:
        """Return the answer with reinforcements told apart from stations."""
        own = own_types(self.problem, self.solution.type_at)
        return replace(
            self,
            problem=without_works(self.problem),
            solution=replace(self.solution, type_at=own),
            built=levels_of(self.problem, self.solution.type_at),
        )

    @cached_property
    def works_cny(self) -> NDArray[np.float64]:
        """(T, G) spent on reinforcement up to and including each phase."""
        shape = (len(self.problem.phases), len(self.problem.substations))
        built = np.zeros(shape) if self.built is None else self.built
        return np.asarray(built * self.problem.step_cny)

    @cached_property
    def standing(self) -> NDArray[np.int64]:
        """(T, G, K) stations of each type at each substation."""
        p = self.problem
        count = np.zeros((len(p.phases), len(p.substations), len(p.types)), dtype=np.int64)
        types = self.solution.type_at
        phase, site = np.nonzero((types != NONE) & (p.site_substation != NONE)[None, :])
        np.add.at(count, (phase, p.site_substation[site], types[phase, site]), 1)
        return count

    @cached_property
    def opened(self) -> NDArray[np.bool_]:
        """(T, J) whether the site holds a supercharging station."""
        return open_supers(self.problem, self.solution.type_at)

    @cached_property
    def covered(self) -> NDArray[np.bool_]:
        """(T, I) whether the zone has an open supercharging station within reach."""
        return covered(self.problem, self.solution.type_at)

    @cached_property
    def spent_cny(self) -> NDArray[np.float64]:
        """(T,) spent up to and including each phase."""
        works: NDArray[np.float64] = self.works_cny.sum(axis=1)
        return spent_cny(self.problem, self.solution.type_at) + works

    @cached_property
    def served_zone(self) -> NDArray[np.float64]:
        """(T, I) kWh a day served by zone."""
        return self._by(self.problem.pair_zone, len(self.problem.zones))

    @cached_property
    def served_site(self) -> NDArray[np.float64]:
        """(T, J) kWh a day served by site."""
        return self._by(self.problem.pair_site, len(self.problem.sites))

    def _by(self, label: NDArray[np.int32], size: int) -> NDArray[np.float64]:
        rows = [np.bincount(label, weights=row, minlength=size) for row in self.solution.energy_kwh]
        return np.array(rows)

    @cached_property
    def load_kw(self) -> NDArray[np.float64]:
        """(T, J) highest hourly load each site asks of the grid."""
        load = self.problem.load_kw[np.maximum(self.solution.type_at, 0)]
        return np.where(self.solution.type_at == NONE, 0.0, load)

    def kind(self, site: int, phase: int) -> StationType | None:
        """Return what stands at a site in a phase."""
        k = int(self.solution.type_at[phase, site])
        return None if k == NONE else self.scenario.stations[self.problem.types[k]]
