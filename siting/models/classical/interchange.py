r"""Improve a choice of sites by opening one, closing one, or both, zones going to the nearest.

For each zone the nearest and the second nearest open site are known. Opening :math:`a` and closing
:math:`b` changes the cost by

.. math::

    f_a - f_b - \underbrace{\sum_i (c_{i1} - c_{ia})^+}_{\text{gain of } a}
    + \underbrace{\sum_{i \to b} (c_{i2} - c_{i1})}_{\text{loss of } b}
    - \underbrace{\sum_{i \to b,\ c_{ia} < c_{i2}} (c_{i2} - \max(c_{i1}, c_{ia}))}_{\text{extra}},

where the last sum is over the zones of :math:`b` alone (R. A. Whitaker, INFOR 21, 1983; M. G. C.
Resende & R. F. Werneck, European Journal of Operational Research 174, 2007). All moves are priced
at once, by three counts over the pairs nearer than the second nearest open site.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from siting.models.classical.lagrangian import Parts

    Values = NDArray[np.float64]
    Sites = NDArray[np.bool_]

TRIES = 20
"""Moves tried one by one, the most promising first, where not all that get on together may go."""


@dataclass(frozen=True, eq=False)
class _Served:
    """Hold the costs of each zone at its two nearest open sites, and which those are or -1."""

    first: Values
    second: Values
    site: NDArray[np.int64]
    other: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Priced:
    """Hold every closed site's best move: what closes for it (-1 for nothing), and the change."""

    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    change: Values
    line: NDArray[np.int64]
    """Zones of pairs nearer than the second nearest open site, by site."""
    begin: NDArray[np.int64]
    """(J + 1,) where each site's begin."""


def improve(
    parts: Parts,
    opened: Sites,
    keeps: Callable[[Sites], bool],
    *,
    far: float,
    may_go_on: Callable[[], bool],
) -> Sites:
    """Return a choice that no promising move makes better.

    Moves that touch no zone in common are made together.

    Parameters
    ----------
    parts
        The question in parts.
    opened
        (J,) where to start.
    keeps
        Tells whether a choice keeps every limit.
    far
        Cost of a zone none of whose nearest sites is open.
    may_go_on
        Asked before each round of moves.
    """
    served = _serve(parts, opened, far)
    cost = _cost(parts, opened, served)
    while may_go_on():
        priced = _price(parts, opened, served)
        for moved in _candidates(priced, opened, served):
            if not keeps(moved):
                continue
            other = _serve(parts, moved, far)
            value = _cost(parts, moved, other)
            if value < cost - 1e-9 * abs(cost):
                opened, served, cost = moved, other, value
                break
        else:
            break
    return opened


def _cost(parts: Parts, opened: Sites, served: _Served) -> float:
    return float(served.first.sum() + parts.fixed[opened].sum())


def _serve(parts: Parts, opened: Sites, far: float) -> _Served:
    near = parts.near
    is_open = opened[near.site] & np.isfinite(near.cost)
    line = np.arange(len(near.cost))
    one = is_open.argmax(axis=1)
    none = ~is_open[line, one]
    is_open[line, one] = False
    two = is_open.argmax(axis=1)
    lone = ~is_open[line, two]
    first = np.where(none, far, near.cost[line, one])
    second = np.where(lone, np.maximum(far, first), near.cost[line, two])
    return _Served(
        first,
        second,
        np.where(none, -1, near.site[line, one]),
        np.where(lone, -1, near.site[line, two]),
    )


def _price(parts: Parts, opened: Sites, served: _Served) -> _Priced:
    near, sites = parts.near, len(opened)
    own = np.flatnonzero(opened)
    slot = np.full(sites + 1, -1)
    slot[own] = np.arange(len(own))
    line, column = np.nonzero(near.cost < served.second[:, None])
    site = near.site[line, column]
    closed = ~opened[site]
    line, site, cost = line[closed], site[closed], near.cost[line, column][closed]
    first, second = served.first[line], served.second[line]
    gain = np.bincount(site, weights=np.maximum(first - cost, 0), minlength=sites)
    at = served.site >= 0
    loss = np.bincount(
        slot[served.site[at]], weights=(served.second - served.first)[at], minlength=len(own)
    )
    place = slot[served.site[line]]
    hit = place >= 0
    extra = np.bincount(
        site[hit] * len(own) + place[hit],
        weights=(second - np.maximum(first, cost))[hit],
        minlength=sites * len(own),
    ).reshape(sites, len(own))
    drop = np.where(parts.kept[own], np.inf, loss - parts.fixed[own])
    add = np.where(opened, np.inf, parts.fixed - gain)
    swap = drop[None, :] - extra
    best = swap.argmin(axis=1) if len(own) else np.zeros(sites, dtype=np.int64)
    least = swap[np.arange(sites), best] if len(own) else np.zeros(sites)
    opens = np.concatenate([np.arange(sites), np.arange(sites), np.full(len(own), -1)])
    closes = np.concatenate([own[best] if len(own) else best, np.full(sites, -1), own])
    change = np.concatenate([add + least, add, drop])
    order = np.argsort(site, kind="stable")
    begin = np.searchsorted(site[order], np.arange(sites + 1))
    return _Priced(opens, closes, change, line[order], begin)


def _candidates(priced: _Priced, opened: Sites, served: _Served) -> Iterator[Sites]:
    """Yield choices to try: all moves that get on with each other at once, then one by one."""
    order = np.argsort(priced.change, kind="stable")
    order = order[priced.change[order] < 0]
    together = _together(priced, order, served)
    if len(together) > 1:
        yield _moved(priced, opened, together)
    for n in order[:TRIES].tolist():
        yield _moved(priced, opened, [n])


def _moved(priced: _Priced, opened: Sites, moves: list[int]) -> Sites:
    moved = opened.copy()
    opens, closes = priced.opens[moves], priced.closes[moves]
    moved[opens[opens >= 0]] = True
    moved[closes[closes >= 0]] = False
    return moved


def _together(priced: _Priced, order: NDArray[np.int64], served: _Served) -> list[int]:
    """Return swaps, the best first, that touch no zone in common, so that their changes add up."""
    touched = np.zeros(len(served.first), dtype=bool)
    chosen = []
    for n in order.tolist():
        a, b = int(priced.opens[n]), int(priced.closes[n])
        if a < 0 or b < 0:
            continue
        zones = priced.line[priced.begin[a] : priced.begin[a + 1]]
        if touched[zones].any():
            continue
        own = np.flatnonzero((served.site == b) | (served.other == b))
        if not touched[own].any():
            touched[zones] = touched[own] = True
            chosen.append(n)
    return chosen
