"""Load placement: who asks what of which substation, at which hour, and whether it holds.

The plan is ``verify_plan``'s. In 2030 substation G1 (8.1 MW) feeds E1 (small, 720 kW, 7,200 kWh a
day), G2 (4.05 MW) feeds S2 (large, 960 kW, 14,400 kWh a day); base 7.2 and 2.4 MW at 12 h. On the
scenario's own day charging runs at half its peak in every hour but 20 h, which has the whole peak.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from siting.content import content_folder
from siting.errors import ScenarioError
from siting.grid.calendar import kind_of_day, year_load
from siting.grid.folder import study_plan, write_study
from siting.grid.placement import place
from siting.grid.study import FOLDER, Day, Study
from siting.grid.tables import district_load, station_load, substation_load
from siting.scenario_io.settings import load_settings, settings_assumptions, shipped_settings
from tests.verify_case import CHARGING, asked, hand_case
from tests.verify_plan import hand_plan

if TYPE_CHECKING:
    from pathlib import Path

    from siting.grid.folder import GridStudy
    from siting.grid.placement import Placement

FLAT = (1.0,) * 24
EVEN = (1 / 24,) * 24


def day(**changes: Any) -> Day:  # noqa: ANN401 - any field
    """Return a kind of day, all year round but for what is said."""
    fields: dict[str, Any] = {"days_per_year": 365.0, "base_factor": 1.0, "charging_factor": 1.0}
    return Day.model_validate({"title": "t", "title_zh": "天", **fields, **changes})


def study(**days: Day) -> Study:
    """Return a study of these days."""
    return Study(name="test", title="t", title_zh="天", days=days)


def placed(**days: Day) -> Placement:
    """Place the hand plan on these days."""
    return place(hand_plan(), hand_case(), asked(), study(**days or {"design": day()}))


def judged(changes: dict[str, Any] | None = None, **days: Day) -> GridStudy:
    """Judge the hand plan, with the scenario changed."""
    return study_plan(hand_plan(), hand_case(), asked(changes), study(**days or {"d": day()}))


def verdict(found: GridStudy, phase: str, substation: str) -> dict[str, Any]:
    """Return what was found of one substation in one phase."""
    (row,) = (
        {str(name): value for name, value in row.items()}
        for row in found.verdicts.to_dict("records")
        if (row["phase"], row["substation"]) == (phase, substation)
    )
    return row


def test_the_scenarios_own_day_is_the_plans_load_table() -> None:
    """On the design day base and charging are those the plan was made and verified with."""
    plan = hand_plan()
    table = substation_load(placed()).rename(columns={"charging_mw": "grid_mw"})
    both = plan.load.merge(table, on=["phase", "substation", "hour"], suffixes=("", "_grid"))
    assert len(both) == len(plan.load) == 2 * 2 * 24
    np.testing.assert_allclose(both["base_mw_grid"], both["base_mw"], rtol=1e-12)
    np.testing.assert_allclose(both["grid_mw"], both["charging_mw"], rtol=1e-12)
    np.testing.assert_allclose(both["limit_mw_grid"], both["limit_mw"], rtol=1e-12)


def test_expected_load_is_the_energy_that_comes() -> None:
    """E1 serves 7,200 kWh in 2030: on a flat day 7,200 / 0.9 / 24 = 333.3 kW, below its 720."""
    placement = placed(flat=day(charging_profile=EVEN))
    station = placement.stations.index("E1")
    np.testing.assert_allclose(placement.expected_kw[1, station, 0], 7200 / 0.9 / 24)
    np.testing.assert_allclose(placement.design_kw[1, station, 0], 720.0)


def test_a_station_never_takes_more_than_its_peak() -> None:
    """All 14,400 kWh within one hour would be 16 MW; S2 can draw 960 kW."""
    rush = (0.0,) * 7 + (1.0,) + (0.0,) * 16
    placement = placed(rush=day(charging_profile=rush))
    station = placement.stations.index("S2")
    assert placement.expected_kw[1, station, 0, 7] == 960.0
    assert placement.design_kw[1, station, 0].sum() == 960.0


def test_a_quiet_day_asks_for_less_and_a_busy_one_not_for_more_than_the_peak() -> None:
    """At half the charging E1 asks for 360 kW at most; at double it is held at 720."""
    placement = placed(
        quiet=day(days_per_year=200.0, charging_factor=0.5),
        busy=day(days_per_year=165.0, charging_factor=2.0),
    )
    station = placement.stations.index("E1")
    assert placement.design_kw[1, station].max(axis=1).tolist() == [360.0, 720.0]


def test_base_load_follows_the_days_own_shape_and_growth() -> None:
    """A flat day at 0.5: G1 in 2030 has 6 MW x 1.2 x 0.5 = 3.6 MW in every hour."""
    placement = placed(low=day(base_factor=0.5, base_profile=FLAT))
    np.testing.assert_allclose(placement.base_mw[1, 0, 0], 3.6)


def test_every_substation_that_holds_is_said_to() -> None:
    """G1 is worst at 12 h of 2030: 7.2 + 0.36 = 7.56 of 8.1 MW, 0.54 MW of headroom."""
    found = judged()
    assert found.holds
    row = verdict(found, "2030", "G1")
    assert (row["worst_hour"], row["first_over"], row["hours_over_per_year"]) == (12, "", 0.0)
    assert row["worst_mw"] == pytest.approx(7.56)
    assert row["headroom_mw"] == pytest.approx(0.54)
    assert row["loading"] == pytest.approx(7.56 / 8.1)


def test_an_overload_has_an_hour_a_depth_and_a_count() -> None:
    """With base at 1.1 and 60 such days: G1 12 h 2030 is 7.92 + 0.36 = 8.28, 0.18 MW over 8.1.

    At 20 h base is 0.9 x 7.92 = 7.128, plus 0.72 = 7.848: that holds. In other hours the base is
    lower still, so one hour on each of 60 days is over.
    """
    found = judged(
        heat=day(base_factor=1.1, days_per_year=60.0),
        mild=day(base_factor=0.5, days_per_year=305.0),
    )
    assert not found.holds
    row = verdict(found, "2030", "G1")
    assert (row["worst_day"], row["first_over"]) == ("heat", "heat 12:00")
    assert row["depth_mw"] == pytest.approx(0.18)
    assert row["hours_over_per_year"] == 60.0
    assert not row["base_alone_over"]
    assert found.verdicts["over"].sum() == 1


def test_a_base_load_that_passes_the_limit_alone_is_told_apart() -> None:
    """With base at 1.2 G1 has 8.64 MW of its own at 12 h of 2030, over 8.1 without a single car."""
    assert verdict(judged(heat=day(base_factor=1.2)), "2030", "G1")["base_alone_over"]


def test_tables_add_up() -> None:
    """Stations, districts and the city hold the same kilowatts, phase by phase and hour by hour."""
    plan, placement = hand_plan(), placed()
    by_station = station_load(placement).groupby(["phase", "hour"])["design_kw"].sum() / 1000.0
    districts = district_load(placement, plan.document)
    city = districts[districts["district"] == "city"].set_index(["phase", "hour"])["design_mw"]
    parts = districts[districts["district"] != "city"].groupby(["phase", "hour"])["design_mw"].sum()
    np.testing.assert_allclose(by_station.to_numpy(), city.to_numpy())
    np.testing.assert_allclose(parts.to_numpy(), city.to_numpy())
    assert city[("2030", 20)] == pytest.approx(1.68)


def test_without_substations_nothing_limits() -> None:
    """A city with no substation holds: there is nothing to pass."""
    case = hand_case()
    bare = hand_case(substations=case.substations.iloc[:0])
    plan = hand_plan()
    stations = [s.model_copy(update={"substation": None}) for s in plan.document.stations]
    document = plan.document.model_copy(update={"stations": tuple(stations), "substations": ()})
    found = study_plan(replace(plan, document=document), bare, asked(), study(d=day()))
    assert found.holds
    assert found.verdicts.empty


def test_the_shipped_year_is_whole_and_sourced() -> None:
    """Its days add up to 365; the hot day is the scenario's own; every number has a source."""
    (path,) = shipped_settings(FOLDER)
    assert path.parent == content_folder("models") / FOLDER
    year = load_settings(Study, "year", folder=FOLDER)
    assert sum(item.days_per_year for item in year.days.values()) == 365
    hot = year.days["hot"]
    assert (hot.base_profile, hot.charging_profile, hot.base_factor) == (None, None, 1.0)
    assert all(year.source_of(where) is not None for where, _, _ in year.numbers())
    assumed = {row.key: row.confidence for row in settings_assumptions(year)}
    assert assumed["days.weekend.base_factor"] == "X"
    assert "days.weekend.charging_factor" not in assumed


def test_a_year_has_its_days() -> None:
    """2025: 110 weekend days take all 104 Saturdays and Sundays, and 6 Mondays; heat is in July."""
    year = load_settings(Study, "year", folder=FOLDER)
    kinds = kind_of_day(year, 2025)
    names = list(year.days)
    dates = [dt.date(2025, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    by_kind = {n: [d for d, k in zip(dates, kinds, strict=True) if names[k] == n] for n in names}
    assert {name: len(found) for name, found in by_kind.items()} == {
        "hot": 30,
        "working": 225,
        "weekend": 110,
    }
    assert sum(date.weekday() >= 5 for date in by_kind["weekend"]) == 104
    assert dt.date(2025, 7, 25) in by_kind["hot"]
    assert all(6 < date.month < 9 for date in by_kind["hot"])


def test_the_years_hours_are_the_days_hours() -> None:
    """8,760 hours a substation; their energy is the days' energy times how often they come."""
    year = load_settings(Study, "year", folder=FOLDER)
    placement = place(hand_plan(), hand_case(), asked(), year)
    table = year_load(placement, year, phase=1, year=2025)
    assert len(table) == 2 * 8760
    total = table[table["substation"] == "G2"]["expected_mw"].sum()
    by_day = placement.expected_mw[1, 1].sum(axis=1) @ placement.days_per_year
    assert total == pytest.approx(by_day)


def test_files_are_written_and_labelled(tmp_path: Path) -> None:
    """Every table says that the city is made up; the GeoParquet has a place for each verdict."""
    found = judged()
    paths = write_study(found, hand_plan(), hand_case(), tmp_path / "grid", whole_year=True)
    assert [path.name for path in paths] == [
        "substations.csv",
        "load.csv",
        "stations.csv",
        "districts.csv",
        "substations.parquet",
        "assumptions.json",
        "year.parquet",
    ]
    for path in paths[:4]:
        assert set(pd.read_csv(path)["label"]) == {"made up"}
    layer = gpd.read_parquet(tmp_path / "grid" / "substations.parquet")
    assert layer.crs == "EPSG:4326"
    assert len(layer) == 4
    assert layer.geometry.notna().all()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("days_per_year = 300", "adds up to 300, not 365"),
        ("base_factor = -1", "-1 must be 0 or more"),
        ("charging_profile = [0.5, 0.5]", "holds 2 values; needs 24"),
        (f"charging_profile = {[0.05] * 24}", "sums to 1.2000, not 1"),
        (f"base_profile = {[0.5] * 24}", "peaks at 0.5, not 1"),
        ("base_facter = 1", "Did you mean 'base_factor'?"),
        ('base_factor = "1"', "must be a number"),
    ],
)
def test_a_faulty_study_names_file_key_value_and_mend(
    changed: str, words: str, tmp_path: Path
) -> None:
    """Each fault is one line a planner can act on."""
    lines = {"days_per_year": "365", "base_factor": "1.0", "charging_factor": "1.0"}
    key, _, value = changed.partition(" = ")
    body = "\n".join(f"{name} = {text}" for name, text in {**lines, key: value}.items())
    path = tmp_path / "mine.toml"
    head = 'title = "t"\ntitle_zh = "天"\n[days.all]\ntitle = "t"\ntitle_zh = "天"\n'
    path.write_text(head + body, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_settings(Study, str(path), folder=FOLDER)
    assert words in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_a_study_extends_another(tmp_path: Path) -> None:
    """Only what differs is written; a name that leads nowhere brings the nearest one."""
    path = tmp_path / "cool.toml"
    path.write_text('extends = "year"\ntitle = "Cool"\n[days.hot]\nbase_factor = 0.9\n', "utf-8")
    cool = load_settings(Study, str(path), folder=FOLDER)
    assert (cool.name, cool.title, cool.days["hot"].base_factor) == ("cool", "Cool", 0.9)
    assert cool.days["weekend"].days_per_year == 110
    with pytest.raises(ScenarioError, match="Did you mean 'year'"):
        load_settings(Study, "yeer", folder=FOLDER)


def test_the_hand_profile_is_what_the_sums_rest_on() -> None:
    """Charging runs at half its peak but at 20 h: what the expected numbers above assume."""
    shape = np.array(CHARGING) / max(CHARGING)
    assert shape[20] == 1
    assert np.allclose(np.delete(shape, 20), 0.5)
