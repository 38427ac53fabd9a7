"""Find values of a checked case that may stand, but that a planner should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.crs import project
from siting.data.sphere import inner_points

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.roads import Roads

    Floats = NDArray[np.float64]

_SHOWN = 3
"""Rows named in one finding; the others are counted."""
_FENCE = 3.0
"""Interquartile ranges beyond the quartiles, on a logarithmic scale, from which a value is far out.

J. W. Tukey, Exploratory Data Analysis (1977), section 2D."""
_LEAST_ROWS = 8
"""Fewer values say nothing about which of them is far out."""
_LEAST_FACTOR = 3.0
"""Nothing within this factor of the quartiles is odd, however alike the others are."""
_SAME_PLACE_M = 60.0
"""Fuel stations so near are two forecourts of one, or one twice."""
_TWICE_M = 2.0
_FAR_FROM_ROADS_M = 300.0
_OVERLAP_SHARE = 0.01


@dataclass(frozen=True)
class Odd:
    """Hold one thing that should be looked at."""

    what: str
    """With how many rows, and the first few by id."""
    reason: str
    """Why it is odd."""


def odd_zones(zones: gpd.GeoDataFrame, metric_crs: str) -> list[Odd]:
    """Look for demand and areas that are none, or far out."""
    demand = zones["demand"].to_numpy(dtype=np.float64)
    found = _rows(
        zones, demand == 0, "no demand", "they ask for nothing, and no station serves them"
    )
    found += _far_out(zones, demand, "demand")
    area_km2 = shapely.area(project(zones.geometry.to_numpy(), metric_crs)) / 1e6
    return [*found, *_far_out(zones, area_km2, "area, km2", small_too=False)]


def odd_sites(sites: gpd.GeoDataFrame, metric_crs: str) -> list[Odd]:
    """Look for sites or stations on one spot, and for areas and costs far out."""
    found = _pairs(sites, metric_crs, _TWICE_M, "they may be one place that is listed twice")
    for column, unit in (("area_m2", "m2"), ("extra_cost_cny", "CNY")):
        found += _far_out(sites, sites[column].to_numpy(dtype=np.float64), f"{column}, {unit}")
    return found


def odd_fuel(fuel: gpd.GeoDataFrame, metric_crs: str) -> list[Odd]:
    """Look for fuel stations side by side, and for nozzles far out."""
    reason = "opposite forecourts count twice in the ratio, and so do duplicates"
    found = _pairs(fuel, metric_crs, _SAME_PLACE_M, reason)
    return [*found, *_far_out(fuel, fuel["nozzles"].to_numpy(dtype=np.float64), "nozzles")]


def odd_districts(districts: gpd.GeoDataFrame, metric_crs: str) -> list[Odd]:
    """Look for districts that overlap."""
    shapes = project(districts.geometry.to_numpy(), metric_crs)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    smaller = np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
    bad = np.flatnonzero(shared > _OVERLAP_SHARE * smaller)
    ids = districts["id"].to_numpy(object)
    named = [f"{ids[one[k]]} and {ids[other[k]]}" for k in bad]
    if not named:
        return []
    reason = "what lies in both goes to one of them"
    return [Odd(f"{len(named)} {_pair(named)} overlap: {_listed(named)}", reason)]


def odd_substations(substations: gpd.GeoDataFrame) -> list[Odd]:
    """Look for substations that are past their limit already, and for ratings far out."""
    rating = substations["rating_mva"].to_numpy(dtype=np.float64)
    limit = rating * substations["n1_limit"].to_numpy(dtype=np.float64)
    full = substations["base_peak_mw"].to_numpy(dtype=np.float64) > limit
    reason = "base_peak_mw is more than rating_mva times n1_limit, so nothing may be added"
    return [
        *_rows(substations, full, "full already", reason),
        *_far_out(substations, rating, "rating, MVA"),
    ]


def odd_roads(roads: Roads) -> list[Odd]:
    """Look for speeds and lengths that no street has."""
    kph = roads.length_m / roads.seconds * 3.6
    bend = np.hypot(*(_end(roads, 0) - _end(roads, -1)).T)
    found = []
    for bad, words, reason in (
        (kph > 130, "faster than 130 km/h", "no limit is so high; check the unit of speeds"),  # noqa: PLR2004
        (kph < 5, "slower than 5 km/h", "walking is as fast; check the unit of speeds"),  # noqa: PLR2004
        (roads.length_m > 20_000, "longer than 20 km", "junctions may be missing"),  # noqa: PLR2004
        (
            roads.length_m * 1.01 + 1 < bend,
            "shorter than the straight line between their ends",
            "check the unit of lengths",
        ),
    ):
        if bad.any():
            found.append(Odd(f"{int(bad.sum())} edges are {words}", reason))
    return found


def far_from_roads(points: gpd.GeoDataFrame, roads: Roads, metric_crs: str) -> list[Odd]:
    """Look for rows whose point is far from any road."""
    tree = shapely.STRtree(project(roads.geometry, metric_crs))
    spots = project(inner_points(points.geometry.to_numpy()), metric_crs)
    (which, _), metres = tree.query_nearest(spots, return_distance=True, all_matches=False)
    far_m = metres[np.argsort(which)]
    bad = far_m > _FAR_FROM_ROADS_M
    words = f"more than {_FAR_FROM_ROADS_M:.0f} m from any road, at most {far_m.max():,.0f} m"
    reason = "beyond reach.max_snap_m of the scenario they are out of reach"
    return _rows(points, bad, words, reason)


def _rows(table: gpd.GeoDataFrame, bad: NDArray[np.bool_], words: str, reason: str) -> list[Odd]:
    if not bad.any():
        return []
    ids = table["id"].to_numpy(object)[bad].tolist()
    return [Odd(f"{len(ids)} of {len(table)} rows: {words}: {_listed(ids)}", reason)]


def _far_out(
    table: gpd.GeoDataFrame, values: Floats, what: str, *, small_too: bool = True
) -> list[Odd]:
    """Look for values far from the others, on a logarithmic scale; 0 and NaN are left out."""
    usable = np.isfinite(values) & (values > 0)
    if int(usable.sum()) < _LEAST_ROWS:
        return []
    logs = np.log(np.where(usable, values, 1.0))
    low, high = np.quantile(logs[usable], (0.25, 0.75))
    reach = max(_FENCE * (high - low), np.log(_LEAST_FACTOR))
    small = (logs < low - reach) & small_too
    bad = np.flatnonzero(usable & (small | (logs > high + reach)))
    if not len(bad):
        return []
    ids = table["id"].to_numpy(object)
    order = bad[np.argsort(-np.abs(logs[bad] - (low + high) / 2), kind="stable")]
    named = [f"{ids[row]} ({values[row]:,.4g})" for row in order]
    middle = f"half of the rows have {np.exp(low):,.4g} to {np.exp(high):,.4g}"
    return [Odd(f"{len(bad)} of {len(table)} rows: {what} far out: {_listed(named)}", middle)]


def _pairs(table: gpd.GeoDataFrame, metric_crs: str, apart_m: float, reason: str) -> list[Odd]:
    spots = project(table.geometry.to_numpy(), metric_crs)
    one, other = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=apart_m)
    one, other = one[one < other], other[one < other]
    if not len(one):
        return []
    ids = table["id"].to_numpy(object)
    named = [f"{ids[a]} and {ids[b]}" for a, b in zip(one, other, strict=True)]
    return [Odd(f"{len(named)} {_pair(named)} within {apart_m:.0f} m: {_listed(named)}", reason)]


def _end(roads: Roads, which: int) -> Floats:
    """Return where edges start or end, in metres east and north of 0, 0; near enough to compare."""
    degrees = shapely.get_coordinates(shapely.get_point(roads.geometry, which))
    shrink = np.cos(np.radians(np.mean(roads.lat)))
    return np.asarray(degrees * np.array([shrink, 1.0]) * 111_195.0, dtype=np.float64)


def _pair(named: list[str]) -> str:
    return "pair" if len(named) == 1 else "pairs"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(str(name) for name in names[:_SHOWN]) + more
