"""Replay history, and print how the networks compare."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from siting.cli.options import AsJson, Quiet  # noqa: TC001 - typer reads them at run time
from siting.cli.show import answer, print_json, print_table, progress
from siting.errors import Fault, InputError

if TYPE_CHECKING:
    from siting.replay.result import Replay

_WORDS = {"siting": "siting's plan", "greedy": "greedy", "built": "as built"}


def replay(  # noqa: PLR0913 - each is an option of the command line
    *,
    case: Annotated[
        str | None,
        typer.Option("--case", help="City whose own network to hold against: a name, or a folder."),
    ] = None,
    built: Annotated[
        str, typer.Option(help="What was built: 'stations', the case's layer, or a file of points.")
    ] = "stations",
    stations: Annotated[
        int | None, typer.Option(min=1, help="So many, the largest by --rank; default: all.")
    ] = None,
    rank: Annotated[
        str | None, typer.Option(help="Column of what was built: larger first.")
    ] = None,
    scenario: Annotated[
        str, typer.Option(help="Reach, demand (last phase) and types: a name, or a TOML file.")
    ] = "ratio-2025",
    kind: Annotated[
        str | None, typer.Option("--type", help="Type of every station; default: the middle one.")
    ] = None,
    objective: Annotated[
        Literal["drive", "coverage"],
        typer.Option(help="What ours and the greedy network do best."),
    ] = "drive",
    time_limit: Annotated[float | None, typer.Option(help="Seconds of search.")] = None,
    gap: Annotated[float | None, typer.Option(help="Stop at this proven gap.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the search.")] = None,
    threads: Annotated[int | None, typer.Option(help="Cores for the solver.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: maps/replay.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Hold plans against history: the shipped city's, or (--case) what was built in a city."""
    from siting.replay import runs  # noqa: PLC0415 - heavy
    from siting.replay.against_built import Asked  # noqa: PLC0415 - heavy

    if case is None and (stations is not None or rank is not None or built != "stations"):
        msg = "What was built needs a city."
        raise InputError(msg, [Fault("--case", "is missing", "Name the city with --case.")])
    solve = {"time_limit_s": time_limit, "gap": gap, "seed": seed, "threads": threads}
    target = Path("maps/replay") if out is None else out
    with progress(quiet=quiet) as report:
        if case is None:
            found, paths = runs.run_history(target, solve=solve, progress=report)
        else:
            asked = Asked(built, stations, rank, objective, kind)
            found, paths = runs.run_built(
                case, asked, scenario_name=scenario, solve=solve, out=target, progress=report
            )
    if as_json:
        files = [str(path) for path in paths]
        print_json({"ok": True, **runs.document(found), "files": files})
    elif not quiet:
        _print(found, paths)


def _print(found: Replay, paths: list[Path]) -> None:
    answer(found.title)
    if found.label:
        answer(f"The city is {found.label}: no survey of the real one.")
    table = found.table()
    for step in found.steps:
        keys = [network.key for network in step.networks]
        answer(f"{step.name}: {step.count:,} stations")
        rows = table[table["step"] == step.name].to_dict("records")
        print_table(
            ["measure", "unit", *(_WORDS[key] for key in keys), "best"],
            [
                [
                    str(row["measure"]).replace("_", " "),
                    str(row["unit"]),
                    *(_value(row[key], str(row["unit"])) for key in keys),
                    str(row["best"]),
                ]
                for row in rows
            ],
        )
    for text in (*found.bias, *found.notes):
        answer(f"- {text}")
    for path in paths:
        answer(f"  {path}")


def _value(value: Any, unit: str) -> str:  # noqa: ANN401 - a cell of a table
    number = float(value)
    if math.isnan(number):
        return "-"
    if unit == "share":
        return f"{number:.1%}"
    if unit == "CNY":
        return f"{number / 1e6:,.1f} M"
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:,.2f}"  # noqa: PLR2004 - three figures
