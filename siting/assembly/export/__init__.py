"""Write a plan's layers for another program: a GIS, a web map, or a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from siting.assembly.export.geojson import write_geojson
from siting.assembly.export.spreadsheet import write_csv, write_workbook
from siting.assembly.styles import layer_styles
from siting.data.crs import geometry_from_wgs84, parse_crs
from siting.errors import Fault, PlanError
from siting.plan_folder.geopackage import writable, write_geopackage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyproj import CRS

    from siting.data.crs import Datum
    from siting.plan import ExportFormat

WGS84 = "EPSG:4326"
_PLACE = ["geometry", "lon", "lat"]


def export_layers(
    layers: Mapping[str, gpd.GeoDataFrame], crs: str, out: Path, *, form: ExportFormat = "geojson"
) -> list[Path]:
    """Write layers in another system and format; return the files.

    A name such as ``stations.gcj02.geojson`` says which system a file is in; WGS-84 needs no mark.

    Parameters
    ----------
    layers
        By name, in WGS-84.
    crs
        gcj02, bd09, or an EPSG code.
    out
        Folder; made where missing. Files of the same names are replaced.
    form
        geojson (RFC 7946 in WGS-84; 6 decimals), gpkg (one file, opens styled in QGIS), geoparquet,
        csv (UTF-8 with its mark; areas as well-known text) or xlsx (one sheet a layer; areas by a
        point inside them).

    Raises
    ------
    PlanError
        If the system is unknown, or the disk refuses.
    """
    system = parse_crs(crs)
    if system is None:
        fault = Fault("--crs", f"{crs!r} is no known system", "Use gcj02, bd09, or EPSG:<number>.")
        msg = "The plan cannot be exported."
        raise PlanError(msg, [fault])
    moved = {name: _moved(layer, system) for name, layer in layers.items()}
    mark = "" if crs.upper() == WGS84 else "." + crs.replace(":", "-").lower()
    try:
        out.mkdir(parents=True, exist_ok=True)
        return _write(moved, crs, out, mark, form)
    except OSError as error:
        fault = Fault(str(out), error.strerror or str(error), "Give another folder with --out.")
        msg = "The plan cannot be exported."
        raise PlanError(msg, [fault]) from error


def _moved(layer: gpd.GeoDataFrame, system: CRS | Datum) -> gpd.GeoDataFrame:
    place = geometry_from_wgs84(layer.geometry.to_numpy(), system)
    facts = pd.DataFrame(layer.drop(columns=_PLACE, errors="ignore"))
    known = None if isinstance(system, str) else system
    return writable(gpd.GeoDataFrame(facts, geometry=place, crs=known))


def _write(
    layers: Mapping[str, gpd.GeoDataFrame], crs: str, out: Path, mark: str, form: ExportFormat
) -> list[Path]:
    if form == "xlsx":
        path = out / f"plan{mark}.xlsx"
        write_workbook(layers, crs, path)
        return [path]
    if form == "gpkg":
        path = out / f"plan{mark}.gpkg"
        path.unlink(missing_ok=True)
        write_geopackage(path, layers, layer_styles(layers))
        return [path]
    suffix = "parquet" if form == "geoparquet" else form
    paths = {name: out / f"{name}{mark}.{suffix}" for name in layers}
    for name, layer in layers.items():
        if form == "geojson":
            write_geojson(layer, crs, paths[name])
        elif form == "geoparquet":
            layer.to_parquet(paths[name], index=False)
        else:
            write_csv(layer, paths[name])
    return list(paths.values())
