"""Hold an answer as labels and arrays, and recompute what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from siting.data.problem import NONE
from siting.scenario.kinds import LEAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.robust.outcome import Outcomes

PROVED = 1e-6
"""Relative gap up to which a plan counts as optimal: the accuracy of a solver's own arithmetic."""


@dataclass(frozen=True)
class Certificate:
    """Say how good an answer is, from what the solver itself reported."""

    status: Literal["optimal", "feasible", "given"]
    """given: evaluated as it was given; nothing was optimised, nothing is proved."""
    objective: float
    """In the unit of the objective: kWh a day, kWh a day x min, or CNY."""
    bound: float
    """Proven: no plan is better."""
    gap: float
    """abs(bound - objective) / abs(objective)."""
    seconds: float
    solver: str
    method: str


class Raised(NamedTuple):
    """Hold how far the least share of districts and groups was raised."""

    family: Literal["served", "covered"]
    scope: str
    """District or group that gets the least."""
    share: float
    """What it gets, of its demand within reach in the last phase."""
    held: float
    """Share that every district and group was held to; 0 of a plan evaluated as given."""
    bound: float | None
    """Proven: no plan gives the worst off more; None of a plan evaluated as given."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Hold which type stands where and when, and who charges there."""

    type_at: NDArray[np.int64]
    """(T, J) type, or NONE."""
    energy_kwh: NDArray[np.float64]
    """(T, P) kWh a day along each pair of the problem."""
    certificate: Certificate
    outcomes: Outcomes | None = None
    """Its worth in every future, where there are several."""
    raised: Raised | None = None
    """How far the least share of districts and groups was raised, where that is asked."""


def open_supers(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which sites hold a supercharging station, (T, J)."""
    return np.asarray((type_at != NONE) & problem.is_super[np.maximum(type_at, 0)])


def covered(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which zones have an open supercharging station within reach, (T, I)."""
    opened = open_supers(problem, type_at)
    reached = np.zeros(problem.demand_kwh.shape, dtype=bool)
    for t, row in enumerate(opened):
        reached[t, problem.pair_zone[row[problem.pair_site]]] = True
    return reached


def spent_cny(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what each phase's state has cost in all, (T,) CNY."""
    site = np.arange(len(problem.sites))
    cost = problem.state_cost_cny[site[None, :], np.maximum(type_at, 0)]
    return np.asarray(np.where(type_at == NONE, 0.0, cost).sum(axis=1))


def objective_of(
    problem: Problem, type_at: NDArray[np.int64], energy_kwh: NDArray[np.float64]
) -> float:
    """Return what a choice and its energy are worth, in the unit of the problem's objective."""
    if problem.objective == "served":
        return float(problem.weight @ energy_kwh.sum(axis=1))
    if problem.objective == "access":
        return float(problem.weight @ (energy_kwh @ problem.pair_minutes))
    if problem.objective == "covered":
        met = np.where(covered(problem, type_at), problem.demand_kwh, 0.0)
        return float(problem.weight @ met.sum(axis=1))
    return float(spent_cny(problem, type_at)[-1])


def certify(
    problem: Problem,
    objective: float,
    bound: float,
    *,
    seconds: float,
    solver: str,
    method: str,
) -> Certificate:
    """Return the certificate of an objective and a bound.

    A bound that the objective passes by no more than the solver's own tolerance is moved to the
    objective.
    """
    least = problem.objective in LEAST
    scale = max(abs(objective), 1e-9)
    past = (bound - objective if least else objective - bound) / scale
    if 0 < past <= PROVED:
        bound = objective
    gap = abs(bound - objective) / scale
    status: Literal["optimal", "feasible"] = "optimal" if gap <= PROVED else "feasible"
    return Certificate(status, objective, bound, gap, seconds, solver, method)
