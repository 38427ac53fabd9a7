"""Write what a network says to a plan into the plan's folder: ``grid/network_*``."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.grid.calendar import DAYS, kind_of_day
from siting.grid.folder import write_tables, writing
from siting.grid.network.blame import blame
from siting.grid.network.drawing import drawing
from siting.grid.network.tables import (
    breach_table,
    curtailment_table,
    element_table,
    hosting_table,
    station_table,
)
from siting.grid.placement import HOURS
from siting.scenario_io.settings import settings_assumptions

if TYPE_CHECKING:
    from pathlib import Path

    from siting.grid.network.study import NetworkStudy
    from siting.grid.study import Study

NAME = "network"
DRAWING = "network.geojson"
_KWH_PER_MWH = 1000.0


def summary(study: NetworkStudy) -> dict[str, Any]:
    """Return what a network says in a few numbers, for JSON, phase by phase.

    Parameters
    ----------
    study
        The network's answer.
    """
    attached, file = study.tied.attached, study.tied.file
    breaches = breach_table(study.series)
    phases = [_phase(study, breaches, n) for n in range(len(study.series.states.phases))]
    hosted: dict[str, Any] = {}
    for name, found in (("without", study.without), ("beside", study.beside)):
        if found is not None and len(found.low_kw):
            quarters = np.percentile(found.low_kw, [0, 50, 100])
            hosted[name] = dict(zip(("least_kw", "median_kw", "most_kw"), quarters, strict=True))
    return {
        "network": file.name,
        "file": study.asked.path.name,
        "sha256": hashlib.sha256(file.path.read_bytes()).hexdigest(),
        "limits": study.limits.name,
        "load": study.asked.load,
        "holds": study.holds,
        "stations": len(attached.stations),
        "tied": len(attached.tied),
        "apart": [{"station": name, "nearest_m": _plain(away)} for name, away in attached.apart],
        "drawn": attached.drawn,
        "phases": phases,
        "hosting": hosted,
        "tolerance_kw": study.limits.hosting.tolerance_kw,
        "confirmed": vars(study.confirmed),
        "notes": list(study.series.circuit.notes),
        "assumptions": [row.model_dump() for row in settings_assumptions(study.limits)],
    }


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _phase(study: NetworkStudy, breaches: pd.DataFrame, phase: int) -> dict[str, Any]:
    series, cut = study.series, study.curtailment
    states, part = series.states, series.states.of_phase(phase)
    own = breaches[breaches["phase"] == states.phases[phase]]
    named = own[["kind", "index"]].drop_duplicates()
    ours = own[~own["base_alone"].astype(bool)][["kind", "index"]].drop_duplicates()
    total = cut.cut_kw[:, part].sum(axis=0)
    level = series.level[:, part]
    return {
        "phase": states.phases[phase],
        "stations_mw": float(states.load_kw[:, part].sum(axis=0).max(initial=0.0)) / 1000,
        "loading": _plain(float(np.nanmax(series.loading[:, part], initial=0.0))),
        "lowest_vm_pu": _plain(float(np.nanmin(level, initial=np.inf))),
        "highest_vm_pu": _plain(float(np.nanmax(level, initial=-np.inf))),
        "elements_over": len(named),
        "elements_over_by_stations": len(ours),
        "hours_over_per_year": float(series.broken[part] @ states.weight[part]),
        "curtailed_most_kw": float(total.max(initial=0.0)),
        "curtailed_mwh_year": float(total @ states.weight[part]) / _KWH_PER_MWH,
        "curtailed_gap_kw": _plain(float(cut.gap_kw[part].max(initial=0.0))),
        "curtailment_clears": bool(cut.clean[part].all()),
    }


def write_network(
    study: NetworkStudy, out: Path, *, label: str, days: Study | None = None, year: int = 0
) -> list[Path]:
    """Write the tables, their summary and a drawing; return the files.

    Parameters
    ----------
    study
        The network's answer.
    out
        Folder; made where missing.
    label
        '' for a real city, else what every output must say.
    days, year
        The kinds of day and the calendar year of all 8,760 hours; None for none.

    Raises
    ------
    PlanError
        If the disk refuses.
    """
    tables = {
        "elements": element_table(study.series),
        "breaches": breach_table(study.series),
        "stations": station_table(study),
        "station_breaches": blame(study).rename(columns={"index_": "index"}),
        "curtailment": curtailment_table(study),
    }
    if study.without is not None:
        tables["hosting"] = hosting_table(study)
    paths = write_tables(tables, summary(study), out, name=NAME, label=label)
    with writing(out):
        told = drawing(study) | {"label": label}
        paths.append(out / DRAWING)
        text = json.dumps(told, ensure_ascii=False, allow_nan=False)
        paths[-1].write_text(text + "\n", encoding="utf-8")
        if days is not None:
            paths.append(out / f"{NAME}_year.parquet")
            table = year_table(study, days, year).assign(label=label or "real data")
            table.to_parquet(paths[-1], index=False)
    return paths


def year_table(study: NetworkStudy, days: Study, year: int) -> pd.DataFrame:
    """Return all 8,760 hours of the last phase: loading, voltage, limits passed, curtailment.

    Exact: a year is made of the study's kinds of day, so each of its hours is one of the states
    whose power flow was run.

    Parameters
    ----------
    study
        The network's answer.
    days
        The kinds of day.
    year
        Of the calendar.
    """
    series = study.series
    last = series.states.of_phase(len(series.states.phases) - 1)
    kinds = kind_of_day(days, year)
    state = (kinds[:, None] * HOURS + np.arange(HOURS)).ravel()
    start = np.datetime64(f"{year:04d}-01-01T00", "h")
    level = series.level[:, last]
    columns = {
        "stations_kw": series.states.load_kw[:, last].sum(axis=0),
        "highest_loading": np.nanmax(series.loading[:, last], axis=0, initial=0.0),
        "lowest_vm_pu": np.nanmin(level, axis=0, initial=np.inf),
        "highest_vm_pu": np.nanmax(level, axis=0, initial=-np.inf),
        "over": series.broken[last],
        "curtailed_kw": study.curtailment.cut_kw[:, last].sum(axis=0),
    }
    time = start + np.arange(DAYS * HOURS).astype("timedelta64[h]")
    return pd.DataFrame({"time": time, **{name: v[state] for name, v in columns.items()}})
