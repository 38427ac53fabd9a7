"""Read one layer: open, place on the globe, filter, check."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.data.case import LayerInfo
from siting.data.columns import Source, declared_columns, text_of
from siting.data.crs import WGS84
from siting.data.findings import shown
from siting.data.geometry import placed
from siting.data.nearest import did_you_mean
from siting.data.readers import read_raw
from siting.data.schema import LAYERS
from siting.data.sphere import inner_points

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.data.case_file import LayerSpec
    from siting.data.findings import Findings

_SIDECARS = (".dbf", ".prj", ".cpg")
"""Files that belong to a shapefile."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Hold one checked layer."""

    name: str
    where: str
    """File and layer, for messages."""
    table: gpd.GeoDataFrame
    """Declared columns and geometry, EPSG:4326."""
    rows: NDArray[np.int64]
    """(n,) row numbers as a spreadsheet counts them."""
    info: LayerInfo


def layer_file(folder: Path, name: str, spec: LayerSpec, findings: Findings) -> Path | None:
    """Return a layer's file, or None with a fault if it is not there or of no known format."""
    path = folder / spec.path
    where = f"{path.name} ({name})"
    if not path.is_file():
        beside = [item.name for item in path.parent.glob("*")] if path.parent.is_dir() else []
        mend = did_you_mean(path.name, sorted(beside)) if beside else f"{path.parent} is no folder."
        what = "there is no such file"
        if path.is_dir():
            what, mend = "is a folder, not a file", "Name the file in it."
        findings.fault(where, what, mend, field=f"layers.{name}.path")
        return None
    kind = spec.kind(path.suffix)
    graph, raster = kind in {"graphml", "osm"}, kind == "tif"
    if kind is None or (graph and name != "roads") or raster != (name == "raster"):
        mend = 'Write format = "csv", "xlsx", "geojson", "gpkg", "shp" or "parquet", or save it so.'
        mend = "Save it as a GeoTIFF (.tif)." if name == "raster" else mend
        what = f"{shown(path.suffix)} is no format known for {name}"
        findings.fault(where, what, mend, field=f"layers.{name}.format")
        return None
    return path


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256; for a shapefile, of its .shp followed by .dbf, .prj and .cpg."""
    digest = hashlib.sha256(path.read_bytes())
    if path.suffix.lower() == ".shp":
        for suffix in _SIDECARS:
            beside = path.with_suffix(suffix)
            if beside.exists():
                digest.update(beside.read_bytes())
    return digest.hexdigest()


def layer_info(name: str, spec: LayerSpec, path: Path, rows: int) -> LayerInfo:
    """Say where a layer comes from."""
    return LayerInfo(
        layer=name,
        file=spec.path,
        rows=rows,
        source=spec.source,
        licence=spec.licence,
        date=spec.date,
        synthetic=spec.synthetic,
        sha256=file_sha256(path),
    )


def read_layer(folder: Path, name: str, spec: LayerSpec, findings: Findings) -> Layer | None:
    """Read and check one layer of features.

    Parameters
    ----------
    folder
        Case folder.
    name
        Of the layer.
    spec
        From ``case.toml``.
    findings
        Takes faults and notes.

    Returns
    -------
    layer
        None if it cannot be used; then there is a fault.
    """
    path = layer_file(folder, name, spec, findings)
    if path is None:
        return None
    where = f"{path.name} ({name})"
    before = len(findings.faults)
    raw = read_raw(path, spec, where, findings)
    if raw is None:
        return None
    keep = _where(raw.frame, spec, where, findings)
    source = Source(raw.frame[keep].reset_index(drop=True), raw.rows[keep], name, where, findings)
    given = None if raw.geometry is None else raw.geometry[keep]
    geometry = placed(source, given, raw.crs, spec, LAYERS[name])
    if geometry is not None and spec.bbox is not None:
        inside = _in_bbox(geometry, spec.bbox)
        frame = source.frame[inside].reset_index(drop=True)
        source = Source(frame, source.rows[inside], name, where, findings)
        geometry = geometry[inside]
    if not len(source.frame) and len(findings.faults) == before:
        _empty(name, where, len(raw.rows), findings)
        return None
    table = declared_columns(source, spec, LAYERS[name])
    if len(findings.faults) > before or geometry is None:
        return None
    frame = gpd.GeoDataFrame(table, geometry=list(geometry), crs=WGS84)
    return Layer(name, where, frame, source.rows, layer_info(name, spec, path, len(frame)))


def _where(
    frame: pd.DataFrame, spec: LayerSpec, where: str, findings: Findings
) -> NDArray[np.bool_]:
    keep = np.ones(len(frame), dtype=bool)
    for column, values in spec.where.items():
        if column not in frame.columns:
            mend = did_you_mean(column, map(str, frame.columns))
            findings.fault(where, f"has no column {shown(column)}", mend, field=f"where.{column}")
            continue
        text = text_of(frame[column])
        wanted = text_of(pd.Series(values, dtype=object))
        for value in sorted(set(wanted) - set(text)):
            mend = did_you_mean(value, text[text != ""].drop_duplicates())
            what = f"no row has {shown(value)}"
            findings.fault(where, what, mend, field=f"where.{column}")
        keep &= text.isin(wanted).to_numpy()
    return keep


def _in_bbox(geometry: NDArray[np.object_], bbox: tuple[float, ...]) -> NDArray[np.bool_]:
    """Tell whose point lies inside west, south, east, north; who has none stays, to be told."""
    west, south, east, north = bbox
    points = inner_points(geometry)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.asarray(inside | ~np.isfinite(lon))


def _empty(name: str, where: str, rows_in_file: int, findings: Findings) -> None:
    what = "has no rows" if not rows_in_file else f"none of its {rows_in_file} rows is kept"
    if not LAYERS[name].required:
        findings.notes.append(f"{where}: {what}.")
        return
    mend = "Check where and bbox." if rows_in_file else "Check that it is the right file."
    if name == "fuel":
        what += ", and without fuel stations there is no ratio"
    findings.fault(where, what, mend)
