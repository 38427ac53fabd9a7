"""Solving: known answers on the toy, thrift, certificates, and limits.

Plans are written as the types of E, A and B in each phase; see ``tests.toy``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from siting.data.problem import NONE
from siting.errors import InfeasibleError, NoSolutionError
from siting.models import highs
from siting.models.effort import Effort
from siting.models.highs import Highs, Run
from siting.models.reduce import reduced
from siting.models.reopen import reopen
from siting.models.search import Search
from siting.models.solution import Certificate, certify
from siting.models.solve import solve
from tests.brute import brute_force, valued_plans
from tests.golden import KINDS
from tests.toy import B, E, F, M, S, random_problem, toy

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.solution import Solution
    from siting.scenario import ObjectiveKind

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)


def _solve(problem: Problem, effort: Effort = EFFORT) -> Solution:
    return solve(problem, effort, progress=lambda _: None)


def _refused(problem: Problem) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        _solve(problem)
    return caught.value


# Known answers


def test_serve_the_most() -> None:
    """In p1 one small station serves 120; in p2 M at A and S at B serve all 450 within reach.

    p1: 1,200 kCNY buy one of E (100 of Z1), A or B (120). p2: B must open, and E or A; A as M takes
    150 + 180 and B 120, for 3,600 of 4,000 kCNY and 1,000 of 1,000 kW. 120 + 2 x 450 = 1,020.
    A and B are as good in p1; B is the cheaper.
    """
    found = _solve(toy("served"))
    assert found.type_at.tolist() == [[F, NONE, S], [F, M, S]]
    assert found.certificate.objective == pytest.approx(1020)
    assert found.energy_kwh.sum(axis=1) == pytest.approx([120, 450])


def test_cover_the_most() -> None:
    """A alone covers both zones in p1, so it goes first: 300 + 2 x 450 = 1,200.

    E would cover 100 and B 200 in p1. A is S, since M covers no more for more money. E may close,
    but nobody gains by it, so it stays.
    """
    found = _solve(toy("covered"))
    assert found.certificate.objective == pytest.approx(1200)
    assert found.type_at.tolist() == [[F, S, NONE], [F, S, S]]


def test_drive_the_least() -> None:
    """E is nearest: 90 x 2 in p1; in p2 120 x 2 and the other 15 of 135 at B, 5 minutes off.

    180 + 2 x (240 + 75) = 810. A in p1 would cost 90 x 3 and keep E closed: 270 + 2 x 135 x 3.
    """
    found = _solve(toy("access"))
    assert found.type_at.tolist() == [[S, NONE, NONE], [S, NONE, S]]
    assert found.certificate.objective == pytest.approx(810)
    assert found.energy_kwh.sum(axis=1) == pytest.approx([90, 135])


def test_spend_the_least() -> None:
    """The cheapest pair that p2's targets allow is E and B: 750 + 1,000 kCNY.

    p1 must cover 120 of 300: E covers 100, so B goes first.
    """
    found = _solve(toy("cost"))
    assert found.type_at.tolist() == [[F, NONE, S], [S, NONE, S]]
    assert found.certificate.objective == pytest.approx(1_750_000)


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_proved_and_are_brute_force_s(kind: ObjectiveKind) -> None:
    """The certificate says optimal, and trying every plan finds nothing better."""
    best, found = brute_force(toy(kind)), _solve(toy(kind)).certificate
    assert best is not None
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best.value)
    assert found.bound == pytest.approx(best.value)
    assert found.gap <= 1e-6
    assert found.solver == highs.version()


def test_nothing_to_decide_is_answered() -> None:
    """With no site that may hold a station and nothing asked, the plan is to build nothing."""
    nothing = {
        "initial": np.full(3, NONE),
        "allowed": np.zeros((3, 3), dtype=bool),
        "city_target": np.zeros(2, dtype=int),
        "district_target": np.zeros((2, 2), dtype=int),
    }
    found = _solve(toy("served", **nothing))
    assert (found.type_at == NONE).all()
    assert found.certificate.objective == 0
    assert found.certificate.status == "optimal"


def test_a_closing_may_make_room() -> None:
    """E is small already and all W may ask is 300 kW, yet A covers more: E closes.

    Upgrade-or-close, one station at most in p1 and p2, no district targets: A covers 300 and 450, E
    only 100 and 150.
    """
    changes = {
        "initial": np.array([S, NONE, NONE]),
        "allowed": np.array([[False, True, False], [False, True, False], [False, False, False]]),
        "state_cost_cny": np.array([[9e6, 0.0, 9e6], [9e6, 1.1e6, 9e6], [9e6, 9e6, 9e6]]),
        "city_target": np.array([1, 1]),
        "district_target": np.zeros((2, 2), dtype=int),
        "max_stations": np.array([1, 1]),
    }
    found = _solve(toy("covered", **changes))
    assert found.type_at.tolist() == [[NONE, S, NONE], [NONE, S, NONE]]
    assert found.certificate.objective == pytest.approx(1200)
    kept = _solve(toy("covered", **changes, closable=np.zeros(3, dtype=bool)))
    assert kept.type_at[:, E].tolist() == [S, S]
    assert kept.certificate.objective == pytest.approx(100 + 2 * 150)


def test_only_what_must_close_stays_closed() -> None:
    """Of E, A and B, small and closed, those open again whose closing made no room.

    E and A are too close for both; G holds two of 300 kW in p1 and three in p2; at most two may be
    open in p2.
    """
    problem = toy(
        "covered",
        initial=np.array([S, S, S]),
        closable=np.array([True, True, True]),
        headroom_kw=np.array([[600.0], [900.0]]),
    )
    closed = np.full((2, 3), NONE)
    assert reopen(problem, closed).tolist() == [[S, NONE, S]] * 2
    assert reopen(replace(problem, max_stations=np.array([1, 2])), closed)[0].tolist() == [
        S,
        NONE,
        NONE,
    ]
    apart = replace(problem, conflicts=np.empty((0, 2), dtype=int))
    assert reopen(apart, closed).tolist() == [[S, S, NONE]] * 2
    roomy = replace(apart, headroom_kw=np.full((2, 1), 900.0), max_stations=np.full(2, NONE))
    assert reopen(roomy, closed).tolist() == [[S, S, S]] * 2
    assert reopen(replace(roomy, closable=np.zeros(3, dtype=bool)), closed) is closed


# Thrift


def test_no_money_is_spent_that_serves_nobody() -> None:
    """With endless money and room nothing larger, and nothing earlier, is built than is needed.

    Z1 asks for 20 and Z2 for 30, which any small station holds. In p1 A alone serves both for
    1,100, E and B for 1,750; in p2 B must stand, and A or E. Summed over the phases A, then A and B
    spend 1,100 + 2,100; E and B from the start 3,500.
    """
    found = _solve(
        toy(
            "served",
            demand_kwh=np.array([[20.0, 30.0, 0.0]] * 2),
            budget_cny=np.full(2, np.inf),
            headroom_kw=np.full((2, 1), np.inf),
        )
    )
    assert found.type_at.tolist() == [[F, S, NONE], [F, S, S]]
    assert found.certificate.objective == pytest.approx(50 + 2 * 50)
    assert found.certificate.method.endswith("then least cost")


def _summed_cny(problem: Problem, histories: tuple[tuple[int, ...], ...]) -> float:
    return sum(
        float(problem.state_cost_cny[j, k])
        for j, history in enumerate(histories)
        for k in history
        if k != NONE
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["served", "covered", "access"])
def test_among_plans_of_the_same_worth_the_cheapest_is_returned(
    kind: ObjectiveKind, seed: int
) -> None:
    """Trying every plan finds none of the same worth whose money, summed over phases, is less."""
    problem = random_problem(seed, kind, zones=5, sites=3)
    found = _solve(problem)
    plans = list(valued_plans(problem))
    best = min(plan.value for plan in plans)
    if kind != "access":
        best = max(plan.value for plan in plans)
    equals = [plan for plan in plans if plan.value == pytest.approx(best, rel=1e-6)]
    histories = tuple(tuple(column) for column in found.type_at.T.tolist())
    assert found.certificate.objective == pytest.approx(best, rel=1e-6)
    least = min(_summed_cny(problem, plan.histories) for plan in equals)
    assert _summed_cny(problem, histories) == pytest.approx(least)


# Certificates


@pytest.mark.parametrize(
    ("kind", "objective", "bound", "status", "gap", "kept"),
    [
        ("served", 200.0, 210.0, "feasible", 0.05, 210.0),
        ("cost", 200.0, 190.0, "feasible", 0.05, 190.0),
        ("served", 200.0, 200.0, "optimal", 0.0, 200.0),
        ("served", 200.0, 200.0001, "optimal", 5e-7, 200.0001),
        # past the bound by less than a solver's own accuracy: the bound moves
        ("served", 200.0001, 200.0, "optimal", 0.0, 200.0001),
        ("access", 199.9999, 200.0, "optimal", 0.0, 199.9999),
        # past it by more: something is wrong, and the gap shows it
        ("served", 220.0, 198.0, "feasible", 0.1, 198.0),
        # nothing served and nothing to serve
        ("served", 0.0, 0.0, "optimal", 0.0, 0.0),
        # nothing served though something might be: far from proved
        ("served", 0.0, 5.0, "feasible", 5e9, 5.0),
        # an upgrade that brings money in
        ("cost", -100.0, -110.0, "feasible", 0.1, -110.0),
    ],
)
def test_certificates(
    kind: ObjectiveKind, objective: float, bound: float, status: str, gap: float, kept: float
) -> None:
    """The gap is |bound - objective| / |objective|, and only a gap of nothing is optimal."""
    found = certify(toy(kind), objective, bound, seconds=1.5, solver="s", method="m")
    assert found == Certificate(found.status, objective, kept, found.gap, 1.5, "s", "m")
    assert found.status == status
    assert found.gap == pytest.approx(gap, rel=1e-6)


# Limits


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_search_claims_no_more_than_it_proved(kind: ObjectiveKind) -> None:
    """Stopped early, an answer is optimal only if its bound says so, and its bound is true."""
    problem = random_problem(7, kind, zones=20, sites=10)
    best = _solve(problem, replace(EFFORT, gap=0.01)).certificate
    sign = -1 if kind in {"access", "cost"} else 1
    slack = 1e-5 * abs(best.objective)
    answers = [_stopped(problem, limit_s) for limit_s in (0.01, 0.04, 0.1, 0.4)]
    for found in filter(None, answers):
        assert sign * found.bound >= sign * best.objective - slack
        assert sign * found.objective <= sign * best.bound + slack
        assert np.isfinite(found.gap)
        assert (found.status == "optimal") == (found.gap <= 1e-6)
    assert any(answers)


def _stopped(problem: Problem, limit_s: float) -> Certificate | None:
    try:
        return _solve(problem, replace(EFFORT, time_limit_s=limit_s)).certificate
    except NoSolutionError:
        return None


def test_no_time_at_all_is_no_solution() -> None:
    """A limit that ends before the first plan says so, and names the limit."""
    problem = random_problem(7, "access", zones=150, sites=60)
    with pytest.raises(NoSolutionError, match=r"limit of 0\.001 s"):
        _solve(problem, replace(EFFORT, time_limit_s=0.001))


def test_a_plan_without_a_bound_is_bounded_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before HiGHS has a bound, the plan is bounded by all demand within reach: 300 + 900.

    The plan is B in p1, E and B in p2, with nothing served yet. Its energy is assigned afterwards:
    120, and 120 + 120 in p2: 600.
    """
    plan = {(E, F, 0), (B, S, 0), (E, S, 1), (B, S, 1)}

    def stopped(self: Highs, **limits: Any) -> Run:  # noqa: ANN401 - as Highs.run
        assert limits["time_limit_s"] > 0
        values = np.zeros(len(self.arrays.cost))
        values[: len(order)] = [key in plan for key in order]
        return Run("feasible", values, 0.0, np.inf, np.empty(0))

    problem = reduced(toy("served"))
    order = [
        (j, k, t)
        for t in range(2)
        for j in range(3)
        for k in np.flatnonzero(problem.allowed[j]).tolist()
    ]
    monkeypatch.setattr(Highs, "run", stopped)
    monkeypatch.setattr(Search, "_myopic", lambda *_: np.empty(0))
    found = _solve(problem).certificate
    assert found.objective == pytest.approx(120 + 2 * 240)
    assert found.bound == pytest.approx(300 + 2 * 450)
    assert found.status == "feasible"
    assert found.gap == pytest.approx(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_plan(kind: ObjectiveKind) -> None:
    """Solved twice with the same seed, a question has the same plan and energy to the last bit."""
    problem = random_problem(11, kind, zones=20, sites=10)
    effort = replace(EFFORT, gap=0.01)
    first, second = _solve(problem, effort), _solve(problem, effort)
    assert (first.type_at == second.type_at).all()
    assert (first.energy_kwh == second.energy_kwh).all()
