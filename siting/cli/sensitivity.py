"""Tell what a plan hangs on: its limits, its stations, the sites it left out, the next best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.options import AsJson, MovedCase, NoProgress, PlanFolder  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, print_table, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting.models.sensitivity.rows import Row
    from siting.studies import Sensitivity

_TITLES = {
    "limit": "Limits: what one unit more changes",
    "station": "Stations: what is lost without each",
    "site": "Sites left out: what each would add, and why it is not there",
    "plan": "Plans next best",
}


def sensitivity(  # noqa: PLR0913 - each is an option of the command line
    folder: PlanFolder,
    *,
    top: Annotated[int, typer.Option(min=0, help="Rows of each table, and sites tried.")] = 20,
    swaps: Annotated[int, typer.Option(min=0, help="Stations tried in a site's place.")] = 8,
    runners_up: Annotated[int, typer.Option(min=0, help="Plans next best.")] = 0,
    differ: Annotated[int, typer.Option(min=1, help="Sites in which they differ.")] = 1,
    replan: Annotated[int, typer.Option(min=0, help="Stations to plan anew without.")] = 0,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0, help="Of each solve; 0: none. Default: the plan's own where the city is small."
        ),
    ] = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: NoProgress = False,
) -> None:
    """Say what a plan hangs on, and write it to PLAN/sensitivity.csv."""
    from siting.models.sensitivity.study import Asked  # noqa: PLC0415 - heavy
    from siting.studies import run_sensitivity  # noqa: PLC0415 - heavy

    wants_solves = bool(runners_up or replan)
    asked = Asked(
        top=top,
        swaps=swaps,
        solve_s=seconds,
        runners_up=runners_up,
        differ=differ,
        replan=replan,
    )
    with progress(quiet=quiet) as report:
        found = run_sensitivity(folder, asked, case_name=case, progress=report)
    if as_json:
        print_json(_document(found))
    else:
        _print(found, top, wants_solves=wants_solves)


def _document(found: Sensitivity) -> dict[str, object]:
    return {
        "ok": True,
        "label": found.label,
        "objective": found.objective,
        "bound": found.bound,
        "unit": found.unit,
        "solved_anew": found.solved,
        "file": str(found.path),
        "rows": [row._asdict() for row in found.rows],
    }


def _print(found: Sensitivity, top: int, *, wants_solves: bool) -> None:
    if found.label:
        answer(f"The city is {found.label}: no survey of the real one.")
    answer(f"Objective {found.objective:,.1f}, bound {found.bound:,.1f} {found.unit}.")
    for about, title in _TITLES.items():
        chosen = [row for row in found.rows if row.about == about]
        if chosen:
            shown = chosen[: 2 * top] if about == "limit" else chosen[:top]
            answer("")
            print_table(["name", "what", "number", "basis", "note"], _cells(shown), title=title)
            if len(chosen) > len(shown):
                answer(f"... and {len(chosen) - len(shown):,} rows more in {found.path}")
    answer("")
    if not found.solved:
        more = "; for runners-up and for planning anew give --seconds" if wants_solves else ""
        answer(
            "Nothing was solved anew, as the city is large: limits are told by bounds and by "
            f"prices{more}. --seconds 120 solves each question again for so long."
        )
    answer(f"Written: {found.path}")


def _cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    return [(row.name, row.what, _number(row), row.basis, row.note) for row in rows]


def _number(row: Row) -> str:
    if row.lower is None:
        return "not known"
    if row.upper is None:
        return f"{row.lower:,.1f} or more {row.unit}"
    if row.basis == "bounds":
        return f"{row.lower:,.1f} to {row.upper:,.1f} {row.unit}"
    return f"{row.lower:,.1f} {row.unit}"
