"""Read what another solver says of its own run: PuLP's summary of it cannot be trusted.

PuLP reads a run stopped by its limit as ``Optimal``, and tells no bound. CBC's log, and the model
that SCIP's, Gurobi's and CPLEX's Python interfaces leave behind, tell both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

_ENDLESS = 1e19
"""Solvers write no bound as 1e20, 1e30, 1e50 or inf."""
_CBC_BOUND = re.compile(r"^(?:Upper|Lower) bound:\s*(\S+)", re.MULTILINE)
_CBC_RESULT = re.compile(r"^Result - (.*)$", re.MULTILINE)
_CBC_INFEASIBLE = re.compile(
    r"^(Problem is infeasible.*|Pre-processing says infeasible.*|"
    r".*Problem proven infeasible.*|.*relaxation infeasible.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_GUROBI = {
    2: "optimal",
    3: "infeasible",
    7: "stopped",  # iteration limit
    8: "stopped",  # node limit
    9: "stopped",  # time limit
    10: "stopped",  # solution limit
    11: "stopped",  # interrupted
    12: "failed",  # numerical trouble
    13: "failed",  # suboptimal: no tolerance could be kept
    16: "stopped",  # work limit
    17: "stopped",  # memory limit
}
"""Gurobi 12 Reference Manual, Optimization Status Codes; 4, infeasible or unbounded, is neither."""

State = Literal["optimal", "stopped", "infeasible", "failed", "unknown"]


@dataclass(frozen=True)
class Report:
    """Hold a solver's own account of its run."""

    state: State
    """optimal: to the gap asked for; stopped: by a limit; failed: numerical trouble; unknown: it
    tells nothing that can be read."""
    bound: float | None
    """In the objective's own sense; None where it tells none."""
    words: str
    """As the solver puts it."""


SILENT = Report("unknown", None, "")


def cbc_report(log: str) -> Report:
    """Return what CBC's log tells.

    Parameters
    ----------
    log
        Text of its log file.
    """
    said = _CBC_RESULT.search(log)
    words = said.group(1).strip() if said else ""
    infeasible = _CBC_INFEASIBLE.search(words or log)
    if infeasible and "Stopped" not in words:
        return Report("infeasible", None, infeasible.group(1).removeprefix("Result - "))
    bound = _CBC_BOUND.search(log)
    value = _finite(float(bound.group(1))) if bound else None
    state: State = "unknown"
    if words.startswith("Optimal"):
        state = "stopped" if value is None and "gap" in words else "optimal"
    elif words.startswith("Stopped"):
        state = "stopped"
    return Report(state, value, words)


def model_report(solver: str, model: Any) -> Report:  # noqa: ANN401 - each solver's own
    """Return what the model that a solver's Python interface left behind tells.

    Parameters
    ----------
    solver
        PuLP's name of it.
    model
        ``solverModel`` of the PuLP problem, or None.
    """
    readers = {"SCIP_PY": _scip, "GUROBI": _gurobi, "CPLEX_PY": _cplex}
    if model is None or solver not in readers:
        return SILENT
    return readers[solver](model)


def _scip(model: Any) -> Report:  # noqa: ANN401
    words = str(model.getStatus())
    states: dict[str, State] = {"optimal": "optimal", "infeasible": "infeasible"}
    states |= {"gaplimit": "optimal", "unknown": "failed"}
    state = states.get(words, "stopped" if words.endswith("limit") else "unknown")
    bound = None if state == "infeasible" else _finite(float(model.getDualbound()))
    return Report(state, bound, words)


def _gurobi(model: Any) -> Report:  # noqa: ANN401
    state: State = _GUROBI.get(int(model.Status), "unknown")  # type: ignore[assignment]
    return Report(state, _finite(float(model.ObjBound)), f"status {model.Status}")


def _cplex(model: Any) -> Report:  # noqa: ANN401
    words = str(model.solution.get_status_string())
    state: State = "unknown"
    if "infeasible or unbounded" in words:
        state = "unknown"
    elif "infeasible" in words and "limit" not in words:
        state = "infeasible"
    elif "limit" in words or "abort" in words:
        state = "stopped"
    elif "optimal" in words:
        state = "failed" if "unscaled infeasibilities" in words else "optimal"
    told = state in {"optimal", "stopped"}
    bound = _finite(float(model.solution.MIP.get_best_objective())) if told else None
    return Report(state, bound, words)


def _finite(value: float) -> float | None:
    return value if abs(value) < _ENDLESS else None
