"""Hostile text in a browser: nothing of it runs, all of it is shown as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from siting.maps import MapView, render_map, render_report
from tests.browsing import DESK
from tests.map_cases import small_case, small_plan
from tests.map_hostile import PAYLOADS, hostile, with_keys

if TYPE_CHECKING:
    from siting.maps.audience import Audience
    from tests.browsing import Opener

pytestmark = pytest.mark.browser

FIND_EVERYTHING = """(step) => {
    const box = document.getElementById("search-box");
    const data = (id) => JSON.parse(document.getElementById(id).textContent);
    const [plan, places] = [data("siting-plan"), data("siting-places")];
    const kinds = ["zones", "sites", "fuel", "existing", "districts"].filter((one) => places[one]);
    const ids = kinds.flatMap((kind) => places[kind].id);
    for (const item of [...plan.stations, ...plan.substations]) ids.push(item.id);
    const seen = [];
    for (const id of ids.filter((_, i) => i % step === 0)) {
        box.value = id.slice(0, 400);
        box.dispatchEvent(new Event("input"));
        box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
        seen.push(document.querySelector(".popup h2")?.textContent);
    }
    return [ids.length, seen];
}"""
"""Search for every id, or each step-th; return how many there are, and what opened."""


@pytest.mark.parametrize("audience", ["planner", "grid", "public"])
def test_hostile_text_runs_nothing(open_page: Opener, audience: Audience) -> None:
    """Every tab, popup and search result opened; the planner's in both languages."""
    case, plan, _ = hostile()
    seen = open_page(render_map(plan, case, MapView(audience=audience)))
    page = seen.page
    for step in (1, 5) if audience == "planner" else (1,):
        for tab in page.locator("#tabs button").all():
            tab.click()
        count, shown = page.evaluate(FIND_EVERYTHING, step)
        assert count > 3 * len(PAYLOADS)
        assert len({text for text in shown if text}) >= (len(PAYLOADS) - 5) // step
        for kind in ("click", "dblclick", "contextmenu"):
            page.locator("#siting_map").dispatch_event(kind)
        page.hover("#siting_map", position={"x": 500, "y": 400})
        page.click("#lang")
    assert page.locator("#app img, #app iframe, #app script, #app math, #app base").count() == 0
    assert page.locator("#app object, #app form, #app link, #app plaintext").count() == 0
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


def test_ids_that_every_object_of_javascript_has(open_page: Opener) -> None:
    """Districts called constructor and __proto__, a type called toString: found by their names."""
    new = {"west": "constructor", "east": "__proto__", "S": "toString", "g1": "valueOf"}
    case = small_case()
    case, plan = with_keys(case, small_plan(case), new | {"2025": "hasOwnProperty"})
    seen = open_page(render_map(plan, case))
    seen.page.click("#tab-districts")
    names = seen.page.locator("#view-districts tbody th").all_inner_texts()
    assert names == ["East", "West"]
    for word, name in {"mall": "West", "harbour": "East"}.items():
        seen.page.fill("#search-box", word)
        seen.page.keyboard.press("Enter")
        assert name in seen.text(".popup .facts")
    assert seen.quiet


def test_hostile_report_runs_nothing(open_page: Opener) -> None:
    """The report shows the same payloads and runs none."""
    case, plan, _ = hostile()
    seen = open_page(render_report(plan, case))
    assert "<img src=x onerror=alert(1)>" in seen.text("main")
    assert seen.page.locator("main img, main iframe, main script").count() == 0
    assert seen.quiet
