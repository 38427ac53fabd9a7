"""Print what a plan costs and overloads with grid limits on, off, and with ways to keep them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siting.cli.options import (  # noqa: TC001 - typer reads them
    AsJson,
    MovedCase,
    Quiet,
    ScenarioArgument,
)
from siting.cli.show import answer, print_json, print_table, progress
from siting.errors import Fault, InputError


def headroom(  # noqa: PLR0913 - each is an option of the command line
    scenario: ScenarioArgument = "ratio-2025",
    *,
    options: Annotated[
        list[str] | None,
        typer.Option("--with", help="Option to lay over it in every way, such as tight-grid."),
    ] = None,
    ways: Annotated[
        list[str] | None,
        typer.Option(
            "--way",
            help="limits, no-limits, storage, reinforcement, storage-reinforcement; may be given "
            "again; default: all but reinforcement alone.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default: maps/SCENARIO-headroom.")
    ] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds of each search.")] = None,
    gap: Annotated[float | None, typer.Option(help="Stop each at this proven gap.")] = None,
    threads: Annotated[int | None, typer.Option(help="Cores for the solver.")] = None,
    iterations: Annotated[
        int | None, typer.Option(help="Steps of each search: the same plans on every machine.")
    ] = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Plan with grid limits on, off, and with storage or reinforcement to keep them; compare."""
    from siting.headroom import HEADER, SHOWN, VARIANTS, rows, run_headroom  # noqa: PLC0415 - heavy

    asked = tuple(dict.fromkeys(ways or SHOWN))
    if strange := [way for way in asked if way not in VARIANTS]:
        msg = "This way is not known."
        mend = f"Give one of {', '.join(VARIANTS)}."
        raise InputError(msg, [Fault("--way", f"{strange[0]!r} is none", mend)])
    extra = tuple(options or ())
    name = "+".join([Path(scenario).stem, *(Path(option).stem for option in extra)])
    target = Path("maps") / f"{name}-headroom" if out is None else out
    with progress(quiet=quiet) as report:
        found = run_headroom(
            scenario,
            options=extra,
            ways=asked,
            solve={
                "time_limit_s": time_limit,
                "gap": gap,
                "threads": threads,
                "iterations": iterations,
            },
            out=target,
            case_name=case,
            progress=report,
        )
    if as_json:
        print_json({"ok": True, "folder": str(target), "ways": [vars(item) for item in found]})
    elif not quiet:
        print_table(HEADER, rows(found))
        answer("Overloads are the verifier's own, at the worst hour of any phase.")
        answer(str(target))
