"""Count what a replication saw, by station and hour; the warm-up is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.simulate.draws import MINUTES
from siting.simulate.engine import OUT_OF_REACH, TURNED_AWAY, replicate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.simulate.engine import Log
    from siting.simulate.settings import Simulation
    from siting.simulate.world import World

    Floats = NDArray[np.float64]

AT_ONCE = 1e-9
"""A wait, in minutes, up to which a driver did not wait."""
CITY = (
    "sessions",
    "out_of_reach",
    "turned_away",
    "drove_off",
    "served_share",
    "lost_share",
    "waited_share",
    "wait_mean_min",
    "wait_p50_min",
    "wait_p95_min",
    "drive_mean_min",
    "held_mean_min",
    "energy_mwh_day",
    "utilisation",
)
"""What is told of the city; counts are a day's."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Hold one replication's counts: S stations, H hours."""

    arrived: Floats
    """(S, H) drivers who came."""
    drove_off: Floats
    """(S, H) of these, who left again at once."""
    waited: Floats
    """(S, H) of these, who found no free gun; who drove off is among them."""
    wait_min: Floats
    """(S, H) waits of who stayed, summed."""
    busy_min: Floats
    """(S, H) gun minutes held."""
    kwh: Floats
    """(S, H) charged; a session's energy is spread evenly over the time its gun is held."""
    wait_p50_min: Floats
    """(S,) of who stayed; nan where nobody did."""
    wait_p95_min: Floats
    """(S,)"""
    short_share: Floats
    """(S,) of the time, for which the pool gave less than was asked for."""
    city: Floats
    """(len(CITY),)"""


def tally(world: World, log: Log, *, warmup_hours: int) -> Tally:
    """Return the counts of a replication.

    A driver counts in the hour he comes to a station, or in which he wanted to charge if he did
    not go.

    Parameters
    ----------
    world, log
        What was simulated, and what became of it.
    warmup_hours
        Before what is counted.
    """
    size = (len(world.stations), len(world.shape))
    hour = np.floor(log.arrived / MINUTES)
    came = (log.station >= 0) & (hour >= 0) & (hour < size[1])
    stayed = came & np.isfinite(log.begun)
    wait = np.where(stayed, log.begun - log.arrived, 0.0)
    cell = np.where(came, log.station * size[1] + np.nan_to_num(hour).astype(np.int64), 0)

    def count(rows: NDArray[np.bool_], weight: Floats | None = None) -> Floats:
        part = None if weight is None else weight[rows]
        return (
            np.bincount(cell[rows], part, minlength=size[0] * size[1]).reshape(size).astype(float)
        )

    waited = came & (~stayed | (wait > AT_ONCE))
    p50, p95 = _quantiles(log.station[stayed], wait[stayed], size[0])
    held = np.isfinite(log.begun)
    busy, kwh = _held(log, held, size)
    whole_min = (len(world.shape) + warmup_hours) * MINUTES
    return Tally(
        arrived=count(came),
        drove_off=count(came & ~stayed),
        waited=count(waited),
        wait_min=count(stayed, wait),
        busy_min=busy,
        kwh=kwh,
        wait_p50_min=p50,
        wait_p95_min=p95,
        short_share=np.minimum(1.0, log.short_min / whole_min),
        city=_city(world, log, stayed, waited, wait, busy, kwh),
    )


def _quantiles(station: NDArray[np.int64], wait: Floats, count: int) -> tuple[Floats, Floats]:
    p50, p95 = np.full(count, np.nan), np.full(count, np.nan)
    order = np.argsort(station, kind="stable")
    bounds = np.searchsorted(station[order], np.arange(count + 1))
    for s in range(count):
        own = wait[order[bounds[s] : bounds[s + 1]]]
        if len(own):
            p50[s], p95[s] = np.quantile(own, [0.5, 0.95])
    return p50, p95


def _held(log: Log, held: NDArray[np.bool_], size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return gun minutes and energy by station and hour, (S, H) each."""
    begun, ended, station = log.begun[held], log.ended[held], log.station[held]
    rate = log.kwh[held] / np.maximum(ended - begun, AT_ONCE)
    busy, kwh = np.zeros(size), np.zeros(size)
    first = np.floor(begun / MINUTES).astype(np.int64)
    longest = int(np.ceil((ended - begun).max(initial=0.0) / MINUTES)) + 1
    for later in range(longest):
        hour = first + later
        low, high = np.maximum(begun, hour * MINUTES), np.minimum(ended, (hour + 1) * MINUTES)
        part = (high > low) & (hour >= 0) & (hour < size[1])
        minutes = (high - low)[part]
        np.add.at(busy, (station[part], hour[part]), minutes)
        np.add.at(kwh, (station[part], hour[part]), minutes * rate[part])
    return busy, kwh


def _city(
    world: World,
    log: Log,
    stayed: NDArray[np.bool_],
    waited: NDArray[np.bool_],
    wait: Floats,
    busy: Floats,
    kwh: Floats,
    *,
    none: float = float("nan"),
) -> Floats:
    days = world.days
    asked = (log.minute >= 0) & (log.minute < days * 24 * MINUTES)
    unreached = asked & (log.station == OUT_OF_REACH)
    away = asked & (log.station == TURNED_AWAY)
    off = asked & (log.station >= 0) & ~np.isfinite(log.begun)
    sessions = max(1, int(asked.sum()))
    lost = int(unreached.sum() + away.sum() + off.sum())
    came = max(1, int((stayed | waited).sum()))
    own = wait[stayed]
    p50, p95 = np.quantile(own, [0.5, 0.95]) if len(own) else (none, none)
    mean = float(own.mean()) if len(own) else none
    went = asked & np.isfinite(log.arrived)
    drive = float((log.arrived - log.minute)[went].mean()) if went.any() else none
    held = float((log.ended - log.begun)[stayed].mean()) if len(own) else none
    gun_min = float(world.guns.sum()) * days * 24 * MINUTES
    values = {
        "sessions": asked.sum() / days,
        "out_of_reach": unreached.sum() / days,
        "turned_away": away.sum() / days,
        "drove_off": off.sum() / days,
        "served_share": 1 - lost / sessions,
        "lost_share": lost / sessions,
        "waited_share": waited.sum() / came,
        "wait_mean_min": mean,
        "wait_p50_min": p50,
        "wait_p95_min": p95,
        "drive_mean_min": drive,
        "held_mean_min": held,
        "energy_mwh_day": kwh.sum() / days / 1000,
        "utilisation": busy.sum() / gun_min,
    }
    return np.array([values[name] for name in CITY], dtype=np.float64)


def counted(job: tuple[World, Simulation, int, int]) -> Tally:
    """Return the counts of one replication: a job that a process can take.

    Parameters
    ----------
    job
        World, settings, seed, number of the replication.
    """
    world, settings, seed, replication = job
    log = replicate(world, settings, seed, replication)
    return tally(world, log, warmup_hours=settings.warmup_hours)
