"""Question a finished plan: what it hangs on, whether the grid holds, its carbon, its money."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from siting.assembly.reading import types_of
from siting.compare.comparison import asked_table, compare
from siting.compare.read import check_case, read_plans
from siting.compare.stations import MOVED_M
from siting.data.build import build_problem
from siting.equity import equity_account
from siting.errors import Fault, PlanError
from siting.grid.carbon import carbon_account
from siting.grid.carbon_method import FOLDER as CARBON_FOLDER
from siting.grid.carbon_method import CarbonMethod
from siting.grid.folder import write_tables, writing
from siting.grid.money import business
from siting.grid.runs import energy_with, studied
from siting.grid.tariff import FOLDER as TARIFF_FOLDER
from siting.grid.tariff import Tariff
from siting.grid.terms import FOLDER as MONEY_FOLDER
from siting.grid.terms import Terms
from siting.maps import render_compare
from siting.models.effort import Effort
from siting.models.sensitivity.rows import Row, rows
from siting.models.sensitivity.study import Asked
from siting.models.sensitivity.study import study as study_of
from siting.models.solution import Certificate
from siting.pipeline import load_city
from siting.plan_folder import EQUITY_FILE, EQUITY_JSON, SENSITIVITY_FILE, read_plan, write_into
from siting.plan_folder.tables import table_bytes
from siting.scenario_io.settings import load_settings, settings_assumptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from siting.compare.comparison import Comparison
    from siting.equity import EquityAccount
    from siting.grid.carbon import CarbonAccount
    from siting.grid.money import Business

log = logging.getLogger(__name__)


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


def run_equity(
    folder: Path, *, worst: int, case_name: str | None = None
) -> tuple[EquityAccount, list[Path]]:
    """Account for a plan's equity; return it and the files written into the plan's folder.

    Raises
    ------
    InputError
        If the plan or its city has faults.
    """
    plan, scenario = read_plan(folder)
    case = load_city(case_name or plan.document.provenance.case, scenario)
    account = equity_account(plan, case, scenario.equity, worst=worst)
    table = account.scopes.assign(label=account.label or "real data")
    told = json.dumps(account.summary(), ensure_ascii=False, indent=1) + "\n"
    return account, write_into(folder, {EQUITY_FILE: table_bytes(table), EQUITY_JSON: told})


def run_compare(
    folders: Sequence[Path],
    *,
    out: Path,
    moved_m: float = MOVED_M,
    case_name: str | None = None,
    progress: Callable[[str], None] = log.info,
) -> tuple[Comparison, list[Path]]:
    """Compare plans with the first of them, and write page and tables; return both.

    Raises
    ------
    InputError
        If a plan or its city has faults, the plans are of different cities, or the disk refuses.
    """
    plans = read_plans(folders)
    first = plans[0]
    progress(f"loading {case_name or first.plan.document.provenance.case}")
    case = load_city(case_name or first.plan.document.provenance.case, first.scenario)
    check_case(first, case)
    progress("comparing")
    found = compare(plans, case, moved_m=moved_m)
    progress("drawing the page")
    files: dict[str, str | bytes] = {"compare.html": render_compare(found, case)}
    tables = {
        "figures.csv": found.figures,
        "changes.csv": found.changed(),
        "stations.csv": found.stations,
        "substations.csv": found.substations,
        "asked.csv": asked_table(found),
    }
    files |= {name: table_bytes(table) for name, table in tables.items()}
    with writing(out):
        return found, write_into(out, files)


@dataclass(frozen=True)
class Sensitivity:
    """Hold what a plan hangs on, as rows, and where they were written."""

    label: str
    """'' for a real city."""
    objective: float
    """Of the plan."""
    bound: float
    """The sharpest known."""
    unit: str
    """Of both, and of every row: in words."""
    solved: bool
    """Whether problems were solved anew."""
    rows: tuple[Row, ...]
    path: Path


def run_sensitivity(
    folder: Path,
    asked: Asked,
    *,
    case_name: str | None = None,
    progress: Callable[[str], None] = log.info,
) -> Sensitivity:
    """Tell what a plan folder's plan hangs on, and write it there as a table.

    Raises
    ------
    PlanError
        If the plan is not of this city and scenario any more, or was only evaluated as given,
        or was made for several futures.
    """
    plan, scenario = read_plan(folder)
    provenance, outcome = plan.document.provenance, plan.document.outcome
    if outcome.status == "given":
        mend = "Ask it of a plan that was optimised: leave --only out."
        fault = Fault(str(folder), "was evaluated as given, so nothing limits it", mend)
        msg = "This plan hangs on nothing."
        raise PlanError(msg, [fault])
    if scenario.robust is not None:
        mend = (
            "Ask it of a plan without [robust]; siting plan tells regret and what foresight gains."
        )
        fault = Fault(str(folder), "was made for several futures", mend)
        msg = "What such a plan hangs on is not known."
        raise PlanError(msg, [fault])
    case = load_city(case_name or provenance.case, scenario)
    progress("finding what each zone reaches")
    problem, _ = build_problem(case, scenario)
    if plan.document.least_share is not None:
        owed = problem.fairness.held(plan.document.least_share.held_share)
        problem = replace(problem, fairness=owed)
    limits = scenario.solve
    effort = Effort(limits.gap, limits.time_limit_s, limits.seed, limits.threads)
    certificate = Certificate(
        outcome.status,
        outcome.objective,
        outcome.bound,
        outcome.gap,
        outcome.seconds,
        outcome.solver,
        outcome.method,
    )
    types = types_of(plan, problem)
    found = study_of(problem, types, certificate, effort, asked, progress=progress)
    table = rows(found)
    content = table_bytes(pd.DataFrame(table, columns=list(Row._fields)))
    (path,) = write_into(folder, {SENSITIVITY_FILE: content})
    return Sensitivity(
        provenance.label,
        outcome.objective,
        found.best.bound,
        outcome.objective_unit,
        found.solved,
        tuple(table),
        path,
    )
