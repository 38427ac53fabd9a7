"""One plan, three readers: what an audience may not see is not in its file at all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest

from siting.maps import MapView, render_map
from siting.maps.strings import STRINGS
from siting.plan import Assumption
from tests.map_cases import small_case, small_plan
from tests.test_map_page import block

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.maps.audience import Audience, Language
    from siting.plan import Plan
    from tests.browsing import Opener

MONEY = ("918273645", "918.3", "827364", "secretprice", "918.27")
"""Cost of a station and budget of a phase, as written, rounded or in words."""
LOADS = ("secretgrid", "77.777", "66.666", "secrethost", "secretpoi", "555.5", "444.4")
"""Substations, loads by hour, what a site is, energy by station, demand of a zone."""
FILES = ("secretfolder", "secretfile", "secretnote", "secretsite")


def secret() -> tuple[Case, Plan]:
    """Build the small case and plan with a telltale in everything that not all may see."""
    case = small_case()
    text = "secrethost"
    case = replace(
        case,
        sites=case.sites.assign(host=text),
        substations=case.substations.assign(name=["secretgrid 1", "secretgrid 2"]),
        notes=("secretnote",),
        pois=None if case.pois is None else case.pois.assign(kind="secretpoi"),
    )
    spare = case.sites.iloc[2:].assign(id="s9", name="secretsite")
    sites = gpd.GeoDataFrame(pd.concat([case.sites, spare], ignore_index=True))
    case = replace(case, sites=sites)
    plan = small_plan(case)
    document = plan.document
    phase = document.phases[0]
    kpis = phase.kpis.model_copy(update={"capex_cny": 918_273_645.0})
    steps = tuple(
        step.model_copy(update={"served_kwh_day": 555.5, "peak_kw": 444.4})
        for step in document.stations[0].steps
    )
    station = document.stations[0].model_copy(
        update={"capex_cny": 918_273_645.0, "host": text, "steps": steps}
    )
    price = Assumption(key="prices.x", value="918.27", unit="CNY/m2", confidence="X", source="")
    told = Assumption(key="x", value="1", unit="-", confidence="X", source="secretprice in CNY")
    layers = tuple(
        item.model_copy(update={"file": "secretfile"}) for item in document.provenance.layers
    )
    document = document.model_copy(
        update={
            "stations": (station, *document.stations[1:]),
            "phases": (
                phase.model_copy(update={"kpis": kpis, "budget_cny": 827_364.0}),
                *document.phases[1:],
            ),
            "assumptions": (*document.assumptions, price, told),
            "provenance": document.provenance.model_copy(
                update={"case": "secretfolder", "layers": layers}
            ),
        }
    )
    load = plan.load.assign(base_mw=77.777, charging_mw=66.666)
    zones = plan.zones.assign(demand_kwh_day=555.5, served_kwh_day=444.4)
    return case, replace(plan, document=document, load=load, zones=zones)


def found(page: str, words: tuple[str, ...]) -> list[str]:
    """Return the words that are somewhere in the file."""
    return [word for word in words if word in page]


def test_planners_see_all() -> None:
    """Every telltale is in the planner's file: the other tests would see it."""
    case, plan = secret()
    page = render_map(plan, case)
    rounded = {"918.3"}  # the script does the rounding
    assert set(MONEY + LOADS + FILES) - rounded == set(found(page, MONEY + LOADS + FILES))


def test_the_grid_sees_loads_and_no_money() -> None:
    """Substations and loads, but no cost, price or budget, no demand of a zone, no spare site."""
    case, plan = secret()
    page = render_map(plan, case, MapView(audience="grid"))
    assert found(page, MONEY) == []
    assert found(page, ("secretgrid", "77.777", "66.666", "555.5")) != []
    assert found(page, ("secretsite", "secretpoi")) == []
    assert block(page, "siting-plan")["zones"] is None
    assert block(page, "siting-plan")["service"] is None


def test_the_public_sees_neither_money_nor_loads() -> None:
    """No telltale of any kind; and the words of money stand nowhere in the file, script and all."""
    case, plan = secret()
    page = render_map(plan, case, MapView(audience="public"))
    assert found(page, MONEY + LOADS + FILES) == []
    assert re.findall(r"(?i)capex|cny|budget", page) == []
    data = block(page, "siting-plan")
    assert set(data["stations"][0]) == {
        *("id", "name", "name_zh", "district", "status", "guns", "super_guns", "kw"),
        *("lon", "lat", "phase", "types"),
    }
    assert set(data["zones"]) == {"share", "minutes", "covered"}
    assert data["substations"] == []
    assert data["service"] is None
    assert block(page, "siting-places")["sites"] is None


def test_money_is_no_proof_for_the_public() -> None:
    """Where the objective is money, its value and bound stay out, and the gap stays in."""
    case = small_case()
    plan = small_plan(case)
    update = {"objective_kind": "cost", "objective_unit": "CNY", "objective": 123454321.0}
    outcome = plan.document.outcome.model_copy(update=update)
    plan = replace(plan, document=plan.document.model_copy(update={"outcome": outcome}))
    for audience in ("grid", "public"):
        page = render_map(plan, case, MapView(audience=audience))
        assert "123454321" not in page
        assert block(page, "siting-plan")["outcome"]["gap"] == 0.005


@pytest.mark.parametrize(("language", "number"), [("en", 0), ("zh", 1)])
def test_one_language_alone(language: Language, number: int) -> None:
    """The file has the texts of its language and none of the other's."""
    case = small_case()
    page = render_map(small_plan(case), case, MapView(language=language))
    texts = block(page, "siting-strings")
    assert texts["legend"] == [STRINGS["legend"][number]]
    assert STRINGS["legend"][1 - number] not in page
    head = {"en": '<html lang="en">', "zh": '<html lang="zh-Hans">'}[language]
    assert head in page


@pytest.mark.browser
@pytest.mark.parametrize("audience", ["grid", "public"])
def test_each_view_works(open_page: Opener, audience: Audience) -> None:
    """Every tab, phase and layer; a station's popup has what this reader may see, and no more."""
    case = small_case()
    seen = open_page(render_map(small_plan(case), case, MapView(audience=audience)))
    page = seen.page
    tabs = page.locator("#tabs button")
    assert tabs.count() == {"grid": 5, "public": 4}[audience]
    for tab in tabs.all():
        tab.click()
    for box in page.locator("#legend input").all():
        box.click()
        box.click()
    page.focus("#phase-range")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.fill("#search-box", "car pa")
    page.keyboard.press("Enter")
    text = seen.text(".popup")
    assert ("700 kWh/day" in text) == (audience == "grid")
    assert "CNY" not in text
    page.click("#tab-overview")
    view = seen.text("#view-overview")
    assert ("South" in view) == (audience == "grid")
    assert "CNY" not in view
    assert seen.quiet


@pytest.mark.browser
def test_a_page_in_chinese_alone(open_page: Opener) -> None:
    """It is Chinese in an English browser, without a switch, and its title too."""
    case = small_case()
    seen = open_page(render_map(small_plan(case), case, MapView(language="zh")))
    assert seen.page.locator("#lang").count() == 0
    assert seen.text("h1") == "超充站数量赶上加油站"
    assert seen.text("#tab-districts") == "片区"
    assert seen.page.title() == "超充站数量赶上加油站 · 小城（示意）"
    assert seen.quiet
