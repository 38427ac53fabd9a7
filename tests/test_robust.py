"""One plan for several futures: the best by trying all, bounds that hold, risk measures by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.errors import InfeasibleError
from siting.models.crew import Crew
from siting.models.effort import Effort
from siting.models.robust.cuts import Cutter
from siting.models.robust.flows import Flows, served_kwh
from siting.models.robust.lshaped import LShaped
from siting.models.robust.question import cvar, question_of
from siting.models.solve import solve
from tests.robust_case import best_of_all, futures_problem

if TYPE_CHECKING:
    from siting.scenario.robust import RiskMeasure, Worth

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)
ASKED: tuple[tuple[RiskMeasure, Worth], ...] = (
    ("expected", "energy"),
    ("expected", "share"),
    ("worst", "energy"),
    ("worst", "share"),
    ("cvar", "share"),
)
NEAR = 1e-5


def test_cvar_is_the_mean_of_the_worst_part() -> None:
    """Of 10 (0.2), 20 (0.3) and 40 (0.5) the worst half is 0.2 x 10 + 0.3 x 20 = 8, over 0.5: 16.

    The worst tenth is 10; all of it is the mean, 28; the worst 0.7 is (8 + 0.2 x 40) / 0.7.
    """
    worth, likely = np.array([20.0, 40.0, 10.0]), np.array([0.3, 0.5, 0.2])
    assert cvar(worth, likely, 0.5) == pytest.approx(16)
    assert cvar(worth, likely, 0.9) == pytest.approx(10)
    assert cvar(worth, likely, 0.0) == pytest.approx(28)
    assert cvar(worth, likely, 0.3) == pytest.approx(16 / 0.7)


@pytest.mark.parametrize(("objective", "measure"), ASKED)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_plan_is_the_best_of_all(objective: RiskMeasure, measure: Worth, seed: int) -> None:
    """The value proved is brute force's; so are the best worths known in each future alone."""
    problem = futures_problem(seed, objective, measure)
    question = question_of(problem, smaller=False)
    best = best_of_all(problem, question)
    if best is None:
        with pytest.raises(InfeasibleError):
            solve(problem, EFFORT)
        return
    found = solve(problem, EFFORT)
    value, own = best
    assert found.certificate.objective == pytest.approx(value, rel=NEAR)
    assert found.certificate.bound == pytest.approx(value, rel=NEAR)
    assert found.outcomes is not None
    np.testing.assert_allclose(found.outcomes.own_bound, own, rtol=NEAR)
    np.testing.assert_allclose(found.outcomes.own_known, own, rtol=NEAR)
    low, high = found.outcomes.regret
    assert (low >= 0).all()
    assert (high >= low).all()
    mean = question.value(found.outcomes.mean_worth)
    assert mean <= value + NEAR * abs(value)


@pytest.mark.parametrize(("objective", "measure"), ASKED)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_search_by_cuts_is_bounded_by_its_bound(
    objective: RiskMeasure, measure: Worth, seed: int
) -> None:
    """The search for large questions claims no more than brute force finds, nor a bound below."""
    problem = futures_problem(seed, objective, measure)
    question = question_of(problem)
    best = best_of_all(problem, question_of(problem, smaller=False))
    effort = replace(EFFORT, iterations=6)
    found = LShaped(question, Crew(effort, lambda _text: None)).run()
    if best is None:
        assert not len(found.type_at)
        return
    value, own = best
    slack = NEAR * abs(value)
    assert found.bound >= value - slack
    assert (found.own_bound >= np.array(own) * (1 - NEAR)).all()
    assert len(found.type_at)
    served = Flows(question.problem).served(question.demand_kwh, found.type_at)
    reached = question.value(question.worth(served))
    assert 0.8 * value <= reached <= value + slack


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), prices=st.integers(0, 10_000))
def test_a_cut_never_cuts_off_what_can_be_served(seed: int, prices: int) -> None:
    """At any prices, in any future, a cut is above the largest flow; the flow's own meets it."""
    problem = futures_problem(seed, "expected")
    question = question_of(problem, smaller=False)
    rng, p = np.random.default_rng(prices), question.problem
    cutter, flows = Cutter(p), Flows(p)
    choice = (rng.random(p.allowed.shape) < 0.4) & p.allowed
    choice[:, 1] &= ~choice[:, 0]
    room = choice @ p.capacity_kwh
    for k in range(3):
        demand = question.demand_kwh[k, 1]
        most = served_kwh(p, demand, room)
        drawn = cutter.cut(k, 1, demand, rng.random(len(p.zones)))
        assert drawn.at(choice.astype(float)) >= most - 1e-6 * (1 + most)
        flow, price = flows.cut(demand, room)
        assert flow == pytest.approx(most, rel=1e-6, abs=1e-4)
        assert cutter.cut(k, 1, demand, price).at(choice.astype(float)) == pytest.approx(
            most, rel=1e-6, abs=1e-4
        )


def test_same_seed_and_steps_same_plan() -> None:
    """With a limit in steps the search finds the same plan on one and two threads."""
    question = question_of(futures_problem(7, "expected", zones=30, sites=14))
    plans = [
        LShaped(question, Crew(replace(EFFORT, iterations=4, threads=n), lambda _text: None)).run()
        for n in (1, 2)
    ]
    assert np.array_equal(plans[0].type_at, plans[1].type_at)
    assert plans[0].bound == plans[1].bound
