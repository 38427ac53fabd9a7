r"""Say what a network has to carry: every phase, kind of day and hour is one state.

The file's loads are taken as the peak of the design day, and follow the day's base load:
:math:`S_{tdh} = S^{file} \, g_t \, b_d \, s_{dh}`, with :math:`g` the phase's growth, :math:`b` the
day's base load over the design day's, and :math:`s` its hourly shape (largest value 1), as a
substation's base load does. Generation and all else stay as in the file. A station draws its load
at the scenario's power factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.grid.placement import HOURS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.network.attach import Attached
    from siting.grid.network.circuit import Circuit
    from siting.grid.placement import Placement
    from siting.grid.study import Study
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]

Asked = Literal["design", "expected"]
"""The load a station may ask for, or the load its customers bring."""
_KW_PER_MW = 1000.0


@dataclass(frozen=True, eq=False)
class States:
    """Hold K = T x D x 24 states, by phase, kind of day and hour."""

    phases: tuple[str, ...]
    days: tuple[str, ...]
    days_per_year: Floats
    """(D,)"""
    factor: Floats
    """(K,) the file's loads over what they are in the file."""
    load_kw: Floats
    """(S, K) of stations that have a bus."""
    row: NDArray[np.int64]
    """(S,) their rows in the circuit."""
    tangent: float
    """kvar for each kW of a station."""

    @property
    def weight(self) -> Floats:
        """Return how many hours of a year each state stands for, (K,)."""
        return np.tile(np.repeat(self.days_per_year, HOURS), len(self.phases))

    def when(self, state: int) -> tuple[str, str, int]:
        """Return phase, day and hour of a state."""
        phase, rest = divmod(int(state), len(self.days) * HOURS)
        day, hour = divmod(rest, HOURS)
        return self.phases[phase], self.days[day], hour

    def of_phase(self, phase: int) -> slice:
        """Return the states of a phase."""
        size = len(self.days) * HOURS
        return slice(phase * size, (phase + 1) * size)

    def injection(self, circuit: Circuit, load_kw: Floats, states: slice | Floats) -> Complexes:
        """Return what the network has to carry, (N, K), p.u.

        Parameters
        ----------
        circuit
            The network.
        load_kw
            (S, K) of stations, in these states.
        states
            Which.
        """
        own = circuit.load[:, None] * (self.factor[states] - 1)
        drawn = np.zeros((len(circuit.load), load_kw.shape[1]), dtype=np.complex128)
        power = load_kw * (1 + 1j * self.tangent) / _KW_PER_MW / circuit.base_mva
        np.add.at(drawn, self.row, power)
        return np.asarray(circuit.injection[:, None] - own - drawn)


def states_of(
    circuit: Circuit,
    attached: Attached,
    placement: Placement,
    scenario: Scenario,
    study: Study,
    *,
    asked: Asked = "design",
) -> States:
    """Return every state of a study.

    Parameters
    ----------
    circuit, attached
        The network, and where stations are tied to.
    placement
        Their load.
    scenario, study
        How the base load runs.
    asked
        Which load of stations.
    """
    load = placement.design_kw if asked == "design" else placement.expected_kw
    by_station = load[:, attached.tied].transpose(1, 0, 2, 3)
    rows = circuit.buses.row[attached.bus[attached.tied]]
    return States(
        phases=placement.phases,
        days=placement.days,
        days_per_year=placement.days_per_year,
        factor=_factor(scenario, study),
        load_kw=np.ascontiguousarray(by_station.reshape(len(attached.tied), -1)),
        row=rows,
        tangent=float(np.tan(np.arccos(scenario.grid.power_factor))),
    )


def _factor(scenario: Scenario, study: Study) -> Floats:
    rows = [
        np.array(day.base_profile or scenario.grid.base_profile)
        * day.base_factor
        * phase.base_load_growth
        for phase in scenario.phases
        for day in study.days.values()
    ]
    return np.concatenate(rows)
