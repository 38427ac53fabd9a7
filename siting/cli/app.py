"""Declare every command and option."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from siting import __version__
from siting.cli.accounts import carbon, money
from siting.cli.bench import bench
from siting.cli.case import case_app
from siting.cli.compare import compare
from siting.cli.demand import demand_app
from siting.cli.dispatch import dispatch
from siting.cli.draw import draw_map
from siting.cli.equity import equity
from siting.cli.explain import explain
from siting.cli.export import export
from siting.cli.grid import grid
from siting.cli.headroom import headroom
from siting.cli.options import AsJson, CaseName, PlanFolder, Quiet, ScenarioArgument  # noqa: TC001 - typer reads them
from siting.cli.replay import replay
from siting.cli.sensitivity import sensitivity
from siting.cli.show import FinishedError, answer, print_json, print_table, progress
from siting.cli.simulate import simulate
from siting.cli.sweep import sweep
from siting.cli.vpp import vpp

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Plan EV supercharging networks: where, how big, when, at what cost, and with a proof.",
    epilog="Exit codes: 0 done, 2 bad input, 3 the requirements cannot hold together, "
    "4 no plan found in time, 5 a grid limit is passed, 6 a data source failed, 1 a bug, "
    "130 stopped.",
)
app.add_typer(case_app, name="case")
app.command()(explain)
app.command()(export)
app.command()(sensitivity)
app.command()(bench)
app.command()(grid)
app.command()(headroom)
app.command()(carbon)
app.command()(money)
app.command()(equity)
app.command("map")(draw_map)
app.command()(dispatch)
app.command()(vpp)
app.command()(simulate)
app.command()(sweep)
app.command()(compare)
app.command()(replay)
app.add_typer(demand_app, name="demand")

_DIFFERS = 2
_UNMET = 3


@app.callback(invoke_without_command=True)
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", metavar="", help="Print the version.")
    ] = False,
    debug: Annotated[  # noqa: ARG001 - read off the command line before all else
        bool,
        typer.Option(
            "--debug", metavar="", help="Show details and tracebacks; may stand anywhere."
        ),
    ] = False,
) -> None:
    """Plan EV supercharging networks: where, how big, when, at what cost, and with a proof."""
    if version:
        answer(f"siting {__version__}")
        raise typer.Exit


@app.command()
def plan(  # noqa: PLR0913 - each is an option of the command line
    scenario: ScenarioArgument = "ratio-2025",
    *,
    options: Annotated[
        list[str] | None,
        typer.Option("--with", help="Option to lay over it, such as storage; may be given again."),
    ] = None,
    case: CaseName = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default: maps/SCENARIO.")
    ] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds of search.")] = None,
    gap: Annotated[
        float | None, typer.Option(help="Stop at this proven gap, such as 0.02.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the search.")] = None,
    threads: Annotated[int | None, typer.Option(help="Cores for the solver.")] = None,
    iterations: Annotated[
        int | None, typer.Option(help="Steps of search: the same plan on every machine.")
    ] = None,
    solver: Annotated[str | None, typer.Option(help="highs, cbc, or any PuLP knows.")] = None,
    fix: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Sites decided by hand: the file the map saves."),
    ] = None,
    only: Annotated[
        bool,
        typer.Option(
            "--only", metavar="", help="Nothing but the fixed sites: evaluate, do not optimise."
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer a scenario: solve it, prove it, check it, and write plan, map and report."""
    from siting import pipeline  # noqa: PLC0415 - heavy
    from siting.cli.summary import (  # noqa: PLC0415 - heavy
        energy_note,
        print_summary,
        say_unmet,
        summary_document,
    )
    from siting.plan_folder import check_target  # noqa: PLC0415
    from siting.scenario_io import load_scenario, override, with_fixes  # noqa: PLC0415 - heavy

    solve = {
        "time_limit_s": time_limit,
        "gap": gap,
        "seed": seed,
        "threads": threads,
        "iterations": iterations,
        "solver": solver,
    }
    asked = load_scenario(scenario, options=options or ())
    question = with_fixes(override(asked, {"solve": solve}, case=case), fix, only=only)
    folder = Path("maps") / question.name if out is None else out
    check_target(folder)
    with progress(quiet=quiet) as report:
        if question.case != asked.case and (note := energy_note(question)):
            report(note)
        made = pipeline.run_plan(question, case_name=question.case, out=folder, progress=report)
    if as_json:
        print_json(summary_document(made.document, folder))
    elif not quiet:
        print_summary(made.document, folder)
    if made.document.unmet:
        if quiet and not as_json:
            say_unmet(made.document)
        raise FinishedError(_UNMET)


@app.command()
def verify(
    folder: PlanFolder, *, case: CaseName = None, as_json: AsJson = False, quiet: Quiet = False
) -> None:
    """Recompute a plan from its inputs, without the solver, and name every number that differs."""
    from siting import pipeline  # noqa: PLC0415 - heavy
    from siting.cli.summary import print_verdict  # noqa: PLC0415 - heavy

    with progress(quiet=quiet) as report:
        report(f"recomputing {folder}")
        found = pipeline.run_verify(folder, case_name=case)
    differing = [mismatch for mismatch in found if not mismatch.unmet]
    if as_json:
        rows = [vars(mismatch) for mismatch in found]
        print_json({"ok": not found, "folder": str(folder), "mismatches": rows})
    elif not quiet or found:
        print_verdict(found)
    if found:
        raise FinishedError(_DIFFERS if differing else _UNMET)


def _tell_files(paths: list[Path], *, as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json({"ok": True, "files": [str(path) for path in paths]})
    elif not quiet:
        for path in paths:
            answer(str(path))


@app.command("report")
def write_report(
    folder: PlanFolder,
    *,
    pdf: Annotated[
        bool, typer.Option("--pdf", metavar="", help="Also as PDF, by the browser that is here.")
    ] = False,
    case: CaseName = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the report of a plan again, also as PDF: two pages to decide on, and an annex."""
    from siting import pipeline  # noqa: PLC0415 - heavy

    with progress(quiet=quiet) as report:
        report(f"writing the report of {folder}")
        paths = pipeline.run_report(folder, pdf=pdf, case_name=case)
    _tell_files(paths, as_json=as_json, quiet=quiet)


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="CASE_OR_SCENARIO", help="Name or path.")],
    *,
    html: Annotated[
        Path | None, typer.Option(help="Write what was found in a city to this HTML file.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check a city or a scenario: list every fault at once, or what each layer holds."""
    from siting import pipeline  # noqa: PLC0415 - heavy
    from siting.cli.check import check_document, print_check, write_page  # noqa: PLC0415

    with progress(quiet=quiet) as report:
        report(f"checking {name}")
        found = pipeline.run_check(name)
    if html is not None:
        write_page(html, found)
    if as_json:
        print_json(check_document(found))
    elif not quiet:
        print_check(name, found)
        if html is not None:
            answer(str(html))


@app.command()
def schema(
    what: Annotated[
        Literal["case", "scenario", "plan"],
        typer.Argument(help="case: layers and columns; scenario: keys; plan: JSON Schema."),
    ] = "scenario",
    *,
    as_json: AsJson = False,
) -> None:
    """Explain every column of a case, every key of a scenario, or the format of plan.json."""
    if what == "plan":
        from siting.plan_folder import document_schema  # noqa: PLC0415 - heavy

        text = json.dumps(document_schema(), indent=2, ensure_ascii=False)
        typer.echo(text)
        return
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    if what == "case":
        from siting.data.schema import SCHEMA_HEADER, schema_rows  # noqa: PLC0415

        header, rows = SCHEMA_HEADER, list(schema_rows())
    else:
        from siting.scenario_io import SchemaRow, scenario_schema_rows  # noqa: PLC0415

        header, rows = SchemaRow._fields, [tuple(row) for row in scenario_schema_rows()]
    if as_json:
        named = [dict(zip(header, row, strict=True)) for row in rows]
        print_json({"ok": True, "what": what, "rows": named})
    else:
        print_table(header, rows)


@app.command("list")
def list_all(*, as_json: AsJson = False) -> None:
    """List cities and scenarios: shipped ones, and those in ./data and ./models."""
    from siting.cli.workspace import cities, scenarios  # noqa: PLC0415

    found = {"scenarios": scenarios(), "cities": cities()}
    if as_json:
        print_json(
            {"ok": True} | {kind: [r._asdict() for r in rows] for kind, rows in found.items()}
        )
        return
    for kind, rows in found.items():
        print_table(["name", "title", "", "where"], rows, title=kind.capitalize())
        answer("")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Workspace to make.")] = Path(),
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a workspace: data, models and maps, with an example scenario and a guide."""
    from siting.cli.workspace import make_workspace  # noqa: PLC0415

    made = make_workspace(folder)
    if as_json:
        print_json({"ok": True, "files": [str(path) for path in made]})
    elif not quiet:
        for path in made:
            answer(str(path))
