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
from siting.maps import (
    FOR_PLANNERS,
    WhatIf,
    print_pdf,
    read_accounts,
    render_map,
    render_report,
)
from siting.models.effort import Effort
from siting.models.given import given_plan
from siting.models.solve import solve
from siting.plan_folder import PDF_FILE, SITES_FILE, read_plan, write_into, write_plan
from siting.plan_folder.tables import table_bytes
from siting.scenario_io import assumptions, load_scenario
from siting.scenario_io.files import find
from siting.verify import unmet_mismatch, verify_plan, with_unmet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.data.candidates import Screening
    from siting.data.case import Case
    from siting.data.problem import Problem
    from siting.data.report import CaseReport
    from siting.maps import Accounts, MapView
    from siting.models.warm import Start
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
    case: Case,
    scenario: Scenario,
    *,
    start: Callable[[Problem], Start] | None = None,
    progress: Callable[[str], None] = log.info,
) -> Plan:
    """Answer a scenario for a city, loaded by :func:`load_city`.

    Parameters
    ----------
    case, scenario
        City and question.
    start
        Gives a plan to begin with, once the problem is stated.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InfeasibleError, NoSolutionError
        If there is no plan, or none was found within the limits.
    InputError
        If scenario and city do not fit, or the solver is not there.
    """
    return assemble(_answered(case, scenario, progress, start=start))


def _answered(
    case: Case,
    scenario: Scenario,
    progress: Callable[[str], None],
    *,
    start: Callable[[Problem], Start] | None = None,
) -> Answer:
    progress("finding what each zone reaches")
    problem, pairs = build_problem(case, scenario)
    if scenario.only_fixed:
        return Answer(case, scenario, problem, pairs, given_plan(problem, progress))
    limits = scenario.solve
    effort = Effort(limits.gap, limits.time_limit_s, limits.seed, limits.threads, limits.iterations)
    known = None if start is None else start(problem)
    solution = solve(problem, effort, solver=limits.solver, progress=progress, start=known)
    return Answer(case, scenario, problem, pairs, solution)


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
    answer = _answered(case, scenario, progress)
    return write_verified(
        assemble(answer),
        case,
        scenario,
        out,
        problem=answer.problem,
        screening=screening,
        progress=progress,
    )


def write_verified(
    plan: Plan,
    case: Case,
    scenario: Scenario,
    out: Path,
    *,
    problem: Problem | None = None,
    screening: Screening | None = None,
    progress: Callable[[str], None] = log.info,
) -> Plan:
    """Verify a plan, draw its map and report, and write its folder; return it as written.

    Raises
    ------
    PlanError
        If the folder cannot be written; and RuntimeError if the plan does not survive its own
        verification.
    """
    progress("verifying")
    found = verify_plan(plan, case, scenario)
    plan = with_unmet(plan, found)
    mismatches = [item for item in found if not item.unmet]
    if mismatches:
        lines = "\n".join(str(mismatch) for mismatch in mismatches[:10])
        msg = f"The plan does not survive its own verification; nothing was written:\n{lines}"
        raise RuntimeError(msg)
    progress("drawing map and report")
    asked = build_problem(case, scenario).problem if problem is None else problem
    what_if = WhatIf(scenario, asked)
    files = _drawn(plan, case, scenario, screening, what_if=what_if)
    _write(out, plan, scenario, case, files)
    return plan


def _drawn(
    plan: Plan,
    case: Case,
    scenario: Scenario,
    screening: Screening | None,
    view: MapView = FOR_PLANNERS,
    accounts: Accounts | None = None,
    *,
    what_if: WhatIf | None,
) -> dict[str, str | bytes]:
    """Return map and report; and, where the scenario has rules for sites, what became of each."""
    files: dict[str, str | bytes] = {
        view.file_name: render_map(plan, case, view, accounts, what_if=what_if),
        "report.html": render_report(plan, case, accounts, scenario.equity),
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
    found = verify_plan(plan, case, scenario)
    return [*unmet_mismatch(plan, found), *found]


def run_map(
    folder: Path, *, view: MapView = FOR_PLANNERS, case_name: str | None = None
) -> list[Path]:
    """Draw a plan's map again; for planners the report too. Return what was written.

    A map for others stands beside the planner's, under a name of its own.
    """
    plan, scenario = read_plan(folder)
    case = load_city(case_name or plan.document.provenance.case, scenario)
    accounts = read_accounts(folder)
    what_if = WhatIf(scenario, build_problem(case, scenario).problem) if view.what_if else None
    if view.audience == "planner":
        screening = screen_sites(case, scenario)
        files = _drawn(plan, case, scenario, screening, view, accounts, what_if=what_if)
        return write_into(folder, files)
    page = render_map(plan, case, view, accounts, what_if=what_if)
    return write_into(folder, {view.file_name: page})


def run_report(folder: Path, *, pdf: bool = False, case_name: str | None = None) -> list[Path]:
    """Write the report of a plan folder again, also as PDF if asked; return what was written."""
    plan, scenario = read_plan(folder)
    case = load_city(case_name or plan.document.provenance.case, scenario)
    page = render_report(plan, case, read_accounts(folder), scenario.equity)
    files: dict[str, str | bytes] = {"report.html": page}
    if pdf:
        files[PDF_FILE] = print_pdf(page)
    return write_into(folder, files)


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
