r"""Say which stations have a part in which breach.

At a limit's worst hour, a station's part is what its load adds to the loading (or takes from the
voltage), to first order: :math:`g_{es} x_s`, with :math:`g` the derivative of the power flow. It is
told as a share of what all stations add; a station with less than a hundredth of it is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.grid.network.flow import Solver

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.network.study import NetworkStudy

    Floats = NDArray[np.float64]

LEAST_SHARE = 0.01
COLUMNS = [
    *("phase", "station", "kind", "index_", "name", "day", "hour", "value", "limit", "depth"),
    *("hours_over_per_year", "share", "base_alone"),
]


def blame(study: NetworkStudy) -> pd.DataFrame:
    """Return one row for each phase, station and limit that it has a part in passing.

    Parameters
    ----------
    study
        The network's answer.
    """
    series, rows = study.series, []
    c, states = series.circuit, series.states
    names = [study.tied.attached.stations[n] for n in study.tied.attached.tied]
    solver, margins = Solver(c), study.margins
    passed = margins.passed(series.flows.voltage)
    broken = margins.broken(series.flows.voltage) & series.flows.solved
    alone = margins.broken(series.bare.voltage)
    first = _first_rows(study)
    for phase, told in enumerate(states.phases):
        part = states.of_phase(phase)
        deepest = np.where(broken[:, part], passed[:, part], -np.inf)
        for limit in [n for n in first if broken[n, part].any()]:
            state = part.start + int(deepest[limit].argmax())
            parts = _parts(study, solver, state)[limit] * states.load_kw[:, state]
            total = parts[parts > 0].sum()
            for station in np.flatnonzero(parts > LEAST_SHARE * total):
                row: dict[str, Any] = {"phase": told, "station": names[station]}
                row |= first[limit] | _worst(study, limit, state)
                row["hours_over_per_year"] = broken[limit, part] @ states.weight[part]
                row |= {"share": parts[station] / total, "base_alone": bool(alone[limit, state])}
                rows.append(row)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.drop_duplicates(["phase", "station", "kind", "index_"], ignore_index=True)


def _first_rows(study: NetworkStudy) -> dict[int, dict[str, Any]]:
    """Return what each limit is of, by its place in ``Margins.passed``: one bus for each row."""
    c = study.series.circuit
    found: dict[int, dict[str, Any]] = {}
    for end, element in enumerate(c.element_of.tolist()):
        e = c.elements
        found[end] = {
            "kind": e.kind[element],
            "index_": int(e.index[element]),
            "name": e.names[element],
        }
    for which, kind in enumerate(("bus low", "bus high")):
        start = len(c.element_of) + which * len(c.voltage)
        for bus, row in enumerate(c.buses.row.tolist()):
            if row >= 0:
                found.setdefault(
                    start + row,
                    {"kind": kind, "index_": int(c.buses.index[bus]), "name": c.buses.names[bus]},
                )
    return found


def _worst(study: NetworkStudy, limit: int, state: int) -> dict[str, Any]:
    """Return when a limit is passed most, and how deep."""
    series, m = study.series, study.margins
    column = series.flows.voltage[:, [state]]
    depth = float(m.passed(column)[limit, 0])
    limits = np.concatenate([m.end, m.low, m.high])
    ends, count = len(m.end), len(m.low)
    sign = -1 if ends <= limit < ends + count else 1
    _, day, hour = series.states.when(state)
    value = float(limits[limit]) + sign * depth
    return {"day": day, "hour": hour, "value": value, "limit": limits[limit], "depth": depth}


def _parts(study: NetworkStudy, solver: Solver, state: int) -> Floats:
    """Return what each limit gains with a kW more at each station, (M + 2 N, S)."""
    series = study.series
    c, states = series.circuit, series.states
    rows, of = np.unique(states.row, return_inverse=True)
    per_unit = np.zeros((len(c.voltage), len(rows)), dtype=np.complex128)
    kw = (1 + 1j * states.tangent) / 1000 / c.base_mva
    per_unit[rows, np.arange(len(rows))] = -kw
    voltage = series.flows.voltage[:, state]
    return np.asarray(study.margins.rises(voltage, solver.change(voltage, per_unit))[:, of])
