r"""Bound a location question from below by prices on its zones, and settle sites by them.

With a price :math:`u_i` for serving zone :math:`i` and prices :math:`\lambda` on the rows
:math:`l \le R y \le u` that tie sites together, the question falls apart site by site:

.. math::

    L(u, \lambda) = \sum_i u_i + \sum_r (\lambda_r^+ l_r - \lambda_r^- u_r)
    + \min_y \sum_j \Big(f_j - (R^T \lambda)_j - \sum_i s_{ij}\Big) y_j, \quad
    s_{ij} = \max(0, u_i - w_i d_{ij}),

over the :math:`y` that keep the count and the existing sites; a site of limited capacity takes
what saves most per unit of weight (a continuous knapsack). Whatever the prices, no choice costs
less than :math:`L` (A. M. Geoffrion, Mathematical Programming Study 2, 1974; G. Cornuéjols,
M. L. Fisher & G. L. Nemhauser, Management Science 23, 1977). Prices rise along a smoothed
subgradient (M. Held, P. Wolfe & H. P. Crowder, Mathematical Programming 6, 1974).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from siting.models.classical.nearest import Nearest

    Values = NDArray[np.float64]

SMOOTH = 0.7
"""Part of the last direction that a step keeps."""
PATIENCE = 12
"""Steps without a better bound before steps get shorter."""
SHORTER = 0.7
LATELY = 0.1
"""Weight of the last step in how often sites open."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Hold what the question falls apart into."""

    near: Nearest
    fixed: Values
    """(J,) cost of opening."""
    kept: NDArray[np.bool_]
    """(J,) that have to open."""
    closed: NDArray[np.bool_]
    """(J,) that have to stay closed."""
    least: int
    most: int
    rows: sparse.csr_array
    """(R, J) other rows on sites."""
    row_lower: Values
    row_upper: Values
    weight: Values
    """(Z,)"""
    room: Values | None
    """(J,) capacity, or None."""


@dataclass(frozen=True, eq=False)
class Prices:
    """Hold prices, the bound they prove, and what each site is worth at them."""

    zone: Values
    """(Z,)"""
    row: Values
    """(R,)"""
    bound: float
    value: Values
    """(J,) cost of opening less what it saves; below 0 pays."""
    opened: NDArray[np.bool_]
    """(J,) the best sites at these prices."""
    served: Values
    """(Z,) how many times those serve each zone."""


def bound_at(parts: Parts, zone: Values, row: Values) -> Prices:
    """Return what prices prove.

    Parameters
    ----------
    parts
        The question in parts.
    zone
        (Z,) price of serving each zone; made no more than the cheapest pair left out.
    row
        (R,) price of each row; one side only where the row has one.
    """
    near = parts.near
    zone = np.minimum(zone, near.rest)
    row = np.where(np.isinf(parts.row_upper), np.maximum(row, 0), row)
    row = np.where(np.isinf(parts.row_lower), np.minimum(row, 0), row)
    line, column = np.nonzero(near.cost < zone[:, None])
    site = near.site[line, column]
    saving = zone[line] - near.cost[line, column]
    part = _shares(parts, line, site, saving)
    value = parts.fixed - np.bincount(site, weights=saving * part, minlength=len(parts.fixed))
    side = np.where(row > 0, parts.row_lower, np.where(row < 0, parts.row_upper, 0.0))
    value -= parts.rows.T @ row
    opened = best_sites(parts, value)
    taken = part * opened[site]
    served = np.bincount(line, weights=taken, minlength=len(zone)).astype(float)
    bound = float(zone.sum() + row @ side + value[opened].sum())
    return Prices(zone, row, bound, value, opened, served)


def _shares(
    parts: Parts, line: NDArray[np.int64], site: NDArray[np.int32], saving: Values
) -> Values:
    """Return which part of each zone a site takes: all, or what saves most until it is full."""
    if parts.room is None:
        return np.ones(len(line))
    weight = parts.weight[line]
    order = np.lexsort((-saving / weight, site))
    load = np.cumsum(weight[order])
    first = np.searchsorted(site[order], np.arange(len(parts.fixed)))
    before = np.append(0.0, load)[first]
    left = parts.room[site[order]] - (load - weight[order] - before[site[order]])
    part = np.empty(len(line))
    part[order] = np.clip(left / weight[order], 0.0, 1.0)
    return part


def best_sites(parts: Parts, value: Values) -> NDArray[np.bool_]:
    """Return the sites of least total value that keep the count and what is settled."""
    opened = parts.kept.copy()
    free = np.flatnonzero(~parts.kept & ~parts.closed)
    free = free[np.argsort(value[free], kind="stable")]
    wanted = int((value[free] < 0).sum())
    low, high = parts.least - int(opened.sum()), parts.most - int(opened.sum())
    opened[free[: max(min(max(wanted, low), high), 0)]] = True
    return opened


def margins(parts: Parts, prices: Prices) -> Values:
    """Return (J,) how much the bound rises when a site's best state at these prices is reversed.

    inf for sites that are settled already.
    """
    value, opened = prices.value, prices.opened
    free, count = ~parts.kept & ~parts.closed, int(opened.sum())
    cheapest = float(value[free & ~opened].min(initial=np.inf))
    dearest = float(value[free & opened].max(initial=-np.inf))
    alone = np.where(opened, -value, value)
    swap = np.where(opened, cheapest - value, value - dearest)
    bound_to_swap = np.where(opened, count <= parts.least, count >= parts.most)
    rise = np.where(bound_to_swap, swap, np.minimum(alone, swap))
    return np.where(free, np.maximum(rise, 0.0), np.inf)


@dataclass
class Ascent:
    """Hold a climb of the bound in progress."""

    parts: Parts
    best: Prices
    length: float = 1.0
    stale: int = 0
    often: Values = field(default_factory=lambda: np.zeros(1))
    """(J,) how often the last steps opened each site."""
    _now: Prices | None = None
    _zone: Values | None = None
    _row: Values | None = None

    @property
    def now(self) -> Prices:
        """Return the prices of the last step."""
        return self._now or self.best

    def step(self, target: float) -> Prices:
        """Take one step towards a target that the bound cannot pass; return where it led."""
        parts, now = self.parts, self.now
        zone, row = 1.0 - now.served, self._row_slope(now)
        if self._zone is not None and self._row is not None:
            zone = (1 - SMOOTH) * zone + SMOOTH * self._zone
            row = (1 - SMOOTH) * row + SMOOTH * self._row
        self._zone, self._row = zone, row
        norm = float(zone @ zone + row @ row)
        if norm <= 0:
            return now
        size = self.length * max(target - now.bound, 1e-9 * abs(target)) / norm
        now = bound_at(parts, now.zone + size * zone, now.row + size * row)
        self._now, self.stale = now, self.stale + 1
        self.often = (1 - LATELY) * self.often + LATELY * now.opened
        if now.bound > self.best.bound:
            self.best, self.stale = now, 0
        elif self.stale % PATIENCE == 0:
            self.length *= SHORTER
            self._now = self.best
        return now

    def _row_slope(self, now: Prices) -> Values:
        parts = self.parts
        total = parts.rows @ now.opened.astype(float)
        below, above = parts.row_lower - total, parts.row_upper - total
        slope = np.where(now.row > 0, below, np.where(now.row < 0, above, 0.0))
        at_zero = np.where(below > 0, below, np.where(above < 0, above, 0.0))
        return np.where(now.row == 0, at_zero, slope)
