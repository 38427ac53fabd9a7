"""Make demand zones: square cells, each weighted by what OpenStreetMap shows of its life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting.data.crs import WGS84, geometry_to_wgs84, parse_crs, project
from siting.data.osm.features import area_rows
from siting.data.osm.tags import LIVED_IN, NOT_LIVED_IN

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.data.osm.elements import OsmData, Tags

    Floats = NDArray[np.float64]
    Cells = NDArray[np.int64]

_STREETS = frozenset({"residential", "living_street", "unclassified", "tertiary", "secondary"})
"""Classes of road that people live and work along."""
_SEEN_SHARE = 0.6
"""Evidence serves if cells with this share of the streets' length show some of it."""
_MOST_LEVELS = 100.0
_STEP_M = 50.0
"""Roads are shared among cells in pieces no longer than this."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Hold weights of cells, by one kind of evidence."""

    cells: Cells
    """(C, 2) column and row of distinct cells."""
    weight: Floats
    """(C,) in ``unit``."""
    told: str
    """What the weight is."""


@dataclass(frozen=True, eq=False)
class Zones:
    """Hold zones, and what their weight is."""

    table: gpd.GeoDataFrame
    """id, name, demand, weight, geometry; EPSG:4326."""
    told: str


def make_zones(
    data: OsmData,
    roads: gpd.GeoDataFrame,
    area: BaseGeometry,
    *,
    cell_m: float,
    metric_crs: str,
    total_kwh_day: float,
) -> Zones:
    """Return square cells over an area, demand shared among them by weight.

    The weight is the floor area of buildings where these are mapped well enough, else the area of
    built-up land use, else the length of streets, else the cells' own area. Well enough: it is seen
    in the cells that hold three fifths of the streets' length. No kind is proved to follow charging
    demand; that it does is an assumption (X).

    Parameters
    ----------
    data
        Elements.
    roads
        Drive network, EPSG:4326.
    area
        To be covered, WGS-84.
    cell_m
        Side of a cell, in metres.
    metric_crs
        The CRS cells are square in.
    total_kwh_day
        What the zones' demand adds up to.
    """
    plane = project(np.array([area], dtype=object), metric_crs)[0]
    streets = _streets(roads, plane, cell_m, metric_crs)
    found = [_buildings(data, cell_m, metric_crs), _land(data, cell_m, metric_crs)]
    chosen = next((item for item in found if _serves(item, streets)), streets)
    if not len(chosen.cells):
        chosen = _plain(plane, cell_m)
    corner = chosen.cells * cell_m
    boxes = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + cell_m, corner[:, 1] + cell_m)
    shapes = np.array([_solid(shape) for shape in shapely.intersection(boxes, plane)], object)
    kept = (shapely.area(shapes) > 0) & (chosen.weight > 0)
    if not kept.any():
        chosen = _plain(plane, cell_m)
        return _table(np.array([plane]), np.ones(1), chosen.told, metric_crs, total_kwh_day)
    return _table(shapes[kept], chosen.weight[kept], chosen.told, metric_crs, total_kwh_day)


def _table(
    shapes: NDArray[np.object_], weight: Floats, told: str, metric_crs: str, total_kwh_day: float
) -> Zones:
    crs = parse_crs(metric_crs)
    ids = [f"zone-{row + 1:04d}" for row in range(len(shapes))]
    table = gpd.GeoDataFrame(
        {
            "id": ids,
            "name": [f"Cell {row + 1}" for row in range(len(shapes))],
            "name_zh": [f"网格{row + 1}" for row in range(len(shapes))],
            "demand": np.round(weight / weight.sum() * total_kwh_day, 4),
            "weight": np.round(weight, 1),
        },
        geometry=list(shapes if crs is None else geometry_to_wgs84(shapes, crs)),
        crs=WGS84,
    )
    return Zones(table, told)


def _solid(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(np.array([shape], dtype=object))
    areas: BaseGeometry = shapely.union_all(parts[shapely.area(parts) > 0])
    return areas


def _serves(item: Evidence, streets: Evidence) -> bool:
    """Tell whether a kind of evidence is seen where most streets are."""
    if not len(streets.cells):
        return bool(len(item.cells))
    seen = {(int(column), int(row)) for column, row in item.cells}
    with_it = [(int(column), int(row)) in seen for column, row in streets.cells]
    return float(streets.weight[with_it].sum()) >= _SEEN_SHARE * float(streets.weight.sum())


def _gathered(cells: Cells, weight: Floats, told: str) -> Evidence:
    """Add weights up by cell, in order of rows from the south and columns from the west."""
    if not len(cells):
        return Evidence(np.empty((0, 2), dtype=np.int64), np.empty(0), told)
    distinct, at = np.unique(cells[:, ::-1], axis=0, return_inverse=True)
    total = np.bincount(at.ravel(), weights=weight, minlength=len(distinct)).astype(np.float64)
    return Evidence(distinct[:, ::-1], total, told)


def _cells_of(points: NDArray[np.object_], cell_m: float) -> Cells:
    xy = shapely.get_coordinates(points)
    return np.floor(xy / cell_m).astype(np.int64)


def _buildings(data: OsmData, cell_m: float, metric_crs: str) -> Evidence:
    def chosen(tags: Tags) -> bool:
        return tags.get("building", "no") not in NOT_LIVED_IN

    tags, shapes = area_rows(data, chosen)
    told = "floor area of buildings, m2 (footprint times building:levels, 1 where none are tagged)"
    plane = project(shapes, metric_crs) if len(shapes) else shapes
    floors = np.array([_levels(item.get("building:levels", "")) for item in tags])
    points = shapely.centroid(plane)
    return _gathered(_cells_of(points, cell_m), shapely.area(plane) * floors, told)


def _levels(text: str) -> float:
    try:
        levels = float(text)
    except ValueError:
        return 1.0
    return min(max(levels, 1.0), _MOST_LEVELS) if levels == levels else 1.0  # noqa: PLR0124 - NaN


def _land(data: OsmData, cell_m: float, metric_crs: str) -> Evidence:
    tags, shapes = area_rows(data, lambda item: item.get("landuse") in LIVED_IN)
    told = "area of residential, commercial and retail land, m2, and half of industrial land"
    cells, weight = [np.empty((0, 2), dtype=np.int64)], [np.empty(0)]
    for item, shape in zip(tags, project(shapes, metric_crs) if len(shapes) else [], strict=True):
        inside = _grid_over(shape, cell_m)
        corner = inside * cell_m
        boxes = shapely.box(
            corner[:, 0], corner[:, 1], corner[:, 0] + cell_m, corner[:, 1] + cell_m
        )
        cells.append(inside)
        weight.append(shapely.area(shapely.intersection(boxes, shape)) * LIVED_IN[item["landuse"]])
    return _gathered(np.concatenate(cells), np.concatenate(weight), told)


def _grid_over(shape: BaseGeometry, cell_m: float) -> Cells:
    """Return all cells that meet a shape's bounds."""
    west, south, east, north = np.floor(np.array(shape.bounds) / cell_m).astype(np.int64)
    columns, rows = np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
    return np.column_stack([columns.ravel(), rows.ravel()])


def _streets(
    roads: gpd.GeoDataFrame, area: BaseGeometry, cell_m: float, metric_crs: str
) -> Evidence:
    """Return the length of streets inside an area, both in the metric CRS."""
    lines = roads.geometry.to_numpy()[roads["highway"].isin(_STREETS).to_numpy()]
    told = "length of streets from residential to secondary, m, each direction counted"
    if not len(lines):
        return _gathered(np.empty((0, 2), dtype=np.int64), np.empty(0), told)
    plane = shapely.segmentize(project(lines, metric_crs), _STEP_M)
    xy, line = shapely.get_coordinates(plane, return_index=True)
    same = line[1:] == line[:-1]
    middle = ((xy[1:] + xy[:-1]) / 2)[same]
    length_m = np.hypot(*(xy[1:] - xy[:-1]).T)[same]
    shapely.prepare(area)
    inside = shapely.contains_xy(area, middle)
    cells = np.floor(middle[inside] / cell_m).astype(np.int64)
    return _gathered(cells, length_m[inside], told)


def _plain(area: BaseGeometry, cell_m: float) -> Evidence:
    """Return all cells of an area, weighted by their part of it."""
    cells = _grid_over(area, cell_m)
    corner = cells * cell_m
    boxes = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + cell_m, corner[:, 1] + cell_m)
    weight = shapely.area(shapely.intersection(boxes, area))
    return _gathered(cells, weight, "area alone, m2: the data show nothing that lives there")
