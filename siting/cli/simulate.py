"""Simulate a plan's stations, and print what drivers met."""

from __future__ import annotations

import math
from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.options import AsJson, MovedCase, PlanFolder, Quiet  # noqa: TC001 - as above
from siting.cli.show import answer, print_json, print_table, progress

if TYPE_CHECKING:
    import pandas as pd

    from siting.simulate.runs import Simulated

_SHOWN = 8
_WORDS = {
    "sessions": "sessions a day",
    "out_of_reach": "out of reach, a day",
    "turned_away": "did not set out, a day",
    "drove_off": "drove off, a day",
    "served_share": "served",
    "waited_share": "waited at all",
    "wait_mean_min": "mean wait, min",
    "wait_p50_min": "wait of half, min",
    "wait_p95_min": "wait of 95 %, min",
    "drive_mean_min": "mean drive, min",
    "held_mean_min": "gun held, min",
    "energy_mwh_day": "MWh a day",
    "utilisation": "guns in use",
}


def simulate(  # noqa: PLR0913 - each is an option of the command line
    folder: PlanFolder,
    *,
    settings: Annotated[
        str, typer.Option(help="How drivers behave: a name in models/simulation, or a TOML file.")
    ] = "day",
    phase: Annotated[str | None, typer.Option(help="Phase; default: the last.")] = None,
    week: Annotated[
        bool, typer.Option("--week", metavar="", help="Monday to Sunday in place of one day.")
    ] = False,
    replications: Annotated[
        int | None,
        typer.Option(min=2, max=10_000, help="Independent runs; default: the settings'."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same drivers.")] = 1,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes; the result is the same on any number.")
    ] = 1,
    against: Annotated[
        Path | None, typer.Option(help="Another plan of the city: tell the change from it to PLAN.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default PLAN/simulation.")] = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Simulate drivers who choose a station, wait and charge; hold the promised wait against it."""
    from siting.simulate.runs import Asked, run_simulate  # noqa: PLC0415 - heavy

    asked = Asked(settings, phase, week, replications, seed, workers, against)
    target = folder / "simulation" if out is None else out
    with progress(quiet=quiet) as report:
        report(f"simulating {folder}")
        found = run_simulate(folder, asked, out=target, case_name=case, progress=report)
    if as_json:
        print_json(_document(found))
    elif not quiet:
        _print(found, folder)


def _document(found: Simulated) -> dict[str, Any]:
    study = found.study
    change = found.change
    return {
        "ok": True,
        "label": found.label,
        "phase": study.world.phase,
        "days": study.world.days,
        "replications": study.settings.replications,
        "seed": study.seed,
        "confidence": study.settings.confidence,
        "city": _records(study.city()),
        "promise": study.promise.count(),
        "change": None if change is None else _records(change),
        "files": [str(path) for path in found.paths],
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows; what nobody knows is null."""
    return [
        {
            str(key): None if isinstance(value, float) and math.isnan(value) else value
            for key, value in row.items()
        }
        for row in table.to_dict("records")
    ]


def _print(found: Simulated, folder: Path) -> None:
    study = found.study
    if found.label:
        answer(f"The city is {found.label}: these are no waits of a real one.")
    length = "a week" if study.world.days > 1 else "a day"
    answer(
        f"Phase {study.world.phase}, {length}, {study.settings.replications} replications of seed "
        f"{study.seed}, after {study.settings.warmup_hours} h of warm-up; intervals of "
        f"{study.settings.confidence:.0%} (Student's t over replications)."
    )
    print_table(["city", "mean", "interval"], _city_rows(study.city()))
    _print_promise(found)
    if found.change is not None:
        answer("Change from the other plan, which met the same drivers:")
        print_table(["city", "change", "interval", ""], _change_rows(found.change))
    for path in found.paths:
        answer(str(path))
    answer(f"'siting map {folder}' draws it on the map.")


def _value(measure: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    if measure.endswith("share") or measure == "utilisation":
        return f"{value:.1%}"
    return f"{value:,.0f}" if measure in {"sessions", "energy_mwh_day"} else f"{value:,.2f}"


def _city_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = []
    for row in table.to_dict("records"):
        name = str(row["measure"])
        if name in _WORDS:
            ends = f"{_value(name, row['low'])} to {_value(name, row['high'])}"
            rows.append([_WORDS[name], _value(name, row["mean"]), ends])
    return rows


def _change_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = []
    for row in table.to_dict("records"):
        name = str(row["measure"])
        if name in _WORDS:
            ends = f"{_value(name, row['low'])} to {_value(name, row['high'])}"
            sure = "" if row["significant"] else "not significant"
            rows.append([_WORDS[name], _value(name, row["change"]), ends, sure])
    return rows


def _print_promise(found: Simulated) -> None:
    study = found.study
    world, count = study.world, study.promise.count()
    answer(
        f"Promised for the busiest hour ({study.promise.hours[0] % 24:02d}:00): a mean wait of "
        f"{world.max_wait_min:g} min at most, and {world.max_wait_probability:.0%} of drivers who "
        f"wait at all. Of {len(world.stations)} stations {count['kept']} keep it, "
        f"{count['broken']} break it, {count['not significant']} are not significant"
        + (f", to {count['nobody came']} nobody came" if count["nobody came"] else "")
        + ". Each is judged alone: some would break it by chance."
    )
    table = study.stations()
    worst = table.sort_values("busiest_hour_waited_share", ascending=False).head(_SHOWN)
    print_table(
        ["station", "guns", "drivers a day", "in use", "busiest hour: wait", "waited", "promise"],
        [
            [
                str(row["station"]),
                str(row["guns"]),
                f"{row['drivers_day']:,.0f}",
                f"{row['utilisation']:.0%}",
                _span(row, "busiest_hour_wait_min", 1, " min"),
                _span(row, "busiest_hour_waited_share", 100, " %"),
                str(row["promise"]),
            ]
            for row in worst.to_dict("records")
        ],
    )


def _span(row: dict[Any, Any], name: str, factor: float, unit: str) -> str:
    mean, low, high = (row[name + end] * factor for end in ("", "_low", "_high"))
    if math.isnan(mean):
        return "-"
    digits = 0 if unit == " %" else 1
    return f"{mean:.{digits}f} ({low:.{digits}f}-{high:.{digits}f}){unit}"
