"""What simulated drivers met, on the map and in the report."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from siting.maps import FOR_PLANNERS, MapView, read_accounts, render_map, render_report
from tests.map_cases import small_case, small_plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browsing import Opener


def _span(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean * 0.9, "high": mean * 1.1}


def told(created: str) -> dict[str, Any]:
    """Return a simulation of s1 and s2 of the small plan."""
    names = ("served_share", "waited_share", "wait_mean_min", "wait_p95_min", "utilisation")
    values = (0.9, 0.2, 1.25, 6.5, 0.4)
    return {
        "plan_created": created,
        "phase": "2027",
        "days": 1,
        "replications": 10,
        "seed": 1,
        "confidence": 0.95,
        "settings_title": "<b>day</b>",
        "settings_title_zh": "一天",
        "city": {name: _span(value) for name, value in zip(names, values, strict=True)},
        "promise": {
            "max_wait_min": 5.0,
            "max_wait_probability": 0.2,
            "kept": 1,
            "broken": 1,
            "not significant": 0,
            "nobody came": 0,
        },
        "stations": {
            "id": ["s1", "s2"],
            "p95_min": [0.2, 11.0],
            "mean_min": [0.0, 3.0],
            "drivers_day": [50.0, 200.0],
            "utilisation": [0.2, 0.7],
            "promise": ["kept", "broken"],
            "wait_by_hour_min": [[0.0] * 24, [float(h) / 4 for h in range(24)]],
            "use_by_hour": [[0.2] * 24, [0.7] * 24],
        },
    }


def fresh() -> dict[str, Any]:
    """Return the simulation, of the plan as it is."""
    return told(small_plan(small_case()).document.provenance.created)


def _block(page: str) -> dict[str, Any]:
    found = re.search(r'id="siting-plan">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    block: dict[str, Any] = json.loads(found[1])
    return block


def test_a_simulation_is_read_from_the_folder(tmp_path: Path) -> None:
    """A whole one is read; one that lacks a part, or is broken, is left out."""
    (tmp_path / "simulation").mkdir()
    file = tmp_path / "simulation" / "simulation.json"
    file.write_text(json.dumps(fresh()), "utf-8")
    assert read_accounts(tmp_path) == {"simulation": fresh()}
    file.write_text(json.dumps({"city": {}}), "utf-8")
    assert read_accounts(tmp_path) == {}
    file.write_text("[", "utf-8")
    assert read_accounts(tmp_path) == {}


def test_a_simulation_of_an_older_plan_is_not_shown() -> None:
    """A plan made anew has other stations: its map and report stay silent."""
    old = {"simulation": told("2020-01-01")}
    case = small_case()
    assert "simulation" not in _block(render_map(small_plan(case), case, FOR_PLANNERS, old))
    assert "Waits, grid, carbon and money" not in render_report(small_plan(case), case, old)


@pytest.mark.parametrize(("audience", "stations"), [("planner", True), ("public", False)])
def test_stations_waits_are_for_planners(audience: Any, stations: bool) -> None:  # noqa: ANN401, FBT001 - a literal, a table of cases
    """The public sees the city's figures alone."""
    case = small_case()
    view = MapView(audience=audience)
    page = render_map(small_plan(case), case, view, {"simulation": fresh()})
    shown = _block(page)["simulation"]
    assert shown["city"]["wait_mean_min"]["mean"] == 1.25
    assert ("stations" in shown) == stations


def test_the_report_tells_waits_with_intervals() -> None:
    """90 % served (81.0 to 99.0); 1.25 min on average; names from files are escaped."""
    case = small_case()
    page = render_report(small_plan(case), case, {"simulation": fresh()})
    text = re.sub(r"<[^>]+>", " ", page)
    assert "90.0 (81.0 – 99.0) %" in text
    assert "1.25 (1.12 – 1.38)" in text or "1.25 (1.13 – 1.38)" in text
    assert "2027; &lt;b&gt;day&lt;/b&gt;" in page


@pytest.mark.browser
def test_the_map_colours_by_wait_and_shows_the_day(open_page: Opener) -> None:
    """The choice is there, and a click on s2 tells 11 min, broken, and 24 bars with a line."""
    case = small_case()
    seen = open_page(render_map(small_plan(case), case, FOR_PLANNERS, {"simulation": fresh()}))
    seen.page.select_option("#choose-colour", "wait")
    assert "Wait that 95 % do not pass" in seen.text("#legend")
    seen.page.evaluate("() => document.querySelector('#search input').focus()")
    seen.page.fill("#search input", "s2")
    seen.page.keyboard.press("ArrowDown")
    seen.page.keyboard.press("Enter")
    popup = seen.text(".leaflet-popup")
    assert "11.0 min" in popup
    assert "broken" in popup
    assert seen.page.locator("[data-chart=wait] rect").count() == 24
    assert seen.page.locator("[data-chart=wait] .l-wait").count() == 1
    assert "kept by 1 stations, broken by 1" in seen.text("[data-account=simulation]")
    assert seen.quiet


@pytest.mark.browser
def test_a_map_without_a_simulation_offers_no_wait(open_page: Opener) -> None:
    """Two ways to colour, as ever."""
    case = small_case()
    seen = open_page(render_map(small_plan(case), case))
    options = seen.page.locator("#choose-colour option").evaluate_all(
        "all => all.map(o => o.value)"
    )
    assert options == ["phase", "status"]
