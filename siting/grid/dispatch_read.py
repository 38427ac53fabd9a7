"""Read a dispatch that was written, so that carbon and money count PV and storage once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.errors import Fault, PlanError
from siting.grid.dispatch_tables import HOUR_COLUMNS
from siting.grid.energy import Energy
from siting.grid.placement import HOURS

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.grid.placement import Placement

    Floats = NDArray[np.float64]

MEND = "Run 'siting dispatch' again on this plan, with the same --study."
_SIZES = ("battery_kwh", "battery_kw", "pv_kw", "invested_cny", "running_cny_year")
_MADE_WITH = ("storage", "tariff", "study")
_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Recorded:
    """Hold a dispatch of T phases, S stations, D days and 24 hours, as it was written."""

    storage: str
    """Name of the settings it was made with; so for tariff and study."""
    tariff: str
    study: str
    flows: dict[str, Floats]
    """(T, S, D, 24) by column of the table of hours."""
    sizes: dict[str, Floats]
    """(T, S) by column of the table of stations."""

    def energy(self, placement: Placement, efficiency: float) -> Energy:
        """Return the plan's energy with its equipment.

        What vehicles give they are given back within the day, so that what stays in them is what
        was asked; the loss is in what is bought.

        Parameters
        ----------
        placement
            The load the dispatch was made for.
        efficiency
            Of charging.
        """
        flow = self.flows
        return Energy(
            grid_kw=flow["import_kw"] - flow["export_kw"],
            pv_kw=flow["pv_kw"],
            delivered_kw=placement.guns_kw * efficiency,
            storage_kwh=placement.battery_kwh + self.sizes["battery_kwh"],
            days_per_year=placement.days_per_year,
        )


def read_dispatch(folder: Path, placement: Placement) -> Recorded:
    """Read what ``siting dispatch`` wrote.

    Parameters
    ----------
    folder
        That it wrote into.
    placement
        The plan's load: the dispatch has to be that of this load.

    Raises
    ------
    PlanError
        If a file is missing or damaged, or belongs to another plan or study.
    """
    p = placement
    told = _told(folder / "dispatch.json")
    stations = _table(folder / "dispatch_stations.csv", ("phase", "station", *_SIZES))
    names = ("phase", "station", "day", "hour", "load_kw", *HOUR_COLUMNS)
    hours = _table(folder / "dispatch_hours.csv", names)
    at = _places(stations, {"phase": p.phases, "station": p.stations}, folder)
    sizes = {name: _filled((len(p.phases), len(p.stations)), at, stations[name]) for name in _SIZES}
    axes = {"phase": p.phases, "station": p.stations, "day": p.days}
    clock = hours["hour"].to_numpy()
    if len(clock) and (clock.min() < 0 or clock.max() >= HOURS):
        raise _wrong(folder, "dispatch_hours.csv holds an hour that no day has")
    where = (*_places(hours, axes, folder), clock.astype(int))
    shape = p.expected_kw.shape
    flows = {name: _filled(shape, where, hours[name]) for name in ("load_kw", *HOUR_COLUMNS)}
    if not np.allclose(flows["load_kw"], p.expected_kw, rtol=_SLACK, atol=_SLACK):
        raise _wrong(folder, "its load is not that of this plan and study")
    storage, tariff, study = (str(told[name]) for name in _MADE_WITH)
    return Recorded(storage, tariff, study, flows, sizes)


def _wrong(folder: Path, what: str) -> PlanError:
    msg = "The dispatch in this folder cannot be used."
    return PlanError(msg, [Fault(str(folder), what, MEND)])


def _told(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(path, f"it cannot be read ({error.__class__.__name__})") from error
    if not isinstance(told, dict) or not set(_MADE_WITH) <= set(told):
        raise _wrong(path, "it does not say with which storage, tariff and study it was made")
    return told


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    labels: dict[Hashable, type[str]] = dict.fromkeys(("phase", "station", "day"), str)
    try:
        table = pd.read_csv(path, encoding="utf-8-sig", dtype=labels)
    except (OSError, ValueError) as error:
        raise _wrong(path, f"it cannot be read ({error.__class__.__name__})") from error
    missing = [name for name in columns if name not in table]
    if missing:
        raise _wrong(path, f"it has no column {', '.join(missing)}")
    numbers = [name for name in columns if name not in labels]
    odd = [name for name in numbers if not pd.api.types.is_numeric_dtype(table[name])]
    if odd or not np.isfinite(table[numbers].to_numpy(dtype=float)).all():
        raise _wrong(path, f"not every value of {', '.join(odd or numbers)} is a number")
    return table


def _places(
    table: pd.DataFrame, axes: dict[str, tuple[str, ...]], folder: Path
) -> tuple[NDArray[np.int64], ...]:
    found = []
    for name, labels in axes.items():
        place = pd.Index(labels).get_indexer(pd.Index(table[name]))
        if (place < 0).any():
            odd = str(table[name].to_numpy()[place < 0][0])
            raise _wrong(folder, f"it knows the {name} {odd!r}, which this plan and study do not")
        found.append(place.astype(np.int64))
    return tuple(found)


def _filled(
    shape: tuple[int, ...], at: tuple[NDArray[np.int64], ...], values: pd.Series[float]
) -> Floats:
    whole = np.zeros(shape)
    whole[at] = values.to_numpy(dtype=float)
    return whole
