"""Write what a network says to a plan as tables: by element, by breach, by station, by bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.grid.network.blame import blame
from siting.grid.network.hosting import NO_STATE
from siting.grid.network.series import high, low, over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.network.hosting import Capacity
    from siting.grid.network.series import Series
    from siting.grid.network.study import NetworkStudy

    Floats = NDArray[np.float64]

NO_STATE_KIND = "no state"
"""Kind of a breach where power flow finds no state: the load is more than can be carried."""


def element_table(series: Series) -> pd.DataFrame:
    """Return each line's, transformer's and bus's worst value in every phase, and when.

    Columns: phase, kind (line, trafo, trafo3w, bus low, bus high), index, name, worst, limit,
    day, hour, over, hours_over_per_year, worst_without.
    """
    c, rows = series.circuit, []
    e, b = c.elements, c.buses
    parts = (
        (e.kind, e.index, e.names, series.loading, series.bare_loading, e.limit, series.over, 1),
        (*_side("bus low", series), b.min_vm_pu, series.low, -1),
        (*_side("bus high", series), b.max_vm_pu, series.high, 1),
    )
    for phase, name in enumerate(series.states.phases):
        part = series.states.of_phase(phase)
        for kinds, index, names, values, bare, limit, broken, sign in parts:
            rows.append(
                _worst(series, name, part, kinds, index, names, values, bare, limit, broken, sign)
            )
    return pd.concat(rows, ignore_index=True)


def _side(
    kind: str, series: Series
) -> tuple[tuple[str, ...], NDArray[np.int64], tuple[str, ...], Floats, Floats]:
    """Return kind, index, names and voltages, with stations and without, of the buses."""
    b = series.circuit.buses
    return (kind,) * len(b.index), b.index, b.names, series.level, series.bare_level


def _worst(  # noqa: PLR0913, PLR0917 - columns
    series: Series,
    phase: str,
    part: slice,
    kinds: tuple[str, ...],
    index: NDArray[np.int64],
    names: tuple[str, ...],
    values: Floats,
    bare: Floats,
    limit: Floats,
    broken: NDArray[np.bool_],
    sign: int,
) -> pd.DataFrame:
    fed = np.asarray(np.isfinite(bare[:, part]).all(axis=1))
    seen = np.nan_to_num(sign * values[fed][:, part], nan=-np.inf)
    place = seen.argmax(axis=1)
    when = [series.states.when(part.start + n) for n in place]
    return pd.DataFrame(
        {
            "phase": phase,
            "kind": [kind for kind, there in zip(kinds, fed.tolist(), strict=True) if there],
            "index": index[fed],
            "name": [name for name, there in zip(names, fed.tolist(), strict=True) if there],
            "worst": values[fed][:, part][np.arange(len(place)), place],
            "limit": limit[fed],
            "day": [item[1] for item in when],
            "hour": [item[2] for item in when],
            "over": broken[fed][:, part].any(axis=1),
            "hours_over_per_year": broken[fed][:, part] @ series.states.weight[part],
            "worst_without": sign * (sign * bare[fed][:, part]).max(axis=1, initial=-np.inf),
        }
    )


def breach_table(series: Series) -> pd.DataFrame:
    """Return one row for each limit passed in an hour: which, when, how deep, and without stations.

    Columns: phase, day, hour, kind, index, name, value, limit, depth, value_without, base_alone.
    Loadings over the rating, voltages p.u.
    """
    c = series.circuit
    e, b = c.elements, c.buses
    rows: list[dict[str, Any]] = []
    kinds = (
        (e.kind, e.index, e.names, series.loading, series.bare_loading, e.limit, over),
        (*_side("bus low", series), b.min_vm_pu, low),
        (*_side("bus high", series), b.max_vm_pu, high),
    )
    for kind, index, names, values, bare, limit, broken in kinds:
        alone = broken(bare, c)
        for item, state in np.argwhere(broken(values, c)):
            rows.append(
                {
                    **_when(series, state),
                    "kind": kind[item],
                    "index": int(index[item]),
                    "name": names[item],
                    "value": values[item, state],
                    "limit": limit[item],
                    "depth": abs(values[item, state] - limit[item]),
                    "value_without": bare[item, state],
                    "base_alone": bool(alone[item, state]),
                }
            )
    lost = np.flatnonzero(~series.flows.solved)
    rows += [{**_when(series, int(n)), "kind": NO_STATE_KIND, "base_alone": False} for n in lost]
    table = pd.DataFrame(rows, columns=BREACH)
    return table.sort_values(["phase", "day", "hour"], kind="stable", ignore_index=True)


BREACH = [
    *("phase", "day", "hour", "kind", "index", "name", "value", "limit", "depth"),
    *("value_without", "base_alone"),
]


def _when(series: Series, state: int) -> dict[str, Any]:
    return dict(zip(("phase", "day", "hour"), series.states.when(state), strict=True))


def curtailment_table(study: NetworkStudy) -> pd.DataFrame:
    """Return what each station is denied in each hour: phase, day, hour, station, load, denied."""
    states, cut = study.series.states, study.curtailment.cut_kw
    names = [study.tied.attached.stations[n] for n in study.tied.attached.tied]
    rows = [
        {
            **_when(study.series, state),
            "station": names[station],
            "load_kw": states.load_kw[station, state],
            "curtailed_kw": cut[station, state],
            "gap_kw": study.curtailment.gap_kw[state],
        }
        for state, station in np.argwhere(cut.T > 0)
    ]
    columns = ["phase", "day", "hour", "station", "load_kw", "curtailed_kw", "gap_kw"]
    return pd.DataFrame(rows, columns=columns)


def station_table(study: NetworkStudy) -> pd.DataFrame:
    """Return one row for each phase and station: bus, distance, voltage, curtailment, breaches.

    A station that no bus is near has an empty bus and nothing more.
    """
    attached, series = study.tied.attached, study.series
    buses, states = series.circuit.buses, series.states
    share = blame(study)
    rows: list[dict[str, Any]] = []
    for phase, name in enumerate(states.phases):
        part = states.of_phase(phase)
        cut = study.curtailment.cut_kw[:, part]
        for place, station in enumerate(attached.stations):
            row: dict[str, Any] = {"phase": name, "station": station}
            row |= {"distance_m": attached.distance_m[place]}
            if attached.bus[place] >= 0:
                number = int(np.flatnonzero(attached.tied == place)[0])
                bus = int(attached.bus[place])
                row |= {
                    "bus": int(buses.index[bus]),
                    "bus_name": buses.names[bus],
                    "by_file": bool(attached.by_file[place]),
                    "peak_kw": states.load_kw[number, part].max(),
                    "lowest_vm_pu": np.nanmin(series.level[bus, part]),
                    "curtailed_most_kw": cut[number].max(),
                    "curtailed_kwh_year": cut[number] @ states.weight[part],
                }
                mine = share[(share["phase"] == name) & (share["station"] == station)]
                row["breaches"] = "; ".join(f"{r.kind} {r.index_}" for r in mine.itertuples())
            rows.append(row)
    return pd.DataFrame(rows, columns=STATION).astype({"bus": "Int64"})


STATION = [
    *("phase", "station", "bus", "bus_name", "distance_m", "by_file", "peak_kw", "lowest_vm_pu"),
    *("curtailed_most_kw", "curtailed_kwh_year", "breaches"),
]


def hosting_table(study: NetworkStudy) -> pd.DataFrame:
    """Return each bus's hosting capacity in the last phase, without the plan and beside it.

    ``kw`` holds in every hour; ``kw_fails`` does not, empty where the search ended before; the
    limit that is passed then, and when.
    """
    if study.without is None or study.beside is None:
        return pd.DataFrame()
    buses = study.series.circuit.buses
    place = {int(row): n for n, row in enumerate(study.without.row)}
    shown = [n for n, row in enumerate(buses.row.tolist()) if row in place]
    at = np.array([place[int(buses.row[n])] for n in shown], dtype=np.int64)
    table: dict[str, Any] = {
        "bus": buses.index[shown],
        "name": [buses.names[n] for n in shown],
        "vn_kv": buses.vn_kv[shown],
        "lon": buses.lon[shown],
        "lat": buses.lat[shown],
    }
    for name, found in (("without", study.without), ("beside", study.beside)):
        table |= {
            f"{name}_kw": found.low_kw[at],
            f"{name}_kw_fails": np.where(np.isfinite(found.high_kw), found.high_kw, np.nan)[at],
            f"{name}_limit": np.array(_limits(study, found), dtype=object)[at],
        }
    return pd.DataFrame(table)


def _limits(study: NetworkStudy, found: Capacity) -> list[str]:
    """Return in words which limit is passed beyond each capacity, and when."""
    last = len(study.series.states.phases) - 1
    start = study.series.states.of_phase(last).start
    told = []
    for limit, state, fails in zip(found.limit, found.state, found.high_kw, strict=True):
        if not np.isfinite(fails):
            told.append("")
            continue
        _, day, hour = study.series.states.when(start + int(state))
        told.append(f"{_limit_name(study, int(limit))}, {day} {hour:02d}:00")
    return told


def _limit_name(study: NetworkStudy, limit: int) -> str:
    c = study.series.circuit
    if limit == NO_STATE:
        return NO_STATE_KIND
    if limit < len(c.element_of):
        element = int(c.element_of[limit])
        return f"{c.elements.kind[element]} {c.elements.index[element]}"
    which, row = divmod(limit - len(c.element_of), len(c.voltage))
    bus = c.buses.index[np.flatnonzero(c.buses.row == row)[0]]
    return f"{('bus low', 'bus high')[which]} {bus}"
