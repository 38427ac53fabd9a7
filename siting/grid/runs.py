"""Run what stands on a plan's placed load: read the plan, place it, dispatch it, call on it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from siting.data.load import case_folder, load_case
from siting.data.supply import supplied
from siting.errors import Fault, InputError
from siting.grid.dispatch import dispatch_plan
from siting.grid.dispatch_folder import write_dispatch
from siting.grid.dispatch_read import Recorded, read_dispatch
from siting.grid.energy import Energy, energy_of
from siting.grid.event import read_event
from siting.grid.folder import study_plan, write_tables
from siting.grid.hourly import HourlyYear, dispatch_hours, read_factors
from siting.grid.plant import Setting, sites_of
from siting.grid.storage import FOLDER as STORAGE_FOLDER
from siting.grid.storage import Storage
from siting.grid.study import FOLDER as GRID_FOLDER
from siting.grid.study import Study
from siting.grid.tariff import FOLDER as TARIFF_FOLDER
from siting.grid.tariff import Tariff
from siting.grid.vpp import Answer, plant
from siting.plan_folder import read_plan
from siting.scenario_io.settings import load_settings, settings_assumptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.data.case import Case
    from siting.grid.dispatch import DispatchStudy
    from siting.grid.folder import GridStudy
    from siting.grid.placement import Placement
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


def run_dispatch(  # noqa: PLR0913 - each is an option of the command
    folder: Path,
    *,
    storage: str,
    tariff: str,
    study: str,
    out: Path,
    hours: Path | None = None,
    workers: int = 1,
    case_name: str | None = None,
    progress: Callable[[str], None] = log.info,
) -> tuple[DispatchStudy, HourlyYear | None, list[Path]]:
    """Size and dispatch storage, PV and V2G of a plan; return what was found, and the files.

    Parameters
    ----------
    folder
        Of the plan.
    storage, tariff, study
        Settings: names, or paths.
    out
        Folder to write.
    hours
        Hourly factors of a year, on each day of which the last phase is dispatched then.
    workers
        Processes.
    case_name
        Where the city has moved to.
    progress
        Called with a line of text now and then.

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
    factors = None if hours is None else read_factors(hours)
    document = plan.document
    made = dispatch_plan(
        found, document, scenario, equipment, prices, workers=workers, progress=progress
    )
    whole = None
    if factors is not None:
        year = int(document.phases[-1].date[:4])
        whole = dispatch_hours(made, factors, year=year, workers=workers, progress=progress)
    return made, whole, write_dispatch(made, out, hourly=whole)


def run_vpp(
    folder: Path,
    *,
    storage: str,
    tariff: str,
    study: str,
    out: Path,
    event: tuple[str, float, bool] | None = None,
    notice_h: int = 0,
    case_name: str | None = None,
) -> tuple[list[Answer], str, list[Path]]:
    """Write what a plan's stations offer, and their answer to an event if one is given.

    Batteries and PV are those of the dispatch in the folder, where there is one.

    Parameters
    ----------
    folder, storage, tariff, study, case_name
        As for a dispatch.
    out
        Folder to write, and to find a dispatch in.
    event
        As the operator wrote it, MW, and whether more load is asked for.
    notice_h
        Hours before its start at which it is told; with notice, the answer without it is returned
        as well, after the other.

    Raises
    ------
    InputError
        If the plan, its city, a settings file or the event has faults.
    """
    equipment = load_settings(Storage, storage, folder=STORAGE_FOLDER)
    prices = load_settings(Tariff, tariff, folder=TARIFF_FOLDER)
    plan, scenario, _, found = studied(folder, study, case_name)
    document, placement = plan.document, found.placement
    told = None
    if event is not None:
        text, mw, up = event
        told = read_event(
            text,
            mw,
            up=up,
            document=document,
            study=found.study,
            storage=equipment,
            notice_h=notice_h,
        )
    made = _found(out, placement, (equipment.name, prices.name, found.study.name))
    sites = sites_of(document, scenario, equipment)
    share = scenario.grid.efficiency
    setting = Setting(placement, sites, found.study, equipment, prices, share)
    whole = plant(setting, made, document, found.label)
    stations, areas = whole.offers()
    tables = {"flexibility": stations, "areas": areas}
    answers = [] if told is None else [whole.answer(told)]
    if told is not None and notice_h:
        answers.append(whole.answer(replace(told, notice_h=0)))
    summary: dict[str, object] = {"with_dispatch": made is not None}
    for name, answer in zip(("event", "event_without_notice"), answers, strict=False):
        tables[name] = answer.stations()
        summary[name] = answer.summary()
    rows = [*settings_assumptions(equipment), *settings_assumptions(prices)]
    summary["assumptions"] = [row.model_dump() for row in rows]
    return answers, found.label, write_tables(tables, summary, out, name="vpp", label=found.label)


def _found(out: Path, placement: Placement, names: tuple[str, str, str]) -> Recorded | None:
    """Return the dispatch in a folder, made with settings so named; None where there is none."""
    if not (out / "dispatch.json").exists():
        return None
    made = read_dispatch(out, placement)
    pairs = zip(("storage", "tariff", "study"), names, strict=True)
    faults = [
        Fault(str(out), f"its dispatch has --{kind} {was}, not {now}", "Give the same.")
        for kind, now in pairs
        if (was := str(vars(made)[kind])) != now
    ]
    if faults:
        msg = "The dispatch in this folder does not fit."
        raise InputError(msg, faults)
    return made
