r"""Make a covering question smaller without changing what it is worth.

With :math:`K` the most times any zone needs or rewards coverage, and :math:`A_j` the zones within
reach of site :math:`j`:

- a kept site is open: what it covers is earned, and its zones ask for that much less;
- zones that the same sites reach, and that need as much coverage, are one zone;
- a site is left out if at least :math:`K` others, none of them dearer, reach all that it does.
  In any choice with :math:`j` one of the others is closed and can take its place, or all are open
  and :math:`j` adds nothing. So no limit may hold the others back where it lets :math:`j` pass, nor
  ask for :math:`j` itself: in rows :math:`M y \le b`, :math:`0 \le M_j` and :math:`M_k \le M_j`;
- a zone that only has to be covered is left out if another such zone's sites all reach it, and a
  site is open if it alone reaches such a zone (C. Toregas & C. ReVelle, Geographical Analysis 5,
  1973).

Where sites have a capacity, only zones are merged: they may share what they get evenly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.classical.cover import inner
from siting.models.classical.same_rows import same_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover
    from siting.models.classical.question import Limits

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Indices = NDArray[np.int64]

MOST_WORK = 100_000_000
"""Products of a comparison of all sites, or all zones, above which it is left out."""
ROUNDS = 10


@dataclass(frozen=True, eq=False)
class Reduced:
    """Hold a smaller question, and the way back."""

    cover: Cover
    site: Indices
    """(J',) which site each was."""
    opened: Flags
    """(J,) sites that are open already."""
    earned: float
    """What those are worth."""
    group: Indices
    """The zone that each has become, or -1: (I,) of the question, where sites have a capacity."""
    least: int
    """Fewest open sites; asked for at the end where it costs nothing."""

    def expand(self, opened: Flags) -> Flags:
        """Return (J,) open sites of the whole question for (J',) ones of the smaller."""
        whole = self.opened.copy()
        whole[self.site[opened]] = True
        missing = self.least - int(whole.sum())
        if missing > 0:
            whole[np.flatnonzero(~whole)[:missing]] = True
        return whole

    def shrink(self, opened: Flags) -> Flags:
        """Return (J',) open sites of the smaller question for (J,) ones of the whole."""
        return opened[self.site]


def reduce(cover: Cover, *, closed: Flags | None = None, opened: Flags | None = None) -> Reduced:
    """Return a smaller question of the same worth.

    Parameters
    ----------
    cover
        The question.
    closed, opened
        (J,) sites that are to be closed, and open, whatever the question says.
    """
    sites = np.arange(cover.sites)
    group = np.arange(len(cover.weight))
    state = Reduced(cover, sites, np.zeros(cover.sites, dtype=bool), 0.0, group, cover.least)
    if cover.capacity is not None:
        return _merge(state)
    if not len(cover.limits.names) and not np.any(cover.price):
        state = replace(state, cover=replace(cover, least=0))
    forced = cover.kept if opened is None else cover.kept | opened
    state = _open(state, forced)
    if closed is not None:
        stay = np.flatnonzero(~closed[state.site])
        state = replace(state, cover=_with_sites(state.cover, stay), site=state.site[stay])
    state = _merge(state)
    for _ in range(ROUNDS):
        before = state.cover.reach.shape
        state = _merge(_drop_sites(state))
        state = _drop_zones(state)
        state = _open(state, _essential(state.cover))
        if state.cover.reach.shape == before:
            break
    return state


def _open(state: Reduced, forced: Flags) -> Reduced:
    """Return the question with some of its sites open already and gone from it."""
    cover = state.cover
    if not forced.any():
        return state
    opened, stay = state.opened.copy(), np.flatnonzero(~forced)
    opened[state.site[forced]] = True
    times = cover.times(forced)
    extra = np.maximum(times - cover.need, 0.0)
    worth, earned = cover.worth.copy(), state.earned - float(cover.price[forced].sum())
    for _ in range(len(worth)):
        shifted = extra > 0
        earned += float(worth[0, shifted].sum())
        worth[:-1, shifted] = worth[1:, shifted]
        worth[-1, shifted] = 0.0
        extra[shifted] -= 1
    fixed = cover.limits.rows @ forced.astype(float)
    less = int(forced.sum())
    smaller = replace(
        _with_sites(cover, stay),
        worth=worth,
        need=np.maximum(cover.need - times, 0.0),
        least=max(cover.least - less, 0),
        most=cover.most - less,
    )
    limits = smaller.limits
    moved = replace(limits, lower=limits.lower - fixed, upper=limits.upper - fixed)
    smaller = replace(smaller, limits=moved)
    return replace(state, cover=smaller, site=state.site[stay], opened=opened, earned=earned)


def _with_sites(cover: Cover, stay: Indices) -> Cover:
    limits = cover.limits
    return replace(
        cover,
        reach=cover.reach[:, stay].tocsr(),
        price=cover.price[stay],
        kept=np.zeros(len(stay), dtype=bool),
        limits=replace(limits, rows=sparse.csr_array(limits.rows[:, stay])),
    )


def _merge(state: Reduced) -> Reduced:
    """Merge zones that the same sites reach; leave out those that ask for nothing."""
    cover = state.cover
    asks = (cover.need > 0) | np.any(cover.worth > 0, axis=0)
    asks &= (cover.need > 0) | (np.diff(cover.reach.indptr) > 0)
    zones = np.flatnonzero(asks)
    first, group = same_rows(cover.reach, zones, cover.need[zones])
    count = len(first)
    shape = (len(cover.worth), count)
    merged = replace(
        cover,
        reach=cover.reach[zones[first]].astype(np.float64),
        weight=_sums(cover.weight[zones], group, count),
        worth=np.array([_sums(row[zones], group, count) for row in cover.worth]).reshape(shape),
        need=cover.need[zones[first]],
    )
    become = np.full(len(cover.weight), -1)
    become[zones] = group
    return replace(state, cover=merged, group=become)


def _sums(values: Floats, group: Indices, count: int) -> Floats:
    return np.bincount(group, weights=values, minlength=count).astype(np.float64)


def _drop_sites(state: Reduced) -> Reduced:
    cover = state.cover
    dropped = dominated(cover)
    stay = np.flatnonzero(~dropped)
    return replace(state, cover=_with_sites(cover, stay), site=state.site[stay])


def dominated(cover: Cover) -> Flags:
    """Return (J,) sites that can be left out, as the module's text says."""
    none = np.zeros(cover.sites, dtype=bool)
    by_site = cover.reach.T.tocsr()
    size = np.diff(by_site.indptr)
    if cover.least:
        return none
    rows = _as_most(cover.limits)
    free = np.ones(cover.sites, dtype=bool)
    free[sparse.coo_array(rows).col[sparse.coo_array(rows).data < 0]] = False
    dropped: Flags = free & (size == 0)
    row_size = np.diff(cover.reach.indptr).astype(float)
    if inner(row_size, row_size) > MOST_WORK:
        return dropped
    overlap = sparse.coo_array(by_site @ cover.reach)
    within = (overlap.data >= size[overlap.row] - 0.5) & (overlap.row != overlap.col)
    low, high = overlap.row[within], overlap.col[within]
    able = free[low] & (cover.price[high] <= cover.price[low])
    low, high = low[able], high[able]
    able = _no_worse(rows, low, high)
    low, high = low[able], high[able]
    pairs = low.astype(np.int64) * cover.sites + high
    mutual = np.isin(high.astype(np.int64) * cover.sites + low, pairs)
    counted = ~mutual | (high < low)
    times = len(cover.worth) + int(cover.need.max(initial=0))
    dominators = np.bincount(low[counted], minlength=cover.sites)
    return np.asarray(dropped | (dominators >= max(times, 1)), dtype=bool)


def _as_most(limits: Limits) -> sparse.csr_array:
    """Return the limits' rows, turned so that each only bounds from above."""
    above, below = np.isfinite(limits.upper), np.isfinite(limits.lower)
    return sparse.csr_array(sparse.vstack([limits.rows[above], -limits.rows[below]]))


def _no_worse(rows: sparse.csr_array, low: Indices, high: Indices) -> Flags:
    """Tell for which pairs the second site takes no more of any limit than the first."""
    if not rows.shape[0] or not len(low):
        return np.ones(len(low), dtype=bool)
    by_site = rows.T.tocsr()
    more = sparse.coo_array(by_site[high] - by_site[low])
    able = np.ones(len(low), dtype=bool)
    able[more.row[more.data > 0]] = False
    return able


def _drop_zones(state: Reduced) -> Reduced:
    """Leave out zones that are covered whenever another one is."""
    cover = state.cover
    only = (cover.need > 0) & ~np.any(cover.worth > 0, axis=0)
    column_size = np.diff(cover.reach.T.tocsr().indptr).astype(float)
    if not only.any() or inner(column_size, column_size) > MOST_WORK:
        return state
    size = np.diff(cover.reach.indptr)
    overlap = sparse.coo_array(cover.reach @ cover.reach.T)
    less, more = overlap.row, overlap.col  # the first's sites are all among the second's
    within = (overlap.data >= size[less] - 0.5) & (less != more)
    within &= only[more] & (cover.need[less] >= cover.need[more])
    dropped = np.zeros(len(size), dtype=bool)
    dropped[more[within]] = True  # no tie: zones alike are one by now
    stay = np.flatnonzero(~dropped)
    smaller = replace(
        cover,
        reach=cover.reach[stay],
        weight=cover.weight[stay],
        worth=cover.worth[:, stay],
        need=cover.need[stay],
    )
    return replace(state, cover=smaller)


def _essential(cover: Cover) -> Flags:
    """Return (J,) sites without which some zone cannot be covered as often as it has to be."""
    size = np.diff(cover.reach.indptr)
    tight = np.flatnonzero((cover.need > 0) & (size == cover.need))
    essential = np.zeros(cover.sites, dtype=bool)
    essential[cover.reach[tight].indices] = True
    return essential
