"""Simulate a plan many times, and sum up what the replications saw."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.simulate.estimate import Estimate, mean_of, ratio_of
from siting.simulate.promise import judge
from siting.simulate.tally import CITY, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from siting.simulate.promise import Promise
    from siting.simulate.settings import Simulation
    from siting.simulate.tally import Tally
    from siting.simulate.world import World

    Floats = NDArray[np.float64]

UNITS = {
    "sessions": "a day",
    "out_of_reach": "a day",
    "turned_away": "a day",
    "drove_off": "a day",
    "served_share": "share",
    "lost_share": "share",
    "waited_share": "share",
    "wait_mean_min": "min",
    "wait_p50_min": "min",
    "wait_p95_min": "min",
    "drive_mean_min": "min",
    "held_mean_min": "min",
    "energy_mwh_day": "MWh a day",
    "utilisation": "share",
}


@dataclass(frozen=True, eq=False)
class Study:
    """Hold a plan's replications."""

    world: World
    settings: Simulation
    seed: int
    tallies: tuple[Tally, ...]
    promise: Promise

    def stacked(self, name: str) -> Floats:
        """Return one field of every replication, (R, ...)."""
        return np.array([vars(item)[name] for item in self.tallies])

    def city(self) -> pd.DataFrame:
        """Return the city's figures with their intervals, one a row."""
        found = mean_of(self.stacked("city"), self.settings.confidence)
        return pd.DataFrame(
            {
                "measure": CITY,
                "unit": [UNITS[name] for name in CITY],
                "mean": found.mean,
                "low": found.low,
                "high": found.high,
            }
        )

    def stations(self) -> pd.DataFrame:
        """Return what was seen at each station, one a row."""
        level, world = self.settings.confidence, self.world
        came, off = (self.stacked(name).sum(axis=2) for name in ("arrived", "drove_off"))
        whole_min = world.guns * len(world.shape) * 60.0
        wait = ratio_of(self.stacked("wait_min").sum(axis=2), came - off, level)
        p50 = mean_of(self.stacked("wait_p50_min"), level)
        p95 = mean_of(self.stacked("wait_p95_min"), level)
        waited = ratio_of(self.stacked("waited").sum(axis=2), came, level)
        used = mean_of(self.stacked("busy_min").sum(axis=2) / whole_min, level)
        short = mean_of(self.stacked("short_share"), level)
        promise = self.promise
        return pd.DataFrame(
            {
                "station": world.stations,
                "guns": world.guns,
                "pool_kw": world.pool_kw,
                "drivers_day": came.mean(axis=0) / world.days,
                "drove_off_day": off.mean(axis=0) / world.days,
                **_three("wait_mean_min", wait),
                **_three("wait_p50_min", p50),
                **_three("wait_p95_min", p95),
                **_three("waited_share", waited),
                **_three("utilisation", used),
                "pool_short_share": short.mean,
                "kwh_day": self.stacked("kwh").sum(axis=2).mean(axis=0) / world.days,
                "busiest_hour_drivers": promise.drivers,
                **_three("busiest_hour_wait_min", promise.wait_min),
                **_three("busiest_hour_waited_share", promise.waited_share),
                "promise": promise.verdicts,
            }
        )

    def hours(self) -> pd.DataFrame:
        """Return what was seen at each station in each hour, one a row."""
        level, world = self.settings.confidence, self.world
        hours = len(world.shape)
        came, off = self.stacked("arrived"), self.stacked("drove_off")
        wait = ratio_of(self.stacked("wait_min"), came - off, level)
        used = mean_of(self.stacked("busy_min") / (world.guns[:, None] * 60.0), level)
        at = np.tile(np.arange(hours), len(world.stations))
        columns = {
            "drivers": came.mean(axis=0),
            "drove_off": off.mean(axis=0),
            "waited": self.stacked("waited").mean(axis=0),
            **_three("wait_mean_min", wait),
            **_three("utilisation", used),
            "kwh": self.stacked("kwh").mean(axis=0),
        }
        return pd.DataFrame(
            {
                "station": np.repeat(np.array(world.stations, dtype=object), hours),
                "day": at // 24 + 1,
                "hour": at % 24,
                **{name: values.ravel() for name, values in columns.items()},
            }
        )


def _three(name: str, found: Estimate) -> dict[str, Floats]:
    return {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


def simulate(
    world: World,
    settings: Simulation,
    *,
    seed: int,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Study:
    """Simulate a world as often as the settings say.

    Parameters
    ----------
    world, settings
        What is simulated, and how.
    seed
        Same seed, same drivers; for every plan of one city.
    workers
        Processes; the result is the same on any number.
    progress
        Called with a line of text now and then.
    """
    jobs = [(world, settings, seed, number) for number in range(settings.replications)]
    tallies = []
    for number, found in enumerate(_each(jobs, workers), start=1):
        tallies.append(found)
        if progress is not None:
            progress(f"replication {number} of {len(jobs)} done")
    return Study(world, settings, seed, tuple(tallies), judge(world, settings, tallies))


def _each(jobs: list[tuple[World, Simulation, int, int]], workers: int) -> Iterator[Tally]:
    if workers == 1:
        yield from map(counted, jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(counted, jobs)


def paired(first: Study, second: Study) -> pd.DataFrame:
    """Return by how much a second plan differs from a first, replication by replication.

    Both met the same drivers, so what is chance in both cancels (common random numbers).

    Parameters
    ----------
    first, second
        Simulated at one seed, for as many replications.
    """
    change = second.stacked("city") - first.stacked("city")
    found = mean_of(change, first.settings.confidence)
    sure = (found.low > 0) | (found.high < 0)
    return pd.DataFrame(
        {
            "measure": CITY,
            "unit": [UNITS[name] for name in CITY],
            "change": found.mean,
            "low": found.low,
            "high": found.high,
            "significant": sure,
        }
    )
