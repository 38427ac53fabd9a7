"""The verifier: a plan that breaks a rule of its scenario is told which, where and by how much.

The plan is always the one of ``verify_plan``; the question or the city is made stricter around it.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from siting.verify import verify_plan
from tests.verify_case import asked, hand_case, spot
from tests.verify_plan import hand_document, hand_plan


def _told(changes: dict[str, Any], document: dict[str, Any] | None = None) -> dict[str, str]:
    """Return what recomputation gives by place, with the question changed."""
    found = verify_plan(hand_plan(document), hand_case(), asked(changes))
    return {mismatch.where: mismatch.recomputed for mismatch in found}


@pytest.mark.parametrize(
    ("changes", "where", "rule"),
    [
        # 800,000 CNY are spent in 2026
        (
            {"phases.0.budget_cny": 700_000.0},
            "phases[2026].kpis.capex_cny",
            "at most 700,000 (money arrived by then)",
        ),
        # 2,900,000 in all, against 1,000,000 + 1,500,000
        (
            {"phases.1.budget_cny": 1_500_000.0},
            "phases[2030].kpis.capex_cny",
            "at most 2,500,000 (money arrived by then)",
        ),
        # one of 3 fuel stations has its match in 2026; 0.4 x 3 = 1.2 asks for 2
        (
            {"phases.0.ratio": 0.4},
            "phases[2026].ratio.city.stations",
            "at least 2 (target 0.4 of 3)",
        ),
        # the south has one station in 2030; 1.0 x 2 fuel stations asks for 2
        (
            {"phases.1.district_ratio": {"south": 1.0}},
            "phases[2030].ratio.districts[south].stations",
            "at least 2 (target 1 of 2)",
        ),
        # 6 super guns in 2030; 0.6 x 16 nozzles = 9.6 asks for 10
        (
            {"ratio.form": "guns"},
            "phases[2030].ratio.city.guns",
            "at least 10 (target 0.6 of 16)",
        ),
        ({"phases.1.max_stations": 1}, "phases[2030].kpis.stations_open", "at most 1 "),
        # E1 and S2 are 3.4 km apart
        ({"limits.spacing_m": 3500.0}, "stations[E1, S2].spacing_m in 2030", "at least 3,500 "),
        ({"existing.policy": "keep"}, "stations[E1].steps[2026].type", "old (existing"),
        ({"stations.large.buildable": False}, "stations[S2].steps[2030].type", "a buildable type"),
        # S2 has 400 m2; 8 bays of 51 m2 need 408
        ({"limits.area_per_bay_m2": 51.0}, "stations[S2].steps[2030].type", "at most 400 m2"),
        # pool 700 kW over a tenth of the day: 7,000 of the 7,200 kWh
        (
            {"stations.small.pool_kw": 700.0},
            "stations[E1].steps[2026].served_kwh_day",
            "at most 7,000 (capacity of small)",
        ),
        # 3.9 minutes reach 1.56 km: Z2 is 1.6 km from E1
        ({"reach.minutes": 3.9}, "service[2026, Z2, E1].minutes", "out of reach"),
        ({"reach.minutes": 3.9}, "zones[2026, Z2].covered", "no"),
        # by km, 2 by road = 1.6 straight; the south gets 1.9
        (
            {"reach.minutes": None, "reach.km": {"default": 3.0, "south": 1.9}},
            "service[2026, Z2, E1].minutes",
            "out of reach",
        ),
        # G1 2030: 7.56 MW at noon against 20 x 0.5 x 0.9 x 0.8 = 7.2, where the base just fits
        (
            {"grid.reserve": 0.2},
            "substations[G1].steps[2030].worst_mw",
            "at most 7.2 (limit_mw)",
        ),
        # reserve 0.3 leaves 6.3 MW; the base of 2030 is 7.2: nothing may be added
        (
            {"grid.reserve": 0.3},
            "substations[G1].steps[2030].charging_peak_mw",
            "at most 0 (base load alone passes the limit)",
        ),
        # reachable demand in 2026: 18,000 (Z4 is out); 0.5 of it is 9,000, served 7,200
        ({"objective.min_served_share": 0.5}, "phases[2026].kpis.served_kwh_day", "at least 9,000"),
        # 0.6 x 18,000 = 10,800 of 20,000 is 0.54; covered 0.45
        (
            {"objective.min_covered_share": 0.6},
            "phases[2026].kpis.demand_covered_share",
            "at least 0.54",
        ),
        ({"solve.seed": 8}, "provenance.seed", "8"),
        ({"existing.credit_share": 0.5}, "stations[E1].capex_cny", "750,000"),
        ({"phases.1.base_load_growth": 1.1}, "load[2030, G1, 12].base_mw", "6.6"),
        # sessions of 15 min, 4 guns; drivers hardly wait: far less than the pool's 7,200
        (
            {"service.max_wait_min": 0.1},
            "stations[E1].steps[2026].served_kwh_day",
            "(capacity of small)",
        ),
    ],
)
def test_a_broken_rule_is_named(changes: dict[str, Any], where: str, rule: str) -> None:
    """Each limit of the question, once stricter than the plan, is told with its number."""
    assert rule in _told(changes)[where]


def test_limits_that_are_not_enforced_are_not_told() -> None:
    """With enforce off a substation may be overloaded; its numbers must still be right."""
    told = _told({"grid.reserve": 0.2, "grid.enforce": False})
    assert not any("worst_mw" in where for where in told)
    assert told["substations[G1].limit_mw"] == "7.2"


def test_metered_energy_is_shared_by_weight() -> None:
    """0.1 GWh x 0.5 x 0.4 = 20,000 kWh over weights of 20,000 gives the zones their own weights."""
    told = _told({"phases.0.city_gwh_day": 0.1, "phases.0.super_share": 0.4})
    assert told == {}


def test_metered_energy_that_differs_is_told() -> None:
    """Twice the share makes twice the demand."""
    told = _told({"phases.0.city_gwh_day": 0.1, "phases.0.super_share": 0.8})
    assert told["zones[2026, Z3].demand_kwh_day"] == "18,000"


def _steps(document: dict[str, Any], station: int, *types: str | None) -> dict[str, Any]:
    for step, kind in zip(document["stations"][station]["steps"], types, strict=True):
        step["type"] = kind
    return document


def test_a_station_may_not_shrink() -> None:
    """From large in 2026 to small in 2030 is a step down."""
    told = _told({}, _steps(hand_document(), 0, "large", "small"))
    assert told["stations[E1].steps[2030].type"] == "large or larger (no station shrinks)"


def test_a_station_may_not_vanish() -> None:
    """What opened in 2026 stands in 2030."""
    told = _told({}, _steps(hand_document(), 1, "large", None))
    assert told["stations[S2].steps[2030].type"] == "large (an open station stays open)"


def test_an_existing_station_may_close_only_where_allowed() -> None:
    """Closing E1 breaks policy upgrade, and is fine with upgrade-or-close."""
    document = _steps(hand_document(), 0, None, None)
    where = "stations[E1].steps[2026].type"
    assert _told({}, document)[where] == "old (an open station stays open)"
    assert where not in _told({"existing.policy": "upgrade-or-close"}, document)


def test_what_was_closed_stays_closed() -> None:
    """E1 closed in 2026 does not open again."""
    told = _told({"existing.policy": "upgrade-or-close"}, _steps(hand_document(), 0, None, "small"))
    assert told["stations[E1].steps[2030].type"] == "nothing (what was closed stays closed)"


def test_a_closed_station_is_described_as_closed() -> None:
    """A station closed in 2030 has no type, guns or power left, and cost nothing."""
    document = _steps(hand_document(), 0, "old", None)
    told = _told({"existing.policy": "upgrade-or-close"}, document)
    names = ("status", "phase", "type", "guns", "kw", "capex_cny")
    found = [told[f"stations[E1].{name}"] for name in names]
    assert found == ["closed", "2030", "nothing", "0", "0", "0"]


def test_two_existing_superchargers_may_stand_close() -> None:
    """Spacing is not asked of two stations that both stood, and charged fast, before the plan."""
    case = hand_case()
    near = case.sites.iloc[[1]].assign(type="small", substation="G2")
    both = case.stations.assign(type="small")
    old = type(both)(
        {name: [*both[name], *near[name]] for name in both.columns if name != "geometry"},
        geometry=[*both.geometry, *near.geometry],
        crs=both.crs,
    )
    changed = hand_case(stations=old, sites=case.sites.drop(index=1).reset_index(drop=True))
    found = verify_plan(hand_plan(), changed, asked({"limits.spacing_m": 3500.0}))
    assert not any("spacing" in mismatch.where for mismatch in found)


def test_a_standing_load_may_go_on_standing() -> None:
    """A substation already over its limit is no fault of a plan that adds nothing there."""
    case = hand_case()
    same = hand_case(stations=case.stations.assign(type="small"))
    found = verify_plan(hand_plan(), same, asked({"grid.reserve": 0.3}))
    assert not any("at most" in mismatch.recomputed for mismatch in found)


def test_the_gun_form_counts_guns_against_nozzles() -> None:
    """6 super guns over 16 nozzles is 0.375."""
    told = _told({"ratio.form": "guns"})
    assert told["ratio.city.ratio"] == "0.375"


def test_a_district_without_fuel_stations_has_no_ratio() -> None:
    """With nothing to count against, the ratio is null and no floor holds."""
    fuel = hand_case().fuel.assign(district="south")
    case = hand_case(fuel=fuel)
    found = {m.where: m.recomputed for m in verify_plan(hand_plan(), case, asked())}
    assert found["phases[2030].ratio.districts[north].ratio"] == "nothing"
    assert found["phases[2030].ratio.districts[south].stations"] == "at least 2 (target 0.5 of 3)"


def test_unknown_nozzles_are_not_counted() -> None:
    """One fuel station without a nozzle count leaves the city's nozzles unknown."""
    case = hand_case(fuel=hand_case().fuel.assign(nozzles=[4.0, math.nan, 8.0]))
    found = {m.where: m.recomputed for m in verify_plan(hand_plan(), case, asked())}
    assert found["ratio.city.nozzles"] == found["ratio.districts[south].nozzles"] == "nothing"
    assert "ratio.districts[north].nozzles" not in found


@pytest.mark.parametrize(
    ("kind", "floor", "objective"),
    [
        # 1 x 9,000 + 2 x 36,000
        ("covered", {}, "81,000"),
        # 1 x 19,800 + 2 x 27,600 kWh minutes
        ("access", {"objective.min_served_share": 0.1}, "75,000"),
        # all that is spent
        ("cost", {"objective.min_served_share": 0.1}, "2,900,000"),
    ],
)
def test_every_objective_is_recomputed(kind: str, floor: dict[str, float], objective: str) -> None:
    """The four objectives of the same plan."""
    told = _told({"objective.kind": kind, **floor})
    assert told["outcome.objective"] == objective


def test_the_bound_of_a_minimum_lies_below() -> None:
    """A plan that costs less than its bound says is possible is told."""
    document = hand_document()
    document["outcome"] |= {"objective": 2_900_000.0, "bound": 3_000_000.0, "gap": 1 / 29}
    changes = {"objective.kind": "cost", "objective.min_served_share": 0.1}
    assert _told(changes, document)["outcome.bound"].startswith("at most 2,900,000")


def test_a_site_moved_in_the_case_is_told() -> None:
    """The plan's place of a station must be the case's."""
    case = hand_case()
    moved = case.stations.set_geometry([spot(0.5)], crs=4326)
    found = [m.where for m in verify_plan(hand_plan(), hand_case(stations=moved), asked())]
    assert "stations[E1].lat" in found
    assert "service[2026, Z1, E1].minutes" in found
