"""Declare the command that draws a plan's map."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from siting.cli.options import AsJson, CaseName, PlanFolder, Quiet  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, progress


def draw_map(  # noqa: PLR0913 - each is an option of the command line
    folder: PlanFolder,
    *,
    audience: Annotated[
        Literal["planner", "grid", "public"],
        typer.Option(help="Who may read it: planner sees all, grid no money, public no loads."),
    ] = "planner",
    lang: Annotated[
        Literal["both", "en", "zh"], typer.Option(help="Language; both: a switch in the page.")
    ] = "both",
    tiles: Annotated[
        str | None, typer.Option(help="Address of map tiles, with {z}, {x} and {y}.")
    ] = None,
    tiles_crs: Annotated[
        Literal["wgs84", "gcj02"] | None,
        typer.Option(help="System the tiles are drawn in; default: by the provider."),
    ] = None,
    tiles_credit: Annotated[str | None, typer.Option(help="Whom to name for the tiles.")] = None,
    no_what_if: Annotated[
        bool,
        typer.Option("--no-what-if", metavar="", help="Leave out what lets readers try stations."),
    ] = False,
    case: CaseName = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Draw the map of a plan again, for planners (with the report), grid or public."""
    from siting import pipeline  # noqa: PLC0415 - heavy
    from siting.maps import MapView, read_tiles  # noqa: PLC0415

    source = None if tiles is None else read_tiles(tiles, datum=tiles_crs, credit=tiles_credit)
    view = MapView(audience=audience, language=lang, tiles=source, what_if=not no_what_if)
    with progress(quiet=quiet) as report:
        report(f"drawing {folder}")
        paths = pipeline.run_map(folder, view=view, case_name=case)
    if as_json:
        print_json({"ok": True, "files": [str(path) for path in paths]})
    elif not quiet:
        for path in paths:
            answer(str(path))
