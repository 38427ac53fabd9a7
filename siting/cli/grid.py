"""Ask whether the grid holds, and print what was found."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from siting.cli.network import network_document, print_network
from siting.cli.options import AsJson, GridOut, MovedCase, PlanFolder, Quiet, StudyName  # noqa: TC001 - typer reads them
from siting.cli.show import FinishedError, answer, print_json, print_table, progress

if TYPE_CHECKING:
    import pandas as pd

    from siting.grid.folder import GridStudy
    from siting.grid.network.study import NetworkStudy

LIMIT_BROKEN = 5
"""Exit code where a limit is passed."""
_SHOWN = 8


class LoadFormat(StrEnum):
    """Name a form of loads: typer takes no list of literals."""

    CSV = "csv"
    OPENDSS = "opendss"
    PANDAPOWER = "pandapower"


Load = Literal["design", "expected"]


def grid(  # noqa: PLR0913 - each is an option of the command line
    folder: PlanFolder,
    *,
    study: StudyName = "year",
    year: Annotated[
        bool, typer.Option("--year", metavar="", help="Also write all 8,760 hours.")
    ] = False,
    network: Annotated[
        Path | None,
        typer.Option(help="Real network (pandapower JSON): power flow of every hour."),
    ] = None,
    network_crs: Annotated[
        str, typer.Option(help="Its coordinates: EPSG code, gcj02 or bd09.")
    ] = "EPSG:4326",
    network_limits: Annotated[
        str, typer.Option(help="Voltage band, ratings, buses: a name in models/network, or TOML.")
    ] = "china-mv",
    buses: Annotated[
        Path | None, typer.Option(help="CSV of station,bus; comes before coordinates.")
    ] = None,
    load: Annotated[
        Load, typer.Option(help="What stations may ask for, or what customers bring.")
    ] = "design",
    hosting: Annotated[
        bool, typer.Option("--hosting/--no-hosting", help="Find each bus's hosting capacity.")
    ] = True,
    export: Annotated[
        list[LoadFormat] | None, typer.Option(help="Write the loads as this; may be repeated.")
    ] = None,
    out: GridOut = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check a plan's load on every substation, hour by hour; exit 5 if a limit is passed."""
    from siting.grid.network.runs import NetworkRun, run_network  # noqa: PLC0415 - heavy
    from siting.grid.network.study import NetworkAsked  # noqa: PLC0415 - heavy

    target = folder / "grid" if out is None else out
    asked = None
    if network is not None:
        asked = NetworkAsked(network, network_crs, buses, load, hosting)
    run = NetworkRun(asked, network_limits, tuple(item.value for item in export or ()))
    with progress(quiet=quiet) as report:
        report(f"placing the load of {folder}")
        found, power, paths = run_network(
            folder,
            run,
            study=study,
            out=target,
            whole_year=year,
            case_name=case,
            progress=report,
        )
    if as_json:
        print_json(_document(found, paths, power))
    elif not quiet:
        _print(found, paths, power)
    if not found.holds or (power is not None and not power.holds):
        raise FinishedError(LIMIT_BROKEN)


def _document(found: GridStudy, paths: list[Path], power: NetworkStudy | None) -> dict[str, Any]:
    told = {} if power is None else {"network": network_document(power)}
    return told | {
        "ok": found.holds and (power is None or power.holds),
        "study": found.study.name,
        "label": found.label,
        "city": _city(found),
        "substations": found.verdicts.to_dict("records"),
        "files": [str(path) for path in paths],
    }


def _city(found: GridStudy) -> list[dict[str, Any]]:
    """Return the city's own worst hour by phase and kind of day."""
    placement, rows = found.placement, []
    for t, phase in enumerate(placement.phases):
        for d, day in enumerate(placement.days):
            design = placement.design_kw[t, :, d].sum(axis=0) / 1000
            expected = placement.expected_kw[t, :, d].sum(axis=0) / 1000
            base = placement.base_mw[t, :, d].sum(axis=0)
            rows.append(
                {
                    "phase": phase,
                    "day": day,
                    "charging_peak_mw": float(design.max()),
                    "charging_peak_hour": int(design.argmax()),
                    "expected_peak_mw": float(expected.max()),
                    "expected_mwh": float(expected.sum()),
                    "base_peak_mw": float(base.max()),
                }
            )
    return rows


def _print(found: GridStudy, paths: list[Path], power: NetworkStudy | None) -> None:
    if found.label:
        answer(f"The city is {found.label}: its substations are not surveyed ones.")
    columns = ["phase", "day", "charging, MW", "at", "expected, MW", "MWh a day", "base, MW"]
    print_table(
        columns,
        [
            [
                row["phase"],
                row["day"],
                f"{row['charging_peak_mw']:,.1f}",
                f"{row['charging_peak_hour']:02d}:00",
                f"{row['expected_peak_mw']:,.1f}",
                f"{row['expected_mwh']:,.0f}",
                f"{row['base_peak_mw']:,.1f}",
            ]
            for row in _city(found)
        ],
    )
    table = found.verdicts
    if table.empty:
        answer("The city has no substations: nothing limits the load.")
    else:
        _print_substations(table)
    if power is not None:
        print_network(power)
    for path in paths:
        answer(str(path))


def _print_substations(table: pd.DataFrame) -> None:
    over = table[table["over"]]
    last = table[table["phase"] == table["phase"].iloc[-1]]
    shown = over if len(over) else last
    worst = shown.sort_values("loading", ascending=False).head(_SHOWN)
    columns = ["substation", "phase", "limit, MW", "worst, MW", "when", "loading", "over, h a year"]
    print_table(
        columns,
        [
            [
                str(row["substation"]),
                str(row["phase"]),
                f"{row['limit_mw']:,.1f}",
                f"{row['worst_mw']:,.1f}",
                f"{row['worst_day']} {row['worst_hour']:02d}:00",
                f"{row['loading']:.1%}",
                f"{row['hours_over_per_year']:,.0f}",
            ]
            for row in worst.to_dict("records")
        ],
    )
    names = over["substation"].nunique()
    alone = over.loc[over["base_alone_over"], "substation"].nunique()
    if names:
        answer(
            f"{names} of {table['substation'].nunique()} substations pass their limit, {alone} of "
            "them without any charging."
        )
    else:
        answer(f"All {table['substation'].nunique()} substations hold, in every phase and hour.")
