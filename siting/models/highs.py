"""Hand a program to HiGHS as arrays, and read back what HiGHS itself reports.

PuLP's status is never read: a run stopped by its limit reads ``Optimal`` there.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pulp

from siting.models.engine import highspy

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    from siting.models.program import Statement

RunStatus = Literal["optimal", "feasible", "infeasible", "no-solution"]

_FLOORS = ("served(", "covered(")
_OPTIMAL = highspy.HighsModelStatus.kOptimal
_INFEASIBLE = {
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
}


@dataclass(frozen=True, eq=False)
class Run:
    """Hold what one run of HiGHS found and proved."""

    status: RunStatus
    values: NDArray[np.float64]
    """(columns,); empty where there is no solution."""
    objective: float
    bound: float
    """Proven; the objective itself for a linear program solved to the end."""
    duals: NDArray[np.float64]
    """(rows,) of a linear program; empty for a mixed-integer one."""


@dataclass(frozen=True, eq=False)
class Arrays:
    """Hold a program by rows, in the order of ``Statement.columns``."""

    maximise: bool
    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    start: NDArray[np.int32]
    index: NDArray[np.int32]
    value: NDArray[np.float64]
    row_names: tuple[str, ...]
    floors: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Rows that promise a share of the demand, phase by phase."""


def to_arrays(statement: Statement) -> Arrays:
    """Return a PuLP program as arrays, rows in the order they were stated."""
    lp, columns = statement.lp, statement.columns
    position = {id(column): n for n, column in enumerate(columns)}
    cost = np.zeros(len(columns))
    for column, a in lp.objective.items():
        cost[position[id(column)]] = a
    start, index, value = [0], [], []
    low, high = [], []
    for row in statement.rows:
        index += [position[id(column)] for column in row]
        value += row.values()
        start.append(len(index))
        rhs = -row.constant
        low.append(-np.inf if row.sense == pulp.LpConstraintLE else rhs)
        high.append(np.inf if row.sense == pulp.LpConstraintGE else rhs)
    upper = [np.inf if c.upBound is None else c.upBound for c in columns]
    names = tuple(row.name for row in statement.rows)
    floors = [n for n, name in enumerate(names) if name.startswith(_FLOORS)]
    return Arrays(
        maximise=lp.sense == pulp.LpMaximize,
        cost=cost,
        lower=np.array([c.lowBound for c in columns], dtype=float),
        upper=np.array(upper, dtype=float),
        integer=np.array([c.cat == pulp.LpInteger for c in columns], dtype=bool),
        row_lower=np.array(low),
        row_upper=np.array(high),
        start=np.array(start, dtype=np.int32),
        index=np.array(index, dtype=np.int32),
        value=np.array(value, dtype=float),
        row_names=names,
        floors=np.array(floors, dtype=np.int64),
    )


class Highs:
    """Hold one program inside HiGHS.

    Parameters
    ----------
    arrays
        The program.
    relaxed
        Leave out integrality: the linear relaxation.
    threads
        Cores. HiGHS fixes the number at a process's first run, and with another one later runs do
        nothing, so its pool of threads is made anew whenever the number changes.
    seed
        HiGHS's own random seed.
    """

    def __init__(
        self, arrays: Arrays, *, relaxed: bool = False, threads: int = 1, seed: int = 0
    ) -> None:
        self.arrays = arrays
        self.integer = bool(arrays.integer.any()) and not relaxed
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._set("output_flag", False)  # noqa: FBT003 - an option's value
        self._threads = threads
        self._set("threads", threads)
        self._set("random_seed", seed)
        self._highs.HandleUserInterrupt = True
        self._highs.passModel(_highs_lp(arrays, integer=self.integer))
        self._cancelled = False

    def cancel(self) -> None:
        """Stop a run that goes on in another thread, as soon as may be; later runs do nothing."""
        self._cancelled = True
        self._highs.cancelSolve()  # type: ignore[no-untyped-call]

    def _set(self, option: str, value: float | str) -> None:
        if self._highs.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            msg = f"HiGHS refuses option {option} = {value!r}"
            raise ValueError(msg)

    def on_progress(self, tell: Callable[[Any], None]) -> None:
        """Call back with HiGHS's own event at every line of its log of branch and bound."""
        self._highs.cbMipLogging += tell

    def prove_only(self) -> None:
        """Leave out presolve and heuristics: quicker where only the bound of a run counts."""
        self._set("presolve", "off")
        self._set("mip_heuristic_effort", 0.0)

    def start_from(self, values: NDArray[np.float64]) -> None:
        """Offer a solution to start from."""
        solution = highspy.HighsSolution()
        solution.col_value = values.tolist()
        self._highs.setSolution(solution)

    def set_row(self, row: int, lower: float, upper: float) -> None:
        """Change a row's bounds; the next run starts from where the last one ended."""
        self._highs.changeRowBounds(row, lower, upper)

    def add_rows(self, rows: sparse.csr_array, upper: NDArray[np.float64]) -> None:
        """Add rows, (extra, columns), each at most its limit; the next run starts from the last."""
        count, free = len(upper), np.full(len(upper), -highspy.kHighsInf)
        start, index = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        self._highs.addRows(count, free, upper, rows.nnz, start, index, rows.data.astype(float))

    def run(
        self,
        *,
        time_limit_s: float,
        gap: float = 0.0,
        nodes: int | None = None,
        method: str = "choose",
        crossover: bool = True,
    ) -> Run:
        """Solve within a time limit, to a relative gap.

        Parameters
        ----------
        time_limit_s
            Of this run alone: HiGHS counts over all runs of an object, so what is spent is added.
        gap
            Relative gap to stop at.
        nodes
            Most nodes of branch and bound; None for no limit.
        method
            For a linear program: choose, simplex, ipm, hipo or pdlp.
        crossover
            False: leave an interior-point solution as it is, not at a vertex.
        """
        self._set("time_limit", self._highs.getRunTime() + max(time_limit_s, 0.01))
        if self._cancelled:
            return self._nothing("no-solution")
        _settle_threads(self._threads)
        self._set("mip_max_nodes", highspy.kHighsIInf if nodes is None else nodes)
        self._set("mip_rel_gap", gap)
        self._set("mip_abs_gap", 1e-9)
        self._set("solver", method)
        self._set("run_crossover", "on" if crossover else "off")
        self._highs.run()
        return self._read()

    def _nothing(self, status: RunStatus) -> Run:
        worst = np.inf if self.arrays.maximise else -np.inf
        bound = np.nan if status == "infeasible" else worst
        return Run(status, np.empty(0), np.nan, bound, np.empty(0))

    def _read(self) -> Run:
        highs, status = self._highs, self._highs.getModelStatus()
        info = highs.getInfo()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        nothing = np.empty(0)
        if status in _INFEASIBLE:
            return self._nothing("infeasible")
        worst = np.inf if self.arrays.maximise else -np.inf
        done = status == _OPTIMAL
        objective = float(info.objective_function_value)
        if self.integer:
            bound = float(info.mip_dual_bound)
            bound = bound if abs(bound) < highspy.kHighsInf else worst
        else:
            bound = objective if done else worst
        if not found:
            return Run("no-solution", nothing, np.nan, bound, nothing)
        solution = highs.getSolution()
        duals = nothing if self.integer else np.array(solution.row_dual)
        values = np.array(solution.col_value)
        return Run("optimal" if done else "feasible", values, objective, bound, duals)


_settled = threading.local()
"""Threads of HiGHS's pool; every thread that calls HiGHS has one of its own."""


def _settle_threads(threads: int) -> None:
    if getattr(_settled, "threads", threads) != threads:
        highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003 - wait for idle threads
    _settled.threads = threads


def _highs_lp(arrays: Arrays, *, integer: bool) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(arrays.cost), len(arrays.row_lower)
    lp.sense_ = highspy.ObjSense.kMaximize if arrays.maximise else highspy.ObjSense.kMinimize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = arrays.cost, arrays.lower, arrays.upper
    lp.row_lower_, lp.row_upper_ = arrays.row_lower, arrays.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = arrays.start
    lp.a_matrix_.index_ = arrays.index
    lp.a_matrix_.value_ = arrays.value
    if integer:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[flag] for flag in arrays.integer.astype(int)]
    return lp


def version() -> str:
    """Return HiGHS's name and version."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    return f"HiGHS {highs.version()}"
