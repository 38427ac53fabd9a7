"""Simulate a day of a plan: siting beside plain simpy, one process a car on a Resource.

The peer is what a textbook writes: a generator a driver, a `simpy.Resource` a station, the nearest
station, an exponential session. Both meet the same drivers.
"""

from __future__ import annotations

import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import simpy

from siting.pipeline import load_city, make_plan
from siting.scenario_io import load_scenario, override
from siting.scenario_io.settings import load_settings
from siting.simulate.draws import draw
from siting.simulate.settings import FOLDER, Simulation
from siting.simulate.tally import CITY, counted
from siting.simulate.world import world_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from siting.simulate.draws import Drivers
    from siting.simulate.world import World

RUNS = 5
"""Of which the median is told."""


def peer(world: World, drivers: Drivers) -> list[float]:
    """Return the wait of every driver who reaches a station, by plain simpy."""
    env = simpy.Environment(initial_time=min(0.0, float(drivers.minute.min(initial=0.0))))
    stations = [simpy.Resource(env, capacity=int(guns)) for guns in world.guns]
    waits: list[float] = []

    def driver(place: int, start: float, drive: float, held: float) -> Generator[simpy.Event]:
        yield env.timeout(start - env.now + drive)
        came = env.now
        with stations[place].request() as gun:
            yield gun
            waits.append(env.now - came)
            yield env.timeout(held)

    def all_drivers() -> Generator[simpy.Event]:
        for minute, zone, held in zip(
            drivers.minute.tolist(), drivers.zone.tolist(), drivers.held_min.tolist(), strict=True
        ):
            if minute > env.now:
                yield env.timeout(minute - env.now)
            first, last = world.pair_first[zone], world.pair_first[zone + 1]
            if last > first:
                near = first + int(np.argmin(world.pair_minutes[first:last]))
                drive = float(world.pair_minutes[near])
                env.process(driver(int(world.pair_station[near]), env.now, drive, held))

    env.process(all_drivers())
    env.run()
    return waits


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that work takes, the median of some runs."""
    found = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return statistics.median(found)


def cells() -> list[tuple[str, Simulation, bool, bool]]:
    """Return what is timed: its name, settings, whether a week, whether by the peer."""
    day = load_settings(Simulation, "day", folder=FOLDER)
    own = load_settings(Simulation, "erlang", folder=FOLDER)
    return [
        ("plain simpy, nearest station, exponential", own, False, True),
        ("siting, choice by wait, exponential", own, False, False),
        ("siting, choice by wait, charging curve, shared power", day, False, False),
        ("the same, a week", day, True, False),
    ]


def table() -> list[str]:
    """Return the table, over the shipped city's ratio-2025."""
    scenario = load_scenario("ratio-2025")
    scenario = override(scenario, {"solve": {"gap": 0.02, "threads": 1}}, case=None)
    case = load_city(scenario.case, scenario)
    plan = make_plan(case, scenario)
    rows = [
        "| a replication | stations | drivers | CPU s | drivers a CPU s | peer = 1 | wait, min |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    base = 0.0
    for name, settings, week, is_peer in cells():
        world = world_of(plan, case, scenario, settings, week=week)
        drivers = draw(world, settings, 1, 0)
        job = (world, settings, 1, 0)
        work = partial(peer, world, drivers) if is_peer else partial(counted, job)
        each = seconds(work) / len(drivers.minute)
        base = base or each
        wait = statistics.fmean(peer(world, drivers)) if is_peer else _wait(job)
        rows.append(
            f"| {name} | {len(world.stations)} | {len(drivers.minute):,} | "
            f"{each * len(drivers.minute):.2f} | {1 / each:,.0f} | {each / base:.2f} | {wait:.2f} |"
        )
    return rows


def _wait(job: tuple[World, Simulation, int, int]) -> float:
    return float(dict(zip(CITY, counted(job).city.tolist(), strict=True))["wait_mean_min"])


if __name__ == "__main__":
    print("\n".join(table()))
