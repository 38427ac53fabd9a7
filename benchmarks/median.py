"""Measure p-median and facility location against spopt and plain PuLP, in the same run.

Run ``python benchmarks/run.py median``, which writes the tables in ``benchmarks/README.md``. The
OR-Library's instances are looked for where the tests look for them; cities are made on the spot:
zones of log-normal weight around 25 hot spots, sites anywhere, straight distances, every pair.

Each answer is found in a process of its own, with a limit in seconds of the wall for the solver
and one in memory; a process that runs far beyond its limit is stopped. Times run from the distances
in memory to the answer, model building included; what it takes to make the distances does not
count. Peak memory is the process's, distances included. A peer's status is not what it says but
what its solver's bound proves; CBC through PuLP gives no bound, so that its answers count as proved
only where it ended before its limit.
"""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from siting.models.classical import Question, facility, p_median
from siting.models.classical.facility import state as facility_state
from siting.models.classical.p_median import state as p_median_state
from siting.models.effort import Effort
from tests.known_median import cap_optima, pmed_optima, read_cap, read_pmed
from tests.shared import shared_data

ROOT = Path(__file__).resolve().parents[1]
SEED = 1
MEMORY_GB = 14
"""Most address space of a process."""
PATIENCE = 2.0
"""A process may take this many times its solver's limit, and two minutes, in all."""
KNOWN_S = 60
"""Seconds for each solver on an instance with a published optimum."""
GAP = {"20000 x 5000, p=300": 0.005}
"""Gap asked for, where it is not 0."""
CITIES = {
    "500 x 500, p=50": 60,
    "2000 x 1000, p=100": 240,
    "20000 x 5000, p=300": 300,
}
"""Seconds for each solver."""
PEERS = ("spopt + HiGHS", "spopt + CBC", "PuLP + HiGHS", "PuLP + CBC")
PEERLESS = 20_000_000
"""Pairs from which no peer has a chance to hold its model in memory."""


@dataclass(frozen=True)
class Answer:
    """Hold what one process found and took."""

    objective: float
    bound: float
    """-inf where there is none."""
    proved: bool
    wall_s: float
    cpu_s: float
    peak_mb: float
    note: str = ""


def question_of(name: str) -> Question:
    """Return an instance by name: ``pmed3``, ``cap41`` or ``2000 x 1000, p=100``."""
    if name.startswith("pmed"):
        return read_pmed(shared_data() / "benchmarks" / "pmed" / f"{name}.txt")
    if name.startswith("cap"):
        return read_cap(shared_data() / "benchmarks" / "cap" / f"{name}.txt")
    zones, sites, most = (int(word) for word in name.replace("x", " ").replace(", p=", " ").split())
    rng = np.random.default_rng(SEED)
    spots = rng.random((25, 2)) * 40
    homes = spots[rng.integers(0, 25, zones)] + rng.normal(0, 3, (zones, 2))
    places = rng.random((sites, 2)) * 40
    distance = np.empty((zones, sites))
    for row, home in enumerate(homes):
        distance[row] = np.hypot(*(places - home).T)
    return Question(
        weight=np.round(rng.lognormal(3, 1, zones), 3),
        start=np.arange(zones + 1) * sites,
        site=np.tile(np.arange(sites, dtype=np.int32), zones),
        distance=distance.ravel(),
        sites=sites,
        most=most,
    )


def solve(name: str, solver: str, limit_s: float) -> Answer:
    """Return one solver's answer to one instance."""
    question = question_of(name)
    effort = Effort(gap=GAP.get(name, 0.0), time_limit_s=limit_s, seed=SEED, threads=2)
    wall, cpu = time.perf_counter(), time.process_time()
    if solver == "siting":
        ask = facility if name.startswith("cap") else p_median
        choice = ask(question, effort)
        found, bound = choice.objective, choice.bound
    elif solver.startswith("spopt"):
        found, bound = by_spopt(question, solver, limit_s)
    else:
        found, bound = by_pulp(question, solver, limit_s, located=name.startswith("cap"))
    taken = time.perf_counter() - wall
    spent = time.process_time() - cpu + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    peak = max(resource.getrusage(who).ru_maxrss for who in (0, resource.RUSAGE_CHILDREN)) / 1024
    proved = np.isfinite(found) and found - bound <= 1e-6 * abs(found)
    return Answer(found, bound, bool(proved), taken, spent, peak)


def by_spopt(question: Question, solver: str, limit_s: float) -> tuple[float, float]:
    """Return spopt's objective and bound."""
    locate = importlib.import_module("spopt.locate")
    table = question.distance.reshape(len(question.weight), question.sites)
    model = locate.PMedian.from_cost_matrix(table, question.weight, question.most)
    tool = solver_of(solver, limit_s)
    began = time.perf_counter()
    model.solve(tool, results=False)
    return outcome(model.problem, solver, time.perf_counter() - began < limit_s)


def by_pulp(
    question: Question, solver: str, limit_s: float, *, located: bool
) -> tuple[float, float]:
    """Return objective and bound of siting's own PuLP program, solved as it is."""
    statement = facility_state(question) if located else p_median_state(question)
    tool = solver_of(solver, limit_s)
    began = time.perf_counter()
    statement.lp.solve(tool)
    return outcome(statement.lp, solver, time.perf_counter() - began < limit_s)


def solver_of(solver: str, limit_s: float) -> Any:  # noqa: ANN401 - PuLP is untyped
    """Return PuLP's HiGHS or CBC with two threads."""
    import pulp  # noqa: PLC0415 - only a peer's process needs it

    kind = pulp.HiGHS if solver.endswith("HiGHS") else pulp.PULP_CBC_CMD
    return kind(msg=False, timeLimit=limit_s, threads=2, gapRel=0)


def outcome(lp: Any, solver: str, ended: bool) -> tuple[float, float]:  # noqa: ANN401, FBT001 - PuLP is untyped
    """Return a solved PuLP program's objective and the bound that its solver proves."""
    if solver.endswith("HiGHS"):
        info = lp.solverModel.getInfo()
        return float(info.objective_function_value), float(info.mip_dual_bound)
    found = float(lp.objective.value()) if lp.sol_status in {1, 2} else float("nan")
    return found, found if ended and lp.sol_status == 1 else -np.inf


def run(name: str, solver: str, limit_s: float) -> Answer:
    """Return the answer of a process of its own, which may have come to nothing."""
    command = [sys.executable, "-m", "benchmarks.median", name, solver, str(limit_s)]
    nothing = (np.nan, -np.inf, False, np.nan, np.nan, np.nan)
    try:
        done = subprocess.run(  # noqa: S603 - this very file
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE * limit_s + 120,
            check=False,
            cwd=ROOT,
            preexec_fn=limit_memory,
        )
    except subprocess.TimeoutExpired:
        return Answer(*nothing, note="stopped by the clock")
    if done.returncode:
        short = "MemoryError" in done.stderr or done.returncode < 0
        return Answer(*nothing, note="out of memory" if short else "failed")
    return Answer(**json.loads(done.stdout.splitlines()[-1]))


def limit_memory() -> None:
    """Give this process no more than its share of memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_GB << 30, MEMORY_GB << 30))


def table() -> list[str]:
    """Return the tables' lines."""
    return [*known("pmed"), "", *known("cap"), "", *cities()]


def known(kind: str) -> list[str]:
    """Return the table of instances with published optima."""
    folder = shared_data() / "benchmarks" / kind
    optima = pmed_optima(folder) if kind == "pmed" else cap_optima(folder)
    peer_name = "PuLP + HiGHS"
    lines = [
        f"| instance | published | siting | equal | proved | CPU s | {peer_name}, CPU s | ratio |",
        "|---|--:|--:|---|---|--:|--:|--:|",
    ]
    total = [0.0, 0.0]
    for name, optimum in optima.items():
        ours = run(name, "siting", KNOWN_S)
        peer = run(name, peer_name, KNOWN_S)
        total = [total[0] + ours.cpu_s, total[1] + ours.wall_s]
        equal = abs(ours.objective - optimum) <= 1e-6 * optimum
        slow = f"{peer.cpu_s:.1f}{'' if peer.proved else ' (not proved)'}" if not peer.note else "-"
        lines.append(
            f"| {name} | {optimum:,.2f} | {ours.objective:,.2f} | {_yes(equal)} | "
            f"{_yes(ours.proved)} | {ours.cpu_s:.2f} | {slow} | {_ratio(peer.cpu_s, ours.cpu_s)} |"
        )
    lines.append(f"| all | | | | | {total[0]:.1f} (wall {total[1]:.1f}) | | |")
    return lines


def cities() -> list[str]:
    """Return the table of made cities."""
    lines = [
        "| zones x sites | solver | objective | bound | gap | CPU s | wall s | MB | CPU x | MB x |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, limit_s in CITIES.items():
        ours = run(name, "siting", limit_s)
        lines.append(_city_line(name, "siting", ours, ours))
        zones, sites = (int(word) for word in name.partition(",")[0].split(" x "))
        peers = PEERS if zones * sites < PEERLESS else ()
        lines += [_city_line(name, peer, run(name, peer, limit_s), ours) for peer in peers]
    return lines


def _city_line(name: str, solver: str, answer: Answer, ours: Answer) -> str:
    if answer.note:
        return f"| {name} | {solver} | {answer.note} | | | | | | | |"
    if not np.isfinite(answer.objective):
        return f"| {name} | {solver} | nothing found | | | | | | | |"
    gap = (answer.objective - answer.bound) / abs(answer.objective)
    shown = "proved" if answer.proved else f"{gap:.2%}" if np.isfinite(gap) else "no bound"
    bound = f"{answer.bound:,.1f}" if np.isfinite(answer.bound) else "-"
    return (
        f"| {name} | {solver} | {answer.objective:,.1f} | {bound} | {shown} | {answer.cpu_s:.1f} | "
        f"{answer.wall_s:.1f} | {answer.peak_mb:,.0f} | {_ratio(answer.cpu_s, ours.cpu_s)} | "
        f"{_ratio(answer.peak_mb, ours.peak_mb)} |"
    )


def _yes(value: bool) -> str:  # noqa: FBT001 - a word for a flag
    return "yes" if value else "no"


def _ratio(theirs: float, ours: float) -> str:
    return f"{theirs / ours:,.1f}" if np.isfinite(theirs) else "-"


if __name__ == "__main__":
    print(json.dumps(asdict(solve(sys.argv[1], sys.argv[2], float(sys.argv[3])))))
