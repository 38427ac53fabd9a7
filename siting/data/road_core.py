"""Leave out of a network what no search needs as a node.

References
----------
R. Geisberger, P. Sanders, D. Schultes, D. Delling, "Contraction Hierarchies", WEA 2008, 319-333:
here only the nodes with the fewest neighbours are contracted, without witness searches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]
    Bools = NDArray[np.bool_]

_ROUNDS = 2
"""How often nodes with few neighbours are left out; more rounds take longer than they save."""
_FEW = 3
"""Neighbours of a node that may be left out: more would take more arcs than they save."""


class Pieces(NamedTuple):
    """Hold pieces of edges in order: those of one edge follow each other, from its tail on."""

    tail: Indices
    head: Indices
    costs: tuple[Floats, ...]
    nodes: int
    junctions: int
    """Nodes from this number on lie on one street each."""

    def reversed(self) -> Pieces:
        """Return the pieces driven the other way."""
        costs = tuple(cost[::-1] for cost in self.costs)
        return Pieces(self.head[::-1], self.tail[::-1], costs, self.nodes, self.junctions)


class Behind(NamedTuple):
    """Say where targets lie: each row so far behind a node of the core."""

    target: Indices
    """Node of the whole network; ascending. A target may have several rows: the least counts."""
    node: Indices
    offsets: tuple[Floats, ...]


def contracted(pieces: Pieces, sources: Indices, targets: Indices) -> tuple[Pieces, Behind]:
    """Leave out what no search needs as a node, and say where the targets lie.

    Of points on a street only the sources stay, and no way leads to them: they have arcs to the
    street's end, so they are in nobody else's way.

    Parameters
    ----------
    pieces
        The network, in the direction of the search.
    sources
        Nodes where searches begin.
    targets
        Nodes to find.
    """
    inner = np.arange(pieces.nodes) >= pieces.junctions
    begin = np.flatnonzero(~inner[pieces.tail])
    chain = np.cumsum(~inner[pieces.tail]) - 1
    ends = np.append(begin[1:], len(chain)) - 1 if len(begin) else begin
    along = tuple(_along(cost, begin, chain) for cost in pieces.costs)
    starts = _marked(sources, pieces.nodes)
    start = np.flatnonzero((inner & starts)[pieces.head])
    passed = np.flatnonzero((inner & _marked(targets, pieces.nodes))[pieces.head])
    own = targets[~inner[targets] | starts[targets]]
    last = ends[chain[start]]
    low, high = (np.searchsorted(passed, at, side="right") for at in (start, last))
    which, position = _ranges(low, high - low)
    ahead, behind_it = passed[position], start[which]
    core = Pieces(
        tail=np.concatenate([pieces.tail[begin], pieces.head[start]]),
        head=np.concatenate([pieces.head[ends], pieces.head[last]]),
        costs=tuple(
            np.concatenate([far[ends], np.maximum(far[last] - far[start], 0)]) for far in along
        ),
        nodes=pieces.nodes,
        junctions=pieces.junctions,
    )
    behind = Behind(
        target=np.concatenate([own, pieces.head[passed], pieces.head[ahead]]),
        node=np.concatenate([own, pieces.tail[begin[chain[passed]]], pieces.head[behind_it]]),
        offsets=tuple(
            np.concatenate(
                [np.zeros(len(own)), far[passed], np.maximum(far[ahead] - far[behind_it], 0)]
            )
            for far in along
        ),
    )
    for _ in range(_ROUNDS):
        core, behind = _without_lesser(core, behind, sources)
    order = np.argsort(behind.target, kind="stable")
    offsets = tuple(offset[order] for offset in behind.offsets)
    return core, Behind(behind.target[order], behind.node[order], offsets)


def _marked(nodes: Indices, count: int) -> Bools:
    marked = np.zeros(count, dtype=bool)
    marked[nodes] = True
    return marked


def _along(cost: Floats, begin: NDArray[np.intp], chain: NDArray[np.intp]) -> Floats:
    """Return what it costs from the begin of each piece's chain to the end of the piece."""
    total = np.cumsum(cost)
    far = total - (total[begin] - cost[begin])[chain]
    far[begin] = cost[begin]
    return far


def _without_lesser(core: Pieces, behind: Behind, sources: Indices) -> tuple[Pieces, Behind]:
    """Leave out nodes with few neighbours, none of which are left out as well.

    Ways through such a node become arcs between its neighbours; what lies behind it lies behind
    each of them.
    """
    gone = _lesser(core, sources)
    into = np.flatnonzero(gone[core.head])
    into = into[np.argsort(core.head[into], kind="stable")]
    out = np.flatnonzero(gone[core.tail] & ~gone[core.head])
    at_out, arc = _joined(core.tail[out], core.head[into])
    first, second = into[arc], out[at_out]
    round_trip = core.tail[first] == core.head[second]
    first, second = first[~round_trip], second[~round_trip]
    at_row, entry = _joined(behind.node, core.head[into])
    stay, still = ~gone[core.tail] & ~gone[core.head], ~gone[behind.node]
    tail = np.concatenate([core.tail[stay], core.tail[first]])
    head = np.concatenate([core.head[stay], core.head[second]])
    costs = tuple(np.concatenate([c[stay], c[first] + c[second]]) for c in core.costs)
    offsets = tuple(
        np.concatenate([offset[still], offset[at_row] + cost[into[entry]]])
        for offset, cost in zip(behind.offsets, core.costs, strict=True)
    )
    target = np.concatenate([behind.target[still], behind.target[at_row]])
    node = np.concatenate([behind.node[still], core.tail[into[entry]]])
    rest = Pieces(tail, head, costs, core.nodes, core.junctions)
    return rest, Behind(target, node, offsets)


def _lesser(core: Pieces, sources: Indices) -> Bools:
    """Choose nodes with at most so many neighbours, of which none is chosen as well."""
    street = (core.tail < core.junctions) & (core.head < core.junctions)
    tail, head = core.tail[street], core.head[street]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    code = np.sort(low[low < high].astype(np.int64) * core.nodes + high[low < high])
    code = code[np.flatnonzero(np.diff(code, prepend=-1))]
    low, high = code // core.nodes, code % core.nodes
    count = np.bincount(low, minlength=core.nodes) + np.bincount(high, minlength=core.nodes)
    able = (count >= 1) & (count <= _FEW)
    able[sources] = False
    # Of two neighbours the one with fewer of its own goes, of equals the one that hashes lower.
    rank = count * np.int64(core.nodes) + (np.arange(core.nodes) * 40503) % core.nodes
    pairs = able[low] & able[high]
    low, high = low[pairs], high[pairs]
    able[np.where(rank[low] < rank[high], high, low)] = False
    return np.asarray(able)


def _joined(keys: Indices, ordered: Indices) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return positions of keys and of equal entries of an ordered list, every combination."""
    begin = np.searchsorted(ordered, keys, side="left")
    count = np.searchsorted(ordered, keys, side="right") - begin
    return _ranges(begin, count)


def _ranges(
    begin: NDArray[np.intp], count: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return number and members of ranges, one after the other."""
    which = np.repeat(np.arange(len(begin)), count)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return which, begin[which] + nth
