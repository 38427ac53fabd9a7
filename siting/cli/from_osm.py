"""Import an OpenStreetMap extract, and go on to a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.options import AsJson, CellM, DistrictLevel, PlanAtOnce, Quiet  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, progress
from siting.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.osm.case import ImportReport
    from siting.plan import Plan


def import_case(  # noqa: PLR0913 - each is an option of the command line
    extract: Annotated[Path, typer.Argument(metavar="EXTRACT", help="A .osm.pbf or .osm file.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default: data/NAME of the extract.")
    ] = None,
    clip: Annotated[
        Path | None, typer.Option(help="Polygon (GeoJSON) to cut the extract to.")
    ] = None,
    district_level: DistrictLevel = None,
    cell_m: CellM = 1000.0,
    kwh_day_per_fuel: Annotated[
        float, typer.Option(min=1, help="Demand to assume for each fuel station, kWh/day.")
    ] = 2000.0,
    title: Annotated[str | None, typer.Option(help="Name of the city.")] = None,
    roads_only: Annotated[
        bool, typer.Option("--roads-only", help="Write the drive network alone: roads.parquet.")
    ] = False,
    plan: PlanAtOnce = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a case of an OpenStreetMap extract, without a network; with --plan, answer it too."""
    name = _stem(extract)
    folder = Path("data") / name if out is None else out
    if roads_only and plan is not None:
        msg = (
            "--roads-only makes no whole case, so it cannot go on to --plan. Leave one of them out."
        )
        raise InputError(msg)
    target = None if plan is None else plan_target(plan, folder)
    with progress(quiet=quiet) as report:
        if roads_only:
            lines = _roads(extract, folder, clip, report)
            made = None
        else:
            made = _case(
                extract,
                folder,
                clip,
                report,
                title=title or name.replace("-", " ").replace("_", " ").capitalize(),
                district_level=district_level,
                cell_m=cell_m,
                kwh_day_per_fuel=kwh_day_per_fuel,
            )
            lines = made.lines()
        planned = None
        if plan is not None and target is not None:
            planned = plan_made(plan, folder, target, report)
    tell_made(lines, made, planned, target, as_json=as_json, quiet=quiet)


def _stem(extract: Path) -> str:
    """Return an extract's name without its endings."""
    return extract.name.split(".")[0] or "case"


def plan_target(scenario: str, folder: Path) -> Path:
    """Return where the plan goes; refuse early what could not be written or asked later."""
    from siting.plan_folder import check_target  # noqa: PLC0415 - heavy
    from siting.scenario_io import load_scenario  # noqa: PLC0415

    target = Path("maps") / f"{folder.resolve().name}-{load_scenario(scenario).name}"
    check_target(target)
    return target


def _case(
    extract: Path,
    folder: Path,
    clip: Path | None,
    report: Callable[[str], None],
    **options: Any,  # noqa: ANN401 - those of write_osm_case
) -> ImportReport:
    from siting.data.osm.case import check_case_target, write_osm_case  # noqa: PLC0415 - heavy
    from siting.data.osm.clip import read_clip  # noqa: PLC0415
    from siting.data.osm.read import extract_date, read_extract  # noqa: PLC0415

    check_case_target(folder)
    area = None if clip is None else read_clip(clip)
    report(f"reading {extract.name}")
    data = read_extract(extract)
    return write_osm_case(
        data,
        folder,
        clip=area,
        source_note=f"extract {extract.name}",
        date=extract_date(extract) or "unknown",
        progress=report,
        **options,
    )


def _roads(
    extract: Path, folder: Path, clip: Path | None, report: Callable[[str], None]
) -> list[str]:
    from siting.data.osm.case import write_roads  # noqa: PLC0415 - heavy
    from siting.data.osm.clip import read_clip  # noqa: PLC0415
    from siting.data.osm.read import read_extract  # noqa: PLC0415

    area = None if clip is None else read_clip(clip)
    report(f"reading {extract.name}")
    data = read_extract(extract)
    report("building the drive network")
    path = folder / "roads.parquet"
    network = write_roads(data, path, area)
    told = f"{path}: {network.nodes:,} nodes, {len(network.table):,} directed edges, "
    told += f"{network.length_km:,.1f} km; {network.dropped_km:,.1f} km left out as not connected."
    return [told, "Name it in a case.toml as  [layers.roads]  path = ..."]


def plan_made(scenario: str, folder: Path, target: Path, report: Callable[[str], None]) -> Plan:
    """Answer a scenario for a case just made, and write the plan."""
    from siting import pipeline  # noqa: PLC0415 - heavy
    from siting.scenario_io import load_scenario, override  # noqa: PLC0415

    question = override(load_scenario(scenario), {}, case=str(folder))
    return pipeline.run_plan(question, case_name=question.case, out=target, progress=report)


def tell_made(
    lines: list[str],
    made: ImportReport | None,
    planned: Plan | None,
    target: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Print what became of a case, and of the plan if there is one."""
    from siting.cli.summary import print_summary, summary_document  # noqa: PLC0415 - heavy

    if as_json:
        document: dict[str, Any] = {"ok": True, "notes": lines}
        if made is not None:
            document |= {"folder": str(made.folder), "rows": made.rows}
            document |= {"road_nodes": made.road_nodes, "road_km": round(made.road_km, 3)}
        if planned is not None and target is not None:
            document["plan"] = summary_document(planned.document, target)
        print_json(document)
    elif not quiet:
        for line in lines:
            answer(line)
        if planned is not None and target is not None:
            answer("")
            print_summary(planned.document, target)
