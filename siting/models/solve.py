"""Answer a problem: state it, search it, prove it, and assign its energy."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.errors import InfeasibleError, NoSolutionError
from siting.models import fallback, highs, other_solvers
from siting.models.assign import assign
from siting.models.classical.answer import answer as classical_answer
from siting.models.classical.from_problem_flow import solve_classical
from siting.models.conflict import explain
from siting.models.reopen import reopen
from siting.models.solution import Solution, certify, objective_of
from siting.models.statement import KCNY, state
from siting.scenario.kinds import CLASSICAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.cuts import Cuts
    from siting.models.effort import Effort
    from siting.models.program import Statement
    from siting.models.search import Found

log = logging.getLogger(__name__)

HIGHS = "highs"


def solve(
    problem: Problem,
    effort: Effort,
    *,
    solver: str = HIGHS,
    progress: Callable[[str], None] = log.info,
    cuts: Cuts | None = None,
) -> Solution:
    """Return a plan and the proof of how good it is.

    Parameters
    ----------
    problem
        The question.
    effort
        Gap, time limit, seed and threads.
    solver
        ``highs``, with CBC where HiGHS cannot be loaded or fails; or the name of a solver PuLP
        knows, whose answer is then checked row by row.
    progress
        Called with a line of text now and then.
    cuts
        Rows over the choice that hold besides; with HiGHS only.

    Raises
    ------
    InfeasibleError
        If it is proved that no plan meets the requirements; says which of them conflict.
    NoSolutionError
        If the time limit came first.
    SolverError
        If the solver is unknown or not installed.
    """
    if problem.objective in CLASSICAL:
        return classical_answer(problem, effort, solver=solver, progress=progress)
    if problem.objective in {"flow", "market"}:
        return solve_classical(problem, effort, progress=progress)
    started = time.monotonic()
    if solver != HIGHS:
        other_solvers.check(solver)
    progress("stating the model")
    statement = state(problem)
    arrays = highs.to_arrays(statement)
    if cuts is not None:
        arrays = cuts.add_to(arrays)
    if solver == HIGHS:
        found, name = fallback.search(problem, statement, arrays, effort, progress)
    else:
        name = other_solvers.describe(solver)
        found = other_solvers.run(problem, statement, arrays, solver, effort, progress)
    if found.infeasible and cuts is not None:
        raise InfeasibleError(["nothing else keeps every rule"])
    if found.infeasible:
        progress("looking for the conflict")
        raise InfeasibleError(*explain(problem, effort, progress=progress))
    if not len(found.values):
        msg = (
            f"No plan was found within the limit of {effort.time_limit_s:g} s, "
            "nor was it proved that there is none. "
            "Give it more time (--time-limit), or ask for less."
        )
        raise NoSolutionError(msg)
    return _solution(problem, statement, found, started, name)


def _solution(
    problem: Problem, statement: Statement, found: Found, started: float, solver: str
) -> Solution:
    type_at = np.full((len(problem.phases), len(problem.sites)), NONE, dtype=np.int64)
    for (j, k, t), value in zip(statement.build, found.values, strict=False):
        if value > 0.5:  # noqa: PLR2004 - a binary
            type_at[t, j] = k
    type_at = reopen(problem, type_at)
    energy = assign(problem, type_at)
    objective = objective_of(problem, type_at, energy)
    bound = found.bound * (KCNY if problem.objective == "cost" else 1.0)
    certificate = certify(
        problem,
        objective,
        bound,
        seconds=time.monotonic() - started,
        solver=solver,
        method=found.method,
    )
    return Solution(type_at, energy, certificate)
