"""Leave out of a network what no search needs as a node.

References
----------
R. Geisberger, P. Sanders, D. Schultes, D. Delling, "Contraction Hierarchies", WEA 2008, 319-333:
here only the nodes that fewest ways lead through are contracted, without witness searches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]
    Rows = NDArray[np.intp]
    Bools = NDArray[np.bool_]

_ROUNDS = 3
"""How often nodes with few ways are left out; more rounds take longer than they save."""
_FEW = 9
"""Ways through a node that may be left out, each a new arc: as three two-way streets that meet."""

_HASH, _HASH_BITS = 40503, 16
"""Knuth's multiplier for 16 bits: neighbours, often numbered in order, come to lie far apart."""


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
    """Node of the whole network. A target may have several rows: the least counts."""
    node: Indices
    offsets: tuple[Floats, ...]


class Core(NamedTuple):
    """Hold what is left of a network: arcs between nodes numbered anew."""

    tail: Indices
    head: Indices
    costs: tuple[Floats, ...]
    nodes: int
    behind: Behind
    """Where the targets lie."""
    sources: Indices
    """Where searches begin, in the order asked."""


def contracted(
    pieces: Pieces, sources: Indices, targets: Indices, legs: tuple[Floats, ...]
) -> Core:
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
    legs
        For each cost, what is added to every way from a node, (nodes,). It is 0 at junctions, which
        ways lead through.
    """
    core, behind = _without_points(pieces, sources, targets, legs)
    for _ in range(_ROUNDS):
        core, behind = _without_lesser(core, behind, sources)
    used = np.zeros(core.nodes, dtype=bool)
    for nodes in (core.tail, core.head, behind.node, sources):
        used[nodes] = True
    number = np.cumsum(used, dtype=np.int32) - 1
    return Core(
        tail=number[core.tail],
        head=number[core.head],
        costs=core.costs,
        nodes=int(used.sum()),
        behind=behind._replace(node=number[behind.node]),
        sources=number[sources],
    )


def _without_points(
    pieces: Pieces, sources: Indices, targets: Indices, legs: tuple[Floats, ...]
) -> tuple[Pieces, Behind]:
    """Leave out points on streets: arcs run from junction to junction, and from sources."""
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
            np.concatenate([far[ends], _step(far, start, last) + leg[pieces.head[start]]])
            for far, leg in zip(along, legs, strict=True)
        ),
        nodes=pieces.nodes,
        junctions=pieces.junctions,
    )
    behind = Behind(
        target=np.concatenate([own, pieces.head[passed], pieces.head[ahead]]),
        node=np.concatenate([own, pieces.tail[begin[chain[passed]]], pieces.head[behind_it]]),
        offsets=tuple(
            np.concatenate(
                [leg[own], far[passed], _step(far, behind_it, ahead) + leg[pieces.head[behind_it]]]
            )
            for far, leg in zip(along, legs, strict=True)
        ),
    )
    return core, behind


def _marked(nodes: Indices, count: int) -> Bools:
    marked = np.zeros(count, dtype=bool)
    marked[nodes] = True
    return marked


def _along(cost: Floats, begin: Rows, chain: Rows) -> Floats:
    """Return what it costs from the begin of each piece's chain to the end of the piece."""
    total = np.cumsum(cost)
    far = total - (total[begin] - cost[begin])[chain]
    far[begin] = cost[begin]
    return far


def _step(far: Floats, start: Rows, stop: Rows) -> Floats:
    return np.maximum(far[stop] - far[start], 0)


def _without_lesser(core: Pieces, behind: Behind, sources: Indices) -> tuple[Pieces, Behind]:
    """Leave out nodes that few ways lead through, none of which are neighbours.

    Ways through such a node become arcs between its neighbours; what lies behind it lies behind
    each of them.
    """
    gone = _lesser(core, sources)
    leaves, enters = gone[core.tail], gone[core.head]
    into, out = np.flatnonzero(enters), np.flatnonzero(leaves)
    order, begin = grouped(core.head[into], core.nodes)
    into, count = into[order], np.diff(begin)
    at_out, arc = _ranges(begin[core.tail[out]], count[core.tail[out]])
    at_row, entry = _ranges(begin[behind.node], count[behind.node])
    first, second, entry = into[arc], out[at_out], into[entry]
    onward = np.flatnonzero(core.tail[first] != core.head[second])
    first, second = first[onward], second[onward]
    stay, still = np.flatnonzero(~(leaves | enters)), np.flatnonzero(~gone[behind.node])
    rest = core._replace(
        tail=np.concatenate([core.tail[stay], core.tail[first]]),
        head=np.concatenate([core.head[stay], core.head[second]]),
        costs=tuple(np.concatenate([c[stay], c[first] + c[second]]) for c in core.costs),
    )
    behind = Behind(
        target=np.concatenate([behind.target[still], behind.target[at_row]]),
        node=np.concatenate([behind.node[still], core.tail[entry]]),
        offsets=tuple(
            np.concatenate([offset[still], offset[at_row] + cost[entry]])
            for offset, cost in zip(behind.offsets, core.costs, strict=True)
        ),
    )
    return rest, behind


def _lesser(core: Pieces, sources: Indices) -> Bools:
    """Choose nodes with at most so many ways through them, no two of them neighbours."""
    ways = np.bincount(core.head, minlength=core.nodes)
    ways *= np.bincount(core.tail, minlength=core.nodes)
    able = (ways > 0) & (ways <= _FEW)
    able[sources] = False
    pairs = np.flatnonzero(able[core.tail] & able[core.head])
    one, other = core.tail[pairs], core.head[pairs]
    # Of two neighbours the one with fewer ways goes, of equals the one that hashes lower.
    rank = (ways << _HASH_BITS) + (np.arange(core.nodes) * _HASH & ((1 << _HASH_BITS) - 1))
    able[np.where(rank[one] < rank[other], other, one)] = False
    return np.asarray(able)


def grouped(keys: Indices, count: int) -> tuple[Indices, Indices]:
    """Sort keys below a count by counting them, equal ones in the order given.

    Returns
    -------
    order
        (K,) positions.
    begin
        (count + 1,) where each key's positions begin.
    """
    ones = np.ones(len(keys), dtype=np.int8)
    each = np.arange(len(keys) + 1, dtype=np.int32)
    table = csr_array((ones, keys, each), shape=(len(keys), count)).tocsc()
    return table.indices, table.indptr


def _ranges(begin: NDArray[np.integer], count: NDArray[np.integer]) -> tuple[Rows, Rows]:
    """Return number and members of ranges, one after the other."""
    which = np.repeat(np.arange(len(begin)), count)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return which, begin[which] + nth
