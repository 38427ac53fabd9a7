"""Hold OpenStreetMap elements: nodes and ways as arrays, tags only where there are any."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

Tags = dict[str, str]


@dataclass(frozen=True)
class Member:
    """Hold one member of a relation."""

    kind: str
    """node, way or relation."""
    ref: int
    role: str = ""


@dataclass(frozen=True)
class Relation:
    """Hold one relation."""

    members: tuple[Member, ...]
    tags: Tags


@dataclass(frozen=True, eq=False)
class OsmData:
    """Hold N nodes and W ways, ascending by id, and relations by id.

    A way may name nodes that are not held, as at the edge of an extract; so may a relation.
    Build it with :func:`make_osm_data`.
    """

    node_id: NDArray[np.int64]
    """(N,) ascending, distinct."""
    node_lon: NDArray[np.float64]
    """(N,) WGS-84 degrees."""
    node_lat: NDArray[np.float64]
    node_tags: Mapping[int, Tags]
    """Tags by node id; only of nodes that have any."""
    way_id: NDArray[np.int64]
    """(W,) ascending, distinct."""
    way_start: NDArray[np.int64]
    """(W + 1,) way ``w`` has ``way_nodes[way_start[w]:way_start[w + 1]]``."""
    way_nodes: NDArray[np.int64]
    """Node ids of all ways, one after the other, in drawing order."""
    way_tags: Sequence[Tags]
    """(W,) one dictionary a way, {} where it has none."""
    relations: Mapping[int, Relation] = field(default_factory=dict)

    def nodes_of(self, way: int) -> NDArray[np.int64]:
        """Return the node ids of a way by its row, in drawing order."""
        return self.way_nodes[self.way_start[way] : self.way_start[way + 1]]

    def node_rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each node id; -1 where it is not held."""
        return _rows(self.node_id, ids)

    def way_rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each way id; -1 where it is not held."""
        return _rows(self.way_id, ids)

    def is_empty(self) -> bool:
        """Tell whether nothing is held."""
        return not (len(self.node_id) or len(self.way_id) or self.relations)


def _rows(held: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    if not len(held):
        return np.full(len(ids), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(held, ids), len(held) - 1)
    return np.where(held[at] == ids, at, -1)


def make_osm_data(
    *,
    nodes: Mapping[int, tuple[float, float]],
    node_tags: Mapping[int, Tags] | None = None,
    ways: Mapping[int, Sequence[int]] | None = None,
    way_tags: Mapping[int, Tags] | None = None,
    relations: Mapping[int, Relation] | None = None,
) -> OsmData:
    """Return elements as arrays.

    Parameters
    ----------
    nodes
        Longitude and latitude by id.
    node_tags
        Tags by node id; nodes without any may be left out.
    ways
        Node ids by way id.
    way_tags
        Tags by way id; ways without any may be left out.
    relations
        Relations by id.
    """
    ways = ways or {}
    way_tags = way_tags or {}
    node_id = np.fromiter(nodes, dtype=np.int64, count=len(nodes))
    at = np.array([*nodes.values()], dtype=np.float64).reshape(-1, 2)
    order = np.argsort(node_id)
    way_ids = sorted(ways)
    count = [len(ways[way]) for way in way_ids]
    refs = np.fromiter(chain.from_iterable(ways[way] for way in way_ids), dtype=np.int64)
    return OsmData(
        node_id=node_id[order],
        node_lon=at[order, 0],
        node_lat=at[order, 1],
        node_tags={key: tags for key, tags in (node_tags or {}).items() if tags},
        way_id=np.array(way_ids, dtype=np.int64),
        way_start=np.concatenate([[0], np.cumsum(count, dtype=np.int64)]).astype(np.int64),
        way_nodes=refs,
        way_tags=tuple(way_tags.get(way, {}) for way in way_ids),
        relations=dict(relations or {}),
    )


def from_overpass(documents: Iterable[Mapping[str, Any]]) -> OsmData:
    """Return the elements of Overpass answers, together.

    Overlapping tiles may name an element twice, and an answer may hold a node once with its tags
    and once, as part of a way, without: the fuller one is kept. Overpass's ``out geom`` is
    understood for ways.

    Parameters
    ----------
    documents
        Parsed JSON, each with a list ``elements``.
    """
    nodes: dict[int, tuple[float, float]] = {}
    node_tags: dict[int, Tags] = {}
    ways: dict[int, list[int]] = {}
    way_tags: dict[int, Tags] = {}
    relations: dict[int, Relation] = {}
    for element in chain.from_iterable(document.get("elements", ()) for document in documents):
        kind, key, tags = element.get("type"), element.get("id"), element.get("tags", {})
        if kind == "node" and "lat" in element:
            nodes[key] = (element["lon"], element["lat"])
            node_tags[key] = tags or node_tags.get(key, {})
        elif kind == "way":
            refs = element.get("nodes", ())
            ways[key] = list(refs) or ways.get(key, [])
            way_tags[key] = tags or way_tags.get(key, {})
            drawn = zip(refs, element.get("geometry", ()), strict=False)
            nodes |= {ref: (at["lon"], at["lat"]) for ref, at in drawn if at and ref not in nodes}
        elif kind == "relation":
            members = tuple(
                Member(item["type"], item["ref"], item.get("role", ""))
                for item in element.get("members", ())
            )
            held = relations.get(key, Relation((), {}))
            relations[key] = Relation(members or held.members, tags or held.tags)
    return make_osm_data(
        nodes=nodes, node_tags=node_tags, ways=ways, way_tags=way_tags, relations=relations
    )
