"""Search a split network from the points of one end to those of the other, within a limit.

One Dijkstra run per node of the smaller side gives every pair: from sites on the reversed network,
which gives times from zone to site. What is left out of the search changes no answer. Points on a
street are no nodes: they lie so far behind the last junction before them, and where a search begins
it leaves the street at its end; its access leg is driven first, so that the limit ends the search
the earlier. Junctions that few ways lead through are no nodes either: those ways become arcs
(`siting.data.road_core`). And sources that lie near each other are searched for together, in the
part of the network within the limit of the nearest of them, where all ways from all of them lie.

References
----------
E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1 (1959)
269-271.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.data.road_core import contracted, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.road_core import Behind, Core, Pieces

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]
    Rows = NDArray[np.intp]
    Bools = NDArray[np.bool_]
    Found = tuple[Indices, Indices, Floats, Floats]
    Batch = tuple[Indices, Indices, tuple[Floats, ...]]

_BATCH = 100
"""Most sources of one Dijkstra call."""
_MOST_SHARE = 0.8
"""If more of a network is within the limit, taking that part out of it saves nothing."""


@dataclass(frozen=True, eq=False)
class End:
    """Hold one end's P points on the split network."""

    node: Indices
    """(P,) node the point became."""
    access_km: Floats
    """(P,) straight line between point and node."""
    within: Bools
    """(P,) false where that line is too long to count; such points are in no pair."""
    place: Floats
    """(P, 2) where the points are, for searching near ones together; in any unit."""


class Way(NamedTuple):
    """Say how far rows lie behind nodes of the core."""

    node: Indices
    costs: list[Floats]
    """Access legs included."""


class Search:
    """Run from the end with fewer nodes to all points of the other end.

    Parameters
    ----------
    pieces
        The network, with the costs to search by.
    zones, sites
        Where ways begin and end.
    per_km
        For each cost, what a km of access leg costs.
    """

    def __init__(self, pieces: Pieces, zones: End, sites: End, per_km: tuple[float, ...]) -> None:
        ends = [(end, np.flatnonzero(end.within).astype(np.int32)) for end in (sites, zones)]
        distinct = [_distinct(end.node[rows], pieces.nodes) for end, rows in ends]
        self.from_sites = len(distinct[0]) <= len(distinct[1])
        (near, self.near_rows), (far, far_rows) = ends if self.from_sites else ends[::-1]
        first, last = distinct if self.from_sites else distinct[::-1]
        nodes = near.node[self.near_rows[first]]
        oriented = pieces.reversed() if self.from_sites else pieces
        near_legs = [near.access_km[self.near_rows] * per for per in per_km]
        own = near.node[self.near_rows]
        legs = tuple(_shared_legs(own, leg, pieces) for leg in near_legs)
        core = contracted(oriented, nodes, far.node[far_rows[last]], legs)
        self.sources = core.sources
        self.places = near.place[self.near_rows[first]]
        self.of_source = _positions(nodes, pieces.nodes)[own]
        self.near_legs = [leg - least[own] for leg, least in zip(near_legs, legs, strict=True)]
        far_legs = [far.access_km[far_rows] * per for per in per_km]
        order, self.ways = _ways(core.behind, far.node[far_rows], far_legs, pieces.nodes)
        self.far_rows = far_rows[order]
        self.matrices = _matrices(core)

    def batches(self, *limits: float) -> Iterator[Batch]:
        """Yield near rows (n,), far rows (f,), and for each cost the least between them, (n, f).

        Access legs are included. There is one limit for each cost, beyond which it may be infinite;
        far rows beyond the first limit are left out.
        """
        for batch in _clusters(self.places):
            position = _positions(batch, len(self.sources))[self.of_source]
            rows = np.flatnonzero(position >= 0)
            far: NDArray[np.intp] | None = None
            found = []
            for number, limit in enumerate(limits):
                matrix, sources = self.matrices[number], self.sources[batch]
                part, place = _within(matrix, sources, limit)
                at = [place[way.node] for way in self.ways]
                far = _reached(at) if far is None else far
                cost = dijkstra(part, indices=place[sources], limit=limit)
                if len(rows) > len(batch):
                    cost = cost[position[rows]]
                least = self._least(number, cost, at, far)
                least += self.near_legs[number][rows, None]
                found.append(least)
            if far is not None:
                yield self.near_rows[rows], self.far_rows[far], tuple(found)

    def _least(self, number: int, cost: Floats, at: list[Indices], far: Rows) -> Floats:
        """Return the least cost (n, f) of some far rows, of costs (n, k) of a part's nodes."""
        least = np.empty((len(cost), 0))
        for nth, (way, place) in enumerate(zip(self.ways, at, strict=True)):
            some = far[: np.searchsorted(far, len(place))]
            reached = cost.take(place[some], axis=1, mode="wrap")
            reached += way.costs[number][some]
            if nth:
                np.minimum(least[:, : len(some)], reached, out=least[:, : len(some)])
            else:
                least = reached
        return least

    def reached(
        self, near: Indices, far: Indices, cost: Floats, limit: Floats
    ) -> tuple[Indices, Indices, Rows]:
        """Return near rows, far rows and flat positions of costs (n, f) within zones' limits."""
        bound = limit[far][None, :] if self.from_sites else limit[near][:, None]
        position = np.flatnonzero(cost <= bound)
        row = position // max(len(far), 1)
        return near[row], far[position - row * len(far)], position

    def gathered(
        self, parts: list[tuple[Indices, Indices, Floats]], km: list[Floats] | None = None
    ) -> Found:
        """Join what batches found (near row, far row, minutes; km), by zone, then site.

        Without km they are NaN.
        """
        empty = (np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
        near, far, minutes = (np.concatenate(column) for column in zip(empty, *parts, strict=True))
        zone, site = (far, near) if self.from_sites else (near, far)
        shape = (int(site.max(initial=0)) + 1, int(zone.max(initial=0)) + 1)
        by_site, begin = grouped(site, shape[0])
        table = csr_array((by_site, zone[by_site], begin), shape=shape).tocsc()
        order = table.data
        zone = np.repeat(np.arange(shape[1], dtype=np.int32), np.diff(table.indptr))
        lengths = np.full(len(order), np.nan) if km is None else np.concatenate([*km, ()])[order]
        return zone, table.indices.astype(np.int32, copy=False), minutes[order], lengths


def _shared_legs(node: Indices, leg: Floats, pieces: Pieces) -> Floats:
    """Return for each node of a network the least leg of the points there; 0 at junctions."""
    least = np.full(pieces.nodes, np.inf)
    np.minimum.at(least, node, leg)
    least[: pieces.junctions] = 0
    least[np.isinf(least)] = 0
    return least


def _ways(
    behind: Behind, node: Indices, legs: list[Floats], nodes: int
) -> tuple[NDArray[np.integer], list[Way]]:
    """Return an order of far rows, and the first, second ... way to all that have so many."""
    by_target, begin = grouped(behind.target, nodes)
    count = begin[node + 1] - begin[node]
    order = np.argsort(-count, kind="stable")
    node, having = node[order], np.bincount(count)
    more = len(node) - np.cumsum(having)[:-1]
    ways = []
    for nth, size in enumerate(more.tolist()):
        entry = by_target[begin[node[:size]] + nth]
        costs = [
            offset[entry] + leg[order[:size]]
            for offset, leg in zip(behind.offsets, legs, strict=True)
        ]
        ways.append(Way(behind.node[entry], costs))
    return order, ways


def _reached(at: list[Indices]) -> Rows:
    """Return the far rows that lie behind some node of a part."""
    within = np.zeros(len(at[0]) if at else 0, dtype=bool)
    for place in at:
        within[: len(place)] |= place >= 0
    return np.flatnonzero(within)


def _matrices(core: Core) -> list[csr_array]:
    """Return the arcs as matrices, one for each cost, with a last node that stands for nowhere.

    Parallel arcs stay apart: leaving out the longer ones takes longer than it saves.
    """
    order, begin = grouped(core.tail, core.nodes + 1)
    head, shape = core.head[order], (core.nodes + 1, core.nodes + 1)
    return [csr_array((cost[order], head, begin), shape=shape) for cost in core.costs]


def _distinct(nodes: Indices, count: int) -> Rows:
    """Return where each distinct node stands first, in ascending order."""
    first = np.full(count, -1, dtype=np.intp)
    first[nodes[::-1]] = np.arange(len(nodes))[::-1]
    return np.sort(first[first >= 0])


def _positions(chosen: NDArray[np.integer], count: int) -> Indices:
    """Return where each of so many numbers stands among some chosen ones; -1 for nowhere."""
    found = np.full(count, -1, dtype=np.int32)
    found[chosen] = np.arange(len(chosen), dtype=np.int32)
    return found


def _clusters(place: Floats) -> Iterator[NDArray[np.intp]]:
    """Yield positions (ascending) of points that lie near each other, at most a batch of them.

    Halved at the median of the longer side, over and over: a k-d tree's leaves.
    """
    waiting = [np.arange(len(place))] if len(place) else []
    while waiting:
        rows = waiting.pop()
        if len(rows) <= _BATCH:
            yield np.sort(rows)
            continue
        side = int(np.argmax(np.ptp(place[rows], axis=0)))
        order = rows[np.argsort(place[rows, side], kind="stable")]
        middle = len(order) // 2
        waiting += [order[middle:], order[:middle]]


def _within(matrix: csr_array, nodes: Indices, limit: float) -> tuple[csr_array, Indices]:
    """Return the part of a network within a limit of the nearest of some nodes.

    Returns
    -------
    part
        (k, k) costs; the last node again stands for nowhere.
    number
        (N,) position of each node in the part; -1 where it is left out.
    """
    nearest = dijkstra(matrix, indices=nodes, limit=limit, min_only=True)
    inside = np.flatnonzero(np.isfinite(nearest)).astype(np.int32)
    if len(inside) > _MOST_SHARE * len(nearest):
        return matrix, np.append(np.arange(len(nearest) - 1, dtype=np.int32), np.int32(-1))
    number = _positions(inside, len(nearest))
    begin, end = matrix.indptr[inside], matrix.indptr[inside + 1]
    count = end - begin
    start = np.cumsum(count) - count
    entry = np.arange(int(count.sum())) + np.repeat(begin - start, count)
    column = number[matrix.indices[entry]]
    kept = np.flatnonzero(column >= 0)
    total = np.append(0, np.cumsum(column >= 0))
    indptr = np.concatenate([total[start], total[-1:], total[-1:]]).astype(np.int32)
    part = (matrix.data[entry[kept]], column[kept], indptr)
    return csr_array(part, shape=(len(inside) + 1, len(inside) + 1)), number
