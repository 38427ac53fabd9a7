"""Make polygons of closed ways and of relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.data.osm.elements import OsmData, Relation

_INNER = {"inner", "enclave"}
_NO_BORDER = {"subarea", "label", "admin_centre"}
_LEAST_CORNERS = 4
"""Of a ring, the first counted again at its end."""
_LOOSE_SHARE = 0.01
"""More of a border than this outside closed rings, and the border is not whole."""


def closed_way_areas(
    data: OsmData, ways: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return those of some ways that close, whole and in proper shape, and their polygons.

    Parameters
    ----------
    data
        Elements.
    ways
        Rows of ways.

    Returns
    -------
    rows, polygons
        Polygons that cross themselves are mended.
    """
    size = data.way_start[ways + 1] - data.way_start[ways]
    ways, size = ways[size >= _LEAST_CORNERS], size[size >= _LEAST_CORNERS]
    first = data.way_nodes[data.way_start[ways]]
    last = data.way_nodes[data.way_start[ways + 1] - 1]
    ways, size = ways[first == last], size[first == last]
    ring = np.repeat(np.arange(len(ways)), size)
    start = np.repeat(data.way_start[ways] - np.cumsum(size) + size, size)
    node = data.node_rows(data.way_nodes[start + np.arange(len(ring))])
    whole = np.bincount(ring[node < 0], minlength=len(ways)) == 0
    kept = whole[ring]
    ring = (np.cumsum(whole) - 1)[ring[kept]]
    xy = np.column_stack([data.node_lon[node[kept]], data.node_lat[node[kept]]])
    polygons = np.empty(int(whole.sum()), dtype=object)
    if len(polygons):
        polygons[:] = shapely.polygons(shapely.linearrings(xy, indices=ring))
        polygons = shapely.make_valid(polygons, method="structure", keep_collapsed=False)
    solid = shapely.area(polygons) > 0
    return ways[whole][solid], polygons[solid]


def relation_area(data: OsmData, relation: Relation) -> BaseGeometry | None:
    """Return the area a relation encloses; None if its border is not whole in these data.

    Member ways may come in any order and direction, make several outer rings, and have holes. Roles
    are outer (or none) and inner, see https://wiki.openstreetmap.org/wiki/Relation:multipolygon.

    Parameters
    ----------
    data
        Elements.
    relation
        Multipolygon or boundary.
    """
    ways = [item for item in relation.members if item.kind == "way" and item.role not in _NO_BORDER]
    outer = _lines(data, [item.ref for item in ways if item.role not in _INNER])
    if outer is None or not len(outer):
        return None
    area = _enclosed(outer)
    inner = _lines(data, [item.ref for item in ways if item.role in _INNER])
    if area is None or inner is None or not len(inner):
        return area
    holes = _enclosed(inner)
    return area if holes is None else shapely.difference(area, holes)


def _lines(data: OsmData, ids: list[int]) -> NDArray[np.object_] | None:
    """Return ways as lines; None if one of them, or a node of it, is not held."""
    rows = data.way_rows(np.array(ids, dtype=np.int64))
    if (rows < 0).any():
        return None
    lines = []
    for row in rows.tolist():
        node = data.node_rows(data.nodes_of(row))
        if (node < 0).any():
            return None
        if len(node) > 1:
            xy = np.column_stack([data.node_lon[node], data.node_lat[node]])
            lines.append(shapely.LineString(xy))
    return np.array(lines, dtype=object)


def _enclosed(lines: NDArray[np.object_]) -> BaseGeometry | None:
    """Return what lines enclose; None if too much of them closes nothing.

    A line that stands twice counts once, and a face inside another ring is a part of it.
    """
    noded = shapely.union_all(lines)
    faces, cuts, dangles, _ = shapely.polygonize_full([noded])
    loose = shapely.length(cuts) + shapely.length(dangles)
    if shapely.is_empty(faces) or loose > _LOOSE_SHARE * shapely.length(noded):
        return None
    area: BaseGeometry = shapely.union_all(shapely.get_parts(faces))
    return area
