"""One plan for several futures: the best by trying all, bounds that hold, risk measures by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from siting.data.build import build_problem
from siting.data.problem import NONE
from siting.errors import InfeasibleError, ScenarioError
from siting.maps import MapView, render_map, render_report
from siting.models.crew import Crew
from siting.models.effort import Effort
from siting.models.robust.cuts import Cutter
from siting.models.robust.flows import Flows, served_kwh
from siting.models.robust.lshaped import LShaped
from siting.models.robust.question import cvar, question_of
from siting.models.robust.solve import search, solve_robust
from siting.models.solve import solve
from siting.pipeline import make_plan
from siting.scenario import Scenario
from siting.verify import verify_plan
from tests.golden import GOLDEN, write_golden
from tests.robust_case import best_of_all, futures_problem
from tests.strong_toy import golden_strong
from tests.verify_case import hand_case, hand_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from siting.models.robust.outcome import Robust
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


def _asked(**robust: Any) -> Scenario:  # noqa: ANN401 - any key
    """Return the hand scenario with a section robust."""
    return Scenario.model_validate(hand_scenario() | {"robust": robust})


LOW = {"name": "low", "probability": 0.25, "growth": 0.5}
HIGH = {"name": "high", "probability": 0.75, "growth_by_phase": {"2030": 2.0}}
NORTH = {"name": "north", "probability": 1.0, "shift_to": ["north"], "shift_share": 0.5}
DRAWN = {"count": 3, "seed": 4, "growth_spread": 0.3, "place_spread": 0.5}


def test_futures_change_growth_and_place_of_demand() -> None:
    """Z1 to Z4 ask for 3, 6, 9 and 2 MWh in 2026: half goes north, 4.5 to the 11 that are there."""
    case = hand_case()
    problem, _ = build_problem(case, _asked(objective="expected", futures=[LOW, HIGH]))
    assert problem.futures is not None
    np.testing.assert_allclose(problem.futures.demand_kwh[0], problem.demand_kwh / 2)
    np.testing.assert_allclose(problem.futures.demand_kwh[1][1], problem.demand_kwh[1] * 2)
    moved, _ = build_problem(case, _asked(objective="worst", futures=[NORTH]))
    assert moved.futures is not None
    north = 1 + 4500 / 11000
    np.testing.assert_allclose(
        moved.futures.demand_kwh[0][0], [1500, 3000, 9000 * north, 2000 * north]
    )


def test_drawn_futures_are_the_same_for_a_seed_and_place_keeps_the_sum() -> None:
    """Twice the same; with a spread of place alone every future asks for what the city does."""
    case = hand_case()
    ask = _asked(objective="expected", drawn=DRAWN)
    first, second = (build_problem(case, ask)[0].futures for _ in range(2))
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.demand_kwh, second.demand_kwh)
    place = {"count": 3, "seed": 4, "place_spread": 0.5}
    problem, _ = build_problem(case, _asked(objective="expected", drawn=place))
    assert problem.futures is not None
    for demand in problem.futures.demand_kwh:
        np.testing.assert_allclose(demand.sum(axis=1), problem.demand_kwh.sum(axis=1))
        assert not np.allclose(demand, problem.demand_kwh)


@pytest.mark.parametrize(
    "robust",
    [
        {"objective": "expected", "futures": [LOW, HIGH]},
        {"objective": "worst", "measure": "share", "drawn": DRAWN},
        {"objective": "cvar", "alpha": 0.5, "futures": [LOW, HIGH]},
    ],
)
def test_a_plan_verifies_and_a_changed_one_does_not(robust: dict[str, Any]) -> None:
    """Every future is recomputed apart from the models; a false worth, regret or value is named."""
    case, ask = hand_case(), _asked(**robust)
    plan = make_plan(case, ask)
    assert verify_plan(plan, case, ask) == []
    over = plan.document.robust
    assert over is not None
    first = over.futures[0]
    served = first.phases[-1].model_copy(update={"served_kwh_day": 1.0})
    changes: list[tuple[dict[str, Any], str]] = [
        ({"worth": first.worth * 2}, ".worth"),
        ({"regret_high": first.regret_high + 1.0}, ".regret_high"),
        ({"phases": (*first.phases[:-1], served)}, ".served_kwh_day"),
    ]
    for change, said in changes:
        futures = (first.model_copy(update=change), *over.futures[1:])
        broken = over.model_copy(update={"futures": futures})
        document = plan.document.model_copy(update={"robust": broken})
        found = verify_plan(replace(plan, document=document), case, ask)
        assert any(item.where.endswith(said) for item in found), said
    without = replace(plan, document=plan.document.model_copy(update={"robust": None}))
    assert any(item.where == "robust" for item in verify_plan(without, case, ask))
    outcome = plan.document.outcome.model_copy(update={"objective": 1.0, "bound": 1.0})
    false = replace(plan, document=plan.document.model_copy(update={"outcome": outcome}))
    assert any(item.where == "outcome.objective" for item in verify_plan(false, case, ask))


@pytest.mark.parametrize(
    ("robust", "said"),
    [
        ({"objective": "expected"}, "either"),
        ({"objective": "cvar", "drawn": DRAWN}, "alpha goes with"),
        ({"objective": "worst", "futures": [LOW]}, "add up to 0.25"),
        ({"objective": "worst", "futures": [LOW, LOW | {"probability": 0.75}]}, "must differ"),
        ({"objective": "worst", "futures": [NORTH | {"shift_share": 0.0}]}, "go together"),
        (
            {"objective": "worst", "futures": [NORTH | {"growth_by_phase": {"1999": 2.0}}]},
            "are no phases",
        ),
        ({"objective": "worst", "drawn": DRAWN | {"share_spread": 0.1}}, "with super_share"),
    ],
)
def test_faults_of_the_section_are_told(robust: dict[str, Any], said: str) -> None:
    """What cannot be meant is refused, in words."""
    with pytest.raises(ValidationError, match=said):
        _asked(**robust)


def test_demand_cannot_move_where_nobody_knows() -> None:
    """A district the city does not have is named with those it has."""
    with pytest.raises(ScenarioError, match="'mars' is not a district"):
        build_problem(
            hand_case(), _asked(objective="worst", futures=[NORTH | {"shift_to": ["mars"]}])
        )


def test_report_and_map_tell_the_futures_in_both_languages() -> None:
    """Each future stands in the report; the map has them for planners, not for the public."""
    case, ask = hand_case(), _asked(objective="expected", futures=[LOW, HIGH])
    plan = make_plan(case, ask)
    page = render_report(plan, case)
    for word in ("In several futures", "多种未来情景", "value of the stochastic solution"):
        assert word in page
    assert '"own_bound"' in render_map(plan, case)
    assert '"own_bound"' not in render_map(plan, case, MapView("public"))


def test_whole_program_is_the_golden_one(tmp_path: Path) -> None:
    """The toy's program over two futures is, letter by letter, the file in models/golden."""
    write_golden(tmp_path)
    for name in ("robust.lp", "equity.lp"):
        written = (tmp_path / name).read_text(encoding="utf-8")
        assert written == (GOLDEN / name).read_text(encoding="utf-8")


def test_no_step_is_paid_for_before_it_can_be_in_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search may build a step of reinforcement where none counts yet; the plan leaves it out."""
    question = replace(golden_strong(), futures=futures_problem(1, "expected", zones=3).futures)
    demand = np.stack([question.demand_kwh * factor for factor in (0.5, 1.0, 2.0)])
    assert question.futures is not None
    problem = replace(question, futures=replace(question.futures, demand_kwh=demand))

    def early(*args: Any) -> Robust:  # noqa: ANN401 - as the search it stands for
        found = search(*args)
        types = found.type_at.copy()
        types[:, -1] = 0
        return replace(found, type_at=types)

    monkeypatch.setattr("siting.models.robust.solve.search", early)
    assert solve_robust(problem, EFFORT, progress=lambda _: None).type_at[:, -1].tolist() == [
        NONE,
        0,
    ]
