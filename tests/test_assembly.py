"""The plan around a solution: what ``verify_plan`` derives by hand comes out, every number."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from siting.assembly import Answer, assemble, map_layers
from siting.data.build import build_problem
from siting.data.problem import NONE
from siting.models.assign import assign
from siting.models.solution import Certificate, Solution
from siting.verify import verify_plan
from tests.verify_case import asked, hand_case, hand_roads, spot, table
from tests.verify_plan import hand_document, hand_load, hand_service, hand_zones

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.plan import Plan

OLD, SMALL, LARGE = 0, 1, 2
TYPES = [[SMALL, NONE, NONE, NONE], [SMALL, NONE, LARGE, NONE]]
"""Of E1, S1, S2, S3: E1 is enlarged in 2026, S2 opens in 2030."""
ENERGY = [[3000.0, 4200, 0, 0, 0, 0], [6000.0, 1200, 0, 2400, 0, 12_000]]
"""Along Z1-E1, Z2-E1, Z2-S1, Z2-S2, Z3-S1, Z3-S2."""
CERTIFICATE = Certificate("feasible", 50_400.0, 50_904.0, 0.01, 1.0, "by hand", "by hand")


def _answer(
    types: list[list[int]],
    *,
    energy: list[list[float]] | None = None,
    changes: dict[str, Any] | None = None,
    case: Case | None = None,
) -> Answer:
    """Return the solution that sets these types; energy as ``assign`` gives it, or by hand."""
    case, scenario = case or hand_case(), asked(changes)
    problem, pairs = build_problem(case, scenario)
    type_at = np.array(types)
    kwh = assign(problem, type_at) if energy is None else np.array(energy)
    return Answer(case, scenario, problem, pairs, Solution(type_at, kwh, CERTIFICATE))


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Return the plan made by hand, assembled."""
    return assemble(_answer(TYPES, energy=ENERGY))


def _differences(found: Any, expected: Any, where: str = "") -> list[str]:  # noqa: ANN401 - any part
    """Return the paths at which two nested documents differ."""
    if isinstance(expected, dict):
        if set(found) != set(expected):
            return [f"{where}: keys"]
        return [
            d for key in expected for d in _differences(found[key], expected[key], f"{where}.{key}")
        ]
    if isinstance(expected, list | tuple):
        if len(found) != len(expected):
            return [f"{where}: length"]
        return [
            d
            for n, (a, b) in enumerate(zip(found, expected, strict=True))
            for d in _differences(a, b, f"{where}.{n}")
        ]
    if isinstance(expected, float) and found is not None:
        return [] if found == pytest.approx(expected) else [f"{where}: {found} != {expected}"]
    return [] if found == expected else [f"{where}: {found} != {expected}"]


@pytest.mark.parametrize(
    "part",
    ["name", "ratio", "kpis", "phases", "stations", "substations", "unreached", "assumptions"],
)
def test_document_is_the_one_made_by_hand(plan: Plan, part: str) -> None:
    """Ratios, figures, stations, substations and what is out of reach, each as derived by hand."""
    assert _differences(plan.document.model_dump()[part], hand_document()[part]) == []


def test_outcome_is_the_certificate(plan: Plan) -> None:
    """Nothing is rounded or improved on the way but the seconds."""
    outcome = plan.document.outcome
    assert (outcome.status, outcome.objective, outcome.bound) == ("feasible", 50_400, 50_904)
    assert (outcome.gap, outcome.seconds, outcome.solver) == (0.01, 1.0, "by hand")
    assert outcome.objective_kind == "served"
    assert outcome.objective_unit.startswith("kWh a day")


def test_tables_are_the_ones_made_by_hand(plan: Plan) -> None:
    """Who charges where, each zone's service, and each substation's day."""
    for found, expected in (
        (plan.service, hand_service()),
        (plan.zones, hand_zones()),
        (plan.load, hand_load()),
    ):
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_provenance(plan: Plan) -> None:
    """Case, scenario, labels, layers, seed and versions: enough to make the plan again."""
    found = plan.document.provenance.model_dump()
    expected = hand_document()["provenance"]
    same = set(expected) - {"travel", "versions", "created"}
    assert {key: found[key] for key in same} == {
        key: tuple(expected[key]) if key == "layers" else expected[key] for key in same
    }
    assert found["travel"].startswith("within 5 min; no roads in this case: straight lines")
    assert "times 1.25 at 30 km/h" in found["travel"]
    assert {"siting", "python", "highspy", "pulp", "numpy"} <= set(found["versions"])


def test_travel_by_road_is_told() -> None:
    """Five nodes and seven directed edges; reach by km is told as such."""
    case = hand_case(hand_roads())
    calm = {"reach.minutes": 7.0}
    by_road = assemble(_answer(TYPES, case=case, changes=calm)).document.provenance.travel
    assert by_road == "within 7 min on 5 road nodes and 7 directed edges, free flow"
    rush = {**calm, "reach.congestion": [1.0] * 18 + [1.5] * 6, "reach.hour": 18}
    busy = assemble(_answer(TYPES, case=case, changes=rush)).document.provenance.travel
    assert busy.endswith("at 18:00: driving takes 1.5 times as long as in free flow")
    by_km = {"reach.minutes": None, "reach.km": {"default": 2.5}}
    straight = assemble(_answer(TYPES, changes=by_km)).document.provenance.travel
    assert straight.startswith("within km by district; no roads")


@pytest.mark.parametrize(
    ("at_e1", "status", "phase", "kind", "capex_cny"),
    [
        ((OLD, OLD), "kept", "2026", "old", 0.0),
        ((SMALL, SMALL), "upgraded", "2026", "small", 800_000.0),
        ((OLD, LARGE), "upgraded", "2030", "large", 1_800_000.0),
        ((SMALL, LARGE), "upgraded", "2030", "large", 1_800_000.0),
        ((NONE, NONE), "closed", "2026", None, 0.0),
        ((OLD, NONE), "closed", "2030", None, 0.0),
    ],
)
def test_statuses_of_an_existing_station(
    at_e1: tuple[int, int], status: str, phase: str, kind: str | None, capex_cny: float
) -> None:
    """E1 is kept, upgraded or closed, dated by the last change; price less 200,000 credit."""
    types = [[k, NONE, NONE, NONE] for k in at_e1]
    found = assemble(_answer(types, changes={"existing.policy": "upgrade-or-close"}))
    (station,) = found.document.stations
    assert (station.status, station.phase, station.type) == (status, phase, kind)
    assert station.capex_cny == capex_cny
    assert [step.type for step in station.steps] == [
        None if k == NONE else ("old", "small", "large")[k] for k in at_e1
    ]


@pytest.mark.parametrize(
    ("at_s2", "phase", "kind", "capex_cny"),
    [
        ((SMALL, SMALL), "2026", "small", 1_100_000.0),
        ((SMALL, LARGE), "2026", "large", 2_100_000.0),
        ((NONE, LARGE), "2030", "large", 2_100_000.0),
    ],
)
def test_statuses_of_a_new_station(
    at_s2: tuple[int, int], phase: str, kind: str, capex_cny: float
) -> None:
    """A new station is dated by its opening, even where it grows later."""
    document = assemble(_answer([[OLD, NONE, k, NONE] for k in at_s2])).document
    station = document.stations[1]
    assert (station.id, station.status, station.phase) == ("S2", "new", phase)
    assert (station.type, station.capex_cny) == (kind, capex_cny)
    assert document.kpis.capex_cny == capex_cny
    assert (document.kpis.stations_new, document.kpis.stations_upgraded) == (1, 0)


def test_closed_stations_are_listed_but_not_counted() -> None:
    """E1 small closes: nothing open, nothing served, and still a row."""
    case = hand_case()
    case.stations["type"] = ["small"]
    changes = {"existing.policy": "upgrade-or-close"}
    types = [[SMALL, NONE, NONE, NONE], [NONE, NONE, NONE, NONE]]
    found = assemble(_answer(types, changes=changes, case=case)).document
    assert [phase.kpis.stations_open for phase in found.phases] == [1, 0]
    assert found.stations[0].status == "closed"
    assert found.kpis.access_minutes_mean is None
    assert found.kpis.access_minutes_p95 is None
    assert found.kpis.demand_served_share == 0
    assert found.stations[0].guns == 0


@pytest.mark.parametrize(
    ("by_minutes", "p95"),
    [
        ({1: 95, 4: 0, 4.5: 5}, 1.0),  # exactly 95 % within 1 minute
        ({1: 15.77, 4: 0, 4.5: 0.83}, 1.0),  # so too, but 0.9499999999999998 in floats
        ({1: 94.9, 4: 0, 4.5: 5.1}, 4.5),
        ({1: 94.9, 4: 0.2, 4.5: 4.9}, 4.0),
        ({1: 100, 4: 0, 4.5: 0}, 1.0),
        ({1: 0, 4: 0, 4.5: 1}, 4.5),
    ],
)
def test_p95_is_the_least_time_within_which_95_percent_is_served(
    by_minutes: dict[float, float], p95: float
) -> None:
    """Energy at 1, 4 and 4.5 minutes (0.4, 1.6 and 1.8 km), given by hand."""
    case = hand_case(
        zones=table(
            {"Z1": spot(0), "Z2": spot(2), "Z3": spot(2.2)},
            district=["south"] * 3,
            demand=[100.0, 100.0, 100.0],
        )
    )
    types = [[SMALL, NONE, NONE, NONE]] * 2
    answer = _answer(types, case=case)
    at_e1 = answer.problem.pair_site == 0
    assert answer.problem.pair_minutes[at_e1] == pytest.approx([1, 4, 4.5])
    energy = np.zeros((2, len(at_e1)))
    energy[:, at_e1] = list(by_minutes.values())
    kpis = assemble(_answer(types, case=case, energy=energy.tolist())).document.kpis
    mean = sum(m * kwh for m, kwh in by_minutes.items()) / sum(by_minutes.values())
    assert kpis.access_minutes_p95 == pytest.approx(p95)
    assert kpis.access_minutes_mean == pytest.approx(mean)


def test_guns_against_nozzles() -> None:
    """2026: 2 super guns of 16 nozzles; 2030: 2 + 4 of 16; by district 2 of 8 and 4 of 8."""
    found = assemble(_answer(TYPES, changes={"ratio.form": "guns"})).document
    assert [phase.ratio.city.ratio for phase in found.phases] == [2 / 16, 6 / 16]
    assert [row.ratio for row in found.ratio.districts] == [2 / 8, 4 / 8]
    assert found.ratio.city.nozzles == 16


def test_unknown_nozzles_and_districts_without_fuel() -> None:
    """One unknown nozzle count hides the city's and its district's; no fuel station, no ratio."""
    case = hand_case()
    case.fuel.loc[0, "nozzles"] = math.nan
    case.fuel["district"] = "south"
    ratio = assemble(_answer(TYPES, case=case)).document.ratio
    south, north = ratio.districts
    assert (ratio.city.nozzles, south.nozzles, north.nozzles) == (None, None, 0)
    assert (ratio.city.ratio, south.ratio, north.ratio) == (2 / 3, 1 / 3, None)


def test_an_endless_budget_is_null() -> None:
    """No limit from 2030 on is written as null, not as infinity."""
    found = assemble(_answer(TYPES, changes={"phases.1.budget_cny": None})).document
    assert [phase.budget_cny for phase in found.phases] == [1_000_000.0, None]


def test_what_assign_gives_verifies() -> None:
    """Sent by ``assign``, E1 serves 7,200 and S2 14,400 of Z3's, and every rule holds."""
    answer = _answer(TYPES)
    assert answer.solution.energy_kwh[1] == pytest.approx([6000, 1200, 0, 0, 0, 14_400])
    found = [str(item) for item in verify_plan(assemble(answer), answer.case, answer.scenario)]
    assert found == []


def test_map_layers_have_places_and_say_what_they_are(plan: Plan) -> None:
    """Every layer is WGS-84, shows the last phase and carries the case's label."""
    layers = map_layers(plan, hand_case())
    assert set(layers) == {"stations", "zones", "districts", "fuel", "substations"}
    assert {str(layer.crs) for layer in layers.values()} == {"EPSG:4326"}
    assert {label for layer in layers.values() for label in layer["label"]} == {"made up"}
    assert layers["zones"]["served_kwh_day"].tolist() == [6000, 3600, 12_000, 0]
    assert layers["districts"]["stations"].tolist() == [1, 1]
    assert layers["substations"]["worst_hour"].tolist() == [12, 20]
    assert layers["stations"].geometry.y.tolist() == [spot(0.4).y, spot(3.8).y]


def test_excluded_areas_are_a_layer_of_the_map() -> None:
    """A case with a lake hands its outline to the map, with its kind."""
    case = hand_case()
    lake = gpd.GeoDataFrame(
        {"id": ["lake"], "name": ["Lake"], "name_zh": [""], "kind": ["water"]},
        geometry=[shapely.box(0, 0, 0.01, 0.01)],
        crs="EPSG:4326",
    )
    answer = dataclasses.replace(case, exclusions=lake)
    found = map_layers(assemble(_answer(TYPES, case=answer)), answer)["exclusions"]
    assert found["kind"].tolist() == ["water"]
    assert found.geometry.tolist() == lake.geometry.tolist()
    assert found["label"].tolist() == ["made up"]


def test_map_layers_without_stations_or_substations() -> None:
    """A plan of nothing has no layer of nothing, and real data is called so."""
    case = hand_case(label="")
    nothing = case.stations.iloc[:0], case.substations.iloc[:0]
    case = hand_case(label="", stations=nothing[0], substations=nothing[1])
    case.sites["substation"] = None
    found = map_layers(assemble(_answer([[NONE] * 3] * 2, case=case)), case)
    assert set(found) == {"zones", "districts", "fuel"}
    assert set(found["zones"]["label"]) == {"real data"}
