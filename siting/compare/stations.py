"""Say what became of each station of the first plan in another one.

At one and the same site a station is *kept* (the same type), or *resized*. A station of the first
plan whose site is without one is *dropped*, and one at a site where the first has none is *new*;
but where a dropped and a new one lie within some metres of each other they are one that *moved*.
Which of them belong together is decided for all at once: as many as can be, then the least metres
in all (the assignment problem; H. W. Kuhn, Naval Research Logistics Quarterly 2, 1955).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from siting.data.sphere import great_circle_km

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from siting.compare.read import Compared
    from siting.plan import Station

Change = Literal["kept", "resized", "moved", "new", "dropped"]
CHANGES: tuple[Change, ...] = ("kept", "resized", "moved", "new", "dropped")
MOVED_M = 500.0
"""Metres within which a dropped and a new station count as one that moved, unless said."""
STATIONS = (
    *("plan", "phase", "station", "name", "name_zh", "district", "lon", "lat", "change"),
    *("type_first", "type", "moved_from", "moved_m"),
)


@dataclass(frozen=True)
class Changed:
    """Hold what became of one station."""

    station: Station
    """Of the other plan; of the first where it was dropped."""
    change: Change
    type_first: str | None
    type: str | None
    moved_from: str | None = None
    """Site it stood at in the first plan."""
    moved_m: float | None = None


def supers(item: Compared, phase: int) -> dict[str, tuple[Station, str]]:
    """Return the open supercharging stations of a phase, with their types, by site."""
    kinds = item.scenario.stations
    found = {}
    for station in item.plan.document.stations:
        kind = station.steps[phase].type
        if kind is not None and kinds[kind].is_super:
            found[station.id] = (station, kind)
    return found


def changes(
    first: Compared, other: Compared, phases: tuple[int, int], *, moved_m: float = MOVED_M
) -> list[Changed]:
    """Return what became of every station, in the order of the plans.

    Parameters
    ----------
    first, other
        Plans of one city.
    phases
        Number of the phase of each.
    moved_m
        Metres within which a dropped and a new station are one that moved.
    """
    old, new = supers(first, phases[0]), supers(other, phases[1])
    gone = [site for site in old if site not in new]
    come = [site for site in new if site not in old]
    moves = _moves([old[s][0] for s in gone], [new[s][0] for s in come], moved_m)
    origin = {come[b]: (gone[a], metres) for a, b, metres in moves}
    left = {gone[a] for a, _, _ in moves}
    found = []
    for site, (station, kind) in new.items():
        if site in old:
            before = old[site][1]
            found.append(Changed(station, "kept" if before == kind else "resized", before, kind))
        elif site in origin:
            source, metres = origin[site]
            found.append(Changed(station, "moved", old[source][1], kind, source, metres))
        else:
            found.append(Changed(station, "new", None, kind))
    rest = (site for site in gone if site not in left)
    return found + [Changed(old[site][0], "dropped", old[site][1], None) for site in rest]


def _moves(
    gone: Sequence[Station], come: Sequence[Station], moved_m: float
) -> list[tuple[int, int, float]]:
    """Return which of the dropped and the new stations are one, with the metres between them."""
    if not gone or not come:
        return []
    one, two = (np.array([[s.lon, s.lat] for s in side]) for side in (gone, come))
    apart = 1000 * great_circle_km(one[:, :1], one[:, 1:], two[:, 0], two[:, 1])
    far = 1e3 * (moved_m + 1) * (len(gone) + len(come))
    rows, columns = linear_sum_assignment(np.where(apart <= moved_m, apart, far))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(a, b, float(apart[a, b])) for a, b in pairs if apart[a, b] <= moved_m]


def phase_pairs(first: Compared, other: Compared) -> Iterator[tuple[str, int, int]]:
    """Yield the phases to hold against each other: of one name; and the last ones, as 'last'."""
    names = [phase.name for phase in first.plan.document.phases]
    others = [phase.name for phase in other.plan.document.phases]
    for number, name in enumerate(others):
        if name in names:
            yield name, names.index(name), number
    yield "last", len(names) - 1, len(others) - 1


Found = dict[str, dict[str, list[Changed]]]
"""What became of each station, by the plan's letter and the phase's name, or 'last'."""


def station_table(
    plans: Sequence[Compared], *, moved_m: float = MOVED_M
) -> tuple[pd.DataFrame, Found]:
    """Return every change of every plan against the first, by phase; as a table, and as found.

    Parameters
    ----------
    plans
        The first is what the others are held against.
    moved_m
        As :func:`changes` takes it.
    """
    first, *others = plans
    rows: list[tuple[object, ...]] = []
    by_phase: Found = {}
    for other in others:
        by_phase[other.letter] = {}
        for name, one, two in phase_pairs(first, other):
            found = changes(first, other, (one, two), moved_m=moved_m)
            rows += [_row(other, name, item) for item in found]
            by_phase[other.letter][name] = found
    return pd.DataFrame(rows, columns=list(STATIONS)), by_phase


def _row(other: Compared, phase: str, item: Changed) -> tuple[object, ...]:
    s = item.station
    return (
        *(other.letter, phase, s.id, s.name, s.name_zh, s.district, s.lon, s.lat, item.change),
        *(item.type_first, item.type, item.moved_from, item.moved_m),
    )
