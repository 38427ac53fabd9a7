"""The map in a browser: opens without a network, does what it says, runs nothing it was given."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from siting.maps import render_map
from tests.browsing import DESK, PHONE
from tests.map_cases import bare, small_case, small_plan
from tests.map_city import large_case, large_plan

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browsing import Opener, Watched

pytestmark = pytest.mark.browser

PLACE = """(latlng) => {
    const box = siting_map.getContainer().getBoundingClientRect();
    const point = siting_map.latLngToContainerPoint(latlng);
    return [box.x + point.x, box.y + point.y];
}"""
"""Where a place is on the screen."""


@pytest.fixture(scope="module")
def small_page() -> str:
    """Draw the small plan."""
    case = small_case()
    return render_map(small_plan(case), case)


def test_opens_offline_and_in_order(open_page: Opener, small_page: str) -> None:
    """No request, no console error; title, language and label are there."""
    seen = open_page(small_page)
    assert seen.page.title() == "As many superchargers as fuel stations · Toy town (stylised)"
    assert seen.page.locator("html").get_attribute("lang") == "en"
    assert seen.text(".label-badge") == "stylised / 示意"
    assert seen.quiet


def test_every_layer_can_be_shown_and_hidden(open_page: Opener, small_page: str) -> None:
    """Each layer of the case has its switch, and switching it changes the picture."""
    seen = open_page(small_page)
    names = seen.page.locator("#legend input").evaluate_all(
        "all => all.map(one => one.dataset.layer)"
    )
    assert names == [
        "stations",
        "substations",
        "zones",
        "fuel",
        "existing",
        "sites",
        "pois",
        "districts",
        "roads",
        "ground",
    ]
    before = seen.page.locator("#siting_map").screenshot()
    for name in names:
        seen.page.click(f'#legend input[data-layer="{name}"]')
        seen.page.wait_for_timeout(120)
        after = seen.page.locator("#siting_map").screenshot()
        assert after != before, name
        before = after
    assert seen.quiet


def test_slider_changes_the_key_figures(open_page: Opener, small_page: str) -> None:
    """2025: 3 stations, ratio 1.00 of 0.50, 50.0 % served, 2.5 M CNY; 2027: 88.9 %, 18.8 M CNY."""
    seen = open_page(small_page)
    assert "88.9" in seen.text('[data-kpi="served"]')
    seen.page.focus("#phase-range")
    seen.page.keyboard.press("ArrowLeft")
    assert "50.0" in seen.text('[data-kpi="served"]')
    assert "2.5" in seen.text('[data-kpi="cost"]')
    assert "of 0.50 asked" in seen.text('[data-kpi="ratio"]')
    assert seen.page.evaluate("document.activeElement.id") == "phase-range"
    assert seen.quiet


def test_answers_are_on_the_first_screen(open_page: Opener, small_page: str) -> None:
    """How many, is the target reached and where not, the tightest substation, how sure."""
    seen = open_page(small_page)
    view = seen.text("#view-overview")
    for answer in (
        "target reached",
        "Districts below target (1): East",
        "South passes its limit most: 110.0\u00a0% at 19:00",
        "at most 0.50\u00a0%",
    ):
        assert answer in view
    assert seen.page.locator('[data-kpi="stations"] b').inner_text() == "3"


def test_language_switch(open_page: Opener, small_page: str) -> None:
    """Every text changes, names too; a Chinese browser starts in Chinese."""
    seen = open_page(small_page)
    seen.page.click("#lang")
    assert seen.text("h1") == "超充站数量赶上加油站"
    assert seen.text("#tab-districts") == "片区"
    assert "东区" in seen.text("#view-overview")
    assert seen.page.locator("html").get_attribute("lang") == "zh-Hans"
    chinese = open_page(small_page, locale="zh-CN")
    assert chinese.text("h1") == "超充站数量赶上加油站"


def test_search_opens_the_station_and_its_catchment(open_page: Opener, small_page: str) -> None:
    """'car pa' finds s2; its popup has the numbers, its three zones an outline and a line."""
    seen = open_page(small_page)
    seen.page.fill("#search-box", "car pa")
    assert "Car park" in seen.text("#hits")
    seen.page.keyboard.press("Enter")
    text = seen.text(".popup")
    for number in ("L · 16 guns", "9.25 M CNY", "700 kWh/day", "3 zones, 5.1 min", "110"):
        assert number in text  # (300 x 5 + 300 x 4 + 100 x 9) / 700 = 5.14 minutes
    assert seen.page.locator(".focus-line").count() == 3
    assert seen.page.locator(".focus-zone").count() == 3
    assert seen.page.locator(".popup .day svg path").count() == 2
    seen.page.keyboard.press("Escape")
    assert seen.quiet


def test_a_click_on_the_map_opens_what_lies_there(open_page: Opener, small_page: str) -> None:
    """A click on a zone's middle opens the zone; a click on a station's mark the station."""
    seen = open_page(small_page)
    seen.page.mouse.click(*seen.page.evaluate(PLACE, [22.5075, 114.0085]))
    assert "Zone 0-0" in seen.text(".popup h2")
    seen.page.mouse.click(*seen.page.evaluate(PLACE, [22.504, 114.004]))
    assert "Mall" in seen.text(".popup h2")
    assert seen.quiet


def test_a_bare_case_opens(open_page: Opener) -> None:
    """One phase, zones as points, no roads and no substations: circles to click, no slider."""
    case, plan = bare()
    seen = open_page(render_map(plan, case))
    assert seen.page.locator("#phase-range").count() == 0
    assert seen.page.locator('[data-layer="substations"], [data-layer="roads"]').count() == 0
    seen.page.select_option("#choose-shade", "demand")
    seen.page.click("#tab-grid")
    assert "no substations" in seen.text("#view-grid")
    seen.page.fill("#search-box", "z20")
    seen.page.keyboard.press("Enter")
    assert "300 kWh/day" in seen.text(".popup")
    assert seen.quiet


def test_tables_read_without_the_map(open_page: Opener, small_page: str) -> None:
    """Stations, districts and substations are plain tables with headers; a row leads to the map."""
    seen = open_page(small_page)
    seen.page.click("#tab-stations")
    assert seen.page.locator("#view-stations tbody tr").count() == 4
    seen.page.click("#tab-grid")
    assert "110" in seen.text("#view-grid tbody tr")
    seen.page.click("#view-grid tbody button")
    assert "South" in seen.text(".popup h2")
    seen.page.click("#tab-districts")
    assert "▼ 1.00" in seen.text("#view-districts tbody tr")
    assert seen.page.locator('table th[scope="col"]').count() > 0


def test_sources_and_assumptions_are_told(open_page: Opener, small_page: str) -> None:
    """Sources names synthetic layers, assumptions with their code, licences, the map engine."""
    seen = open_page(small_page)
    seen.page.click("#tab-about")
    text = seen.text("#view-about")
    for part in (
        "7 of 7 layers",
        "service.max_wait_min",
        "assumption X",
        "CC0-1.0",
        "2 speeds imputed",
        "Leaflet",
    ):
        assert part in text
    assert "Made by hand, CC0-1.0" in seen.text("#credit")


def test_phone_shows_the_map_and_a_sheet(open_page: Opener, small_page: str) -> None:
    """The sheet starts low, with a summary; the handle raises it; nothing is too wide."""
    seen = open_page(small_page, PHONE, has_touch=True)
    box = seen.page.locator("#panel").bounding_box()
    assert box is not None
    assert box["height"] < PHONE[1] / 4
    assert "3 stations" in seen.text("#summary")
    seen.page.tap("#handle")
    seen.page.wait_for_timeout(500)
    assert seen.page.evaluate("document.getElementById('panel').offsetHeight") > 500
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert seen.quiet


def test_city_sized_map_opens(open_page: Opener) -> None:
    """300 stations and 3,000 zones: drawn, and following the slider, without trouble."""
    case = large_case()
    seen = open_page(render_map(large_plan(case), case))
    before = seen.page.locator("#siting_map").screenshot()
    seen.page.focus("#phase-range")
    seen.page.keyboard.press("Home")
    seen.page.wait_for_timeout(300)
    assert seen.page.locator("#siting_map").screenshot() != before
    assert seen.quiet


def marks(seen: Watched) -> int:
    """Count the stations drawn on the map."""
    count: int = seen.page.evaluate(
        """() => {
        let count = 0;
        siting_map.eachLayer((layer) => (count += layer.options?.kind === "stations"));
        return count;
    }"""
    )
    return count


def test_filters_leave_what_is_asked_for(open_page: Opener, small_page: str) -> None:
    """Of s1 (new, S), s2 (new, L), e1 (upgraded, L), e2 (closed): each key takes away its own."""
    seen = open_page(small_page)
    page = seen.page
    page.click("#tab-stations")
    assert marks(seen) == 4
    page.click('[data-filter="status-new"]')
    assert marks(seen) == 2
    assert page.evaluate("document.activeElement.dataset.filter") == "status-new"
    assert seen.text(".tally").startswith("2 of 4 shown")
    page.click('[data-filter="type-1"]')
    assert [marks(seen), page.locator("#view-stations tbody tr").count()] == [1, 1]
    page.click("#view-stations .clear")
    assert marks(seen) == 4
    page.select_option("#choose-district", "east")
    assert marks(seen) == 2
    page.fill("#search-box", "mall")
    page.keyboard.press("Enter")
    assert "Mall" in seen.text(".popup h2")  # in west: what is searched for is shown again
    assert marks(seen) == 4
    page.click('[data-filter="level-4"]')  # South, at 110 %
    assert page.locator('[data-filter="level-4"]').get_attribute("aria-pressed") == "false"
    assert seen.quiet


def test_an_address_may_ask_for_more_layers(open_page: Opener, small_page: str) -> None:
    """map.html#show=pois opens with that layer; a name that is no layer changes nothing."""
    seen = open_page(small_page)
    box = seen.page.locator('#legend input[data-layer="pois"]')
    assert not box.is_checked()
    seen.page.evaluate("location.hash = 'show=pois&show=constructor'")
    seen.page.reload()
    seen.page.wait_for_selector("html[data-ready]")
    assert box.is_checked()
    assert seen.quiet


def test_substations_show_the_load_of_any_hour(open_page: Opener) -> None:
    """South is over its limit in its worst hour; at 03:00, with half a megawatt, it is not."""
    case = small_case()
    plan = small_plan(case)
    night = plan.load["hour"] == 3
    quiet = plan.load["base_mw"].where(~night, 0.5)
    load = plan.load.assign(base_mw=quiet, charging_mw=plan.load["charging_mw"].where(~night, 0))
    seen = open_page(render_map(replace(plan, load=load), case))
    warned = """() => {
        let count = 0;
        siting_map.eachLayer((layer) => {
            if (layer.options?.kind !== "substations") return;
            count += layer.options.parts.some((part) => part.shape === "triangle");
        });
        return count;
    }"""
    assert seen.page.evaluate(warned) == 1
    seen.page.select_option("#choose-hour", "3")
    assert seen.page.evaluate(warned) == 0
    seen.page.select_option("#choose-hour", "")
    assert seen.page.evaluate(warned) == 1
    assert seen.quiet


def test_districts_can_be_shaded_by_ratio(open_page: Opener, small_page: str) -> None:
    """East has 1.00 of 2.00; a click on it, so shaded, opens the district: one station short."""
    seen = open_page(small_page)
    before = seen.page.locator("#siting_map").screenshot()
    seen.page.select_option("#choose-shade", "ratio")
    seen.page.wait_for_timeout(120)
    assert seen.page.locator("#siting_map").screenshot() != before
    assert "% of the district's target" in seen.text("#legend")
    seen.page.mouse.click(*seen.page.evaluate(PLACE, [22.5275, 114.0215]))
    text = seen.text(".popup")
    for part in ("East", "▼ 1.00", "of 2.00 asked", "Short by"):
        assert part in text
    assert seen.quiet


def test_a_way_is_measured(open_page: Opener, small_page: str) -> None:
    """0.01 degrees of latitude on a sphere of 6,371 km are 1.11 km; Escape ends it."""
    seen = open_page(small_page)
    page = seen.page
    page.click("#tool-measure")
    for lat in (22.512, 22.522):
        page.mouse.click(*page.evaluate(PLACE, [lat, 114.0185]))
    assert "1.11 km" in seen.text("#measured")
    assert page.locator(".popup").count() == 0
    page.keyboard.press("Backspace")
    assert "0 m" in seen.text("#measured")
    page.keyboard.press("Escape")
    assert not page.locator("#measured").is_visible()
    assert seen.quiet


def test_stations_are_saved_for_a_spreadsheet(open_page: Opener) -> None:
    """Rows of the phase, UTF-8 for Excel, and no text that it would run as a formula."""
    case = small_case()
    sites = case.sites.assign(name=pd.Series(["=1+1", 'a "b", c', "Depot"], dtype=object))
    case = replace(case, sites=sites)
    seen = open_page(render_map(small_plan(case), case))
    seen.page.click("#tab-stations")
    with seen.page.expect_download() as loading:
        seen.page.click("#save-stations")
    raw = Path(loading.value.path()).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    names = {row["id"]: row["name"] for row in rows}
    assert (names["s1"], names["s2"]) == ("'=1+1", 'a "b", c')
    assert {row["id"]: row["capex_cny"] for row in rows}["s2"] == "9250000"
    assert seen.quiet


def test_full_screen_shows_the_map_alone(open_page: Opener, small_page: str) -> None:
    """The map fills the screen, and comes back."""
    seen = open_page(small_page)
    seen.page.click("#tool-full")
    seen.page.wait_for_function("document.fullscreenElement?.id === 'stage'")
    seen.page.click("#tool-full")
    seen.page.wait_for_function("!document.fullscreenElement")
    assert seen.quiet


def test_the_table_is_one_key_away(open_page: Opener, small_page: str) -> None:
    """The first stop of the tab key leads past the map, to the table of stations."""
    seen = open_page(small_page)
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.id") == "skip"
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "view-stations"
    assert seen.page.locator("#view-stations tbody tr").count() == 4


_POPUP_STANDS = """() => {
  const popup = document.querySelector(".leaflet-popup");
  return popup && getComputedStyle(popup).opacity === "1";
}"""


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_no_serious_fault_of_accessibility(
    open_page: Opener, small_page: str, size: tuple[int, int], scheme: str
) -> None:
    """axe-core finds nothing serious: each tab, a search, a popup, while measuring."""
    seen = open_page(small_page, size, color_scheme=scheme, has_touch=size is PHONE)
    page = seen.page
    found = []
    if size is PHONE:
        page.tap("#handle")
    for name in ("overview", "districts", "stations", "grid", "about"):
        page.click(f"#tab-{name}")
        found += faults(page)
    if size is DESK:
        page.click("#tool-measure")
        page.fill("#search-box", "car")
        found += faults(page)
        page.keyboard.press("Enter")
        page.wait_for_function(_POPUP_STANDS)  # while it fades in, its text is pale
        found += faults(page)
    assert found == []


def faults(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical."""
    response = Axe().run(page).response
    return [
        f"{item['id']}: {item['nodes'][0]['html'][:200]}"
        for item in response["violations"]
        if item["impact"] in {"serious", "critical"}
    ]


def test_prints_on_paper(open_page: Opener, small_page: str) -> None:
    """Printing opens the hidden tabs that belong on paper and yields a PDF."""
    seen = open_page(small_page)
    pdf = seen.page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert "West" in (seen.page.locator("#view-districts").text_content() or "")
    assert seen.quiet
