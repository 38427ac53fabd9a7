"""Answer a problem: make it small, search it, prove it, and assign its energy."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from siting.errors import InfeasibleError, NoSolutionError
from siting.models import highs, other_solvers
from siting.models.assign import assign
from siting.models.conflict import explain
from siting.models.crew import Crew
from siting.models.reduce import reduced
from siting.models.reopen import reopen
from siting.models.search import Search
from siting.models.solution import Solution, certify, objective_of
from siting.models.statement import KCNY

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.effort import Effort

log = logging.getLogger(__name__)

HIGHS = "highs"


def solve(
    problem: Problem,
    effort: Effort,
    *,
    solver: str = HIGHS,
    progress: Callable[[str], None] = log.info,
) -> Solution:
    """Return a plan and the proof of how good it is.

    Parameters
    ----------
    problem
        The question.
    effort
        Gap, time limit, seed and threads.
    solver
        ``highs``, or the name of a solver PuLP knows; its answer is then bounded by HiGHS's
        relaxation.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InfeasibleError
        If it is proved that no plan meets the requirements; says which of them conflict.
    NoSolutionError
        If the time limit came first.
    SolverError
        If the solver is unknown or not installed.
    KeyboardInterrupt
        If stopped by Ctrl-C before there was a plan; later, the best plan so far is returned.
    """
    started = time.monotonic()
    progress("stating the model")
    if solver == HIGHS:
        name = highs.version()
        found = Search(reduced(problem), Crew(effort, progress)).run()
    else:
        other_solvers.check(solver)
        name = other_solvers.describe(solver)
        found = other_solvers.run(problem, solver, effort, progress)
    if found.infeasible:
        progress("looking for the conflict")
        raise InfeasibleError(*explain(problem, effort))
    if not len(found.type_at):
        msg = (
            f"No plan was found within the limit of {effort.time_limit_s:g} s, "
            "nor was it proved that there is none. "
            "Give it more time (--time-limit), or ask for less."
        )
        raise NoSolutionError(msg)
    type_at = reopen(problem, found.type_at)
    progress("assigning energy")
    energy = assign(problem, type_at)
    certificate = certify(
        problem,
        objective_of(problem, type_at, energy),
        found.bound * (KCNY if problem.objective == "cost" else 1.0),
        seconds=time.monotonic() - started,
        solver=name,
        method=found.method,
    )
    return Solution(type_at, energy, certificate)
