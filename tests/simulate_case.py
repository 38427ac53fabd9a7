"""Small worlds to simulate: one station and one zone, or stations side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from siting.scenario_io.settings import load_settings
from siting.simulate.settings import FOLDER, Simulation
from siting.simulate.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

FLAT = np.full(24, 1 / 24)


def settings(name: str = "day", **changes: Any) -> Simulation:  # noqa: ANN401 - any key
    """Return shipped settings; ``changes`` replace keys, sections by dicts of keys."""
    found = load_settings(Simulation, name, folder=FOLDER)
    new: dict[str, Any] = {}
    for key, value in changes.items():
        old = getattr(found, key)
        new[key] = old.model_copy(update=value) if isinstance(value, dict) else value
    return found.model_copy(update=new)


def world(
    sessions_day: float,
    *,
    guns: Sequence[tuple[int, int]] = ((1, 5),),
    minutes: Sequence[float] = (2.0,),
    pool_kw: float = 1e6,
    shape: Any = FLAT,  # noqa: ANN401 - an array
    days: int = 1,
) -> World:
    """Return one zone that asks for 33 kWh a session, and stations at so many minutes from it.

    Parameters
    ----------
    sessions_day
        Of the zone, if batteries never fill up.
    guns
        Super and other guns of each station.
    minutes
        To each station.
    pool_kw
        Of each station.
    shape
        Of a day.
    days
        Counted.
    """
    count = len(guns)
    return World(
        phase="p",
        stations=tuple(f"S{n}" for n in range(count)),
        super_guns=tuple(pair[0] for pair in guns),
        fast_guns=tuple(pair[1] for pair in guns),
        pool_kw=(pool_kw,) * count,
        zones=("Z",),
        demand_kwh=np.array([33.0 * sessions_day]),
        pair_first=np.array([0, count], dtype=np.int64),
        pair_station=np.arange(count, dtype=np.int32),
        pair_minutes=np.array(minutes, dtype=float),
        shape=np.tile(shape, days),
        session_kwh=33.0,
        occupation_min=26.0,
        max_wait_min=5.0,
        max_wait_probability=0.2,
    )
