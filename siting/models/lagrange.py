r"""Bound a question by prices on the demand, exact within each station.

With a price :math:`u_{it}` on zone :math:`i`'s demand, :math:`\pi_t` on the promised share and
:math:`\rho_{it}` on its cover, the program falls apart into stations. Station :math:`j` of type
:math:`k` fills up with the demand that earns most, a fractional knapsack (G. Dantzig, Operations
Research 5, 1957):

.. math::

    V_{jkt} = \max \Big\{ \sum_{i \in N(j)} (g_{ijt} + \pi_t - u_{it})\, x_i :
              0 \le x_i \le d_{it},\ \sum_i x_i \le Q_k \Big\}

and what is left is a program in :math:`y` alone over the rules on sites. Whatever the prices are,

.. math::

    \sum_{it} d_{it} u_{it} - \sum_t \pi_t F_t + \max_y \sum_{jkt} V_{jkt} y_{jkt}

(with cover likewise) bounds every plan (A. Geoffrion, Mathematical Programming Study 2, 1974). It
takes all pairs into account, those a relaxation left out included, and is never worse than the
bound of a relaxation with a link :math:`x_{ijt} \le d_{it} y_{jt}` for every pair at these prices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Highs
from siting.models.relaxation import columns_of, safe_bound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.highs import Arrays
    from siting.models.layout import Layout

    Values = NDArray[np.float64]


RULES_SECONDS = 60.0
"""Most time for the linear program in the choice alone; it takes a fraction of a second."""


@dataclass(frozen=True, eq=False)
class Prices:
    """Hold a price on every requirement that stations share; none is negative."""

    demand: Values
    """(T, I) of a kWh of demand."""
    site: Values
    """(T, J) of a kWh of capacity; tells which pairs may pay, and bounds nothing."""
    promise: Values
    """(T, I) of a kWh served, by all floors the zone counts in."""
    cover: Values
    """(T, I) of a station within reach."""
    cover_promise: Values
    """(T, I) of a kWh covered, likewise."""
    promised: Values
    """(T,) what the promised kWh of all floors are worth at their prices."""


class Lagrangian:
    """Bound one question by any prices.

    Parameters
    ----------
    arrays, layout
        The program; it may hold but some of the pairs.
    whole
        The question with all its pairs.
    """

    def __init__(self, arrays: Arrays, layout: Layout, whole: Problem) -> None:
        self.layout, self.problem = layout, whole
        self.sign = 1.0 if arrays.maximise else -1.0
        nothing = np.zeros(len(arrays.cost))
        self.rules = columns_of(arrays, layout.choice, cost=nothing, maximise=True)
        self.fixed = self.sign * arrays.cost[layout.choice]
        order = np.argsort(self.problem.pair_site, kind="stable")
        self.zone, self.site = self.problem.pair_zone[order], self.problem.pair_site[order]
        self.minutes = self.problem.pair_minutes[order]

    def bound(self, prices: Prices) -> float | None:
        """Return a bound on the objective, or None where the rules on sites were not relaxed."""
        return self.bound_and_wish(prices)[0]

    def bound_and_wish(self, prices: Prices) -> tuple[float | None, Values]:
        """Return the bound, and the (choice,) fractional choice behind it."""
        p, layout = self.problem, self.layout
        worth = self.fixed.copy()
        total = 0.0
        for t in range(len(p.phases)):
            table = np.zeros(p.allowed.shape)
            total -= float(prices.promised[t])
            if p.serves:
                total += float(p.demand_kwh[t] @ prices.demand[t])
                table += self._fill(t, prices)
            if p.covers:
                total += self._cover(t, prices)
                reached = self._by_site(prices.cover[t, self.zone])
                table += np.outer(reached, p.is_super)
            here = layout.phase == t
            worth[here] += table[layout.site[here], layout.kind[here]]
        rules = replace(self.rules, cost=worth)
        run = Highs(rules, relaxed=True).run(time_limit_s=RULES_SECONDS, method="simplex")
        if not len(run.duals):
            return None, run.values
        total += safe_bound(rules, run.duals, np.ones(len(worth)))
        return self.sign * total, run.values

    def _cover(self, t: int, prices: Prices) -> float:
        p = self.problem
        gain = prices.cover_promise[t] * p.demand_kwh[t] - prices.cover[t]
        if p.objective == "covered":
            gain = gain + p.weight[t] * p.demand_kwh[t]
        return float(np.maximum(gain[p.reachable_zone], 0.0).sum())

    def _by_site(self, weights: Values) -> Values:
        total = np.bincount(self.site, weights=weights, minlength=len(self.problem.sites))
        return np.asarray(total, dtype=float)

    def _fill(self, t: int, prices: Prices) -> Values:
        """Return what each station earns at best, (J, K)."""
        p, table = self.problem, np.zeros(self.problem.allowed.shape)
        price = prices.promise[t, self.zone] - prices.demand[t, self.zone]
        gain = price + unit_gain(p, t, self.minutes)
        paying = np.flatnonzero(gain > 0)
        if not len(paying):
            return table
        scale = 2 * float(gain.max())
        order = paying[np.argsort(self.site[paying] - gain[paying] / scale, kind="stable")]
        site, demand = self.site[order], p.demand_kwh[t, self.zone[order]]
        before = np.cumsum(demand) - demand
        start = np.minimum(np.searchsorted(site, np.arange(len(p.sites))), len(order) - 1)
        before = before - before[start][site]
        for k in np.flatnonzero(p.is_super):
            take = np.clip(p.capacity_kwh[k] - before, 0.0, demand)
            earned = take * gain[order]
            table[:, k] = np.bincount(site, weights=earned, minlength=len(p.sites))
        return table


def unit_gain(problem: Problem, phase: int, minutes: Values) -> Values:
    """Return what a kWh along each pair adds to the objective, taken as a maximum, (pairs,)."""
    weight = float(problem.weight[phase])
    if problem.objective == "access":
        return np.asarray(-weight * minutes)
    return np.full(len(minutes), weight if problem.objective == "served" else 0.0)
