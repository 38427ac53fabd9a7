"""Write a city's road network as a graph."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import Annotated

import typer

from siting.cli.options import AsJson, Quiet  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, progress


def graph(
    name: Annotated[str, typer.Argument(metavar="CASE", help="City: a name, or a folder.")],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="GraphML file to write.")],
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a city's road network as GraphML, for osmnx, networkx, Gephi or QGIS."""
    from siting.data.graph import write_graph  # noqa: PLC0415 - heavy
    from siting.data.load import case_folder, load_case  # noqa: PLC0415 - heavy

    with progress(quiet=quiet) as report:
        report(f"loading {name}")
        case = load_case(case_folder(name))
        report(f"writing {out}")
        write_graph(case, out)
    if as_json:
        print_json({"ok": True, "files": [str(out)]})
    elif not quiet:
        answer(str(out))
