"""Make an ordinary case folder of OpenStreetMap data."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.case_file import CASE_FILE
from siting.data.osm.case_write import MADE, OWN_FILES, Content, Origin, write_content
from siting.data.osm.clip import ROAD_MARGIN_M, grown
from siting.data.osm.districts import find_districts
from siting.data.osm.layers import (
    fuel_layer,
    poi_layer,
    site_layer,
    station_layer,
    substation_layer,
)
from siting.data.osm.roads import drive_network
from siting.data.osm.zones import make_zones
from siting.data.sphere import extent, utm_crs
from siting.errors import CaseError, Fault
from siting.plan_folder.swap import replace_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.data.osm.elements import OsmData
    from siting.data.osm.layers import Found
    from siting.data.osm.roads import DriveNetwork

_log = logging.getLogger(__name__)

CELL_M = 1000.0
"""Side of a demand zone unless told otherwise, m."""
KWH_DAY_PER_FUEL_STATION = 2000.0
"""Demand for supercharging, per fuel station, before anybody measured any. Assumption (X): sixty
sessions of 33 kWh a day, if charging is to do at each what fuel did."""


@dataclass(frozen=True)
class ImportReport:
    """Tell what became of OpenStreetMap data."""

    folder: Path
    rows: dict[str, int]
    """By layer; of roads, directed edges."""
    road_nodes: int
    road_km: float
    """All directed edges."""
    notes: tuple[str, ...]
    """What was left out or assumed."""

    def lines(self) -> list[str]:
        """Return the report as text."""
        counts = [f"{name}: {count:,}" for name, count in self.rows.items() if name != "roads"]
        roads = (
            f"roads: {self.road_nodes:,} nodes, {self.rows.get('roads', 0):,} directed edges, "
            f"{self.road_km:,.1f} km"
        )
        return [str(self.folder), roads, *counts, *self.notes]


def write_osm_case(  # noqa: PLR0913 - all but the first two are options with defaults
    data: OsmData,
    out: Path,
    *,
    title: str,
    source_note: str,
    date: str,
    title_zh: str = "",
    licence: str = "ODbL 1.0",
    clip: BaseGeometry | None = None,
    district_level: int | None = None,
    cell_m: float = CELL_M,
    kwh_day_per_fuel: float = KWH_DAY_PER_FUEL_STATION,
    progress: Callable[[str], None] = _log.info,
) -> ImportReport:
    """Write a case folder of OpenStreetMap data, whole or not at all.

    Parameters
    ----------
    data
        Elements.
    out
        Folder to write. One that siting itself made is replaced; files of others in it are kept.
    title, title_zh, source_note, date, licence
        What ``case.toml`` says of the data.
    clip
        Keep only what lies inside, WGS-84; of roads, also what lies within a margin around it.
    district_level
        ``admin_level`` of the districts; the coarsest that serves if None.
    cell_m
        Side of the demand zones, in metres.
    kwh_day_per_fuel
        Demand all zones add up to, per fuel station.
    progress
        Takes each step.

    Raises
    ------
    CaseError
        If there is no fuel station or no site, the folder holds something else, or the disk
        refuses.
    """
    out = out.resolve()
    check_case_target(out)
    made = _made(data, clip, district_level, cell_m, kwh_day_per_fuel, progress)
    origin = Origin(title, source_note, date, licence, title_zh)
    progress(f"writing {out.name}")
    _in_place(out, lambda folder: write_content(folder, made, origin))
    rows = {"roads": len(made.network.table), "zones": len(made.zones.table)}
    rows |= {name: len(found.table) for name, found in made.points.items()}
    rows["districts"] = len(made.districts.table)
    network = made.network
    return ImportReport(out, rows, network.nodes, network.length_km, made.notes)


def check_case_target(out: Path) -> None:
    """Refuse a folder that a case may not replace; meant to be asked before the long work.

    Raises
    ------
    CaseError
        If it is a file, holds something that is no case, or a case that siting did not make.
    """
    what = None
    if out.exists() and not out.is_dir():
        what = "is a file, not a folder"
    elif out.is_dir() and any(out.iterdir()):
        case_file = out / CASE_FILE
        if not case_file.is_file():
            what = "holds something that is not a case, which would be lost"
        elif not case_file.read_text(encoding="utf-8", errors="replace").startswith(MADE):
            what = "is a case that was not made from OpenStreetMap, which would be lost"
    if what:
        msg = "The case cannot be written there."
        raise CaseError(msg, [Fault(str(out), what, "Give another folder with --out.")])


def _in_place(out: Path, fill: Callable[[Path], None]) -> None:
    def whole(folder: Path) -> None:
        fill(folder)
        for item in out.iterdir() if out.is_dir() else ():
            if item.name not in OWN_FILES:
                copy = shutil.copytree if item.is_dir() else shutil.copy2
                copy(item, folder / item.name)

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        replace_folder(out, whole)
    except OSError as error:
        msg = "The case could not be written; what was there before is untouched."
        what = error.strerror or str(error)
        mend = "Check the disk's space and rights, or give another folder with --out."
        raise CaseError(msg, [Fault(str(error.filename or out), what, mend)]) from error


def write_roads(data: OsmData, path: Path, clip: BaseGeometry | None = None) -> DriveNetwork:
    """Write the drive network alone, as an edge table, for a case of your own.

    Raises
    ------
    CaseError
        If there is no road.
    """
    network = drive_network(data, _road_area(clip))
    if not len(network.table):
        msg = "The data hold no public road for cars" + _inside(clip)
        raise CaseError(msg)
    path.parent.mkdir(parents=True, exist_ok=True)
    network.table.to_parquet(path, index=False, compression="zstd")
    return network


def _road_area(clip: BaseGeometry | None) -> BaseGeometry | None:
    return None if clip is None else grown(clip, ROAD_MARGIN_M)


def _inside(clip: BaseGeometry | None) -> str:
    return "." if clip is None else " inside the clip polygon."


def _made(
    data: OsmData,
    clip: BaseGeometry | None,
    district_level: int | None,
    cell_m: float,
    kwh_day_per_fuel: float,
    progress: Callable[[str], None],
) -> Content:
    fuel = fuel_layer(data, clip)
    if not len(fuel.table):
        msg = (
            f"The data hold no fuel station (amenity=fuel){_inside(clip)} The ratio counts against "
            "them: take a larger extract, or import the roads alone (--roads-only) into a case "
            "with your own fuel stations."
        )
        raise CaseError(msg)
    progress("building the drive network")
    network = drive_network(data, _road_area(clip))
    around = [network.table.geometry.to_numpy(), *_places([fuel])]
    west, south, east, north = extent(np.concatenate(around))
    metric_crs = utm_crs((west + east) / 2, (south + north) / 2)
    progress("finding places")
    points = {
        "sites": site_layer(data, clip, metric_crs),
        "fuel": fuel,
        "stations": station_layer(data, clip),
        "substations": substation_layer(data, clip),
        "pois": poi_layer(data, clip),
    }
    if not len(points["sites"].table):
        msg = f"The data hold no host for a station, such as amenity=parking{_inside(clip)}"
        raise CaseError(msg)
    progress("finding districts and zones")
    tied = [points[name] for name in ("fuel", "sites", "stations")]
    districts = find_districts(
        data, np.concatenate(_places(tied)), metric_crs=metric_crs, level=district_level, clip=clip
    )
    zones = make_zones(
        data,
        network.table,
        districts.area,
        cell_m=cell_m,
        metric_crs=metric_crs,
        total_kwh_day=len(fuel.table) * kwh_day_per_fuel,
    )
    notes = _road_notes(network, clip)
    notes += [note for found in points.values() for note in found.notes]
    notes += [*districts.notes, f"zones: weighted by {zones.told} (assumption)."]
    return Content(network, points, districts, zones, cell_m, kwh_day_per_fuel, tuple(notes))


def _places(layers: list[Found]) -> list[NDArray[np.object_]]:
    tables = [layer.table for layer in layers if len(layer.table)]
    return [
        np.asarray(shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy()), dtype=object)
        for table in tables
    ]


def _road_notes(network: DriveNetwork, clip: BaseGeometry | None) -> list[str]:
    if not len(network.table):
        return ["roads: none for cars in the data; straight lines serve instead."]
    notes = []
    if clip is not None:
        notes.append(
            f"roads: kept up to {ROAD_MARGIN_M:g} m beyond the area, so that those at its border "
            "are whole."
        )
    if network.dropped_edges:
        notes.append(
            f"roads: {network.dropped_edges:,} directed edges ({network.dropped_km:.1f} km) were "
            "left out: they cannot be reached from, or cannot reach, the main network."
        )
    return notes
