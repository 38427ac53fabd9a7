"""Demand composed of estimators: numbers by hand, what is refused, and what the verifier sees."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from siting.data.build import build_problem
from siting.data.demand import charging_shapes, demand_kwh, estimator_kwh
from siting.data.demand_table import demand_table
from siting.data.load import load_case
from siting.errors import CaseError, ScenarioError
from siting.pipeline import make_plan
from siting.scenario_io import assumptions, load_scenario, override, resolve_toml
from siting.verify import verify_plan
from siting.verify.demand import day_shapes, demand_kwh_day
from tests.small_case import layer_toml, write_case
from tests.verify_case import asked, hand_case, spot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from siting.data.case import Case
    from siting.scenario import Scenario

HALF = [1 / 12] * 12 + [0.0] * 12
"""All charging in the first half of the day."""
LATE = [0.0] * 12 + [1 / 12] * 12

PEOPLE = {
    "name": "residents",
    "kind": "population",
    "covers": ["private"],
    "vehicles_per_person": 0.1,
    "kwh_per_vehicle_day": 5.0,
    "public_share": 0.4,
}
TAXI = {
    "name": "taxis",
    "kind": "fleet",
    "covers": ["taxi"],
    "vehicles": 10.0,
    "km_day": 300.0,
    "kwh_100km": 20.0,
    "public_share": 0.5,
    "column": "jobs",
}
PILES = {
    "name": "metered",
    "kind": "column",
    "covers": ["all"],
    "column": "piles",
    "kwh_per_unit": 50.0,
}
SHOPS = {
    "name": "shops",
    "kind": "poi",
    "covers": ["other"],
    "kwh_per_poi": {"mall": 100.0, "cinema": 30.0},
}


def _points(*rows: tuple[str, str, float, shapely.Point]) -> gpd.GeoDataFrame:
    ids, kinds, weights, places = zip(*rows, strict=True)
    table = {"id": ids, "name": ids, "name_zh": "", "kind": kinds, "weight": weights}
    return gpd.GeoDataFrame(table, geometry=list(places), crs="EPSG:4326")


def _city() -> Case:
    """Return the city by hand, with people, jobs and piles in its four zones, and three points.

    ::

        Z1 0 ... Z2 2 ... Z3 4 ... Z4 40 km north; M1 at 0.1, M2 at 2.4, C1 at 3.9
    """
    case = hand_case()
    zones = case.zones.assign(
        people=[1000.0, 2000.0, 3000.0, 4000.0],
        jobs=[0.0, 100.0, 300.0, 0.0],
        piles=[1.0, 2.0, 3.0, 4.0],
        raster_people=[10.0, 20.0, 30.0, 40.0],
    )
    pois = _points(
        ("M1", "mall", 1.0, spot(0.1)),
        ("M2", "mall", 2.0, spot(2.4)),
        ("C1", "cinema", 1.0, spot(3.9)),
    )
    return dataclasses.replace(case, zones=zones, pois=pois)


def _with(*items: dict[str, Any], changes: dict[str, Any] | None = None) -> Scenario:
    return asked({"demand.estimators": list(items), **(changes or {})})


def _energy(*items: dict[str, Any]) -> list[list[float]]:
    """Return each estimator's energy by zone in the first phase."""
    found: list[list[float]] = estimator_kwh(_city(), _with(*items))[:, 0].tolist()
    return found


def test_people_times_cars_times_energy() -> None:
    """1,000 people x 0.1 cars x 5 kWh x 0.4 public = 200 kWh a day, and so on."""
    assert _energy(PEOPLE) == [pytest.approx([200.0, 400.0, 600.0, 800.0])]


def test_raster_counts_the_raster_s_people() -> None:
    """10 people of the raster x 0.1 x 5 x 0.4 = 2 kWh a day, and so on."""
    assert _energy({**PEOPLE, "kind": "raster"}) == [pytest.approx([2.0, 4.0, 6.0, 8.0])]


def test_column_times_energy_of_a_unit() -> None:
    """1 to 4 piles at 50 kWh a day."""
    assert _energy(PILES) == [pytest.approx([50.0, 100.0, 150.0, 200.0])]


def test_fleet_is_spread_by_a_column() -> None:
    """10 taxis x 300 km x 0.2 kWh/km x 0.5 = 300 kWh a day, spread 0 : 1 : 3 : 0 as jobs are."""
    assert _energy(TAXI) == [pytest.approx([0.0, 75.0, 225.0, 0.0])]


def test_points_count_for_the_nearest_zone_where_zones_are_points() -> None:
    """M1 100 kWh at Z1; M2, of weight 2, 200 at Z2; the cinema 30 at Z3."""
    assert _energy(SHOPS) == [pytest.approx([100.0, 200.0, 30.0, 0.0])]


def test_points_are_shared_among_zones_within_a_radius() -> None:
    """Within 2 km: M1 (0.1) reaches Z1 and Z2; M2 (2.4) Z2 and Z3; C1 (3.9) Z2 and Z3.

    Z1 50; Z2 50 + 100 + 15; Z3 100 + 15. At 1.95 km C1 reaches Z2, 1.9 km away, still.
    """
    expected = [50.0, 165.0, 115.0, 0.0]
    assert _energy({**SHOPS, "radius_m": 1950.0}) == [pytest.approx(expected)]


def test_a_radius_without_zones_gives_to_the_nearest() -> None:
    """Within 50 m there is no zone: as without a radius."""
    assert _energy({**SHOPS, "radius_m": 50.0}) == _energy(SHOPS)


def test_points_count_for_the_zone_they_lie_in() -> None:
    """A point in the far corner of a large zone is that zone's, though another's centre is nearer.

    Zone a spans 0 to 10 km (centre 5), b 10 to 11 km (centre 10.5): the mall at 9.9 lies in a.
    """
    case = _city()
    areas = [
        shapely.box(spot(0).x, spot(0).y, spot(0, 1).x, spot(10).y),
        shapely.box(spot(10).x, spot(10).y, spot(10, 1).x, spot(11).y),
    ]
    zones = case.zones.iloc[:2].set_geometry(gpd.GeoSeries(areas, crs="EPSG:4326"))
    pois = _points(("M", "mall", 1.0, spot(9.9, 0.5)))
    inside = dataclasses.replace(case, zones=zones, pois=pois)
    scenario = _with({**SHOPS, "kwh_per_poi": {"mall": 100.0}})
    assert estimator_kwh(inside, scenario)[0, 0].tolist() == [100.0, 0.0]
    assert demand_kwh_day(inside, scenario)[0].tolist() == [100.0, 0.0]


def test_fleet_is_spread_by_points() -> None:
    """300 kWh over two malls of weight 1 and 2: 100 at Z1 and 200 at Z2."""
    depots = {k: v for k, v in TAXI.items() if k != "column"} | {"poi_kinds": ["mall"]}
    assert _energy(depots) == [pytest.approx([100.0, 200.0, 0.0, 0.0])]


def test_growth_multiplies_an_estimator_and_then_all() -> None:
    """Taxis triple in 2030, when the phase's growth doubles all: 300 kWh become 1,800."""
    demand = demand_kwh(_city(), _with({**TAXI, "growth": {"2030": 3.0}}))
    assert demand.sum(axis=1) == pytest.approx([300.0, 1800.0])


def test_metered_total_rules() -> None:
    """1 GWh x 0.5 public x 0.2 super = 100,000 kWh, shared as 200+0 : 400+75 : 600+225 : 800.

    The sum of the shares is 2,300.
    """
    metered = {"phases.0.city_gwh_day": 1.0, "phases.0.super_share": 0.2}
    demand = demand_kwh(_city(), _with(PEOPLE, TAXI, changes=metered))
    expected = [100_000 * part / 2300 for part in (200, 475, 825, 800)]
    assert demand[0] == pytest.approx(expected)
    assert demand[1].sum() == pytest.approx(2 * 2300)


def test_hourly_shape_is_the_mix_weighted_by_energy() -> None:
    """2,000 kWh before noon and 300 after it in 2026: afternoons at 0.15 of the peak.

    In 2030 taxis are ten times as many, 3,000 kWh: then mornings are at 2/3 of it.
    """
    early = {**PEOPLE, "profile": HALF}
    late = {**TAXI, "profile": LATE, "growth": {"2030": 10.0}}
    shapes = charging_shapes(_city(), _with(early, late))
    assert shapes[0] == pytest.approx([1.0] * 12 + [0.15] * 12)
    assert shapes[1] == pytest.approx([2 / 3] * 12 + [1.0] * 12)


def test_without_profiles_the_common_one_stays_bit_by_bit() -> None:
    """Estimators that name no profile leave the grid's untouched."""
    plain, composed = asked(), _with(PEOPLE, TAXI)
    own = np.array(plain.grid.charging_profile) / max(plain.grid.charging_profile)
    for scenario in (plain, composed):
        assert (charging_shapes(_city(), scenario) == own).all()


def test_without_estimators_demand_is_the_zones_own() -> None:
    """The column of the zones, times growth, to the last bit."""
    own = hand_case().zones["demand"].to_numpy()
    assert (demand_kwh(hand_case(), asked()) == [own, 2 * own]).all()


ITEMS: Sequence[dict[str, Any]] = (PEOPLE, TAXI, SHOPS)


@given(
    st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique_by=lambda item: item["name"]),
    st.one_of(st.none(), st.floats(100, 50_000)),
    st.floats(0.1, 20),
)
def test_the_verifier_finds_the_same_demand_and_shape_on_its_own(
    items: list[dict[str, Any]], radius_m: float | None, factor: float
) -> None:
    """Both codes agree for any choice of estimators, and the metered total is kept exactly."""
    chosen = [
        item
        | ({"radius_m": radius_m} if radius_m and item["kind"] == "poi" else {})
        | {"growth": {"2026": factor}, "profile": LATE if item["name"] == "taxis" else HALF}
        for item in items
    ]
    metered = {"phases.1.city_gwh_day": 2.0, "phases.1.super_share": 0.1}
    case, scenario = _city(), _with(*chosen, changes=metered)
    demand = demand_kwh(case, scenario)
    assert demand == pytest.approx(demand_kwh_day(case, scenario), rel=1e-12)
    assert charging_shapes(case, scenario) == pytest.approx(day_shapes(case, scenario), rel=1e-12)
    assert demand[1].sum() == pytest.approx(100_000, rel=1e-12)


def test_a_plan_with_estimators_verifies_and_a_corrupted_demand_is_caught() -> None:
    """The plan of composed demand is clean; the same plan against other people is not."""
    case = _city()
    scenario = _with({**PEOPLE, "kwh_per_vehicle_day": 50.0, "profile": HALF}, TAXI)
    plan = make_plan(case, scenario, progress=lambda _: None)
    assert verify_plan(plan, case, scenario) == []
    more = dataclasses.replace(
        case, zones=case.zones.assign(people=[1000.0, 2000.0, 3000.0, 4001.0])
    )
    found = {mismatch.where for mismatch in verify_plan(plan, more, scenario)}
    assert any("demand_kwh_day" in where and "Z4" in where for where in found)
    flat = _with({**PEOPLE, "kwh_per_vehicle_day": 50.0}, TAXI)
    assert any("load[" in m.where for m in verify_plan(plan, case, flat))


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([PEOPLE, {**TAXI, "covers": ["private"]}], "'residents' and 'taxis' both cover private"),
        ([PILES, PEOPLE], "'metered' covers all, so 'residents' must go"),
        ([PEOPLE, {**TAXI, "name": "residents"}], "two estimators are called 'residents'"),
        ([{**TAXI, "covers": ["taxi", "taxi"]}], "'taxis' and 'taxis' both cover taxi"),
        ([{**PEOPLE, "column": "jobs"}], "of kind population takes no column"),
        ([{"name": "x", "kind": "fleet", "covers": ["bus"]}], "needs vehicles, km_day, kwh_100km"),
        ([{**TAXI, "poi_kinds": ["mall"]}], "either by column or by poi_kinds"),
        ([{**TAXI, "radius_m": 5.0}], "radius_m goes with poi_kinds"),
        ([{**TAXI, "profile": [1.0] * 24}], "profile sums to 24.0000, not 1"),
        ([{**SHOPS, "kwh_per_poi": {}}], "kwh_per_poi names no kind"),
        ([{**TAXI, "growth": {"2031": 2.0}}], "['2031'] are no phases"),
        ([{**TAXI, "covers": ["taxis"]}], "must be one of"),
        ([{**TAXI, "colum": "jobs"}], "Did you mean 'column'?"),
        ([{**TAXI, "public_share": 1.5}], "must be 1 or less"),
    ],
)
def test_what_a_scenario_may_not_say(items: list[dict[str, Any]], words: str) -> None:
    """Double counting, parameters of another kind, and slips are refused in plain words."""
    with pytest.raises(ScenarioError, match="fault") as caught:
        override(asked(), {"demand": {"estimators": items}})
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({**TAXI, "column": "measured_kwh"}, "it is not known in every zone"),
        ({**PILES, "column": "people"}, "it is not known in 1 of 4 zones"),
        ({**SHOPS, "kwh_per_poi": {"zoo": 1.0}}, "'zoo', and there are none. Its kinds are cinema"),
        ({**PILES, "kwh_per_unit": 0.0}, "give no energy in phase 2026"),
    ],
)
def test_what_the_city_must_have(item: dict[str, Any], words: str) -> None:
    """Columns and points that an estimator counts must be there, in every zone."""
    case = _city()
    case.zones.loc[1, "people"] = np.nan
    with pytest.raises(CaseError) as caught:
        build_problem(case, _with(item))
    assert words in str(caught.value)


def test_a_fleet_needs_something_to_be_spread_by() -> None:
    """Jobs nowhere: taxis would charge nowhere."""
    case = _city()
    case.zones["jobs"] = 0.0
    with pytest.raises(CaseError, match="adds up to nothing"):
        build_problem(case, _with(TAXI))


def test_a_city_without_points_or_raster_says_so() -> None:
    """The mend tells what layer to give."""
    for item, words in (
        (SHOPS, "It has no points"),
        ({**PEOPLE, "kind": "raster"}, "layers.raster"),
    ):
        with pytest.raises(CaseError) as caught:
            build_problem(hand_case(), _with(item))
        assert words in str(caught.value)


POIS = "id,kind,weight,lon,lat\nm,mall,,114.05,22.55\nn,mall,3,114.15,22.55\n"


def test_points_come_out_of_a_file(tmp_path: Path) -> None:
    """A layer of points: weight 1 where none is given; 100 kWh in the west, 300 in the east."""
    layers = {"pois": layer_toml("pois", "pois.csv")}
    case = load_case(write_case(tmp_path, layers=layers, files={"pois.csv": POIS}))
    shops = _with({**SHOPS, "kwh_per_poi": {"mall": 100.0}})
    assert estimator_kwh(case, shops)[0, 0].tolist() == [100.0, 300.0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mall,3", "mall,-3", 'pois.csv (pois), row 3, weight: "-3" is not >= 0'),
        ("m,mall", "m,", "pois.csv (pois), row 2, kind: is empty"),
    ],
)
def test_points_are_checked_on_entry(tmp_path: Path, old: str, new: str, words: str) -> None:
    """A negative weight and a point of no kind are named by row."""
    layers = {"pois": layer_toml("pois", "pois.csv")}
    files: dict[str, str | bytes] = {"pois.csv": POIS.replace(old, new, 1)}
    with pytest.raises(CaseError) as caught:
        load_case(write_case(tmp_path, layers=layers, files=files))
    assert words in str(caught.value)


def test_people_and_piles_are_checked_on_entry(tmp_path: Path) -> None:
    """What the zones count must be numbers of 0 or more; an empty cell is not known."""
    text = "id,lon,lat,demand,people,piles\nz1,114.05,22.55,30,-1,many\nz2,114.15,22.55,10,,3\n"
    with pytest.raises(CaseError) as caught:
        load_case(write_case(tmp_path, files={"zones.csv": text}))
    assert 'row 2, people: "-1" is not >= 0' in str(caught.value)
    assert 'row 2, piles: "many" is not a number' in str(caught.value)
    mended = text.replace("-1", "5").replace("many", "2")
    zones = load_case(write_case(tmp_path, files={"zones.csv": mended})).zones
    assert zones["people"].isna().tolist() == [False, True]
    assert zones["piles"].tolist() == [2.0, 3.0]


FILE = """
extends = "ratio-2025"
title = "A child"
title_zh = "子"
[[demand.estimators]]
name = "cars"
kind = "population"
covers = ["private"]
vehicles_per_person = 0.06
kwh_per_vehicle_day = 5
public_share = 0.4
growth = { 2024 = 1.5 }
[[demand.estimators]]
name = "malls"
kind = "poi"
covers = ["other"]
kwh_per_poi = { mall = 200, "night market" = 50 }
[sources]
"demand.estimators.public_share" = { confidence = "B", source = "survey" }
"demand.estimators.cars.vehicles_per_person" = { confidence = "A", source = "register" }
"demand.estimators.malls.kwh_per_poi.mall" = { confidence = "M", source = "recalled" }
"""


def test_every_parameter_has_a_source_or_is_an_assumption(tmp_path: Path) -> None:
    """Measured ones are left out; recalled ones and those without a source are listed."""
    path = tmp_path / "ours.toml"
    path.write_text(FILE, encoding="utf-8")
    scenario = load_scenario(str(path))
    listed = {a.key: (a.value, a.confidence) for a in assumptions(scenario)}
    found = {k: v for k, v in listed.items() if k.startswith("demand.estimators")}
    assert found == {
        "demand.estimators.cars.kwh_per_vehicle_day": ("5", "X"),
        "demand.estimators.cars.growth.2024": ("1.5", "X"),
        "demand.estimators.malls.kwh_per_poi.mall": ("200", "M"),
        "demand.estimators.malls.kwh_per_poi.night market": ("50", "X"),
    }


def test_resolved_toml_holds_the_estimators(tmp_path: Path) -> None:
    """What a plan folder keeps loads back to the same estimators, and their sources."""
    path = tmp_path / "ours.toml"
    path.write_text(FILE, encoding="utf-8")
    scenario = load_scenario(str(path))
    again = tmp_path / "again.toml"
    again.write_text(resolve_toml(scenario), encoding="utf-8")
    assert load_scenario(str(again)) == scenario
    assert "estimators" not in resolve_toml(asked())


def test_table_adds_up_by_district_and_estimator() -> None:
    """2026: people of Z1 and Z2 (south) 600 kWh, of Z3 and Z4 (north) 1,400; taxis 75 and 225."""
    first = demand_table(_city(), _with(PEOPLE, TAXI))[0]
    assert first.districts == ("south", "north")
    assert first.estimators == ("residents", "taxis")
    south, north = first.mwh_day
    assert south == pytest.approx((0.6, 0.075))
    assert north == pytest.approx((1.4, 0.225))
    assert first.demand_mwh_day == pytest.approx(2.3)
    assert first.factor == pytest.approx(1.0)


def test_table_without_estimators_is_the_zones_own() -> None:
    """3,000 + 6,000 in the south, 9,000 + 2,000 in the north; doubled by 2030."""
    later = demand_table(hand_case(), asked())[1]
    assert later.estimators == ("demand",)
    assert json.dumps(later.mwh_day) == "[[18.0], [22.0]]"
    assert later.factor == pytest.approx(2.0)
