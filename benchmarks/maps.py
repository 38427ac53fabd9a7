"""Measure the map's page against plain folium, with the same things on it, in the same run.

Run ``python benchmarks/run.py maps``, which writes the table in ``benchmarks/README.md``; it needs
Chromium. All pages show the same city: stations, cells of demand, streets of eight points each, and
points that demand is shared by. siting's hold a whole plan with four phases, 24-hour loads and
catchments beside that; folium's pages have names to hover over, and nothing else.

folium is written as its guide has it (markers, SVG), and with all that helps without leaving it
(``prefer_canvas``, circles). Its pages fetch scripts, so Leaflet is handed to them at once, out of
the wheel siting takes it from, and the rest is answered empty; siting's page opens with the network
off.
"""

from __future__ import annotations

import gzip
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import shapely

from siting.maps import render_map
from siting.maps.leaflet import leaflet_file
from tests.browsing import ARGUMENTS, CHROMIUM
from tests.map_city import large_case, large_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page, Route

    from siting.data.case import Case
    from siting.plan import Plan

MOST_S = 120
"""A page that shows nothing within that time is given up."""
MOST_BUSY_S = 30
"""A page that was busy for longer answers no mouse in time to be dragged."""
MOST_POINTS = 30_000
"""Of so many folium makes one element each, of more it is not asked."""
SCREEN = (1280, 800)
REPEATS = 3

WATCH = """
new PerformanceObserver((list) => {
    for (const paint of list.getEntriesByName("first-contentful-paint"))
        document.documentElement.dataset.painted = paint.startTime;
}).observe({ type: "paint", buffered: true });
"""
START_FRAMES = """() => {
    window.frames_ = [];
    let last = performance.now();
    const next = (now) => {
        window.frames_.push(now - last);
        last = now;
        if (window.frames_) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
}"""
END_FRAMES = """() => {
    const frames = window.frames_;
    window.frames_ = null;
    return frames;
}"""


@dataclass(frozen=True)
class City:
    """Say how much a city holds."""

    name: str
    cells: int
    nodes: int
    """Streets form a square of nodes x nodes."""
    points: int

    @property
    def streets(self) -> int:
        """Return how many streets there are."""
        return 2 * self.nodes * (self.nodes - 1)


CITIES = (City("city", 3_000, 51, 20_000), City("region", 10_000, 174, 100_000))


@dataclass(frozen=True)
class Seen:
    """Hold what a browser took for a page; None: it showed nothing in time."""

    paint_s: float | None
    busy_s: float | None
    """Of the page's main thread until it was drawn and at rest."""
    frames_ms: list[float]


def make(city: City) -> tuple[Case, Plan]:
    """Build a city's case and a plan of 300 stations in four phases."""
    case = large_case(city.cells, nodes=city.nodes, point_count=city.points)
    return case, large_plan(case)


def by_folium(case: Case, plan: Plan, *, canvas: bool) -> str:
    """Draw folium's page: markers and SVG as its guide has it, or circles on a canvas."""
    west, south, east, north = case.districts.total_bounds
    shown = folium.Map(
        [(south + north) / 2, (west + east) / 2], zoom_start=11, tiles=None, prefer_canvas=canvas
    )
    cells = case.zones[["name", "demand", "geometry"]]
    middle = float(cells["demand"].median())

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        high = feature["properties"]["demand"] > middle
        return {"weight": 0.5, "fillOpacity": 0.6, "fillColor": "#440154" if high else "#fde725"}

    tip = folium.GeoJsonTooltip(["name", "demand"])
    folium.GeoJson(cells, style_function=style, tooltip=tip).add_to(shown)
    roads = case.roads
    if roads is not None:
        once = roads.geometry[roads.tail < roads.head]
        folium.GeoJson(gpd.GeoSeries(once, crs=case.zones.crs)).add_to(shown)
    for station in plan.document.stations:
        folium.Marker([station.lat, station.lon], tooltip=station.name).add_to(shown)
    if case.pois is not None:
        places = shapely.get_coordinates(np.asarray(case.pois.geometry.array))[:, ::-1].tolist()
        for where, name in zip(places, case.pois["name"], strict=True):
            mark = folium.CircleMarker(where, radius=2, tooltip=name) if canvas else None
            (mark or folium.Marker(where, tooltip=name)).add_to(shown)
    page: str = shown.get_root().render()
    return page


def answer(route: Route) -> None:
    """Give a page Leaflet, and nothing else it asks for."""
    name = route.request.url.rpartition("/")[2]
    known = name in {"leaflet.js", "leaflet.css"}
    kind = "text/css" if name.endswith("css") else "text/javascript"
    route.fulfill(body=leaflet_file(name) if known else "", content_type=kind)


def open_page(browser: Browser, html: str, *, offline: bool) -> Seen:
    """Open a page once, drag the map about, and tell what it took."""
    width, height = SCREEN
    context = browser.new_context(viewport={"width": width, "height": height}, offline=offline)
    page = context.new_page()
    if not offline:
        page.route(lambda url: not url.startswith("file:"), answer)
    page.add_init_script(WATCH)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.html"
        path.write_text(html, encoding="utf-8")
        return watched(page, f"{path.as_uri()}#show=pois")


def watched(page: Page, address: str) -> Seen:
    """Wait for the first picture, then drag the map."""
    from playwright.sync_api import TimeoutError as LateError  # noqa: PLC0415 - heavy

    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    try:
        page.goto(address, timeout=1000 * MOST_S)
        page.wait_for_selector("html[data-painted]", timeout=1000 * MOST_S)
    except LateError:
        return Seen(None, None, [])
    page.wait_for_timeout(1500)
    paint_s = float(page.evaluate("document.documentElement.dataset.painted")) / 1000
    metrics = session.send("Performance.getMetrics")["metrics"]
    busy_s = next(item["value"] for item in metrics if item["name"] == "TaskDuration")
    return Seen(paint_s, busy_s, dragged(page) if busy_s <= MOST_BUSY_S else [])


def dragged(page: Page) -> list[float]:
    """Drag the map to and fro four times, half a second each; return the time between frames."""
    width, height = SCREEN
    middle = (width / 2 + 150, height / 2)
    page.evaluate(START_FRAMES)
    for turn in range(4):
        way = (-1) ** turn
        page.mouse.move(*middle)
        page.mouse.down()
        for step in range(30):
            page.mouse.move(middle[0] + 6 * way * step, middle[1] + 3 * way * step)
            page.wait_for_timeout(12)
        page.mouse.up()
        page.wait_for_timeout(250)
    frames: list[float] = page.evaluate(END_FRAMES)
    return frames[1:]


def row(city: City, name: str, build: Callable[[], str], browser: Browser, repeats: int) -> str:
    """Build a page and open it some times; return its line of the table, medians throughout."""
    walls, cpus, page = [], [], ""
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        page = build()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    raw = page.encode("utf-8")
    offline = name == "siting"
    seen = [open_page(browser, page, offline=offline) for _ in range(repeats)]
    paints = [one.paint_s for one in seen if one.paint_s is not None]
    busy = [one.busy_s for one in seen if one.busy_s is not None]
    frames = sorted(ms for one in seen for ms in one.frames_ms)
    cells = [
        city.name,
        name,
        f"{median(walls):.2f} s ({median(cpus):.2f})",
        f"{len(raw) / 1e6:.2f} MB ({len(gzip.compress(raw)) / 1e6:.2f})",
        f"{median(paints):.2f} s" if paints else f"> {MOST_S} s",
        f"{median(busy):.2f} s" if busy else "-",
        f"{frames[len(frames) // 2]:.0f}, {frames[int(len(frames) * 0.95)]:.0f}" if frames else "-",
    ]
    return f"| {' | '.join(cells)} |"


def table() -> list[str]:
    """Measure, and return the lines of the table."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - heavy

    head = ["size", "page", "build, wall (CPU)", "file (gzip)", "first picture", "main thread"]
    head.append("frames while dragging: median, 95 % (ms)")
    lines = [f"| {' | '.join(head)} |", "|---|---|--:|--:|--:|--:|--:|"]
    with sync_playwright() as driver:
        for city in CITIES:
            case, plan = make(city)
            render_map(plan, case)  # folium's import and Leaflet's check are paid once
            pages: dict[str, tuple[Callable[[], str], int]] = {
                "siting": (partial(render_map, plan, case), REPEATS),
                "folium, circles on canvas": (partial(by_folium, case, plan, canvas=True), 1),
            }
            if city.points <= MOST_POINTS:
                guide = partial(by_folium, case, plan, canvas=False)
                pages["folium, as its guide has it"] = (guide, 1)
            for name, (build, repeats) in pages.items():
                browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
                lines.append(row(city, name, build, browser, repeats))
                browser.close()
    sizes = "; ".join(
        f"{c.name}: 300 stations, {c.cells:,} cells, {c.streets:,} streets, {c.points:,} points"
        for c in CITIES
    )
    return [*lines, "", f"{sizes}."]
