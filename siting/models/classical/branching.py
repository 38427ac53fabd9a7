r"""Branch on sites, bounding each part by prices, until nothing cheaper than a cutoff is left.

Each node of the tree says of some sites that they open, of others that they stay closed. A few
steps of prices, from those of the node before, raise its bound and settle more sites; the node with
the least bound comes next and branches on the site that good prices open most often
(N. Christofides & J. E. Beasley, European Journal of Operational Research 10, 1982; J. E. Beasley,
21, 1985). With few open sites, where the linear relaxation leaves a gap, some dozen nodes do what
takes a solver of linear programs minutes.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.lagrangian import Ascent, bound_at, margins
from siting.models.classical.nearest import Nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.lagrangian import Parts, Prices
    from siting.models.classical.reduced import Reduced

    Sites = NDArray[np.bool_]

STEPS = 30
"""Steps of prices at a node."""
LENGTH = 0.2
"""Of the first of them."""
ABOVE = 5e-4
"""How far above the cutoff steps aim, relatively: an aim that is reached stops them."""


@dataclass(frozen=True, eq=False)
class Core:
    """Hold the question in parts over the sites and pairs that are left."""

    parts: Parts
    sites: NDArray[np.int64]
    """Which sites of the question these are."""


@dataclass(frozen=True, eq=False)
class _Node:
    kept: Sites
    closed: Sites
    prices: Prices
    often: NDArray[np.float64]
    """(J,) how often the last prices open each site."""


@dataclass(frozen=True, eq=False)
class Tree:
    """Hold how a search of the tree ended."""

    bound: float
    """Proven; inf where nothing is left."""
    done: bool


def core_of(parts: Parts, left: Reduced) -> Core:
    """Return what is left of a question as a question of its own.

    Parameters
    ----------
    parts, left
        The question in parts, and what is left of it.
    """
    near, able = parts.near, left.may
    width = max(int(able.sum(axis=1).max(initial=1)), 1)
    order = np.argsort(~able, axis=1, kind="stable")[:, :width]
    held = np.take_along_axis(able, order, axis=1)
    sites = np.flatnonzero(left.upper > 0)
    place = np.zeros(len(left.upper), dtype=np.int32)
    place[sites] = np.arange(len(sites))
    cost = np.where(held, np.take_along_axis(near.cost, order, axis=1), np.inf)
    site = np.where(held, place[np.take_along_axis(near.site, order, axis=1)], 0)
    rest = np.full(len(cost), np.inf)
    core = replace(
        parts,
        near=Nearest(near.zone, np.take_along_axis(near.pair, order, axis=1), site, cost, rest),
        fixed=parts.fixed[sites],
        kept=left.lower[sites] > 0,
        closed=np.zeros(len(sites), dtype=bool),
        rows=parts.rows[:, sites],
    )
    return Core(core, sites)


def branch(
    core: Core,
    prices: Prices,
    cutoff: Callable[[], float],
    offer: Callable[[Sites], None],
    may_go_on: Callable[[int], bool],
) -> Tree:
    """Search the tree and return what it proves.

    Parameters
    ----------
    core
        What is left of the question.
    prices
        Prices to start from, on the whole question.
    cutoff
        Returns the cost at which a choice does not matter any more; it may fall.
    offer
        Called with sites of the core, (J,), worth looking at.
    may_go_on
        Asked before each node, with the number of nodes so far.
    """
    parts = core.parts
    start = bound_at(parts, prices.zone, prices.row)
    root = _Node(parts.kept, parts.closed, start, prices.opened[core.sites].astype(float))
    order, count = itertools.count(), 0
    heap = [(start.bound, next(order), root)]
    while heap:
        bound, _, node = heap[0]
        if bound > cutoff():
            break
        if not may_go_on(count):
            return Tree(bound, done=False)
        heapq.heappop(heap)
        count += 1
        for child in _children(parts, node):
            explored = _explore(parts, child, cutoff())
            if explored is None:
                continue
            settled = explored.kept | explored.closed
            offer(explored.kept if settled.all() else explored.prices.opened)
            if not settled.all():
                value = max(explored.prices.bound, bound)
                heapq.heappush(heap, (value, next(order), explored))
    return Tree(np.inf, done=True)


def _children(parts: Parts, node: _Node) -> list[_Node]:
    free = ~node.kept & ~node.closed
    if not free.any():
        return [node]
    site = int(np.where(free, node.often, -1.0).argmax())
    kept, closed = node.kept.copy(), node.closed.copy()
    kept[site] = closed[site] = True
    return [_filled(parts, replace(node, kept=kept)), _filled(parts, replace(node, closed=closed))]


def _filled(parts: Parts, node: _Node) -> _Node:
    """Return a node that says of all sites what the count alone settles."""
    if int(node.kept.sum()) == parts.most:
        return replace(node, closed=~node.kept)
    if int((~node.closed).sum()) == parts.least:
        return replace(node, kept=~node.closed)
    return node


def _explore(parts: Parts, node: _Node, cutoff: float) -> _Node | None:
    """Raise a node's bound and settle more of its sites; None if nothing in it matters."""
    if int(node.kept.sum()) > parts.most or int((~node.closed).sum()) < parts.least:
        return None
    part = replace(parts, kept=node.kept, closed=node.closed)
    ascent = Ascent(part, bound_at(part, node.prices.zone, node.prices.row), length=LENGTH)
    ascent.often = node.often
    for step in range(STEPS):
        if ascent.best.bound > cutoff:
            return None
        if ascent.stale == 0 or step == 0:
            node = _settled(parts, node, ascent, cutoff)
        if (node.kept | node.closed).all():
            break
        ascent.step(cutoff + ABOVE * abs(cutoff))
    if ascent.best.bound > cutoff:
        return None
    return replace(node, prices=ascent.best, often=ascent.often)


def _settled(parts: Parts, node: _Node, ascent: Ascent, cutoff: float) -> _Node:
    passed = ascent.best.bound + margins(ascent.parts, ascent.best) > cutoff
    free = passed & ~node.kept & ~node.closed
    if not free.any():
        return node
    kept = node.kept | (free & ascent.best.opened)
    closed = node.closed | (free & ~ascent.best.opened)
    node = _filled(parts, replace(node, kept=kept, closed=closed))
    ascent.parts = replace(ascent.parts, kept=node.kept, closed=node.closed)
    ascent.best = bound_at(ascent.parts, ascent.best.zone, ascent.best.row)
    return node
