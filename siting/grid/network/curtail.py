r"""Find the smallest curtailment of stations that brings a network back within its limits.

*Smallest* means: in each hour by itself, the fewest kW not delivered by all stations together,

.. math:: \min_{0 \le x \le p} \sum_s (p_s - x_s) \quad \text{s.t.} \quad f_e(x) \le l_e,

with :math:`p` what stations ask for, :math:`x` what they get, and :math:`f` the loadings and
voltages of the AC power flow; stations on one bus are denied the same share. A limit that is passed
without any station is none of theirs to keep, and is left out (it is listed as such).

:math:`f` is not linear, so a sequence of linear programs is solved, each trusted within a radius
(Griffith and Stewart 1961; Fletcher and Sainz de la Maza 1989): at the present :math:`x` the power
flow's own derivatives give

.. math:: f_e(x') \approx f_e(x) + \sum_s \frac{\partial f_e}{\partial x_s} (x'_s - x_s),
          \quad |x'_s - x_s| \le r,

the power flow is run at the program's :math:`x'`, which is taken if it is better (less denied, and
limits passed at what they cost in the program), or else :math:`r` is halved. The end is where the
program sees nothing to gain: a Karush-Kuhn-Tucker point. How much a program without a radius would
still gain there is told (``gap_kw``; it is what the first derivatives leave open, not a bound: on
feeders, whose loadings are almost linear, the two are almost the same).

References
----------
R. E. Griffith, R. A. Stewart, "A Nonlinear Programming Technique for the Optimization of Continuous
Processing Systems", Management Science 7 (1961) 379-392. R. Fletcher, E. Sainz de la Maza,
"Nonlinear Programming and Nonsmooth Optimization by Successive Linear Programming", Mathematical
Programming 43 (1989) 235-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import linprog

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.grid.network.flow import Solver
    from siting.grid.network.margins import Margins
    from siting.grid.network.series import Series

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
    Flags = NDArray[np.bool_]

STEPS = 80
STILL_KW = 1e-3
"""A gain, or a radius, smaller than this is none, where limits are kept."""
_NOTHING_KW = 1e-7
"""And where they are not: the power flow is no more exact."""
AIM = 1e-7
"""How far inside its limit a value is aimed at, p.u. or share."""
_DEAR = 1e7
"""kW that a unit of a limit not kept weighs in the program, so that it always has an answer."""
_SURE = 1.5
"""Times its cost in the program that a limit passed weighs when points are compared."""
_TAKEN, _GOOD = 0.1, 0.5
"""Shares of the promised gain from which a step is taken, and from which more is trusted."""
_HALVINGS = 40


@dataclass(frozen=True, eq=False)
class Curtailment:
    """Hold what stations are denied: S stations, K states."""

    cut_kw: Floats
    """(S, K)"""
    gap_kw: Floats
    """(K,) what first derivatives still promise; infinite where the sequence did not end."""
    clean: Flags
    """(K,) whether every limit that holds without stations holds then."""


def curtail(
    solver: Solver,
    margins: Margins,
    series: Series,
    *,
    progress: Callable[[str], None] | None = None,
) -> Curtailment:
    """Find the smallest curtailment in every state where a limit is passed.

    Parameters
    ----------
    solver, margins
        The network, and its limits.
    series
        Its states.
    progress
        Called with a line of text now and then.
    """
    states, count = series.states, len(series.states.factor)
    cut, gap = np.zeros_like(states.load_kw), np.zeros(count)
    keep = ~margins.broken(series.bare.voltage)
    hurt = (margins.broken(series.flows.voltage) & keep).any(axis=0) | ~series.flows.solved
    places = np.flatnonzero(hurt)
    known: dict[bytes, int] = {}
    for number, state in enumerate(places):
        same = np.append(states.load_kw[:, state], states.factor[state]).tobytes()
        if same in known:
            cut[:, state], gap[state] = cut[:, known[same]], gap[known[same]]
            continue
        known[same] = int(state)
        if progress is not None:
            progress(f"curtailing hour {number + 1} of {len(places)}")
        one = _State(solver, margins, series, int(state), keep[:, state])
        cut[:, state], gap[state] = one.found()
    served = states.load_kw - cut
    flows = solver.solve(states.injection(solver.circuit, served, slice(None)), series.bare.voltage)
    clean = flows.solved & ~(margins.broken(flows.voltage) & keep).any(axis=0)
    return Curtailment(cut, gap, clean)


class _Step(NamedTuple):
    """Hold what a program says: kW at each bus, and by how much limits would be passed."""

    served: Floats
    passed: float
    cost: float
    """kW that a unit of limits costs, in all."""


class _State:
    """Find the smallest curtailment of one state; U buses with stations."""

    def __init__(
        self, solver: Solver, margins: Margins, series: Series, state: int, keep: Flags
    ) -> None:
        self._solver, self._margins, self._series = solver, margins, series
        self._state, self._keep = state, np.flatnonzero(keep)
        self._load = series.states.load_kw[:, state]
        self._rows, self._of = np.unique(series.states.row, return_inverse=True)
        self._asked = np.asarray(np.bincount(self._of, weights=self._load), dtype=np.float64)
        self._slack = margins.slack[self._keep]
        self._start = series.bare.voltage[:, state]

    def found(self) -> tuple[Floats, float]:
        """Return kW denied to each station, and the gap."""
        served = self._asked.copy()
        voltage = self._flow(served)
        while voltage is None:  # no state at all: begin where there is one
            served = served / 2
            voltage = self._flow(served)
        served, voltage = self._descended(served, voltage)
        gap = np.inf
        if self._holds(voltage):
            free = self._program(served, voltage, np.inf)
            gap = max(0.0, float((free.served - served).sum()))
        else:
            served = self._retreat(served)
        share = np.divide(served, self._asked, out=np.ones_like(served), where=self._asked > 0)
        return np.asarray(self._load * (1 - share[self._of])), gap

    def _descended(self, served: Floats, voltage: Complexes) -> tuple[Floats, Complexes]:
        """Return the point where the programs see nothing to gain."""
        radius, cost = float(self._asked.max()), 1.0
        for _ in range(STEPS):
            step = self._program(served, voltage, radius)
            cost = max(cost, _SURE * step.cost)
            now = self._merit(served, voltage, cost)
            gain = now - (float((self._asked - step.served).sum()) + cost * step.passed)
            small = min(gain, radius)
            if small <= _NOTHING_KW or (small <= STILL_KW and self._holds(voltage)):
                break
            after, length = self._flow(step.served), float(np.abs(step.served - served).max())
            real = -np.inf if after is None else now - self._merit(step.served, after, cost)
            if after is None or real < _TAKEN * gain:
                radius = length / 2
                continue
            if real >= _GOOD * gain:
                radius = max(radius, 2 * length)
            served, voltage = step.served, after
        return served, voltage

    def _flow(self, served: Floats) -> Complexes | None:
        """Return the voltages with kW at each bus; None where there is no state."""
        states, state = self._series.states, self._state
        none = np.zeros((len(self._load), 1))
        asked = states.injection(self._solver.circuit, none, slice(state, state + 1))[:, 0]
        asked[self._rows] -= served * self._unit
        return self._solver.newton(asked, self._start)

    @property
    def _unit(self) -> complex:
        """Return a kW at a station's power factor, p.u."""
        return (1 + 1j * self._series.states.tangent) / 1000 / self._solver.circuit.base_mva

    def _passed(self, voltage: Complexes) -> Floats:
        return np.asarray(self._margins.passed(voltage[:, None])[self._keep, 0])

    def _merit(self, served: Floats, voltage: Complexes, cost: float) -> float:
        worst = max(0.0, float(self._passed(voltage).max(initial=-np.inf)) + AIM)
        return float((self._asked - served).sum()) + cost * worst

    def _holds(self, voltage: Complexes) -> bool:
        return bool((self._passed(voltage) <= self._slack).all())

    def _program(self, served: Floats, voltage: Complexes, radius: float) -> _Step:
        """Solve the program at a point: the most kW, and limits kept as far as they can be."""
        low = np.maximum(0.0, served - radius)
        top = np.minimum(self._asked, served + radius)
        rises = self._rises(voltage)
        passed = self._passed(voltage) + AIM
        near = passed + np.maximum(rises * (top - served), rises * (low - served)).sum(axis=1) > 0
        rises, room = rises[near], rises[near] @ served - passed[near]
        left = np.hstack([rises, np.full((len(rises), 1), -1.0)])
        cost = np.append(-np.ones(len(served)), _DEAR)
        bounds = [*zip(low.tolist(), top.tolist(), strict=True), (0.0, None)]
        found = linprog(cost, left, np.asarray(room), bounds=bounds)
        if found.x is None:
            return _Step(served, 0.0, 0.0)
        best = np.clip(found.x[:-1], low, top)
        return _Step(best, float(found.x[-1]), float(-found.ineqlin.marginals.sum()))

    def _rises(self, voltage: Complexes) -> Floats:
        """Return what each limit gains with a kW more at each bus."""
        per_unit = np.zeros((len(voltage), len(self._rows)), dtype=np.complex128)
        per_unit[self._rows, np.arange(len(self._rows))] = -self._unit
        moved = self._solver.change(voltage, per_unit)
        return np.asarray(self._margins.rises(voltage, moved)[self._keep])

    def _retreat(self, served: Floats) -> Floats:
        """Return the largest part of loads that keeps every limit."""
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            part = (low + high) / 2
            voltage = self._flow(served * part)
            if voltage is not None and self._holds(voltage):
                low = part
            else:
                high = part
        return np.asarray(served * low)
