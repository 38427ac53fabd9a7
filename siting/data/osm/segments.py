"""Cut the ways of public roads into directed segments from node to node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.osm.tags import is_driven
from siting.data.sphere import great_circle_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.data.osm.elements import OsmData, Tags

    Rows = NDArray[np.int64]

_ONE_WAY = {"yes", "true", "1", "-1", "reverse", "T", "F"}
"""Values of ``oneway`` that shut one direction, as osmnx 2 reads them."""
_REVERSED = {"-1", "reverse", "T"}
"""Values of ``oneway`` that leave only the direction against the drawing."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Hold S directed pieces of road between neighbouring nodes."""

    tail: Rows
    """(S,) rows of nodes."""
    head: Rows
    way: Rows
    """(S,) rows of ways."""
    forward: NDArray[np.bool_]
    """(S,) whether it runs as the way was drawn."""
    length_m: NDArray[np.float64]


def is_one_way(tags: Tags) -> bool:
    """Tell whether cars may drive a way in one direction only.

    As osmnx 2 does: by ``oneway``, and every roundabout. Beyond osmnx, a motorway that states
    nothing is one-way too, as https://wiki.openstreetmap.org/wiki/Key:oneway has it: nobody turns
    round there.
    """
    stated = tags.get("oneway")
    if stated in _ONE_WAY or tags.get("junction") == "roundabout":
        return True
    return stated is None and tags.get("highway") == "motorway"


def is_reversed(tags: Tags) -> bool:
    """Tell whether a one-way street runs against its drawing."""
    return tags.get("oneway") in _REVERSED


def road_segments(data: OsmData, clip: BaseGeometry | None = None) -> Segments:
    """Return the directed segments of all public roads.

    Segments with an end that is not held, or that lies outside ``clip``, are left out, and so are
    those from a node to itself.

    Parameters
    ----------
    data
        Elements.
    clip
        Area to keep, WGS-84.
    """
    roads = np.flatnonzero([is_driven(tags) for tags in data.way_tags]).astype(np.int64)
    way, at = _positions(data, roads)
    row = data.node_rows(data.way_nodes[at])
    kept = np.ones(len(data.node_id), dtype=bool)
    if clip is not None:
        shapely.prepare(clip)
        kept = shapely.contains_xy(clip, data.node_lon, data.node_lat)
    usable = (row >= 0) & (kept[row] if len(kept) else False)
    pair = (way[1:] == way[:-1]) & usable[1:] & usable[:-1] & (row[1:] != row[:-1])
    tail, head, way = row[:-1][pair], row[1:][pair], way[:-1][pair]
    return _directed(data.way_tags, data, tail, head, way)


def _positions(data: OsmData, ways: Rows) -> tuple[Rows, Rows]:
    """Return the way's row of every node of some ways, and its place in ``way_nodes``."""
    count = data.way_start[ways + 1] - data.way_start[ways]
    way = np.repeat(ways, count)
    within = np.arange(len(way)) - np.repeat(np.cumsum(count) - count, count)
    return way, data.way_start[way] + within


def _directed(tags: Sequence[Tags], data: OsmData, tail: Rows, head: Rows, way: Rows) -> Segments:
    one_way = np.zeros(len(tags), dtype=bool)
    against = np.zeros(len(tags), dtype=bool)
    for row in np.unique(way):
        one_way[row] = is_one_way(tags[row])
        against[row] = one_way[row] and is_reversed(tags[row])
    with_it, back = ~against[way], ~one_way[way] | against[way]
    tails = np.concatenate([tail[with_it], head[back]])
    heads = np.concatenate([head[with_it], tail[back]])
    lon, lat = data.node_lon, data.node_lat
    km = great_circle_km(lon[tails], lat[tails], lon[heads], lat[heads])
    return Segments(
        tail=tails,
        head=heads,
        way=np.concatenate([way[with_it], way[back]]),
        forward=np.arange(len(tails)) < np.count_nonzero(with_it),
        length_m=np.asarray(km * 1000, dtype=np.float64),
    )
