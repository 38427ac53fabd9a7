"""Measure stations switched in the page: bytes added to the file, and time until all is counted.

Run ``python benchmarks/run.py what_if``; it needs Chromium. The page is that of the shipped city's
main question (three phases). Each station is switched off on top of those before; the time is that
of one change, from the click until every figure, mark and table is set, all phases. Beside it: the
same energy assigned from scratch by linear programs (scipy's HiGHS), as siting itself does.
"""

from __future__ import annotations

import gzip
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.maps import WATCH
from siting.assembly import Answer, assemble
from siting.data.build import build_problem
from siting.maps import WhatIf, render_map
from siting.models.assign import assign
from siting.models.effort import Effort
from siting.models.solve import solve
from siting.pipeline import load_city
from siting.scenario_io import load_scenario
from tests.browsing import ARGUMENTS, CHROMIUM, DESK

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from siting.data.problem import Problem
    from siting.models.solution import Solution

SWITCHED = 60
EFFORT = Effort(gap=0.02, time_limit_s=60.0, seed=7, threads=1)


def table() -> list[str]:
    """Return the table."""
    scenario = load_scenario("ratio-2025")
    case = load_city("shenzhen", scenario)
    problem, pairs = build_problem(case, scenario)
    solution = solve(problem, EFFORT, progress=lambda _: None)
    plan = assemble(Answer(case, scenario, problem, pairs, solution))
    ids = [s.id for s in plan.document.stations if s.status == "new"]
    chosen = [ids[n] for n in np.linspace(0, len(ids) - 1, SWITCHED).astype(int)]
    pages = [render_map(plan, case, what_if=asked) for asked in (None, WhatIf(scenario, problem))]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        painted = [_painted(browser, page) for page in pages]
        first, others = _switched(browser, pages[1], chosen)
        browser.close()
    rows = [
        [f"page {name} what-if", f"{len(page.encode()) / 1e6:.2f} MB ({_packed(page):.2f})", seen]
        for name, page, seen in zip(("without", "with"), pages, painted, strict=True)
    ]
    middle, worst = median(others), quantiles(others, n=20)[-1]
    served = f"{len(problem.pair_zone):,} pairs, {len(problem.phases)} phases"
    return [
        "| page | file (gzip) | first picture |",
        "|---|--:|--:|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        f"| one change ({served}) | time |",
        "|---|--:|",
        f"| in the page, the first | {first:.0f} ms |",
        f"| in the page, median and 95 % of {len(others)} more | {middle:.0f}, {worst:.0f} ms |",
        f"| linear programs from scratch (CPU) | {_programs(problem, solution):.0f} ms |",
    ]


def _packed(page: str) -> float:
    return len(gzip.compress(page.encode())) / 1e6


def _painted(browser: Browser, html: str) -> str:
    """Return the median time until the first picture of three openings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(html, encoding="utf-8")
        times = []
        for _ in range(3):
            page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]})
            page.add_init_script(WATCH)
            page.goto(path.as_uri())
            page.wait_for_selector("html[data-painted]", state="attached")
            times.append(float(page.evaluate("document.documentElement.dataset.painted")))
            page.close()
    return f"{median(times) / 1000:.2f} s"


def _switched(browser: Browser, html: str, stations: list[str]) -> tuple[float, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]})
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        first, *others = [_switch(page, station) for station in stations]
        page.close()
    return first, others


def _switch(page: Page, station: str) -> float:
    page.fill("#search-box", station)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)  # a reader looks before the click
    page.click('#what-if [data-wi="off"]')
    return float(page.evaluate("document.documentElement.dataset.whatIfMs"))


def _programs(problem: Problem, solution: Solution) -> float:
    began = time.process_time()
    assign(problem, solution.type_at)
    return 1000 * (time.process_time() - began)
