"""State a plan as arrays to simulate: who wants to charge when, what is within reach, what stands.

Demand, reach and guns are the scenario's; a station's guns and pooled power are those of the type
that stands in the phase.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.demand import charging_shapes
from siting.data.sphere import inner_points
from siting.data.travel_cache import cached_pairs
from siting.errors import Fault, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Scenario
    from siting.simulate.settings import Simulation, Week

    Floats = NDArray[np.float64]

HOURS = 24
DAYS_OF_WEEK = 7
WORKING_DAYS = 5


@dataclass(frozen=True, eq=False)
class World:
    """Hold what is simulated: Z zones, S stations, P pairs within reach, H hours."""

    phase: str
    stations: tuple[str, ...]
    super_guns: tuple[int, ...]
    fast_guns: tuple[int, ...]
    pool_kw: tuple[float, ...]
    zones: tuple[str, ...]
    demand_kwh: Floats
    """(Z,) kWh a day."""
    pair_first: NDArray[np.int64]
    """(Z + 1,) where each zone's pairs begin."""
    pair_station: NDArray[np.int32]
    """(P,)"""
    pair_minutes: Floats
    """(P,)"""
    shape: Floats
    """(H,) share of a mean day's sessions in each hour; whole days."""
    session_kwh: float
    occupation_min: float
    max_wait_min: float
    max_wait_probability: float

    @property
    def guns(self) -> NDArray[np.int64]:
        """(S,) all guns."""
        return np.add(self.super_guns, self.fast_guns).astype(np.int64)

    @property
    def days(self) -> int:
        """Return how many days are counted."""
        return len(self.shape) // HOURS

    @property
    def busiest(self) -> int:
        """Return the hour with the most sessions asked for, which the promise is about."""
        return int(self.shape.argmax())


def world_of(
    plan: Plan,
    case: Case,
    scenario: Scenario,
    settings: Simulation,
    *,
    phase: str | None = None,
    week: bool = False,
) -> World:
    """Return a plan, in one phase, as arrays.

    Parameters
    ----------
    plan, case, scenario
        The answer, its city and its question.
    settings
        How drivers behave; holds the shape of a week.
    phase
        Name; None for the last.
    week
        Seven days of their own shapes, in place of one day of the scenario's.

    Raises
    ------
    InputError
        If there is no such phase, or no supercharging station is open in it.
    """
    names = [item.name for item in scenario.phases]
    t = _position(names, phase)
    opened = [
        (station, scenario.stations[kind])
        for station in plan.document.stations
        if (kind := station.steps[t].type) is not None and scenario.stations[kind].is_super
    ]
    if not opened:
        msg = "There is nothing to simulate."
        what = f"no supercharging station is open in phase {names[t]}"
        raise InputError(msg, [Fault("plan.json", what, "Name another phase with --phase.")])
    points = np.array([[station.lon, station.lat] for station, _ in opened])
    pairs = cached_pairs(
        case.roads,
        shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy())),
        points,
        scenario.reach,
        case.zones["district"].tolist(),
    )
    zones = case.zones["id"].tolist()
    own = charging_shapes(case, scenario)[t]
    promise = scenario.service
    return World(
        phase=names[t],
        stations=tuple(station.id for station, _ in opened),
        super_guns=tuple(kind.super_guns for _, kind in opened),
        fast_guns=tuple(kind.fast_guns for _, kind in opened),
        pool_kw=tuple(kind.pool_kw for _, kind in opened),
        zones=tuple(zones),
        demand_kwh=_demand(plan, names[t], zones),
        pair_first=np.searchsorted(pairs.zone, np.arange(len(zones) + 1)).astype(np.int64),
        pair_station=pairs.site,
        pair_minutes=pairs.minutes,
        shape=_week(settings.week) if week else own / own.sum(),
        session_kwh=promise.session_kwh,
        occupation_min=promise.occupation_min,
        max_wait_min=promise.max_wait_min,
        max_wait_probability=promise.max_wait_probability,
    )


def _position(names: list[str], phase: str | None) -> int:
    if phase is None:
        return len(names) - 1
    if phase not in names:
        msg = "The plan has no such phase."
        mend = f"Its phases are {', '.join(names)}."
        raise InputError(msg, [Fault("--phase", f"is {phase!r}", mend)])
    return names.index(phase)


def _demand(plan: Plan, phase: str, zones: list[str]) -> Floats:
    """Return each zone's demand in the plan's own table, in the order of the case."""
    rows = plan.zones[plan.zones["phase"] == phase]
    known = dict(zip(rows["zone"], rows["demand_kwh_day"], strict=True))
    if lost := [zone for zone in zones if zone not in known]:
        msg = "The plan does not fit its city any more."
        mend = "Make the plan again with 'siting plan', or name its city with --case."
        raise InputError(msg, [Fault("zones.csv", f"zone {lost[0]} is not there", mend)])
    return np.array([known[zone] for zone in zones], dtype=np.float64)


def _week(week: Week) -> Floats:
    """Return the hours of Monday to Sunday, as shares of the mean day."""
    working = np.array(week.working_profile) / sum(week.working_profile)
    weekend = np.array(week.weekend_profile) / sum(week.weekend_profile) * week.weekend_factor
    days = [working] * WORKING_DAYS + [weekend] * (DAYS_OF_WEEK - WORKING_DAYS)
    hours = np.concatenate(days)
    return np.asarray(hours / hours.sum() * DAYS_OF_WEEK)
