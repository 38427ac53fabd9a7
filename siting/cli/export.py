"""Export the layers of a plan in the coordinates and the format another program wants."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import Annotated

import typer

from siting.cli.options import AsJson, MovedCase, PlanFolder, Quiet  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, progress
from siting.plan import ExportFormat  # noqa: TC001 - typer reads it at run time


def export(
    folder: PlanFolder,
    *,
    form: Annotated[
        ExportFormat, typer.Option("--format", help="What the other program reads.")
    ] = "geojson",
    crs: Annotated[str, typer.Option(help="gcj02, bd09, or an EPSG code.")] = "EPSG:4326",
    out: Annotated[Path | None, typer.Option(help="Folder to write; default PLAN/export.")] = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a plan's layers for a GIS, a web map or a spreadsheet, in any coordinate system."""
    from siting.pipeline import run_export  # noqa: PLC0415 - heavy

    target = folder / "export" if out is None else out
    with progress(quiet=quiet) as report:
        report(f"exporting {folder} as {form} in {crs}")
        paths = run_export(folder, crs=crs, out=target, form=form, case_name=case)
    if as_json:
        print_json({"ok": True, "crs": crs, "format": form, "files": [str(path) for path in paths]})
    elif not quiet:
        for path in paths:
            answer(str(path))
