"""Print what storage, PV and V2G change in a plan."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.accounts import years
from siting.cli.grid import LIMIT_BROKEN
from siting.cli.options import AsJson, GridOut, MovedCase, PlanFolder, Quiet, StudyName  # noqa: TC001 - typer reads them
from siting.cli.show import FinishedError, answer, print_json, print_table, progress

if TYPE_CHECKING:
    from siting.grid.dispatch import DispatchStudy
    from siting.grid.hourly import HourlyYear

_SHOWN = 8

StorageName = Annotated[
    str, typer.Option("--storage", help="Equipment: a name in models/storage, or a TOML file.")
]
TariffName = Annotated[
    str, typer.Option("--tariff", help="Prices: a name in models/tariff, or a TOML file.")
]


def dispatch(  # noqa: PLR0913 - each is an option of the command line
    folder: PlanFolder,
    *,
    storage: StorageName = "shenzhen",
    tariff: TariffName = "shenzhen-10kv",
    study: StudyName = "year",
    hours: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet of 8,760 hourly factors: dispatch each day on them."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that share the substations.")
    ] = 1,
    out: GridOut = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Size and dispatch storage, PV and V2G at every station; exit 5 if a limit is still passed."""
    from siting.grid.runs import run_dispatch  # noqa: PLC0415 - heavy

    target = folder / "grid" if out is None else out
    with progress(quiet=quiet) as report:
        report(f"placing the load of {folder}")
        found, whole, paths = run_dispatch(
            folder,
            storage=storage,
            tariff=tariff,
            study=study,
            out=target,
            hours=hours,
            workers=workers,
            case_name=case,
            progress=report,
        )
    holds = found.holds and (whole is None or whole.holds)
    if as_json:
        files = [str(path) for path in paths]
        told = None if whole is None else whole.summary()
        print_json({"ok": holds, **found.summary(), "year": told, "files": files})
    elif not quiet:
        _print(found, whole, paths)
    if not holds:
        raise FinishedError(LIMIT_BROKEN)


def _print(found: DispatchStudy, whole: HourlyYear | None, paths: list[Path]) -> None:
    told = found.summary()
    answer(f"{found.setting.storage.title}; {found.setting.tariff.title}")
    if found.label:
        answer(f"The city is {found.label}: these are no figures of a real one.")
    columns = [
        *("phase", "stations", "battery, MWh", "PV, MW", "V2G, MWh a year", "peak, MW"),
        *("cost without, M CNY", "with, M CNY a year", "invested, M CNY", "gap"),
    ]
    print_table(
        columns,
        [
            [
                row["phase"],
                f"{row['stations']:,}",
                f"{row['battery_mwh']:,.1f}",
                f"{row['pv_mw']:,.1f}",
                f"{row['given_mwh_year']:,.0f}",
                f"{row['peak_without_mw']:,.1f} to {row['peak_mw']:,.1f}",
                f"{row['cost_without_cny_year'] / 1e6:,.1f}",
                f"{row['cost_cny_year'] / 1e6:,.1f}",
                f"{row['invested_cny'] / 1e6:,.1f}",
                f"{row['gap']:.1e}",
            ]
            for row in told["phases"]
        ],
    )
    _print_stations(found)
    for row in told["phases"]:
        answer(
            f"{row['phase']}: {row['hours_over_without']:,.0f} substation hours a year over the "
            f"limit without, {row['hours_over']:,.0f} with; deepest {row['over_without_mw']:,.2f} "
            f"and {row['over_mw']:,.2f} MW."
        )
    if whole is not None:
        told = whole.summary()
        answer(
            f"All 8,760 hours of {told['year']}, sizes held: {told['cost_cny_year'] / 1e6:,.1f} "
            f"M CNY, at most {told['gap']:.2%} above the best sizes for them; "
            f"{told['hours_over']:,.0f} substation hours over the limit."
        )
    for path in paths:
        answer(str(path))


def _print_stations(found: DispatchStudy) -> None:
    from siting.grid.dispatch_tables import station_table  # noqa: PLC0415 - heavy

    table = station_table(found)
    last = table[table["phase"] == table["phase"].iloc[-1]] if len(table) else table
    columns = [
        "station",
        "battery, kWh",
        "PV, kW",
        "shaved, kW",
        "saved, CNY a year",
        "payback, years",
    ]
    rows = last.sort_values("saved_cny_year", ascending=False).head(_SHOWN).to_dict("records")
    print_table(
        columns,
        [
            [
                str(row["station"]),
                f"{row['battery_kwh']:,.0f}",
                f"{row['pv_kw']:,.0f}",
                f"{row['peak_shaved_kw']:,.0f}",
                f"{row['saved_cny_year']:,.0f}",
                years(row["payback_years"]),
            ]
            for row in rows
        ],
    )
