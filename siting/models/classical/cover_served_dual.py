r"""Bound a covering question whose sites have a capacity: each site serves what pays it best.

With a price :math:`\lambda_i \ge 0` on being served, an open site takes in at most

.. math::

    \max \sum_i \lambda_i s_{ij}, \qquad \sum_i w_i s_{ij} \le \min(Q_j, W_j),
    \qquad 0 \le s_{ij} \le 1

a continuous knapsack, filled by falling :math:`\lambda_i / w_i` (G. B. Dantzig, Operations Research
5, 1957). That takes the place of all that is within reach in :mod:`cover_dual`; the bound is that
of the linear relaxation with :math:`s_{ij} \le y_j`, as for capacitated facility location in
J. E. Beasley, European Journal of Operational Research 65, 1993.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cover_dual import Prices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover

    Floats = NDArray[np.float64]


class ServedPrices(Prices):
    """Hold the relaxation of one question with capacities.

    Parameters
    ----------
    cover
        The question.
    """

    def __init__(self, cover: Cover) -> None:
        super().__init__(cover)
        by_site = cover.reach.T.tocsr()
        self._zone = by_site.indices
        self._site = np.repeat(np.arange(cover.sites), np.diff(by_site.indptr))
        self._begin = by_site.indptr[:-1]
        self._room = cover.room()
        self._share = np.zeros(len(self._zone))

    def scores(self, prices: Floats) -> Floats:
        """Return (J,) what each site takes in at some prices, less its own."""
        zone, site = self._zone, self._site
        weight = self.cover.weight[zone]
        per_unit = prices[zone] / np.maximum(weight, 1e-300)
        order = np.lexsort((-per_unit, site))
        sorted_weight = weight[order]
        before = np.cumsum(sorted_weight) - sorted_weight
        before = before - np.append(before, 0.0)[self._begin][site]
        left = np.clip(self._room[site] - before, 0.0, sorted_weight)
        self._share[order] = left / np.maximum(sorted_weight, 1e-300)
        taken = np.bincount(site, self._share * prices[zone], self.cover.sites)
        on_limits = self.columns[:, self.zones :] @ prices[self.zones :]
        return np.asarray(taken + on_limits - self.cover.price)

    def use(self, opened: Floats) -> Floats:
        """Return (rows,) how much of each row some open sites use, at the prices scored last."""
        served = np.bincount(self._zone, self._share * opened[self._site], self.zones)
        return np.concatenate([served, self.rows[self.zones :] @ opened])
