"""Write a plan's layers in the coordinates another program wants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from siting.data.crs import geometry_from_wgs84, parse_crs
from siting.errors import Fault, PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyproj import CRS

    from siting.data.crs import Datum

DIGITS = 6
"""Decimals of degrees: a tenth of a metre."""


def export_layers(layers: Mapping[str, gpd.GeoDataFrame], crs: str, out: Path) -> list[Path]:
    """Write each layer as GeoJSON in another system; return the files.

    GeoJSON is WGS-84 by its standard (RFC 7946), so every file says which system it is really in:
    in its name and in its member ``siting_crs``.

    Parameters
    ----------
    layers
        By name, in WGS-84.
    crs
        gcj02, bd09, or an EPSG code.
    out
        Folder; made where missing. Files of the same names are replaced.

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
    mark = crs.replace(":", "-").lower()
    try:
        out.mkdir(parents=True, exist_ok=True)
        return [
            _write(layer, system, crs, out / f"{name}.{mark}.geojson")
            for name, layer in layers.items()
        ]
    except OSError as error:
        fault = Fault(str(out), error.strerror or str(error), "Give another folder with --out.")
        msg = "The plan cannot be exported."
        raise PlanError(msg, [fault]) from error


def _write(layer: gpd.GeoDataFrame, system: CRS | Datum, crs: str, path: Path) -> Path:
    moved = geometry_from_wgs84(layer.geometry.to_numpy(), system)
    facts = pd.DataFrame(layer.drop(columns=["geometry", "lon", "lat"], errors="ignore"))
    document = json.loads(gpd.GeoDataFrame(facts, geometry=moved).to_json(drop_id=True))
    document["siting_crs"] = crs
    path.write_text(json.dumps(_rounded(document), ensure_ascii=False), encoding="utf-8")
    return path


def _rounded(value: object) -> object:
    """Round coordinates, and only them: they are the numbers in nested lists."""
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [round(x, DIGITS) if isinstance(x, float) else _rounded(x) for x in value]
    return value
