r"""Give a station's battery its timetable: take off the substation's worst hours, fill at others.

A battery of a station type follows a timetable made beforehand for the substation that feeds it:
no central dispatch is presumed, and the load of several stations is the sum of theirs. With room
:math:`r_h` left by the base load, the station's own load :math:`p_h`, charge :math:`c`, discharge
:math:`d`, stored energy :math:`e`, one-way efficiency :math:`\eta`, it is the one that asks for the
least part of the room in its worst hour:

.. math::

    \min \lambda: \quad & m\,p_h + p_h + c_h - d_h \le \lambda r_h, \quad d_h \le p_h \\
    & e_h = e_{h-1} + \eta c_h - d_h / \eta, \quad 0 \le e_h \le E, \quad c_h + d_h \le P

over a day that ends as it began; :math:`m` plain stations stand beside it, lest it be made as if
nobody else had that hour. Of several such timetables the one that loses least is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.scenario import Grid, StationType

    Floats = NDArray[np.float64]

HOURS = 24
BESIDE = 0.5
"""Stations of the same size without a battery that a timetable presumes beside each with one."""
_LOSS = 1e-4
"""Worth of a full discharge of losses, in parts of the room: breaks ties."""
_DUST = 1e-7
_FULL = 1e-3
"""Part of the largest room that stands for none, so that every hour has some."""


@dataclass(frozen=True, eq=False)
class Timetable:
    """Hold one battery's day, (24,) kW each, on the grid's side."""

    charge_kw: Floats
    discharge_kw: Floats

    @property
    def adds_kw(self) -> Floats:
        """Return what the battery adds to the load; below zero where it takes off."""
        return np.asarray(self.charge_kw - self.discharge_kw)


def timetable(
    station: StationType, grid: Grid, load_kw: Floats, room_kw: Floats, *, beside: float = BESIDE
) -> Timetable:
    """Return the timetable of a station type's battery at one substation.

    Parameters
    ----------
    station
        With a battery.
    grid
        The battery's efficiency and usable part.
    load_kw
        (24,) the station's load without it.
    room_kw
        (24,) what the base load leaves of the substation's limit.
    beside
        Stations of the same load without a battery beside it.
    """
    way = float(np.sqrt(grid.battery_round_trip or 1.0))
    usable = (grid.battery_depth or 1.0) * station.battery_kwh
    power, worst = station.battery_kw, float(room_kw.max())
    room = np.maximum(room_kw, _FULL * max(worst, 1.0))
    one, none = np.eye(HOURS), np.zeros((HOURS, HOURS))
    rest = np.zeros((HOURS, 1))
    stored = np.hstack([-way * one, one / way, one - np.roll(one, -1, axis=1), rest])
    asks = np.hstack([one, -one, none, -room[:, None]])
    together = np.hstack([one, one, none, rest])
    tie = _LOSS * float((load_kw / room).max()) / station.battery_kwh
    most = [power] * HOURS + np.minimum(load_kw, power).tolist() + [usable] * HOURS + [np.inf]
    found = linprog(
        np.concatenate([np.full(HOURS, tie), np.zeros(2 * HOURS), [1.0]]),
        A_ub=np.vstack([asks, together]),
        b_ub=np.concatenate([-(1 + beside) * load_kw, np.full(HOURS, power)]),
        A_eq=stored,
        b_eq=np.zeros(HOURS),
        bounds=[(0.0, value) for value in most],
        method="highs",
    )
    flows = np.asarray(found.x, dtype=float)
    values = np.where(flows < _DUST * power, 0.0, flows)
    return _balanced(values[:HOURS], values[HOURS : 2 * HOURS], way)


def _balanced(charge: Floats, discharge: Floats, way: float) -> Timetable:
    """Return a timetable without a solver's dust: the day gives no more than it took."""
    given, taken = float(discharge.sum()) / way, float(charge.sum()) * way
    if given > 0:
        discharge = discharge * min(1.0, taken / given)
        charge = charge * (float(discharge.sum()) / way / taken)
    return Timetable(charge, discharge)
