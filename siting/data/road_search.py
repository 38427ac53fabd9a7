"""Search a split network from the points of one end to those of the other, within a limit.

One Dijkstra run per node of the smaller side gives every pair: from sites on the reversed network,
which gives times from zone to site. What is left out of the search changes no answer. Points on a
street are no nodes: they lie so far behind the last junction before them, and where a search begins
it leaves the street at its end. Junctions with few neighbours are no nodes either: the ways through
them become arcs (`siting.data.road_core`). And sources that lie near each other are searched for
together, in the part of the network within the limit of the nearest of them, where all ways from
all of them lie.

References
----------
E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1 (1959)
269-271.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from siting.data.road_core import contracted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.road_core import Pieces

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]
    Bools = NDArray[np.bool_]
    Found = tuple[Indices, Indices, Floats, Floats]
    Batch = tuple[Indices, Indices, tuple[Floats, ...]]

_BATCH = 100
"""Most sources of one Dijkstra call."""


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


class Search:
    """Run from the end with fewer nodes to all points of the other end.

    Parameters
    ----------
    pieces
        The network, with the costs to search by.
    zones, sites
        Where ways begin and end.
    """

    def __init__(self, pieces: Pieces, zones: End, sites: End) -> None:
        zone_rows, site_rows = np.flatnonzero(zones.within), np.flatnonzero(sites.within)
        self.from_sites = len(np.unique(sites.node[site_rows])) <= len(
            np.unique(zones.node[zone_rows])
        )
        ends = ((sites, site_rows), (zones, zone_rows))
        (self.near, self.near_rows), (self.far, self.far_rows) = (
            ends if self.from_sites else ends[::-1]
        )
        self.sources, first = np.unique(self.near.node[self.near_rows], return_index=True)
        self.places = self.near.place[self.near_rows[first]]
        targets = np.unique(self.far.node[self.far_rows])
        oriented = pieces.reversed() if self.from_sites else pieces
        core, self.behind = contracted(oriented, self.sources, targets)
        self.matrices = [_matrix(core, cost) for cost in core.costs]

    def batches(self, *limits: float) -> Iterator[Batch]:
        """Yield near rows (n,), far rows (f,), and for each cost the least between them, (n, f).

        There is one limit for each cost, beyond which it is infinite; far rows beyond the first
        limit are left out.
        """
        near_rows, far_rows = self.near_rows.astype(np.int32), self.far_rows.astype(np.int32)
        of_source = np.searchsorted(self.sources, self.near.node[near_rows])
        of_target = self.far.node[far_rows]
        for batch in _clusters(self.places):
            position = _positions(batch, len(self.sources))[of_source]
            rows = np.flatnonzero(position >= 0)
            far: NDArray[np.intp] | None = None
            found = []
            for number, limit in enumerate(limits):
                targets, cost = self._least(number, self.sources[batch], limit)
                column = _positions(targets, self.matrices[number].shape[0])[of_target]
                far = np.flatnonzero(column >= 0) if far is None else far
                # Column -1 stands for no way: within the first limit, but beyond this one.
                least = np.column_stack([cost, np.full(len(cost), np.inf)])
                found.append(least.take(column[far], axis=1).take(position[rows], axis=0))
            if far is not None:
                yield near_rows[rows], far_rows[far], tuple(found)

    def total(self, near: Indices, far: Indices, cost: Floats, per_km: float) -> Floats:
        """Add both access legs to costs (n, f)."""
        legs = self.near.access_km[near][:, None] + self.far.access_km[far][None, :]
        total: Floats = cost + per_km * legs
        return total

    def bound(self, near: Indices, far: Indices, limit: Floats) -> Floats:
        """Return the zones' limits in the shape of costs: (1, f) or (n, 1)."""
        return limit[far][None, :] if self.from_sites else limit[near][:, None]

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
        position = np.arange(len(zone), dtype=np.int32)
        # Column by column, each sorted by row: faster than sorting pairs.
        table = coo_array((position, (site, zone)), shape=shape).tocsc()
        order = table.data
        zone = np.repeat(np.arange(shape[1], dtype=np.int32), np.diff(table.indptr))
        lengths = np.full(len(order), np.nan) if km is None else np.concatenate([*km, ()])[order]
        return zone, table.indices.astype(np.int32, copy=False), minutes[order], lengths

    def _least(self, number: int, sources: Indices, limit: float) -> tuple[Indices, Floats]:
        """Return the targets that lie near some sources, and the least cost to each, (s, t)."""
        matrix = self.matrices[number]
        part, place = _within(matrix, sources, limit)
        cost = dijkstra(part, indices=place[sources], limit=limit)
        rows = np.flatnonzero(place[self.behind.node] >= 0)
        target = self.behind.target[rows]
        if not len(rows):
            return target, np.empty((len(sources), 0))
        reached = cost.take(place[self.behind.node[rows]], axis=1)
        reached += self.behind.offsets[number][rows]
        begin = np.flatnonzero(np.diff(target, prepend=-1))
        return target[begin], np.minimum.reduceat(reached, begin, axis=1)


def _matrix(core: Pieces, cost: Floats) -> csr_array:
    """Return the least cost between neighbours."""
    code = core.tail.astype(np.int64) * core.nodes + core.head
    order = np.argsort(code)
    begin = np.flatnonzero(np.diff(code[order], prepend=-1))
    least = np.minimum.reduceat(cost[order], begin) if len(begin) else cost
    start, stop = core.tail[order[begin]], core.head[order[begin]]
    return csr_array((least, (start, stop)), shape=(core.nodes, core.nodes))


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
        (k, k) costs.
    number
        (N,) position of each node in the part; -1 where it is left out.
    """
    nearest = dijkstra(matrix, indices=nodes, limit=limit, min_only=True)
    inside = np.flatnonzero(np.isfinite(nearest)).astype(np.int32)
    number = _positions(inside, matrix.shape[0])
    begin, end = matrix.indptr[inside], matrix.indptr[inside + 1]
    count = end - begin
    start = np.cumsum(count) - count
    entry = np.arange(int(count.sum())) + np.repeat(begin - start, count)
    column = number[matrix.indices[entry]]
    row = np.repeat(np.arange(len(inside), dtype=np.int32), count)
    kept = column >= 0
    indptr = np.zeros(len(inside) + 1, dtype=np.int32)
    np.cumsum(np.bincount(row[kept], minlength=len(inside)), out=indptr[1:])
    data = matrix.data[entry[kept]]
    return csr_array((data, column[kept], indptr), shape=(len(inside), len(inside))), number
