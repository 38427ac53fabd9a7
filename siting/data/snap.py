"""Tie points to the road: to the nearest point of the nearest street, never only to junctions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer

from siting.data.sphere import great_circle_km, utm_crs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.roads import Roads

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]

_SAME_DEGREES = 7
"""Decimals (1 cm) to which two edges' vertices agree if they run along one street."""
_SAME_PLACE_M = 0.02
"""Coordinates are kept to about 1 cm: places on a street closer than this are one."""


@dataclass(frozen=True, eq=False)
class Streets:
    """Hold each street once: an edge and its reverse twin share one line.

    S streets of E directed edges.
    """

    line: NDArray[np.object_]
    """(S,) LineStrings in ``metric_crs``."""
    street: Indices
    """(E,) street each edge runs along."""
    forward: NDArray[np.bool_]
    """(E,) whether the edge runs in the line's direction."""
    metric_crs: str


@dataclass(frozen=True, eq=False)
class Snapped:
    """Hold where P points meet the road."""

    street: Indices
    """(P,)"""
    share: Floats
    """(P,) of the street's length, from its start, 0..1."""
    access_km: Floats
    """(P,) straight line between point and road."""
    within: NDArray[np.bool_]
    """(P,) whether that line is short enough."""


def streets(roads: Roads) -> Streets:
    """Return the streets of a network: edges with the same vertices, either way round, are one.

    The metric CRS is the UTM zone of the network's centre: angles are kept, so the nearest street
    is the nearest on the ground.
    """
    rounded = shapely.transform(roads.geometry, lambda xy: np.round(xy, _SAME_DEGREES))
    forward = _runs_forward(rounded)
    line = np.where(forward, rounded, shapely.reverse(rounded))
    _, first, street = np.unique(shapely.to_wkb(line), return_index=True, return_inverse=True)
    crs = utm_crs(float(roads.lon.mean()), float(roads.lat.mean()))
    change = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    metric = shapely.transform(
        line[first], lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1]))
    )
    return Streets(line=metric, street=street.astype(np.int32), forward=forward, metric_crs=crs)


def snap(points: Floats, network: Streets, *, max_snap_m: float) -> Snapped:
    """Tie points to their nearest streets.

    Parameters
    ----------
    points
        (P, 2) longitude, latitude.
    network
        From :func:`streets`.
    max_snap_m
        Points farther away than this are tied as well, but marked.
    """
    change = Transformer.from_crs("EPSG:4326", network.metric_crs, always_xy=True)
    spots = shapely.points(np.column_stack(change.transform(points[:, 0], points[:, 1])))
    nearest = shapely.STRtree(network.line).query_nearest(spots, all_matches=False)
    street = nearest[1][np.argsort(nearest[0])].astype(np.int32)
    line = network.line[street]
    length = shapely.length(line)
    along = _joined(street, shapely.line_locate_point(line, spots), length)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    lon, lat = change.transform(foot[:, 0], foot[:, 1], direction="INVERSE")
    access_km = great_circle_km(points[:, 0], points[:, 1], lon, lat)
    share = np.divide(along, length, out=np.zeros_like(along), where=length > 0)
    return Snapped(
        street=street,
        share=np.clip(share, 0, 1),
        access_km=access_km,
        within=access_km * 1000 <= max_snap_m,
    )


def _joined(street: Indices, along: Floats, length: Floats) -> Floats:
    """Bring points that stand on one spot of a street together, and to a junction that near.

    Otherwise a hair's breadth would decide whether a car on a one-way street has passed a site.
    """
    order = np.lexsort((along, street))
    street, along, length = street[order], along[order], length[order]
    apart = np.ones(len(order), dtype=bool)
    apart[1:] = (street[1:] != street[:-1]) | (np.diff(along) >= _SAME_PLACE_M)
    first = np.flatnonzero(apart)
    group = np.cumsum(apart) - 1
    last = np.append(first[1:], len(order)) - 1 if len(order) else first
    spot = along[first]
    spot = np.where(along[last] > length[last] - _SAME_PLACE_M, length[last], spot)
    spot = np.where(along[first] < _SAME_PLACE_M, 0.0, spot)
    joined = np.empty_like(along)
    joined[order] = spot[group]
    return joined


def _runs_forward(line: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Choose one of the two directions of each line, the same for an edge and its twin.

    The end that lies farther west (then south) comes first; closed lines are judged by their second
    and last-but-one vertices.
    """
    closed = shapely.is_closed(line)
    start = shapely.get_coordinates(shapely.get_point(line, np.where(closed, 1, 0)))
    end = shapely.get_coordinates(shapely.get_point(line, np.where(closed, -2, -1)))
    west: NDArray[np.bool_] = start[:, 0] < end[:, 0]
    south = (start[:, 0] == end[:, 0]) & (start[:, 1] <= end[:, 1])
    return np.asarray(west | south)
