"""Run what stands on a plan's placed load: read the plan, place it, dispatch it, call on it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from siting.data.load import case_folder, load_case
from siting.data.supply import supplied
from siting.grid.dispatch import dispatch_plan
from siting.grid.dispatch_folder import write_dispatch
from siting.grid.dispatch_read import Recorded, read_dispatch
from siting.grid.energy import Energy, energy_of
from siting.grid.folder import study_plan
from siting.grid.storage import FOLDER as STORAGE_FOLDER
from siting.grid.storage import Storage
from siting.grid.study import FOLDER as GRID_FOLDER
from siting.grid.study import Study
from siting.grid.tariff import FOLDER as TARIFF_FOLDER
from siting.grid.tariff import Tariff
from siting.plan_folder import read_plan
from siting.scenario_io.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.data.case import Case
    from siting.grid.dispatch import DispatchStudy
    from siting.grid.folder import GridStudy
    from siting.plan import Plan
    from siting.scenario import Scenario

log = logging.getLogger(__name__)


def studied(
    folder: Path, study: str, case_name: str | None
) -> tuple[Plan, Scenario, Case, GridStudy]:
    """Return a plan, its question and its city, and its load on a study's days.

    Parameters
    ----------
    folder
        Of the plan.
    study
        Kinds of day: a name, or a path.
    case_name
        Where the city has moved to.

    Raises
    ------
    InputError
        If the plan, its city or the study has faults.
    """
    plan, scenario = read_plan(folder)
    days = load_settings(Study, study, folder=GRID_FOLDER)
    name = case_name or plan.document.provenance.case
    case = supplied(load_case(case_folder(name)), scenario)
    return plan, scenario, case, study_plan(plan, case, scenario, days)


def energy_with(
    found: GridStudy, scenario: Scenario, dispatched: Path | None
) -> tuple[Energy, Recorded | None]:
    """Return the energy of a plan, with the equipment of a dispatch if one is given.

    Parameters
    ----------
    found, scenario
        The placed load, and the question.
    dispatched
        Folder that ``siting dispatch`` wrote into; None for a plan without equipment.

    Raises
    ------
    PlanError
        If there is no such dispatch, or it belongs to another plan or study.
    """
    if dispatched is None:
        return energy_of(found.placement, scenario), None
    made = read_dispatch(dispatched, found.placement)
    return made.energy(found.placement, scenario.grid.efficiency), made


def run_dispatch(
    folder: Path,
    *,
    storage: str,
    tariff: str,
    study: str,
    out: Path,
    case_name: str | None = None,
    progress: Callable[[str], None] = log.info,
) -> tuple[DispatchStudy, list[Path]]:
    """Size and dispatch storage, PV and V2G of a plan; return what was found, and the files.

    Raises
    ------
    InputError
        If the plan, its city or a settings file has faults.
    NoSolutionError
        If the solver does not come to an end.
    """
    equipment = load_settings(Storage, storage, folder=STORAGE_FOLDER)
    prices = load_settings(Tariff, tariff, folder=TARIFF_FOLDER)
    plan, scenario, _, found = studied(folder, study, case_name)
    made = dispatch_plan(found, plan.document, scenario, equipment, prices, progress=progress)
    return made, write_dispatch(made, out)
