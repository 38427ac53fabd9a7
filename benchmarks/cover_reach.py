"""Measure maximal covering at several reaches: siting alone, 20,000 zones, 5,000 sites, p = 300.

Run ``python benchmarks/run.py cover_reach``. Each line is two runs of ``benchmarks/cover.py``'s
engines, each in a process of its own: to 0.5 %, and to 0.1 % within 60 s.
"""

from __future__ import annotations

from benchmarks.cover import Run, one

REACHES = (1.5, 2.0, 2.5, 3.0, 4.0)
"""Minutes."""
ENGINES = ("siting to 0.5 %", "siting to 0.1 %")


def table() -> list[str]:
    """Measure every reach; return the lines of the table."""
    lines = ["| reach | build | to 0.5 %: wall | CPU | gap | to 0.1 %: wall | CPU | gap | MB |"]
    lines.append("|---|" + "--:|" * 8)
    for minutes in REACHES:
        runs = [one(engine, (20_000, 5_000, 300, minutes)) for engine in ENGINES]
        told = [run for run in runs if run is not None]
        most = max((run.peak_mb for run in told), default=0.0)
        build = max((run.build_s for run in told), default=0.0)
        cells = " | ".join(_cells(run) for run in runs)
        lines.append(f"| {minutes:g} min | {build:.2f} s | {cells} | {most:,.0f} |")
    return lines


def _cells(run: Run | None) -> str:
    if run is None:
        return "cut off | - | -"
    gap = max(run.bound - run.covered, 0.0) / run.covered
    return f"{run.solve_s:.1f} s | {run.cpu_s:.1f} s | {gap:.2%}"
