"""Answer a question over several futures: whole where it is small, by cuts where it is not."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.errors import InfeasibleError, NoSolutionError
from siting.models import highs
from siting.models.assign import assign
from siting.models.conflict import explain
from siting.models.crew import Crew
from siting.models.headroom import idle_works_removed
from siting.models.highs import Highs, to_arrays
from siting.models.reopen import reopen
from siting.models.robust.flows import Flows, rooms, served_kwh
from siting.models.robust.lshaped import LShaped
from siting.models.robust.outcome import Outcomes, Robust
from siting.models.robust.question import question_of
from siting.models.robust.whole import state_whole
from siting.models.search import SMALL, STEP_NODES, Search
from siting.models.solution import Solution, certify

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.robust.question import Question

    Values = NDArray[np.float64]
    Types = NDArray[np.int64]

_NOTHING = np.empty((0, 0), dtype=np.int64)
OWN_SHARE = 0.1
"""Part of the time for each future's own plan, where the question is stated whole."""


def solve_robust(problem: Problem, effort: Effort, *, progress: Callable[[str], None]) -> Solution:
    """Return one plan for all futures, its service in the scenario's own demand, and the proof.

    Parameters
    ----------
    problem
        With futures.
    effort
        Gap, time limit, seed and threads.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InfeasibleError, NoSolutionError
        As :func:`siting.models.solve.solve`.
    """
    started = time.monotonic()
    question = question_of(problem)
    found = search(question, problem, effort, progress)
    if found.infeasible:
        progress("looking for the conflict")
        raise InfeasibleError(*explain(problem, effort, progress=progress))
    if not len(found.type_at):
        msg = (
            f"No plan was found within the limit of {effort.time_limit_s:g} s, nor was it proved "
            "that there is none. Give it more time (--time-limit), or ask for less."
        )
        raise NoSolutionError(msg)
    type_at = reopen(problem, idle_works_removed(problem, found.type_at))
    progress("valuing plans in every future")
    exact = question_of(problem, smaller=False)
    outcomes = _outcomes(exact, question, type_at, found)
    certificate = certify(
        problem,
        exact.value(outcomes.worth),
        found.bound,
        seconds=time.monotonic() - started,
        solver=highs.version(),
        method=found.method,
    )
    energy = assign(problem, type_at)
    return Solution(type_at, energy, certificate, outcomes)


def search(
    question: Question, problem: Problem, effort: Effort, progress: Callable[[str], None]
) -> Robust:
    """Return what a search over futures finds.

    Parameters
    ----------
    question
        Made smaller.
    problem
        Names the futures.
    effort, progress
        As `solve_robust`.
    """
    p, (futures, phases) = question.problem, question.size
    columns = int(p.allowed.sum()) * phases + futures * phases * len(p.pair_zone)
    if columns > SMALL:
        return LShaped(question, Crew(effort, progress)).run()
    return _whole(question, problem, effort, progress)


def _whole(
    question: Question, problem: Problem, effort: Effort, progress: Callable[[str], None]
) -> Robust:
    """Solve the deterministic equivalent; and each future, and their mean, by itself."""
    crew = Crew(effort, progress)
    progress("solving all futures as one program")
    names = () if problem.futures is None else problem.futures.names
    statement = state_whole(question, names)
    nodes = None if effort.iterations is None else effort.iterations * STEP_NODES
    program = Highs(to_arrays(statement), seed=effort.seed)
    run = crew.run([program], nodes=nodes, gap=effort.gap)[0]
    if run.status == "infeasible":
        return Robust(_NOTHING, np.nan, np.empty(0), _NOTHING, np.nan, (), True, "")  # noqa: FBT003 - by order
    type_at = _NOTHING
    if len(run.values):
        type_at = np.full((question.size[1], len(question.problem.sites)), NONE, dtype=np.int64)
        for (j, k, t), value in zip(statement.build, run.values, strict=False):
            if value > 0.5:  # noqa: PLR2004 - a binary
                type_at[t, j] = k
    own, pool = question.worth(question.reachable_kwh), []
    for k in range(question.size[0]):
        alone = Search(question.future(k), Crew(_part(effort), _quiet), thrifty=False).run()
        own[k] = min(own[k], float(alone.bound) * _unit(question)[k])
        if len(alone.type_at):
            pool.append(alone.type_at)
    mean = Search(question.problem, Crew(_part(effort), _quiet), thrifty=False).run()
    plain = 0.0
    if len(mean.type_at):
        room, weight = rooms(question.problem, mean.type_at), question.problem.weight
        plain = sum(
            float(weight[t]) * served_kwh(question.problem, question.problem.demand_kwh[t], room[t])
            for t in range(len(weight))
        )
    gap = abs(mean.bound - plain) / max(abs(plain), 1e-9)
    bound, method = float(run.bound), "branch and bound over all futures"
    return Robust(type_at, bound, own, mean.type_at, gap, tuple(pool), False, method)  # noqa: FBT003 - by order


def _part(effort: Effort) -> Effort:
    return replace(effort, time_limit_s=OWN_SHARE * effort.time_limit_s)


def _quiet(_text: str) -> None:
    """Say nothing."""


def _unit(question: Question) -> Values:
    """Return what a kWh weighted by its phase is worth in each future, (K,)."""
    weight = question.problem.weight
    some = int(np.argmax(weight))
    return np.asarray(question.weight[:, some] / weight[some])


def _outcomes(exact: Question, question: Question, type_at: Types, found: Robust) -> Outcomes:
    """Value the plan, and the others, in every future by linear programs."""
    served = _served(exact, type_at)
    worth = exact.worth(served)
    known, mean = worth.copy(), np.full(len(worth), np.nan)
    flows, smaller = Flows(question.problem), question.demand_kwh
    for types in found.pool:
        known = np.maximum(known, question.worth(flows.served(smaller, types)))
    if len(found.mean_type_at):
        mean = exact.worth(_served(exact, found.mean_type_at))
        known = np.maximum(known, mean)
    own = np.maximum(found.own_bound, worth)
    return Outcomes(served, worth, np.minimum(known, own), own, mean, found.mean_gap)


def _served(question: Question, type_at: Types) -> Values:
    room = rooms(question.problem, type_at)
    return np.array(
        [
            [served_kwh(question.problem, demand[t], room[t]) for t in range(len(room))]
            for demand in question.demand_kwh
        ]
    )
