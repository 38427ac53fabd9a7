"""Confirm with pandapower itself what was found: the worst hours, and every curtailed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.grid.network.engine import level, loaded, loading, run
from siting.grid.network.series import high, low, over

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.grid.network.curtail import Curtailment
    from siting.grid.network.engine import Net
    from siting.grid.network.read import NetworkFile
    from siting.grid.network.series import Series

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

_KW_PER_MW = 1000.0


@dataclass(frozen=True)
class Confirmed:
    """Hold what pandapower's own power flow said."""

    hours: int
    """Power flows run."""
    largest_difference: float
    """Between its loadings and voltages (share, p.u.) and those found here."""
    clean: bool
    """Whether every limit that holds without stations holds in every curtailed hour."""


def confirm(
    net: Net,
    file: NetworkFile,
    series: Series,
    curtailment: Curtailment,
    buses: Places,
    *,
    progress: Callable[[str], None] | None = None,
) -> Confirmed:
    """Run pandapower in each phase's worst hour as asked, and in each curtailed hour as curtailed.

    Parameters
    ----------
    net
        The network; loads of stations are added to it.
    file
        Where it came from.
    series, curtailment
        What was found.
    buses
        (S,) index of each station's bus.
    progress
        Called with a line of text now and then.
    """
    own, states = net.load.index, series.states
    base = net.load["scaling"].copy()
    added = loaded(net, buses)
    cut_hours = np.flatnonzero(curtailment.cut_kw.any(axis=0))
    runs = [*((hour, False) for hour in _worst(series)), *_once(cut_hours, series)]
    apart, clean = 0.0, True
    for number, (hour, curtailed) in enumerate(runs):
        if progress is not None:
            progress(f"confirming hour {number + 1} of {len(runs)} with pandapower")
        cut = curtailment.cut_kw[:, hour] if curtailed else 0.0
        kw = states.load_kw[:, hour] - cut
        net.load.loc[own, "scaling"] = base * states.factor[hour]
        net.load.loc[added, "p_mw"] = kw / _KW_PER_MW
        net.load.loc[added, "q_mvar"] = kw / _KW_PER_MW * states.tangent
        run(net, file)
        found = _found(net, series)
        if curtailed:
            clean = clean and _holds(found, series, hour)
        else:
            apart = max(apart, _apart(found, series, hour))
    return Confirmed(len(runs), apart, clean)


def _once(hours: Places, series: Series) -> list[tuple[int, bool]]:
    """Return hours that differ in what the network carries, each once."""
    states = series.states
    known: dict[bytes, int] = {}
    for hour in hours.tolist():
        known.setdefault(np.append(states.load_kw[:, hour], states.factor[hour]).tobytes(), hour)
    return [(hour, True) for hour in known.values()]


def _worst(series: Series) -> list[int]:
    """Return each phase's hour of highest loading, and of lowest voltage."""
    found: list[int] = []
    for phase in range(len(series.states.phases)):
        part = series.states.of_phase(phase)
        solved = series.flows.solved[part]
        load = np.where(solved, series.loading[:, part].max(axis=0, initial=0.0), -np.inf)
        volts = np.nan_to_num(series.level[:, part], nan=np.inf).min(axis=0, initial=np.inf)
        both = (int(load.argmax()), int(volts.argmin()))
        found.extend(part.start + place for place in both if solved[place])
    return list(dict.fromkeys(found))


def _found(net: Net, series: Series) -> tuple[Floats, Floats]:
    e = series.circuit.elements
    return loading(net, e.kind, e.index), level(net, series.circuit.buses.index)


def _apart(found: tuple[Floats, Floats], series: Series, hour: int) -> float:
    load = np.abs(found[0] - series.loading[:, hour]).max(initial=0.0)
    volts = np.nan_to_num(np.abs(found[1] - series.level[:, hour])).max(initial=0.0)
    return float(max(load, volts))


def _holds(found: tuple[Floats, Floats], series: Series, hour: int) -> bool:
    """Tell whether nothing is passed but what is passed without stations."""
    c, hours = series.circuit, slice(hour, hour + 1)
    load, volts = found[0][:, None] - _ROUNDING, found[1][:, None]
    passed = [
        over(load, c) & ~over(series.bare_loading[:, hours], c),
        low(volts + _ROUNDING, c) & ~low(series.bare_level[:, hours], c),
        high(volts - _ROUNDING, c) & ~high(series.bare_level[:, hours], c),
    ]
    return not any(bool(part.any()) for part in passed)


_ROUNDING = 1e-7
"""Between two programs that both solve a state to 1e-8 MVA."""
