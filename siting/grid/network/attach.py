"""Tie a plan's stations to the buses of a network: by place, or by a file that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.sphere import great_circle_km
from siting.errors import Fault, InputError
from siting.grid.network.circuit import DEAD

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.grid.network.circuit import Buses
    from siting.grid.network.limits import NetworkLimits
    from siting.plan import Document

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

APART = -1
"""Bus of a station that none is near."""
_M_PER_KM = 1000.0
_SHOWN = 10


@dataclass(frozen=True, eq=False)
class Attached:
    """Hold where S stations are tied to."""

    stations: tuple[str, ...]
    bus: Places
    """(S,) place in ``Buses``, or ``APART``."""
    distance_m: Floats
    """(S,) to that bus, or to the nearest where none is near enough; NaN where unknown."""
    by_file: NDArray[np.bool_]
    """(S,) said by the file of buses."""
    drawn: bool
    """Whether the network lies where the stations are, so that a map can show it."""

    @property
    def tied(self) -> Places:
        """Return the places of stations that have a bus."""
        return np.flatnonzero(self.bus != APART)

    @property
    def apart(self) -> tuple[tuple[str, float], ...]:
        """Return the stations that have none, and how far the nearest bus is, m."""
        places = np.flatnonzero(self.bus == APART)
        return tuple((self.stations[n], float(self.distance_m[n])) for n in places)


def attach(
    document: Document,
    buses: Buses,
    limits: NetworkLimits,
    *,
    where: str,
    told: Path | None = None,
) -> Attached:
    """Tie every station to its bus.

    Parameters
    ----------
    document
        The plan.
    buses
        Of the network.
    limits
        Which buses take a station, and from how far.
    where
        The network's file, for errors.
    told
        CSV of ``station,bus`` that comes before places; bus by index, or by its one name.

    Raises
    ------
    InputError
        If the file of buses is wrong, or no station can be tied.
    """
    ids = tuple(station.id for station in document.stations)
    bus = np.full(len(ids), APART, dtype=np.int64)
    fixed = np.zeros(len(ids), dtype=bool)
    if told is not None:
        for station, place in _told(told, ids, buses).items():
            bus[ids.index(station)], fixed[ids.index(station)] = place, True
    lon = np.array([station.lon for station in document.stations])
    lat = np.array([station.lat for station in document.stations])
    near, away = _nearest(lon, lat, buses, limits)
    reached = away <= limits.reach_m
    bus = np.where(fixed, bus, np.where(reached, near, APART))
    own = great_circle_km(lon, lat, buses.lon[bus], buses.lat[bus]) * _M_PER_KM
    distance = np.where(fixed, own, away)
    found = Attached(ids, bus, distance, fixed, bool(reached.any()))
    if ids and not len(found.tied):
        raise _nowhere(away, limits, buses, where)
    return found


def _nearest(
    lon: Floats, lat: Floats, buses: Buses, limits: NetworkLimits
) -> tuple[Places, Floats]:
    """Return each point's nearest bus that takes a station, and how far it is, m."""
    fits = (buses.vn_kv >= limits.bus_min_kv) & (buses.vn_kv <= limits.bus_max_kv)
    takes = np.flatnonzero(fits & (buses.row != DEAD) & np.isfinite(buses.lon))
    if not len(takes):
        return np.full(len(lon), APART), np.full(len(lon), np.nan)
    away = great_circle_km(lon[:, None], lat[:, None], buses.lon[takes], buses.lat[takes])
    near = away.argmin(axis=1)
    return takes[near], away[np.arange(len(lon)), near] * _M_PER_KM


def _nowhere(away: Floats, limits: NetworkLimits, buses: Buses, where: str) -> InputError:
    msg = "No station can be tied to this network."
    if np.isfinite(away).any():
        what = f"the nearest bus is {np.nanmin(away) / _M_PER_KM:,.1f} km from any station"
        mend = (
            f"Tell the coordinates' system with --network-crs, raise reach_m (now "
            f"{limits.reach_m:g}), or name each station's bus with --buses FILE."
        )
    elif np.isfinite(buses.lon).any():
        what = f"it has no bus from {limits.bus_min_kv:g} to {limits.bus_max_kv:g} kV with a place"
        mend = "Change bus_min_kv and bus_max_kv of the limits, or give --buses FILE."
    else:
        what = "its buses have no coordinates"
        mend = "Give the buses coordinates (column geo), or name each one with --buses FILE."
    return InputError(msg, [Fault(where, what, mend)])


def _told(path: Path, ids: tuple[str, ...], buses: Buses) -> dict[str, int]:
    """Return the place of each station's bus, as a file says."""
    msg = "This file of buses cannot be used."
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        what = f"it cannot be read: {str(error).splitlines()[0]}"
        raise InputError(msg, [Fault(str(path), what, "Give a CSV file.")]) from error
    if not {"station", "bus"} <= set(table):
        what = f"its columns are {', '.join(map(str, table.columns))}"
        raise InputError(msg, [Fault(str(path), what, "Name two of them station and bus.")])
    faults: list[Fault] = []
    found: dict[str, int] = {}
    for row, (station, bus) in enumerate(zip(table["station"], table["bus"], strict=True), start=2):
        if station not in ids:
            mend = f"Known: {', '.join(ids[:_SHOWN])}{' ...' if len(ids) > _SHOWN else ''}."
            what = f"the plan has no station {station!r}"
            faults.append(Fault(str(path), what, mend, row=row, field="station"))
        elif station in found:
            what = f"station {station!r} stands twice"
            faults.append(Fault(str(path), what, "Keep one.", row=row, field="station"))
        else:
            place, fault = _bus(bus.strip(), buses)
            found[station] = place
            if fault:
                faults.append(Fault(str(path), *fault, row=row, field="bus"))
    if faults:
        raise InputError(msg, faults)
    return found


def _bus(told: str, buses: Buses) -> tuple[int, tuple[str, str] | None]:
    """Return the place of a bus by index, or by name; and what is wrong with it."""
    index = {str(label): place for place, label in enumerate(buses.index.tolist())}
    named = [place for place, name in enumerate(buses.names) if name == told]
    places = [index[told]] if told in index else named
    if len(places) != 1:
        some = ", ".join(list(index)[:_SHOWN])
        what = f"the network has {len(places) or 'no'} buses {told!r}"
        return APART, (what, f"Give the index of one: {some} ...")
    if buses.row[places[0]] == DEAD:
        return APART, (f"no source feeds bus {told!r}", "Name another, or close its switches.")
    return places[0], None
