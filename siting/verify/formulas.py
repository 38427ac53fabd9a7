"""Restate the formulas a plan rests on, apart from the code that made the plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from siting.scenario import Scenario, Service, StationType

EARTH_KM = 6371.0088
"""Mean Earth radius R1 of GRS 80 (IUGG; Moritz, Journal of Geodesy 74, 2000)."""


def great_circle_km(
    lon_a: ArrayLike, lat_a: ArrayLike, lon_b: ArrayLike, lat_b: ArrayLike
) -> NDArray[np.float64]:
    """Return great-circle distances by the chord between unit vectors, broadcasting degrees."""
    pairs = zip(_unit(lon_a, lat_a), _unit(lon_b, lat_b), strict=True)
    half = np.sqrt(sum((a - b) ** 2 for a, b in pairs)) / 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.clip(half, 0, 1)), dtype=np.float64)


def _unit(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    return np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi) + 0 * lam


def wait_probability(guns: int, offered: float) -> float:
    """Return the share of drivers who wait, Erlang C through the recursion of Erlang B.

    Parameters
    ----------
    guns
        Servers c >= 1.
    offered
        Offered load a = arrival rate x mean service time (Erlang), below ``guns``.

    References
    ----------
    Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, 4th ed., 2008, 2.3 to 2.5.
    """
    blocked = 1.0
    for gun in range(1, guns + 1):
        blocked = offered * blocked / (gun + offered * blocked)
    return blocked / (1 - offered / guns * (1 - blocked))


def capacity_kwh_day(kind: StationType, service: Service) -> float:
    """Return the energy a station of that type can serve in a day and keep the waiting promise."""
    if not kind.is_super:
        return 0.0
    hours = service.occupation_min / 60
    low, high = 0.0, kind.guns / hours
    for _ in range(200):
        rate = (low + high) / 2
        waits = wait_probability(kind.guns, rate * hours)
        spare = kind.guns / hours - rate
        wait_min = 60 * waits / spare if spare > 0 else math.inf
        kept = waits <= service.max_wait_probability and wait_min <= service.max_wait_min
        low, high = (rate, high) if kept else (low, rate)
    return min(low * service.session_kwh, kind.pool_kw) / service.peak_hour_share


def peak_kw(kind: StationType, scenario: Scenario) -> float:
    """Return the highest load a station of that type asks of its substation; 0 unless super."""
    if not kind.is_super:
        return 0.0
    grid = scenario.grid
    fitting = [factor for limit, factor in grid.demand_factors if kind.guns <= limit]
    factor = fitting[0] if fitting else grid.demand_factors[-1][1]
    return kind.pool_kw * factor / grid.efficiency


def budgets_cny(scenario: Scenario) -> list[float | None]:
    """Return the money arrived by each phase; None from the first phase without a limit."""
    arrived: list[float | None] = []
    total: float | None = 0.0
    for phase in scenario.phases:
        total = None if total is None or phase.budget_cny is None else total + phase.budget_cny
        arrived.append(total)
    return arrived


def rank(kind: StationType) -> tuple[float, int, float]:
    """Return what types are ordered by: power first, then guns, then battery."""
    return kind.pool_kw, kind.guns, kind.battery_kwh
