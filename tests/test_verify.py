"""The verifier: a plan written by hand is clean, and every single wrong number is named."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from siting.plan_folder import read_plan, write_plan
from siting.verify import Mismatch, verify_plan
from tests.verify_case import asked, hand_case, hand_roads
from tests.verify_plan import (
    hand_document,
    hand_load,
    hand_plan,
    hand_service,
    hand_zones,
    road_plan,
)

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {"service": hand_service, "zones": hand_zones, "load": hand_load}


def _changed(path: str, value: object) -> dict[str, Any]:
    """Return the document with one value set, by a path such as ``stations.0.lon``."""
    document = copy.deepcopy(hand_document())
    *inner, last = path.split(".")
    place: Any = document
    for part in inner:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    return document


def test_hand_plan_is_clean() -> None:
    """A plan whose every number was derived by hand has no mismatch."""
    assert verify_plan(hand_plan(), hand_case(), asked()) == []


def test_road_plan_is_clean() -> None:
    """So has the same plan by road, one-way ring and all."""
    assert verify_plan(road_plan(), hand_case(hand_roads()), asked({"reach.minutes": 7.0})) == []


def test_plan_read_back_is_clean(tmp_path: Path) -> None:
    """Writing and reading a plan folder loses nothing the verifier looks at."""
    folder = tmp_path / "plan"
    write_plan(folder, hand_plan(), scenario=asked(), files={}, layers={})
    plan, scenario = read_plan(folder)
    assert scenario == asked()
    assert verify_plan(plan, hand_case(), scenario) == []


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("name", "other", "name"),
        ("outcome.objective", 50_401.0, "outcome.objective"),
        ("outcome.objective_kind", "covered", "outcome.objective_kind"),
        ("outcome.gap", 0.001, "outcome.gap"),
        ("outcome.bound", 50_000.0, "outcome.bound"),
        ("outcome.status", "optimal", "outcome.status"),
        ("outcome.seconds", -1.0, "outcome.seconds"),
        ("ratio.city.ratio", 1.0, "ratio.city.ratio"),
        ("ratio.form", "guns", "ratio.form"),
        ("ratio.city.stations", 3, "ratio.city.stations"),
        ("ratio.districts.1.guns", 5, "ratio.districts[north].guns"),
        ("kpis.capex_cny", 2_900_100.0, "kpis.capex_cny"),
        ("phases.0.date", "2026-12-30", "phases[2026].date"),
        ("phases.0.budget_cny", 999.0, "phases[2026].budget_cny"),
        ("phases.1.budget_cny", None, "phases[2030].budget_cny"),
        ("phases.0.name", "2025", "phases"),
        ("phases.0.ratio.city.name", "x", "phases[2026].ratio.city.name"),
        ("phases.0.ratio.city.target", 0.4, "phases[2026].ratio.city.target"),
        ("phases.0.ratio.city.nozzles", None, "phases[2026].ratio.city.nozzles"),
        ("phases.0.ratio.city.fuel_stations", 4, "phases[2026].ratio.city.fuel_stations"),
        ("phases.0.ratio.districts.0.ratio", 0.6, "phases[2026].ratio.districts[south].ratio"),
        ("phases.1.ratio.districts.0.target", 0.6, "phases[2030].ratio.districts[south].target"),
        ("phases.0.kpis.stations_open", 2, "phases[2026].kpis.stations_open"),
        ("phases.0.kpis.stations_new", 1, "phases[2026].kpis.stations_new"),
        ("phases.0.kpis.stations_upgraded", 0, "phases[2026].kpis.stations_upgraded"),
        ("phases.0.kpis.guns", 2, "phases[2026].kpis.guns"),
        ("phases.0.kpis.demand_kwh_day", 20_001.0, "phases[2026].kpis.demand_kwh_day"),
        ("phases.0.kpis.served_kwh_day", 7201.0, "phases[2026].kpis.served_kwh_day"),
        ("phases.0.kpis.demand_served_share", 0.37, "phases[2026].kpis.demand_served_share"),
        ("phases.0.kpis.demand_covered_share", 0.5, "phases[2026].kpis.demand_covered_share"),
        ("phases.0.kpis.access_minutes_mean", 2.7, "phases[2026].kpis.access_minutes_mean"),
        ("phases.1.kpis.access_minutes_p95", 4.0, "phases[2030].kpis.access_minutes_p95"),
        ("phases.1.kpis.access_minutes_p95", None, "phases[2030].kpis.access_minutes_p95"),
        ("phases.0.kpis.capex_cny", 800_100.0, "phases[2026].kpis.capex_cny"),
        ("phases.0.kpis.peak_mw", 0.73, "phases[2026].kpis.peak_mw"),
        ("stations.0.name", "x", "stations[E1].name"),
        ("stations.0.name_zh", "x", "stations[E1].name_zh"),
        ("stations.0.lon", 114.00001, "stations[E1].lon"),
        ("stations.0.lat", 22.6, "stations[E1].lat"),
        ("stations.0.district", "north", "stations[E1].district"),
        ("stations.0.host", "mall", "stations[E1].host"),
        ("stations.0.type", "large", "stations[E1].type"),
        ("stations.0.guns", 5, "stations[E1].guns"),
        ("stations.0.super_guns", 4, "stations[E1].super_guns"),
        ("stations.0.kw", 721.0, "stations[E1].kw"),
        ("stations.0.phase", "2030", "stations[E1].phase"),
        ("stations.0.status", "kept", "stations[E1].status"),
        ("stations.1.status", "upgraded", "stations[S2].status"),
        ("stations.0.substation", None, "stations[E1].substation"),
        ("stations.0.capex_cny", 800_001.0, "stations[E1].capex_cny"),
        ("stations.0.id", "E9", "stations[E9]"),
        ("stations.1.steps.1.served_kwh_day", 1.0, "stations[S2].steps[2030].served_kwh_day"),
        ("stations.1.steps.1.peak_kw", 961.0, "stations[S2].steps[2030].peak_kw"),
        ("stations.1.steps.1.type", "giant", "stations[S2].steps[2030].type"),
        ("stations.1.steps.0.phase", "2025", "stations[S2].steps"),
        ("substations.0.id", "G9", "substations"),
        ("substations.0.name", "x", "substations[G1].name"),
        ("substations.0.lat", 22.6, "substations[G1].lat"),
        ("substations.0.voltage_kv", 10.0, "substations[G1].voltage_kv"),
        ("substations.0.rating_mva", 21.0, "substations[G1].rating_mva"),
        ("substations.0.limit_mw", 8.2, "substations[G1].limit_mw"),
        ("substations.0.base_peak_mw", 6.1, "substations[G1].base_peak_mw"),
        ("substations.1.steps.1.worst_hour", 12, "substations[G2].steps[2030].worst_hour"),
        ("substations.1.steps.1.worst_mw", 3.2, "substations[G2].steps[2030].worst_mw"),
        ("substations.1.steps.1.loading", 0.8, "substations[G2].steps[2030].loading"),
        ("substations.0.steps.0.phase", "2025", "substations[G1].steps"),
        (
            "substations.1.steps.1.charging_peak_mw",
            1.0,
            "substations[G2].steps[2030].charging_peak_mw",
        ),
        ("unreached.zones", [], "unreached.zones[Z4]"),
        ("unreached.zones", ["Z4", "Z1"], "unreached.zones[Z1]"),
        ("unreached.sites", ["S3", "S1"], "unreached.sites[S1]"),
        ("unreached.zone_demand_kwh_day", 4001.0, "unreached.zone_demand_kwh_day"),
        ("assumptions.0.value", "0.6", "assumptions[demand.public_dc_share].value"),
        ("assumptions.0.confidence", "M", "assumptions[demand.public_dc_share].confidence"),
        ("assumptions.0.key", "reach.minutes", "assumptions[demand.public_dc_share]"),
        ("provenance.case_title", "x", "provenance.case_title"),
        ("provenance.label", "", "provenance.label"),
        ("provenance.synthetic", False, "provenance.synthetic"),
        ("provenance.scenario_title", "x", "provenance.scenario_title"),
        ("provenance.seed", 8, "provenance.seed"),
        ("provenance.layers.1.sha256", "cd" * 32, "provenance.layers[sites].sha256"),
        ("provenance.layers.1.rows", 4, "provenance.layers[sites].rows"),
        ("provenance.layers.1.synthetic", False, "provenance.layers[sites].synthetic"),
        ("provenance.layers.1.layer", "roads", "provenance.layers"),
    ],
)
def test_one_wrong_value_in_the_document_is_named(path: str, value: object, where: str) -> None:
    """Whatever single value of plan.json is wrong, some mismatch bears its path."""
    found = verify_plan(hand_plan(_changed(path, value)), hand_case(), asked())
    assert where in [mismatch.where for mismatch in found]


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "where"),
    [
        ("service", 0, "kwh_day", 2999.0, "stations[E1].steps[2026].served_kwh_day"),
        ("service", 0, "kwh_day", 2999.0, "zones[2026, Z1].served_kwh_day"),
        ("service", 0, "kwh_day", 3001.0, "zones[2026, Z1].served_kwh_day"),
        ("service", 1, "kwh_day", -4200.0, "service[2026, Z2, E1].kwh_day"),
        ("service", 1, "kwh_day", math.nan, "service[2026, Z2, E1].kwh_day"),
        ("service", 1, "minutes", 3.9, "service[2026, Z2, E1].minutes"),
        ("service", 1, "zone", "Z3", "service[2026, Z3, E1].minutes"),
        ("service", 1, "zone", "Z9", "service[2026, Z9, E1]"),
        ("service", 1, "station", "S1", "service[2026, Z2, S1]"),
        ("service", 5, "phase", "2026", "service[2026, Z3, S2].kwh_day"),
        ("service", 3, "station", "S2", "service[2030, Z2, S2]"),
        ("zones", 2, "district", "south", "zones[2026, Z3].district"),
        ("zones", 2, "demand_kwh_day", 9001.0, "zones[2026, Z3].demand_kwh_day"),
        ("zones", 1, "served_kwh_day", 4100.0, "zones[2026, Z2].served_kwh_day"),
        ("zones", 2, "covered", True, "zones[2026, Z3].covered"),
        ("zones", 5, "minutes", 4.5, "zones[2030, Z2].minutes"),
        ("zones", 2, "minutes", 0.0, "zones[2026, Z3].minutes"),
        ("zones", 2, "zone", "Z1", "zones[2026, Z1]"),
        ("zones", 2, "zone", "Z1", "zones[2026, Z3]"),
        ("load", 12, "base_mw", 5.9, "load[2026, G1, 12].base_mw"),
        ("load", 20, "charging_mw", 0.71, "load[2026, G1, 20].charging_mw"),
        ("load", 5, "limit_mw", 4.0, "load[2026, G1, 5].limit_mw"),
        ("load", 3, "hour", 4, "load[2026, G1, 3]"),
    ],
)
def test_one_wrong_cell_in_a_table_is_named(
    table: str, row: int, column: str, value: str | float, where: str
) -> None:
    """Whatever single cell of a table is wrong, some mismatch bears its place."""
    frame = TABLES[table]()
    frame.loc[row, column] = value
    found = verify_plan(hand_plan(tables={table: frame}), hand_case(), asked())
    assert where in [mismatch.where for mismatch in found]


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_row_is_named(table: str) -> None:
    """A table without its last row does not verify."""
    frame = TABLES[table]().iloc[:-1]
    assert verify_plan(hand_plan(tables={table: frame}), hand_case(), asked())


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_column_is_named(table: str) -> None:
    """A table without its last column is told so, and nothing crashes."""
    frame = TABLES[table]().iloc[:, :-1]
    found = verify_plan(hand_plan(tables={table: frame}), hand_case(), asked())
    assert f"{table}.columns" in [mismatch.where for mismatch in found]


def test_an_empty_service_table_is_told_from_a_full_one() -> None:
    """Without service rows every sum of energy is told, and nothing crashes."""
    empty = hand_service().iloc[:0]
    found = {
        m.where for m in verify_plan(hand_plan(tables={"service": empty}), hand_case(), asked())
    }
    assert {"kpis.served_kwh_day", "kpis.access_minutes_mean", "outcome.objective"} <= found


def test_a_station_listed_twice_is_named() -> None:
    """A station counts once; its double is told."""
    document = hand_document()
    document["stations"].append(document["stations"][1])
    (found,) = verify_plan(hand_plan(document), hand_case(), asked())
    assert str(found) == "stations[S2]: plan says more than one entry, recomputed one entry"


def test_a_missing_existing_station_is_named() -> None:
    """An existing station may not vanish from the plan."""
    document = hand_document()
    del document["stations"][0]
    found = verify_plan(hand_plan(document), hand_case(), asked())
    assert "stations[E1]" in [mismatch.where for mismatch in found]


def test_a_mismatch_reads_as_one_line() -> None:
    """A planner reads where, what the plan says, and what recomputation gives."""
    document = _changed("phases.0.kpis.capex_cny", 1000.0)
    (found,) = verify_plan(hand_plan(document), hand_case(), asked())
    assert found == Mismatch("phases[2026].kpis.capex_cny", "1,000", "800,000")
    assert str(found) == "phases[2026].kpis.capex_cny: plan says 1,000, recomputed 800,000"


def test_noise_of_floats_is_no_mismatch() -> None:
    """A hair beside the true number is still the true number."""
    document = _changed("phases.1.kpis.served_kwh_day", 21_600.0 * (1 + 1e-9))
    service = hand_service()
    service["kwh_day"] *= 1 + 1e-12
    assert verify_plan(hand_plan(document, {"service": service}), hand_case(), asked()) == []


def test_text_labels_of_any_kind_are_compared_as_they_are() -> None:
    """Labels that a table holds as categories verify like plain text."""
    zones = hand_zones()
    zones["zone"] = pd.Categorical(zones["zone"])
    assert verify_plan(hand_plan(tables={"zones": zones}), hand_case(), asked()) == []
