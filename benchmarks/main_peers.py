"""Solve one question one way, and tell how the gap fell: siting, HiGHS alone, CBC alone, greedy.

``python -m benchmarks.main_peers WAY QUESTION SECONDS`` prints one JSON document; every way runs in
a process of its own, so that its memory is its own. All get the same program and two cores at most.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.bench.networks import instance
from siting.data.build import build_problem
from siting.data.problem import NONE
from siting.models.arrays import arrays_of
from siting.models.assign import assign
from siting.models.effort import Effort
from siting.models.highs import Highs
from siting.models.solution import objective_of
from siting.models.solve import solve
from siting.models.statement import state
from siting.pipeline import load_city
from siting.scenario_io import load_scenario, override

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.bench.networks import Binds
    from siting.data.problem import Problem

    Trace = list[tuple[float, float, float]]

GAP = 0.003
SEED = 1
THREADS = 2
_TOLD = re.compile(r"best ([-\d,.]+), bound ([-\d,.]+), gap")


def question(name: str) -> Problem:
    """Return a question by name: ``capacity:SEED:PHASES:ZONES:SITES:STATIONS``, or a scenario.

    ``SCENARIO@FOLDER@TIMES`` is a scenario on another city, with as many times the money and need.
    """
    binds, *numbers = name.split(":")
    if numbers:
        seed, phases, zones, sites, stations = (int(number) for number in numbers)
        kind: Binds = "capacity" if binds == "capacity" else "reach"
        return instance(kind, seed, phases=phases, zones=zones, sites=sites, stations=stations)
    scenario_name, *city = name.split("@")
    scenario = load_scenario(scenario_name)
    if city:
        scenario = override(scenario, {}, case=city[0])
    problem = build_problem(load_city(scenario.case, scenario), scenario).problem
    times = float(city[1]) if city else 1.0
    money, demand = times * problem.budget_cny, times * problem.demand_kwh
    return replace(problem, budget_cny=money, demand_kwh=demand)


def by_siting(problem: Problem, seconds: float, gap: float = GAP) -> Trace:
    """Run siting's search, to its gap or to the end of the time."""
    trace: Trace = []
    started = time.monotonic()

    def tell(text: str) -> None:
        found = _TOLD.match(text)
        if found:
            best, bound = (float(item.replace(",", "")) for item in found.groups())
            trace.append((time.monotonic() - started, best, bound))

    effort = Effort(gap, seconds, SEED, THREADS)
    proof = solve(problem, effort, progress=tell).certificate
    return [*trace, (time.monotonic() - started, proof.objective, proof.bound)]


def by_highs(problem: Problem, seconds: float) -> Trace:
    """Give HiGHS the same arrays."""
    trace: Trace = []
    started = time.monotonic()
    highs = Highs(arrays_of(problem), threads=THREADS, seed=SEED)

    def tell(event: Any) -> None:  # noqa: ANN401 - highspy is untyped
        data = event.data_out
        trace.append((time.monotonic() - started, data.mip_primal_bound, data.mip_dual_bound))

    highs.on_progress(tell)
    run = highs.run(time_limit_s=seconds, gap=GAP)
    return [*trace, (time.monotonic() - started, run.objective, run.bound)]


def by_cbc(problem: Problem, seconds: float) -> Trace:
    """Give CBC the same program through PuLP; what it tells of bounds is not used."""
    import pulp  # noqa: PLC0415 - only here

    started = time.monotonic()
    statement = state(problem)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "cbc.log"
        solver = pulp.COIN_CMD(
            path=pulp.PULP_CBC_CMD.pulp_cbc_path,
            msg=False,
            timeLimit=seconds,
            gapRel=GAP,
            threads=THREADS,
            logPath=str(log),
        )
        statement.lp.solve(solver)
        text = log.read_text(encoding="utf-8")
    took = time.monotonic() - started
    nothing = float("nan")
    found = "No feasible solution found" not in text and "Objective value:" in text
    value = statement.lp.objective.value() if found else None
    return [(took, nothing if value is None else float(value), nothing)]


def by_greedy(problem: Problem, seconds: float) -> Trace:  # noqa: ARG001 - as the others
    """Build, again and again, what serves most unmet demand for its money and breaks no limit."""
    started = time.monotonic()
    p, rows = problem, []
    held = p.initial.copy()
    for t in range(len(p.phases)):
        held = _greedy_phase(p, t, held)
        rows.append(held)
    type_at = np.array(rows)
    worth = objective_of(p, type_at, assign(p, type_at))
    return [(time.monotonic() - started, worth, float("nan"))]


def _greedy_phase(p: Problem, t: int, before: np.ndarray) -> np.ndarray:
    held, left = before.copy(), p.demand_kwh[t].copy()
    order = np.argsort(p.pair_site, kind="stable")
    ends = np.searchsorted(p.pair_site[order], np.arange(len(p.sites) + 1))
    zones = [p.pair_zone[order[ends[j] : ends[j + 1]]] for j in range(len(p.sites))]
    close = [p.conflicts[(p.conflicts == j).any(axis=1)].ravel() for j in range(len(p.sites))]
    money = p.budget_cny[t]
    room = p.headroom_kw[t].copy()
    for j in np.flatnonzero(held != NONE):
        money, left = money - p.state_cost_cny[j, held[j]], _served(p, left, zones[j], held[j])
        if p.site_substation[j] != NONE:
            room[p.site_substation[j]] -= p.load_kw[held[j]]
    opened = int((held != NONE).sum())
    while p.max_stations[t] == NONE or opened < p.max_stations[t]:
        unmet = np.array([left[zone].sum() for zone in zones])
        gain = np.minimum(unmet[:, None], p.capacity_kwh) / p.state_cost_cny
        shut = ~p.allowed | (held != NONE)[:, None] | (p.state_cost_cny > money)
        feeder = np.where(p.site_substation == NONE, 0, p.site_substation)
        shut |= (
            p.load_kw[None, :] > np.where(p.site_substation == NONE, np.inf, room[feeder])[:, None]
        )
        blocked = np.array([bool(len(near)) and (held[near] != NONE).any() for near in close])
        gain = np.where(shut | blocked[:, None], -1.0, gain)
        j, k = np.unravel_index(int(gain.argmax()), gain.shape)
        if gain[j, k] <= 0:
            break
        held[j], opened, money = k, opened + 1, money - p.state_cost_cny[j, k]
        left = _served(p, left, zones[j], int(k))
        if p.site_substation[j] != NONE:
            room[p.site_substation[j]] -= p.load_kw[k]
    return held


def _served(p: Problem, left: np.ndarray, zone: np.ndarray, kind: int) -> np.ndarray:
    """Return what is left unserved when a station takes its demand evenly."""
    within = left[zone].sum()
    left = left.copy()
    left[zone] *= 1.0 - min(1.0, float(p.capacity_kwh[kind]) / max(float(within), 1e-9))
    return left


WAYS: dict[str, Callable[[Problem, float], Trace]] = {
    "siting": by_siting,
    "HiGHS alone": by_highs,
    "CBC alone": by_cbc,
    "greedy": by_greedy,
}


def main(way: str, name: str, seconds: str, gap: str = str(GAP)) -> None:
    """Print what one way found, as JSON."""
    problem = question(name)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu = time.process_time()
    if way == "siting":
        trace = by_siting(problem, float(seconds), float(gap))
    else:
        trace = WAYS[way](problem, float(seconds))
    document = {
        "trace": [[None if not np.isfinite(v) else float(v) for v in row] for row in trace],
        "cpu_s": time.process_time() - cpu,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "before_mb": used / 1e3,
        "pairs": len(problem.pair_zone),
        "size": [len(problem.zones), len(problem.sites), len(problem.phases)],
        "maximise": problem.objective in {"served", "covered"},
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main(*sys.argv[1:])
