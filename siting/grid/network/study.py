"""Ask whether a real network bears a plan: the order of things, on one screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.grid.network.attach import attach
from siting.grid.network.confirm import confirm
from siting.grid.network.curtail import curtail
from siting.grid.network.engine import network_of
from siting.grid.network.extract import circuit_of
from siting.grid.network.flow import Solver
from siting.grid.network.hosting import hosting
from siting.grid.network.margins import margins_of
from siting.grid.network.read import read_network
from siting.grid.network.series import series_of
from siting.grid.network.states import states_of
from siting.grid.network.validate import check_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.grid.folder import GridStudy
    from siting.grid.network.attach import Attached
    from siting.grid.network.circuit import Circuit
    from siting.grid.network.confirm import Confirmed
    from siting.grid.network.curtail import Curtailment
    from siting.grid.network.engine import Net
    from siting.grid.network.hosting import Capacity
    from siting.grid.network.limits import NetworkLimits
    from siting.grid.network.margins import Margins
    from siting.grid.network.read import NetworkFile
    from siting.grid.network.series import Series
    from siting.grid.network.states import Asked, States
    from siting.plan import Document
    from siting.scenario import Scenario


@dataclass(frozen=True)
class NetworkAsked:
    """Hold what is asked about a network."""

    path: Path
    crs: str = "EPSG:4326"
    buses: Path | None = None
    """CSV of ``station,bus``."""
    load: Asked = "design"
    hosting: bool = True


@dataclass(frozen=True, eq=False)
class Tied:
    """Hold a network with a plan's stations on it, before any power flow of theirs."""

    file: NetworkFile
    net: Net
    circuit: Circuit
    attached: Attached
    states: States


@dataclass(frozen=True, eq=False)
class NetworkStudy:
    """Hold what a network says to a plan."""

    asked: NetworkAsked
    limits: NetworkLimits
    tied: Tied
    margins: Margins
    series: Series
    curtailment: Curtailment
    confirmed: Confirmed
    without: Capacity | None
    """Hosting capacity for charging without the plan's stations, in the last phase."""
    beside: Capacity | None
    """And beside them."""

    @property
    def holds(self) -> bool:
        """Tell whether no limit is passed in any phase and hour."""
        return not bool(self.series.broken.any())


def tie(
    found: GridStudy,
    document: Document,
    scenario: Scenario,
    limits: NetworkLimits,
    asked: NetworkAsked,
) -> Tied:
    """Read a network and put a plan's stations on it.

    Parameters
    ----------
    found
        Their placed load.
    document, scenario
        The plan and its question.
    limits
        Of the network.
    asked
        Which network, and how.

    Raises
    ------
    InputError
        If the network cannot be used, or no station lies near it.
    """
    file = read_network(asked.path)
    check_network(file)
    net = network_of(file)
    circuit = circuit_of(net, file, limits, crs=asked.crs)
    where = str(asked.path)
    attached = attach(document, circuit.buses, limits, where=where, told=asked.buses)
    states = states_of(circuit, attached, found.placement, scenario, found.study, asked=asked.load)
    return Tied(file, net, circuit, attached, states)


def study_network(
    tied: Tied,
    limits: NetworkLimits,
    asked: NetworkAsked,
    *,
    progress: Callable[[str], None],
) -> NetworkStudy:
    """Run every hour, find the smallest curtailment and hosting capacities, confirm them.

    Parameters
    ----------
    tied
        The network with the stations.
    limits, asked
        As for `tie`.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InputError
        If the network finds no state even without the stations.
    """
    circuit, states = tied.circuit, tied.states
    solver, margins = Solver(circuit), margins_of(circuit)
    progress(f"power flow of {len(states.factor):,} hours")
    series = series_of(solver, states, str(asked.path))
    curtailment = curtail(solver, margins, series, progress=progress)
    index = circuit.buses.index[tied.attached.bus[tied.attached.tied]]
    confirmed = confirm(tied.net, tied.file, series, curtailment, index, progress=progress)
    without = beside = None
    if asked.hosting:
        rows = hosting_rows(circuit, limits)
        last = states.of_phase(len(states.phases) - 1)
        load = states.load_kw[:, last]
        both = []
        for told, part in (("without", np.zeros_like(load)), ("beside", load)):
            progress(f"hosting capacity of {len(rows)} buses {told} the plan's stations")
            carried = states.injection(circuit, part, last)
            both.append(
                hosting(solver, margins, carried, rows, tangent=states.tangent, how=limits.hosting)
            )
        without, beside = both
    return NetworkStudy(
        asked, limits, tied, margins, series, curtailment, confirmed, without, beside
    )


def hosting_rows(circuit: Circuit, limits: NetworkLimits) -> NDArray[np.int64]:
    """Return the rows of the circuit that take a station, each once.

    Parameters
    ----------
    circuit, limits
        The network, and which buses take one.
    """
    buses = circuit.buses
    fits = (buses.vn_kv >= limits.bus_min_kv) & (buses.vn_kv <= limits.bus_max_kv)
    return np.setdiff1d(buses.row[fits & (buses.row >= 0)], circuit.source)
