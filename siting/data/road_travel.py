"""Search a road network from many points to many points, cut off at a reach.

Every point is inserted as a node of its own and the edge it stands on, with its reverse twin, is
split there, so two points on one street travel directly. The search itself is in
`siting.data.road_search`. Access legs are straight lines at a speed of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.data.road_core import Pieces
from siting.data.road_search import Search

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.road_search import End
    from siting.data.roads import Roads
    from siting.data.snap import Snapped, Streets

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]
    Found = tuple[Indices, Indices, Floats, Floats]


@dataclass(frozen=True, eq=False)
class SplitNetwork:
    """Hold a network after every point was inserted: pieces of edges between N nodes."""

    tail: Indices
    """(K,) node each piece leaves."""
    head: Indices
    """(K,) node each piece enters."""
    minutes: Floats
    """(K,)"""
    km: Floats
    """(K,)"""
    nodes: int
    junctions: int
    """Nodes from this number on are points inserted in streets."""

    def pieces(self, costs: tuple[Floats, ...]) -> Pieces:
        """Return the network for a search by some costs."""
        return Pieces(self.tail, self.head, costs, self.nodes, self.junctions)

    def within_minutes(self, zones: End, sites: End, *, minutes: float, kmh: float) -> Found:
        """Return zone, site, minutes and km (all NaN) of every pair within a time.

        Parameters
        ----------
        zones, sites
            Where trips start and end.
        minutes
            Longest time, access legs included.
        kmh
            Speed on access legs.
        """
        search = Search(self.pieces((self.minutes,)), zones, sites, (60 / kmh,))
        limit = np.full(len(zones.node), float(minutes))
        parts = []
        for near, far, (total,) in search.batches(minutes):
            some, others, position = search.reached(near, far, total, limit)
            parts.append((some, others, total.ravel()[position]))
        return search.gathered(parts)

    def within_km(self, zones: End, sites: End, *, limit_km: Floats, kmh: float) -> Found:
        """Return zone, site, minutes and km of every pair within its zone's distance.

        The shortest way decides who is within reach; minutes are those of the fastest way, which
        may be longer.

        Parameters
        ----------
        zones, sites
            Where trips start and end.
        limit_km
            (Z,) longest way of each zone, access legs included.
        kmh
            Speed on access legs.
        """
        search = Search(self.pieces((self.km, self.minutes)), zones, sites, (1.0, 60 / kmh))
        top = float(limit_km.max(initial=0))
        moving = self.km > 0
        slowest = float(np.max(self.minutes[moving] / self.km[moving], initial=60 / kmh))
        still = float(self.minutes[~moving].sum())
        # The fastest way takes no longer than the shortest way at the network's slowest pace.
        longest = (top * slowest + still) * (1 + 1e-9)
        parts, km = [], []
        for near, far, (length, time) in search.batches(top, longest):
            some, others, position = search.reached(near, far, length, limit_km)
            parts.append((some, others, time.ravel()[position]))
            km.append(length.ravel()[position])
        return search.gathered(parts, km)


def split_network(
    roads: Roads, known: Streets, snapped: Snapped, *, slowdown: float = 1.0
) -> tuple[SplitNetwork, Indices]:
    """Split every edge of every street at the points tied to it.

    A point at a street's very end is the junction itself; points on one spot share a node.

    Parameters
    ----------
    roads
        The network.
    known
        Its streets.
    snapped
        (P,) points.
    slowdown
        Factor on free-flow driving time.

    Returns
    -------
    network
        With all points inserted.
    node
        (P,) node of each point.
    """
    junctions = len(roads.lon)
    spot, inverse = np.unique(
        np.column_stack([snapped.street, snapped.share]), axis=0, return_inverse=True
    )
    street, share = spot[:, 0].astype(np.int32), spot[:, 1]
    node = _end_nodes(roads, known, street, share)
    inner = (share > 0) & (share < 1)
    node[inner] = junctions + np.arange(inner.sum(), dtype=np.int32)
    cut_edge, cut_node, cut_place = _cuts(known, street[inner], share[inner], node[inner])
    whole = np.arange(len(roads.tail), dtype=np.int32)
    edge = np.concatenate([whole, cut_edge, whole])
    place = np.concatenate([np.zeros(len(whole)), cut_place, np.ones(len(whole))])
    stop = np.concatenate([roads.tail, cut_node, roads.head]).astype(np.int32)
    order = np.lexsort((place, edge))
    edge, place, stop = edge[order], place[order], stop[order]
    same = edge[1:] == edge[:-1]
    edge, part = edge[1:][same], np.diff(place)[same]
    network = SplitNetwork(
        tail=stop[:-1][same],
        head=stop[1:][same],
        minutes=roads.seconds[edge] / 60 * slowdown * part,
        km=roads.length_m[edge] / 1000 * part,
        nodes=junctions + int(inner.sum()),
        junctions=junctions,
    )
    return network, node[inverse.ravel()]


def _end_nodes(roads: Roads, known: Streets, street: Indices, share: Floats) -> Indices:
    """Return the junction at the start (share 0) or end of each street."""
    some_edge = np.zeros(len(known.line), dtype=np.int32)
    some_edge[known.street] = np.arange(len(known.street), dtype=np.int32)
    edge = some_edge[street]
    at_tail = known.forward[edge] == (share <= 0)
    return np.where(at_tail, roads.tail[edge], roads.head[edge]).astype(np.int32)


def _cuts(
    known: Streets, street: Indices, share: Floats, node: Indices
) -> tuple[Indices, Indices, Floats]:
    """Return edge, node and share along the edge of every cut, one per spot and edge there."""
    by_street = np.argsort(known.street, kind="stable").astype(np.int32)
    ordered = known.street[by_street]
    begin = np.searchsorted(ordered, street, side="left")
    count = np.searchsorted(ordered, street, side="right") - begin
    of_spot = np.repeat(np.arange(len(street)), count)
    offset = np.arange(len(of_spot)) - np.repeat(np.cumsum(count) - count, count)
    edge = by_street[begin[of_spot] + offset]
    place = np.where(known.forward[edge], share[of_spot], 1 - share[of_spot])
    return edge, node[of_spot], place
