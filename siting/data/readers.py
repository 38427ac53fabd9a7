"""Open a layer's file, whatever its format, as raw columns, geometry and row numbers."""

from __future__ import annotations

import io
import json
import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely.errors

from siting.data.findings import shown
from siting.data.workbook import read_sheet
from siting.plan_folder.tables import unguarded

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

    from siting.data.case_file import LayerSpec
    from siting.data.findings import Findings

_log = logging.getLogger(__name__)

_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = ",;\t"


@dataclass(frozen=True, eq=False)
class Raw:
    """Hold a file's n rows as they are."""

    frame: pd.DataFrame
    """Columns as in the file; CSV cells are text, '' where empty."""
    geometry: NDArray[np.object_] | None
    """(n,) shapely geometries in ``crs``; None where coordinates are still columns."""
    crs: CRS | None
    """What the file itself says."""
    rows: NDArray[np.int64]
    """(n,) row numbers as a spreadsheet counts them: the first after the header is 2."""


def read_raw(path: Path, spec: LayerSpec, where: str, findings: Findings) -> Raw | None:
    """Open a table or a set of features.

    Parameters
    ----------
    path
        The file.
    spec
        How to read it.
    where
        File and layer, for messages.
    findings
        Takes faults and notes.

    Returns
    -------
    raw
        None if the file cannot be read; then there is a fault.
    """
    kind = spec.kind(path.suffix)
    try:
        if kind == "csv":
            return _read_csv(path, where, findings)
        if kind == "xlsx":
            return _named(read_sheet(path, spec.layer), where, findings)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            raw = (
                _read_parquet(path)
                if kind == "parquet"
                else _from_geo(_read_vector(path, spec, where, findings))
            )
        findings.notes += [f"{where}: {text}" for text in dict.fromkeys(map(_first_line, told))]
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        shapely.errors.ShapelyError,
        ValueError,
        OSError,
    ) as error:
        _log.debug("reading %s", path, exc_info=True)
        what = f"cannot be read as {kind}: {_first_line(error)}"
        findings.fault(where, what, _mend(path, error))
        return None
    return raw


def _first_line(error: Exception | warnings.WarningMessage) -> str:
    words = error.message if isinstance(error, warnings.WarningMessage) else error
    text = str(words).strip().splitlines()
    return text[0] if text else type(words).__name__


def _mend(path: Path, error: Exception) -> str:
    if isinstance(error, pyogrio.errors.DataLayerError):
        names = [str(row[0]) for row in pyogrio.list_layers(path)]
        return f"Layers in it: {', '.join(names)}."
    return "Open it in a GIS or an editor, and save it again, in UTF-8."


def _text_of(raw: bytes, where: str, findings: Findings) -> str:
    for encoding in _ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != _ENCODINGS[0]:
            findings.notes.append(f"{where}: read as GB 18030, since it is not UTF-8.")
        return text
    msg = "text is neither UTF-8 nor GB 18030"
    raise ValueError(msg)


def _read_csv(path: Path, where: str, findings: Findings) -> Raw | None:
    text = _text_of(path.read_bytes(), where, findings)
    head = text.split("\n", 1)[0]
    if not head.strip():
        findings.fault(where, "has no header", "Name the columns in the first row.", row=1)
        return None
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        frame = pd.read_csv(
            # pandas 2 drops what follows a NUL in a cell: any other control sign is told as a fault
            io.StringIO(text.replace("\0", "\1")),
            sep=delimiter,
            header=None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except pd.errors.ParserError as error:
        what = f"cannot be read as a table: {_first_line(error)}"
        mend = "Give every row as many cells as the header; put text with commas in quotes."
        findings.fault(where, what, mend)
        return None
    return _named(frame.fillna("").map(unguarded), where, findings)


def _named(frame: pd.DataFrame, where: str, findings: Findings) -> Raw | None:
    """Take the first row as the columns' names, and leave out rows without a word in them."""
    frame = frame.apply(lambda column: column.str.strip())
    names = pd.Index(frame.iloc[0])
    if not (names != "").any():
        findings.fault(where, "has no header", "Name the columns in the first row.", row=1)
        return None
    twice = names[names.duplicated() & (names != "")].unique()
    for name in twice:
        what = f"has more than one column {shown(name)}"
        findings.fault(where, what, "Give every column a name of its own.", row=1, field=name)
    if len(twice):
        return None
    frame.columns = names
    frame = frame.iloc[1:]
    rows = frame.index.to_numpy(dtype=np.int64) + 1
    filled = (frame != "").any(axis=1).to_numpy()
    return Raw(frame[filled].reset_index(drop=True), None, None, rows[filled])


def _read_parquet(path: Path) -> Raw:
    try:
        return _from_geo(gpd.read_parquet(path))
    except ValueError:  # no geometry in it: a plain table with lon and lat
        frame = pd.read_parquet(path)
        return Raw(frame, None, None, np.arange(len(frame), dtype=np.int64) + 2)


def _read_vector(
    path: Path, spec: LayerSpec, where: str, findings: Findings
) -> gpd.GeoDataFrame | pd.DataFrame:
    kind = spec.kind(path.suffix)
    if kind == "geojson":
        return _read_geojson(_text_of(path.read_bytes(), where, findings))
    if kind == "shp" and not path.with_suffix(".cpg").exists():
        return _read_shapefile(path, where, findings)
    layer = spec.layer if kind != "gpkg" or spec.layer else _only_layer(path)
    return gpd.read_file(path, engine="pyogrio", layer=layer)


def _read_geojson(text: str) -> gpd.GeoDataFrame | pd.DataFrame:
    """Read GeoJSON; where it cannot be read, say in which line, which GDAL does not.

    Raises
    ------
    ValueError
        If it is not JSON, or not GeoJSON.
    """
    try:
        return gpd.read_file(io.BytesIO(text.encode()), engine="pyogrio")
    except pyogrio.errors.DataSourceError as error:
        json.loads(text)
        msg = "it is JSON, but holds no features"
        raise ValueError(msg) from error


def _only_layer(path: Path) -> str:
    """Return the one layer with geometry in a GeoPackage; among several, the one called edges.

    Raises
    ------
    ValueError
        If there are several, and no edges; names them.
    """
    names = [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    if len(names) == 1 or "edges" in names:
        return names[0] if len(names) == 1 else "edges"
    msg = f'name one of its layers with layer = "...": {", ".join(names)}'
    raise ValueError(msg)


def _read_shapefile(path: Path, where: str, findings: Findings) -> gpd.GeoDataFrame:
    """Read a shapefile that does not say its encoding."""
    try:
        return gpd.read_file(path, engine="pyogrio", encoding="utf-8")
    except UnicodeDecodeError:
        frame = gpd.read_file(path, engine="pyogrio", encoding="gb18030")
        findings.notes.append(f"{where}: read as GB 18030, since it is not UTF-8.")
        return frame


def _from_geo(frame: gpd.GeoDataFrame | pd.DataFrame) -> Raw:
    rows = np.arange(len(frame), dtype=np.int64) + 2
    if not isinstance(frame, gpd.GeoDataFrame):
        return Raw(frame, None, None, rows)
    columns = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
    columns.columns = columns.columns.astype(str)
    return Raw(columns, np.asarray(frame.geometry.array, dtype=object), frame.crs, rows)
