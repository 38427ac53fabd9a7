"""Draw the drivers of one replication: all chance is here, and none of it depends on the plan.

Sessions are asked for by a Poisson process in each zone, at a rate that is constant within an hour;
so an hour's count is a Poisson number, and its moments are uniform. Two plans for one city and
phase meet the same drivers at the same seed (common random numbers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.simulate.settings import Car, Simulation
    from siting.simulate.world import World

    Floats = NDArray[np.float64]

MINUTES = 60.0
_GRID = 200
"""Quantiles of energy, and of state of charge, over which the mean session is taken."""


@dataclass(frozen=True, eq=False)
class Drivers:
    """Hold the N drivers of a replication, by the moment they want to charge."""

    minute: Floats
    """(N,) from the start of what is counted; negative during the warm-up."""
    zone: NDArray[np.int64]
    car: NDArray[np.int64]
    """(N,) class, in the order of the settings."""
    start_soc: Floats
    kwh: Floats
    """(N,) to be charged."""
    taste: Floats
    """(N,) uniform; picks a station by the shares of the logit."""
    held_min: Floats
    """(N,) for which a gun is held under the exponential law."""


def draw(world: World, settings: Simulation, seed: int, replication: int) -> Drivers:
    """Return the drivers of a replication.

    Parameters
    ----------
    world
        Zones, their demand and the shape of the days.
    settings
        Cars, and how much they charge.
    seed, replication
        Same pair, same drivers, in whatever process.
    """
    rng = np.random.default_rng([seed, replication])
    warm = settings.warmup_hours
    hours = np.arange(-warm, len(world.shape))
    asked = world.demand_kwh / mean_kwh(world, settings)
    counts = rng.poisson(asked[:, None] * world.shape[hours % len(world.shape)])
    total = int(counts.sum())
    zone, hour = np.divmod(np.repeat(np.arange(counts.size), counts.ravel()), len(hours))
    minute = (hours[hour] + rng.random(total)) * MINUTES
    order = np.argsort(minute, kind="stable")
    cars = list(settings.cars.values())
    share = np.array([car.share for car in cars])
    car = rng.choice(len(cars), size=total, p=share / share.sum())
    low = np.array([item.start_soc_low for item in cars])[car]
    high = np.array([item.start_soc_high for item in cars])[car]
    soc = low + (high - low) * rng.random(total)
    alpha = settings.charging.energy_cv**-2
    kwh = rng.gamma(alpha, world.session_kwh / alpha, total)
    if settings.charging.law == "curve":
        battery = np.array([item.battery_kwh for item in cars])[car]
        kwh = np.minimum(kwh, (settings.charging.taper[-1][0] - soc) * battery)
    taste, held = rng.random(total), rng.exponential(world.occupation_min, total)
    return Drivers(minute[order], zone[order], car, soc, kwh, taste, held)


def mean_kwh(world: World, settings: Simulation) -> float:
    """Return the mean energy of a session, batteries that fill up counted.

    As many sessions are asked for as make the zones' demand with it.

    Parameters
    ----------
    world, settings
        As `draw` takes them.
    """
    if settings.charging.law == "exponential":
        return world.session_kwh
    alpha = settings.charging.energy_cv**-2
    middle = (np.arange(_GRID) + 0.5) / _GRID
    kwh: Floats = np.asarray(gammaincinv(alpha, middle) * world.session_kwh / alpha, np.float64)
    parts = [car.share * _mean(car, kwh, middle, settings) for car in settings.cars.values()]
    return float(sum(parts) / sum(car.share for car in settings.cars.values()))


def _mean(car: Car, kwh: Floats, middle: Floats, settings: Simulation) -> float:
    soc = car.start_soc_low + (car.start_soc_high - car.start_soc_low) * middle
    room = (settings.charging.taper[-1][0] - soc) * car.battery_kwh
    return float(np.minimum(kwh[:, None], room[None, :]).mean())
