"""Read a plan folder back, with every fault in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from siting.errors import Fault, PlanError, ScenarioError
from siting.plan import FORMAT, Document, Plan
from siting.plan_folder.tables import BATTERIES_FILE, PLAN_TABLES, missing_hours, read_table
from siting.scenario_io import load_scenario

if TYPE_CHECKING:
    import pandas as pd

    from siting.scenario import Scenario

AGAIN = "Make the plan again with 'siting plan'."
_SHOWN_FAULTS = 20


def read_plan(folder: Path) -> tuple[Plan, Scenario]:
    """Read a plan folder and the scenario it answers.

    Parameters
    ----------
    folder
        As `write_plan` wrote it.

    Raises
    ------
    PlanError
        If something is missing or damaged; lists everything found.
    """
    folder = Path(folder)
    document = _read_document(folder)
    tables, faults = {}, []
    for name in PLAN_TABLES:
        tables[name], found = read_table(folder / name)
        faults += found
    try:
        scenario = load_scenario(str(folder / "scenario.toml"))
    except ScenarioError as error:
        faults += error.faults
    if not faults:
        faults += missing_hours(tables["load.csv"])
    batteries = None
    if not faults and any(kind.battery_kwh for kind in scenario.stations.values()):
        batteries, faults = _batteries(folder / BATTERIES_FILE)
    if faults:
        msg = f"The plan in {folder} is damaged."
        left = len(faults) - _SHOWN_FAULTS
        more = [Fault(str(folder), f"and {left} faults more", AGAIN)] if left > 0 else []
        raise PlanError(msg, [*faults[:_SHOWN_FAULTS], *more])
    service, zones, load = (tables[name] for name in PLAN_TABLES)
    return Plan(document, service, zones, load, batteries), scenario


def _batteries(path: Path) -> tuple[pd.DataFrame | None, list[Fault]]:
    """Read the timetables; None where there are none, as where no limit is enforced."""
    return read_table(path) if path.exists() else (None, [])


def _read_document(folder: Path) -> Document:
    path = folder / "plan.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        what = "holds no plan.json" if folder.is_dir() else "no such folder"
        msg = "There is no plan here."
        mend = "Give the folder that 'siting plan' wrote."
        raise PlanError(msg, [Fault(str(folder), what, mend)]) from error
    except OSError as error:
        msg = "The plan cannot be read."
        what = error.strerror or str(error)
        raise PlanError(msg, [Fault(str(path), what, "Check the folder.")]) from error
    except (ValueError, RecursionError) as error:
        msg = "The plan is damaged."
        raise PlanError(msg, [Fault(str(path), f"is not JSON: {error}", AGAIN)]) from error
    found = raw.get("format") if isinstance(raw, dict) else None
    if found != FORMAT:
        msg = "This plan.json is not one that this version of siting reads."
        fault = Fault(str(path), f"format is {found!r}, not {FORMAT!r}", AGAIN, field="format")
        raise PlanError(msg, [fault])
    try:
        return Document.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        faults = [
            Fault(str(path), item["msg"], AGAIN, field=".".join(str(p) for p in item["loc"]))
            for item in error.errors(include_url=False)[:_SHOWN_FAULTS]
        ]
        msg = "The plan is damaged."
        raise PlanError(msg, faults) from error
