"""Join segments into edges from junction to junction, as osmnx.simplify_graph does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.osm.segments import Segments

    Rows = NDArray[np.int64]

_BENDS = (2, 4)
"""Links of a node that merely bends a one-way or a two-way street."""


@dataclass(frozen=True, eq=False)
class Chains:
    """Hold E directed edges between junctions, each of one or more segments in driving order."""

    tail: Rows
    """(E,) rows of nodes."""
    head: Rows
    edge: Rows
    """(P,) edge of each part, ascending."""
    segment: Rows
    """(P,) row of the segment that is this part."""


def junctions(segments: Segments, nodes: int) -> NDArray[np.bool_]:
    """Tell which nodes end an edge.

    All but those with exactly two neighbours and two or four links, of which some come in and some
    go out. See G. Boeing, "Topological Graph Simplification Solutions to the Street Intersection
    Miscount Problem", Transactions in GIS 29 (3), 2025, e70037.

    Parameters
    ----------
    segments
        Directed, parallel ones counted singly.
    nodes
        How many nodes there are.

    Returns
    -------
    is_junction
        (nodes,) true also for nodes without a segment.
    """
    tail, head = segments.tail, segments.head
    out = np.bincount(tail, minlength=nodes)
    into = np.bincount(head, minlength=nodes)
    pairs = np.unique(np.concatenate([tail * nodes + head, head * nodes + tail]))
    neighbours = np.bincount(pairs // nodes, minlength=nodes)
    bends = (neighbours == 2) & np.isin(out + into, _BENDS)  # noqa: PLR2004 - from and to
    return np.asarray(~(bends & (out > 0) & (into > 0)), dtype=np.bool_)


def simplified(segments: Segments, nodes: int) -> Chains:
    """Return edges from junction to junction.

    Rings that touch no junction are left out, as osmnx leaves them out: nothing leads there.

    Parameters
    ----------
    segments
        Directed.
    nodes
        How many nodes there are.
    """
    ends = junctions(segments, nodes)
    first = _first_of_parallels(segments, nodes)
    following = _following(segments, ends, first, nodes)
    direct = ends[segments.tail] & ends[segments.head]
    starts = ends[segments.tail] & ~ends[segments.head]
    starts[starts] = np.isin(np.flatnonzero(starts), first)
    chain, segment, head = _followed(segments, np.flatnonzero(starts), following, ends)
    lone = np.flatnonzero(direct)
    tails = np.concatenate([segments.tail[lone], segments.tail[np.flatnonzero(starts)]])
    heads = np.concatenate([segments.head[lone], head])
    edge = np.concatenate([np.arange(len(lone)), chain + len(lone)])
    part = np.concatenate([lone, segment])
    whole = heads >= 0
    renumbered = np.cumsum(whole) - 1
    kept = whole[edge]
    return Chains(tails[whole], heads[whole], renumbered[edge[kept]], part[kept])


def _first_of_parallels(segments: Segments, nodes: int) -> Rows:
    """Return one segment for every pair of nodes, sorted by the pair."""
    _, first = np.unique(segments.tail * nodes + segments.head, return_index=True)
    return np.asarray(first, dtype=np.int64)


def _following(segments: Segments, ends: NDArray[np.bool_], first: Rows, nodes: int) -> Rows:
    """Return the segment after each one that runs into a bend; -1 where there is none.

    A bend has two neighbours, so the next node is the other one: the sum of both, less the node
    that one came from.
    """
    tail, head = segments.tail, segments.head
    pairs = np.unique(np.concatenate([tail * nodes + head, head * nodes + tail]))
    both = np.zeros(nodes, dtype=np.int64)
    np.add.at(both, pairs // nodes, pairs % nodes)
    onward = both[head] - tail
    key = tail[first] * nodes + head[first]
    wanted = np.where(ends[head], -1, head * nodes + onward)
    at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    found = np.where((key[at] == wanted) & ~ends[head], first[at], -1)
    return np.asarray(found, dtype=np.int64)


def _followed(
    segments: Segments, starts: Rows, following: Rows, ends: NDArray[np.bool_]
) -> tuple[Rows, Rows, Rows]:
    """Walk all chains at once, a segment a step; return chain and segment of each part, and heads.

    The head is -1 where a chain breaks off before a junction.
    """
    chains = [np.arange(len(starts))]
    parts = [starts]
    head = segments.head[starts]
    now, active = starts, np.arange(len(starts))
    while len(active):
        onward = following[now]
        broken = (onward < 0) & ~ends[segments.head[now]]
        head[active[broken]] = -1
        going = onward >= 0
        active, now = active[going], onward[going]
        chains.append(active)
        parts.append(now)
        head[active] = segments.head[now]
    chain, part = np.concatenate(chains), np.concatenate(parts)
    order = np.argsort(chain, kind="stable")
    return chain[order], part[order], head
