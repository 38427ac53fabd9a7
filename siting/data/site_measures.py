"""Measure what the rules about candidate sites ask: roads, junctions, excluded areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.spatial import cKDTree

from siting.data.crs import project
from siting.data.snap import snap, streets
from siting.data.sphere import EARTH_RADIUS_KM, great_circle_km

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.roads import Roads

    Floats = NDArray[np.float64]

ARTERIAL = ("trunk", "primary", "secondary")
"""OpenStreetMap highway values of roads whose junctions a site must keep clear of."""
_ARMS = 3
"""Streets that meet in a junction, at least; two only go on."""


class NearRoad(NamedTuple):
    """Hold the nearest road of P points."""

    road_m: Floats
    """(P,) straight line."""
    road_class: NDArray[np.str_]
    """(P,) OpenStreetMap highway value."""
    name: NDArray[np.object_]
    """(P,) '' where unknown."""


def points_of(table: gpd.GeoDataFrame) -> Floats:
    """Return (P, 2) longitude, latitude."""
    return np.asarray(shapely.get_coordinates(table.geometry.to_numpy()), dtype=np.float64)


def spots(points: Floats) -> NDArray[np.object_]:
    """Return (P,) shapely points of (P, 2) coordinates."""
    return np.asarray(shapely.points(points), dtype=object)


def nearest_road(roads: Roads, points: Floats) -> NearRoad:
    """Return how far the nearest road is and what it is; of twin edges, the first.

    Parameters
    ----------
    roads
        The network.
    points
        (P, 2) longitude, latitude.
    """
    known = streets(roads)
    snapped = snap(points, known, max_snap_m=np.inf)
    first = np.full(len(known.line), -1)
    first[known.street[::-1]] = np.arange(len(known.street))[::-1]
    edge = first[snapped.street]
    name = np.full(len(edge), "", dtype=object) if roads.name is None else roads.name[edge]
    return NearRoad(1000 * snapped.access_km, roads.road_class[edge], name)


def arterial_junctions(roads: Roads) -> NDArray[np.intp]:
    """Return the nodes where three or more streets meet, one of them an arterial.

    A street is counted by the node at its other end, so both directions of one street are one.
    """
    ends = np.concatenate(
        [np.column_stack([roads.tail, roads.head]), np.column_stack([roads.head, roads.tail])]
    )
    ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
    arms = np.bincount(ends[:, 0], minlength=len(roads.lon))
    large = np.isin(roads.road_class, ARTERIAL)
    on_arterial = np.zeros(len(roads.lon), dtype=bool)
    on_arterial[roads.tail[large]] = on_arterial[roads.head[large]] = True
    return np.flatnonzero((arms >= _ARMS) & on_arterial)


def junction_m(roads: Roads, points: Floats) -> Floats:
    """Return (P,) great-circle distance to the nearest arterial junction; inf if there is none."""
    nodes = arterial_junctions(roads)
    if not len(nodes) or not len(points):
        return np.full(len(points), np.inf)
    places = np.column_stack([roads.lon[nodes], roads.lat[nodes]])
    _, which = cKDTree(on_sphere(places)).query(on_sphere(points))
    return np.asarray(1000 * great_circle_km(*points.T, *places[which].T))


def exclusion_m(
    exclusions: gpd.GeoDataFrame, points: Floats, metric_crs: str
) -> tuple[Floats, NDArray[np.object_]]:
    """Return (P,) distance to the nearest excluded area, 0 inside, and that area's id.

    Parameters
    ----------
    exclusions
        Layer of areas, at least one.
    points
        (P, 2) longitude, latitude.
    metric_crs
        The plane to measure on.
    """
    tree = shapely.STRtree(project(exclusions.geometry.to_numpy(), metric_crs))
    flat = project(spots(points), metric_crs)
    (point, area), apart = tree.query_nearest(flat, return_distance=True, all_matches=False)
    order = np.argsort(point)
    return apart[order], exclusions["id"].to_numpy(object)[area[order]]


def on_sphere(points: Floats) -> Floats:
    """Return (P, 3) metres from the Earth's centre."""
    lam, phi = np.radians(points).T
    unit = np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    return np.asarray(1000 * EARTH_RADIUS_KM * unit)
