"""Other solvers through PuLP: the same optimum, and nothing believed that was not checked.

And what happens where HiGHS itself cannot be loaded or fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp
import pytest

from siting.errors import InfeasibleError, NoSolutionError, SolverError
from siting.models import fallback, other_solvers
from siting.models.effort import Effort
from siting.models.engine import _Missing
from siting.models.found import NOTHING, Found
from siting.models.search import Search
from siting.models.solve import solve
from siting.models.solver_reports import SILENT, Report, cbc_report, model_report
from tests.golden import KINDS
from tests.toy import E, F, S, random_problem, toy

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.solution import Solution
    from siting.scenario import ObjectiveKind

EFFORT = Effort(gap=0.0, time_limit_s=30.0, seed=1, threads=1)
BEST = {"served": 1020.0, "covered": 1200.0, "access": 810.0, "cost": 1_750_000.0}
"""Derived in test_solve."""


def _solve(problem: Problem, effort: Effort = EFFORT) -> Solution:
    return solve(problem, effort, solver="cbc", progress=lambda _: None)


@pytest.mark.parametrize("kind", KINDS)
def test_cbc_finds_the_same_optimum(kind: ObjectiveKind) -> None:
    """CBC's plan is worth the optimum, and its log says that it is the best."""
    found = _solve(toy(kind)).certificate
    assert found.objective == pytest.approx(BEST[kind])
    sign = 1 if kind in {"served", "covered"} else -1
    assert sign * found.bound >= sign * BEST[kind] * (1 - sign * 1e-6)
    assert found.status == "optimal"
    assert found.solver == f"PULP_CBC_CMD through PuLP {pulp.__version__}"
    assert found.method.startswith("branch and bound by cbc (it says: Optimal solution found)")


def test_cbc_stopped_early_is_not_called_optimal() -> None:
    """Stopped by its limit, CBC gives a plan with an honest gap, or none."""
    problem = random_problem(7, "served", zones=60, sites=30)
    try:
        found = _solve(problem, replace(EFFORT, time_limit_s=1.0)).certificate
    except NoSolutionError as error:
        assert "limit of 1 s" in str(error)  # noqa: PT017 - either way is right
        return
    assert found.bound >= found.objective
    assert found.gap == pytest.approx((found.bound - found.objective) / found.objective)
    assert (found.status == "optimal") == (found.gap <= 1e-6)


def test_what_highs_proves_impossible_is_impossible() -> None:
    """O has one site and is asked for two stations, which the relaxation shows already."""
    with pytest.raises(InfeasibleError, match="O: 2 stations asked for by p2"):
        _solve(toy(district_target=np.array([[0, 0], [1, 2]])))


def test_impossible_in_whole_stations_alone_is_impossible_too() -> None:
    """A station asks 300 kW and G has 299: 99.7 % of one would serve 30 %, but no whole one fits.

    The relaxation has a plan, so HiGHS's own branch and bound proves it, once CBC found none.
    """
    limits: dict[str, Any] = {
        "city_target": np.array([0, 0]),
        "district_target": np.zeros((2, 2), dtype=int),
        "min_served_share": 0.3,
        "headroom_kw": np.array([[299.0], [299.0]]),
    }
    with pytest.raises(InfeasibleError, match="substation G may not pass its limit"):
        _solve(toy("cost", **limits))


@pytest.mark.parametrize(
    ("name", "state"),
    [("guroby", "is not a solver PuLP knows"), ("cplex", "is not installed")],
)
def test_a_solver_that_is_not_there_is_refused(name: str, state: str) -> None:
    """The error names the solver, says why, and which ones can be used here."""
    with pytest.raises(SolverError, match=f"'{name}' {state}") as caught:
        solve(toy(), EFFORT, solver=name, progress=lambda _: None)
    assert "Here you can use: highs, " in str(caught.value)
    assert "PULP_CBC_CMD" in str(caught.value)
    assert caught.value.exit_code == 2


class _Liar(pulp.LpSolver):  # type: ignore[misc]  # PuLP is untyped
    """Claim an optimum and set every variable as told."""

    def __init__(self, value_of: Callable[[str], float | None]) -> None:
        super().__init__(msg=False)
        self.value_of = value_of

    def available(self) -> bool:
        return True

    def actualSolve(self, lp: Any) -> int:  # noqa: ANN401, N802 - PuLP's own name
        for variable in lp.variables():
            variable.varValue = self.value_of(variable.name)
        lp.assignStatus(pulp.LpStatusOptimal)
        return int(pulp.LpStatusOptimal)


OPEN = {"y(E,F,p1)", "y(B,S,p1)", "y(E,S,p2)", "y(B,S,p2)"}


@pytest.mark.parametrize(
    "value_of",
    [
        lambda _: None,  # nothing: PuLP leaves what it was not told
        lambda _: 1.0,  # everything at once: two types at a site
        lambda name: 0.5 if name in OPEN else 0.0,  # half stations
        lambda name: float(name in OPEN) + 50 * name.startswith("x(Z1,A"),  # served at no station
        lambda name: -1.0 if name.startswith("x") else float(name in OPEN),
    ],
    ids=["nothing", "everything", "halves", "phantom", "negative"],
)
def test_a_solver_that_claims_an_optimum_is_not_believed(
    value_of: Callable[[str], float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks a row, a bound or integrality is no solution, whatever the status says."""
    monkeypatch.setattr(other_solvers, "_solver", lambda *_: _Liar(value_of))
    with pytest.raises(NoSolutionError):
        _solve(toy("served"))


def test_a_poor_plan_that_keeps_every_rule_is_taken_with_its_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """B in p1, E and B in p2, called optimal: 120 + 2 x 240 = 600 of 1,020, and the gap says so."""
    monkeypatch.setattr(
        other_solvers, "_solver", lambda *_: _Liar(lambda name: float(name in OPEN))
    )
    found = _solve(toy("served"))
    assert found.type_at[:, E].tolist() == [F, S]
    assert found.certificate.objective == pytest.approx(600)
    assert found.certificate.bound >= 1020 * (1 - 1e-6)
    assert found.certificate.gap >= 0.69
    assert found.certificate.status == "feasible"


# What each solver reports of itself


@pytest.mark.parametrize(
    ("log", "report"),
    [
        (
            "Result - Optimal solution found\n\nObjective value:   1020.0\n",
            Report("optimal", None, "Optimal solution found"),
        ),
        (
            "Result - Optimal solution found (within gap tolerance)\nUpper bound:   17233.196\n",
            Report("optimal", 17233.196, "Optimal solution found (within gap tolerance)"),
        ),
        (
            "Result - Stopped on time limit\nObjective value: 9\nLower bound:       7.5\n",
            Report("stopped", 7.5, "Stopped on time limit"),
        ),
        (
            "Cbc: relaxation infeasible\nResult - Stopped on time limit\nNo feasible solution\n",
            Report("stopped", None, "Stopped on time limit"),
        ),
        (
            "Problem is infeasible - 0.00 seconds\n",
            Report("infeasible", None, "Problem is infeasible - 0.00 seconds"),
        ),
        (
            "Result - Problem proven infeasible\n",
            Report("infeasible", None, "Problem proven infeasible"),
        ),
        ("Upper bound:  1e+50\n", Report("unknown", None, "")),
        ("", SILENT),
    ],
)
def test_cbc_says_in_its_log_how_it_ended(log: str, report: Report) -> None:
    """State, bound and words are read off CBC's log; what it does not say is not made up."""
    assert cbc_report(log) == report


def _cplex(words: str) -> Any:  # noqa: ANN401 - a stand-in
    mip = SimpleNamespace(get_best_objective=lambda: 12.5)
    return SimpleNamespace(solution=SimpleNamespace(get_status_string=lambda: words, MIP=mip))


@pytest.mark.parametrize(
    ("solver", "model", "state", "bound"),
    [
        ("GUROBI", SimpleNamespace(Status=2, ObjBound=5.0), "optimal", 5.0),
        ("GUROBI", SimpleNamespace(Status=9, ObjBound=float("inf")), "stopped", None),
        ("GUROBI", SimpleNamespace(Status=3, ObjBound=float("inf")), "infeasible", None),
        ("GUROBI", SimpleNamespace(Status=4, ObjBound=float("inf")), "unknown", None),
        ("GUROBI", SimpleNamespace(Status=12, ObjBound=1e100), "failed", None),
        ("CPLEX_PY", _cplex("integer optimal, tolerance"), "optimal", 12.5),
        ("CPLEX_PY", _cplex("time limit exceeded"), "stopped", 12.5),
        ("CPLEX_PY", _cplex("time limit exceeded, no integer solution"), "stopped", 12.5),
        ("CPLEX_PY", _cplex("integer infeasible"), "infeasible", None),
        ("CPLEX_PY", _cplex("integer infeasible or unbounded"), "unknown", None),
        ("CPLEX_PY", _cplex("optimal with unscaled infeasibilities"), "failed", None),
        ("XPRESS_PY", object(), "unknown", None),
        ("SCIP_PY", None, "unknown", None),
    ],
)
def test_what_a_model_left_behind_is_read(
    solver: str, model: object, state: str, bound: float | None
) -> None:
    """Gurobi's codes and CPLEX's words, as their manuals list them; 1e100 and inf are no bounds."""
    report = model_report(solver, model)
    assert (report.state, report.bound) == (state, bound)


def test_eight_digits_are_enough() -> None:
    """CBC writes 8 digits a value, so capacities of hundreds of kWh are passed by a millionth.

    A plan of this problem was once taken for none for it.
    """
    problem = random_problem(7, "served")
    best = solve(problem, EFFORT, progress=lambda _: None).certificate
    assert _solve(problem).certificate.objective == pytest.approx(best.objective, rel=1e-6)


def test_cbc_stopped_at_a_gap_tells_its_own_bound() -> None:
    """The bound is the tighter of CBC's own and the relaxation's, and never on the wrong side."""
    problem = random_problem(7, "served")
    found = _solve(problem, replace(EFFORT, gap=0.2)).certificate
    best = solve(problem, EFFORT, progress=lambda _: None).certificate
    assert found.bound >= best.objective * (1 - 1e-6)
    assert "cbc (it says: " in found.method


def test_a_reported_bound_that_its_own_solution_contradicts_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """CBC finds 1,020 and is made to say that none is above 900: the relaxation's bound stands."""
    monkeypatch.setattr(other_solvers, "cbc_report", lambda _: Report("stopped", 900.0, "odd"))
    found = _solve(toy("served")).certificate
    assert found.objective == pytest.approx(1020)
    assert found.bound >= 1020
    assert found.method.endswith("bound by HiGHS's linear relaxation")


def test_a_solver_that_cannot_run_is_told_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A licence for small programs only, as Gurobi words it, is bad input and not a crash."""

    class _Small(_Liar):
        def actualSolve(self, lp: Any) -> int:  # noqa: ANN401, ARG002, N802 - PuLP's own name
            msg = "Model too large for size-limited license"
            raise RuntimeError(msg)

    monkeypatch.setattr(other_solvers, "_solver", lambda *_: _Small(lambda _: None))
    with pytest.raises(SolverError, match="could not run: Model too large") as caught:
        _solve(toy("served"))
    assert "HiGHS answers" in str(caught.value)


def test_a_missing_licence_is_told_apart_from_a_missing_solver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PuLP warns of the licence and calls the solver not available: the error says which it is."""

    def listed(*, onlyAvailable: bool) -> list[str]:  # noqa: N803 - PuLP's own name
        if onlyAvailable:
            warnings.warn("GUROBI error: Unable to open Gurobi license file.", stacklevel=1)
            return ["PULP_CBC_CMD"]
        return ["PULP_CBC_CMD", "GUROBI"]

    monkeypatch.setattr(pulp, "listSolvers", listed)
    with pytest.raises(SolverError, match="is installed, but cannot be used") as caught:
        other_solvers.check("gurobi")
    assert "Unable to open Gurobi license file" in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_scip_finds_the_same_optimum(kind: ObjectiveKind) -> None:
    """SCIP, where it is installed: the same optimum, its own bound, its own status."""
    pytest.importorskip("pyscipopt")
    found = solve(toy(kind), EFFORT, solver="scip", progress=lambda _: None).certificate
    assert found.objective == pytest.approx(BEST[kind])
    assert found.status == "optimal"
    assert "scip (it says: optimal)" in found.method


def test_scip_stopped_early_is_not_called_optimal() -> None:
    """SCIP stopped by its limit leaves a plan with an honest gap, or none."""
    pytest.importorskip("pyscipopt")
    problem = random_problem(7, "served", zones=60, sites=30)
    limit = replace(EFFORT, time_limit_s=0.5)
    try:
        found = solve(problem, limit, solver="scip", progress=lambda _: None).certificate
    except NoSolutionError as error:
        assert "limit of 0.5 s" in str(error)  # noqa: PT017 - either way is right
        return
    assert found.bound >= found.objective
    assert (found.status == "optimal") == (found.gap <= 1e-6)


# HiGHS missing or in trouble

_WITHOUT_HIGHS = """
from siting.models.effort import Effort
from siting.models.solve import solve
from tests.toy import toy
import numpy as np
found = solve(toy("served"), Effort(0.0, 30.0, 1, 1), progress=lambda _: None).certificate
print(found.objective, found.status, found.solver, found.method, sep="|")
try:
    solve(toy(district_target=np.array([[0, 0], [1, 2]])), Effort(0.0, 9.0, 1, 1))
except Exception as error:
    print(type(error).__name__, error)
"""


def test_without_highs_cbc_answers_and_says_so(tmp_path: Path) -> None:
    """With a highspy that does not load, CBC finds 1,020; the method says why it was CBC."""
    (tmp_path / "highspy.py").write_text("raise ImportError('no such library')\n")
    root = Path(__file__).resolve().parents[1]
    path = os.pathsep.join([str(tmp_path), str(root)])
    run = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", _WITHOUT_HIGHS],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    first, *rest = run.stdout.splitlines()
    objective, status, solver, method = first.split("|")
    assert float(objective) == pytest.approx(1020)
    assert status == "optimal"
    assert solver.startswith("PULP_CBC_CMD")
    assert method.endswith("as HiGHS cannot be loaded: no such library. Install highspy again")
    assert rest[0].startswith("InfeasibleError No plan can meet these requirements together")
    assert "which ones cannot be told: HiGHS cannot be loaded" in "\n".join(rest)


def test_the_stand_in_for_highs_is_told_by_any_call() -> None:
    """Names of the missing library can be read, as constants are; a call says what is missing."""
    missing = _Missing("gone")
    with pytest.raises(SolverError, match="HiGHS cannot be loaded: gone"):
        missing.HighsModelStatus.kOptimal()


def test_where_highs_gives_up_before_its_time_cbc_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No values and no proof long before the limit is numerical trouble: CBC finds the 1,020."""
    gave_up = Found(NOTHING, np.nan, infeasible=False, method="")
    monkeypatch.setattr(Search, "run", lambda _: gave_up)
    found = solve(toy("served"), EFFORT, progress=lambda _: None).certificate
    assert found.objective == pytest.approx(1020)
    assert found.method.endswith("as HiGHS stopped before its time without an answer")


def test_where_highs_breaks_a_row_cbc_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every station at once breaks every limit there is: CBC finds the 1,020."""
    whole = Search.run

    def everything(search: Search) -> Found:
        found = whole(search)
        search.values = np.ones_like(search.values)
        return found

    monkeypatch.setattr(Search, "run", everything)
    found = solve(toy("served"), EFFORT, progress=lambda _: None).certificate
    assert found.objective == pytest.approx(1020)
    assert found.method.endswith("as the stations HiGHS chose break a row")


def test_a_run_stopped_by_its_limit_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an answer when the time is up, CBC is not asked: it would pass the limit."""
    gave_up = Found(NOTHING, np.nan, infeasible=False, method="")
    monkeypatch.setattr(Search, "run", lambda _: gave_up)
    monkeypatch.setattr(fallback, "_TIME_WAS_UP", 0.0)
    with pytest.raises(NoSolutionError):
        solve(toy("served"), EFFORT, progress=lambda _: None)
