"""Split zones into square cells, so that demand is not all at one point of a large zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting.data.crs import WGS84, geometry_to_wgs84, parse_crs, project
from siting.data.schema import SUMMED

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Geometry

    Geometries = NDArray[np.object_]

_SLIVER_SHARE = 0.25
"""A piece smaller than this share of a cell joins a neighbour of its zone."""


def split_zones(zones: gpd.GeoDataFrame, *, cell_m: float, metric_crs: str) -> gpd.GeoDataFrame:
    """Split areas into square cells; points, and areas no larger than a cell, stay whole.

    Demand, and all else that is counted, is shared by area and adds up to the zone's; the pieces of
    zone 589 are called 589-1, 589-2, and so on, from south to north, then west to east. Pieces
    smaller than a quarter of a cell join a neighbour.

    Parameters
    ----------
    zones
        With id, name, name_zh, demand and more; EPSG:4326.
    cell_m
        Side of a cell in metres, on the plane of ``metric_crs``; cell borders are multiples of it.
    metric_crs
        The CRS cells are square in.
    """
    plane = project(zones.geometry.to_numpy(), metric_crs)
    zone, piece = _pieces(plane, cell_m)
    return shared_out(zones, zone, piece, least_m2=_SLIVER_SHARE * cell_m**2, metric_crs=metric_crs)


def shared_out(
    zones: gpd.GeoDataFrame,
    zone: NDArray[np.intp],
    piece: Geometries,
    *,
    least_m2: float,
    metric_crs: str,
) -> gpd.GeoDataFrame:
    """Share every summed column among pieces by area; each adds up to its zone's.

    Parameters
    ----------
    zones
        With id, name, name_zh, demand and more; EPSG:4326.
    zone
        (n,) zone of each piece, ascending.
    piece
        (n,) shapes on the plane of ``metric_crs``.
    least_m2
        Pieces smaller than this join a neighbour.
    metric_crs
        Where areas are measured.
    """
    zone, piece = _without_slivers(zone, piece, least_m2)
    area = shapely.area(piece)
    total = np.bincount(zone, weights=area, minlength=len(zones))
    count = np.bincount(zone, minlength=len(zones))
    share = np.divide(area, total[zone], out=np.ones_like(area), where=total[zone] > 0)
    cells = zones.iloc[zone].reset_index(drop=True)
    for column in SUMMED:
        if column in zones:
            whole = zones[column].to_numpy(dtype=np.float64)
            cells[column] = _adding_up(whole[zone] * share, zone, whole)
    number = np.arange(len(zone)) - np.repeat(np.cumsum(count) - count, count) + 1
    split = count[zone] > 1
    for column in ("id", "name", "name_zh"):
        text = cells[column].astype(object).to_numpy()
        tagged = [f"{label}-{k}" if label else "" for label, k in zip(text, number, strict=True)]
        cells[column] = np.where(split, np.array(tagged, dtype=object), text)
    crs = parse_crs(metric_crs)
    geometry = piece if crs is None else geometry_to_wgs84(piece, crs)
    uncut = zones.geometry.to_numpy()[zone]
    return cells.set_geometry(gpd.GeoSeries(np.where(split, geometry, uncut), crs=WGS84))


def _adding_up(
    part: NDArray[np.float64], zone: NDArray[np.intp], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Put what rounding lost into each zone's last piece."""
    last = np.flatnonzero(np.append(zone[1:] != zone[:-1], True)) if len(zone) else zone
    rest = total - np.bincount(zone, weights=part, minlength=len(total))
    part[last] = np.maximum(part[last] + rest[zone[last]], 0)
    return part


def _pieces(plane: Geometries, cell_m: float) -> tuple[NDArray[np.intp], Geometries]:
    """Cut every area by the grid; return each piece's zone, ascending, and shape."""
    whole = (shapely.area(plane) <= cell_m**2) | ~np.isin(shapely.get_type_id(plane), (3, 6))
    large = np.flatnonzero(~whole)
    low_high = np.floor(shapely.bounds(plane[large]) / cell_m).astype(np.int64)
    columns = low_high[:, 2] - low_high[:, 0] + 1
    count = columns * (low_high[:, 3] - low_high[:, 1] + 1)
    of_zone = np.repeat(np.arange(len(large)), count)
    k = np.arange(len(of_zone)) - np.repeat(np.cumsum(count) - count, count)
    x = (low_high[of_zone, 0] + k % columns[of_zone]) * cell_m
    y = (low_high[of_zone, 1] + k // columns[of_zone]) * cell_m
    shapely.prepare(plane)
    box = shapely.box(x, y, x + cell_m, y + cell_m)
    hit = shapely.intersects(plane[large[of_zone]], box)
    of_zone, box = of_zone[hit], box[hit]
    piece = shapely.intersection(plane[large[of_zone]], box)
    keep = shapely.area(piece) > 0
    zone = np.concatenate([np.flatnonzero(whole), large[of_zone[keep]]])
    shape = np.concatenate([plane[whole], piece[keep]])
    order = np.argsort(zone, kind="stable")
    return zone[order], shape[order]


def _without_slivers(
    zone: NDArray[np.intp], piece: Geometries, least_m2: float
) -> tuple[NDArray[np.intp], Geometries]:
    """Join every small piece, smallest first, to its longest neighbour in the zone."""
    area = shapely.area(piece)
    group = np.arange(len(zone))
    begin = np.searchsorted(zone, zone, side="left")
    end = np.searchsorted(zone, zone, side="right")
    small = np.flatnonzero((area < least_m2) & (end - begin > 1))
    for place in small[np.argsort(area[small], kind="stable")]:
        if area[group == group[place]].sum() >= least_m2:
            continue
        members = np.arange(begin[place], end[place])
        others = members[group[members] != group[place]]
        if not len(others):
            continue
        host = others[_closest(piece[place], piece[others], area[others])]
        group[members[group[members] == group[place]]] = group[host]
    _, first, merged = np.unique(group, return_index=True, return_inverse=True)
    order = np.argsort(merged, kind="stable")
    starts = np.searchsorted(merged[order], np.arange(len(first)))
    shape = [shapely.union_all(part) for part in np.split(piece[order], starts[1:])]
    return zone[first], np.array(shape, dtype=object)


def _closest(one: Geometry, others: Geometries, area: NDArray[np.float64]) -> int:
    """Return which piece shares the longest border; of none, the nearest, the largest first."""
    border = shapely.length(shapely.intersection(one, others))
    apart = shapely.distance(one, others)
    return int(np.lexsort((-area, -border, np.round(apart, 3)))[0])
