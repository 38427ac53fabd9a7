"""The map in a browser: opens without a network, does what it says, runs nothing it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from siting.maps import render_map, render_report
from tests.browsing import DESK, PHONE
from tests.map_cases import bare, small_case, small_plan
from tests.map_city import large_case, large_plan
from tests.map_hostile import hostile

if TYPE_CHECKING:
    from tests.browsing import Opener

pytestmark = pytest.mark.browser


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
        "districts",
        "roads",
    ]
    for name in names:
        before = seen.page.locator("#siting_map").screenshot()
        seen.page.click(f'#legend input[data-layer="{name}"]')
        seen.page.wait_for_timeout(120)
        assert seen.page.locator("#siting_map").screenshot() != before, name
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
    place = """(latlng) => {
        const box = siting_map.getContainer().getBoundingClientRect();
        const point = siting_map.latLngToContainerPoint(latlng);
        return [box.x + point.x, box.y + point.y];
    }"""
    seen.page.mouse.click(*seen.page.evaluate(place, [22.5075, 114.0085]))
    assert "Zone 0-0" in seen.text(".popup h2")
    seen.page.mouse.click(*seen.page.evaluate(place, [22.504, 114.004]))
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


def test_hostile_text_runs_nothing(open_page: Opener) -> None:
    """Payloads in every text; every tab, popup and search result opened: no dialog, no error."""
    case, plan, _ = hostile()
    seen = open_page(render_map(plan, case))
    page = seen.page
    for language in range(2):
        for tab in ("districts", "stations", "grid", "about", "overview"):
            page.click(f"#tab-{tab}")
        for place in [
            *case.sites["id"],
            *case.stations["id"],
            *case.fuel["id"],
            *case.substations["id"],
            *case.zones["id"],
        ]:
            page.fill("#search-box", place)
            page.keyboard.press("Enter")
        page.hover("#siting_map", position={"x": 500, "y": 400})
        if language == 0:
            page.click("#lang")
    assert page.locator("#app img, #app iframe, #app script, #app math, #app base").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK[0]
    assert seen.quiet


def test_hostile_text_is_shown_as_text(open_page: Opener) -> None:
    """The assumptions' keys are the payloads, letter by letter."""
    case, plan, payloads = hostile()
    seen = open_page(render_map(plan, case))
    seen.page.click("#tab-about")
    shown = seen.page.locator("#view-about bdi").evaluate_all(
        "all => all.map(one => one.textContent)"
    )
    tame = [text for text in payloads if "\ud800" not in text and "\udfff" not in text]
    assert set(tame) <= set(shown)


def test_hostile_report_runs_nothing(open_page: Opener) -> None:
    """The report shows the same payloads and runs none."""
    case, plan, _ = hostile()
    seen = open_page(render_report(plan, case))
    assert "<img src=x onerror=alert(1)>" in seen.text("main")
    assert seen.page.locator("main img, main iframe, main script").count() == 0
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


def test_prints_on_paper(open_page: Opener, small_page: str) -> None:
    """Printing opens the hidden tabs that belong on paper and yields a PDF."""
    seen = open_page(small_page)
    pdf = seen.page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert "West" in (seen.page.locator("#view-districts").text_content() or "")
    assert seen.quiet
