"""Read ``case.toml``: which file holds each layer, and how to read it."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from siting.data.findings import Findings, shown
from siting.data.nearest import did_you_mean
from siting.data.schema import LAYERS
from siting.errors import CaseError, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

CASE_FILE = "case.toml"

Format = Literal["csv", "xlsx", "geojson", "gpkg", "shp", "parquet", "graphml", "osm", "tif"]

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "gpkg",
    ".shp": "shp",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".graphml": "graphml",
    ".osm": "osm",
    ".xml": "osm",
    ".tif": "tif",
    ".tiff": "tif",
}
_GRAPHS = ("graphml", "osm")
_ONLY_ZONES = ("cell_m", "cells", "h3_resolution")
_NOT_TABLES = ("roads", "raster")
_NOT_FOR_ROADS = ("constants", "where", "bbox", "id_prefix")

Scalar = str | int | float | bool


def _as_text(value: object) -> object:
    """Let a date stand without quotation marks."""
    return str(value) if isinstance(value, dt.date | int) else value


def _as_list(value: object) -> object:
    """Let a single value stand without brackets."""
    return value if isinstance(value, list) else [value]


Text = Annotated[str, Field(min_length=1), BeforeValidator(_as_text)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class LayerSpec(_Table):
    """Say where one layer is and how to read it."""

    path: Annotated[str, Field(min_length=1)]
    """Relative to the case folder, or absolute."""
    format: Format | None = None
    """By the file's extension if absent."""
    layer: str | None = None
    """Of a GeoPackage, or sheet of a workbook."""
    crs: str | None = None
    """Any EPSG code, gcj02 or bd09; may be left out for files that carry one."""
    lon: str = "lon"
    """Column of a CSV or a workbook."""
    lat: str = "lat"
    """Column of a CSV or a workbook."""
    wkt: str | None = None
    """Column with well-known text, instead of lon and lat."""
    columns: dict[str, str] = {}
    """Our column = the file's column; "" to ignore a file's column of that name."""
    constants: dict[str, Scalar] = {}
    """Our column = one value for every row."""
    where: dict[str, Annotated[list[Scalar], BeforeValidator(_as_list)]] = {}
    """Keep only rows whose file column has one of these values."""
    bbox: Annotated[tuple[float, ...], Field(min_length=4, max_length=4)] | None = None
    """Keep only features whose point is inside west, south, east, north, in WGS-84 degrees."""
    cell_m: Annotated[float, Field(ge=50)] | None = None
    """Zones only: split polygons into square cells of that size."""
    cells: Literal["square", "h3"] | None = None
    """Zones only: what to split polygons into; h3: hexagons of h3_resolution (extra ``h3``)."""
    h3_resolution: Annotated[int, Field(ge=0, le=12)] | None = None
    """Zones only: 8 gives hexagons of some 0.7 km2, each step a seventh or seven times that."""
    id_prefix: str = ""
    """Put before every id, to tell two layers apart that are numbered alike."""
    source: Text
    licence: Text
    date: Text
    synthetic: bool = False

    def kind(self, suffix: str) -> Format | None:
        """Return the format declared, or the one a file's suffix stands for, if any."""
        return self.format or _SUFFIXES.get(suffix.lower())


class Layers(_Table):
    """Hold all layers of a case."""

    zones: LayerSpec
    sites: LayerSpec
    fuel: LayerSpec
    stations: LayerSpec | None = None
    districts: LayerSpec
    substations: LayerSpec | None = None
    exclusions: LayerSpec | None = None
    supply_areas: LayerSpec | None = None
    roads: LayerSpec | None = None
    pois: LayerSpec | None = None
    water: LayerSpec | None = None
    parks: LayerSpec | None = None
    raster: LayerSpec | None = None
    flows: LayerSpec | None = None

    def present(self) -> dict[str, LayerSpec]:
        """Return the layers the case has, by name."""
        return {name: spec for name, spec in self if spec is not None}


class Generator(_Table):
    """Say that the case is generated on first use from the fact tables beside case.toml."""

    kind: Literal["stylised"]
    scale: Annotated[float, Field(gt=0)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0


class CaseSpec(_Table):
    """Hold ``case.toml``."""

    title: Annotated[str, Field(min_length=1)]
    title_zh: str = ""
    label: str = ""
    label_zh: str = ""
    metric_crs: str | None = None
    generator: Generator | None = None
    layers: Layers | None = None


def read_case_file(folder: Path) -> CaseSpec:
    """Read and check a folder's ``case.toml``.

    Parameters
    ----------
    folder
        Holds the file.

    Raises
    ------
    CaseError
        If the file is missing, is not TOML, or has keys or values that make no sense; lists all
        faults.
    """
    path = folder / CASE_FILE
    raw = _read_toml(path)
    findings = Findings()
    spec = None
    try:
        spec = CaseSpec.model_validate(raw)
    except ValidationError as error:
        findings.faults += [_fault_of(item, raw) for item in error.errors(include_url=False)]
    if spec is not None:
        _check_sense(spec, findings)
    if spec is None or findings.faults:
        msg = f"{path} cannot be used:"
        raise CaseError(msg, findings.faults)
    return spec


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        fault = Fault(str(path), "is missing", "A case is a folder with a case.toml.")
        cause: Exception = error
    except OSError as error:
        fault = Fault(str(path), f"cannot be opened ({error.strerror})", "Check the path.")
        cause = error
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start + 1})"
        fault = Fault(str(path), what, "Save it as UTF-8.")
        cause = error
    except tomllib.TOMLDecodeError as error:
        mend = "Put text in quotation marks and lists in [brackets]"
        mend += "; write paths with / or in 'single' quotation marks."
        fault = Fault(str(path), f"is not TOML: {error}", mend)
        cause = error
    msg = f"{path} cannot be read:"
    raise CaseError(msg, [fault]) from cause


def _fault_of(error: ErrorDetails, raw: dict[str, Any]) -> Fault:
    """Return one pydantic error in a planner's words."""
    place = [str(part) for part in error["loc"]]
    field = ".".join(place)
    if error["type"] == "extra_forbidden":
        return Fault(CASE_FILE, "unknown key", did_you_mean(place[-1], _known(place)), field=field)
    if error["type"] == "missing":
        return Fault(CASE_FILE, "is missing", _missing(place, raw), field=field)
    what = f"{shown(error['input'])} does not fit: {error['msg'].lower()}"
    return Fault(CASE_FILE, what, "Correct the value.", field=field)


def _known(place: list[str]) -> list[str]:
    """Return the keys that could stand where an unknown one does."""
    models: dict[int, type[BaseModel]] = {1: CaseSpec, 2: Layers, 3: LayerSpec}
    model = Generator if place[0] == "generator" else models[len(place)]
    return list(model.model_fields)


def _missing(place: list[str], raw: dict[str, Any]) -> str:
    if place[0] == "layers" and len(place) == 2:  # noqa: PLR2004 - layers.NAME
        return f"Add a table [layers.{place[1]}] with path, source, licence, date: {_of(place[1])}."
    del raw
    return f"Add {place[-1]} = ..."


def _of(layer: str) -> str:
    return LAYERS[layer].meaning


def _check_sense(spec: CaseSpec, findings: Findings) -> None:
    """Check what single keys cannot tell."""
    if (spec.generator is None) == (spec.layers is None):
        what = "needs either [layers.*] tables or a [generator] table"
        findings.fault(CASE_FILE, what, "Add one of them, not both.")
    if spec.layers is not None:
        for name, layer in spec.layers.present().items():
            _check_layer(name, layer, findings)


def _check_layer(name: str, layer: LayerSpec, findings: Findings) -> None:
    place = f"layers.{name}"
    for table in ("columns", "constants"):
        for column in layer.columns if table == "columns" else layer.constants:
            if column not in LAYERS[name].names:
                mend = did_you_mean(column, LAYERS[name].names)
                what = f"{name} has no column {shown(column)}"
                findings.fault(CASE_FILE, what, mend, field=f"{place}.{table}")
    for column in set(layer.columns) & set(layer.constants):
        what = f"{shown(column)} stands in columns and in constants"
        findings.fault(CASE_FILE, what, "Keep one.", field=place)
    if name == "zones":
        _check_cells(layer, place, findings)
    _check_keys(name, layer, findings)
    if layer.bbox is not None and not _is_box(layer.bbox):
        what = f"{list(layer.bbox)} is not west, south, east, north in degrees"
        mend = "Write the smaller longitude and latitude first."
        findings.fault(CASE_FILE, what, mend, field=f"{place}.bbox")
    if layer.format in _GRAPHS and name != "roads":
        what = f"{shown(layer.format)} is a format for roads only"
        findings.fault(CASE_FILE, what, "Name a table format.", field=f"{place}.format")


def _check_keys(name: str, layer: LayerSpec, findings: Findings) -> None:
    """Refuse keys that this layer has no use for."""
    place, given = f"layers.{name}", layer.model_fields_set
    for key in _ONLY_ZONES:
        if key in given and name != "zones":
            findings.fault(CASE_FILE, "only zones are split", "Remove it.", field=f"{place}.{key}")
    for key in _NOT_FOR_ROADS:
        if name in _NOT_TABLES and key in given:
            findings.fault(CASE_FILE, f"is not for {name}", "Remove it.", field=f"{place}.{key}")
    for key in ("where", "bbox", "id_prefix"):
        if name == "flows" and key in given:
            findings.fault(CASE_FILE, "is not for flows", "Remove it.", field=f"{place}.{key}")


def _check_cells(layer: LayerSpec, place: str, findings: Findings) -> None:
    """Let each way of splitting have its size, and only its own."""
    for kind, key in (("square", "cell_m"), ("h3", "h3_resolution")):
        wanted = layer.cells == kind or (layer.cells is None and kind == "square")
        has = getattr(layer, key) is not None
        if has and not wanted:
            mend = f'Write cells = "{kind}", or remove it.'
            findings.fault(CASE_FILE, f"goes with {kind} cells", mend, field=f"{place}.{key}")
        if layer.cells == kind and not has:
            what = f"cells = {shown(kind)} has no size"
            findings.fault(CASE_FILE, what, f"Add {key} = ...", field=f"{place}.cells")


def _is_box(bbox: tuple[float, ...]) -> bool:
    west, south, east, north = bbox
    return -180 <= west < east <= 180 and -90 <= south < north <= 90  # noqa: PLR2004 - degrees
