"""Make cities, and take their roads out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siting.cli.fetch import fetch_case
from siting.cli.from_osm import import_case
from siting.cli.graph import graph
from siting.cli.options import AsJson, Quiet  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, progress

case_app = typer.Typer(no_args_is_help=True, help="Make cities, and take their roads out.")
case_app.command("fetch")(fetch_case)
case_app.command("import")(import_case)
case_app.command("graph")(graph)


@case_app.command("synth")
def synth(
    name: Annotated[str, typer.Argument(help="City to make from its fact tables.")] = "shenzhen",
    *,
    scale: Annotated[float, typer.Option(help="1 as published, 0.1 for trials.")] = 1.0,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default: data/NAME-xSCALE.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Default: the city's own.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a stylised city, at any size, as a case folder."""
    from siting.data.load import case_folder  # noqa: PLC0415 - heavy
    from siting.data.synth import generate_case  # noqa: PLC0415

    facts = case_folder(name)
    folder = Path("data") / f"{facts.name}-x{scale:g}" if out is None else out
    with progress(quiet=quiet) as report:
        report(f"making {facts.name} at scale {scale:g}")
        generate_case(facts, folder, scale=scale, seed=seed)
        if scale != 1:
            report(
                f"note: {scale:g} times the zones, sites and fuel stations; in a scenario for it, "
                f"take {scale:g} times the city_gwh_day and budget_cny too."
            )
    if as_json:
        print_json({"ok": True, "folder": str(folder)})
    elif not quiet:
        answer(str(folder))
