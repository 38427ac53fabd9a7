"""Write a dispatch into a plan's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.grid.dispatch_tables import hour_table, station_table, substation_table
from siting.grid.folder import write_tables
from siting.scenario_io.settings import settings_assumptions

if TYPE_CHECKING:
    from pathlib import Path

    from siting.grid.dispatch import DispatchStudy
    from siting.grid.hourly import HourlyYear

NAME = "dispatch"


def write_dispatch(
    study: DispatchStudy, out: Path, *, hourly: HourlyYear | None = None
) -> list[Path]:
    """Write ``dispatch_stations.csv``, ``_substations.csv``, ``_hours.csv``, ``dispatch.json``.

    With a whole year ``dispatch_year_stations.csv`` and ``_year_substations.csv`` as well.

    Parameters
    ----------
    study
        What was found.
    out
        Folder; made where missing.
    hourly
        A whole year of the last phase.

    Raises
    ------
    PlanError
        If the disk refuses.
    """
    tables = {
        "stations": station_table(study),
        "substations": substation_table(study),
        "hours": hour_table(study),
    }
    if hourly is not None:
        tables |= {"year_stations": hourly.stations(), "year_substations": hourly.substations()}
    setting = study.setting
    rows = [
        row.model_dump()
        for part in (setting.storage, setting.tariff, setting.study)
        for row in settings_assumptions(part)
    ]
    told = None if hourly is None else hourly.summary()
    summary = {**study.summary(), "year": told, "assumptions": rows}
    return write_tables(tables, summary, out, name=NAME, label=study.label)
