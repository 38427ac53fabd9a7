"""Print how fairly a plan serves."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.options import AsJson, MovedCase, PlanFolder, Quiet  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, print_table, progress

if TYPE_CHECKING:
    from siting.equity import EquityAccount


def equity(
    folder: PlanFolder,
    *,
    worst: Annotated[int, typer.Option(min=0, help="Zones to list that are served least.")] = 10,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say how fairly a plan serves districts, groups and people: Gini, Palma, who gets least."""
    from siting import studies  # noqa: PLC0415 - heavy

    with progress(quiet=quiet) as report:
        report(f"weighing {folder}")
        account, paths = studies.run_equity(folder, worst=worst, case_name=case)
    if as_json:
        print_json({"ok": True, **account.summary(), "files": [str(path) for path in paths]})
    elif not quiet:
        _print(account, paths)


def _print(account: EquityAccount, paths: list[Path]) -> None:
    if account.label:
        answer(f"The city is {account.label}: these are no figures of a real one.")
    last = account.indices["phase"].iloc[-1]
    told = account.summary()
    rows = [row for row in told["scopes"] if row["phase"] == last]
    columns = ["", "scope", "people", "served", "covered", "kWh/person", "min"]
    names = [("served_share", ".1%"), ("covered_share", ".1%"), ("kwh_person_day", ".3f")]
    print_table(
        columns,
        [
            [
                row["kind"],
                row["scope"],
                _text(row["people"], ",.0f"),
                *(_text(row[name], form) for name, form in names),
                _text(row["access_minutes_mean"], ".1f"),
            ]
            for row in rows
        ],
        title=f"By the end of {last}",
    )
    by = "person" if account.per_person else "kWh asked for (the case does not know its people)"
    print_table(
        ["phase", "Gini", "Palma", "served least", "share"],
        [
            [
                row["phase"],
                _text(row["gini"], ".3f"),
                _text(row["palma"], ".2f"),
                str(row["least_served_district"] or "-"),
                _text(row["least_served_share"], ".1%"),
            ]
            for row in told["indices"]
        ],
        title=f"Energy served for each {by}",
    )
    if told["worst"]:
        print_table(
            ["zone", "district", "kWh a day", "served", "in reach"],
            [
                [
                    str(row["zone"]),
                    str(row["district"]),
                    f"{row['demand_kwh_day']:,.0f}",
                    f"{row['served_share']:.1%}",
                    "yes" if row["covered"] else "no",
                ]
                for row in told["worst"]
            ],
            title="Served least",
        )
    for path in paths:
        answer(str(path))


def _text(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
