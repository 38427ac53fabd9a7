"""Trips and markets from files to a verified plan: layer flows, scenario, problem, plan, report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from siting.data.build import build_problem
from siting.data.load import load_case
from siting.data.report import case_report
from siting.errors import CaseError, InfeasibleError, ScenarioError
from siting.maps import render_map, render_report
from siting.pipeline import make_plan
from siting.verify import verify_plan
from siting.verify.flow import drives
from tests.small_case import layer_toml, write_case
from tests.verify_case import asked, hand_case, hand_roads, hand_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Scenario

FLOW = {
    "range_km": 20.0,
    "round_trip": True,
    "start_charge_share": 0.5,
    "end_charge_share": 0.5,
    "detour_km": 0.0,
}
MARKET = {
    "size": "guns",
    "size_exponent": 1.0,
    "distance_decay": 1.0,
    "nearest_min": 1.0,
    "competitor_types": ["small"],
}


def one_phase(kind: str, changes: dict[str, Any] | None = None) -> Scenario:
    """Return the hand question with one phase, no target, and another objective."""
    phase = {**hand_scenario()["phases"][0], "ratio": 0.0, "budget_cny": None}
    section = {"flow": {**FLOW}} if kind == "flow" else {"market": {**MARKET}}
    plain = {
        "phases": [phase],
        "objective": {"kind": kind},
        "existing.policy": "keep",
        "limits.spacing_m": 0.0,
        "grid.enforce": False,
        **section,
    }
    return asked({**plain, **(changes or {})})


def with_trips(case: Case, *trips: tuple[str, str, float]) -> Case:
    """Return the city with trips between its zones."""
    table = pd.DataFrame(trips, columns=["origin", "destination", "trips"])
    return hand_case(case.roads, flows=table)


def opened(plan: Plan) -> set[str]:
    """Return where something stands at the end."""
    return {station.id for station in plan.document.stations if station.type is not None}


def told(plan: Plan, case: Case, scenario: Scenario) -> list[str]:
    """Return what the verifier says."""
    return [str(mismatch) for mismatch in verify_plan(plan, case, scenario)]


def test_trips_along_the_meridian_are_made() -> None:
    """Z1 to Z4 is 40 km, 50 by road: range 60, half and half, asks for a stop in the first 30 km.

    E1 0.5, S1 3, S2 4.75 km by road lie on the way, and the end is 45 km from the last: 2 x 45.25
    is more than 60, so the trip cannot be made; one of 100 km of range can. Z2 to Z3 is 2.5 km by
    road, and S1 at 0.5 and S2 at 2.25 km carry it.
    """
    case = with_trips(hand_case(), ("Z1", "Z4", 70.0), ("Z2", "Z3", 30.0))
    short, long = (one_phase("flow", {"flow.range_km": km}) for km in (60.0, 100.0))
    assert make_plan(case, short).document.outcome.objective == pytest.approx(30)
    plan = make_plan(case, long)
    assert plan.document.outcome.objective == pytest.approx(100)
    assert plan.document.outcome.objective_unit == "trips a day"
    assert told(plan, case, long) == []


def test_no_money_is_spent_that_carries_nobody() -> None:
    """Z2 to Z3 passes S1 and S2: one small station at S1 does, at S2 it costs 100,000 CNY more."""
    case = with_trips(hand_case(), ("Z2", "Z3", 30.0))
    plan = make_plan(case, one_phase("flow"))
    assert opened(plan) == {"E1", "S1"}
    assert plan.document.kpis.capex_cny == pytest.approx(1_000_000)


def test_sites_on_the_path_are_those_of_a_short_detour() -> None:
    """From Z1 (0) to Z2 (2 km) S1 at 2.4 km is 0.8 km of straight line, 1 km by road, too far.

    The way by S1 is 3 + 0.5 km, the way past it 2.5: within 1 km, it stands at 2.5 x 3 / 3.5.
    """
    case = with_trips(hand_case(), ("Z1", "Z2", 1.0))
    near = build_problem(case, one_phase("flow")).problem.flows
    far = build_problem(case, one_phase("flow", {"flow.detour_km": 1.0})).problem.flows
    assert near is not None
    assert far is not None
    assert near.site.tolist() == [0]
    assert far.site.tolist() == [0, 1]
    assert far.km == pytest.approx([0.5, 2.5 * 3 / 3.5], abs=1e-6)


def test_trips_by_road_follow_the_one_way_ring() -> None:
    """Z3 goes home round the ring, 3 + 2 + 2 km, and passes no site that may be used; Z1 does."""
    case = with_trips(hand_case(hand_roads()), ("Z1", "Z3", 5.0), ("Z3", "Z1", 3.0))
    scenario = one_phase("flow", {"flow.detour_km": 0.2})
    flows = build_problem(case, scenario).problem.flows
    assert flows is not None
    assert flows.length_km == pytest.approx([4.0, 7.0], abs=1e-3)
    plan = make_plan(case, scenario)
    assert plan.document.outcome.objective == pytest.approx(5)
    assert told(plan, case, scenario) == []


def test_a_wrong_claim_of_trips_is_told() -> None:
    """The verifier drives 30 trips; a plan that says 31 is found out."""
    case = with_trips(hand_case(), ("Z2", "Z3", 30.0))
    scenario = one_phase("flow")
    plan = make_plan(case, scenario)
    outcome = plan.document.outcome.model_copy(update={"objective": 31.0, "bound": 31.0})
    wrong = type(plan)(
        plan.document.model_copy(update={"outcome": outcome}), plan.service, plan.zones, plan.load
    )
    assert told(wrong, case, scenario) == ["outcome.objective: plan says 31, recomputed 30"]


def test_battery_by_hand() -> None:
    """Range 100, half and half, out and back over 100 km: stops at 0 and 60 do, 60 does not."""
    rule = one_phase("flow", {"flow.range_km": 100.0}).flow
    assert rule is not None
    assert drives([0.0, 60.0], 100.0, rule)
    assert not drives([60.0], 100.0, rule)
    assert not drives([], 1.0, rule)


def test_an_impossible_question_says_what_conflicts() -> None:
    """A target that the budget does not pay is told as by every other objective."""
    phase = {**hand_scenario()["phases"][0], "ratio": 1.0, "budget_cny": 1.0}
    case = with_trips(hand_case(), ("Z2", "Z3", 30.0))
    with pytest.raises(InfeasibleError) as caught:
        make_plan(case, one_phase("flow", {"phases": [phase]}))
    assert any("budget" in line or "CNY" in line for line in caught.value.conflict)


def test_market_shares_by_hand() -> None:
    """A new station of the better place wins its Huff share, and the verifier agrees."""
    case = hand_case()
    scenario = one_phase("market", {"existing.default_type": "small"})
    problem = build_problem(case, scenario).problem
    assert problem.market is not None
    assert problem.market.rival.tolist() == [True, False, False, False]
    plan = make_plan(case, scenario)
    assert told(plan, case, scenario) == []
    # With nothing to pay, both reachable sites open as large as they may: they win the more.
    assert {"S1", "S2"} <= opened(plan)
    share = []
    for zone in range(4):
        pairs = np.flatnonzero(problem.pair_zone == zone)
        kinds = {s.id: scenario.stations[s.type].guns for s in plan.document.stations if s.type}
        pull = {
            problem.sites[problem.pair_site[p]]: 1 / max(float(problem.pair_minutes[p]), 1.0)
            for p in pairs
        }
        won = sum(kinds.get(name, 0) * near for name, near in pull.items() if name != "E1")
        lost = kinds["E1"] * pull.get("E1", 0.0)
        share.append(won / (won + lost) if won else 0.0)
    expected = float(np.array(share) @ problem.demand_kwh[0])
    assert plan.document.outcome.objective == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["flow", "market"])
def test_map_and_report_name_the_objective(kind: str) -> None:
    """Map and report are drawn in both languages, with the question of the objective."""
    case = with_trips(hand_case(), ("Z2", "Z3", 30.0))
    plan = make_plan(case, one_phase(kind, {"existing.default_type": "small"}))
    report = render_report(plan, case)
    words = {"flow": ("the most trips", "出行"), "market": ("competitors", "竞争对手")}[kind]
    assert all(word in report for word in words)
    assert render_map(plan, case)


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("flow", {"flow": None}, "needs a section [flow]"),
        ("market", {"market": None}, "needs a section [market]"),
        ("flow", {"phases": hand_scenario()["phases"]}, "takes one phase, got 2"),
        ("flow", {"objective.min_served_share": 0.5}, "takes no min_served_share"),
        ("flow", {"solve.solver": "cbc"}, "solved by highs only"),
        ("market", {"market.competitor_types": ["Q"]}, "'Q' is not one of"),
        ("market", {"existing.policy": "upgrade"}, "competitors stay as they are"),
        (
            "flow",
            {"flow.start_charge_share": 0.0, "flow.end_charge_share": 1.0},
            "nothing to drive on",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    kind: str, changes: dict[str, Any], words: str
) -> None:
    """Each combination that these objectives do not answer is named."""
    with pytest.raises(ValidationError) as caught:
        one_phase(kind, changes)
    assert words in str(caught.value)


def test_a_city_without_trips_is_told() -> None:
    """The objective flow asks for layer flows, and says how to give it."""
    with pytest.raises(ScenarioError, match=r"Add a table \[layers.flows\]"):
        build_problem(hand_case(), one_phase("flow"))


def test_layer_flows_is_read(tmp_path: Path) -> None:
    """A table of origin, destination and trips is part of the case, with its source."""
    text = "from,to,n\nz1,z2,12.5\nz2,z1,3\n"
    columns = 'columns = { origin = "from", destination = "to", trips = "n" }'
    layer = layer_toml("flows", "flows.csv", columns)
    case = load_case(write_case(tmp_path, files={"flows.csv": text}, layers={"flows": layer}))
    assert case.flows is not None
    assert case.flows.to_numpy().tolist() == [["z1", "z2", 12.5], ["z2", "z1", 3.0]]
    assert [info.rows for info in case.layers if info.layer == "flows"] == [2]
    (told_of,) = [layer for layer in case_report(case).layers if layer.layer == "flows"]
    assert told_of.counts == ("2 rows", "16 trips a day")
    assert told_of.extent == (114.05, 22.55, 114.15, 22.55)


def test_faults_of_layer_flows_are_all_told(tmp_path: Path) -> None:
    """Unknown zones, trips to oneself and doubles are told with row, field and mend."""
    text = "origin,destination,trips\nz1,z9,1\nz1,z1,1\nz1,z2,1\nz1,z2,2\n"
    layers = {"flows": layer_toml("flows", "flows.csv", "")}
    with pytest.raises(CaseError) as caught:
        load_case(write_case(tmp_path, files={"flows.csv": text}, layers=layers))
    lines = [str(fault) for fault in caught.value.faults]
    assert len(lines) == 3
    assert 'row 2, destination: "z9" is no zone' in lines[0]
    assert 'row 3, destination: goes from "z1" to itself' in lines[1]
    assert 'row 5, destination: "z1" to "z2" stands twice' in lines[2]


def test_negative_trips_and_useless_keys_are_told(tmp_path: Path) -> None:
    """Trips below 0 and keys that need geometry are refused."""
    files: dict[str, str | bytes] = {"flows.csv": "origin,destination,trips\nz1,z2,-1\n"}
    with pytest.raises(CaseError, match="trips"):
        load_case(
            write_case(
                tmp_path, files=files, layers={"flows": layer_toml("flows", "flows.csv", "")}
            )
        )
    more = layer_toml("flows", "flows.csv", "bbox = [1, 2, 3, 4]")
    with pytest.raises(CaseError, match="is not for flows"):
        load_case(write_case(tmp_path, files=files, layers={"flows": more}))
