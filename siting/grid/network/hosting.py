r"""Find each bus's hosting capacity for charging: the largest load it can take at every hour.

.. math:: H_b = \sup \{ h : f(S_k + h \, e_b) \le l \ \text{for every state } k \},

the largest constant load (kW, at the scenario's power factor) on bus :math:`b`, on top of what the
network carries in every hour of the study, with which no voltage, line or transformer passes a
limit :math:`l` that held before, and none that was passed is passed deeper. Found by bisection of
the AC power flow up to ``most_kw``: the answer lies in :math:`[low, high)` with
:math:`high - low \le` ``tolerance_kw``; at ``low`` the power flow was run in every hour and held,
at ``high`` it passed the limit that is named. Each bus by itself: capacities of two buses do not
add up. All buses are halved at once, in the hours that hurt most; an hour that
fails when the answers are checked joins these, and the search goes on.

References
----------
M. H. J. Bollen, S. K. Ronnberg, "Hosting Capacity of the Power Grid for Renewable Electricity
Production and New Large Consumption Equipment", Energies 10 (2017) 1325. S. M. Ismael et al.,
"State-of-the-art of hosting capacity in modern power systems with distributed generation",
Renewable Energy 130 (2019) 1002-1020.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.network.flow import Solver
    from siting.grid.network.limits import Hosting
    from siting.grid.network.margins import Margins

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
    Places = NDArray[np.int64]

NO_STATE = -1
"""Limit named where power flow finds no state."""
_FIRST_HOURS = 2
_FIRST_KW = 500.0
_ROUNDING = 1e-7
"""By how much a limit that is passed already may seem to be passed deeper, share or p.u."""
_WIDEST = 4_000_000
"""Numbers in one array: rows are searched in lots of this size."""


@dataclass(frozen=True, eq=False)
class Capacity:
    """Hold the hosting capacity of U rows of a network."""

    row: Places
    low_kw: Floats
    """(U,) holds, in every state."""
    high_kw: Floats
    """(U,) does not; infinite where the search ended before."""
    limit: Places
    """(U,) the limit passed at ``high_kw``, a place in ``Margins.passed``, or ``NO_STATE``."""
    state: Places
    """(U,) the state in which it is."""


def hosting(
    solver: Solver,
    margins: Margins,
    injection: Complexes,
    rows: Places,
    *,
    tangent: float,
    how: Hosting,
) -> Capacity:
    """Find the hosting capacity of rows.

    Parameters
    ----------
    solver, margins
        The network, and its limits.
    injection
        (N, K) what it carries.
    rows
        (U,) where to add load.
    tangent
        kvar for each kW.
    how
        How far, and how finely.
    """
    lot = max(1, _WIDEST // len(injection))
    parts = [
        _Search(solver, margins, injection, rows[n : n + lot], tangent, how).found()
        for n in range(0, max(1, len(rows)), lot)
    ]
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Capacity(*(np.concatenate(column) for column in columns))


class _Search:
    """Bisect all rows at once."""

    def __init__(
        self,
        solver: Solver,
        margins: Margins,
        injection: Complexes,
        rows: Places,
        tangent: float,
        how: Hosting,
    ) -> None:
        self._solver, self._margins, self._how = solver, margins, how
        self._rows, self._injection = rows, injection
        self._unit = (1 + 1j * tangent) / 1000 / solver.circuit.base_mva
        self._base = solver.solve(injection)
        already = margins.passed(self._base.voltage)
        self._room = np.maximum(margins.slack[:, None], already + _ROUNDING)
        worst = already.max(axis=0, initial=-np.inf)
        drawn = -injection.real.sum(axis=0)
        first = [np.argsort(-order, kind="stable")[:_FIRST_HOURS] for order in (worst, drawn)]
        self._hours = np.unique(np.concatenate(first)).tolist()
        self._near: dict[int, Complexes] = {}
        self._limit = np.full(len(rows), NO_STATE)
        self._state = np.zeros(len(rows), dtype=np.int64)

    def found(self) -> Capacity:
        """Return the capacities, checked in every state."""
        count = len(self._rows)
        low, high = np.zeros(count), np.full(count, np.inf)
        every = np.arange(count)
        stuck = self._fails(every, low, list(range(self._injection.shape[1])))
        high[stuck] = 0.0
        open_ = self._doubled(every[~stuck], low, high)
        while True:
            self._halve(open_, low, high)
            checked = every[low > 0]
            failed = checked[self._fails(checked, low[checked], self._others(), learn=True)]
            if not len(failed):
                return Capacity(self._rows, low, high, self._limit, self._state)
            high[failed], low[failed] = low[failed], 0.0
            open_ = failed

    def _doubled(self, open_: Places, low: Floats, high: Floats) -> Places:
        """Double loads until they fail, far from where power flow has no state; return those."""
        most, kw = self._how.most_kw, min(_FIRST_KW, self._how.most_kw)
        failing = [open_[:0]]
        while len(open_):
            failed = self._fails(open_, np.full(len(open_), kw), self._hours)
            high[open_[failed]] = kw
            failing.append(open_[failed])
            open_ = open_[~failed]
            low[open_] = kw
            if kw >= most:
                break
            kw = min(2 * kw, most)
        return np.sort(np.concatenate(failing))

    def _begin(self, hour: int) -> Complexes:
        """Return voltages to start from, (N, U): in hours that count, the last that were found."""
        base = np.repeat(self._base.voltage[:, [hour]], len(self._rows), axis=1)
        if hour not in self._hours:
            return base
        return self._near.setdefault(hour, base)

    def _others(self) -> list[int]:
        return [n for n in range(self._injection.shape[1]) if n not in self._hours]

    def _halve(self, open_: Places, low: Floats, high: Floats) -> None:
        """Close the brackets of rows, in the hours that count."""
        while len(open_):
            open_ = open_[high[open_] - low[open_] > self._how.tolerance_kw]
            middle = (low[open_] + high[open_]) / 2
            failed = self._fails(open_, middle, self._hours)
            high[open_[failed]] = middle[failed]
            low[open_[~failed]] = middle[~failed]

    def _fails(
        self, which: Places, kw: Floats, hours: list[int], *, learn: bool = False
    ) -> NDArray[np.bool_]:
        """Tell at which rows a load passes a limit in some of the hours, and note which."""
        count, failed = len(which), np.zeros(len(which), dtype=bool)
        for hour in hours:
            asked = np.repeat(self._injection[:, [hour]], count, axis=1)
            asked[self._rows[which], np.arange(count)] -= kw * self._unit
            flows = self._solver.solve(asked, self._begin(hour)[:, which])
            if hour in self._near:
                ready = which[flows.solved]
                self._near[hour][:, ready] = flows.voltage[:, flows.solved]
            passed = self._margins.passed(flows.voltage) - self._room[:, [hour]]
            bad = ~flows.solved | (passed > 0).any(axis=0)
            worst = np.where(flows.solved, passed.argmax(axis=0), NO_STATE)
            fresh = bad & ~failed
            self._limit[which[fresh]], self._state[which[fresh]] = worst[fresh], hour
            failed |= bad
            if learn and fresh.any():
                self._hours.append(hour)
        return failed
