"""Hold the question as labels and arrays: here geography ends.

Sizes: T phases, I zones, J sites (existing stations first, then candidates), K station types in
rising rank, R districts, G substations, P pairs of a zone and a site within reach.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from siting.data.fairness import NOTHING_OWED, Fairness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.classical_parts import Flows, Market
    from siting.data.futures import Futures
    from siting.data.rooms import Batteries, Rooms
    from siting.scenario import ObjectiveKind

NONE = -1
"""No type, no substation, no limit on a count."""
FREE = -2
"""Not fixed to any type, nor to none."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Hold one question, ready for any model of it."""

    phases: tuple[str, ...]
    zones: tuple[str, ...]
    sites: tuple[str, ...]
    types: tuple[str, ...]
    districts: tuple[str, ...]
    substations: tuple[str, ...]

    demand_kwh: NDArray[np.float64]
    """(T, I) kWh a day."""
    pair_zone: NDArray[np.int32]
    """(P,) ascending."""
    pair_site: NDArray[np.int32]
    """(P,) ascending within a zone."""
    pair_minutes: NDArray[np.float64]
    """(P,)"""

    capacity_kwh: NDArray[np.float64]
    """(K,) kWh a day; 0 for a type that is no supercharging station."""
    is_super: NDArray[np.bool_]
    """(K,)"""
    ratio_count: NDArray[np.int64]
    """(K,) what one station adds to the ratio: 1, or its supercharging guns."""
    load_kw: NDArray[np.float64]
    """(K,) highest load asked of the grid, on top of the base load."""

    state_cost_cny: NDArray[np.float64]
    """(J, K) spent in all once the site holds that type."""
    allowed: NDArray[np.bool_]
    """(J, K) types a site may ever hold, its present one included."""
    initial: NDArray[np.int64]
    """(J,) type before the first phase, or NONE."""
    closable: NDArray[np.bool_]
    """(J,) existing stations that may close."""
    site_district: NDArray[np.int64]
    """(J,)"""
    site_substation: NDArray[np.int64]
    """(J,) or NONE."""
    zone_district: NDArray[np.int64]
    """(I,)"""
    conflicts: NDArray[np.int64]
    """(S, 2) sites too close for two supercharging stations, lower index first."""

    city_target: NDArray[np.int64]
    """(T,) least ratio count, city-wide."""
    district_target: NDArray[np.int64]
    """(T, R) least ratio count by district."""
    fuel_count: NDArray[np.int64]
    """(R,) fuel stations, or nozzles where the ratio counts guns."""
    max_stations: NDArray[np.int64]
    """(T,) or NONE."""
    budget_cny: NDArray[np.float64]
    """(T,) arrived by the end of each phase; inf for no limit."""
    headroom_kw: NDArray[np.float64]
    """(T, G) highest load all stations of a substation may ask together; inf for no limit."""

    objective: ObjectiveKind
    weight: NDArray[np.float64]
    """(T,)"""
    min_served_share: float
    """Of reachable demand, in every phase; 0 for none."""
    min_covered_share: float
    flows: Flows | None = None
    """Trips, where the objective is flow."""
    market: Market | None = None
    """What stations attract, where the objective is market."""

    spacing_m: float = 0.0
    """Least distance of two supercharging stations; 0 where unknown."""
    conflict_m: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """(S,) how far apart the two sites of each conflict are; empty where unknown."""
    limits_service: bool = False
    """Whether a classical question counts what each station can serve."""
    drive_cny_kwh_min: float = 0.0
    """What one minute's drive for each kWh a day is worth, over the years that count."""
    fairness: Fairness = NOTHING_OWED
    """What is owed to districts and groups."""
    futures: Futures | None = None
    """What demand may become, where a plan for several futures is asked for."""
    between_m: NDArray[np.float64] | None = None
    """(J, J) great-circle distance of sites, where the question is about it."""
    fixed: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    """(T, J) type or NONE that is decided already, or FREE; (0, 0) where nothing is."""
    rooms: Rooms | None = None
    """Headroom by hour, in the place of ``headroom_kw``, where batteries or reinforcements are."""
    batteries: Batteries | None = None
    """Timetables of the types with a battery, types of reinforcement left out."""
    works: int = 0
    """Sites at the end that are reinforcements of their substation; their types come first."""
    steps: int = 0
    """Types at the beginning that are steps of reinforcement."""
    step_mva: float = 0.0
    """Rating that one step adds; 0 where the scenario prices none."""
    step_kw: float = 0.0
    """What it adds to a limit."""
    step_cny: float = 0.0
    works_from: int = 0
    """First phase in which a step can be in service."""

    @cached_property
    def reachable_zone(self) -> NDArray[np.bool_]:
        """(I,) zones with at least one site within reach."""
        reached = np.zeros(len(self.zones), dtype=bool)
        reached[self.pair_zone] = True
        return reached

    @cached_property
    def reachable_kwh(self) -> NDArray[np.float64]:
        """(T,) demand of the zones within reach of some site."""
        total: NDArray[np.float64] = self.demand_kwh[:, self.reachable_zone].sum(axis=1)
        return total

    def fixes(self, phase: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the sites that are fixed in a phase, ascending, and to what."""
        if not len(self.fixed):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        sites = np.flatnonzero(self.fixed[phase] != FREE)
        return sites, self.fixed[phase, sites]

    @property
    def serves(self) -> bool:
        """Tell whether energy assignment is part of the question (else it is added afterwards)."""
        owed = bool(self.fairness.of("served"))
        return self.objective in {"served", "access"} or self.min_served_share > 0 or owed

    @property
    def covers(self) -> bool:
        """Tell whether coverage is part of the question."""
        owed = bool(self.fairness.of("covered"))
        return self.objective == "covered" or self.min_covered_share > 0 or owed
