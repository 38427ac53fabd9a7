"""Score candidate sites: a weighted mean of named parts, each from 0 (worst) to 1 (best)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from siting.data.power import base_mw, limit_mw
from siting.data.site_measures import on_sphere, points_of
from siting.data.sphere import EARTH_RADIUS_KM, great_circle_km, inner_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]

_UNKNOWN = 0.5
"""Neither credit nor blame."""


def score_parts(case: Case, scenario: Scenario, road_m: Floats | None) -> dict[str, Floats]:
    """Return the parts that have a weight, (S,) each, for the sites of the case.

    Parameters
    ----------
    case, scenario
        The city; and the question, with a section ``candidates``.
    road_m
        (S,) metres to the nearest road; None where the case has no roads.
    """
    rules = scenario.candidates
    parts: dict[str, Floats] = {}
    if rules is None:
        return parts
    if rules.weights.get("road") and rules.max_road_m:
        parts["road"] = _road(road_m, rules.max_road_m, len(case.sites))
    if rules.weights.get("area"):
        parts["area"] = _area(case, scenario)
    if rules.weights.get("demand") and rules.demand_radius_km:
        parts["demand"] = _demand(case, rules.demand_radius_km)
    if rules.weights.get("grid"):
        parts["grid"] = _grid(case, scenario)
    return parts


def weighted(parts: dict[str, Floats], weights: dict[str, float]) -> Floats:
    """Return the weighted mean of the parts, (S,)."""
    total = sum(weights[name] for name in parts)
    return np.asarray(sum(weights[name] * part for name, part in parts.items()) / total)


def _road(road_m: Floats | None, max_road_m: float, sites: int) -> Floats:
    """1 at the road, falling evenly to 0 at ``max_road_m``; 0.5 where there are no roads."""
    if road_m is None:
        return np.full(sites, _UNKNOWN)
    return np.asarray(np.clip(1 - road_m / max_road_m, 0, 1))


def _area(case: Case, scenario: Scenario) -> Floats:
    """Ground of the site in the ground the largest buildable type needs, at most 1; 0.5 unknown."""
    guns = max(kind.guns for kind in scenario.stations.values() if kind.buildable)
    share = case.sites["area_m2"].to_numpy(float) / (guns * scenario.limits.area_per_bay_m2)
    return np.asarray(np.nan_to_num(np.minimum(share, 1), nan=_UNKNOWN))


def _demand(case: Case, radius_km: float) -> Floats:
    """Demand of the zones whose point lies within ``demand_radius_km``, in the largest such sum."""
    zones = shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy()))
    weight, points = case.zones["demand"].to_numpy(float), points_of(case.sites)
    angle = min(radius_km / EARTH_RADIUS_KM, np.pi)
    chord_m = 2000 * EARTH_RADIUS_KM * np.sin(angle / 2) * (1 + 1e-9) + 1e-3
    near = cKDTree(on_sphere(zones)).query_ball_point(on_sphere(points), chord_m)
    sums = np.zeros(len(points))
    for site, rows in enumerate(near):
        apart = great_circle_km(*points[site], *zones[rows].T)
        sums[site] = weight[rows][apart <= radius_km].sum()
    return sums / (sums.max(initial=0.0) or 1.0)


def _grid(case: Case, scenario: Scenario) -> Floats:
    """Free share of the substation's limit at the worst hour of the base load, first phase.

    1 where the case has no substations: then the grid limits nothing. 0 where the site has none.
    """
    if not len(case.substations):
        return np.ones(len(case.sites))
    limit = limit_mw(case, scenario)
    worst = base_mw(case, scenario, scenario.phases[0]).max(axis=1)
    free = np.clip(1 - worst / np.where(limit > 0, limit, np.nan), 0, 1)
    known = dict(zip(case.substations["id"], np.nan_to_num(free), strict=True))
    return np.array([known.get(name, 0.0) for name in case.sites["substation"]])
