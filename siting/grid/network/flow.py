r"""Solve power flows of one network for many injections at once.

Newton's method in polar coordinates (Tinney and Hart 1967) needs a new Jacobian for each step and
each state. The states of a study are near each other, so here one Jacobian, that of the file's own
state, is factorised once and serves every state and every step (the *dishonest* Newton method,
Stott 1974): steps are cheap, many states share each of them, and the error shrinks by a constant
factor. A state for which that is too slow gets Newton's method with its own Jacobians.

With :math:`I = Y V`,

.. math:: \frac{\partial S}{\partial \theta} = j \, \mathrm{diag}(V)
          \overline{(\mathrm{diag}(I) - Y \mathrm{diag}(V))}, \quad
          \frac{\partial S}{\partial |V|} = \mathrm{diag}(V)
          \overline{Y \, \mathrm{diag}(V / |V|)} + \overline{\mathrm{diag}(I)} \,
          \mathrm{diag}(V / |V|).

References
----------
W. F. Tinney, C. E. Hart, "Power Flow Solution by Newton's Method", IEEE Trans. PAS-86 (1967)
1449-1460. B. Stott, "Review of Load-Flow Calculation Methods", Proc. IEEE 62 (1974) 916-929.
R. D. Zimmerman, "AC Power Flows, Generalized OPF Costs and their Derivatives using Complex Matrix
Notation", MATPOWER Technical Note 2 (2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse.linalg import SuperLU

    from siting.grid.network.circuit import Circuit

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]

AIM_MVA = 1e-9
"""Largest mismatch of power that is aimed at."""
ENOUGH_MVA = 1e-8
"""And that is taken for solved: pandapower's own."""
STEPS = 40
NEWTON_STEPS = 25
_WIDEST = 4_000_000
"""Numbers in one array: states are solved in lots of this size."""
_LOST = 1e3
"""A mismatch in per unit from which a state does not come back."""


_DENSE = 1500
"""Unknowns up to which the inverse is multiplied, which is quicker than many sparse solves."""


class Factored:
    """Hold a factorised Jacobian.

    Columns are solved one by one: SuperLU hands a block of them to threaded BLAS in pieces so small
    that it takes ten times as long.

    Parameters
    ----------
    factors
        Of the matrix.
    often
        Whether many columns are to come.
    """

    def __init__(self, factors: SuperLU, *, often: bool = False) -> None:
        self._factors = factors
        size = factors.shape[0]
        self._inverse = self._each(np.eye(size)) if often and size <= _DENSE else None

    def solve(self, right: Floats) -> Floats:
        """Return the solutions of columns, in the shape of ``right``."""
        return self._each(right) if self._inverse is None else self._inverse @ right

    def _each(self, right: Floats) -> Floats:
        found = np.empty_like(right)
        for place in range(right.shape[1]):
            found[:, place] = self._factors.solve(np.ascontiguousarray(right[:, place]))
        return found


@dataclass(frozen=True, eq=False)
class Flows:
    """Hold K states."""

    voltage: Complexes
    """(N, K)"""
    solved: NDArray[np.bool_]
    """(K,)"""


class Solver:
    """Solve states of one circuit.

    Parameters
    ----------
    circuit
        The network.
    """

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self._turned = np.concatenate([circuit.held, circuit.free])
        self._aim = AIM_MVA / circuit.base_mva
        self._enough = ENOUGH_MVA / circuit.base_mva
        self._factors = self.factors(circuit.voltage, often=True)

    def solve(self, injection: Complexes, start: Complexes | None = None) -> Flows:
        """Return the states of injections.

        Parameters
        ----------
        injection
            (N, K) p.u.
        start
            (N, K) voltages to start from; the file's own state where left out.
        """
        lot = max(1, _WIDEST // len(injection))
        parts = [
            self._lot(injection[:, n : n + lot], None if start is None else start[:, n : n + lot])
            for n in range(0, injection.shape[1], lot)
        ]
        if not parts:
            return Flows(np.zeros_like(injection), np.zeros(0, dtype=bool))
        return Flows(
            np.hstack([part.voltage for part in parts]),
            np.concatenate([part.solved for part in parts]),
        )

    def _lot(self, injection: Complexes, start: Complexes | None) -> Flows:
        count = injection.shape[1]
        voltage = np.repeat(self.circuit.voltage[:, None], count, axis=1)
        if start is not None:
            voltage = start.copy()
        size = np.full(count, np.inf)
        going = np.arange(count)
        for step in range(STEPS + 1):
            miss = self._mismatch(voltage[:, going], injection[:, going])
            size[going] = np.abs(miss).max(axis=0, initial=0.0)
            on = (size[going] > self._aim) & (size[going] < _LOST)
            going, miss = going[on], miss[:, on]
            if not len(going) or step == STEPS:
                break
            voltage[:, going] = self._moved(voltage[:, going], -self._factors.solve(miss))
        solved = size <= self._enough
        for place in np.flatnonzero(~solved):
            found = self.newton(injection[:, place], self.circuit.voltage)
            solved[place] = found is not None
            voltage[:, place] = self.circuit.voltage if found is None else found
        return Flows(voltage, solved)

    def newton(self, injection: Complexes, start: Complexes) -> Complexes | None:
        """Return one state by Newton's method with its own Jacobians; None where none is found.

        Parameters
        ----------
        injection, start
            (N,) p.u.
        """
        voltage = start[:, None]
        for _ in range(NEWTON_STEPS):
            miss = self._mismatch(voltage, injection[:, None])
            size = np.abs(miss).max(initial=0.0)
            if size <= self._aim:
                return np.asarray(voltage[:, 0])
            if not np.isfinite(size) or size > _LOST:
                return None
            try:
                voltage = self._moved(voltage, -self.factors(voltage[:, 0]).solve(miss))
            except RuntimeError:  # a singular Jacobian: at, or past, the nose of the curve
                return None
        size = np.abs(self._mismatch(voltage, injection[:, None])).max(initial=0.0)
        return np.asarray(voltage[:, 0]) if size <= self._enough else None

    def _mismatch(self, voltage: Complexes, injection: Complexes) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            miss = voltage * np.conj(self.circuit.bus_currents(voltage)) - injection
        told = np.concatenate([miss.real[self._turned], miss.imag[self.circuit.free]])
        return np.asarray(np.nan_to_num(told, nan=np.inf))

    def _moved(self, voltage: Complexes, change: Floats) -> Complexes:
        angle, size = np.angle(voltage), np.abs(voltage)
        cut = len(self._turned)
        angle[self._turned] += change[:cut]
        size[self.circuit.free] += change[cut:]
        return np.asarray(size * np.exp(1j * angle))

    def factors(self, voltage: Complexes, *, often: bool = False) -> Factored:
        """Return the Jacobian at a state, factorised.

        Parameters
        ----------
        voltage
            (N,)
        often
            Whether many columns are to come.
        """
        by_angle, by_size = derivatives(self.circuit, voltage)
        turned, free = self._turned, self.circuit.free
        jacobian = sp.block_array(
            [
                [by_angle.real[turned][:, turned], by_size.real[turned][:, free]],
                [by_angle.imag[free][:, turned], by_size.imag[free][:, free]],
            ],
            format="csc",
        )
        return Factored(splu(jacobian), often=often)

    def change(self, voltage: Complexes, per_unit: Complexes) -> Complexes:
        """Return how voltages move with small injections, (N, U), to first order.

        Parameters
        ----------
        voltage
            (N,) the state.
        per_unit
            (N, U) injections.
        """
        turned, free = self._turned, self.circuit.free
        right = np.concatenate([per_unit.real[turned], per_unit.imag[free]])
        moved = self.factors(voltage).solve(right)
        angle = np.zeros(per_unit.shape)
        size = np.zeros(per_unit.shape)
        angle[turned], size[free] = moved[: len(turned)], moved[len(turned) :]
        unit = voltage / np.abs(voltage)
        return np.asarray(1j * voltage[:, None] * angle + unit[:, None] * size)


def derivatives(circuit: Circuit, voltage: Complexes) -> tuple[sp.csr_array, sp.csr_array]:
    """Return what injections change with angles and sizes of voltages, (N, N) each.

    Parameters
    ----------
    circuit
        The network.
    voltage
        (N,)
    """
    y = circuit.admittance
    current, unit = circuit.bus_currents(voltage), voltage / np.abs(voltage)
    v, i, u = (sp.diags_array(a) for a in (voltage, current, unit))
    by_angle = 1j * v @ (i - y @ v).conj()
    by_size = v @ (y @ u).conj() + i.conj() @ u
    return sp.csr_array(by_angle), sp.csr_array(by_size)
