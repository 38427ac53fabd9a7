"""Measure the main model: siting beside HiGHS alone, CBC alone and greedy, and how it grows.

``python benchmarks/run.py main_model`` writes the tables into ``benchmarks/README.md`` and the plot
of the gap against time beside it. Every way solves the same question in a process of its own, one
after another in one run, with as long a limit. Each gap is of what a way found against the best
bound that any of them proved, so that a weak bound of its own does not count against a good plan.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.svg import chart
from siting.data.synth import generate_case

ROOT = Path(__file__).resolve().parents[1]
PLOT = Path(__file__).with_name("main_model.svg")
WAYS = ("siting", "HiGHS alone", "CBC alone", "greedy")
QUESTIONS = {
    "capacity binds": ("capacity:1:1:2700:1500:300", 40),
    "reach binds": ("reach:1:1:2700:1500:300", 45),
    "capacity binds, three phases": ("capacity:1:3:2700:1500:300", 50),
    "stylised city, ratio-2025": ("ratio-2025", 45),
}
"""What each question is called -> the question, and seconds."""
ENDLESS = 1e20
"""What solvers call infinite."""
PLOTTED = "capacity binds"
SCALES = (1, 3, 10)
GROWTH_GAP, GROWTH_SECONDS = 0.02, 150


@dataclass(frozen=True)
class Answer:
    """Hold what one way found of one question."""

    way: str
    trace: list[list[float | None]]
    """Seconds, objective and bound."""
    cpu_s: float
    memory_mb: float
    document: dict[str, Any]

    @property
    def objective(self) -> float | None:
        """What was found, or None."""
        return self.trace[-1][1]

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.trace[-1][0] or 0.0


def ask(way: str, question: str, seconds: float, *, gap: float = 0.003) -> Answer:
    """Solve a question one way, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.main_peers", way, question]
    done = subprocess.run(  # noqa: S603 - this script itself
        [*command, str(seconds), str(gap)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return Answer(way, found["trace"], found["cpu_s"], found["memory_mb"], found)


def best_bound(answers: list[Answer]) -> float | None:
    """Return the tightest bound that any of them proved."""
    bounds = [row[2] for answer in answers for row in answer.trace if row[2] is not None]
    bounds = [bound for bound in bounds if abs(bound) < ENDLESS]
    if not bounds:
        return None
    return min(bounds) if answers[0].document["maximise"] else max(bounds)


def gap_of(objective: float | None, bound: float | None) -> float | None:
    """Return |bound - objective| / |objective|, or None where there is no plan or no bound."""
    if objective is None or bound is None or abs(objective) > ENDLESS or not objective:
        return None
    return abs(bound - objective) / abs(objective)


def table() -> list[str]:
    """Return the lines of both tables, and draw the plot."""
    lines = [
        "| question, limit | zones x sites x phases | pairs | way | s | CPU s | found | gap | MB |",
        "|---|---|--:|---|--:|--:|--:|--:|--:|",
    ]
    for name, (question, seconds) in QUESTIONS.items():
        answers = [ask(way, question, seconds) for way in WAYS]
        bound = best_bound(answers)
        lines += [_line(f"{name}, {seconds} s", answer, bound) for answer in answers]
        if name == PLOTTED:
            PLOT.write_text(plot(answers, bound), encoding="utf-8")
    return [*lines, "", *growth()]


def _line(name: str, answer: Answer, bound: float | None) -> str:
    gap = gap_of(answer.objective, bound)
    size = " x ".join(f"{n:,}" for n in answer.document["size"])
    found = "none" if gap is None else f"{answer.objective:,.0f}"
    told = "-" if gap is None else f"{gap:.2%}"
    return (
        f"| {name} | {size} | {answer.document['pairs']:,} | {answer.way} | {answer.seconds:.0f} | "
        f"{answer.cpu_s:.0f} | {found} | {told} | {answer.memory_mb:,.0f} |"
    )


def plot(answers: list[Answer], bound: float | None) -> str:
    """Return the plot of the gap against time."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for answer in answers:
        steps: list[tuple[float, float]] = []
        for seconds, objective, _ in answer.trace:
            gap = gap_of(objective, bound)
            if gap is not None and seconds and (not steps or 100 * gap < steps[-1][1]):
                steps.append((seconds, max(100 * gap, 1e-3)))
        lines[answer.way] = steps
    title = f"{PLOTTED}: 2,700 zones, 1,500 sites, three sizes"
    return chart(title, lines, x="seconds", y="gap to the best bound, %")


def growth() -> list[str]:
    """Return the table of time and memory at several sizes of the stylised city."""
    rows, failed = [], []
    with tempfile.TemporaryDirectory() as folder:
        for scale in SCALES:
            city = Path(folder) / f"x{scale}"
            generate_case(ROOT / "data" / "shenzhen", city, scale=scale)
            asked = f"ratio-2025@{city}@{scale}"
            try:
                rows.append((scale, ask("siting", asked, GROWTH_SECONDS, gap=GROWTH_GAP)))
            except subprocess.CalledProcessError as error:
                failed.append(f"x{scale} gave no plan: {error.stderr.splitlines()[-1]}")
    lines = [
        f"Growth, `ratio-2025` to a gap of {GROWTH_GAP:.0%}, at most {GROWTH_SECONDS} s; money and",
        "demand grow with the city. The exponent is of pairs, from the size before.",
        "",
        "| stylised city | pairs | s | CPU s | exponent | gap | MB | exponent |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    before: Answer | None = None
    for scale, answer in rows:
        gap = gap_of(answer.objective, answer.trace[-1][2])
        exponents = ["-", "-"]
        if before is not None:
            more = math.log(answer.document["pairs"] / before.document["pairs"])
            pairs = ((answer.cpu_s, before.cpu_s), (answer.memory_mb, before.memory_mb))
            exponents = [f"{math.log(now / then) / more:.2f}" for now, then in pairs]
        told = "-" if gap is None else f"{gap:.2%}"
        lines.append(
            f"| x{scale} | {answer.document['pairs']:,} | {answer.seconds:.0f} | "
            f"{answer.cpu_s:.0f} | {exponents[0]} | {told} | {answer.memory_mb:,.0f} | "
            f"{exponents[1]} |"
        )
        before = answer
    return [*lines, "", *failed] if failed else lines
