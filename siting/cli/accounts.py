"""Print a plan's carbon account and its money."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.options import (  # noqa: TC001 - typer reads them
    AsJson,
    Dispatched,
    GridOut,
    MovedCase,
    PlanFolder,
    Quiet,
    StudyName,
)
from siting.cli.show import answer, print_json, print_table, progress
from siting.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from siting.grid.carbon import CarbonAccount
    from siting.grid.money import Business

_MOST_STEPS = 1000


def carbon(
    folder: PlanFolder,
    *,
    method: Annotated[
        str, typer.Option(help="How to count: a name in models/carbon, or a TOML file.")
    ] = "guangdong-operational",
    study: StudyName = "year",
    dispatched: Dispatched = False,
    out: GridOut = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Count a plan's carbon under a method: avoided, emitted, embodied, and what it is worth."""
    from siting import studies  # noqa: PLC0415 - heavy

    target = folder / "grid" if out is None else out
    with progress(quiet=quiet) as report:
        report(f"counting the carbon of {folder}")
        account, label, paths = studies.run_carbon(
            folder,
            method=method,
            study=study,
            out=target,
            dispatched=target if dispatched else None,
            case_name=case,
        )
    if as_json:
        files = [str(path) for path in paths]
        print_json({"ok": True, "label": label, **account.summary(), "files": files})
    elif not quiet:
        _print_carbon(account, label, paths)


def money(  # noqa: PLR0913 - each is an option of the command line
    folder: PlanFolder,
    *,
    terms: Annotated[
        str, typer.Option(help="Terms of business: a name in models/money, or a TOML file.")
    ] = "shenzhen",
    subsidy: Annotated[
        str, typer.Option(help="Subsidies to try, CNY/kW: FROM:TO:STEP, or values with commas.")
    ] = "0:600:100",
    study: StudyName = "year",
    dispatched: Dispatched = False,
    out: GridOut = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask whether a plan pays: NPV, payback, cost of a kWh, and the least subsidy that makes it."""
    from siting import studies  # noqa: PLC0415 - heavy

    tried = steps(subsidy)
    target = folder / "grid" if out is None else out
    with progress(quiet=quiet) as report:
        report(f"counting the money of {folder}")
        found, label, paths = studies.run_money(
            folder,
            terms=terms,
            study=study,
            subsidies_cny_kw=tried,
            out=target,
            dispatched=target if dispatched else None,
            case_name=case,
        )
    if as_json:
        sweep = found.sweep(tried).to_dict("records")
        files = [str(path) for path in paths]
        print_json({"ok": True, "label": label, **found.summary(), "sweep": sweep, "files": files})
    elif not quiet:
        _print_money(found, tried, label, paths)


def steps(text: str) -> list[float]:
    """Return the values of ``FROM:TO:STEP``, both ends included, or of a list with commas.

    Parameters
    ----------
    text
        As the user wrote it.

    Raises
    ------
    InputError
        If it is neither, holds a negative value, or is empty.
    """
    mend = "Write 0:600:100, or 0,150,300."
    try:
        parts = [float(part) for part in text.split(":" if ":" in text else ",")]
    except ValueError:
        parts = []
    ranged = ":" in text
    bad = not parts or not all(math.isfinite(part) for part in parts) or min(parts) < 0
    if bad or (ranged and (len(parts) != 3 or parts[2] <= 0 or parts[1] < parts[0])):  # noqa: PLR2004 - from, to, step
        msg = "These values cannot be tried."
        raise InputError(msg, [Fault("--subsidy", f"{text!r} is no range of values", mend)])
    if not ranged:
        return parts
    count = int((parts[1] - parts[0]) / parts[2] + 1e-9) + 1
    if count > _MOST_STEPS:
        msg = "These values cannot be tried."
        raise InputError(msg, [Fault("--subsidy", f"{text!r} has {count} steps", mend)])
    return [parts[0] + n * parts[2] for n in range(count)]


def _print_carbon(account: CarbonAccount, label: str, paths: list[Path]) -> None:
    method, told = account.method, account.summary()
    answer(f"{method.title}: {method.citation}")
    _print_label(label)
    columns = ["phase", "grid, MWh", "delivered, MWh", "avoided, t", "grid, t", "net, t a year"]
    names = ["grid_mwh", "delivered_mwh", "avoided_t", "grid_t", "net_t"]
    rows = account.by_phase.to_dict("records")
    print_table(columns, [[row["phase"], *(f"{row[n]:,.0f}" for n in names)] for row in rows])
    stages = account.embodied.to_dict("records")
    print_table(["embodied in", "t"], [[row["stage"], f"{row['t']:,.0f}"] for row in stages])
    back = told["payback_years"]
    answer(
        f"Over {method.horizon_years:g} years {told['net_avoided_t']:,.0f} t avoided, "
        f"{told['embodied_t']:,.0f} t embodied; paid back "
        + ("not within them." if back is None else f"after {back:.1f} years.")
    )
    eligible = "can earn credits" if told["credit_eligible"] else "cannot be sold as credits"
    worth = f"{told['value_cny'] / 1e6:,.2f} M CNY"
    answer(f"At {told['cny_per_t']:g} CNY/t worth {worth}; it {eligible}: {told['credit_why']}.")
    for path in paths:
        answer(str(path))


def _print_label(label: str) -> None:
    if label:
        answer(f"The city is {label}: these are no figures of a real one.")


def years(value: float | None) -> str:
    """Return years in words a table holds; a dash where there are none.

    Parameters
    ----------
    value
        None or NaN for none.
    """
    return "-" if value is None or math.isnan(value) else f"{value:.1f}"


def _print_money(found: Business, tried: list[float], label: str, paths: list[Path]) -> None:
    told = found.summary()
    answer(f"{found.terms.title}: {told['life_years']:g} years at {told['discount']:.0%}")
    _print_label(label)
    back, cost = told["payback_years"], told["levelised_cny_kwh"]
    spent, earned, run, npv = (
        f"{told[name] / 1e6:,.1f}"
        for name in ("invested_cny", "income_cny_year", "running_cny_year", "npv_cny")
    )
    answer(
        f"Invested {spent} M CNY; income {earned} and running cost {run} M CNY a year; "
        f"NPV {npv} M CNY; payback "
        + ("none" if back is None else f"{back:.1f} years")
        + ("." if cost is None else f"; a kWh costs {cost:.3f} CNY.")
    )
    if told["reinforcement_cny"]:
        works = f"{told['reinforcement_cny'] / 1e6:,.1f} M CNY"
        answer(f"Not in it: {works} to reinforce substations, which is the grid's.")
    answer(f"{told['stations_that_pay']} of {told['stations']} stations pay.")
    least = told["least_subsidy_cny_kw"]
    if least is not None:
        answer(
            "The plan pays as it is."
            if least == 0
            else f"The plan pays from a subsidy of {least:,.0f} CNY/kW on."
        )
    _print_subsidies(found, tried)
    for path in paths:
        answer(str(path))


def _print_subsidies(found: Business, tried: list[float]) -> None:
    columns = [
        "subsidy, CNY/kW",
        "in all, M CNY",
        "NPV, M CNY",
        "payback, years",
        "stations that pay",
    ]
    print_table(
        columns,
        [
            [
                f"{row['subsidy_cny_kw']:,.0f}",
                f"{row['subsidy_cny'] / 1e6:,.1f}",
                f"{row['npv_cny'] / 1e6:,.1f}",
                years(row["payback_years"]),
                f"{row['stations_that_pay']} of {row['stations']}",
            ]
            for row in found.sweep(tried).to_dict("records")
        ],
    )
