"""Question a finished plan: does the grid hold, what does it do to carbon, does it pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.grid.carbon import carbon_account
from siting.grid.carbon_method import FOLDER as CARBON_FOLDER
from siting.grid.carbon_method import CarbonMethod
from siting.grid.energy import energy_of
from siting.grid.folder import study_plan, write_study, write_tables
from siting.grid.money import business
from siting.grid.study import FOLDER as GRID_FOLDER
from siting.grid.study import Study
from siting.grid.tariff import FOLDER as TARIFF_FOLDER
from siting.grid.tariff import Tariff
from siting.grid.terms import FOLDER as MONEY_FOLDER
from siting.grid.terms import Terms
from siting.pipeline import load_city
from siting.plan_folder import read_plan
from siting.scenario_io.settings import load_settings, settings_assumptions

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.case import Case
    from siting.grid.carbon import CarbonAccount
    from siting.grid.folder import GridStudy
    from siting.grid.money import Business
    from siting.plan import Plan
    from siting.scenario import Scenario


def run_grid(
    folder: Path, *, study: str, out: Path, whole_year: bool = False, case_name: str | None = None
) -> tuple[GridStudy, list[Path]]:
    """Place a plan's load on its substations; return what was found and the files written.

    Raises
    ------
    InputError
        If the plan, its city or the study has faults.
    """
    plan, _, case, found = _studied(folder, study, case_name)
    return found, write_study(found, plan, case, out, whole_year=whole_year)


def run_carbon(
    folder: Path, *, method: str, study: str, out: Path, case_name: str | None = None
) -> tuple[CarbonAccount, str, list[Path]]:
    """Count a plan's carbon; return the account, the case's label, and the files written."""
    plan, scenario, case, found = _studied(folder, study, case_name)
    how = load_settings(CarbonMethod, method, folder=CARBON_FOLDER)
    energy = energy_of(found.placement, scenario)
    account = carbon_account(plan.document, case, scenario, energy, how)
    tables = {
        "phases": account.by_phase,
        "hours": account.by_hour,
        "fleets": account.by_fleet,
        "embodied": account.embodied,
        "years": account.by_year,
    }
    assumed = [row.model_dump() for row in settings_assumptions(how)]
    summary = {**account.summary(), "assumptions": assumed}
    paths = write_tables(tables, summary, out, name="carbon", label=found.label)
    return account, found.label, paths


def run_money(
    folder: Path,
    *,
    terms: str,
    study: str,
    subsidies_cny_kw: list[float],
    out: Path,
    case_name: str | None = None,
) -> tuple[Business, str, list[Path]]:
    """Count a plan's money; return it, the case's label, and the files written."""
    plan, scenario, _, found = _studied(folder, study, case_name)
    deal = load_settings(Terms, terms, folder=MONEY_FOLDER)
    tariff = load_settings(Tariff, deal.tariff, folder=TARIFF_FOLDER)
    energy = energy_of(found.placement, scenario)
    days = found.placement.days
    money = business(plan.document, scenario, energy, days, deal, tariff)
    tables = {"stations": money.by_station(), "subsidies": money.sweep(subsidies_cny_kw)}
    rows = [*settings_assumptions(deal), *settings_assumptions(tariff)]
    summary = {**money.summary(), "assumptions": [row.model_dump() for row in rows]}
    paths = write_tables(tables, summary, out, name="money", label=found.label)
    return money, found.label, paths


def _studied(
    folder: Path, study: str, case_name: str | None
) -> tuple[Plan, Scenario, Case, GridStudy]:
    plan, scenario = read_plan(folder)
    days = load_settings(Study, study, folder=GRID_FOLDER)
    case = load_city(case_name or plan.document.provenance.case, scenario)
    return plan, scenario, case, study_plan(plan, case, scenario, days)
