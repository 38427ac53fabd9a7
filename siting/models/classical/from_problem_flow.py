"""Answer a problem whose objective is flow or market, and keep all its other rules.

The sites of the classical question are the problem's choices: a site and a type it may hold. The
rules of the main model on its choices (targets, budget, spacing, headroom, what stays) are its
limits, row by row.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.errors import InfeasibleError, NoSolutionError
from siting.models import highs
from siting.models.assign import assign
from siting.models.classical.flow import flow_refuel
from siting.models.classical.flow_cheapest import cheapest
from siting.models.classical.flow_question import FlowQuestion
from siting.models.classical.market import huff
from siting.models.classical.question import Limits, Question
from siting.models.conflict import explain
from siting.models.relaxation import matrix
from siting.models.solution import Solution, certify
from siting.models.statement import KCNY, state

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.classical_parts import Flows, Market
    from siting.data.problem import Problem
    from siting.models.classical.question import Choice
    from siting.models.effort import Effort

    Indices = NDArray[np.int64]

ECONOMY_SHARE = 0.1
"""Part of the time limit the cheaper plan of the same worth may take beyond it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Choices:
    """Hold the C choices of a problem with one phase: a site and a type it may hold."""

    site: Indices
    """(C,)"""
    kind: Indices
    """(C,)"""
    kept: NDArray[np.bool_]
    """(C,) what stands, cannot close and cannot change."""
    useful: NDArray[np.bool_]
    """(C,) supercharging stations."""
    limits: Limits


def solve_classical(
    problem: Problem, effort: Effort, *, progress: Callable[[str], None] = log.info
) -> Solution:
    """Return a plan for the objectives flow and market, and the proof of how good it is.

    Parameters
    ----------
    problem
        With one phase, and with trips or a market.
    effort
        Gap, time limit, seed and threads.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InfeasibleError
        If it is proved that no plan meets the requirements; says which of them conflict.
    NoSolutionError
        If the time limit came first.
    """
    started = time.monotonic()
    choices = _choices(problem)
    if problem.flows is not None:
        question = _flow_question(problem.flows, choices)
        chosen = flow_refuel(question, effort, progress=progress)
        chosen = _cheaper(problem, question, choices, chosen, effort)
    elif problem.market is not None:
        chosen = _win(problem, problem.market, choices, effort, progress)
    else:
        msg = f"objective {problem.objective!r} without trips and without a market"
        raise ValueError(msg)
    return _solution(problem, effort, choices, chosen, started)


def _choices(problem: Problem) -> _Choices:
    statement = state(replace(problem, objective="cost"))
    arrays = highs.to_arrays(statement)
    site, kind, _ = np.array(list(statement.build), dtype=np.int64).reshape(-1, 3).T
    only = problem.allowed.sum(axis=1)[site] == 1
    stays = only & (problem.initial[site] == kind) & ~problem.closable[site]
    limits = Limits(matrix(arrays), arrays.row_lower, arrays.row_upper, arrays.row_names)
    return _Choices(site, kind, stays, problem.is_super[kind], limits)


def _flow_question(flows: Flows, choices: _Choices) -> FlowQuestion:
    """Return the question with a position for each supercharging type a passed site may hold."""
    useful = np.flatnonzero(choices.useful)
    useful = useful[np.argsort(choices.site[useful], kind="stable")]
    first = np.searchsorted(choices.site[useful], flows.site, side="left")
    count = np.searchsorted(choices.site[useful], flows.site, side="right") - first
    row = np.repeat(np.arange(len(flows.site)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    path = np.repeat(np.arange(len(flows.flow)), np.diff(flows.start))[row]
    return FlowQuestion(
        flow=flows.flow,
        length_km=flows.length_km,
        start=np.searchsorted(path, np.arange(len(flows.flow) + 1)).astype(np.int64),
        site=useful[first[row] + nth],
        km=flows.km[row],
        range_km=flows.range_km,
        sites=len(choices.site),
        most=len(choices.site),
        round_trip=flows.round_trip,
        start_share=flows.start_share,
        end_share=flows.end_share,
        kept=choices.kept,
        limits=choices.limits,
    )


def _cheaper(
    problem: Problem, question: FlowQuestion, choices: _Choices, chosen: Choice, effort: Effort
) -> Choice:
    """Return a choice that refuels the same trips for less money, where one is found."""
    if not len(chosen.opened):
        return chosen
    cost = problem.state_cost_cny[choices.site, choices.kind] / KCNY
    left_s = max(effort.time_limit_s - chosen.seconds, ECONOMY_SHARE * effort.time_limit_s)
    opened = cheapest(question, chosen.opened, cost, effort, time_limit_s=left_s)
    return replace(
        chosen,
        opened=opened,
        share=question.refuelled(opened).astype(float),
        objective=question.refuelled_flow(opened),
        method=f"{chosen.method}; then least cost",
    )


def _win(
    problem: Problem,
    market: Market,
    choices: _Choices,
    effort: Effort,
    progress: Callable[[str], None],
) -> Choice:
    """Return the best choices of a market: a pair for each own type a site may hold."""
    own = np.flatnonzero(choices.useful & ~market.rival[choices.site])
    own = own[np.argsort(choices.site[own], kind="stable")]
    first = np.searchsorted(choices.site[own], problem.pair_site, side="left")
    count = np.searchsorted(choices.site[own], problem.pair_site, side="right") - first
    pair = np.repeat(np.arange(len(problem.pair_site)), count)
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    choice = own[first[pair] + nth]
    pull = market.pair_pull[pair] * market.type_pull[choices.kind[choice]]
    order = np.lexsort((choice, problem.pair_zone[pair]))
    question = Question.from_pairs(
        problem.pair_zone[pair],
        choice,
        problem.pair_minutes[pair],
        weight=problem.demand_kwh[0],
        sites=len(choices.site),
        most=len(choices.site),
    )
    question = replace(question, kept=choices.kept, limits=choices.limits)
    return huff(question, pull[order], market.rivals, effort, progress=progress)


def _solution(
    problem: Problem, effort: Effort, choices: _Choices, chosen: Choice, started: float
) -> Solution:
    if chosen.status == "infeasible":
        raise InfeasibleError(*explain(replace(problem, objective="covered"), effort))
    if not len(chosen.opened):
        msg = (
            f"No plan was found within the limit of {effort.time_limit_s:g} s, "
            "nor was it proved that there is none. "
            "Give it more time (--time-limit), or ask for less."
        )
        raise NoSolutionError(msg)
    type_at = np.full((1, len(problem.sites)), NONE, dtype=np.int64)
    type_at[0, choices.site[chosen.opened]] = choices.kind[chosen.opened]
    certificate = certify(
        problem,
        chosen.objective,
        chosen.bound,
        seconds=time.monotonic() - started,
        solver=highs.version(),
        method=chosen.method,
    )
    return Solution(type_at, assign(problem, type_at), certificate)
