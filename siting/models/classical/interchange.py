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
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.lagrangian import Parts

    Values = NDArray[np.float64]
    Sites = NDArray[np.bool_]

TRIES = 20
"""Moves tried, the most promising first, before a choice counts as the best of its neighbours."""


@dataclass(frozen=True, eq=False)
class _Served:
    """Hold the costs of each zone at its nearest and second nearest open site, and the nearest."""

    first: Values
    second: Values
    site: NDArray[np.int64]


def improve(
    parts: Parts,
    opened: Sites,
    keeps: Callable[[Sites], bool],
    *,
    far: float,
    may_go_on: Callable[[], bool],
) -> Sites:
    """Return a choice that no promising move makes better.

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
        Asked before each move.
    """
    served = _serve(parts, opened, far)
    cost = _cost(parts, opened, served)
    while may_go_on():
        for a, b in _moves(parts, opened, served):
            moved = opened.copy()
            if a >= 0:
                moved[a] = True
            if b >= 0:
                moved[b] = False
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
    return _Served(first, second, np.where(none, -1, near.site[line, one]))


def _moves(parts: Parts, opened: Sites, served: _Served) -> list[tuple[int, int]]:
    """Return the most promising moves, each as what opens and what closes, -1 for nothing."""
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
    change = (parts.fixed - gain)[:, None] + (loss - parts.fixed[own])[None, :] - extra
    change[opened] = np.inf
    change[:, parts.kept[own]] = np.inf
    add = np.where(opened, np.inf, parts.fixed - gain)
    drop = np.where(parts.kept[own], np.inf, loss - parts.fixed[own])
    return _best(change, add, drop, own)


def _best(
    change: Values, add: Values, drop: Values, own: NDArray[np.int64]
) -> list[tuple[int, int]]:
    every = np.concatenate([change.ravel(), add, drop])
    count = min(TRIES, len(every))
    picked = np.argpartition(every, count - 1)[:count]
    picked = picked[np.lexsort((picked, every[picked]))]
    moves = []
    for n in picked[every[picked] < 0].tolist():
        if n < change.size:
            a, b = divmod(n, change.shape[1])
            moves.append((a, int(own[b])))
        elif n < change.size + len(add):
            moves.append((n - change.size, -1))
        else:
            moves.append((-1, int(own[n - change.size - len(add)])))
    return moves
