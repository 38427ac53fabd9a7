"""Plan every shipped scenario and make its page of ``maps/gallery``; run it from the root.

``python -m tests.gallery`` makes them all anew (a minute or two each), ``python -m tests.gallery
ratio-2025`` one. Needs Chromium, for the pictures. Each page ends with a mark of what it was made
of; `tests/test_gallery.py` fails where a scenario, the city or the plan's format has changed since.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from siting.data.synth.generate import VERSION
from siting.maps.pdf import browser
from siting.pipeline import run_plan
from siting.plan import FORMAT
from siting.scenario_io import load_scenario, shipped_scenarios

if TYPE_CHECKING:
    from siting.plan import Document
    from siting.scenario import Scenario

GALLERY = Path(__file__).resolve().parent.parent / "maps" / "gallery"
SIZE = {"width": 1200, "height": 750}
QUALITY = 72
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run")
_PAINTED_MS = 2000


def mark(scenario: Scenario) -> str:
    """Return what a page of this scenario is made of, in a line.

    How long to search is left out, and so is what a scenario leaves at its default: a new key that
    is off makes no page outdated.
    """
    asked = scenario.model_copy(update={"solve": load_scenario("ratio-2025").solve})
    text = asked.model_dump_json(exclude_defaults=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"scenario {digest}, city generator {VERSION}, {FORMAT}"


def page(document: Document, scenario: Scenario) -> str:
    """Return a scenario's page as Markdown."""
    kpis, city, outcome = document.kpis, document.ratio.city, document.outcome
    origin, last = document.provenance, document.phases[-1]
    label = f" ({origin.label} data)" if origin.label else ""
    ratio = "-" if city.ratio is None else f"{city.ratio:.2f}"
    minutes = "-" if kpis.access_minutes_mean is None else f"{kpis.access_minutes_mean:.1f} min"
    proof = "proved optimal" if outcome.status == "optimal" else f"gap {outcome.gap:.2%}"
    rows = {
        "stations open": f"{kpis.stations_open:,} ({kpis.stations_new:,} new)",
        "guns": f"{kpis.guns:,}",
        "ratio": f"{ratio} (target {city.target:.2f})",
        "demand served": f"{kpis.demand_served_share:.1%}",
        "demand within reach of a station": f"{kpis.demand_covered_share:.1%}",
        "mean drive": minutes,
        "investment": f"{kpis.capex_cny / 1e6:,.1f} M CNY",
        "highest charging load": f"{kpis.peak_mw:,.1f} MW",
        "proof": f"{proof}; {outcome.method}",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return (
        f"# {origin.scenario_title}\n\n{origin.scenario_title_zh}\n\n"
        f"![Map of the plan]({scenario.name}.jpg)\n\n"
        f"{origin.case_title}{label}, at the end of phase {last.name} ({last.date}):\n\n"
        f"| | |\n|---|---|\n{table}\n\n"
        f"`siting plan {scenario.name}` makes this plan, its map and its report. Another run may "
        "end at another plan within the proved gap.\n\n"
        f"<!-- {mark(scenario)} -->\n"
    )


def index(documents: dict[str, str]) -> str:
    """Return the gallery's first page: each scenario's title, and where its page is."""
    rows = "\n".join(f"| [{name}]({name}.md) | {title} |" for name, title in documents.items())
    return (
        "# Gallery\n\nA plan of every shipped scenario, on the stylised city. "
        "`python -m tests.gallery` makes these pages anew.\n\n"
        f"| scenario | question |\n|---|---|\n{rows}\n"
    )


def picture(map_page: Path, out: Path) -> None:
    """Take a picture of a map."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only pictures need it

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=browser(), args=list(_FLAGS))
        shown = running.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]})
        shown.goto(map_page.as_uri())
        shown.wait_for_timeout(_PAINTED_MS)
        shown.screenshot(path=out, type="jpeg", quality=QUALITY)
        running.close()


def make(name: str) -> None:
    """Plan one scenario, write its page and take its picture."""
    scenario = load_scenario(name)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / name
        plan = run_plan(scenario, case_name=scenario.case, out=out)
        (GALLERY / f"{name}.md").write_text(page(plan.document, scenario), encoding="utf-8")
        picture(out / "map.html", GALLERY / f"{name}.jpg")


if __name__ == "__main__":
    GALLERY.mkdir(exist_ok=True)
    for wanted in sys.argv[1:] or [shipped.name for shipped in shipped_scenarios()]:
        make(wanted)
    titles = {shipped.name: shipped.title for shipped in shipped_scenarios()}
    (GALLERY / "README.md").write_text(index(titles), encoding="utf-8")
