"""Run any solver PuLP knows on the same statement, and trust only what can be checked.

Other solvers report their status through PuLP, which reads a run stopped by its limit as
``Optimal``, and CBC may call a feasible model infeasible when it is stopped. So a solution is
taken only if it keeps every row, and infeasibility is believed only when HiGHS proves it. The bound
is HiGHS's own linear relaxation, or what the solver's own report gives where that is tighter and
does not contradict the solution.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.errors import SolverError
from siting.models.crew import Crew
from siting.models.found import NOTHING, Found
from siting.models.highs import Arrays, Highs, Run, to_arrays
from siting.models.layout import Layout
from siting.models.linear import relax
from siting.models.relaxation import matrix
from siting.models.solver_reports import SILENT, Report, cbc_report, model_report
from siting.models.statement import state

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.program import Statement

SHORT = {"cbc": "PULP_CBC_CMD", "scip": "SCIP_PY", "gurobi": "GUROBI", "cplex": "CPLEX_PY"}
"""Names a planner would type."""
_TOLERANCE = 1e-6


def check(solver: str) -> None:
    """Refuse a solver that is unknown, not installed, or without a licence.

    Raises
    ------
    SolverError
        Naming the solvers that can be used here.
    """
    name = SHORT.get(solver.lower(), solver)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        usable = pulp.listSolvers(onlyAvailable=True)
    if name in usable:
        return
    known = name in pulp.listSolvers(onlyAvailable=False)
    state = "is not installed" if known else "is not a solver PuLP knows"
    told = [str(w.message).rstrip(".") for w in caught if str(w.message).startswith(f"{name} ")]
    if known and told:
        state = f"is installed, but cannot be used ({told[0]})"
    msg = f"The solver {solver!r} {state}. Here you can use: {', '.join(['highs', *usable])}."
    raise SolverError(msg)


def describe(solver: str) -> str:
    """Return the solver's name and how it was reached."""
    return f"{SHORT.get(solver.lower(), solver)} through PuLP {pulp.__version__}"


def run(problem: Problem, solver: str, effort: Effort, progress: Callable[[str], None]) -> Found:
    """Solve the whole statement with that solver, and bound it with HiGHS's linear relaxation."""
    statement = state(problem)
    arrays = to_arrays(statement)
    layout = Layout.of(problem, arrays)
    crew = Crew(effort, progress)

    def relaxation(ways: list[tuple[Arrays, str]]) -> tuple[int, Run]:
        programs = [(Highs(part, relaxed=True, seed=effort.seed), way) for part, way in ways]
        return crew.first(programs, seconds=effort.time_limit_s)

    by = "HiGHS's linear relaxation"
    try:
        relaxed = relax(problem, relaxation, gap=0.0, seed=effort.seed, progress=progress)
        bound, impossible = relaxed.bound, relaxed.infeasible
    except SolverError:  # HiGHS cannot be loaded
        bound, impossible = float(layout.simple_bounds(arrays).sum()), False
        by = "all demand within reach met, or nothing spent"
    if impossible:
        method = f"branch and bound by {solver}, bound by {by}"
        return Found(NOTHING, np.nan, infeasible=True, method=method)
    progress(f"solving with {solver}")
    report = _run(statement, solver, effort)
    values = np.array([0.0 if c.varValue is None else c.varValue for c in statement.columns])
    said = f" (it says: {report.words})" if report.words else ""
    method = f"branch and bound by {solver}{said}, bound by {by}"
    if not _holds(arrays, values):
        infeasible = report.state != "stopped" and _impossible(arrays, report, effort)
        return Found(NOTHING, bound, infeasible=infeasible, method=method)
    own = _own_bound(arrays, report, float(arrays.cost @ values))
    tighter = own is not None and (own < bound if arrays.maximise else own > bound)
    if own is not None and tighter:
        bound, method = own, f"branch and bound by {solver}{said}, bound by its own report"
    return Found(layout.type_at(values), bound, infeasible=False, method=method)


def _run(statement: Statement, solver: str, effort: Effort) -> Report:
    """Run a solver and return what it says itself; its values stand in the statement.

    Raises
    ------
    SolverError
        If it could not run at all: no licence for a program of this size, or a crash.
    """
    name = SHORT.get(solver.lower(), solver)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        try:
            statement.lp.solve(_solver(solver, effort, log))
        except Exception as error:
            why = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
            msg = f"The solver {solver!r} could not run: {why}. Without --solver, HiGHS answers."
            raise SolverError(msg) from error
        if name == SHORT["cbc"]:
            return cbc_report(log.read_text(errors="replace")) if log.is_file() else SILENT
    return model_report(name, statement.lp.solverModel)


def _solver(solver: str, effort: Effort, log: Path) -> Any:  # noqa: ANN401 - PuLP is untyped
    name = SHORT.get(solver.lower(), solver)
    limits = {"msg": False, "timeLimit": effort.time_limit_s, "gapRel": effort.gap}
    if name == SHORT["cbc"]:  # PuLP's own CBC; its class by that name is about to go
        path = pulp.PULP_CBC_CMD.pulp_cbc_path
        return pulp.COIN_CMD(path=path, logPath=str(log), **limits)
    return pulp.getSolver(name, **limits)


def _impossible(arrays: Arrays, report: Report, effort: Effort) -> bool:
    """Tell whether HiGHS proves that no plan exists; without it, whether the solver says so."""
    try:
        whole = Highs(arrays, threads=effort.threads, seed=effort.seed)
        return whole.run(time_limit_s=effort.time_limit_s).status == "infeasible"
    except SolverError:
        return report.state == "infeasible"


def _own_bound(arrays: Arrays, report: Report, objective: float) -> float | None:
    """Return the bound that a solver reports, unless its own solution contradicts it."""
    bound = report.bound
    if bound is None:
        return objective if report.state == "optimal" else None
    slack = _TOLERANCE * max(abs(objective), 1.0)
    past = objective - bound if arrays.maximise else bound - objective
    return bound if past <= slack else None


def _holds(arrays: Arrays, values: NDArray[np.float64]) -> bool:
    """Tell whether values keep every row and bound, and are whole where they must be.

    A row's tolerance is a part of the sum of its terms' sizes: solvers write eight digits of each.
    """
    rows_by_column = matrix(arrays)
    activity = rows_by_column @ values
    size = np.maximum(1.0, abs(rows_by_column) @ np.abs(values)) * _TOLERANCE
    rows = np.all(activity >= arrays.row_lower - size) and np.all(
        activity <= arrays.row_upper + size
    )
    columns = np.all(values >= arrays.lower - _TOLERANCE) and np.all(
        values <= arrays.upper + _TOLERANCE
    )
    whole = values[arrays.integer]
    return bool(rows and columns and np.all(np.abs(whole - np.round(whole)) <= _TOLERANCE * 10))


def solved(
    statement: Statement, arrays: Arrays, solver: str, effort: Effort
) -> NDArray[np.float64]:
    """Return that solver's values of a statement, empty where they break one of its rows.

    Parameters
    ----------
    statement
        The program.
    arrays
        The same, to check the values with.
    solver
        A name PuLP knows.
    effort
        Gap and time limit.
    """
    _run(statement, solver, effort)
    values = np.array([0.0 if c.varValue is None else c.varValue for c in statement.columns])
    return values if _holds(arrays, values) else np.empty(0)
