"""Fetch a city from OpenStreetMap's servers, and go on to a plan."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import Annotated

import typer

from siting.cli.from_osm import plan_made, plan_target, tell_made
from siting.cli.options import AsJson, CellM, DistrictLevel, PlanAtOnce, Quiet  # noqa: TC001 - typer reads them
from siting.cli.show import progress


def fetch_case(  # noqa: PLR0913 - each is an option of the command line
    place: Annotated[
        str | None,
        typer.Argument(help='Such as "Shenzhen, China"; with --bbox or --polygon, a title only.'),
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="Folder to write, such as data/our-city.")],
    bbox: Annotated[
        str | None, typer.Option(metavar="W,S,E,N", help="Area in degrees, without a look-up.")
    ] = None,
    polygon: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Area as polygons, without a look-up.")
    ] = None,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Overpass server; several are tried in order."),
    ] = None,
    nominatim: Annotated[
        str | None, typer.Option(metavar="URL", help="Server that looks the place up.")
    ] = None,
    district_level: DistrictLevel = None,
    cell_m: CellM = 1000.0,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of kept answers; default: the platform's own.")
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask for everything anew.")] = False,
    contact: Annotated[
        str,
        typer.Option(
            envvar="SITING_CONTACT", help="Your mail or web address, told to the servers asked."
        ),
    ] = "",
    tries: Annotated[int, typer.Option(help="Of one question at one server.")] = 4,
    timeout: Annotated[float, typer.Option(help="Seconds that one answer may take.")] = 180.0,
    pois: Annotated[bool, typer.Option("--pois", help="Points of interest too.")] = False,
    plan: PlanAtOnce = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fetch a city from OpenStreetMap as a case; a fetch that was stopped goes on where it was."""
    from siting.data.fetch import case as fetching  # noqa: PLC0415 - heavy

    target = None if plan is None else plan_target(plan, out)
    usual = fetching.Servers()
    servers = fetching.Servers(
        tuple(endpoint) if endpoint else usual.endpoints,
        nominatim or usual.nominatim,
        tries,
        timeout,
        cache,
        refresh,
        contact,
    )
    with progress(quiet=quiet) as report:
        made = fetching.fetch_case(
            fetching.Wish(place, bbox, polygon),
            out,
            servers=servers,
            tell=report,
            district_level=district_level,
            cell_m=cell_m,
            pois=pois,
        )
        planned = None
        if plan is not None and target is not None:
            planned = plan_made(plan, out, target, report)
    tell_made(made.lines(), made, planned, target, as_json=as_json, quiet=quiet)
