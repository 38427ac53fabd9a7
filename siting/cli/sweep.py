"""Answer a scenario many times, each time with other values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.options import AsJson, Quiet, ScenarioArgument  # noqa: TC001 - typer reads them
from siting.cli.show import FinishedError, answer, print_json, print_table, progress

if TYPE_CHECKING:
    from siting.sweep.study import SweepDone

_FAILED = 1
_LONGEST = 100


def sweep(  # noqa: PLR0913 - each is an option of the command line
    scenario: ScenarioArgument = "ratio-2025",
    *,
    vary: Annotated[
        list[str],
        typer.Option(
            help="KEY=VALUES: ratio=0.6:1.2:0.1, budget=3e8,4e8, phases.2025.ratio=1,1.5; "
            "'--vary help' lists the short names."
        ),
    ],
    case: Annotated[
        list[str] | None, typer.Option("--case", help="City; several: all in one sweep.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default: maps/sweep-SCENARIO.")] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, help="Points of a Latin hypercube, in place of every combination."),
    ] = None,
    sample_seed: Annotated[int, typer.Option(min=0, help="Seed of the hypercube.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: cores over --threads.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler to run on, such as tcp://10.0.0.1:8786.")
    ] = None,
    cold: Annotated[
        bool, typer.Option("--cold", metavar="", help="Begin no run with another's plan.")
    ] = False,
    time_limit: Annotated[float | None, typer.Option(help="Seconds of search, each run.")] = None,
    gap: Annotated[float | None, typer.Option(help="Stop at this proven gap.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the search.")] = None,
    threads: Annotated[int | None, typer.Option(help="Cores of each run.")] = None,
    iterations: Annotated[int | None, typer.Option(help="Steps of search, each run.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Vary a scenario's values, answer every combination, and draw what they trade.

    A sweep that was stopped or killed goes on with the same command.
    """
    from siting.scenario_io import load_scenario, override  # noqa: PLC0415 - heavy
    from siting.sweep.run import Asked  # noqa: PLC0415 - heavy
    from siting.sweep.short import SHORT  # noqa: PLC0415 - heavy
    from siting.sweep.study import sweep_and_draw  # noqa: PLC0415 - heavy
    from siting.sweep.vary import parse_vary  # noqa: PLC0415 - heavy

    if vary == ["help"]:
        rows = [(name, short.unit, short.sets) for name, short in SHORT.items()]
        print_table(["name", "unit", "sets"], rows)
        return
    varied = tuple(parse_vary(text, sampled=sample is not None) for text in vary)
    solve = {
        "time_limit_s": time_limit,
        "gap": gap,
        "seed": seed,
        "threads": threads,
        "iterations": iterations,
    }
    question = override(load_scenario(scenario), {"solve": solve})
    asked = Asked(
        question,
        varied,
        tuple(case or ()),
        sample=sample,
        sample_seed=sample_seed,
        workers=workers or max(1, (os.cpu_count() or 1) // question.solve.threads),
        scheduler=scheduler,
        cold=cold,
    )
    folder = Path("maps") / f"sweep-{question.name}" if out is None else out
    with progress(quiet=quiet) as report:
        done = sweep_and_draw(asked, folder, progress=report)
    if as_json:
        print_json(done.document())
    elif not quiet:
        _print(done)
    if done.failed:
        raise FinishedError(_FAILED)


def _print(done: SweepDone) -> None:
    if done.label:
        answer(f"The city is {done.label}: no survey of the real one.")
    several = len({row["case_hash"] for row in done.rows}) > 1
    cities = [[row["case"]] if several else [] for row in done.rows]
    rows = [[*city, *_cells(done, row)] for city, row in zip(cities, done.rows, strict=True)]
    print_table([*(["city"] if several else []), *done.keys, *_HEADER], rows)
    answer("")
    for line in done.findings:
        answer(line)
    answer("")
    for path in done.files:
        answer(f"  {path}")


_HEADER = (
    *("outcome", "gap", "ratio", "stations", "served", "covered", "minutes", "million CNY"),
    *("peak MW", "over limit", ""),
)


def _cells(done: SweepDone, row: dict[str, Any]) -> list[str]:
    values = [str(done.shown(row, key)) for key in done.keys]
    if row["objective"] is None:
        why = (row["conflict"] or "").splitlines()
        return [*values, row["outcome"], *[""] * 9, why[0][:_LONGEST] if why else ""]
    return [
        *values,
        row["outcome"],
        f"{row['gap']:.2%}",
        "-" if row["ratio"] is None else f"{row['ratio']:.3f}",
        f"{row['stations_open']:,}",
        f"{row['served_share']:.1%}",
        f"{row['covered_share']:.1%}",
        "-" if row["access_minutes_mean"] is None else f"{row['access_minutes_mean']:.1f}",
        f"{row['capex_cny'] / 1e6:,.1f}",
        f"{row['peak_mw']:,.1f}",
        f"{row['substations_over']:,}",
        "",
    ]
