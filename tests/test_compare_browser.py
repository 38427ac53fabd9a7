"""Plans side by side, and a sweep's frontier, in a browser: linked, told, offline, on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from siting.compare.asked import scenario_data
from siting.compare.comparison import compare
from siting.compare.read import read_plans
from siting.maps import render_compare
from siting.maps.frontier import frontier_svg, render_frontier
from siting.pipeline import load_city, run_plan
from siting.scenario_io import from_data, load_scenario
from siting.sweep.keys import set_value
from tests.browsing import PHONE
from tests.sweep_case import make_city, make_question

if TYPE_CHECKING:
    from siting.compare.comparison import Comparison
    from tests.browsing import Opener

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
WHERE = "siting_maps.map((map) => [map.getCenter().lat, map.getCenter().lng, map.getZoom()])"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Return plans of a small city at two ratios, one with a hostile title."""
    folder = tmp_path_factory.mktemp("compare")
    question = load_scenario(str(make_question(folder, make_city(folder / "city"))))
    for name, ratio, budget, title in (("less", 0.6, 26e6, "Less"), ("more", 1.0, 32e6, HOSTILE)):
        data = scenario_data(question) | {"name": name, "title": title}
        set_value(data, "ratio", ratio)
        set_value(data, "budget", budget)
        scenario = from_data(data)
        run_plan(scenario, case_name=scenario.case, out=folder / name)
    plans = read_plans([folder / "less", folder / "more"])
    return compare(plans, load_city(str(folder / "city"), plans[0].scenario))


@pytest.fixture(scope="module")
def page(found: Comparison) -> str:
    """Draw them."""
    first = found.plans[0]
    return render_compare(found, load_city(first.scenario.case, first.scenario))


def test_maps_move_as_one(open_page: Opener, page: str) -> None:
    """Whichever is moved or zoomed, the other shows the same place."""
    seen = open_page(page)
    assert seen.page.locator(".map").count() == 2
    one, other = seen.page.evaluate(WHERE)
    assert one == other
    seen.page.evaluate("siting_maps[1].setView([22.6, 114.1], 13, { animate: false })")
    assert seen.page.evaluate(WHERE) == [pytest.approx([22.6, 114.1, 13], abs=1e-6)] * 2
    seen.page.evaluate("siting_maps[0].setZoom(12, { animate: false })")
    one, other = seen.page.evaluate(WHERE)
    assert one == other
    assert one[2] == 12
    assert seen.quiet


def test_changes_and_figures_are_those_counted(
    open_page: Opener, page: str, found: Comparison
) -> None:
    """Over the second map stand the counts; below, the figures with their differences."""
    seen = open_page(page)
    counts = found.counts("B")
    heads = seen.page.locator(".plan-head").all_inner_texts()
    assert all(f"{name} {count}" in heads[1] for name, count in counts.items())
    row = seen.page.locator("#figures tr", has_text="supercharging stations").first
    stations = [row["stations"] for row in found.headline()]
    assert f"{stations[1]} +{stations[1] - stations[0]}" in row.inner_text()
    assert "phases.2025.ratio" in seen.text("#asked")
    seen.page.get_by_role("button", name="2024").click()
    early = next(phase for phase in found.plans[0].plan.document.phases if phase.name == "2024")
    assert f"\t{early.kpis.stations_open}\t" in row.inner_text()
    seen.page.get_by_role("button", name="Substations").click()
    assert "points" in seen.text("#legend")
    assert seen.quiet


def test_no_text_of_the_data_runs(open_page: Opener, page: str) -> None:
    """A title that is markup is shown as what it is."""
    seen = open_page(page)
    assert "<img src=x" in seen.text("#figures ul")
    assert seen.page.locator("img").count() == 0
    assert seen.quiet


def test_on_a_phone_plans_are_tabs(open_page: Opener, page: str) -> None:
    """One map at a time, at the same place; nothing is wider than the screen."""
    seen = open_page(page, PHONE)
    shown = seen.page.locator(".plan:visible")
    assert shown.count() == 1
    assert shown.get_attribute("data-plan") == "1"
    seen.page.evaluate("siting_maps[1].setView([22.6, 114.1], 12, { animate: false })")
    seen.page.locator("#tabs button").first.click()
    assert shown.get_attribute("data-plan") == "0"
    seen.page.wait_for_function("siting_maps[0].getSize().x > 0")
    assert seen.page.evaluate(WHERE)[0] == pytest.approx([22.6, 114.1, 12], abs=1e-6)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert seen.quiet


def test_both_languages_say_all(open_page: Opener, page: str) -> None:
    """After the switch no English word of ours is left in bar, heads and tables' rows."""
    seen = open_page(page, locale="zh-CN")
    assert seen.page.locator("html").get_attribute("lang") == "zh-Hans"
    assert "方案对比" in seen.text("#bar")
    assert "保留" in seen.text(".plan-head >> nth=1")
    assert "cmp_" not in seen.text("body")
    seen.page.locator("#language").click()
    assert "Plans side by side" in seen.text("#bar")
    assert "cmp_" not in seen.text("body")


def _block(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a frontier of three runs: two plans, and one that cannot be."""
    plan = {
        "conflict": None,
        "objective_kind": "served",
        "objective_unit": "kWh a day",
        "ratio_target": 1.0,
        "stations_open": 20,
        "served_share": 0.9,
        "covered_share": 0.95,
        "access_minutes_mean": 3.0,
        "capex_cny": 2e7,
        "budget_cny": 3e7,
        "peak_mw": 12.0,
        "substations_over": 0,
        "worst_loading": 0.8,
        "over_mw": 0.0,
        "seconds": 1.0,
        "folder": "runs/a",
    }
    rows = [
        plan | {"values": {"ratio": r}, "outcome": "feasible", "ratio": r, "gap": 0.01}
        | {"objective": 100 - 10 * r, "bound": 101 - 10 * r}
        for r in (0.6, 0.8)
    ]  # fmt: skip
    none = dict.fromkeys(plan) | {"values": {"ratio": 1.0}, "outcome": "infeasible", "ratio": None}
    none |= {"conflict": f"budget: {HOSTILE}", "objective": None, "bound": None, "gap": None}
    step = {"key": "ratio", "series": "", "low": 0.6, "high": 0.8, "per": 0.01, "objective": 0.1}
    step |= {"at_least": 0.05, "at_most": 0.15, "significant": True, "capex_cny": 0.0}
    return {
        "title": HOSTILE,
        "title_zh": "一比一",
        "cities": ["Toy town", "玩具城"],
        "labels": ["stylised", "示意"],
        "axis": "ratio",
        "keys": ["ratio"],
        "joined": True,
        "series": [{"name": "", "rows": [*rows, none]}],
        "steps": [step],
        **more,
    }


def test_a_point_tells_its_run_everywhere(open_page: Opener) -> None:
    """Touched in one chart it lights up in all, in the table, and says its figures."""
    seen = open_page(render_frontier(_block()))
    seen.page.locator(".hit[data-row='1']").first.hover()
    assert "ratio 0.8" in seen.text("#tip")
    assert "stations 20" in seen.text("#tip")
    assert seen.page.locator("tr.on").get_attribute("data-row") == "1"
    assert seen.page.locator(".hit.on").count() >= 4
    seen.page.locator("path.none").first.hover(force=True)
    assert "no plan possible" in seen.text("#tip")
    assert seen.page.locator("img").count() == 0
    seen.page.locator("#language").click()
    assert seen.text("h1") == "一比一"
    assert seen.quiet


def test_the_frontier_fits_a_phone(open_page: Opener) -> None:
    """Charts below each other, nothing wider than the screen, a tap tells."""
    seen = open_page(render_frontier(_block()), PHONE, has_touch=True)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    seen.page.locator(".hit[data-row='0']").first.tap()
    box = seen.page.locator("#tip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE[0]
    assert "ratio 0.6" in seen.text("#tip")


def test_the_picture_opens_by_itself(open_page: Opener) -> None:
    """As one SVG, English only, with nothing of the data run."""
    picture = frontier_svg(_block())
    seen = open_page(f"<!doctype html><html lang='en'><title>t</title>{picture}")
    assert seen.page.locator("svg text.title:visible").count() >= 6
    assert seen.page.locator("text.zh:visible").count() == 0
    assert seen.quiet


@pytest.mark.parametrize("which", ["compare", "frontier"])
def test_axe_finds_nothing(which: str, open_page: Opener, page: str) -> None:
    """Contrast, names, roles: the checks of axe-core pass."""
    seen = open_page(page if which == "compare" else render_frontier(_block()))
    found = Axe().run(seen.page)
    told = [(item["id"], item["nodes"][0]["html"][:120]) for item in found.response["violations"]]
    assert told == []
