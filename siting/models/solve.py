"""Answer a problem: make it small, search it, prove it, and assign its energy."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from siting.errors import InfeasibleError, NoSolutionError
from siting.models import fallback, other_solvers
from siting.models.assign import assign
from siting.models.classical.answer import answer as classical_answer
from siting.models.classical.from_problem_flow import solve_classical
from siting.models.conflict import explain
from siting.models.headroom import idle_works_removed
from siting.models.least_share import worst_off
from siting.models.max_min import LEAST_SLACK, raise_least
from siting.models.reopen import reopen
from siting.models.robust.solve import solve_robust
from siting.models.solution import Solution, certify, objective_of
from siting.models.statement import KCNY
from siting.models.warm import Start
from siting.scenario.kinds import CLASSICAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.differing import Differing
    from siting.models.effort import Effort

log = logging.getLogger(__name__)

HIGHS = "highs"
STOPPED = "; stopped by the user"
_STOPPED_S = 1.0
"""Least time for the objective, once the least share is raised."""


def solve(
    problem: Problem,
    effort: Effort,
    *,
    solver: str = HIGHS,
    progress: Callable[[str], None] = log.info,
    differing: Differing | None = None,
    start: Start | None = None,
) -> Solution:
    """Return a plan and the proof of how good it is.

    Parameters
    ----------
    problem
        The question. Where it asks for max-min, the least share is raised first, with HiGHS; a
        start is then left aside.
    effort
        Gap, time limit, seed and threads.
    solver
        ``highs``, with CBC where HiGHS cannot be loaded or fails; or the name of a solver PuLP
        knows, whose answer is then checked row by row.
    progress
        Called with a line of text now and then.
    differing
        Plans the answer has to differ from; with HiGHS only.
    start
        A plan to begin with, and maybe a bound that holds: the answer is no worse than a start
        that keeps every rule. Of the phased objectives, and with HiGHS only; else it is left aside.

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
    if problem.fairness.raised:
        return _fair(problem, effort, progress, differing)
    if problem.futures is not None:
        return solve_robust(problem, effort, progress=progress)
    if problem.objective in CLASSICAL:
        return classical_answer(problem, effort, solver=solver, progress=progress)
    if problem.objective in {"flow", "market"}:
        return solve_classical(problem, effort, progress=progress)
    started = time.monotonic()
    progress("stating the model")
    if solver == HIGHS:
        found, name = fallback.search(problem, effort, progress, differing=differing, start=start)
    else:
        other_solvers.check(solver)
        name = other_solvers.describe(solver)
        found = other_solvers.run(problem, solver, effort, progress)
    if found.infeasible and differing is not None:
        raise InfeasibleError(["nothing else keeps every rule"])
    if found.infeasible:
        progress("looking for the conflict")
        raise InfeasibleError(*explain(problem, effort, progress=progress))
    if not len(found.type_at):
        msg = (
            f"No plan was found within the limit of {effort.time_limit_s:g} s, "
            "nor was it proved that there is none. "
            "Give it more time (--time-limit), or ask for less."
        )
        raise NoSolutionError(msg)
    type_at = reopen(problem, idle_works_removed(problem, found.type_at))
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


def _fair(
    problem: Problem,
    effort: Effort,
    progress: Callable[[str], None],
    differing: Differing | None,
) -> Solution:
    """Return a plan that gives the worst off the most, less a slack, and is best by then."""
    started, owed = time.monotonic(), problem.fairness
    try:
        raising = raise_least(problem, effort, progress)
    except InfeasibleError as error:
        progress("looking for the conflict")
        bare = replace(problem, fairness=owed.held(0.0))
        raise InfeasibleError(*explain(bare, effort, progress=progress)) from error
    held = max(raising.share - max(owed.slack, LEAST_SLACK), 0.0)
    left_s = effort.time_limit_s - (time.monotonic() - started)
    stopped = raising.crew.stop.is_set()
    rest = replace(effort, time_limit_s=_STOPPED_S if stopped else max(left_s, _STOPPED_S))
    found = solve(
        replace(problem, fairness=owed.held(held)),
        rest,
        progress=progress,
        differing=differing,
        start=Start(raising.type_at),
    )
    told = f"least share raised first, {raising.how}; then {found.certificate.method}"
    if stopped and not told.endswith(STOPPED):
        told += STOPPED
    seconds = time.monotonic() - started
    return replace(
        found,
        certificate=replace(found.certificate, method=told, seconds=seconds),
        raised=worst_off(problem, found, held=held, bound=raising.bound),
    )
