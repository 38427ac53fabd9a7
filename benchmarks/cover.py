"""Measure maximal covering against spopt and plain PuLP, on the same question in the same run.

Run ``python benchmarks/run.py cover``, which writes the table in ``benchmarks/README.md``; ``python
benchmarks/cover.py huge`` asks siting alone for a million demand points and 10,000 sites.

Every engine runs in a process of its own, cut off after WHOLE_S, its solver after SOLVER_S. What a
choice covers is counted anew from its open sites, and gaps are against the best bound that any
engine proved, so that none suffers from a weak bound of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import Question

    Flags = NDArray[np.bool_]
    Answer = tuple[Flags, float]

ROOT = Path(__file__).resolve().parents[1]
SIZES = ((2_000, 1_000, 100, 4.0), (5_000, 2_000, 200, 3.0), (20_000, 5_000, 300, 2.0))
"""Zones, sites, most open ones, and minutes within reach."""
HUGE = (1_000_000, 10_000, 300, 2.0)
SOLVER_S, WHOLE_S = 60.0, 240.0
THREADS = 2
SPOPT = "spopt + HiGHS"


@dataclass(frozen=True)
class Run:
    """Hold what one engine did with one question."""

    engine: str
    build_s: float
    """From the question to the solver's start; all of siting's preparation is in ``solve_s``."""
    solve_s: float
    cpu_s: float
    covered: float
    bound: float
    peak_mb: float
    """Of the whole process, the question included."""


def by_siting(gap: float) -> Callable[[Question], tuple[float, Callable[[], Answer]]]:
    """Return an engine: siting to a gap."""

    def prepare(question: Question) -> tuple[float, Callable[[], Answer]]:
        from siting.models.classical.max_cover import arrays, max_cover  # noqa: PLC0415
        from siting.models.effort import Effort  # noqa: PLC0415

        begin = time.perf_counter()
        arrays(question)
        build_s = time.perf_counter() - begin

        def solve() -> Answer:
            found = max_cover(question, Effort(gap, SOLVER_S, 1, THREADS), progress=lambda _: None)
            return found.opened, found.bound

        return build_s, solve

    return prepare


def by_pulp(solver: str) -> Callable[[Question], tuple[float, Callable[[], Answer]]]:
    """Return an engine: the same program in PuLP, handed to a solver whole."""

    def prepare(question: Question) -> tuple[float, Callable[[], Answer]]:
        import pulp  # noqa: PLC0415

        from siting.models.classical.max_cover import state  # noqa: PLC0415

        begin = time.perf_counter()
        statement = state(question)
        build_s = time.perf_counter() - begin

        def solve() -> Answer:
            options = {"msg": False, "timeLimit": SOLVER_S, "threads": THREADS}
            statement.lp.solve(pulp.getSolver(solver, **options))
            ys = statement.columns[: question.sites]
            opened = np.array([(y.value() or 0.0) > 0.5 for y in ys])  # noqa: PLR2004 - a binary
            return opened, _bound(statement.lp)

        return build_s, solve

    return prepare


def by_spopt(question: Question) -> tuple[float, Callable[[], Answer]]:
    """Return spopt's maximal covering, and HiGHS as its solver."""
    import pulp  # noqa: PLC0415
    from spopt.locate import MCLP  # noqa: PLC0415

    begin = time.perf_counter()
    radius = float(question.distance.max())
    table = np.full((len(question.weight), question.sites), 2 * radius + 1)
    table[question.zone, question.site] = question.distance
    model = MCLP.from_cost_matrix(table, question.weight, radius, question.most)
    build_s = time.perf_counter() - begin

    def solve() -> Answer:
        model.solve(pulp.HiGHS(msg=False, timeLimit=SOLVER_S, threads=THREADS), results=False)
        opened = np.array([(y.value() or 0.0) > 0.5 for y in model.fac_vars])  # noqa: PLR2004
        return opened, _bound(model.problem)

    return build_s, solve


def _bound(problem: object) -> float:
    """Return HiGHS's proven bound; CBC tells PuLP none."""
    solver = vars(problem).get("solverModel")
    if solver is None or not hasattr(solver, "getInfo"):
        return np.inf
    return abs(float(solver.getInfo().mip_dual_bound))


ENGINES: dict[str, Callable[[Question], tuple[float, Callable[[], Answer]]]] = {
    "siting to 0.5 %": by_siting(0.005),
    "siting to 0.1 %": by_siting(0.001),
    "PuLP + HiGHS": by_pulp("HiGHS"),
    "PuLP + CBC": by_pulp("PULP_CBC_CMD"),
    SPOPT: by_spopt,
}


def alone(engine: str, size: tuple[int, int, int, float]) -> Run:
    """Make a question and let one engine answer it, in this process."""
    from siting.bench.alone import cpu_s, peak_mb  # noqa: PLC0415
    from siting.bench.coverage import road_question  # noqa: PLC0415

    zones, sites, most, minutes = size
    question = road_question(zones, sites, most, minutes=minutes)
    cpu = cpu_s()
    build_s, solve = ENGINES[engine](question)
    begin = time.perf_counter()
    opened, bound = solve()
    solve_s = time.perf_counter() - begin
    near = np.add.reduceat(opened[question.site], question.start[:-1][np.diff(question.start) > 0])
    reached = np.flatnonzero(np.diff(question.start))[near > 0]
    covered = float(question.weight[reached].sum())
    return Run(engine, build_s, solve_s, cpu_s() - cpu, covered, bound, peak_mb())


def one(engine: str, size: tuple[int, int, int, float]) -> Run | None:
    """Run one engine in a process of its own; None if it was cut off."""
    command = [sys.executable, str(Path(__file__)), engine, json.dumps(size)]
    try:
        done = subprocess.run(  # noqa: S603 - our own file
            command, check=True, capture_output=True, text=True, timeout=WHOLE_S
        )
    except subprocess.TimeoutExpired:
        print(f"{engine} was cut off after {WHOLE_S:g} s", flush=True)
        return None
    run = Run(**json.loads(done.stdout.splitlines()[-1]))
    print(run, flush=True)
    return run


def measure(size: tuple[int, int, int, float]) -> list[Run]:
    """Run every engine; those cut off are left out."""
    engines = (name for name in ENGINES if name != SPOPT or find_spec("spopt") is not None)
    runs = [one(engine, size) for engine in engines]
    return [run for run in runs if run is not None]


def table() -> list[str]:
    """Measure every size; return the lines of the table."""
    names = (
        "question, engine, build, solve, CPU, peak memory, covered, own bound, gap, time : siting"
    )
    cells = names.split(", ")
    lines = [f"| {' | '.join(cells)} |", f"|---|---|{'--:|' * (len(cells) - 2)}"]
    for size in SIZES:
        runs = measure(size)
        bound = min(run.bound for run in runs)
        ours = next(run for run in runs if run.engine.startswith("siting"))
        title = f"{size[0]:,} x {size[1]:,}, p = {size[2]}"
        lines += [_line(title, run, bound, ours) for run in runs]
        cut = [engine for engine in ENGINES if engine not in {run.engine for run in runs}]
        lines += [f"| {title} | {engine} | cut off |{' |' * 7}" for engine in cut]
    return lines


def _line(title: str, run: Run, bound: float, ours: Run) -> str:
    spent, whole = run.build_s + run.solve_s, ours.build_s + ours.solve_s
    gap = f"{max(bound - run.covered, 0.0) / run.covered:.2%}" if run.covered else "-"
    own = f"{run.bound:,.0f}" if np.isfinite(run.bound) else "-"
    return (
        f"| {title} | {run.engine} | {run.build_s:.2f} s | {run.solve_s:.1f} s | {run.cpu_s:.1f} s "
        f"| {run.peak_mb:,.0f} MB | {run.covered:,.0f} | {own} | {gap} | {spent / whole:.1f} |"
    )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:] == ["huge"]:
        SOLVER_S = 600.0
        print(json.dumps(asdict(alone("siting to 0.5 %", HUGE))))
    else:
        asked_size = json.loads(sys.argv[2])
        print(json.dumps(asdict(alone(sys.argv[1], tuple(asked_size)))))
