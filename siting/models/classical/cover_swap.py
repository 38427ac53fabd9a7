r"""Improve a choice of sites by opening, closing and swapping, all swaps weighed at once.

With :math:`m_i` what one more coverage of zone :math:`i` is worth and :math:`l_i` what one fewer
costs, opening :math:`j` and closing :math:`k` gains
:math:`\sum_{i \in A_j} m_i - \sum_{i \in A_k} l_i + \sum_{i \in A_j \cap A_k} (l_i - m_i)`
(M. G. C. Resende & R. F. Werneck, European Journal of Operational Research 174, 2007). The last sum
over all pairs is a product of sparse matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.classical.cover import one_sided

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Indices = NDArray[np.int64]

GAIN = 1e-9
"""Least relative gain worth taking."""
PASSES = 200


class Opening:
    """Hold a choice of sites, and how often it covers each zone.

    Parameters
    ----------
    cover
        The question; capacities are left aside.
    opened
        (J,)
    """

    def __init__(self, cover: Cover, opened: Flags) -> None:
        self.cover = cover
        self.by_site = cover.reach.T.tocsr()
        limits = one_sided(cover.limits)
        above = np.isfinite(limits.upper)
        turned = sparse.csr_array(sparse.diags_array(np.where(above, 1.0, -1.0)) @ limits.rows)
        self.limits, self.room = turned.T.tocsr(), np.where(above, limits.upper, -limits.lower)
        self.limited = bool(limits.names)
        self.worths = _worths(cover)
        self.set(opened)

    def set(self, opened: Flags) -> None:
        """Take up another choice."""
        self.opened = opened.copy()
        self.times = (self.cover.reach @ opened.astype(float)).astype(np.int64)
        self.used = self.limits.T @ opened.astype(float)

    def zones(self, site: int) -> Indices:
        """Return the zones within reach of a site."""
        begin, end = self.by_site.indptr[site : site + 2]
        return np.asarray(self.by_site.indices[begin:end])

    def more(self, zones: Indices | slice = slice(None)) -> Floats:
        """Return what one more coverage of some zones is worth."""
        times = self.times[zones]
        row = np.minimum(times, len(self.worths) - 1)
        return np.asarray(self.worths[row, _numbers(zones, len(times))])

    def fewer(self, zones: Indices | slice = slice(None)) -> Floats:
        """Return what one coverage less of some zones costs."""
        times = self.times[zones]
        row = np.clip(times - 1, 0, len(self.worths) - 1)
        return np.where(times > 0, self.worths[row, _numbers(zones, len(times))], 0.0)

    def flip(self, site: int) -> float:
        """Open a closed site or close an open one; return what that gained."""
        zones, price = self.zones(site), float(self.cover.price[site])
        step = -1 if self.opened[site] else 1
        gain = -float(self.fewer(zones).sum()) if step < 0 else float(self.more(zones).sum())
        self.times[zones] += step
        self.opened[site] = step > 0
        if self.limited:
            begin, end = self.limits.indptr[site : site + 2]
            self.used[self.limits.indices[begin:end]] += step * self.limits.data[begin:end]
        return gain - step * price

    def allowed(self, before: Floats) -> bool:
        """Tell whether every limit holds, or is broken no more than before; count is the caller's.

        Parameters
        ----------
        before
            ``used`` as it was.
        """
        return bool(np.all(self.used <= np.maximum(self.room, before)))

    def fill(self, favour: Floats | None = None) -> None:
        """Open sites, the most gainful first, while that gains and the limits allow.

        Parameters
        ----------
        favour
            (J,) what a site's gain counts for; without, all the same.
        """
        gain = self.by_site @ self.more() - self.cover.price
        barred = self.opened.copy()
        while int(self.opened.sum()) < self.cover.most:
            worth = np.where(
                barred | (gain <= 0), -np.inf, gain if favour is None else gain * favour
            )
            site = int(np.argmax(worth)) if len(worth) else 0
            if not len(worth) or worth[site] == -np.inf:
                return
            barred[site] = True
            zones, used = self.zones(site), self.used.copy()
            before = self.more(zones)
            self.flip(site)
            if not self.allowed(used):
                self.flip(site)
                continue
            less = before - self.more(zones)
            changed = less > 0
            near = self.cover.reach[zones[changed]]
            np.subtract.at(gain, near.indices, np.repeat(less[changed], np.diff(near.indptr)))

    def improve(self, go_on: Callable[[], bool]) -> None:
        """Swap, open and close until nothing more is gained."""
        for _ in range(PASSES):
            if not go_on() or not self._pass():
                break
            self.fill()

    def _pass(self) -> bool:
        """Make the best swaps of one weighing; tell whether any gained."""
        enter, leave, expected = self._swaps()
        least = GAIN * max(1.0, abs(float(self.worths.sum())))
        gained = False
        for k in np.argsort(-expected, kind="stable").tolist():
            if expected[k] <= least:
                break
            site, other = int(enter[k]), int(leave[k])
            if self.opened[site] or not self.opened[other]:
                continue
            used = self.used.copy()
            gain = self.flip(other) + self.flip(site)
            if gain <= least or not self.allowed(used):
                self.flip(site)
                self.flip(other)
            else:
                gained = True
        return gained

    def _swaps(self) -> tuple[Indices, Indices, Floats]:
        """Return, for each closed site, the open one to close for it, and what that gains."""
        more, fewer = self.more(), self.fewer()
        gain = self.by_site @ more - self.cover.price
        inside = np.flatnonzero(self.opened)
        loss = (self.by_site[inside] @ fewer) - self.cover.price[inside]
        shared = np.flatnonzero(fewer > more)
        near = self.cover.reach[shared]
        scaled = sparse.csr_array(sparse.diags_array((fewer - more)[shared]) @ near)
        both = sparse.coo_array(scaled.T.tocsr() @ near[:, inside])
        closed = np.flatnonzero(~self.opened)
        if not len(inside) or not len(closed):
            return closed[:0], closed[:0], np.empty(0)
        cheapest = int(np.argmin(loss))
        site = np.concatenate([both.row, closed])
        other = np.concatenate([both.col, np.full(len(closed), cheapest)])
        worth = gain[site] - loss[other]
        worth[: both.nnz] += both.data
        order = np.lexsort((-worth, site))
        first = np.append(True, np.diff(site[order]) > 0)
        best = order[first]
        best = best[~self.opened[site[best]]]
        return site[best], inside[other[best]], worth[best]


def _numbers(zones: Indices | slice, count: int) -> Indices:
    return np.arange(count) if isinstance(zones, slice) else zones


def _worths(cover: Cover) -> Floats:
    """Return (N, I) what a zone's first, second ... coverage is worth; the last row is 0.

    What has to be covered is worth more than all that may be.
    """
    must = float(cover.worth.sum() + cover.price.sum()) + 1.0
    rows = int(cover.need.max(initial=0)) + len(cover.worth) + 1
    steps = np.zeros((rows, len(cover.need)))
    for row in range(rows):
        layer = row - cover.need.astype(np.int64)
        for k, worth in enumerate(cover.worth):
            steps[row] += np.where(layer == k, worth, 0.0)
        steps[row] += np.where(layer < 0, must, 0.0)
    return steps
