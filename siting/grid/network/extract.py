"""Take a network's matrices out of pandapower, and see that they give back its own power flow."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from siting.errors import Fault, InputError
from siting.grid.network.circuit import DEAD, Buses, Circuit, Elements
from siting.grid.network.engine import level, loading, run
from siting.grid.network.flow import Solver
from siting.grid.network.places import coordinates, course, moved_to_lonlat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.network.engine import Net
    from siting.grid.network.limits import NetworkLimits
    from siting.grid.network.read import NetworkFile

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

SAME = 1e-6
"""Loadings and voltages that differ by more are not the same."""
_FROM, _TO, _BASE_KV = 0, 1, 9
"""Columns of pandapower's matrices (those of MATPOWER's case format)."""
_LEAST_POINTS = 2


def circuit_of(net: Net, file: NetworkFile, limits: NetworkLimits, *, crs: str) -> Circuit:
    """Return a network's arrays.

    Parameters
    ----------
    net
        As made; its power flow is run here.
    file
        Where it came from.
    limits
        For what the file sets no limit of its own.
    crs
        Of the file's coordinates.

    Raises
    ------
    InputError
        If it does not converge, its coordinates' system is unknown, or the arrays do not give back
        its own power flow.
    """
    run(net, file)
    inner = net._ppc["internal"]  # noqa: SLF001 - pandapower offers its matrices nowhere else
    buses = _buses(net, limits, crs, file)
    ends, elements = _elements(net, limits, buses, crs)
    row = dict(zip(buses.index.tolist(), buses.row.tolist(), strict=True))
    base_mva = float(inner["baseMVA"])
    made = Circuit(
        name=file.name,
        base_mva=base_mva,
        admittance=sp.csr_array(inner["Ybus"]),
        ends=ends.rows,
        element_of=ends.element_of,
        source=np.asarray(inner["ref"], dtype=np.int64),
        held=np.asarray(inner["pv"], dtype=np.int64),
        free=np.asarray(inner["pq"], dtype=np.int64),
        voltage=np.asarray(inner["V"], dtype=np.complex128),
        injection=np.asarray(inner["Sbus"], dtype=np.complex128),
        load=_own_load(net, row, len(inner["V"]), base_mva),
        buses=buses,
        elements=elements,
        notes=(*file.notes, *_voltage_notes(net), *_rating_notes(net, elements)),
    )
    _prove(made, net, file)
    return made


class _Ends(NamedTuple):
    rows: sp.csr_array
    element_of: Places


def _buses(net: Net, limits: NetworkLimits, crs: str, file: NetworkFile) -> Buses:
    table = net.bus
    index = table.index.to_numpy(dtype=np.int64)
    lookup = np.asarray(net._pd2ppc_lookups["bus"])  # noqa: SLF001 - as above
    fed = np.isfinite(level(net, index))
    lon, lat = coordinates(table, crs, file)
    return Buses(
        index=index,
        names=_names(table),
        vn_kv=table["vn_kv"].to_numpy(dtype=float),
        lon=lon,
        lat=lat,
        row=np.where(fed, lookup[index], DEAD).astype(np.int64),
        min_vm_pu=_or(table, "min_vm_pu", limits.min_vm_pu),
        max_vm_pu=_or(table, "max_vm_pu", limits.max_vm_pu),
    )


def _names(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple("" if pd.isna(name) else str(name) for name in table["name"])


def _or(table: pd.DataFrame, column: str, otherwise: float) -> Floats:
    if column not in table:
        return np.full(len(table), otherwise)
    return pd.to_numeric(table[column]).fillna(otherwise).to_numpy(dtype=float)


def _elements(net: Net, limits: NetworkLimits, buses: Buses, crs: str) -> tuple[_Ends, Elements]:
    inner = net._ppc["internal"]  # noqa: SLF001 - as above
    table = _monitored(net, limits)
    alive = np.asarray(inner["branch_is"], dtype=bool)
    place_of = np.where(alive, np.cumsum(alive) - 1, -1)
    table["row"] = place_of[table["branch"].to_numpy(dtype=np.int64)]
    table = table[(table["row"] >= 0) & np.isfinite(table["rating_ka"])]
    branch = np.real(inner["branch"])
    where = branch[table["row"].to_numpy(dtype=np.int64)][:, [_FROM, _TO]].astype(np.int64)
    at_end = table["end"].to_numpy(dtype=np.int64)
    base_kv = np.real(inner["bus"])[where[np.arange(len(where)), at_end], _BASE_KV]
    factor = inner["baseMVA"] / (np.sqrt(3) * base_kv) / table["rating_ka"].to_numpy(dtype=float)
    both = sp.vstack([sp.csr_array(inner["Yf"]), sp.csr_array(inner["Yt"])], format="csr")
    pick = table["row"].to_numpy(dtype=np.int64) + at_end * inner["Yf"].shape[0]
    rows = sp.csr_array(sp.diags_array(factor) @ both[pick])
    first = table.drop_duplicates("element")
    label = {name: number for number, name in enumerate(first["element"])}
    of = np.array([label[name] for name in table["element"]], dtype=np.int64)
    return _Ends(rows, of), _told(net, first, buses, crs)


def _told(net: Net, first: pd.DataFrame, buses: Buses, crs: str) -> Elements:
    place = {int(label): number for number, label in enumerate(buses.index)}
    kinds, index = [str(k) for k in first["kind"]], [int(i) for i in first["index"]]
    paths = [
        course(net.line["geo"].get(i)) if k == "line" and "geo" in net.line else []
        for k, i in zip(kinds, index, strict=True)
    ]
    flat = np.array([point for path in paths for point in path]).reshape(-1, 2)
    lon, lat = moved_to_lonlat(flat, crs)
    cuts = np.cumsum([0, *map(len, paths)])
    courses = tuple(
        tuple(zip(lon[a:b].tolist(), lat[a:b].tolist(), strict=True))
        if b - a >= _LEAST_POINTS and np.isfinite([lon[a:b], lat[a:b]]).all()
        else ()
        for a, b in pairwise(cuts.tolist())
    )
    between = [[place[int(a)], place[int(b)]] for a, b in zip(first["a"], first["b"], strict=True)]
    return Elements(
        kind=tuple(kinds),
        index=np.array(index, dtype=np.int64),
        names=tuple(str(name) for name in first["name"]),
        limit=first["limit"].to_numpy(dtype=float),
        between=np.array(between, dtype=np.int64).reshape(-1, 2),
        path=courses,
    )


def _monitored(net: Net, limits: NetworkLimits) -> pd.DataFrame:
    """Return one row an end: element, its branch, which end, and the current it may carry, kA."""
    lookup: dict[str, tuple[int, int]] = net._pd2ppc_lookups["branch"]  # noqa: SLF001 - as above
    parts = []
    if "line" in lookup:
        t, start = net.line, lookup["line"][0]
        amps = t["max_i_ka"] * t["df"] * t["parallel"]
        share = _or(t, "max_loading_percent", 100 * limits.line_share) / 100
        parts += [_end(t, "line", start, n, amps, share, "from_bus to_bus") for n in (0, 1)]
    share_t = 100 * limits.transformer_share
    if "trafo" in lookup:
        t = net.trafo
        share = _or(t, "max_loading_percent", share_t) / 100
        for end, side in enumerate(("hv", "lv")):
            amps = t["sn_mva"] * t["parallel"] * t["df"] / (np.sqrt(3) * t[f"vn_{side}_kv"])
            parts.append(_end(t, "trafo", lookup["trafo"][0], end, amps, share, "hv_bus lv_bus"))
    if "trafo3w" in lookup:
        t = net.trafo3w
        share = _or(t, "max_loading_percent", share_t) / 100
        for number, (side, end) in enumerate((("hv", 0), ("mv", 1), ("lv", 1))):
            amps = t[f"sn_{side}_mva"] / (np.sqrt(3) * t[f"vn_{side}_kv"])
            start = lookup["trafo3w"][0] + number * len(t)
            parts.append(_end(t, "trafo3w", start, end, amps, share, "hv_bus lv_bus"))
    if not parts:
        return pd.DataFrame(columns=[*_END, "row"])
    kinds = {"line": 0, "trafo": 1, "trafo3w": 2}
    whole = pd.concat(parts, ignore_index=True)
    order = np.lexsort((whole["place"], whole["kind"].map(kinds)))
    return whole.iloc[order].reset_index(drop=True)


_END = [
    *("kind", "index", "place", "name", "branch", "end", "rating_ka", "limit"),
    *("a", "b", "element"),
]


def _end(
    table: pd.DataFrame,
    kind: str,
    start: int,
    end: int,
    amps: pd.Series[float],
    share: Floats,
    buses: str,
) -> pd.DataFrame:
    count = len(table)
    a, b = buses.split()
    return pd.DataFrame(
        {
            "kind": kind,
            "index": table.index.to_numpy(),
            "place": np.arange(count),
            "name": _names(table),
            "branch": start + np.arange(count),
            "end": end,
            "rating_ka": amps.to_numpy(dtype=float),
            "limit": share,
            "a": table[a].to_numpy(),
            "b": table[b].to_numpy(),
            "element": [f"{kind} {label}" for label in table.index],
        }
    )


def _own_load(net: Net, row: dict[int, int], count: int, base_mva: float) -> NDArray[np.complex128]:
    """Return the file's loads by row, p.u."""
    found = np.zeros(count, dtype=np.complex128)
    for item in net.load[net.load["in_service"].astype(bool)].itertuples():
        place = row[int(item.bus)]
        if place != DEAD:
            found[place] += (item.p_mw + 1j * item.q_mvar) * item.scaling / base_mva
    return found


def _voltage_notes(net: Net) -> list[str]:
    columns = [c for c in net.load if str(c).startswith(("const_z", "const_i"))]
    moved = int((net.load[columns].fillna(0).to_numpy(dtype=float) != 0).any(axis=1).sum())
    if not moved:
        return []
    return [f"{moved} loads that depend on voltage are taken as constant power"]


def _rating_notes(net: Net, elements: Elements) -> list[str]:
    blank = int(net.line["max_i_ka"].isna().sum()) if len(net.line) else 0
    notes = [] if not blank else [f"{blank} lines have no max_i_ka: their loading is not checked"]
    return notes if len(elements.index) else [*notes, "no line or transformer has a rating"]


def _prove(circuit: Circuit, net: Net, file: NetworkFile) -> None:
    """Solve the file's own state anew, and compare it with what pandapower found."""
    flows = Solver(circuit).solve(circuit.injection[:, None])
    e, index = circuit.elements, circuit.buses.index
    off = [
        np.abs(circuit.loading(flows.voltage)[:, 0] - loading(net, e.kind, e.index)),
        np.nan_to_num(np.abs(circuit.level(flows.voltage)[:, 0] - level(net, index))),
    ]
    worst = max(float(part.max(initial=0.0)) for part in off)
    if not flows.solved.all() or worst > SAME:
        msg = "This network cannot be used."
        what = f"its power flow cannot be given back: a value differs by {worst:.2g}"
        mend = "Take out what is neither a load, a line nor a transformer, and try again."
        raise InputError(msg, [Fault(str(file.path), what, mend)])
