"""Carbon: a method's factors on a plan's energy, by hand.

The plan is ``verify_plan``'s: 2026, E1 becomes small (4 guns, 720 kW) from old (4 guns, 240 kW);
2030, S2 opens large (8 guns, 1,440 kW). Every transformer is 1 kVA. On one flat day all year E1
takes 7,200 / 0.9 = 8,000 kWh a day in both phases, S2 14,400 / 0.9 = 16,000 from 2030.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from siting.errors import ScenarioError
from siting.grid.built import built
from siting.grid.carbon import STAGES, CarbonAccount, carbon_account, fleet_shares, grid_factor
from siting.grid.carbon_method import FOLDER, CarbonMethod
from siting.grid.energy import Energy, energy_of
from siting.grid.placement import place
from siting.scenario_io.settings import load_settings, shipped_settings
from tests.test_grid import EVEN, day, study
from tests.verify_case import asked, hand_case
from tests.verify_plan import hand_plan

if TYPE_CHECKING:
    from pathlib import Path

METHOD: dict[str, Any] = {
    "name": "hand",
    "title": "By hand",
    "title_zh": "手算",
    "citation": "none",
    "boundary": "operational",
    "horizon_years": 6,
    "leakage_share": 0.1,
    "electricity": {
        "boundary": "operational",
        "kg_per_kwh": 0.5,
        "year": 2027,
        "decline_per_year": 0.0,
        "pv_kg_per_kwh": 0.05,
    },
    "fuels": {"petrol": {"boundary": "operational", "kg_per_litre": 2.0}},
    "fleets": {
        "private": {
            "title": "Cars",
            "title_zh": "车",
            "fuel": "petrol",
            "litres_per_100km": 8.0,
            "kwh_per_100km": 16.0,
            "energy_share": 1.0,
        }
    },
    "embodied": {
        "planning_kg_per_station": 100.0,
        "concrete_m3_per_bay": 2.0,
        "concrete_kg_per_m3": 300.0,
        "charger_kg_per_kw": 10.0,
        "transformer_kg_per_kva": 5.0,
        "storage_kg_per_kwh": 100.0,
        "upkeep_share_per_year": 0.01,
        "charger_life_years": 3.0,
        "storage_life_years": 10.0,
        "end_share": 0.1,
    },
    "value": {"cny_per_t": 50.0, "credit_eligible": False, "why": "no filed method"},
}


def method(**changes: Any) -> CarbonMethod:  # noqa: ANN401 - any field
    """Return the method, with values set by dotted key (``__`` for a dot)."""
    data = _copied(METHOD)
    for key, value in changes.items():
        *path, last = key.split("__")
        place_ = data
        for part in path:
            place_ = place_[part]
        place_[last] = value
    return CarbonMethod.model_validate(data)


def _copied(table: dict[str, Any]) -> dict[str, Any]:
    return {k: _copied(v) if isinstance(v, dict) else v for k, v in table.items()}


def flat_energy() -> Energy:
    """Return the plan's energy on one flat day all year."""
    flat = study(flat=day(charging_profile=EVEN))
    return energy_of(place(hand_plan(), hand_case(), asked(), flat), asked())


def account(how: CarbonMethod, energy: Energy | None = None) -> CarbonAccount:
    """Count the hand plan."""
    used = energy or flat_energy()
    return carbon_account(hand_plan().document, hand_case(), asked(), used, how)


def test_what_a_plan_builds() -> None:
    """E1 grows by no gun and 480 kW in 2026; S2 is new with 8 guns and 1,440 kW in 2030."""
    added = built(hand_plan().document, asked())
    names = [station.id for station in hand_plan().document.stations]
    e1, s2 = names.index("E1"), names.index("S2")
    assert (added.larger[0, e1], added.bays[0, e1], added.pool_kw[0, e1]) == (True, 0, 480)
    assert (added.new[1, s2], added.bays[1, s2], added.pool_kw[1, s2]) == (True, 8, 1440)
    assert added.new.sum() == added.larger.sum() == 1


def test_a_year_of_operation() -> None:
    """2026: E1 takes 8,000 x 365 = 2,920 MWh and gives 2,628 to cars.

    Avoided: 2,628,000 / 16 x 8 l x 2 kg = 2,628 t; leakage 262.8; grid 2,920 x 0.5 = 1,460 t; net
    905.2 t a year. In 2030, with S2 as well, three times that.
    """
    table = account(method()).by_phase.set_index("phase")
    assert table.loc["2026", "grid_mwh"] == pytest.approx(2920)
    assert table.loc["2026", "delivered_mwh"] == pytest.approx(2628)
    assert table.loc["2026", "avoided_t"] == pytest.approx(2628)
    assert table.loc["2026", "net_t"] == pytest.approx(905.2)
    assert table.loc["2030", "net_t"] == pytest.approx(3 * 905.2)


def test_embodied_by_stage() -> None:
    """Two stations planned; S2 built, E1 enlarged; chargers renewed; all removed at the end.

    Planning 200 kg. Construction, S2: 8 bays x 600 + 14,400 (chargers) + 5 = 19,205 kg. Retrofit:
    E1's 480 kW, 4,800 kg, and its renewal three years on (2029), another 4,800; in 2032 the horizon
    ends, so nothing is renewed then. Operation, 1 % a year of chargers and transformers: 48 from
    2027 to 2032 (6 years), 144.05 for 2031 and 2032. End: a tenth of 19,205 and 4,800.
    """
    table = account(method()).embodied.set_index("stage")["t"] * 1000
    assert list(table.index) == list(STAGES)
    assert table["planning"] == pytest.approx(200)
    assert table["construction"] == pytest.approx(19_205)
    assert table["retrofit"] == pytest.approx(9_600)
    assert table["operation"] == pytest.approx(6 * 48 + 2 * 144.05)
    assert table["end of life"] == pytest.approx(2_400.5)


def test_years_add_up_to_the_summary() -> None:
    """2027 to 2030 run as 2026 left them, 2031 and 2032 with S2: 4 x 905.2 + 2 x 2,715.6 t."""
    found = account(method())
    told = found.summary()
    assert told["net_avoided_t"] == pytest.approx(4 * 905.2 + 2 * 2715.6)
    assert told["life_cycle_t"] == pytest.approx(found.by_year["cumulative_t"].iloc[-1])
    assert told["value_cny"] == pytest.approx(50 * told["life_cycle_t"])
    assert not told["credit_eligible"]
    # 2026 leaves 4.9 t owed (planning 100 kg, chargers 4,800 kg); 2027 gives 905.2 - 0.048.
    assert told["payback_years"] == pytest.approx(1 + 4.9 / (905.2 - 0.048))


def test_a_plan_that_never_makes_up_for_itself_says_so() -> None:
    """With coal power of 2 kg a kWh each year is a loss: there is no payback."""
    assert account(method(electricity__kg_per_kwh=2.0)).summary()["payback_years"] is None


def test_the_grids_factor_falls_and_varies_by_hour() -> None:
    """2 % a year over three years: 0.5 x 0.98^3; an hour with factor 2 has double that."""
    hourly = (2.0, *(1.0,) * 23)
    how = method(electricity__decline_per_year=0.02, electricity__hourly=hourly)
    assert grid_factor(how, 2030)[1] == pytest.approx(0.5 * 0.98**3)
    assert grid_factor(how, 2030)[0] == pytest.approx(2 * 0.5 * 0.98**3)
    assert grid_factor(how, 2020)[1] == 0.5


def test_sun_counts_once() -> None:
    """A MWh from the roof leaves the grid's account and enters PV's: 0.5 t less, 0.05 t more."""
    plain = flat_energy()
    moved = np.zeros_like(plain.grid_kw)
    moved[0, 0] = 1000 / 365 / 24  # 1 MWh a year
    sunny = Energy(
        grid_kw=plain.grid_kw - moved,
        pv_kw=moved,
        delivered_kw=plain.delivered_kw,
        storage_kwh=plain.storage_kwh,
        days_per_year=plain.days_per_year,
    )
    before, after = account(method()), account(method(), sunny)
    gained = after.by_phase["net_t"].iloc[0] - before.by_phase["net_t"].iloc[0]
    assert gained == pytest.approx(0.45)


def test_batteries_are_built_and_renewed() -> None:
    """10 kWh in 2026 are 1,000 kg in construction; with a life of 4 years 1,000 more in 2030."""
    plain = flat_energy()
    battery = np.zeros((2, 2))
    battery[:, 1] = 10.0
    with_battery = Energy(
        plain.grid_kw, plain.pv_kw, plain.delivered_kw, battery, plain.days_per_year
    )
    before = account(method(embodied__storage_life_years=4.0)).embodied["t"]
    after = account(method(embodied__storage_life_years=4.0), with_battery).embodied["t"]
    gained = (after - before).to_numpy() * 1000
    built_or_enlarged = gained[1] + gained[3]
    assert built_or_enlarged == pytest.approx(2000)
    assert gained[2] == pytest.approx(6 * 10)
    assert gained[4] == pytest.approx(100)


@pytest.mark.parametrize("place_", ["electricity__boundary", "fuels__petrol__boundary"])
def test_boundaries_are_never_mixed(place_: str) -> None:
    """One life-cycle factor in an operational method is refused, whichever it is."""
    with pytest.raises(ValueError, match="never mixed"):
        method(**{place_: "life-cycle"})


def test_a_method_of_one_kind_is_accepted() -> None:
    """All of them life-cycle is fine."""
    how = method(
        boundary="life-cycle",
        electricity__boundary="life-cycle",
        fuels__petrol__boundary="life-cycle",
    )
    assert how.boundary == "life-cycle"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fleets__private__fuel": "diesel"}, "fuels. has petrol"),
        ({"fleets__private__energy_share": 0.9}, "adds up to 0.9, not 1"),
        ({"electricity__kg_per_kwh": -0.1}, "greater than or equal to 0"),
    ],
)
def test_a_faulty_method_is_refused(changes: dict[str, Any], words: str) -> None:
    """A fuel nobody described, shares that do not add up, a negative factor."""
    with pytest.raises(ValueError, match=words):
        method(**changes)


def test_the_scenarios_own_fleets_count_where_it_has_them() -> None:
    """Taxis give 3 of 4 kWh: three quarters, whatever the method's own split says."""
    taxi = {**METHOD["fleets"]["private"], "energy_share": 0.2}
    private = {**METHOD["fleets"]["private"], "energy_share": 0.8}
    how = method(fleets={"private": private, "taxi": taxi})
    estimators = [
        {"name": name, "kind": "column", "covers": [name], "column": "demand", "kwh_per_unit": each}
        for name, each in (("private", 1.0), ("taxi", 3.0))
    ]
    scenario = asked({"demand.estimators": estimators})
    np.testing.assert_allclose(fleet_shares(hand_case(), scenario, how), [[0.25, 0.75]] * 2)
    with pytest.raises(ScenarioError, match="no fleet taxi"):
        fleet_shares(hand_case(), scenario, method())


def test_shipped_methods_are_whole_and_sourced() -> None:
    """Each has a citation and a source for every number, and says that no credit is earned."""
    names = [path.stem for path in shipped_settings(FOLDER)]
    assert names == ["china-life-cycle", "guangdong-operational"]
    for name in names:
        how = load_settings(CarbonMethod, name, folder=FOLDER)
        assert how.citation
        assert [w for w, _, _ in how.numbers() if how.source_of(w) is None] == []
        assert not how.value.credit_eligible


def test_changing_a_method_changes_only_its_lines(tmp_path: Path) -> None:
    """Another price for carbon leaves every tonne as it was."""
    path = tmp_path / "dear.toml"
    path.write_text('extends = "guangdong-operational"\n[value]\ncny_per_t = 100\n', "utf-8")
    dear = load_settings(CarbonMethod, str(path), folder=FOLDER)
    plain = load_settings(CarbonMethod, "guangdong-operational", folder=FOLDER)
    one, other = account(plain).summary(), account(dear).summary()
    assert other["value_cny"] == pytest.approx(2 * one["value_cny"])
    differing = {key for key in one if one[key] != other[key]}
    assert differing == {"method", "value_cny", "cny_per_t"}
