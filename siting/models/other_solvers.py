"""Run any solver PuLP knows on the same statement, and trust only what can be checked.

Other solvers report their status through PuLP, which reads a run stopped by its limit as
``Optimal``, and CBC may call a feasible model infeasible when it is stopped. So a solution is
taken only if it keeps every row, the bound is HiGHS's own linear relaxation, and infeasibility is
believed only when HiGHS proves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.errors import SolverError
from siting.models.crew import Crew
from siting.models.highs import Arrays, Highs, Run, to_arrays
from siting.models.layout import Layout
from siting.models.linear import relax
from siting.models.relaxation import matrix
from siting.models.search import NOTHING, Found
from siting.models.statement import state

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort

SHORT = {"cbc": "PULP_CBC_CMD", "scip": "SCIP_PY", "gurobi": "GUROBI", "cplex": "CPLEX_PY"}
"""Names a planner would type."""
_TOLERANCE = 1e-6


def check(solver: str) -> None:
    """Refuse a solver that is unknown or not installed.

    Raises
    ------
    SolverError
        Naming the solvers that can be used here.
    """
    name = SHORT.get(solver.lower(), solver)
    if name in pulp.listSolvers(onlyAvailable=True):
        return
    known = name in pulp.listSolvers(onlyAvailable=False)
    state = "is not installed" if known else "is not a solver PuLP knows"
    usable = ", ".join(["highs", *pulp.listSolvers(onlyAvailable=True)])
    msg = f"The solver {solver!r} {state}. Here you can use: {usable}."
    raise SolverError(msg)


def describe(solver: str) -> str:
    """Return the solver's name and how it was reached."""
    return f"{SHORT.get(solver.lower(), solver)} through PuLP {pulp.__version__}"


def run(problem: Problem, solver: str, effort: Effort, progress: Callable[[str], None]) -> Found:
    """Solve the whole statement with that solver, and bound it with HiGHS's linear relaxation."""
    statement = state(problem)
    arrays = to_arrays(statement)
    method = f"branch and bound by {solver}, bound by HiGHS's linear relaxation"

    crew = Crew(effort, progress)

    def relaxation(ways: list[tuple[Arrays, str]]) -> tuple[int, Run]:
        programs = [(Highs(part, relaxed=True, seed=effort.seed), way) for part, way in ways]
        return crew.first(programs, seconds=effort.time_limit_s)

    relaxed = relax(problem, relaxation, gap=0.0, seed=effort.seed, progress=progress)
    bound = relaxed.bound
    if relaxed.infeasible:
        return Found(NOTHING, np.nan, infeasible=True, method=method)
    progress(f"solving with {solver}")
    statement.lp.solve(_solver(solver, effort))
    values = np.array([0.0 if c.varValue is None else c.varValue for c in statement.columns])
    if not _holds(arrays, values):
        whole = Highs(arrays, threads=effort.threads, seed=effort.seed)
        proof = whole.run(time_limit_s=effort.time_limit_s)
        return Found(NOTHING, bound, infeasible=proof.status == "infeasible", method=method)
    type_at = Layout.of(problem, arrays).type_at(values)
    return Found(type_at, bound, infeasible=False, method=method)


def _solver(solver: str, effort: Effort) -> Any:  # noqa: ANN401 - PuLP is untyped
    name = SHORT.get(solver.lower(), solver)
    limits = {"msg": False, "timeLimit": effort.time_limit_s, "gapRel": effort.gap}
    if name == SHORT["cbc"]:  # PuLP's own CBC; its class by that name is about to go
        return pulp.COIN_CMD(path=pulp.PULP_CBC_CMD.pulp_cbc_path, **limits)
    return pulp.getSolver(name, **limits)


def _holds(arrays: Arrays, values: NDArray[np.float64]) -> bool:
    """Tell whether values keep every row and bound, and are whole where they must be."""
    activity = matrix(arrays) @ values
    size = np.maximum(1.0, np.abs(activity)) * _TOLERANCE
    rows = np.all(activity >= arrays.row_lower - size) and np.all(
        activity <= arrays.row_upper + size
    )
    columns = np.all(values >= arrays.lower - _TOLERANCE) and np.all(
        values <= arrays.upper + _TOLERANCE
    )
    whole = values[arrays.integer]
    return bool(rows and columns and np.all(np.abs(whole - np.round(whole)) <= _TOLERANCE * 10))
