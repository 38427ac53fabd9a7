"""Print what a plan's stations offer the grid, and how they answer a call."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from siting.cli.dispatch import StorageName, TariffName  # noqa: TC001 - as above
from siting.cli.options import (  # noqa: TC001 - typer reads them
    AsJson,
    GridOut,
    MovedCase,
    PlanFolder,
    Quiet,
    StudyName,
)
from siting.cli.show import answer, print_json, print_table, progress
from siting.errors import Fault, InputError


def vpp(  # noqa: PLR0913 - each is an option of the command line
    folder: PlanFolder,
    *,
    event: Annotated[
        str | None, typer.Option(help="Start and length, such as 2025-07-15T14:00/2h.")
    ] = None,
    mw: Annotated[float | None, typer.Option(help="Load to take off, MW.")] = None,
    up: Annotated[
        bool, typer.Option("--up", metavar="", help="Take more load instead of less.")
    ] = False,
    notice: Annotated[
        int, typer.Option(help="Hours before its start at which the event is told, such as 14.")
    ] = 0,
    storage: StorageName = "shenzhen",
    tariff: TariffName = "shenzhen-10kv",
    study: StudyName = "year",
    out: GridOut = None,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a plan's stations as a virtual power plant: what they offer, and answer an event."""
    from siting.grid.runs import run_vpp  # noqa: PLC0415 - heavy

    if (event is None) != (mw is None):
        missing = "--mw" if mw is None else "--event"
        msg = "An event needs a time and a power."
        raise InputError(msg, [Fault(missing, "is missing", "Give both --event and --mw.")])
    target = folder / "grid" if out is None else out
    with progress(quiet=quiet) as report:
        report(f"asking what the stations of {folder} offer")
        found, label, paths = run_vpp(
            folder,
            storage=storage,
            tariff=tariff,
            study=study,
            out=target,
            event=None if event is None or mw is None else (event, mw, up),
            notice_h=notice,
            case_name=case,
        )
    told, *bare = [one.summary() for one in found] or [{}]
    if as_json:
        files = [str(path) for path in paths]
        document = {"ok": True, "label": label, "event": told or None, "files": files}
        print_json(document | ({"event_without_notice": bare[0]} if bare else {}))
    elif not quiet:
        if label:
            answer(f"The city is {label}: these are no figures of a real one.")
        if told:
            _print(told)
            if bare:
                got = ", ".join(f"{mw:,.2f}" for mw in bare[0]["delivered_mw"])
                answer(
                    f"Without the {told['notice_h']} h of notice: {got} MW, "
                    f"net {bare[0]['net_cny']:,.0f} CNY."
                )
        for path in paths:
            answer(str(path))


def _print(told: dict[str, Any]) -> None:
    got = ", ".join(f"{mw:,.2f}" for mw in told["delivered_mw"])
    sense = "more" if told["direction"] == "up" else "less"
    answer(
        f"{told['event']}, {told['hours']} h, a {told['day']} day of {told['phase']}: "
        f"{told['asked_mw']:g} MW {sense} asked; delivered {got} MW"
        + ("." if told["met"] else ": not all that was asked.")
    )
    low = min(told["planned_mw"])
    if told["direction"] == "down" and low < told["asked_mw"] and not told["may_feed"]:
        answer(
            f"The stations were to take {low:,.2f} MW in its lowest hour, batteries at work: no "
            "more can be taken off while batteries may not feed the grid (battery.export)."
        )
    if not told["may_be_offered"]:
        answer("In some hour that is less than an aggregator may offer: it may go unpaid.")
    if not told["with_dispatch"]:
        answer("No dispatch is written there: guns and V2G alone help, no battery and no PV.")
    rows = [[name, f"{kwh:,.0f}"] for name, kwh in told["by_source_kwh"].items()]
    print_table(["by", "kWh"], rows)
    answer(
        f"{told['stations_that_help']} stations help; {told['deferred_kwh']:,.0f} kWh of charging "
        f"wait, {told['unserved_kwh']:,.0f} are refused; afterwards {told['rebound_kwh']:,.0f} kWh "
        f"come back, {told['rebound_peak_mw']:,.2f} MW at most."
    )
    answer(
        f"Paid {told['paid_cny']:,.0f} CNY; energy {told['energy_cny']:,.0f}, drivers who wait "
        f"{told['drivers_cny']:,.0f}, charging refused worth {told['unserved_cny']:,.0f}: "
        f"net {told['net_cny']:,.0f} CNY."
    )
