r"""Bound what stations can serve in a future by prices on its demand.

For any prices :math:`0 \le u_i \le 1` on the zones' demand,

.. math::

    Q_{kt}(y) \le \sum_i u_i d_{kti} + \sum_{jm} V_{jm}(u, d_{kt})\, y_{jm}, \qquad
    V_{jm} = \max \Big\{ \sum_{i \in N(j)} (1 - u_i) x_i : 0 \le x_i \le d_{kti},
             \sum_i x_i \le Q_m \Big\}

holds for every choice, fractional ones included: an optimality cut of the L-shaped method (R. Van
Slyke & R. Wets, SIAM Journal on Applied Mathematics 17, 1969), made stronger by filling stations
exactly, a fractional knapsack. Prices found in one future bound any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem

    Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cut:
    """Hold one cut: energy served in a future and phase is at most ``most`` + ``worth`` @ y."""

    future: int
    phase: int
    most: float
    worth: Values
    """(J, K) kWh a day."""

    def at(self, choice: Values) -> float:
        """Return the bound at a choice, (J, K)."""
        return self.most + float((self.worth * choice).sum())


@dataclass(eq=False)
class Cutter:
    """Make cuts for one problem, its pairs sorted by site."""

    problem: Problem

    def __post_init__(self) -> None:
        """Sort the pairs."""
        order = np.argsort(self.problem.pair_site, kind="stable")
        self.zone, self.site = self.problem.pair_zone[order], self.problem.pair_site[order]

    def cut(self, future: int, phase: int, demand_kwh: Values, price: Values) -> Cut:
        """Return the cut of prices.

        Parameters
        ----------
        future, phase
            What it bounds.
        demand_kwh
            (I,) there.
        price
            (I,) of a kWh; clipped to between 0 and 1.
        """
        p, u = self.problem, np.clip(price, 0.0, 1.0)
        reached = np.where(p.reachable_zone, demand_kwh, 0.0)
        gain = 1.0 - u[self.zone]
        order = np.lexsort((-gain, self.site))
        site, kwh, gain = self.site[order], demand_kwh[self.zone[order]], gain[order]
        first = np.searchsorted(site, np.arange(len(p.sites)))
        sums = np.append(0.0, np.cumsum(kwh))
        before = sums[:-1] - sums[first[site]]
        worth = np.zeros(p.allowed.shape)
        for m in np.flatnonzero(p.is_super):
            take = np.clip(p.capacity_kwh[m] - before, 0.0, kwh)
            worth[:, m] = np.bincount(site, weights=take * gain, minlength=len(p.sites))
        return Cut(future, phase, float(u @ reached), worth)
