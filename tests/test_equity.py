"""Equity: indices by hand, an account of a small plan, and what a scenario may owe to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from siting.data.build import build_problem
from siting.equity import equity_account, gini, palma
from siting.errors import ScenarioError
from siting.maps import render_report
from siting.pipeline import make_plan
from siting.scenario import Scenario
from siting.verify import verify_plan
from tests.verify_case import hand_case, hand_scenario

if TYPE_CHECKING:
    from siting.plan import Plan

VALUES = st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=12)


def _asked(**equity: Any) -> Scenario:  # noqa: ANN401 - any key
    """Return the hand scenario with a section equity, and no spacing."""
    raw = hand_scenario()
    raw["limits"]["spacing_m"] = 0.0
    return Scenario.model_validate(raw | {"equity": equity})


def _with_groups() -> Any:  # noqa: ANN401 - the hand case
    """Return the hand case with people, and Z2 and Z3 in the old town."""
    zones = hand_case().zones.assign(
        people=[100.0, 200.0, 300.0, 50.0], group=["", "old town", "old town", ""]
    )
    return hand_case(zones=zones)


def test_gini_of_two_people_by_hand() -> None:
    """One has all: the Lorenz curve runs 0, 0, 1, area 1/4, Gini 1 - 2/4 = 0.5; alike, it is 0."""
    assert gini(np.array([0.0, 8.0]), np.ones(2)) == pytest.approx(0.5)
    assert gini(np.array([3.0, 3.0, 3.0]), np.array([1.0, 5.0, 2.0])) == pytest.approx(0.0)
    assert gini(np.zeros(3), np.ones(3)) is None
    assert gini(np.array([1.0]), np.zeros(1)) is None


def test_palma_of_ten_people_by_hand() -> None:
    """Of 1 to 10 the tenth has 10, the four tenths that get least 1 + 2 + 3 + 4 = 10: 1.

    All alike it is 0.1 / 0.4; where four tenths get nothing there is none.
    """
    assert palma(np.arange(1.0, 11.0), np.ones(10)) == pytest.approx(1.0)
    assert palma(np.ones(7), np.ones(7)) == pytest.approx(0.25)
    assert palma(np.array([0.0] * 5 + [1.0] * 5), np.ones(10)) is None


@settings(max_examples=60, deadline=None)
@given(values=VALUES, parts=st.integers(1, 4))
def test_indices_do_not_depend_on_how_people_are_grouped(values: list[float], parts: int) -> None:
    """A place of n people counts as n of one; Gini is the mean difference over twice the mean."""
    value = np.array(values)
    many = np.repeat(value, parts)
    found, again = gini(value, np.full(len(value), float(parts))), gini(many, np.ones(len(many)))
    if value.sum() < 1e-6:
        return
    assert found is not None
    assert found == pytest.approx(again, abs=1e-9)
    apart = np.abs(value[:, None] - value[None, :]).mean() / (2 * value.mean())
    assert found == pytest.approx(apart, abs=1e-9)


@pytest.fixture(scope="module")
def made() -> Plan:
    """Return the hand plan."""
    return make_plan(_with_groups(), Scenario.model_validate(hand_scenario()))


def test_account_sums_zones_by_district_and_group(made: Plan) -> None:
    """Scopes are the city, two districts and the old town; shares are sums over the zones' rows."""
    account = equity_account(made, _with_groups())
    last = account.scopes[account.scopes["phase"] == made.document.phases[-1].name]
    assert last["scope"].tolist() == ["city", "south", "north", "old town"]
    assert last["people"].tolist() == [650, 300, 350, 500]
    zones = made.zones[made.zones["phase"] == made.document.phases[-1].name].set_index("zone")
    old = zones.loc[["Z2", "Z3"]]
    share = old["served_kwh_day"].sum() / old["demand_kwh_day"].sum()
    assert last["served_share"].iloc[3] == pytest.approx(share)
    assert last["kwh_person_day"].iloc[3] == pytest.approx(old["served_kwh_day"].sum() / 500)
    assert account.worst["zone"].iloc[0] == "Z4"
    assert account.per_person
    assert not equity_account(made, hand_case()).per_person


def test_report_has_the_section_in_both_languages(made: Plan) -> None:
    """The annex names Gini and Palma, and the group."""
    page = render_report(made, _with_groups())
    for word in ("Who is served", "公平性", "Gini coefficient", "基尼系数", "old town"):
        assert word in page


def test_floors_and_circles_are_kept_and_a_broken_one_is_found(made: Plan) -> None:
    """A plan made under floors verifies; the plan made without them is caught by the verifier.

    The hand plan serves 4,500 of 28,000 kWh a day at first; 0.5 of the south's cannot be had then,
    so floors hold from the last phase on.
    """
    case, last = _with_groups(), hand_scenario()["phases"][-1]["name"]
    asks = _asked(
        from_phase=last,
        min_served_share=0.05,
        groups=[{"name": "old", "label": "old town", "min_covered_share": 0.9, "circle_km": 0.5}],
    )
    plan = make_plan(case, asks)
    assert verify_plan(plan, case, asks) == []
    problem, _ = build_problem(case, asks)
    assert [floor.scope for floor in problem.fairness.floors] == ["south", "north", "old"]
    assert problem.fairness.circles[0].zones == ("Z2", "Z3")
    harder = _asked(from_phase=last, min_served_share=0.999)
    found = [str(item) for item in verify_plan(made, case, harder)]
    assert any(f"phases[{last}].equity[" in text for text in found)
    closer = _asked(groups=[{"name": "centre", "districts": ["north", "south"], "circle_km": 0.41}])
    found = [str(item) for item in verify_plan(made, case, closer)]
    assert any("equity[centre].circle_km[" in text for text in found)


def test_a_group_the_city_does_not_have_is_refused() -> None:
    """Unknown districts and labels are named, and a circle that reaches nobody."""
    with pytest.raises(ScenarioError, match="'mars' is not a district"):
        build_problem(hand_case(), _asked(groups=[{"name": "m", "districts": ["mars"]}]))
    with pytest.raises(ScenarioError, match="no zone's column group says 'x'"):
        build_problem(_with_groups(), _asked(groups=[{"name": "m", "label": "x"}]))
    tiny = [{"name": "m", "districts": ["south"], "circle_km": 0.001}]
    with pytest.raises(ScenarioError, match="no zone of group 'm' has a usable site"):
        build_problem(hand_case(), _asked(groups=tiny))


@pytest.mark.parametrize(
    ("equity", "said"),
    [
        ({"groups": [{"name": "a"}]}, "needs either districts or label"),
        (
            {"groups": [{"name": "a", "label": "x"}, {"name": "a", "label": "y"}]},
            "names must differ",
        ),
        ({"from_phase": "1999"}, "is no phase of"),
        ({"min_served_share": 1.5}, "less than or equal to 1"),
    ],
)
def test_faults_of_the_section_are_told(equity: dict[str, Any], said: str) -> None:
    """What cannot be meant is refused, in words."""
    with pytest.raises(ValidationError, match=said):
        _asked(**equity)


def test_classical_questions_take_no_floors() -> None:
    """A p-center knows no floor of equity, and says which questions do."""
    raw = hand_scenario()
    raw["objective"] = {"kind": "flow"}
    raw["equity"] = {"min_served_share": 0.5}
    with pytest.raises(ValidationError, match="knows no floors of equity"):
        Scenario.model_validate(raw)
