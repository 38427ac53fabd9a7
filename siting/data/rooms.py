r"""State a substation's limit hour by hour, where batteries or reinforcements are to choose from.

Without them all stations share one shape of day, so the worst hour is known beforehand and one row
says it all. With a battery :math:`b` a station of type :math:`k` asks in hour :math:`h` for
:math:`P_k s_h + b_{kgh}`, by the timetable of its substation (:mod:`siting.data.timetable`), and
:math:`n` steps of reinforcement add :math:`n \Delta`:

.. math:: \sum_{j \in g, k} (P_k s_{th} + b_{kgth}) y_{jkt} \le R_{gth} + n_{gt} \Delta.

Hours that no choice can make the first to bind are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.data.demand import charging_shapes
from siting.data.power import base_mw, limit_mw
from siting.data.problem import NONE
from siting.data.timetable import HOURS, timetable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.problem import Problem
    from siting.scenario import Reinforcement, Scenario

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rooms:
    """Hold M rows of headroom: what each type asks of a substation in an hour, and what there is.

    In the order of phase, substation, hour.
    """

    phase: Places
    """(M,)"""
    substation: Places
    """(M,)"""
    hour: Places
    """(M,)"""
    load_kw: Floats
    """(M, K) by type; a step of reinforcement asks for less than nothing."""
    limit_kw: Floats
    """(M,) without reinforcement."""

    def of_phase(self, phase: int) -> Rooms:
        """Return the rows of one phase, as those of a first one."""
        here = self.phase == phase
        return Rooms(
            np.zeros(int(here.sum()), dtype=np.int64),
            self.substation[here],
            self.hour[here],
            self.load_kw[here],
            self.limit_kw[here],
        )


@dataclass(frozen=True, eq=False)
class Batteries:
    """Hold what each type's battery adds to the load, by phase and substation."""

    adds_kw: Floats
    """(T, G, K, 24) of one station; below zero where it takes off."""


@dataclass(frozen=True, eq=False)
class Days:
    """Hold what limits stations hour by hour, before any reinforcement."""

    room_kw: Floats
    """(T, G, 24) limit less base load; below zero where the base load alone passes it."""
    standing_kw: Floats
    """(T, G, 24) load of the stations that stand before the plan."""
    shape: Floats
    """(T, 24) of the charging load, share of its peak."""

    @staticmethod
    def of(case: Case, scenario: Scenario, standing_kw: Floats) -> Days:
        """Return the days of a city.

        Parameters
        ----------
        case, scenario
            The substations and the rules.
        standing_kw
            (G,) highest load of the stations that stand before the plan.
        """
        shape, limit = charging_shapes(case, scenario), limit_mw(case, scenario)
        rows = [limit[:, None] - base_mw(case, scenario, phase) for phase in scenario.phases]
        room = 1000 * np.array(rows).reshape(len(scenario.phases), len(limit), HOURS)
        return Days(room, standing_kw[None, :, None] * shape[:, None, :], shape)

    def limit_kw(self, more_kw: float) -> Floats:
        """Return what stations may ask together with so much more, (T, G, 24)."""
        return np.maximum(np.maximum(self.room_kw + more_kw, self.standing_kw), 0.0)


def step_kw(scenario: Scenario) -> float:
    """Return what one step of reinforcement adds to a substation's limit; 0 without any."""
    steps, grid = scenario.grid.reinforcement, scenario.grid
    if steps is None:
        return 0.0
    return 1000 * steps.step_mva * steps.n1_limit * grid.power_factor * (1 - grid.reserve)


def batteries(
    scenario: Scenario,
    types: tuple[str, ...],
    load_kw: Floats,
    days: Days,
    binds: NDArray[np.bool_],
) -> Batteries:
    """Return the timetables of all types with a battery.

    Parameters
    ----------
    scenario
        The types, and what batteries lose.
    types
        Names, in the problem's order.
    load_kw
        (K,) highest load of each.
    days
        The room by hour.
    binds
        (G,) substations whose limit can bind; elsewhere a battery stands idle.
    """
    phases, substations, _ = days.room_kw.shape
    adds = np.zeros((phases, substations, len(types), HOURS))
    known: dict[bytes, Floats] = {}
    for t in range(phases):
        for g in np.flatnonzero(binds).tolist():
            for k, name in enumerate(types):
                kind = scenario.stations[name]
                if not kind.battery_kwh or not load_kw[k]:
                    continue
                own, room = load_kw[k] * days.shape[t], days.room_kw[t, g]
                key = b"".join((bytes([k]), own.tobytes(), room.tobytes()))
                if key not in known:
                    known[key] = timetable(kind, scenario.grid, own, room).adds_kw
                adds[t, g, k] = known[key]
    return Batteries(adds)


def binding(problem: Problem) -> NDArray[np.bool_]:
    """Return which substations' sites together could pass the limit in some phase, (G,)."""
    p = problem
    tied = p.site_substation != NONE
    largest = np.where(p.allowed, p.load_kw, 0.0).max(axis=1, initial=0.0)
    most = np.bincount(p.site_substation[tied], largest[tied], minlength=len(p.substations))
    return np.asarray((most > p.headroom_kw).any(axis=0))


def rooms_of(
    problem: Problem, days: Days, made: Batteries, steps: Reinforcement | None, more_kw: float
) -> Rooms:
    """Return the rows of headroom, types of reinforcement first where steps may be built.

    Parameters
    ----------
    problem
        The question, without reinforcement among its sites.
    days, made
        Room and timetables by hour.
    steps
        What may be built; None for nothing.
    more_kw
        What one step adds.
    """
    levels = 0 if steps is None else steps.most_steps
    first = 0
    if steps is not None and steps.from_phase is not None:
        first = problem.phases.index(steps.from_phase)
    limits = np.array([days.limit_kw(n * more_kw) for n in range(levels + 1)])
    rows: list[tuple[int, int, int]] = []
    loads, most = [], []
    binds = binding(problem)
    for t, g in np.ndindex(days.room_kw.shape[:2]):
        if not binds[g]:
            continue
        own = problem.load_kw[:, None] * days.shape[t] + made.adds_kw[t, g]
        gains = limits[0, t, g] - limits[1:, t, g] if t >= first else np.zeros((levels, HOURS))
        load = np.vstack([gains, own]).T
        for hour in _telling(load, limits[0, t, g], levels):
            rows.append((t, g, hour))
            loads.append(load[hour])
            most.append(limits[0, t, g, hour])
    place = np.array(rows, dtype=np.int64).reshape(-1, 3)
    table = np.array(loads).reshape(len(rows), levels + len(problem.types))
    return Rooms(place[:, 0], place[:, 1], place[:, 2], table, np.array(most))


def _telling(load: Floats, limit: Floats, levels: int) -> list[int]:
    """Return the hours that can be the first to bind: no other hour asks for more of less.

    Parameters
    ----------
    load
        (24, steps and types) kW.
    limit
        (24,) kW without reinforcement.
    levels
        Steps.
    """
    kept: list[int] = []
    room = np.hstack([limit[:, None], limit[:, None] - load[:, :levels]])
    own = load[:, levels:]
    asked = np.flatnonzero((own > 0).any(axis=1)).tolist()
    for hour in sorted(asked, key=lambda h: (-float(own[h].max() / max(limit[h], 1.0)), h)):
        if not any(_covers(own[other], room[other], own[hour], room[hour]) for other in kept):
            kept.append(hour)
    return sorted(kept)


def _covers(own: Floats, room: Floats, other: Floats, of: Floats) -> bool:
    """Tell whether whoever keeps one hour's limit keeps another's, at every level."""
    for have, left in zip(room.tolist(), of.tolist(), strict=True):
        implied = other * have <= own * left if have > 0 else (own > 0) | (other <= 0)
        if not implied.all():
            return False
    return True
