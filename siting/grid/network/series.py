"""Run the states of a study through a network, with a plan's stations and without."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import Fault, InputError
from siting.grid.placement import OVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.network.circuit import Circuit
    from siting.grid.network.flow import Flows, Solver
    from siting.grid.network.states import States

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Series:
    """Hold K states of a network."""

    circuit: Circuit
    states: States
    flows: Flows
    """With the stations."""
    bare: Flows
    """Without."""

    @cached_property
    def loading(self) -> Floats:
        """(E, K) of elements, over their rating; NaN where no state was found."""
        return self._seen(self.circuit.loading(self.flows.voltage))

    @cached_property
    def bare_loading(self) -> Floats:
        """(E, K) without the stations."""
        return self.circuit.loading(self.bare.voltage)

    @cached_property
    def level(self) -> Floats:
        """(B, K) voltage of buses, p.u.; NaN where nothing feeds them, or no state was found."""
        return self._seen(self.circuit.level(self.flows.voltage))

    @cached_property
    def bare_level(self) -> Floats:
        """(B, K) without the stations."""
        return self.circuit.level(self.bare.voltage)

    def _seen(self, values: Floats) -> Floats:
        return np.where(self.flows.solved, values, np.nan)

    @cached_property
    def over(self) -> Flags:
        """(E, K) loadings beyond their limit."""
        return over(self.loading, self.circuit)

    @cached_property
    def low(self) -> Flags:
        """(B, K) voltages below their limit."""
        return low(self.level, self.circuit)

    @cached_property
    def high(self) -> Flags:
        """(B, K) voltages above their limit."""
        return high(self.level, self.circuit)

    @property
    def broken(self) -> Flags:
        """Tell in which states a limit is passed, or no state is found, (K,)."""
        limits = self.over.any(axis=0) | self.low.any(axis=0) | self.high.any(axis=0)
        return np.asarray(limits | ~self.flows.solved)


def over(loading: Floats, circuit: Circuit) -> Flags:
    """Tell which loadings, (E, K), are beyond their limit."""
    return np.asarray(loading > circuit.elements.limit[:, None] * OVER)


def low(level: Floats, circuit: Circuit) -> Flags:
    """Tell which voltages, (B, K), are below their limit."""
    return np.asarray(level * OVER < circuit.buses.min_vm_pu[:, None])


def high(level: Floats, circuit: Circuit) -> Flags:
    """Tell which voltages, (B, K), are above their limit."""
    return np.asarray(level > circuit.buses.max_vm_pu[:, None] * OVER)


def series_of(solver: Solver, states: States, where: str) -> Series:
    """Run every state, with the stations and without.

    Parameters
    ----------
    solver, states
        The network, and what it has to carry.
    where
        The network's file, for errors.

    Raises
    ------
    InputError
        If the network finds no state even without the stations.
    """
    circuit, every = solver.circuit, slice(None)
    nothing = np.zeros_like(states.load_kw)
    bare = solver.solve(states.injection(circuit, nothing, every))
    lost = np.flatnonzero(~bare.solved)
    if len(lost):
        phase, day, hour = states.when(lost[0])
        msg = "This network finds no state of its own."
        what = (
            f"power flow does not converge without any station in {len(lost)} hours, first in "
            f"phase {phase}, day {day}, {hour:02d}:00, with its loads times "
            f"{states.factor[lost[0]]:.2f}"
        )
        mend = "Lower its loads, or base_load_growth of the scenario's phases."
        raise InputError(msg, [Fault(where, what, mend)])
    flows = solver.solve(states.injection(circuit, states.load_kw, every), bare.voltage)
    return Series(circuit, states, flows, bare)
