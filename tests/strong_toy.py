"""Give toys batteries and reinforcements: what a substation may give by hour.

Every day has a night (0 to 5 h), a morning peak (6 to 8 h), a day and an evening (18 to 20 h). A
type whose name ends in ``+`` has a battery that takes off at the peaks and fills at night.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.data.rooms import Batteries, Days, rooms_of
from siting.data.works import _with_sites
from siting.scenario import Reinforcement
from tests.toy import random_problem, toy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.scenario import ObjectiveKind

    Floats = NDArray[np.float64]

HOURS = np.arange(24)
NIGHT, MORNING, EVENING = HOURS < 6, (HOURS >= 6) & (HOURS < 9), (HOURS >= 18) & (HOURS < 21)
SHAPE = np.where(MORNING, 1.0, np.where(EVENING, 0.8, np.where(NIGHT, 0.5, 0.6)))


def steps(most: int = 2, cny: float = 0.7e6) -> Reinforcement:
    """Return steps of 0.4 MVA, of which all may be used."""
    return Reinforcement(use=True, step_mva=0.4, n1_limit=1.0, step_cny=cny, most_steps=most)


def battery_adds(kw: float) -> Floats:
    """Return what a battery adds to the load, (24,).

    It gives ``kw`` by morning, 0.3 of it by evening: 3 h x (1 + 0.3) x ``kw`` over 80 %, taken in
    the 6 h of night.
    """
    evening = np.where(EVENING, -0.3 * kw, np.where(NIGHT, 0.8125 * kw, 0.0))
    return np.where(MORNING, -kw, evening)


def days(room_kw: Floats) -> Days:
    """Return days with a room of (T, G) by morning; night has twice as much, evening 0.9."""
    by_hour = np.where(NIGHT, 2.0, np.where(EVENING, 0.9, np.where(MORNING, 1.0, 1.2)))
    room = room_kw[:, :, None] * by_hour
    return Days(room, np.zeros(room.shape), np.tile(SHAPE, (len(room_kw), 1)))


def strengthened(
    problem: Problem,
    room_kw: Floats,
    *,
    battery_kw: Floats,
    reinforcement: Reinforcement | None = None,
    first: int = 0,
) -> Problem:
    """Return a problem with headroom by hour.

    Parameters
    ----------
    problem
        Without.
    room_kw
        (T, G) by morning.
    battery_kw
        (K,) of each type's battery; 0 for none.
    reinforcement
        What may be built; None for nothing.
    first
        Phase from which on a step is in service.
    """
    phases, substations = room_kw.shape
    adds = np.array([battery_adds(kw) for kw in battery_kw])
    made = Batteries(np.tile(adds, (phases, substations, 1, 1)))
    p = replace(problem, headroom_kw=room_kw * 0.9 / 0.8, works_from=first)
    if reinforcement is not None:
        reinforcement = reinforcement.model_copy(update={"from_phase": p.phases[first]})
        p = replace(p, step_kw=400.0, step_mva=0.4, step_cny=reinforcement.step_cny)
    p = replace(p, rooms=rooms_of(p, days(room_kw), made, reinforcement, 400.0), batteries=made)
    return p if reinforcement is None else _with_sites(p, reinforcement)


def golden_strong() -> Problem:
    """Return the toy with a battery of 200 kW at M, and one step of 0.4 MVA from p2 on."""
    return strengthened(
        toy("served"),
        np.array([[800.0], [1000.0]]),
        battery_kw=np.array([0.0, 0.0, 200.0]),
        reinforcement=steps(1, 0.5e6),
        first=1,
    )


def random_strong(
    seed: int, kind: ObjectiveKind, *, zones: int = 6, sites: int = 2, most: int = 1
) -> Problem:
    """Return a random problem whose second type has a battery and whose substations bind."""
    plain = random_problem(seed, kind, zones=zones, sites=sites)
    rng = np.random.default_rng(seed)
    types = ("S", "S+")
    plain = replace(
        plain,
        types=types,
        capacity_kwh=np.array([150.0, 150.0 + 50.0 * (seed % 2)]),
        load_kw=np.array([300.0, 300.0 + 60.0 * (seed % 2)]),
        state_cost_cny=plain.state_cost_cny * [1.0, 0.6],
        site_substation=np.zeros(sites, dtype=np.int64),
        substations=("G",),
        city_target=np.array([1, min(2, sites)]),
        district_target=np.zeros((2, 2), dtype=np.int64),
        max_stations=np.full(2, NONE),
        conflicts=np.empty((0, 2), dtype=np.int64),
        budget_cny=plain.budget_cny * 1.2,
    )
    room = rng.uniform(250.0, 620.0, (2, 1)) * sites / 2
    return strengthened(
        plain,
        room,
        battery_kw=np.array([0.0, 90.0]),
        reinforcement=steps(most, 0.9e6),
        first=seed % 3 // 2,
    )
