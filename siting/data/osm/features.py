"""Find the elements a layer is made of, and the point that stands for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.osm.areas import closed_way_areas, relation_area
from siting.data.osm.tags import first_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.data.osm.elements import OsmData, Tags
    from siting.data.osm.tags import TagRule


@dataclass(frozen=True)
class Feature:
    """Hold one element that a layer takes."""

    label: str
    """node/1, way/2 or relation/3."""
    tags: Tags
    shape: BaseGeometry
    """Point or area, WGS-84."""
    rule: TagRule


def find_features(
    data: OsmData, rules: Iterable[TagRule], clip: BaseGeometry | None = None
) -> list[Feature]:
    """Return all elements that meet a rule, those of one place once.

    An area goes before the nodes inside it that meet the same rule: many a fuel station is drawn as
    an area with a node in it.

    Parameters
    ----------
    data
        Elements.
    rules
        In order of precedence.
    clip
        Keep only what stands inside, WGS-84.
    """
    rules = tuple(rules)
    found = [*_areas(data, rules), *_nodes(data, rules)]
    if not found:
        return []
    points = stand_ins([item.shape for item in found])
    keep = ~_inside_another(found, points)
    if clip is not None:
        keep &= shapely.intersects(clip, points)
    return [item for item, kept in zip(found, keep, strict=True) if kept]


def stand_ins(shapes: list[BaseGeometry]) -> NDArray[np.object_]:
    """Return a point for each shape, which lies in it."""
    given = np.array(shapes, dtype=object)
    return np.asarray(shapely.point_on_surface(given), dtype=object)


def _nodes(data: OsmData, rules: tuple[TagRule, ...]) -> list[Feature]:
    chosen = [
        (node, tags, rule)
        for node, tags in data.node_tags.items()
        if (rule := first_rule(tags, rules)) is not None
    ]
    rows = data.node_rows(np.array([node for node, _, _ in chosen], dtype=np.int64))
    return [
        Feature(f"node/{node}", tags, shapely.Point(data.node_lon[row], data.node_lat[row]), rule)
        for (node, tags, rule), row in zip(chosen, rows, strict=True)
        if row >= 0
    ]


def _areas(data: OsmData, rules: tuple[TagRule, ...]) -> list[Feature]:
    rows, polygons = closed_way_areas(
        data, _rows_where(data, lambda tags: first_rule(tags, rules) is not None)
    )
    tags = [data.way_tags[row] for row in rows]
    found = [
        Feature(f"way/{data.way_id[row]}", given, polygon, rule)
        for row, given, polygon in zip(rows, tags, polygons, strict=True)
        if (rule := first_rule(given, rules)) is not None
    ]
    for key, relation in data.relations.items():
        rule = first_rule(relation.tags, rules)
        area = None if rule is None else relation_area(data, relation)
        if rule is not None and area is not None:
            found.append(Feature(f"relation/{key}", relation.tags, area, rule))
    return found


def _rows_where(data: OsmData, chosen: Callable[[Tags], bool]) -> NDArray[np.int64]:
    return np.flatnonzero([chosen(tags) for tags in data.way_tags]).astype(np.int64)


def area_rows(
    data: OsmData, chosen: Callable[[Tags], bool]
) -> tuple[list[Tags], NDArray[np.object_]]:
    """Return tags and polygons of all closed ways and area relations that ``chosen`` accepts."""
    rows, polygons = closed_way_areas(data, _rows_where(data, chosen))
    tags = [data.way_tags[row] for row in rows]
    more = [
        (relation.tags, area)
        for relation in data.relations.values()
        if chosen(relation.tags) and (area := relation_area(data, relation)) is not None
    ]
    shapes = np.empty(len(tags) + len(more), dtype=object)
    shapes[: len(tags)] = polygons
    shapes[len(tags) :] = [area for _, area in more]
    return [*tags, *(item for item, _ in more)], shapes


def _inside_another(found: list[Feature], points: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which features stand inside the area of another of the same kind."""
    shapes = np.array([item.shape for item in found], dtype=object)
    size = shapely.area(shapes)
    point, area = shapely.STRtree(shapes).query(points, predicate="intersects")
    host = np.array([item.rule.host for item in found], dtype=object)
    larger = (point != area) & (size[area] > size[point]) & (host[point] == host[area])
    inside = np.zeros(len(found), dtype=bool)
    inside[point[larger]] = True
    return inside
