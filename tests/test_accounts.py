"""What was asked of a plan afterwards, on its map and in its report."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from siting.maps import FOR_PLANNERS, MapView, read_accounts, render_map, render_report
from siting.maps.accounts import accounts_for
from siting.maps.audience import SIGHTS
from tests.map_cases import small_case, small_plan

if TYPE_CHECKING:
    from pathlib import Path

CARBON: dict[str, Any] = {
    "method": "m",
    "citation": "after <b>nobody</b>",
    "boundary": "operational",
    "horizon_years": 20.0,
    "net_avoided_t": 1234.0,
    "embodied_t": 56.0,
    "payback_years": 1.25,
    "cny_per_t": 50.0,
    "value_cny": 61_700_000.0,
    "credit_eligible": False,
    "credit_why": "no filed method",
}
PHASE: dict[str, Any] = {
    "phase": "2027",
    "v2g_stations": 1,
    "battery_mwh": 3.5,
    "pv_mw": 0.4,
    "pv_mwh_year": 420.0,
    "discharge_mwh_year": 900.0,
    "peak_without_mw": 4.3,
    "peak_mw": 3.1,
    "hours_over_without": 12.0,
    "hours_over": 0.0,
    "invested_cny": 4e6,
    "cost_without_cny_year": 9e6,
    "cost_cny_year": 7.5e6,
}
MONEY: dict[str, Any] = {
    "terms": "t",
    "npv_cny": 77_700_000.0,
    "payback_years": None,
    "levelised_cny_kwh": 0.861,
    "least_subsidy_cny_kw": 123.0,
    "stations": 3,
    "stations_that_pay": 2,
    "life_years": 10.0,
    "discount": 0.06,
}
ALL = {"carbon": CARBON, "dispatch": {"phases": [PHASE]}, "money": MONEY}


def _block(page: str) -> dict[str, Any]:
    found = re.search(r'id="siting-plan">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    accounts: dict[str, Any] = json.loads(found[1])["accounts"]
    return accounts


def test_what_a_folder_holds_is_read(tmp_path: Path) -> None:
    """Files that are there are read; one that is broken or missing is left out."""
    assert read_accounts(tmp_path) == {}
    (tmp_path / "grid").mkdir()
    (tmp_path / "grid" / "carbon.json").write_text(json.dumps(CARBON), "utf-8")
    (tmp_path / "grid" / "money.json").write_text("{", "utf-8")
    assert read_accounts(tmp_path) == {"carbon": CARBON}


def test_planners_see_all() -> None:
    """Carbon with its worth, the last phase's storage with what it saves, and money."""
    shown = _block(render_map(small_plan(small_case()), small_case(), FOR_PLANNERS, ALL))
    assert set(shown) == {"carbon", "dispatch", "money"}
    assert shown["carbon"]["value_cny"] == 61_700_000.0
    assert shown["dispatch"]["cost_cny_year"] == 7.5e6


@pytest.mark.parametrize(
    ("audience", "seen"), [("grid", {"carbon", "dispatch"}), ("public", {"carbon"})]
)
def test_others_see_no_money(audience: Any, seen: set[str]) -> None:  # noqa: ANN401 - a literal
    """Neither the figures nor the words for them are in the file."""
    view = MapView(audience=audience)
    page = render_map(small_plan(small_case()), small_case(), view, ALL)
    assert set(_block(page)) == seen
    assert re.findall(r"(?i)capex|cny|budget", page) == []
    assert "61700000" not in page
    assert "77700000" not in page


def test_the_report_tells_them_with_units() -> None:
    """1,234 t in 20 years, paid back after 1.2 years, 1.5 M CNY saved a year; markup is escaped."""
    page = render_report(small_plan(small_case()), small_case(), ALL)
    text = re.sub(r"<[^>]+>", " ", page)
    assert "1,234 t in 20 years" in text
    assert "no credits can be earned" in text
    assert "4.3 → 3.1 MW" in text
    assert "after &lt;b&gt;nobody&lt;/b&gt;" in page
    saved = re.search(r"Saved a year, M CNY.*?<td[^>]*>([^<]+)", page, re.DOTALL)
    assert saved is not None
    assert saved[1] == "1.5"


def test_a_plan_without_accounts_shows_none() -> None:
    """Nothing asked, nothing shown."""
    assert _block(render_map(small_plan(small_case()), small_case())) == {}
    assert "Waits, grid, carbon and money" not in render_report(
        small_plan(small_case()), small_case()
    )
    assert accounts_for({"dispatch": {"phases": []}}, SIGHTS["planner"]) == {}
