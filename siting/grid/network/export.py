"""Write a plan's loads for other programs: pandapower, OpenDSS, CSV."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from siting.grid.folder import writing
from siting.grid.network.engine import loaded, network_of, pandapower, refusing
from siting.grid.placement import HOURS
from siting.plan_folder.tables import write_table

if TYPE_CHECKING:
    from pathlib import Path

    from siting.grid.folder import GridStudy
    from siting.grid.network.study import Tied

LoadFormat = Literal["csv", "opendss", "pandapower"]
FILES: dict[LoadFormat, str] = {
    "csv": "loads.csv",
    "opendss": "loads.dss",
    "pandapower": "loads_pandapower.json",
}
"""What each format is written as."""
KIND = "siting"
"""Type of the loads in pandapower's table."""
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")
_LONGEST = 40
_KW_PER_MW = 1000.0


def safe_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return names that no program takes for anything else, each once.

    OpenDSS reads blanks, dots, commas, quotes, ``=``, ``!`` and line ends as its own: letters and
    digits stay, with a number in front.

    Parameters
    ----------
    labels
        Whatever a city calls its stations.
    """
    kept = [_UNSAFE.sub("_", label)[:_LONGEST].strip("_") for label in labels]
    return tuple(f"s{n}_{name}".rstrip("_").lower() for n, name in enumerate(kept, start=1))


def load_table(found: GridStudy, power_factor: float, tied: Tied | None) -> pd.DataFrame:
    """Return one row for each phase, station, kind of day and hour.

    Columns: phase, station, name (in OpenDSS), bus (of the network, where there is one), day, hour,
    design_kw, design_kvar, expected_kw.

    Parameters
    ----------
    found
        The placed load.
    power_factor
        Of stations.
    tied
        The network, if any.
    """
    p = found.placement
    size = (len(p.phases), len(p.stations), len(p.days), HOURS)
    t, s, d, h = np.indices(size).reshape(4, -1)
    buses: list[int | None] = [None] * len(p.stations)
    if tied is not None:
        for station in tied.attached.tied.tolist():
            buses[station] = int(tied.circuit.buses.index[tied.attached.bus[station]])
    kw = p.design_kw.ravel()
    return pd.DataFrame(
        {
            "phase": np.array(p.phases, dtype=object)[t],
            "station": np.array(p.stations, dtype=object)[s],
            "name": np.array(safe_names(p.stations), dtype=object)[s],
            "bus": pd.array(buses, dtype="Int64")[s],
            "day": np.array(p.days, dtype=object)[d],
            "hour": h,
            "design_kw": kw,
            "design_kvar": kw * np.tan(np.arccos(power_factor)),
            "expected_kw": p.expected_kw.ravel(),
        }
    )


def opendss(tied: Tied, power_factor: float, label: str) -> str:
    """Return the last phase's loads and their shapes as OpenDSS commands.

    One LoadShape a station: the study's kinds of day one after the other, hour by hour; redirect
    the file into a circuit whose buses are named ``bus_INDEX`` after the network's.

    Parameters
    ----------
    tied
        The network with the stations.
    power_factor
        Of stations.
    label
        '' for a real city, else what every output must say.
    """
    states, attached, buses = tied.states, tied.attached, tied.circuit.buses
    last = states.of_phase(len(states.phases) - 1)
    load = states.load_kw[:, last]
    names = safe_names(attached.stations)
    lines = [
        f"! Loads of charging stations by siting; {_plain(label) or 'real data'}.",
        f"! {load.shape[1]} hours: days {', '.join(_plain(day) for day in states.days)}.",
        "! Buses are named bus_INDEX after the pandapower network; loads.csv names the stations.",
    ]
    for number, place in enumerate(attached.tied.tolist()):
        peak = float(load[number].max())
        if peak <= 0:
            continue
        bus = int(attached.bus[place])
        shape = " ".join(f"{value:.6g}" for value in load[number] / peak)
        where = f"Bus1=bus_{buses.index[bus]} Phases=3 Conn=Wye kV={buses.vn_kv[bus]:g}"
        what = f"Model=1 kW={peak:.6f} PF={power_factor:.6g} Vminpu=0.5 Vmaxpu=1.5"
        name = names[place]
        lines.append(f"New LoadShape.{name} npts={load.shape[1]} interval=1 mult=({shape})")
        lines.append(f"New Load.{name} {where} {what} Daily={name}")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return _UNSAFE.sub(" ", text).strip()


def pandapower_json(tied: Tied) -> str:
    """Return the network with the stations as loads at their peak, and their hours as profiles.

    Loads are those of the last phase, of type ``siting``, named after their stations; the table
    ``profiles.load`` (as SimBench has it) holds MW by hour and load, ``profiles.network`` the
    factor on the network's own loads.

    Parameters
    ----------
    tied
        The network with the stations.
    """
    states, attached = tied.states, tied.attached
    net = network_of(tied.file)
    last = states.of_phase(len(states.phases) - 1)
    load = states.load_kw[:, last] / _KW_PER_MW
    added = loaded(net, tied.circuit.buses.index[attached.bus[attached.tied]])
    net.load.loc[added, "name"] = [attached.stations[n] for n in attached.tied]
    net.load.loc[added, "type"] = KIND
    net.load.loc[added, "p_mw"] = load.max(axis=1, initial=0.0)
    net.load.loc[added, "q_mvar"] = load.max(axis=1, initial=0.0) * states.tangent
    columns = [str(index) for index in added]
    net["profiles"] = {
        "load": pd.DataFrame(load.T, columns=columns),
        "network": pd.DataFrame({"factor": states.factor[last]}),
    }
    with refusing(tied.file, "pandapower cannot write it", "Check it with pandapower.diagnostic."):
        return str(pandapower().to_json(net, None))


def write_loads(
    found: GridStudy, power_factor: float, tied: Tied | None, out: Path, kind: LoadFormat
) -> Path:
    """Write a plan's loads; return the file.

    Parameters
    ----------
    found
        The placed load.
    power_factor
        Of stations.
    tied
        The network with the stations; needed but for CSV.
    out
        Folder; made where missing.
    kind
        Format.

    Raises
    ------
    PlanError
        If the disk refuses.
    """
    path = out / FILES[kind]
    with writing(out):
        if kind == "csv" or tied is None:
            table = load_table(found, power_factor, tied)
            write_table(table.assign(label=found.label or "real data"), path)
        else:
            text = (
                opendss(tied, power_factor, found.label)
                if kind == "opendss"
                else pandapower_json(tied)
            )
            path.write_text(text, encoding="utf-8")
    return path
