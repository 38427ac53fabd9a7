"""Answer a planner's classical question: pose it, search it, assign its energy, certify it."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import InfeasibleError, NoSolutionError, SolverError
from siting.models import highs, other_solvers
from siting.models.assign import assign
from siting.models.classical.engines import engine_of
from siting.models.classical.from_problem import Posed, pose
from siting.models.classical.through_pulp import through_pulp
from siting.models.classical.why_not import why_not
from siting.models.classical.worth import unit_factor, worth
from siting.models.reopen import reopen
from siting.models.solution import Solution, certify, open_supers

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.classical.question import Choice
    from siting.models.effort import Effort

log = logging.getLogger(__name__)

HIGHS = "highs"
_MORE_IS_NO_WORSE = frozenset({"max-cover", "backup-cover", "p-median", "p-center", "facility"})
_FLOOR_SLACK = 1e-9


def answer(
    problem: Problem,
    effort: Effort,
    *,
    solver: str,
    progress: Callable[[str], None] = log.info,
) -> Solution:
    """Return a plan of one phase and one type, and the proof of how good it is.

    Parameters
    ----------
    problem
        The question; its objective is one of the classical kinds.
    effort
        Gap, time limit, seed and threads.
    solver
        ``highs``, for the kind's own method; or the name of a solver PuLP knows, which is given the
        whole program; its answer is then bounded by HiGHS's relaxation.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InfeasibleError
        If it is proved that no plan meets the requirements; says which of them conflict.
    NoSolutionError
        If the time limit came first.
    SolverError
        If the solver is unknown, not installed, or cannot be given this kind.
    """
    started = time.monotonic()
    if solver != HIGHS:
        other_solvers.check(solver)
    posed = pose(problem)
    if not len(posed.sites):
        line = f"none of {len(problem.sites):,} sites may hold a supercharging station"
        mend = "Check limits.area_per_bay_m2, the buildable type, existing.policy and [candidates]."
        raise InfeasibleError([line], mend)
    if problem.objective != "p-dispersion" and not len(posed.zones):
        line = "no demand is within reach of a site that may hold a supercharging station"
        raise InfeasibleError([line], "Check [reach], the roads, and which sites will do.")
    engine = engine_of(problem, posed)
    if solver == HIGHS:
        choice, name = engine.run(effort, progress=progress), highs.version()
        if choice.objective < _floor_kwh(problem) <= choice.bound:
            progress("going on past the gap, for the floor on coverage")
            choice = engine.run(replace(effort, gap=0.0), progress=progress)
    elif engine.state is not None:
        statement, sites = engine.state(), posed.question.sites
        choice = through_pulp(statement, sites, solver, effort, progress)
        name = other_solvers.describe(solver)
    else:
        msg = (
            f"The objective {problem.objective!r} is answered by a sequence of programs on HiGHS, "
            f"which {solver!r} cannot be given. Leave out --solver, or set solve.solver to 'highs'."
        )
        raise SolverError(msg)
    if choice.status == "infeasible":
        progress("looking for the conflict")
        raise InfeasibleError(*why_not(problem, posed, effort))
    if choice.status == "no-solution":
        msg = (
            f"No plan was found within the limit of {effort.time_limit_s:g} s, "
            "nor was it proved that there is none. "
            "Give it more time (--time-limit), or ask for less."
        )
        raise NoSolutionError(msg)
    _refuse_floor(problem, posed, choice, effort, progress)
    return _solution(problem, posed, choice, started, name)


def _refuse_floor(
    problem: Problem,
    posed: Posed,
    choice: Choice,
    effort: Effort,
    progress: Callable[[str], None],
) -> None:
    """Raise where the most demand that can be covered is less than what has to be."""
    floor = _floor_kwh(problem)
    if choice.objective >= floor:
        return
    if choice.bound < floor:
        progress("looking for the conflict")
        raise InfeasibleError(*why_not(problem, posed, effort))
    msg = (
        f"No plan that covers {problem.min_covered_share:.1%} of the demand within reach was found "
        f"within {effort.time_limit_s:g} s, nor was it proved that there is none. "
        "Give it more time (--time-limit), or lower objective.min_covered_share."
    )
    raise NoSolutionError(msg)


def _floor_kwh(problem: Problem) -> float:
    """Return what a maximal cover has to cover, with a hair of slack; -inf for any other kind."""
    if problem.objective != "max-cover":
        return -np.inf
    return problem.min_covered_share * float(problem.reachable_kwh[0]) * (1 - _FLOOR_SLACK)


def _solution(
    problem: Problem, posed: Posed, choice: Choice, started: float, solver: str
) -> Solution:
    type_at = posed.type_at(problem, choice.opened)
    if problem.objective in _MORE_IS_NO_WORSE:
        type_at = reopen(problem, type_at)
    energy = assign(problem, type_at)
    objective = worth(problem, posed, open_supers(problem, type_at)[0], energy[0])
    certificate = certify(
        problem,
        objective,
        choice.bound * unit_factor(problem, posed),
        seconds=time.monotonic() - started,
        solver=solver,
        method=choice.method,
    )
    return Solution(type_at, energy, certificate)
