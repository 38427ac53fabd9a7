"""Read measured charging: hours by zones, and the piles of each zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.errors import CaseError, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

VOLUME_FILE, ZONES_FILE = "volume.csv", "inf.csv"
HOURS_A_WEEK = 168
_TIME = "time"
_SHOWN = 5
"""Faulty cells that are listed."""
_ID_NAMES = ("TAZID", "id")
_PILE_NAMES = ("charge_count", "piles")


@dataclass(frozen=True, eq=False)
class History:
    """Hold H consecutive hours of charging in Z zones."""

    zones: tuple[str, ...]
    start: pd.Timestamp
    volume: Floats
    """(H, Z), in any unit: only shares are used."""
    piles: Floats
    """(Z,)."""


def read_history(folder: Path) -> History:
    """Read a folder of measured charging.

    ``volume.csv`` has a column ``time`` with every hour once, in order, and one column a zone;
    ``inf.csv`` has a row a zone, with ``TAZID`` or ``id`` and ``charge_count`` or ``piles``.

    Parameters
    ----------
    folder
        Holds both files.

    Raises
    ------
    CaseError
        If a file is missing or something in it does not fit; lists all faults.
    """
    volume, zones = _table(folder / VOLUME_FILE), _table(folder / ZONES_FILE)
    faults: list[Fault] = []
    times = _times(volume, faults)
    id_name = _column(zones, _ID_NAMES, faults)
    pile_name = _column(zones, _PILE_NAMES, faults)
    names = [str(name) for name in volume.columns if name != _TIME]
    if not names:
        faults.append(Fault(VOLUME_FILE, "there is no zone to read", "Give one column a zone."))
    _stop(folder, faults)
    numbers = _numbers(volume[names], VOLUME_FILE, faults)
    piles = dict(zip(zones[id_name], _numbers(zones[[pile_name]], ZONES_FILE, faults), strict=True))
    lost = [name for name in names if name not in piles]
    if lost:
        mend = f"Give every zone of {VOLUME_FILE} a row."
        faults.append(Fault(ZONES_FILE, f"no row for zone {lost[0]!r}", mend))
    _stop(folder, faults)
    counts = np.array([float(piles[name][0]) for name in names])
    return History(tuple(names), times[0], numbers, counts)


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        what, mend = f"cannot be read: {error}".splitlines()[0], "Save it as CSV in UTF-8."
        if isinstance(error, FileNotFoundError):
            what, mend = "is missing", f"Give a folder with {VOLUME_FILE} and {ZONES_FILE}."
        msg = "Measured charging cannot be read:"
        raise CaseError(msg, [Fault(str(path), what, mend)]) from error


def _times(volume: pd.DataFrame, faults: list[Fault]) -> pd.DatetimeIndex:
    mend = "Give every hour once, in order: 2025-01-31 23:00."
    if _TIME not in volume:
        faults.append(Fault(VOLUME_FILE, f"has no column {_TIME!r}", mend))
        return pd.DatetimeIndex([])
    times = pd.DatetimeIndex(pd.to_datetime(volume[_TIME], errors="coerce", format="mixed"))
    bad = np.flatnonzero(times.isna())
    if not len(times):
        faults.append(Fault(VOLUME_FILE, "has no rows", mend))
    elif len(bad):
        what = f"{volume[_TIME].iloc[bad[0]]!r} is no time"
        faults.append(Fault(VOLUME_FILE, what, mend, row=int(bad[0]) + 2, field=_TIME))
    else:
        steps = np.flatnonzero(np.diff(times.to_numpy()) != np.timedelta64(1, "h"))
        if len(steps):
            what = (
                f"{volume[_TIME].iloc[steps[0] + 1]} does not follow an hour after the one before"
            )
            faults.append(Fault(VOLUME_FILE, what, mend, row=int(steps[0]) + 3, field=_TIME))
    return times


def _column(table: pd.DataFrame, names: tuple[str, ...], faults: list[Fault]) -> str:
    for name in names:
        if name in table:
            return name
    faults.append(Fault(ZONES_FILE, f"has no column {' or '.join(names)}", "Add it."))
    return names[0]


def _numbers(table: pd.DataFrame, file: str, faults: list[Fault]) -> Floats:
    values = np.column_stack([pd.to_numeric(table[c], errors="coerce") for c in table])
    for row, column in np.argwhere(~(values >= 0) | np.isinf(values))[:_SHOWN].tolist():
        field = str(table.columns[column])
        what = f"{table[field].iloc[row]!r} is not a number of 0 or more"
        faults.append(Fault(file, what, "Write a number.", row=row + 2, field=field))
    return values


def _stop(folder: Path, faults: list[Fault]) -> None:
    if faults:
        msg = f"{folder}: measured charging cannot be used:"
        raise CaseError(msg, faults)
