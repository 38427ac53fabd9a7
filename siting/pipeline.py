"""Put things in order: city and question in; plan, proof, check, map and report out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from siting.assembly import Answer, assemble, map_layers
from siting.assembly.export import export_layers
from siting.assembly.styles import layer_styles
from siting.data.build import build_problem
from siting.data.candidates import screen_sites, site_table
from siting.data.load import case_folder, load_case
from siting.data.report import case_report
from siting.data.supply import supplied
from siting.errors import CaseError, ScenarioError
from siting.grid.carbon import carbon_account
from siting.grid.carbon_method import FOLDER as CARBON_FOLDER
from siting.grid.carbon_method import CarbonMethod
from siting.grid.folder import write_study, write_tables
from siting.grid.money import business
from siting.grid.runs import energy_with, studied
from siting.grid.tariff import FOLDER as TARIFF_FOLDER
from siting.grid.tariff import Tariff
from siting.grid.terms import FOLDER as MONEY_FOLDER
from siting.grid.terms import Terms
from siting.maps import print_pdf, render_map, render_report
from siting.models.effort import Effort
from siting.models.solve import solve
from siting.plan_folder import PDF_FILE, SITES_FILE, read_plan, write_into, write_plan
from siting.plan_folder.tables import table_bytes
from siting.scenario_io import assumptions, load_scenario
from siting.scenario_io.files import find
from siting.scenario_io.settings import load_settings, settings_assumptions
from siting.verify import verify_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.data.candidates import Screening
    from siting.data.case import Case
    from siting.data.report import CaseReport
    from siting.grid.carbon import CarbonAccount
    from siting.grid.folder import GridStudy
    from siting.grid.money import Business
    from siting.plan import ExportFormat, Plan
    from siting.scenario import Scenario
    from siting.verify import Mismatch

log = logging.getLogger(__name__)


def load_city(name: str, scenario: Scenario) -> Case:
    """Load a city with the grid the scenario asks for, as planner and verifier both take it.

    Raises
    ------
    CaseError, ScenarioError
        If the city has faults, or does not have what the scenario asks for.
    """
    return supplied(load_case(case_folder(name)), scenario)


def make_plan(
    case: Case, scenario: Scenario, *, progress: Callable[[str], None] = log.info
) -> Plan:
    """Answer a scenario for a city, loaded by :func:`load_city`.

    Raises
    ------
    InfeasibleError, NoSolutionError
        If there is no plan, or none was found within the limits.
    InputError
        If scenario and city do not fit, or the solver is not there.
    """
    progress("finding what each zone reaches")
    problem, pairs = build_problem(case, scenario)
    limits = scenario.solve
    effort = Effort(limits.gap, limits.time_limit_s, limits.seed, limits.threads)
    solution = solve(problem, effort, solver=limits.solver, progress=progress)
    return assemble(Answer(case, scenario, problem, pairs, solution))


def run_plan(
    scenario: Scenario, *, case_name: str, out: Path, progress: Callable[[str], None] = log.info
) -> Plan:
    """Load, solve, verify, draw, and write a plan folder.

    Raises
    ------
    SitingError
        As :func:`make_plan`; and RuntimeError if the plan does not survive its own verification.
    """
    progress(f"loading {case_name}")
    case = load_city(case_name, scenario)
    screening = screen_sites(case, scenario)
    told = [] if screening is None else screening.notes()
    for note in [*case.notes, *told]:
        progress(note)
    plan = make_plan(case, scenario, progress=progress)
    progress("verifying")
    mismatches = verify_plan(plan, case, scenario)
    if mismatches:
        found = "\n".join(str(mismatch) for mismatch in mismatches[:10])
        msg = f"The plan does not survive its own verification; nothing was written:\n{found}"
        raise RuntimeError(msg)
    progress("drawing map and report")
    files = _drawn(plan, case, screening)
    _write(out, plan, scenario, case, files)
    return plan


def _drawn(plan: Plan, case: Case, screening: Screening | None) -> dict[str, str | bytes]:
    """Return map and report; and, where the scenario has rules for sites, what became of each."""
    files: dict[str, str | bytes] = {
        "map.html": render_map(plan, case),
        "report.html": render_report(plan, case),
    }
    if screening is not None:
        files[SITES_FILE] = table_bytes(site_table(case, screening))
    return files


def _write(
    out: Path, plan: Plan, scenario: Scenario, case: Case, files: dict[str, str | bytes]
) -> None:
    layers = map_layers(plan, case)
    styles = layer_styles(layers)
    write_plan(out, plan, scenario=scenario, files=files, layers=layers, styles=styles)


def run_verify(folder: Path, *, case_name: str | None = None) -> list[Mismatch]:
    """Recompute a plan folder from its inputs; return every number that differs."""
    plan, scenario = read_plan(folder)
    case = load_city(case_name or plan.document.provenance.case, scenario)
    return verify_plan(plan, case, scenario)


def run_map(folder: Path, *, case_name: str | None = None) -> list[Path]:
    """Draw the map and the report of a plan folder again; return what was written."""
    plan, scenario = read_plan(folder)
    case = load_city(case_name or plan.document.provenance.case, scenario)
    files = _drawn(plan, case, screen_sites(case, scenario))
    _write(folder, plan, scenario, case, files)
    return [folder / name for name in files]


def run_report(folder: Path, *, pdf: bool = False, case_name: str | None = None) -> list[Path]:
    """Write the report of a plan folder again, also as PDF if asked; return what was written."""
    plan, scenario = read_plan(folder)
    case = load_city(case_name or plan.document.provenance.case, scenario)
    page = render_report(plan, case)
    files: dict[str, str | bytes] = {"report.html": page}
    if pdf:
        files[PDF_FILE] = print_pdf(page)
    return write_into(folder, files)


def run_grid(
    folder: Path, *, study: str, out: Path, whole_year: bool = False, case_name: str | None = None
) -> tuple[GridStudy, list[Path]]:
    """Place a plan's load on its substations; return what was found and the files written.

    Raises
    ------
    InputError
        If the plan, its city or the study has faults.
    """
    plan, _, case, found = studied(folder, study, case_name)
    return found, write_study(found, plan, case, out, whole_year=whole_year)


def run_carbon(
    folder: Path,
    *,
    method: str,
    study: str,
    out: Path,
    dispatched: Path | None = None,
    case_name: str | None = None,
) -> tuple[CarbonAccount, str, list[Path]]:
    """Count a plan's carbon; return the account, the case's label, and the files written."""
    plan, scenario, case, found = studied(folder, study, case_name)
    how = load_settings(CarbonMethod, method, folder=CARBON_FOLDER)
    energy, made = energy_with(found, scenario, dispatched)
    account = carbon_account(plan.document, case, scenario, energy, how)
    tables = {
        "phases": account.by_phase,
        "hours": account.by_hour,
        "fleets": account.by_fleet,
        "embodied": account.embodied,
        "years": account.by_year,
    }
    assumed = [row.model_dump() for row in settings_assumptions(how)]
    summary = {**account.summary(), "equipment": made and made.storage, "assumptions": assumed}
    paths = write_tables(tables, summary, out, name="carbon", label=found.label)
    return account, found.label, paths


def run_money(
    folder: Path,
    *,
    terms: str,
    study: str,
    subsidies_cny_kw: list[float],
    out: Path,
    dispatched: Path | None = None,
    case_name: str | None = None,
) -> tuple[Business, str, list[Path]]:
    """Count a plan's money; return it, the case's label, and the files written."""
    plan, scenario, _, found = studied(folder, study, case_name)
    deal = load_settings(Terms, terms, folder=MONEY_FOLDER)
    tariff = load_settings(Tariff, deal.tariff, folder=TARIFF_FOLDER)
    energy, made = energy_with(found, scenario, dispatched)
    days = found.placement.days
    money = business(plan.document, scenario, energy, days, deal, tariff, made)
    tables = {"stations": money.by_station(), "subsidies": money.sweep(subsidies_cny_kw)}
    rows = [*settings_assumptions(deal), *settings_assumptions(tariff)]
    told = {**money.summary(), "equipment": made and made.storage}
    summary = {**told, "assumptions": [row.model_dump() for row in rows]}
    paths = write_tables(tables, summary, out, name="money", label=found.label)
    return money, found.label, paths


def run_export(
    folder: Path, *, crs: str, out: Path, form: ExportFormat, case_name: str | None = None
) -> list[Path]:
    """Write a plan folder's layers in another coordinate system and format."""
    plan, scenario = read_plan(folder)
    case = load_city(case_name or plan.document.provenance.case, scenario)
    return export_layers(map_layers(plan, case), crs, out, form=form)


def run_check(name: str) -> CaseReport | list[str]:
    """Check a city or a scenario; return what was found in the city, or notes on the scenario.

    Raises
    ------
    CaseError, ScenarioError
        With every fault found.
    """
    try:
        folder = case_folder(name)
    except CaseError as no_case:
        try:
            find(name)
        except ScenarioError as no_scenario:
            raise CaseError(no_case.message, no_scenario.faults) from no_scenario
        return _scenario_notes(load_scenario(name))
    return case_report(load_case(folder))


def _scenario_notes(scenario: Scenario) -> list[str]:
    notes = [scenario.title]
    notes += [
        f"assumption: {item.key} = {item.value} {item.unit} ({item.confidence}: {item.source})"
        for item in assumptions(scenario)
    ]
    return notes
