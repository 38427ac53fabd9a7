"""Batteries and reinforcements from scenario to verified plan, on the town checked by hand.

G2 with a base peak of 2.9 MW has 4.05 less 1.2 x 0.9 x 2.9 = 0.918 MW at 20 h of 2030: room for a
small station (0.72 MW), not for a large one (0.96). A battery of 100 kW takes it to 0.86; so does a
step of 1 MVA, which adds 1 x 0.9 x 0.9 = 0.81 MW.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from pydantic import ValidationError

from siting.assembly.layers import map_layers
from siting.assembly.reading import types_of
from siting.data.build import build_problem
from siting.data.problem import NONE
from siting.errors import ScenarioError
from siting.grid.energy import energy_of
from siting.grid.money import business
from siting.grid.placement import place
from siting.grid.study import FOLDER, Study
from siting.grid.tariff import FOLDER as TARIFF_FOLDER
from siting.grid.tariff import Tariff
from siting.grid.terms import FOLDER as MONEY_FOLDER
from siting.grid.terms import Terms
from siting.models.effort import Effort
from siting.models.sensitivity.rows import rows
from siting.models.sensitivity.study import Asked, study
from siting.models.solution import Certificate
from siting.pipeline import make_plan
from siting.plan_folder import read_plan, write_plan
from siting.scenario_io import load_scenario
from siting.scenario_io.settings import load_settings
from siting.verify import verify_plan
from siting.verify.overload import overloads
from tests.verify_case import asked, hand_case, hand_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Scenario

BATTERY: dict[str, Any] = {
    "stations.large+": {
        **hand_scenario()["stations"]["large"],
        "cost_cny": 2_050_000.0,
        "battery_kwh": 200.0,
        "battery_kw": 100.0,
    },
    "grid.battery_round_trip": 0.81,
    "grid.battery_depth": 0.9,
}
STEP: dict[str, Any] = {
    "grid.reinforcement": {
        "use": True,
        "step_mva": 1.0,
        "n1_limit": 1.0,
        "step_cny": 50_000.0,
        "most_steps": 2,
        "from_phase": "2030",
    }
}


def _town() -> Case:
    case = hand_case()
    return replace(
        case,
        substations=case.substations.assign(base_peak_mw=[6.0, 2.9]),
        stations=case.stations.assign(area_m2=[200.0]),  # E1 has ground for small only
    )


def _answer(changes: dict[str, Any]) -> tuple[Plan, Scenario]:
    scenario = asked(changes)
    return make_plan(_town(), scenario, progress=lambda _: None), scenario


@pytest.mark.parametrize(
    ("changes", "kind", "capex", "mva"),
    [
        ({}, "small", 1.9e6, 0.0),
        (BATTERY, "large+", 2.95e6, 0.0),
        (STEP, "large", 2.95e6, 1.0),
        ({"grid.enforce": False}, "large", 2.9e6, 0.0),
    ],
)
def test_each_way_to_live_within_a_limit(
    changes: dict[str, Any], kind: str, capex: float, mva: float
) -> None:
    """A smaller type, a battery, a step; without the limit the large one. Each plan verifies."""
    plan, scenario = _answer(changes)
    document = plan.document
    assert {s.id: s.type for s in document.stations} == {"E1": "small", "S2": kind}
    assert document.kpis.capex_cny == pytest.approx(capex)
    last = {s.id: s.steps[-1] for s in document.substations}
    assert last["G2"].added_mva == mva
    assert last["G2"].reinforcement_cny == mva * 50_000
    assert verify_plan(plan, _town(), scenario) == []
    over = overloads(plan, _town(), scenario)
    assert [(o.phase, o.substation, o.hour) for o in over] == (
        [] if scenario.grid.enforce else [("2030", "G2", 20)]
    )


def test_what_stood_before_the_plan_is_told_apart() -> None:
    """G1 holds 8.1 MW, and 1.2 x 6.8 = 8.16 are asked for at 12 h: over, plan or no plan.

    With 6.7 it is E1, made larger, that passes it: 8.04 + 0.36. G2 is passed by the large station
    that the plan without limits puts there.
    """
    plan, scenario = _answer({"grid.enforce": False})
    for peak_mw, before in ((6.8, True), (6.7, False)):
        table = _town().substations.assign(base_peak_mw=[peak_mw, 2.9])
        over = overloads(plan, replace(_town(), substations=table), scenario)
        told = {(o.phase, o.substation): o.before for o in over}
        assert told == {("2030", "G1"): before, ("2030", "G2"): False}


def test_a_battery_s_day_is_in_the_load_of_its_substation() -> None:
    """At 20 h large asks 0.96 MW less the battery's 0.1; what it took before is 0.1 / 81 %."""
    plan, _ = _answer(BATTERY)
    load = plan.load.set_index(["phase", "substation", "hour"])["charging_mw"]["2030", "G2"]
    assert load[20] == pytest.approx(0.86)
    extra = load.drop(20) - 0.48
    assert extra.sum() == pytest.approx(0.1 / 0.81)
    assert extra.min() >= -1e-9
    assert plan.batteries is not None
    assert set(plan.batteries["type"]) == {"large+"}


def _tampered(plan: Plan, **columns: Any) -> Plan:  # noqa: ANN401 - any column
    assert plan.batteries is not None
    return replace(plan, batteries=plan.batteries.assign(**columns))


def test_a_broken_timetable_is_caught() -> None:
    """Energy out of nothing, more than the converter, feeding in, hours missing, none at all."""
    plan, scenario = _answer(BATTERY)
    table = plan.batteries
    assert table is not None
    given = table["discharge_kw"]
    broken = {
        "at the end of the day": _tampered(plan, charge_kw=0.0),
        "kw": _tampered(plan, discharge_kw=given * 1.5),
        "fed_kw": _tampered(plan, discharge_kw=given.where(given == 0, 5000.0)),
        "hours": replace(plan, batteries=table.iloc[1:]),
        "charging_mw": replace(plan, batteries=None),
    }
    for what, wrong in broken.items():
        found = verify_plan(wrong, _town(), scenario)
        assert any(what in str(mismatch) for mismatch in found), what


def test_a_broken_reinforcement_is_caught() -> None:
    """Half a step, three steps, one before its phase, a wrong price, and one nobody allowed."""
    plan, scenario = _answer(STEP)

    def changed(phase: int, **fields: float) -> Plan:
        document = plan.document
        items = []
        for item in document.substations:
            steps = list(item.steps)
            if item.id == "G2":
                steps[phase] = steps[phase].model_copy(update=fields)
            items.append(item.model_copy(update={"steps": tuple(steps)}))
        return replace(plan, document=document.model_copy(update={"substations": tuple(items)}))

    whole = {"added_mw": 0.81, "reinforcement_cny": 50_000.0}
    for wrong, what in (
        (changed(1, added_mva=1.5), "whole steps of 1"),
        (changed(1, added_mva=3.0), "at most 2"),
        (changed(0, added_mva=1.0, **whole), "at most 0"),
        (changed(1, reinforcement_cny=1.0), "reinforcement_cny"),
        (changed(1, added_mva=0.0, added_mw=0.0, reinforcement_cny=0.0), "worst_mw"),
    ):
        found = verify_plan(wrong, _town(), scenario)
        assert any(what in str(mismatch) for mismatch in found), what
    unused = scenario.grid.model_copy(
        update={"reinforcement": scenario.grid.reinforcement.model_copy(update={"use": False})}  # type: ignore[union-attr]
    )
    found = verify_plan(plan, _town(), scenario.model_copy(update={"grid": unused}))
    assert any("at most 0" in str(mismatch) for mismatch in found)


def test_least_cost_counts_the_step() -> None:
    """Half of 36,000 kWh in 2030 needs the large station: 0.8 + 2.1 + 0.05 M CNY."""
    floor = {"objective": {"kind": "cost", "min_served_share": 0.5}, "phases.0.growth": 0.5}
    plan, scenario = _answer({**STEP, **floor})
    document = plan.document
    spent = sum(s.capex_cny for s in document.stations)
    works = sum(s.steps[-1].reinforcement_cny for s in document.substations)
    assert works == 50_000
    assert document.outcome.objective == pytest.approx(spent + works)
    assert document.outcome.status == "optimal"
    assert verify_plan(plan, _town(), scenario) == []


def test_a_plan_with_batteries_comes_back_from_its_folder(tmp_path: Path) -> None:
    """batteries.csv is written, read back the same, and is as good as the plan it came from."""
    plan, scenario = _answer({**BATTERY, **STEP})
    layers = map_layers(plan, _town())
    write_plan(tmp_path / "plan", plan, scenario=scenario, files={}, layers=layers)
    back, question = read_plan(tmp_path / "plan")
    assert question == scenario
    assert back.batteries is not None
    assert plan.batteries is not None
    pd.testing.assert_frame_equal(back.batteries, plan.batteries, check_dtype=False)
    assert verify_plan(back, _town(), question) == []
    problem = build_problem(_town(), scenario).problem
    assert types_of(back, problem).shape == (2, len(problem.sites))


def test_the_grid_study_counts_both() -> None:
    """On the design day: the limit with the step, the load with the battery; less on other days."""
    days = load_settings(Study, "year", folder=FOLDER)
    for changes, at_20, limit in ((BATTERY, 0.86, 4.05), (STEP, 0.96, 4.86)):
        plan, scenario = _answer(changes)
        found = place(plan, _town(), scenario, days)
        assert found.limit_mw[1, 1] == pytest.approx(limit)
        whole = found.charging_mw[1, 1].max(axis=0)
        assert whole[20] == pytest.approx(at_20)
        assert found.charging_mw.min() >= 0


def test_a_battery_s_loss_is_bought_and_not_delivered() -> None:
    """What vehicles get is what charging takes; what the battery loses stays between the two.

    On the design day it gives 100 kW x 1 h and takes 100 / 0.81, of which 23.5 kWh are lost; scaled
    with the expected load. Its 200 kWh are storage that stands.
    """
    plan, scenario = _answer(BATTERY)
    found = place(plan, _town(), scenario, load_settings(Study, "year", folder=FOLDER))
    energy, s2 = energy_of(found, scenario), found.stations.index("S2")
    assert energy.storage_kwh[1].tolist() == [200.0 * (n == s2) for n in range(2)]
    charged = found.guns_kw[1, s2].sum(axis=1)
    lost = found.expected_kw[1, s2].sum(axis=1) - charged
    scale = found.guns_kw[1, s2].max(axis=1) / 960.0
    assert lost == pytest.approx(scale * (100 / 0.81 - 100), rel=1e-6)
    delivered = energy.delivered_kw[1, s2].sum(axis=1)
    assert delivered == pytest.approx(charged * scenario.grid.efficiency)


def test_money_says_what_reinforcement_it_leaves_out() -> None:
    """The step at G2 costs 50,000 CNY: beside what stations cost, not in it."""
    plan, scenario = _answer(STEP)
    days = load_settings(Study, "year", folder=FOLDER)
    energy = energy_of(place(plan, _town(), scenario, days), scenario)
    terms = load_settings(Terms, "shenzhen", folder=MONEY_FOLDER)
    tariff = load_settings(Tariff, terms.tariff, folder=TARIFF_FOLDER)
    told = business(plan.document, scenario, energy, tuple(days.days), terms, tariff).summary()
    assert told["reinforcement_cny"] == 50_000.0
    assert told["invested_cny"] == pytest.approx(plan.document.kpis.capex_cny - 50_000.0)


def test_one_megawatt_is_worth_what_the_larger_station_serves() -> None:
    """Small at S2 for want of headroom; 1 MW more: large, 14,400 for 7,200 kWh a day, weight 2.

    S2's room is then 1.918 MW, and the budget leaves 1.1 M CNY for the million more. In parts,
    (0.918 - 0.72) / 0.24 = 82.5 % of the large one stand already: 2 x 17.5 % of 7,200 are to be
    gained. Without the limit nothing is told.
    """
    for changes, gain in (({}, 2 * 7200.0), ({"grid.enforce": False}, None)):
        plan, scenario = _answer(changes)
        problem = build_problem(_town(), scenario).problem
        outcome = plan.document.outcome
        proof = Certificate("optimal", outcome.objective, outcome.objective, 0.0, 1.0, "", "")
        effort = Effort(gap=0.0, time_limit_s=10.0, seed=1, threads=1)
        types = types_of(plan, problem)
        found = study(problem, types, proof, effort, Asked(solve_s=0.0), progress=lambda _: None)
        told = {row.what: row for row in rows(found) if row.name.endswith("substation G2")}
        assert bool(told) == (gain is not None)
        if gain is not None:
            assert told["gain there"].basis == "exact"
            assert told["gain there"].lower == pytest.approx(gain)
            assert told["marginal value"].lower == pytest.approx(2520.0)


def test_a_reinforcement_is_no_site_of_a_study() -> None:
    """What a plan hangs on is told of stations and sites; a step of G2 is neither."""
    plan, scenario = _answer(STEP)
    problem = build_problem(_town(), scenario).problem
    outcome = plan.document.outcome
    proof = Certificate("optimal", outcome.objective, outcome.objective, 0.0, 1.0, "", "")
    effort = Effort(gap=0.0, time_limit_s=10.0, seed=1, threads=1)
    types = types_of(plan, problem)
    assert types[:, -1].tolist() == [NONE, 0]  # one step from 2030 on
    found = study(problem, types, proof, effort, Asked(solve_s=0.0), progress=lambda _: None)
    assert not [row for row in rows(found) if "reinforce" in row.name]
    assert found.objective == pytest.approx(outcome.objective)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"stations.large.battery_kwh": 100.0}, "battery_kwh and battery_kw go together"),
        (
            {"stations.large.battery_kwh": 100.0, "stations.large.battery_kw": 50.0},
            "grid.battery_round_trip is missing",
        ),
        (
            {**STEP, "grid.reinforcement": {**STEP["grid.reinforcement"], "from_phase": "2031"}},
            "is no phase of",
        ),
        (
            {**STEP, "grid.reinforcement": {**STEP["grid.reinforcement"], "step_mva": -63.0}},
            "greater than 0",
        ),
    ],
)
def test_what_cannot_be_planned_with_is_refused(changes: dict[str, Any], what: str) -> None:
    """Half a battery, a battery without its losses, a phase that is none, a step below zero."""
    with pytest.raises(ValidationError, match=what):
        asked(changes)


def test_a_substation_that_is_none_is_refused() -> None:
    """Named in the scenario, not in the city: said so, with those there are."""
    strange = {**STEP["grid.reinforcement"], "substations": ["G9"]}
    with pytest.raises(ScenarioError, match="G9"):
        build_problem(_town(), asked({"grid.reinforcement": strange}))


def test_options_are_laid_over_a_scenario() -> None:
    """Storage and reinforcement over the main question: name, titles, types; and slips named."""
    scenario = load_scenario("ratio-2025", options=("storage", "reinforcement"))
    assert scenario.name == "ratio-2025+storage+reinforcement"
    assert scenario.title.endswith("to choose from; substations may be reinforced")
    assert scenario.stations["MB"].battery_kwh == 1000
    assert scenario.cost_cny("MB") - scenario.cost_cny("M") == 1000 * 800 + 500 * 400
    assert "prices.battery_per_kwh" in scenario.sources
    with pytest.raises(ScenarioError, match="storage"):
        load_scenario("ratio-2025", options=("storrage",))
    with pytest.raises(ScenarioError, match="not an option"):
        load_scenario("ratio-2025", options=("models/least-cost.toml",))
