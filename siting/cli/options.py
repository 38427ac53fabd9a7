"""Declare the options that several commands share, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON document.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Print errors only.")]
NoProgress = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Print no progress.")]
PlanFolder = Annotated[Path, typer.Argument(metavar="PLAN", help="Folder that 'plan' wrote.")]
CaseName = Annotated[
    str | None, typer.Option("--case", help="City to use: a name, or a folder with case.toml.")
]
MovedCase = Annotated[
    str | None, typer.Option("--case", help="City, where it has moved: a name, or a folder.")
]
ScenarioName = Annotated[str, typer.Option(help="Name of a scenario, or a TOML file.")]
ScenarioArgument = Annotated[str, typer.Argument(help="Name of a scenario, or a TOML file.")]
StudyName = Annotated[
    str, typer.Option("--study", help="Kinds of day: a name in models/grid, or a TOML file.")
]
GridOut = Annotated[Path | None, typer.Option("--out", help="Folder to write; default PLAN/grid.")]
Dispatched = Annotated[
    bool,
    typer.Option(
        "--dispatch", metavar="", help="With the storage, PV and V2G that 'dispatch' wrote there."
    ),
]
DistrictLevel = Annotated[
    int | None, typer.Option(help="admin_level of the districts; default: one that serves.")
]
CellM = Annotated[float, typer.Option(min=50, help="Side of the square demand zones, m.")]
PlanAtOnce = Annotated[
    str | None,
    typer.Option(help="Scenario to answer at once, such as one-to-one; into maps/CASE-PLAN."),
]
