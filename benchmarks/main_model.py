"""Solve the shipped question by siting's search and by HiGHS alone, in one run, and compare.

    python benchmarks/main_model.py [scenario] [seconds]

Both get the same statement, threads and time limit. The gap of each is measured against the better
of the two proven bounds, so that neither suffers from a weak bound of its own.
"""

from __future__ import annotations

import math
import sys
import time

from siting.data.build import build_problem
from siting.data.load import case_folder, load_case
from siting.models.effort import Effort
from siting.models.highs import Highs, to_arrays, version
from siting.models.layout import Layout
from siting.models.search import Search
from siting.models.statement import state
from siting.scenario_io import load_scenario


def main(scenario_name: str = "ratio-2025", seconds: str = "90") -> None:
    """Print a Markdown table of both runs."""
    scenario = load_scenario(scenario_name)
    case = load_case(case_folder(scenario.case))
    problem = build_problem(case, scenario).problem
    limit_s, threads = float(seconds), scenario.solve.threads
    started = time.perf_counter()
    statement = state(problem)
    arrays = to_arrays(statement)
    stated_s = time.perf_counter() - started
    layout = Layout.of(problem, statement, arrays)
    print(
        f"{scenario_name} on {case.title}: {len(arrays.cost):,} columns, "
        f"{len(arrays.row_lower):,} rows, stated in {stated_s:.1f} s; {version()}, "
        f"{threads} threads\n"
    )
    effort = Effort(scenario.solve.gap, limit_s, scenario.solve.seed, threads)
    started = time.perf_counter()
    found = Search(arrays, layout, effort, lambda _: None).run()
    ours_s = time.perf_counter() - started
    started = time.perf_counter()
    alone = Highs(arrays, threads=threads, seed=effort.seed).run(
        time_limit_s=limit_s, gap=effort.gap
    )
    alone_s = time.perf_counter() - started
    best = (min if arrays.maximise else max)(found.bound, alone.bound)
    rows = [
        ("siting", ours_s, float(arrays.cost @ found.values), found.bound),
        ("HiGHS alone", alone_s, alone.objective, alone.bound),
    ]
    print("| solver | s | objective | own bound | gap to the better bound |\n|---|---|---|---|---|")
    for name, took_s, objective, bound in rows:
        gap = abs(best - objective) / max(abs(objective), 1e-9)
        found_text = "none found | " if math.isnan(objective) else f"{objective:,.0f} | "
        gap_text = "-" if math.isnan(gap) else f"{gap:.2%}"
        print(f"| {name} | {took_s:.1f} | {found_text}{bound:,.0f} | {gap_text} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
