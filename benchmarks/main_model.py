"""Measure the main model: siting beside HiGHS alone, CBC alone and greedy, and how it grows.

``python benchmarks/run.py main_model`` writes the tables into ``benchmarks/README.md`` and the plot
of the gap against time beside it. Every way solves the same question in a process of its own, one
after another, with as long a limit. Each gap is of what a way found against the best bound that any
of them proved, so that a weak bound of its own does not count against a good plan.

Each answer is kept in a folder as soon as it is there (``SITING_BENCH_KEPT``, by default under the
temporary folder), so a run that was stopped goes on where it was, and one question can be asked at
a time: ``python -m benchmarks.main_model`` lists the pieces, ``python -m benchmarks.main_model
NUMBER...`` answers some of them (``--anew``: also those that are kept). A piece that fails is told
in the table with its reason.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.svg import chart
from siting.data.synth import generate_case

ROOT = Path(__file__).resolve().parents[1]
PLOT = Path(__file__).with_name("main_model.svg")
WAYS = ("siting", "HiGHS alone", "CBC alone", "greedy")
QUESTIONS = {
    "capacity binds": ("capacity:1:1:2700:1500:300", 60),
    "reach binds": ("reach:1:1:2700:1500:300", 60),
    "capacity binds, three phases": ("capacity:1:3:2700:1500:300", 60),
    "stylised city, ratio-2025": ("ratio-2025", 60),
}
"""What each question is called -> the question, and seconds."""
ENDLESS = 1e20
"""What solvers call infinite."""
PLOTTED = "reach binds"
SCALES = {1: 150, 3: 200, 10: 270}
"""Times the stylised city, and seconds."""
GROWTH_GAP = 0.02
PATIENCE_S = 400
"""Seconds past its limit after which a way is ended: it has to state the model, and to answer."""


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


@dataclass(frozen=True)
class Piece:
    """Hold one question for one way: a few minutes of a run."""

    name: str
    """What the table calls the question."""
    way: str
    question: str
    seconds: int
    gap: float = 0.003

    @property
    def kept(self) -> Path:
        """Where its answer is kept."""
        parts = (self.way, self.question, f"{self.seconds:g}", f"{self.gap:g}")
        name = "_".join("".join(c if c.isalnum() else "-" for c in part) for part in parts)
        return kept_folder() / engine() / f"{name}.json"


def kept_folder() -> Path:
    """Return the folder that keeps what was measured."""
    return Path(
        os.environ.get("SITING_BENCH_KEPT") or Path(tempfile.gettempdir()) / "siting-main-model"
    )


def engine() -> str:
    """Return a mark of the engine's own code: what another one found is not mixed in."""
    sources = sorted((ROOT / "siting" / "models").rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def pieces() -> list[Piece]:
    """Return everything that is measured, in order."""
    asked = [
        Piece(name, way, question, seconds)
        for name, (question, seconds) in QUESTIONS.items()
        for way in WAYS
    ]
    return asked + [
        Piece(f"x{scale}", "siting", f"ratio-2025@x{scale}@{scale}", seconds, GROWTH_GAP)
        for scale, seconds in SCALES.items()
    ]


def answer(piece: Piece, *, anew: bool = False) -> Answer | str:
    """Return what a way found, kept or measured now; or why it found nothing."""
    if anew or not piece.kept.exists():
        found = _measured(piece)
        piece.kept.parent.mkdir(parents=True, exist_ok=True)
        part = piece.kept.with_suffix(".part")
        part.write_text(json.dumps(found if isinstance(found, str) else asdict(found)))
        part.replace(piece.kept)
    kept = json.loads(piece.kept.read_text())
    return kept if isinstance(kept, str) else Answer(**kept)


def _measured(piece: Piece) -> Answer | str:
    """Solve a question one way, in a process of its own."""
    question = piece.question
    if "@x" in question:
        scenario, city, times = question.split("@")
        folder = kept_folder() / city
        if not (folder / "case.toml").exists():
            generate_case(ROOT / "data" / "shenzhen", folder, scale=int(times))
        question = f"{scenario}@{folder}@{times}"
    command = [sys.executable, "-m", "benchmarks.main_peers", piece.way, question]
    try:
        done = subprocess.run(  # noqa: S603 - this script itself
            [*command, str(piece.seconds), str(piece.gap)],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
            timeout=piece.seconds + PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return f"ended {PATIENCE_S} s past its limit of {piece.seconds} s"
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return lines[-1] if lines else f"ended with code {done.returncode}"
    found = json.loads(done.stdout.splitlines()[-1])
    return Answer(piece.way, found["trace"], found["cpu_s"], found["memory_mb"], found)


def best_bound(answers: list[Answer]) -> float | None:
    """Return the tightest bound that any of them proved."""
    bounds = [row[2] for item in answers for row in item.trace if row[2] is not None]
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
    for name, (_, seconds) in QUESTIONS.items():
        asked = [piece for piece in pieces() if piece.name == name]
        found = [(piece.way, answer(piece)) for piece in asked]
        answers = [item for _, item in found if isinstance(item, Answer)]
        bound = best_bound(answers)
        lines += [
            f"| {name}, {seconds} s | | | {way} | | | {item} | | |"
            if isinstance(item, str)
            else _line(f"{name}, {seconds} s", item, bound)
            for way, item in found
        ]
        if name == PLOTTED and answers:
            PLOT.write_text(plot(answers, bound), encoding="utf-8")
    return [*lines, "", *growth()]


def _line(name: str, found: Answer, bound: float | None) -> str:
    gap = gap_of(found.objective, bound)
    size = " x ".join(f"{n:,}" for n in found.document["size"])
    worth = "none" if gap is None else f"{found.objective:,.0f}"
    told = "-" if gap is None else f"{gap:.2%}"
    return (
        f"| {name} | {size} | {found.document['pairs']:,} | {found.way} | {found.seconds:.0f} | "
        f"{found.cpu_s:.0f} | {worth} | {told} | {found.memory_mb:,.0f} |"
    )


def plot(answers: list[Answer], bound: float | None) -> str:
    """Return the plot of the gap against time."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for item in answers:
        steps: list[tuple[float, float]] = []
        for seconds, objective, _ in item.trace:
            gap = gap_of(objective, bound)
            if gap is not None and seconds and (not steps or 100 * gap < steps[-1][1]):
                steps.append((seconds, max(100 * gap, 1e-3)))
        lines[item.way] = steps
    title = f"{PLOTTED}: 2,700 zones, 1,500 sites, three sizes"
    return chart(title, lines, x="seconds", y="gap to the best bound, %")


def growth() -> list[str]:
    """Return the table of time and memory at several sizes of the stylised city."""
    lines = [
        f"Growth, `ratio-2025` to a gap of {GROWTH_GAP:.0%}, within the limit; money and demand",
        "grow with the city. Exponents are of pairs, from the size before. MB before: the city.",
        "",
        "| stylised city, limit | pairs | s | CPU s | exponent | gap | MB | exponent | MB before |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    before: Answer | None = None
    for piece in pieces():
        if "@x" not in piece.question:
            continue
        name, found = f"{piece.name}, {piece.seconds} s", answer(piece)
        if isinstance(found, str):
            lines.append(f"| {name} | | | | | {found} | | | |")
            continue
        lines.append(_growth_line(name, found, before))
        before = found
    return lines


def _growth_line(name: str, found: Answer, before: Answer | None) -> str:
    gap = gap_of(found.objective, found.trace[-1][2])
    exponents = ["-", "-"]
    if before is not None:
        more = math.log(found.document["pairs"] / before.document["pairs"])
        pairs = ((found.cpu_s, before.cpu_s), (found.memory_mb, before.memory_mb))
        exponents = [f"{math.log(now / then) / more:.2f}" for now, then in pairs]
    told = "-" if gap is None else f"{gap:.2%}"
    return (
        f"| {name} | {found.document['pairs']:,} | {found.seconds:.0f} | {found.cpu_s:.0f} | "
        f"{exponents[0]} | {told} | {found.memory_mb:,.0f} | {exponents[1]} | "
        f"{found.document['before_mb']:,.0f} |"
    )


def main(numbers: list[str]) -> None:
    """List the pieces, or answer some of them."""
    anew = "--anew" in numbers
    asked = {int(number) for number in numbers if number != "--anew"}
    for number, piece in enumerate(pieces(), start=1):
        if number in asked:
            found = answer(piece, anew=anew)
            kept = (
                found if isinstance(found, str) else f"{found.objective} in {found.seconds:.1f} s"
            )
        else:
            kept = "kept" if piece.kept.exists() else f"to do, up to {piece.seconds} s"
        print(f"{number:3} {piece.name}, {piece.way}: {kept}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
