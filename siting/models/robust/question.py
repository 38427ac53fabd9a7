r"""Hold a question over several futures, and say what a plan's worth in each makes together.

First the stations are decided, one plan for all futures; then, in each future :math:`k` of
probability :math:`p_k`, who charges where (two-stage stochastic programming: J. Birge & F.
Louveaux, Introduction to Stochastic Programming, 2nd ed., 2011). A plan is worth
:math:`v_k = \sum_t w_t Q_{kt}(y_t) / n_k` in a future: energy served, phases
weighted, with :math:`n_k = 1`; or its share of what is within reach, with :math:`n_k` that demand,
weighted alike. Together

.. math::

    \text{expected:} \quad & \sum_k p_k v_k \\
    \text{worst:}    \quad & \min_k v_k \qquad \text{(P. Kouvelis & G. Yu, Robust Discrete
                               Optimization, 1997)} \\
    \text{cvar:}     \quad & \max_\eta\; \eta - \tfrac{1}{1 - \alpha} \sum_k p_k (\eta - v_k)^+

the last being the mean of the worst part :math:`1 - \alpha` (R. T. Rockafellar & S. Uryasev,
Journal of Risk 2, 2000).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.reduce import reduced

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.scenario.robust import RiskMeasure

    Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """Hold a question over K futures."""

    problem: Problem
    """With the mean of the futures' demand, and no futures of its own."""
    demand_kwh: Values
    """(K, T, I)"""
    weight: Values
    """(K, T) worth of a kWh served."""
    probability: Values
    """(K,)"""
    objective: RiskMeasure
    alpha: float

    @property
    def size(self) -> tuple[int, int]:
        """Return the number of futures and of phases."""
        futures, phases, _ = self.demand_kwh.shape
        return futures, phases

    def future(self, k: int) -> Problem:
        """Return one future as a question of its own."""
        return replace(self.problem, demand_kwh=self.demand_kwh[k])

    @property
    def reachable_kwh(self) -> Values:
        """(K, T) demand within reach of some site."""
        total: Values = self.demand_kwh[:, :, self.problem.reachable_zone].sum(axis=2)
        return total

    def worth(self, served_kwh: Values) -> Values:
        """Return what a plan is worth in each future, (K,), of the energy it serves, (K, T)."""
        return np.asarray((self.weight * served_kwh).sum(axis=1))

    def value(self, worth: Values) -> float:
        """Return what the futures make together, of what a plan is worth in each, (K,)."""
        return value_of(worth, self.probability, self.objective, self.alpha)


def value_of(worth: Values, probability: Values, objective: RiskMeasure, alpha: float) -> float:
    """Return what the futures make together.

    Parameters
    ----------
    worth, probability
        (K,)
    objective, alpha
        How.
    """
    if objective == "worst":
        return float(worth.min())
    if objective == "cvar":
        return cvar(worth, probability, alpha)
    return float(probability @ worth)


def cvar(worth: Values, probability: Values, alpha: float) -> float:
    """Return the mean of the worst part 1 - alpha.

    Parameters
    ----------
    worth, probability
        (K,)
    alpha
        From 0 on, less than 1.
    """
    order = np.argsort(worth, kind="stable")
    before = np.cumsum(probability[order]) - probability[order]
    part = np.clip(1 - alpha - before, 0.0, probability[order])
    return float(part @ worth[order] / part.sum())


def question_of(problem: Problem, *, smaller: bool = True) -> Question:
    """Return the question of a problem with futures.

    Parameters
    ----------
    problem
        With futures.
    smaller
        Merge zones and leave out types, as far as no future's best plans change.

    Raises
    ------
    ValueError
        If it has none.
    """
    futures = problem.futures
    if futures is None:
        msg = "the problem has no futures"
        raise ValueError(msg)
    count, phases = len(futures.names), len(problem.phases)
    stack = replace(
        problem,
        futures=None,
        phases=tuple(f"{k}.{t}" for k in range(count) for t in range(phases)),
        demand_kwh=futures.demand_kwh.reshape(count * phases, -1),
    )
    stack = reduced(stack) if smaller else stack
    demand = stack.demand_kwh.reshape(count, phases, -1)
    mean = np.tensordot(futures.probability, demand, axes=1)
    weight = np.tile(problem.weight, (count, 1))
    if futures.measure == "share":
        whole = futures.demand_kwh[:, :, problem.reachable_zone].sum(axis=2) @ problem.weight
        weight = weight / np.maximum(whole, 1e-9)[:, None]
    return Question(
        problem=replace(stack, phases=problem.phases, demand_kwh=mean),
        demand_kwh=demand,
        weight=weight,
        probability=futures.probability,
        objective=futures.objective,
        alpha=futures.alpha,
    )
