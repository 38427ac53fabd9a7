"""Write the layers and the ``case.toml`` of a case made of OpenStreetMap data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.data.case_file import CASE_FILE

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from siting.data.osm.districts import Districts
    from siting.data.osm.layers import Found
    from siting.data.osm.roads import DriveNetwork
    from siting.data.osm.zones import Zones

MADE = "# Made by siting from OpenStreetMap."
"""First words of a case that may be replaced: nobody wrote it by hand."""
ROADS_FILE = "roads.parquet"
POINT_LAYERS = ("sites", "fuel", "stations", "substations", "pois")
OWN_FILES = frozenset(
    {CASE_FILE, ROADS_FILE, "zones.geojson", "districts.geojson"}
    | {f"{name}.csv" for name in POINT_LAYERS}
)
"""All files that are replaced together."""


@dataclass(frozen=True)
class Origin:
    """Say where the data are from, for ``case.toml``."""

    title: str
    source_note: str
    """Such as: extract of Geofabrik, liechtenstein.osm.pbf."""
    date: str
    licence: str = "ODbL 1.0"
    title_zh: str = ""


@dataclass(frozen=True, eq=False)
class Content:
    """Hold what a case is made of."""

    network: DriveNetwork
    points: dict[str, Found]
    districts: Districts
    zones: Zones
    cell_m: float
    kwh_day_per_fuel: float
    notes: tuple[str, ...]
    """What was left out or assumed."""


def write_content(folder: Path, made: Content, origin: Origin) -> None:
    """Write all files of a case into an empty folder; a layer without rows gets no file."""
    if len(made.network.table):
        made.network.table.to_parquet(folder / ROADS_FILE, index=False, compression="zstd")
    _write_areas(folder / "zones.geojson", made.zones.table)
    _write_areas(folder / "districts.geojson", made.districts.table)
    for name, found in made.points.items():
        if len(found.table):
            found.table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    (folder / CASE_FILE).write_text(_toml(made, origin), encoding="utf-8")


def _write_areas(path: Path, table: gpd.GeoDataFrame) -> None:
    table.to_file(path, driver="GeoJSON", COORDINATE_PRECISION=7)


def _toml(made: Content, origin: Origin) -> str:
    """Return ``case.toml``, every layer saying what was assumed of it."""
    what = {
        "zones": f"square cells of {made.cell_m:g} m; demand shared by {made.zones.told}; in "
        f"all {made.kwh_day_per_fuel:g} kWh/day for each fuel station; both assumed (X)",
        "sites": "public hosts by tag",
        "fuel": "amenity=fuel",
        "stations": "amenity=charging_station; super only where 480 kW or more are tagged",
        "districts": made.districts.told,
        "substations": "power=substation from 30 to 300 kV; rating and base load assumed by "
        "voltage (X)",
        "pois": "restaurants, hotels and the like by tag; for estimators of demand",
        "roads": "public roads for cars, simplified to junctions, largest connected part; "
        f"{made.network.dropped_km:.1f} km outside it left out",
    }
    assumed = {"zones", "substations"}
    files = {"roads": ROADS_FILE} if len(made.network.table) else {}
    files |= {"zones": "zones.geojson", "districts": "districts.geojson"}
    files |= {name: f"{name}.csv" for name, found in made.points.items() if len(found.table)}
    lines = [MADE, f"title = {_quoted(origin.title)}"]
    lines += [f"title_zh = {_quoted(origin.title_zh)}"] if origin.title_zh else []
    lines += ['label = "partly assumed"', 'label_zh = "部分为假设"']
    for layer, told in what.items():
        if layer in files:
            source = f"OpenStreetMap contributors, {origin.source_note}: {told}"
            lines += ["", f"[layers.{layer}]", f'path = "{files[layer]}"']
            lines += [] if layer == "roads" else ['crs = "EPSG:4326"']
            lines += [f"source = {_quoted(source)}", f"licence = {_quoted(origin.licence)}"]
            lines += [f"date = {_quoted(origin.date)}"]
            lines += ["synthetic = true"] if layer in assumed else []
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a TOML basic string (JSON's escapes are valid TOML)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
