"""Write what a grid study found into a plan's folder."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from siting.errors import Fault, PlanError
from siting.grid.calendar import year_load
from siting.grid.placement import place
from siting.grid.tables import (
    district_load,
    station_load,
    substation_layer,
    substation_load,
    verdicts,
)
from siting.plan_folder.geopackage import writable
from siting.plan_folder.tables import write_table
from siting.scenario_io.settings import settings_assumptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from siting.data.case import Case
    from siting.grid.placement import Placement
    from siting.grid.study import Study
    from siting.plan import Plan
    from siting.scenario import Scenario


@dataclass(frozen=True, eq=False)
class GridStudy:
    """Hold a plan's load on a study's days, and whether every substation holds."""

    study: Study
    placement: Placement
    verdicts: pd.DataFrame
    label: str
    """'' for real data, else what every output must say."""

    @property
    def holds(self) -> bool:
        """Tell whether no limit is passed, in any phase."""
        return not bool(self.verdicts["over"].any())


def study_plan(plan: Plan, case: Case, scenario: Scenario, study: Study) -> GridStudy:
    """Place a plan's load and judge every substation.

    Parameters
    ----------
    plan, case, scenario
        The answer, its city and its question.
    study
        The kinds of day.
    """
    placement = place(plan, case, scenario, study)
    label = plan.document.provenance.label
    return GridStudy(study, placement, verdicts(placement), label)


def write_study(
    found: GridStudy, plan: Plan, case: Case, out: Path, *, whole_year: bool = False
) -> list[Path]:
    """Write the tables of a study; return the files.

    ``substations.csv`` (verdicts), ``load.csv`` (by substation), ``stations.csv``,
    ``districts.csv``, ``substations.parquet`` (GeoParquet of the verdicts), ``assumptions.json``;
    ``year.parquet`` if asked.

    Parameters
    ----------
    found
        The study.
    plan, case
        The answer and its city.
    out
        Folder; made where missing.
    whole_year
        Also write 8,760 hours of the last phase.

    Raises
    ------
    PlanError
        If the disk refuses.
    """
    with writing(out):
        return _write(found, plan, case, out, whole_year=whole_year)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Make a folder to write into, and turn what a disk refuses into an error a user reads.

    Parameters
    ----------
    out
        The folder.

    Raises
    ------
    PlanError
        If the disk refuses.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        msg = "The study cannot be written."
        fault = Fault(str(out), error.strerror or str(error), "Give another folder with --out.")
        raise PlanError(msg, [fault]) from error


def write_tables(
    tables: Mapping[str, pd.DataFrame],
    summary: Mapping[str, Any],
    out: Path,
    *,
    name: str,
    label: str,
) -> list[Path]:
    """Write tables as CSV, and their summary as JSON; return the files.

    Parameters
    ----------
    tables
        By name; ``carbon`` and ``year`` become ``carbon_year.csv``.
    summary
        A few numbers.
    out
        Folder; made where missing.
    name
        Of the account.
    label
        '' for real data, else what every output must say.

    Raises
    ------
    PlanError
        If the disk refuses.
    """
    with writing(out):
        paths = [out / f"{name}_{key}.csv" for key in tables]
        for path, table in zip(paths, tables.values(), strict=True):
            write_table(table.assign(label=label or "real data"), path)
        text = json.dumps({"label": label, **summary}, ensure_ascii=False, indent=1)
        (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    return [*paths, out / f"{name}.json"]


def _write(found: GridStudy, plan: Plan, case: Case, out: Path, *, whole_year: bool) -> list[Path]:
    placement, document = found.placement, plan.document
    label = found.label or "real data"
    tables = {
        "substations.csv": found.verdicts,
        "load.csv": substation_load(placement),
        "stations.csv": station_load(placement),
        "districts.csv": district_load(placement, document),
    }
    for name, table in tables.items():
        write_table(table.assign(label=label), out / name)
    paths = [out / name for name in tables]
    if len(case.substations):
        layer = writable(substation_layer(found.verdicts, case).assign(label=label))
        paths.append(out / "substations.parquet")
        layer.to_parquet(paths[-1], index=False)
    rows = [row.model_dump() for row in settings_assumptions(found.study)]
    paths.append(out / "assumptions.json")
    paths[-1].write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if whole_year:
        last = len(placement.phases) - 1
        year = int(document.phases[-1].date[:4])
        paths.append(out / "year.parquet")
        table = year_load(placement, found.study, phase=last, year=year)
        table.assign(label=label).to_parquet(paths[-1], index=False)
    return paths
