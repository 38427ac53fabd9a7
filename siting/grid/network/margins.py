"""Hold what may not be passed, as rows of one vector: ends of elements, lowest, highest voltage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.grid.network.circuit import DEAD
from siting.grid.placement import OVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.network.circuit import Circuit

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Margins:
    """Hold the limits of M ends and N rows; a row without a limit has an infinite one."""

    circuit: Circuit
    end: Floats
    """(M,) highest loading."""
    low: Floats
    """(N,) lowest voltage, p.u."""
    high: Floats
    """(N,) highest voltage, p.u."""

    def passed(self, voltage: Complexes) -> Floats:
        """Return by how much each limit is passed, (M + 2 N, K): below zero where it holds."""
        size = np.abs(voltage)
        return np.vstack(
            [
                np.abs(self.circuit.currents(voltage)) - self.end[:, None],
                self.low[:, None] - size,
                size - self.high[:, None],
            ]
        )

    def rises(self, voltage: Complexes, moved: Complexes) -> Floats:
        """Return what :meth:`passed` gains with a small change of voltages, (M + 2 N, U).

        Parameters
        ----------
        voltage
            (N,)
        moved
            (N, U) to first order.
        """
        current = self.circuit.currents(voltage)
        size = np.maximum(np.abs(current), np.finfo(float).tiny)
        by_end = ((np.conj(current) / size)[:, None] * self.circuit.currents(moved)).real
        by_row = ((np.conj(voltage) / np.abs(voltage))[:, None] * moved).real
        return np.vstack([by_end, -by_row, by_row])

    @property
    def slack(self) -> Floats:
        """Return by how much each limit may be passed and still count as kept: rounding."""
        return np.concatenate([self.end, self.low, self.high]).clip(0, 2) * (OVER - 1)

    def broken(self, voltage: Complexes) -> Flags:
        """Tell which limits are passed, (M + 2 N, K)."""
        return np.asarray(self.passed(voltage) > self.slack[:, None])


def margins_of(circuit: Circuit) -> Margins:
    """Return the limits of a network.

    Parameters
    ----------
    circuit
        The network.
    """
    count, buses = len(circuit.voltage), circuit.buses
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    fed = buses.row != DEAD
    np.maximum.at(low, buses.row[fed], buses.min_vm_pu[fed])
    np.minimum.at(high, buses.row[fed], buses.max_vm_pu[fed])
    return Margins(circuit, circuit.elements.limit[circuit.element_of], low, high)
