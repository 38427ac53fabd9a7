"""Run one replication: drivers look, drive, wait, charge and leave, on simpy's clock.

Simpy orders all events. Drivers are callbacks on its timeouts rather than one process each: a
generator a driver costs as much as all that is done here (`benchmarks/simulate.py`).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import simpy

from siting.simulate.curve import steps
from siting.simulate.draws import MINUTES, draw
from siting.simulate.station import Station, Visit, kit

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from siting.simulate.draws import Drivers
    from siting.simulate.settings import Choice, Simulation
    from siting.simulate.world import World

    Floats = NDArray[np.float64]

OUT_OF_REACH = -1
TURNED_AWAY = -2
"""All within reach would take too long to wait for: did not set out."""


@dataclass(frozen=True, eq=False)
class Log:
    """Hold what became of N drivers, by the moment they wanted to charge."""

    minute: Floats
    """(N,) when they wanted to charge."""
    zone: NDArray[np.int64]
    kwh: Floats
    station: NDArray[np.int64]
    """(N,) where they went; OUT_OF_REACH or TURNED_AWAY."""
    arrived: Floats
    """(N,) minute; nan for who did not go."""
    begun: Floats
    """(N,) minute a gun was taken; nan for who drove off."""
    ended: Floats
    """(N,) minute it was given back."""
    short_min: Floats
    """(S,) minutes for which the pool gave less than was asked for, warm-up included."""


class Replication:
    """Simulate one replication of a world.

    Parameters
    ----------
    world
        The plan.
    settings
        How drivers behave.
    drivers
        Who comes.
    """

    def __init__(self, world: World, settings: Simulation, drivers: Drivers) -> None:
        self.choice = settings.choice
        self.drivers = drivers
        start = -settings.warmup_hours * MINUTES
        self.env = simpy.Environment(initial_time=start)
        count = len(drivers.minute)
        curve = steps(settings.charging.taper)
        self.kit = kit(self.env, settings, curve, world.occupation_min, count)
        self.stations = [
            Station(self.kit, *size)
            for size in zip(world.super_guns, world.fast_guns, world.pool_kw, strict=True)
        ]
        self.options = _options(world, self.stations)
        self.went = [OUT_OF_REACH] * count
        self.arrived = [math.nan] * count

    def run(self) -> Log:
        """Return what became of every driver."""
        self.env.process(self._drivers())
        self.env.run()
        return Log(
            minute=self.drivers.minute,
            zone=self.drivers.zone,
            kwh=self.drivers.kwh,
            station=np.array(self.went, dtype=np.int64),
            arrived=np.array(self.arrived),
            begun=np.array(self.kit.begun),
            ended=np.array(self.kit.ended),
            short_min=np.array([station.pool.short_min for station in self.stations]),
        )

    def _drivers(self) -> Generator[simpy.Event, None, None]:
        """Let each driver look for a station at his moment, and drive to it."""
        found, env = self.drivers, self.env
        visits = zip(found.car.tolist(), found.start_soc.tolist(), found.kwh.tolist(),
                     found.held_min.tolist(), strict=True)  # fmt: skip
        asked = zip(found.minute.tolist(), found.zone.tolist(), found.taste.tolist(), strict=True)
        for row, ((minute, zone, taste), visit) in enumerate(zip(asked, visits, strict=True)):
            if minute > env.now:
                yield env.timeout(minute - env.now)
            options = self.options[zone]
            if not options:
                continue
            place, drive = pick(options, taste, self.choice)
            self.went[row] = place
            if place == TURNED_AWAY:
                continue
            callbacks = env.timeout(drive).callbacks
            if callbacks is not None:
                callbacks.append(partial(self._arrive, place, Visit(row, *visit)))

    def _arrive(self, place: int, visit: Visit, _event: object) -> None:
        station = self.stations[place]
        self.arrived[visit.row] = self.env.now
        if station.expected_wait_min() <= self.choice.balk_wait_min:
            station.enter(visit)


def _options(world: World, stations: list[Station]) -> list[list[tuple[int, float, Station]]]:
    """Return for each zone the stations within reach, each with its number and minutes."""
    place, minutes = world.pair_station.tolist(), world.pair_minutes.tolist()
    bounds = world.pair_first.tolist()
    return [
        [(place[p], minutes[p], stations[place[p]]) for p in range(first, last)]
        for first, last in itertools.pairwise(bounds)
    ]


def pick(
    options: list[tuple[int, float, Station]], taste: float, choice: Choice
) -> tuple[int, float]:
    """Return the number of the station a driver goes to, and the drive in minutes.

    By the logit, station j is taken with a share of exp(-c_j / scale), where c_j is the drive and
    ``wait_weight`` times the wait that shows now; ``taste`` says which (D. McFadden, Conditional
    logit analysis of qualitative choice behavior, 1974). TURNED_AWAY if all would take too long.

    Parameters
    ----------
    options
        Number, minutes and state of each station within reach.
    taste
        Uniform on [0, 1).
    choice
        The rule.
    """
    open_now = [
        (drive + choice.wait_weight * wait, place, drive)
        for place, drive, station in options
        if (wait := station.expected_wait_min()) <= choice.balk_wait_min
    ]
    if not open_now:
        return TURNED_AWAY, 0.0
    least = min(open_now)
    if choice.rule == "least":
        return least[1], least[2]
    shares = [math.exp((least[0] - cost) / choice.scale_min) for cost, _, _ in open_now]
    mark = taste * sum(shares)
    for share, (_, place, drive) in zip(shares, open_now, strict=True):
        mark -= share
        if mark < 0:
            return place, drive
    return open_now[-1][1], open_now[-1][2]


def replicate(world: World, settings: Simulation, seed: int, replication: int) -> Log:
    """Return one replication: same arguments, same result.

    Parameters
    ----------
    world, settings
        What is simulated, and how.
    seed, replication
        Of the drivers.
    """
    return Replication(world, settings, draw(world, settings, seed, replication)).run()
