"""Score sites again, as the scenario defines it, apart from the code that made the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.verify.formulas import great_circle_km
from siting.verify.reach import zone_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.scenario import Candidates
    from siting.verify.state import State

    Floats = NDArray[np.float64]


def recomputed_score(
    state: State, rules: Candidates, lonlat: Floats, road_m: Floats | None
) -> Floats:
    """Return the weighted mean of the parts, (S,) for the case's sites; NaN without weights.

    Parameters
    ----------
    state
        Plan, case and scenario.
    rules
        Weights, and what the parts are measured against.
    lonlat
        (S, 2) of the sites.
    road_m
        (S,) metres to the nearest road, or None without roads.
    """
    total, weights = np.zeros(len(lonlat)), 0.0
    for name, weight in rules.weights.items():
        if weight > 0:
            total += weight * _part(name, state, rules, lonlat, road_m)
            weights += weight
    return total / weights if weights else np.full(len(lonlat), np.nan)


def _part(
    name: str, state: State, rules: Candidates, lonlat: Floats, road_m: Floats | None
) -> Floats:
    if name == "road":
        if road_m is None:
            return np.full(len(lonlat), 0.5)
        return np.maximum(0.0, 1 - road_m / (rules.max_road_m or np.inf))
    if name == "area":
        return _area(state)
    if name == "demand":
        return _demand(state, rules.demand_radius_km or 0.0, lonlat)
    return _grid(state)


def _area(state: State) -> Floats:
    kinds = [kind for kind in state.scenario.stations.values() if kind.buildable]
    most = max(kind.guns for kind in kinds) * state.scenario.limits.area_per_bay_m2
    area = state.case.sites["area_m2"].to_numpy(np.float64)
    return np.where(np.isnan(area), 0.5, np.minimum(area / most, 1.0))


def _demand(state: State, radius_km: float, lonlat: Floats) -> Floats:
    points = zone_points(state.case)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    weight = state.case.zones["demand"].to_numpy(np.float64)
    sums = np.array(
        [weight[great_circle_km(x, y, lon, lat) <= radius_km].sum() for x, y in lonlat], float
    )
    return sums / sums.max() if sums.max(initial=0.0) > 0 else sums


def _grid(state: State) -> Floats:
    case, grid = state.case.substations, state.scenario.grid
    fed = state.case.sites["substation"].tolist()
    if not len(case):
        return np.ones(len(fed))
    free: dict[str | None, float] = {None: 0.0}
    growth = state.scenario.phases[0].base_load_growth
    for row in case.to_dict("records"):
        limit = row["rating_mva"] * row["n1_limit"] * grid.power_factor * (1 - grid.reserve)
        worst = row["base_peak_mw"] * max(grid.base_profile) * growth
        free[row["id"]] = min(max(1 - worst / limit, 0.0), 1.0) if limit > 0 else 0.0
    return np.array([free.get(name, 0.0) for name in fed])
