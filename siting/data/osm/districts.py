"""Find district boundaries, and give what lies beyond them a district of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting.data.crs import WGS84, project
from siting.data.osm.areas import closed_way_areas, relation_area
from siting.data.osm.clip import grown
from siting.data.osm.tags import names_of
from siting.errors import CaseError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.data.osm.elements import OsmData, Tags

LEVELS = range(4, 12)
"""``admin_level`` values tried: 2 is a country, see
https://wiki.openstreetmap.org/wiki/Tag:boundary%3Dadministrative."""
_ENOUGH_SHARE = 0.8
"""A level serves if at least this share of the fuel stations lies in its areas."""
_SLIVER_SHARE = 0.005
"""Less of a clip than this, and of a district than twice this, is not a part of it: the borders of
the two are only drawn differently."""
_BEYOND_M = 1000.0
"""A point farther than this from all districts is beyond them; nearer, borders are just coarse."""
_MARGIN_M = 500.0
_NAMED = 5


@dataclass(frozen=True, eq=False)
class Districts:
    """Hold districts, and how they were found."""

    table: gpd.GeoDataFrame
    """id, name, name_zh, geometry; EPSG:4326."""
    told: str
    """For the layer's source."""
    notes: tuple[str, ...] = ()

    @property
    def area(self) -> BaseGeometry:
        """Return all districts together."""
        whole: BaseGeometry = shapely.union_all(self.table.geometry.to_numpy())
        return whole


@dataclass(frozen=True, eq=False)
class _Level:
    tags: list[Tags]
    areas: list[BaseGeometry]
    broken: list[str]
    """Names of those whose border leaves the extract."""


def find_districts(
    data: OsmData,
    points: NDArray[np.object_],
    *,
    metric_crs: str,
    level: int | None = None,
    clip: BaseGeometry | None = None,
) -> Districts:
    """Return the districts of an area.

    Without a level, the coarsest serves that has two areas or more in which at least four fifths of
    the points lie. Without any such, there is one district: the clip, or the points' convex hull.

    Parameters
    ----------
    data
        Elements.
    points
        What must lie in a district, WGS-84.
    metric_crs
        For distances.
    level
        ``admin_level`` to take.
    clip
        Area to cut the districts to, WGS-84.

    Raises
    ------
    CaseError
        If a level was asked for of which no whole area is there; names the levels that are.
    """
    chosen = _asked(data, level, clip) if level is not None else _coarsest(data, points, clip)
    if chosen is None:
        return _one_district(points, metric_crs, clip)
    number, found = chosen
    labels = _labels(found.tags)
    table = gpd.GeoDataFrame(
        {"id": labels, "name": labels, "name_zh": [names_of(tags)[1] for tags in found.tags]},
        geometry=found.areas,
        crs=WGS84,
    )
    notes: tuple[str, ...] = ()
    if found.broken:
        few = ", ".join(sorted(found.broken)[:_NAMED])
        text = (
            f"districts: {len(found.broken)} boundaries of admin_level {number} are not whole in "
        )
        text += (
            f"the data and were left out ({few}{', ...' if len(found.broken) > _NAMED else ''})."
        )
        notes = (text,)
    told = f"boundary=administrative, admin_level={number}"
    return _with_rest(Districts(table, told, notes), points, metric_crs, clip)


def _asked(data: OsmData, level: int, clip: BaseGeometry | None) -> tuple[int, _Level]:
    found = _level(data, level, clip)
    if found.areas:
        return level, found
    there = [str(number) for number in LEVELS if _level(data, number, clip).areas]
    have = f"Whole boundaries are there of level {', '.join(there)}." if there else ""
    msg = f"The data hold no whole district boundary of admin_level {level}. {have}".rstrip()
    raise CaseError(msg)


def _coarsest(
    data: OsmData, points: NDArray[np.object_], clip: BaseGeometry | None
) -> tuple[int, _Level] | None:
    for number in LEVELS:
        found = _level(data, number, clip)
        if len(found.areas) > 1:
            inside = shapely.intersects(shapely.union_all(found.areas), points)
            if not len(points) or inside.mean() >= _ENOUGH_SHARE:
                return number, found
    return None


def _level(data: OsmData, level: int, clip: BaseGeometry | None) -> _Level:
    wanted = str(level)

    def chosen(tags: Tags) -> bool:
        return tags.get("boundary") == "administrative" and tags.get("admin_level") == wanted

    found = _Level([], [], [])
    for relation in data.relations.values():
        if chosen(relation.tags):
            area = relation_area(data, relation)
            if area is None:
                found.broken.append(names_of(relation.tags)[0] or "without a name")
            else:
                found.tags.append(relation.tags)
                found.areas.append(area)
    ways = np.flatnonzero([chosen(tags) and "name" in tags for tags in data.way_tags])
    rows, areas = closed_way_areas(data, ways.astype(np.int64))
    found.tags.extend(data.way_tags[row] for row in rows)
    found.areas.extend(areas)
    return found if clip is None else _clipped(found, clip)


def _clipped(found: _Level, clip: BaseGeometry) -> _Level:
    cut = [_solid(shapely.intersection(area, clip)) for area in found.areas]
    kept = [
        row
        for row, (area, whole) in enumerate(zip(cut, found.areas, strict=True))
        if area.area > min(_SLIVER_SHARE * clip.area, 2 * _SLIVER_SHARE * whole.area)
    ]
    return replace(found, tags=[found.tags[row] for row in kept], areas=[cut[row] for row in kept])


def _solid(shape: BaseGeometry) -> BaseGeometry:
    """Drop the lines and points that an intersection may leave beside areas."""
    parts = shapely.get_parts(np.array([shape], dtype=object))
    areas: BaseGeometry = shapely.union_all(parts[shapely.area(parts) > 0])
    return areas


def _labels(tags: list[Tags]) -> list[str]:
    """Return a readable id for each district: its name, with a number where two share it."""
    seen: dict[str, int] = {}
    labels = []
    for row, item in enumerate(tags):
        name = names_of(item)[0] or f"district {row + 1}"
        seen[name] = seen.get(name, 0) + 1
        labels.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return labels


def _hull(points: NDArray[np.object_], metric_crs: str) -> BaseGeometry:
    """Return the convex hull of points with a margin, WGS-84."""
    hull: BaseGeometry = shapely.convex_hull(shapely.union_all(points))
    return grown(hull, _MARGIN_M, metric_crs)


def _one_district(
    points: NDArray[np.object_], metric_crs: str, clip: BaseGeometry | None
) -> Districts:
    area = _hull(points, metric_crs) if clip is None else clip
    how = "the convex hull of roads and places" if clip is None else "the clip polygon"
    table = gpd.GeoDataFrame(
        {"id": ["whole area"], "name": ["whole area"], "name_zh": ["全域"]},
        geometry=[area],
        crs=WGS84,
    )
    note = f"districts: the data hold no usable boundaries; one district was made of {how}."
    return Districts(table, f"no boundaries: one district, {how}", (note,))


def _with_rest(
    found: Districts, points: NDArray[np.object_], metric_crs: str, clip: BaseGeometry | None
) -> Districts:
    """Add a district for points that lie far from all others."""
    plane = project(found.table.geometry.to_numpy(), metric_crs)
    tree = shapely.STRtree(plane)
    at = project(points, metric_crs)
    (row, _), far_m = tree.query_nearest(at, return_distance=True, all_matches=False)
    beyond = points[row[far_m > _BEYOND_M]]
    if not len(beyond):
        return found
    hull = _hull(beyond, metric_crs)
    rest = _solid(shapely.difference(hull if clip is None else hull & clip, found.area))
    extra = gpd.GeoDataFrame(
        {"id": ["elsewhere"], "name": ["elsewhere"], "name_zh": ["其他"]},
        geometry=[rest],
        crs=WGS84,
    )
    table = gpd.GeoDataFrame(
        {name: [*found.table[name], *extra[name]] for name in ("id", "name", "name_zh")},
        geometry=[*found.table.geometry, rest],
        crs=WGS84,
    )
    note = f"districts: {len(beyond)} points lie in none; a district 'elsewhere' was added."
    return replace(found, table=table, notes=(*found.notes, note))
