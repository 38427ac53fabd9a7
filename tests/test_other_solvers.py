"""Other solvers through PuLP: the same optimum, and nothing believed that was not checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp
import pytest

from siting.errors import InfeasibleError, NoSolutionError, SolverError
from siting.models import other_solvers
from siting.models.effort import Effort
from siting.models.solve import solve
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
    """CBC's plan is worth the optimum; it is called optimal only where the relaxation proves it."""
    found = _solve(toy(kind)).certificate
    assert found.objective == pytest.approx(BEST[kind])
    sign = 1 if kind in {"served", "covered"} else -1
    assert sign * found.bound >= sign * BEST[kind] * (1 - sign * 1e-6)
    assert (found.status == "optimal") == (found.gap <= 1e-6)
    assert found.solver == f"PULP_CBC_CMD through PuLP {pulp.__version__}"
    assert "bound by HiGHS's linear relaxation" in found.method


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
    with pytest.raises(InfeasibleError, match="no substation may pass its limit"):
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
