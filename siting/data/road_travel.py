"""Search a road network from many points to many points, cut off at a reach.

Every point is inserted as a node of its own and the edge it stands on, with its reverse twin, is
split there, so two points on one street travel directly. One Dijkstra run per node of the smaller
side gives every pair: from sites on the reversed network, which gives times from zone to site.
Access legs are straight lines at a speed of their own.

References
----------
E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1 (1959)
269-271.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.roads import Roads
    from siting.data.snap import Snapped, Streets

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]
    Bools = NDArray[np.bool_]
    Found = tuple[Indices, Indices, Floats, Floats]

_BATCH = 64
"""Sources of one Dijkstra call: at 30,000 nodes 15 MB of times."""


@dataclass(frozen=True, eq=False)
class End:
    """Hold one end's P points on the split network."""

    node: Indices
    """(P,) node the point became."""
    access_km: Floats
    """(P,) straight line between point and node."""
    within: Bools
    """(P,) false where that line is too long to count; such points are in no pair."""


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
        search = _Search(self, zones, sites)
        limit = np.full(len(zones.node), float(minutes))
        parts = []
        for near, (cost,) in search.batches((self.minutes, minutes)):
            total = search.total(near, cost, 60 / kmh)
            row, far = np.nonzero(total <= search.bound(near, limit))
            found = total[row, far]
            parts.append((near[row], far, found, np.full(len(found), np.nan)))
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
        search = _Search(self, zones, sites)
        top = float(limit_km.max(initial=0))
        moving = self.km > 0
        slowest = float(np.max(self.minutes[moving] / self.km[moving], initial=0.0))
        still = float(self.minutes[~moving].sum())
        # The fastest way takes no longer than the shortest way at the network's slowest pace.
        longest = (top * slowest + still) * (1 + 1e-9)
        parts = []
        for near, (length, time) in search.batches((self.km, top), (self.minutes, longest)):
            total = search.total(near, length, 1.0)
            row, far = np.nonzero(total <= search.bound(near, limit_km))
            minutes = search.total(near, time, 60 / kmh)
            parts.append((near[row], far, minutes[row, far], total[row, far]))
        return search.gathered(parts)


class _Search:
    """Run from the end with fewer nodes to all points of the other end."""

    def __init__(self, network: SplitNetwork, zones: End, sites: End) -> None:
        zone_rows, site_rows = np.flatnonzero(zones.within), np.flatnonzero(sites.within)
        self.network = network
        self.from_sites = len(np.unique(sites.node[site_rows])) <= len(
            np.unique(zones.node[zone_rows])
        )
        ends = ((sites, site_rows), (zones, zone_rows))
        (self.near, self.near_rows), (self.far, self.far_rows) = (
            ends if self.from_sites else ends[::-1]
        )

    def batches(
        self, *costs: tuple[Floats, float]
    ) -> Iterator[tuple[NDArray[np.intp], tuple[Floats, ...]]]:
        """Yield some near rows (n,), and for each cost the least from them to all far rows, (n, F).

        Each cost comes with the limit beyond which it is infinite.
        """
        matrices = [(self._matrix(cost), limit) for cost, limit in costs]
        nodes, which = np.unique(self.near.node[self.near_rows], return_inverse=True)
        targets = self.far.node[self.far_rows]
        for start in range(0, len(nodes), _BATCH):
            batch = nodes[start : start + _BATCH]
            rows = np.flatnonzero((which >= start) & (which < start + _BATCH))
            yield (
                self.near_rows[rows],
                tuple(
                    dijkstra(matrix, indices=batch, limit=limit)[:, targets][which[rows] - start]
                    for matrix, limit in matrices
                ),
            )

    def total(self, near: NDArray[np.intp], cost: Floats, per_km: float) -> Floats:
        """Add both access legs to costs (n, F)."""
        legs = self.near.access_km[near][:, None] + self.far.access_km[self.far_rows][None, :]
        total: Floats = cost + per_km * legs
        return total

    def bound(self, near: NDArray[np.intp], limit: Floats) -> Floats:
        """Return the zones' limits in the shape of costs: (1, F) or (n, 1)."""
        return limit[self.far_rows][None, :] if self.from_sites else limit[near][:, None]

    def gathered(
        self, parts: list[tuple[NDArray[np.intp], NDArray[np.intp], Floats, Floats]]
    ) -> Found:
        """Join what batches found (near row, far position, minutes, km), by zone, then site."""
        empty = (np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0), np.empty(0))
        near, far, minutes, km = (
            np.concatenate(column) for column in zip(empty, *parts, strict=True)
        )
        far = self.far_rows[far]
        zone, site = (far, near) if self.from_sites else (near, far)
        order = np.lexsort((site, zone))
        return (
            zone[order].astype(np.int32),
            site[order].astype(np.int32),
            minutes[order],
            km[order],
        )

    def _matrix(self, cost: Floats) -> csr_array:
        """Return the least cost between neighbours; from sites, on the reversed network."""
        network = self.network
        start, stop = (
            (network.head, network.tail) if self.from_sites else (network.tail, network.head)
        )
        order = np.lexsort((cost, stop, start))
        start, stop, cost = start[order], stop[order], cost[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (start[1:] != start[:-1]) | (stop[1:] != stop[:-1])
        shape = (network.nodes, network.nodes)
        return csr_array((cost[first], (start[first], stop[first])), shape=shape)


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
