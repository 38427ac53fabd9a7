"""Write geometry as small integers: units of 1e-5 degrees, each point a step from the last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.roads import Roads

    Geometries = NDArray[np.object_]

UNITS_PER_DEGREE = 100_000
Line = list[int]
"""x, y of the first point, then a step for each further point."""

ROAD_TIERS = (
    ("motorway", "trunk"),
    ("primary",),
    ("secondary",),
    ("tertiary",),
)
"""OpenStreetMap highway values drawn alike, widest first; what is left is the last tier."""


def _units(coordinates: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(coordinates * UNITS_PER_DEGREE).astype(np.int64)


def points(geometry: Geometries) -> Line:
    """Return points as one line: the first absolute, then a step for each, also for twins.

    Parameters
    ----------
    geometry
        (n,) shapely points, longitude latitude.
    """
    units = _units(shapely.get_coordinates(geometry))
    flat: Line = np.diff(units, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel().tolist()
    return flat


def steps(geometry: Geometries) -> list[Line]:
    """Return each linear geometry as a first point and steps.

    Parameters
    ----------
    geometry
        (n,) shapely LineStrings or LinearRings, none empty.

    Returns
    -------
    list
        n lines; points that fall on the one before are left out.
    """
    coordinates, index = shapely.get_coordinates(geometry, return_index=True)
    if len(coordinates) == 0:
        return []
    units = _units(coordinates)
    starts = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
    step = np.diff(units, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    step[starts] = units[starts]
    moving: NDArray[np.bool_] = np.any(step != 0, axis=1)
    moving[starts] = True
    flat = step[moving].ravel().tolist()
    ends = np.r_[np.cumsum(moving)[starts[1:] - 1], moving.sum()] * 2
    return [flat[a:b] for a, b in zip(np.r_[0, ends[:-1]], ends, strict=True)]


def polygons(geometry: Geometries, *, tolerance_deg: float = 0.0) -> list[list[list[Line]]]:
    """Return each area as polygons of rings, the outer ring first.

    Parameters
    ----------
    geometry
        (n,) shapely Polygons or MultiPolygons; others give an empty list.
    tolerance_deg
        Detail finer than this may be dropped.
    """
    if tolerance_deg:
        geometry = shapely.simplify(geometry, tolerance_deg)
    geometry = shapely.normalize(geometry)  # holes turn against their shell, as canvases fill them
    parts, owner = shapely.get_parts(geometry, return_index=True)
    areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[areas], owner[areas]
    rings, part_of = shapely.get_rings(parts, return_index=True)
    shapes: list[list[list[Line]]] = [[] for _ in geometry]
    last = -1
    for line, part in zip(steps(rings), part_of.tolist(), strict=True):
        shape = shapes[owner[part]]
        if part != last:
            shape.append([])
            last = part
        shape[-1].append(line)
    return shapes


def inside_points(geometry: Geometries) -> Geometries:
    """Return a point for each feature: its centroid if inside, else one on its surface.

    Parameters
    ----------
    geometry
        (n,) shapely geometries.
    """
    centre = shapely.centroid(geometry)
    outside = ~shapely.intersects(geometry, centre)
    centre[outside] = shapely.point_on_surface(geometry[outside])
    return centre


def area_km2(layer: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return areas in km2, good to about 1 % for anything the size of a city.

    Parameters
    ----------
    layer
        Features in EPSG:4326; a degree of latitude counts as 111.2 km (R = 6371.0088 km) and one of
        longitude as that times the cosine of the latitude. Points have none.
    """
    shape = np.asarray(layer.geometry.array)
    km_per_degree = np.pi * 6371.0088 / 180
    cosine = np.cos(np.radians(shapely.get_y(shapely.centroid(shape))))
    return np.asarray(shapely.area(shape) * cosine * km_per_degree**2)


def road_tiers(roads: Roads | None) -> list[list[Line]]:
    """Return the roads to draw, a list for each tier, both directions of a street drawn once.

    Parameters
    ----------
    roads
        The case's network, if it has one.
    """
    if roads is None:
        return [[] for _ in range(len(ROAD_TIERS) + 1)]
    low, high = np.minimum(roads.tail, roads.head), np.maximum(roads.tail, roads.head)
    street = np.column_stack([low, high, np.rint(roads.length_m).astype(np.int64)])
    once = np.sort(np.unique(street, axis=0, return_index=True)[1])
    lines = shapely.simplify(roads.geometry[once], 1e-5, preserve_topology=False)
    road_class = roads.road_class[once].astype(str)
    tier = np.full(len(once), len(ROAD_TIERS))
    for number, members in enumerate(ROAD_TIERS):
        tier[np.isin(road_class, members)] = number
    return [steps(lines[tier == number]) for number in range(len(ROAD_TIERS) + 1)]


def bounds(case_layers: list[gpd.GeoDataFrame]) -> list[float]:
    """Return west, south, east, north of everything in the layers, in degrees.

    Parameters
    ----------
    case_layers
        Layers in EPSG:4326; empty ones are passed over.
    """
    boxes: list[Any] = [layer.total_bounds for layer in case_layers if len(layer)]
    if not boxes:
        return [-180.0, -60.0, 180.0, 75.0]
    array = np.array(boxes)
    box = [*array[:, :2].min(axis=0), *array[:, 2:].max(axis=0)]
    return [round(float(value), 5) for value in box]


def main_roads(roads: Roads | None) -> list[Any]:
    """Return the lines of the two widest tiers, joined and without detail finer than about 50 m.

    Parameters
    ----------
    roads
        The case's network, if it has one.
    """
    if roads is None:
        return []
    main = np.isin(roads.road_class.astype(str), [name for tier in ROAD_TIERS[:2] for name in tier])
    joined = shapely.line_merge(shapely.union_all(roads.geometry[main])) if main.any() else None
    return [] if joined is None else list(shapely.get_parts(shapely.simplify(joined, 5e-4)))
