"""Restate demand and its hourly shape, estimator by estimator, apart from the code that made them.

Points of interest are placed one by one, against every zone in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.verify.formulas import great_circle_km

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Estimator, Scenario

    Floats = NDArray[np.float64]


def demand_kwh_day(case: Case, scenario: Scenario) -> Floats:
    """Return (phases, zones) supercharging demand."""
    rows = []
    energy = _energies(case, scenario)
    for number, phase in enumerate(scenario.phases):
        weight = case.zones["demand"].to_numpy(dtype=np.float64)
        if energy:
            weight = np.sum([by_phase[number] for by_phase in energy], axis=0)
        if phase.city_gwh_day is None or phase.super_share is None:
            rows.append(weight * phase.growth)
            continue
        total = weight.sum()
        kwh = phase.city_gwh_day * 1e6 * scenario.demand.public_dc_share * phase.super_share
        share = weight / total if total > 0 else 0 * weight
        rows.append(kwh * scenario.demand.case_share * share)
    return np.array(rows)


def day_shapes(case: Case, scenario: Scenario) -> Floats:
    """Return (phases, 24) charging as a share of its highest hour."""
    days = []
    energy = _energies(case, scenario)
    for number in range(len(scenario.phases)):
        day = np.array(scenario.grid.charging_profile)
        if any(item.profile for item in scenario.demand.estimators):
            day = np.zeros(24)
            for item, by_phase in zip(scenario.demand.estimators, energy, strict=True):
                own = item.profile or scenario.grid.charging_profile
                day += float(by_phase[number].sum()) * np.array(own)
        days.append(day / max(day))
    return np.array(days)


def _energies(case: Case, scenario: Scenario) -> list[list[Floats]]:
    """Return each estimator's energy by phase, each (zones,)."""
    found = []
    for item in scenario.demand.estimators:
        alone = _by_zone(case, item)
        found.append([alone * item.growth.get(phase.name, 1.0) for phase in scenario.phases])
    return found


def _by_zone(case: Case, item: Estimator) -> Floats:
    zones = case.zones
    if item.kind == "column":
        return np.asarray(zones[item.column].to_numpy(np.float64) * _known(item.kwh_per_unit))
    if item.kind in {"population", "raster"}:
        people = zones["people" if item.kind == "population" else "raster_people"]
        cars = people.to_numpy(np.float64) * _known(item.vehicles_per_person)
        return np.asarray(cars * _known(item.kwh_per_vehicle_day) * _known(item.public_share))
    if item.kind == "poi":
        return _placed(case, item.kwh_per_poi or {}, item.radius_m)
    if item.poi_kinds is not None:
        spread = _placed(case, dict.fromkeys(item.poi_kinds, 1.0), item.radius_m)
    else:
        spread = zones[item.column].to_numpy(np.float64)
    kwh = _known(item.vehicles) * _known(item.km_day) * _known(item.kwh_100km) / 100
    return np.asarray(kwh * _known(item.public_share) * spread / spread.sum())


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


def _placed(case: Case, worth: dict[str, float], radius_m: float | None) -> Floats:
    """Return (zones,) the worth of every point of interest times its weight, where it counts."""
    total = np.zeros(len(case.zones))
    if case.pois is None:
        return total
    shapes = case.zones.geometry.to_numpy()
    middle = shapely.centroid(shapes)
    off = ~shapely.intersects(middle, shapes)
    middle[off] = shapely.point_on_surface(shapes[off])
    lon, lat = shapely.get_x(middle), shapely.get_y(middle)
    shapely.prepare(shapes)
    rows = zip(case.pois["kind"], case.pois["weight"], case.pois.geometry, strict=True)
    for kind, weight, point in rows:
        if kind not in worth:
            continue
        metres = 1000 * great_circle_km(lon, lat, shapely.get_x(point), shapely.get_y(point))
        where = np.flatnonzero(metres <= radius_m) if radius_m is not None else np.array([], int)
        if not len(where):
            where = np.flatnonzero(shapely.intersects(shapes, point))[:1]
        if not len(where):
            where = np.array([metres.argmin()])
        total[where] += worth[kind] * weight / len(where)
    return total
