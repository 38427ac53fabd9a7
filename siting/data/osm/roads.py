"""Build the drive network of OpenStreetMap ways, and write it as an edge table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from siting.data.crs import WGS84
from siting.data.edge_table import raw_of_table
from siting.data.osm.segments import road_segments
from siting.data.osm.simplify import simplified
from siting.data.osm.tags import speed_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.data.osm.elements import OsmData, Tags
    from siting.data.osm.segments import Segments
    from siting.data.osm.simplify import Chains
    from siting.data.road_build import RawRoads

    Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DriveNetwork:
    """Hold a drive network, and what was left out of it."""

    table: gpd.GeoDataFrame
    """One row a directed edge, as layer roads has them, without ``speed_kph``; EPSG:4326."""
    nodes: int
    dropped_edges: int
    """Directed edges outside the largest strongly connected part."""
    dropped_km: float

    @property
    def length_km(self) -> float:
        """Return the length of all directed edges, in km."""
        return float(self.table["length_m"].sum()) / 1000


def drive_network(
    data: OsmData, clip: BaseGeometry | None = None, *, connected: bool = True
) -> DriveNetwork:
    """Build the network of public roads, simplified to junctions.

    Every row is one direction: a two-way street has two, so one may turn round at dead ends, as at
    any node. Where the ways of an edge differ, ``highway`` and ``name`` are those with most length,
    and ``maxspeed`` lists the values stated.

    Parameters
    ----------
    data
        Elements.
    clip
        Area to keep, WGS-84; all if None.
    connected
        Keep only the largest part in which every node reaches every other.
    """
    segments = road_segments(data, clip)
    if not len(segments.tail):
        return DriveNetwork(_no_edges(), 0, 0, 0.0)
    chains = simplified(segments, len(data.node_id))
    table = _table(data, segments, chains)
    keep = np.ones(len(table), dtype=bool)
    if connected and len(table):
        keep = _strongest(chains.tail, chains.head)
    ends = np.concatenate([chains.tail[keep], chains.head[keep]])
    dropped_km = float(table["length_m"][~keep].sum()) / 1000
    kept = table[keep].reset_index(drop=True)
    return DriveNetwork(kept, len(np.unique(ends)), int((~keep).sum()), dropped_km)


def raw_roads(data: OsmData) -> RawRoads:
    """Return the network of public roads as a case's layer, before its largest part is taken.

    Raises
    ------
    ValueError
        If there is no road.
    """
    table = drive_network(data, connected=False).table
    if not len(table):
        msg = "no way in it is a public road for cars"
        raise ValueError(msg)
    return raw_of_table(table.assign(speed_kph=np.nan), table.geometry.to_numpy())


def _no_edges() -> gpd.GeoDataFrame:
    names = ("u", "v", "highway", "oneway", "maxspeed", "length_m", "name")
    return gpd.GeoDataFrame({name: [] for name in names}, geometry=[], crs=WGS84)


def _strongest(tail: Rows, head: Rows) -> NDArray[np.bool_]:
    """Tell which edges lie in the largest part whose nodes all reach each other."""
    nodes, codes = np.unique(np.concatenate([tail, head]), return_inverse=True)
    start, stop = codes[: len(tail)], codes[len(tail) :]
    links = csr_array((np.ones(len(tail)), (start, stop)), shape=(len(nodes), len(nodes)))
    _, part = connected_components(links, directed=True, connection="strong")
    best = np.bincount(part).argmax()
    return np.asarray((part[start] == best) & (part[stop] == best))


def _table(data: OsmData, segments: Segments, chains: Chains) -> gpd.GeoDataFrame:
    part = chains.segment
    count = len(chains.tail)
    length_m = np.bincount(chains.edge, weights=segments.length_m[part], minlength=count)
    return gpd.GeoDataFrame(
        {
            "u": data.node_id[chains.tail],
            "v": data.node_id[chains.head],
            "highway": _mostly("highway", data.way_tags, segments, chains),
            "oneway": np.ones(count, dtype=bool),
            "maxspeed": _limits(data.way_tags, segments, chains),
            "length_m": np.round(length_m, 3),
            "name": _mostly("name", data.way_tags, segments, chains),
        },
        geometry=_lines(data, segments, chains),
        crs=WGS84,
    )


def _lines(data: OsmData, segments: Segments, chains: Chains) -> NDArray[np.object_]:
    """Draw each edge through the nodes of its parts."""
    last = np.flatnonzero(np.diff(chains.edge, append=-1))
    node = np.insert(segments.tail[chains.segment], last + 1, segments.head[chains.segment[last]])
    edge = np.insert(chains.edge, last + 1, chains.edge[last])
    xy = np.column_stack([data.node_lon[node], data.node_lat[node]])
    return np.asarray(shapely.linestrings(xy, indices=edge), dtype=object)


def _mostly(
    key: str, tags: Sequence[Tags], segments: Segments, chains: Chains
) -> NDArray[np.object_]:
    """Return the value of a tag that most of each edge's length has, '' where that has none."""
    ways = np.unique(segments.way)
    names, code_of = np.unique([tags[way].get(key, "") for way in ways], return_inverse=True)
    codes = code_of[np.searchsorted(ways, segments.way[chains.segment])]
    size = len(names)
    keys, at = np.unique(chains.edge * size + codes, return_inverse=True)
    length = np.bincount(at, weights=segments.length_m[chains.segment])
    order = np.lexsort((length, keys // size))
    last = np.diff(keys[order] // size, append=-1) != 0
    return np.asarray(names.astype(object)[keys[order][last] % size])


def _limits(tags: Sequence[Tags], segments: Segments, chains: Chains) -> NDArray[np.object_]:
    """Return the speed limits stated along each edge, '' for none, as in 60 or 60;80."""
    way, forward = segments.way[chains.segment], segments.forward[chains.segment]
    ways = np.unique(way)
    at = np.searchsorted(ways, way)
    stated = np.array(
        [[speed_limit(tags[row], side) for row in ways] for side in ("backward", "forward")],
        dtype=object,
    )
    text = pd.Series(stated[forward.astype(int), at])
    some = text != ""
    joined = text[some].groupby(chains.edge[some]).agg(lambda each: ";".join(each.unique()))
    limits = np.full(len(chains.tail), "", dtype=object)
    limits[joined.index.to_numpy()] = joined.to_numpy(dtype=object)
    return limits
