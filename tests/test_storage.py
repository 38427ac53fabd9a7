"""Storage, PV and V2G of a plan: settings, sizes by phase, tables, and what carbon and money get.

The plan is ``verify_plan``'s: E1 is small in 2026 (4 guns, 720 kW), S2 opens large in 2030 (8 guns,
1,440 kW). Its one kind of day has eight cheap hours, with 2 % of charging each, and sixteen dear
ones, with 5.25 %.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.errors import InputError, PlanError, ScenarioError
from siting.grid.dispatch import DispatchStudy, dispatch_plan
from siting.grid.dispatch_folder import write_dispatch
from siting.grid.dispatch_read import read_dispatch
from siting.grid.dispatch_tables import hour_table, station_table, substation_table
from siting.grid.folder import study_plan
from siting.grid.hourly import COLUMNS, dispatch_hours, read_factors
from siting.grid.money import business
from siting.grid.plant import sites_of, sun_of
from siting.grid.storage import FOLDER, Storage, recovery
from siting.grid.tariff import Tariff
from siting.grid.terms import Terms
from siting.grid.vpp import plant
from siting.models.dispatch.question import Sizes
from siting.models.dispatch.solve import dispatch
from siting.models.dispatch.year import dispatch_year
from siting.scenario_io.settings import load_settings, settings_assumptions, shipped_settings
from tests.test_dispatch import questions
from tests.test_grid import day, study
from tests.test_money import TARIFF, TERMS
from tests.verify_case import asked, hand_case
from tests.verify_plan import hand_plan

if TYPE_CHECKING:
    from pathlib import Path

    from siting.grid.folder import GridStudy
    from siting.models.dispatch.question import Question

SHARES = (0.02,) * 8 + (0.0525,) * 16
TWO_PRICES: dict[str, Any] = {
    "periods": ("all",) * 8 + ("dear",) * 16,
    "buy_cny_kwh": {"all": 0.2, "dear": 1.0},
    "v2g_cny_kwh": {"all": 0.2, "dear": 0.5},
}


def shipped(**changes: Any) -> Storage:  # noqa: ANN401 - any field
    """Return the shipped settings, with fields of its sections set by ``section__field``."""
    storage = load_settings(Storage, "shenzhen", folder=FOLDER)
    for name, value in changes.items():
        section, _, field = name.partition("__")
        part = getattr(storage, section).model_copy(update={field: value})
        storage = storage.model_copy(update={section: part})
    return storage


def prices() -> Tariff:
    """Return the tariff of two prices."""
    return Tariff.model_validate({**TARIFF, **TWO_PRICES})


def found_load(**changes: Any) -> GridStudy:  # noqa: ANN401 - any field of a day
    """Place the hand plan on its one kind of day."""
    days = study(flat=day(charging_profile=SHARES, **changes))
    return study_plan(hand_plan(), hand_case(), asked(), days)


def dispatched(storage: Storage | None = None, **changes: Any) -> DispatchStudy:  # noqa: ANN401
    """Dispatch the hand plan."""
    load, document = found_load(**changes), hand_plan().document
    return dispatch_plan(load, document, asked(), storage or shipped(), prices())


def test_the_shipped_settings_are_sourced() -> None:
    """Every number has a source; what nobody measured is told."""
    (path,) = shipped_settings(FOLDER)
    storage = load_settings(Storage, path.stem, folder=FOLDER)
    assert [place for place, _, _ in storage.numbers() if storage.source_of(place) is None] == []
    assumed = {row.key: row.confidence for row in settings_assumptions(storage)}
    assert assumed["battery.round_trip"] == "M"
    assert "response.price_cny_kwh" not in assumed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("[battery]\nround_trip = 1.2", "1.2 must be 1 or less"),
        ("[battery]\nround_tripp = 0.8", "Did you mean 'round_trip'?"),
        ("[pv]\nshape = [1.0]", "holds 1 value"),
        (f"[pv]\nshape = {[0.1] * 24}", "sums to 2.4000, not 1"),
        ("[response]\nshed_share = 0.8", "add up to 1.1"),
    ],
)
def test_a_faulty_settings_file_says_what_to_mend(changed: str, words: str, tmp_path: Path) -> None:
    """File, key, value and mend stand in one line."""
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "shenzhen"\n{changed}\n', encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_settings(Storage, str(path), folder=FOLDER)
    assert words in str(caught.value)


def test_capital_recovery() -> None:
    """At 6 % ten payments of 0.13587 pay off 1; without interest a tenth."""
    assert recovery(0.06, 10) == pytest.approx(0.06 / (1 - 1.06**-10))
    assert recovery(0.0, 10) == pytest.approx(0.1)


def test_the_suns_year_is_that_of_the_settings() -> None:
    """Hot days have 1.5 times the sun of others, and the year still has 1,050 kWh a kW."""
    days = study(hot=day(days_per_year=100.0), rest=day(days_per_year=265.0))
    storage = shipped(pv__day_factor={"hot": 1.5})
    sun = sun_of(days, storage).sum(axis=1)
    assert sun[0] == pytest.approx(1.5 * sun[1])
    assert 100 * sun[0] + 265 * sun[1] == pytest.approx(1050)


def test_v2g_stands_where_most_power_is() -> None:
    """Of two stations half have V2G: S2, with 1,440 kW; nothing is there before it opens."""
    sites = sites_of(hand_plan().document, asked(), shipped(v2g__station_share=0.5))
    names = [station.id for station in hand_plan().document.stations]
    assert names[int(np.flatnonzero(sites.has_v2g)[0])] == "S2"
    assert sites.has_v2g.sum() == 1
    assert sites.pool_kw[:, names.index("S2")].tolist() == [0, 1440]


def test_sizes_never_fall_and_limits_of_room_hold() -> None:
    """A bay carries 100 kWh and 2.5 kW of PV; phases keep what stood."""
    made = dispatched()
    kwh, pv = made.state("battery_kwh"), made.state("pv_kw")
    assert (np.diff(kwh, axis=0) >= -1e-9).all()
    assert (kwh <= 100 * made.setting.sites.bays + 1e-9).all()
    assert (pv <= 2.5 * made.setting.sites.bays + 1e-9).all()
    assert kwh[1].min() > 0
    assert made.holds
    told = made.summary()["phases"][1]
    assert told["cost_cny_year"] < told["cost_without_cny_year"]
    assert told["gap"] < 1e-7


def test_a_stations_row_adds_up() -> None:
    """E1 in 2026, PV and V2G off: 400 kWh move from the dear hours, 360 of them usable.

    A full battery gives 360 x sqrt(0.88) = 337.71 and takes 360 / sqrt(0.88) = 383.76 a day. It
    saves 365 x (337.71 x 1.0 - 383.76 x 0.2), less wear 0.02 a kWh and upkeep of 2 %.
    """
    storage = shipped(pv__kw_per_bay=0.0, v2g__station_share=0.0)
    row = station_table(dispatched(storage)).iloc[0]
    assert (row["phase"], row["station"], row["battery_kwh"]) == ("2026", "E1", pytest.approx(400))
    given, taken = 360 * 0.88**0.5, 360 / 0.88**0.5
    power = row["battery_kw"]
    assert given / 16 - 1e-6 <= power <= 200
    invested = 400 * 800 + power * 400
    assert row["invested_cny"] == pytest.approx(invested)
    saved = 365 * (given * (1.0 - 0.02) - taken * 0.2)
    assert row["payback_years"] == pytest.approx(invested / (saved - 0.02 * invested))
    yearly = invested * (recovery(0.06, 10) + 0.02)
    assert row["saved_cny_year"] == pytest.approx(saved - yearly)
    assert row["dear_without_kwh_year"] - row["dear_kwh_year"] == pytest.approx(365 * given)


def test_pv_is_used_on_the_spot() -> None:
    """Ten kW over four bays never pass the 160 kW that E1 takes: all of it is used."""
    row = station_table(dispatched()).iloc[0]
    assert row["pv_kw"] == pytest.approx(10)
    assert row["self_consumption"] == pytest.approx(1)
    assert row["pv_kwh_year"] == pytest.approx(10_500)
    assert row["pv_curtailed_kwh_year"] == pytest.approx(0, abs=1e-6)


def test_a_limit_that_cannot_be_kept_is_told() -> None:
    """With base at 1.2 G1 has 8.64 MW of its own in 2030: 0.54 MW over, and more with charging."""
    hot = dispatched(base_factor=1.2)
    assert not hot.holds
    table = substation_table(hot)
    row = table[(table["phase"] == "2030") & (table["substation"] == "G1")].iloc[0]
    assert not row["holds"]
    assert 0.54 < row["over_mw"] < row["over_without_mw"]
    assert row["over_without_mw"] == pytest.approx(0.54 + 0.72)


def test_carbon_and_money_count_it_once(tmp_path: Path) -> None:
    """What was written is read again: energy from the grid falls by PV, and money knows the price.

    Both stations are the plan's: all that was invested in equipment is added, its upkeep as well.
    """
    load, made = found_load(), dispatched()
    write_dispatch(made, tmp_path)
    recorded = read_dispatch(tmp_path, load.placement)
    energy = recorded.energy(load.placement, 0.9)
    hours = hour_table(made)
    bought = hours["import_kw"].sum() - hours["export_kw"].sum()
    assert energy.grid_kw.sum() == pytest.approx(bought)
    assert energy.pv_kw.sum() == pytest.approx(hours["pv_kw"].sum())
    lost = energy.grid_kw + energy.pv_kw - load.placement.expected_kw
    assert lost.sum() > 0
    assert energy.storage_kwh == pytest.approx(made.state("battery_kwh"))
    deal, tariff = Terms.model_validate(TERMS), prices()
    of = (hand_plan().document, asked(), energy, ("flat",), deal, tariff)
    bare, whole = business(*of), business(*of, recorded)
    assert (whole.invested - bare.invested).sum() == pytest.approx(made.invested_cny()[-1].sum())
    extra = (whole.running - bare.running).sum()
    assert extra == pytest.approx(recorded.sizes["running_cny_year"][-1].sum())


def test_a_dispatch_of_another_plan_is_refused(tmp_path: Path) -> None:
    """Another load, a table cut short, a damaged value, a missing file: each is told."""
    load = found_load()
    with pytest.raises(PlanError, match="cannot be read"):
        read_dispatch(tmp_path, load.placement)
    write_dispatch(dispatched(), tmp_path)
    with pytest.raises(PlanError, match="not that of this plan"):
        read_dispatch(tmp_path, found_load(charging_factor=0.5).placement)
    path = tmp_path / "dispatch_stations.csv"
    table = pd.read_csv(path)
    for column, value, words in (
        ("station", "S9", "knows the station 'S9'"),
        ("battery_kwh", "many", "not every value of battery_kwh is a number"),
    ):
        odd = table.astype({column: object})
        odd.loc[0, column] = value
        odd.to_csv(path, index=False)
        with pytest.raises(PlanError, match=words):
            read_dispatch(tmp_path, load.placement)
    table.drop(columns="pv_kw").to_csv(path, index=False)
    with pytest.raises(PlanError, match="no column pv_kw"):
        read_dispatch(tmp_path, load.placement)


def test_a_plant_without_a_dispatch_has_guns_alone() -> None:
    """What is offered then is charging that waits or is refused: half of 160 kW of E1 in 2026."""
    made = dispatched(shipped(v2g__station_share=0.0))
    bare = plant(made.setting, None, hand_plan().document, "")
    stations, areas = bare.offers()
    row = stations.iloc[0]
    assert (row["phase"], row["station"]) == ("2026", "E1")
    assert row["down_kw"] == pytest.approx(0.5 * 8000 * 0.02)
    assert row["down_storage_kw"] == 0
    assert not areas["down_may_be_offered"].any()


def test_a_year_of_equal_days_is_the_representative_day() -> None:
    """With every factor 1 the 365 days cost what one day costs 365 times; the proof is close."""
    made = dispatched()
    ones = {name: np.ones((365, 24)) for name in COLUMNS}
    year = dispatch_hours(made, ones, year=2030)
    assert year.found.cost_cny == pytest.approx(made.phases[-1].found.costs.total, rel=1e-7)
    assert year.found.bound_cny <= year.found.cost_cny * (1 + 1e-9)
    assert year.found.gap < 0.01
    assert year.holds
    assert len(year.stations()) == len(year.substations()) == 2
    assert year.summary()["hours_over"] == 0


def test_a_year_of_heat_passes_limits() -> None:
    """With base at 1.2 all year G1 has 8.64 MW of 8.1 at 12 h of each of 365 days."""
    heat = {name: np.ones((365, 24)) for name in COLUMNS}
    year = dispatch_hours(dispatched(), {**heat, "base_factor": np.full((365, 24), 1.2)}, year=2030)
    table = year.substations()
    first = table[table["substation"] == "G1"].iloc[0]
    assert not year.holds
    assert first["hours_over"] >= 365
    assert first["deepest_mw"] >= 0.54


@settings(max_examples=25, deadline=None)
@given(questions(), st.floats(0, 1))
def test_the_years_bound_holds(question: Question, built: float) -> None:
    """Two unlike days, one a chunk, some sizes: the bound is below the optimum of both together."""
    year = replace(question, days_per_year=np.ones(2))
    rows = (year.most.battery_kwh, year.most.battery_kw, year.most.pv_kw)
    best = dispatch(year).costs.total
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siting.models.dispatch.year.CHUNK", 1)
        found = dispatch_year(year, Sizes(*(built * row for row in rows)))
    slack = 1e-6 * (1 + abs(best))
    assert found.bound_cny <= best + slack
    assert found.cost_cny >= best - slack


def test_no_gun_gives_while_it_charges() -> None:
    """E1 takes 160 kW in cheap hours and 420 in dear ones, 144 and 378 of its 720 at the guns.

    With all of its power both ways and always a willing vehicle, 576 and 342 kW are left to give.
    """
    all_day = (1.0,) * 24
    storage = shipped(v2g__power_share=1.0, v2g__station_share=1.0, v2g__available=all_day)
    able = dispatched(storage).phases[0].question.v2g_kw[0, 0]
    assert able[:8].tolist() == pytest.approx([576] * 8)
    assert able[8:].tolist() == pytest.approx([342] * 16)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pd.DataFrame({"base": [1.0] * 8760}), "none of the columns base_factor"),
        (pd.DataFrame({"pv_factor": [1.0] * 8784}), "8,784 rows, not 8,760"),
        (pd.DataFrame({"pv_factor": [1.0, -1.0] * 4380}), "row 3, pv_factor: -1.0 is no factor"),
        (pd.DataFrame({"base_factor": ["x"] + ["1"] * 8759}), "row 2, base_factor: x is no factor"),
    ],
)
def test_a_faulty_year_is_refused(table: pd.DataFrame, words: str, tmp_path: Path) -> None:
    """Rows are counted as a spreadsheet does; the mend is told."""
    path = tmp_path / "year.csv"
    table.to_csv(path, index=False)
    with pytest.raises(InputError, match=words):
        read_factors(path)


def test_a_year_is_read_from_parquet(tmp_path: Path) -> None:
    """Row 25 is 0 h of 2 January; columns that are left out are 1."""
    path = tmp_path / "year.parquet"
    pd.DataFrame({"pv_factor": np.arange(8760) / 8760}).to_parquet(path)
    found = read_factors(path)
    assert found["pv_factor"][1, 0] == pytest.approx(24 / 8760)
    assert found["base_factor"].sum() == 8760
    with pytest.raises(InputError, match="cannot be read"):
        read_factors(tmp_path / "none.csv")
