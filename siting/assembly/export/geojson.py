"""Write GeoJSON with no more decimals than a map can show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = 6
"""Decimals of degrees: a tenth of a metre."""


def write_geojson(layer: gpd.GeoDataFrame, crs: str, path: Path) -> None:
    """Write one layer.

    GeoJSON is WGS-84 by its standard (RFC 7946), so a file in another system says so in its member
    ``siting_crs``.

    Parameters
    ----------
    layer
        Already in that system.
    crs
        What the system is called.
    path
        File to write.
    """
    facts = layer.drop(columns=layer.geometry.name)
    bare = gpd.GeoDataFrame(facts, geometry=layer.geometry.to_numpy())
    document = json.loads(bare.to_json(drop_id=True))
    document["siting_crs"] = crs
    path.write_text(json.dumps(_rounded(document), ensure_ascii=False), encoding="utf-8")


def _rounded(value: object) -> object:
    """Round coordinates, and only them: they are the numbers in nested lists."""
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [round(x, DIGITS) if isinstance(x, float) else _rounded(x) for x in value]
    return value
