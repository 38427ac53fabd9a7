"""Show what demand is made of, and how well its shapes hold on measured hours."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.options import AsJson, Quiet, ScenarioArgument  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, print_table, progress

if TYPE_CHECKING:
    from siting.data.demand_table import PhaseDemand
    from siting.data.demand_validate import Score

demand_app = typer.Typer(no_args_is_help=True, help="Show and validate demand.")

_MEASURED = Path("shenzhen") / "original"


@demand_app.command("show")
def show_demand(
    case: Annotated[str, typer.Argument(help="City: a name, or a folder with case.toml.")],
    scenario: ScenarioArgument,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Tell demand by phase, district and estimator, in MWh a day, as a plan would have it."""
    from siting.data.demand_table import demand_table  # noqa: PLC0415 - heavy
    from siting.data.load import case_folder, load_case  # noqa: PLC0415
    from siting.scenario_io import load_scenario  # noqa: PLC0415

    question = load_scenario(scenario)
    with progress(quiet=quiet) as report:
        report(f"reading {case}")
        phases = demand_table(load_case(case_folder(case)), question)
    if as_json:
        print_json({"ok": True, "unit": "MWh/day", "phases": [_phase(item) for item in phases]})
        return
    for item in phases:
        columns = zip(*item.mwh_day, strict=True)
        totals = ("all", *(f"{sum(c):,.1f}" for c in columns), f"{item.demand_mwh_day:,.1f}")
        rows = [
            (name, *(f"{value:,.1f}" for value in row), f"{sum(row):,.1f}")
            for name, row in zip(item.districts, item.mwh_day, strict=True)
        ]
        title = f"{item.phase}: demand in MWh/day, charging peaks at {item.peak_hour} h"
        print_table(("district", *item.estimators, "all"), [*rows, totals], title=title)
        answer(
            f"Before rescaling {item.composed_mwh_day:,.1f} MWh/day; every value above is that "
            f"times {item.factor:.4g}."
        )
        answer("")


def _phase(item: PhaseDemand) -> dict[str, Any]:
    rows = [
        {
            "district": name,
            **dict(zip(item.estimators, row, strict=True)),
        }
        for name, row in zip(item.districts, item.mwh_day, strict=True)
    ]
    return {
        "phase": item.phase,
        "composed": item.composed_mwh_day,
        "demand": item.demand_mwh_day,
        "factor": item.factor,
        "peak_hour": item.peak_hour,
        "districts": rows,
    }


@demand_app.command("validate")
def validate_demand(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder with volume.csv and inf.csv; default: shenzhen/original in "
            "SITING_SHARED_DATA, else in ../shared/data."
        ),
    ] = None,
    weeks: Annotated[int, typer.Option(min=1, help="Weeks held out, at the end.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Fit shapes on measured hours, and tell the error on held-out weeks beside naive guesses."""
    from siting.data.demand_history import read_history  # noqa: PLC0415 - heavy
    from siting.data.demand_validate import validate  # noqa: PLC0415

    shared = Path(os.environ.get("SITING_SHARED_DATA") or Path("..") / "shared" / "data")
    found = validate(read_history(shared / _MEASURED if data is None else data), weeks=weeks)
    if as_json:
        print_json({"ok": True, **dataclasses.asdict(found), "verdicts": found.verdicts()})
        return
    answer(
        f"{found.zones} zones; fitted on {found.training_weeks} weeks, measured on the last "
        f"{found.held_out_weeks}. Shares only: the level of the file plays no part."
    )
    if found.left_out:
        answer(f"Left out, with a week without charging or no piles: {', '.join(found.left_out)}.")
    answer("")
    header = ("guess", "", "zones, wrong hour %", "their sum, wrong hour %")
    print_table(header, [_row(s, 100) for s in found.hours], title="Hours of each held-out week")
    answer("")
    header = ("guess", "", "wrong zone %", "rank correlation")
    print_table(header, [_row(s, 1) for s in found.shares], title="Shares of zones held out")
    answer("")
    for line in found.verdicts():
        answer(line)


def _row(score: Score, scale: float) -> tuple[str, ...]:
    beside = "-" if score.beside is None else f"{scale * score.beside:.{1 if scale > 1 else 2}f}"
    return score.guess, "naive" if score.baseline else "fit", f"{100 * score.error:.1f}", beside
