"""Write layers into a GeoPackage, each with the style QGIS opens it in."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing
from typing import TYPE_CHECKING

from siting.plan_folder.tables import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

_STYLE_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""
"""As QGIS itself makes it (QgsOgrProvider): it looks for exactly this name and these columns."""


def write_geopackage(
    path: Path, layers: Mapping[str, gpd.GeoDataFrame], styles: Mapping[str, str]
) -> None:
    """Write layers, and the styles of those that have one.

    Parameters
    ----------
    path
        File to write; none is written where there are no layers.
    layers
        By name.
    styles
        QGIS style documents (QML) by the layer's name.
    """
    with warnings.catch_warnings():
        # GCJ-02 and BD-09 have no entry in any register: such a file's name says what it is in
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        for name, layer in layers.items():
            writable(layer).to_file(path, layer=name, driver="GPKG", engine="pyogrio")
    styled = {name: styles[name] for name in layers if name in styles}
    if styled:
        _write_styles(path, styled)


def writable(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer whose text every file format takes.

    Parameters
    ----------
    layer
        Any layer.
    """
    clean = layer.copy()  # cells are rewritten below
    for column in clean.columns.difference([layer.geometry.name]):
        if clean[column].dtype == object or clean[column].dtype == "str":
            clean[column] = [clean_text(v) if isinstance(v, str) else v for v in clean[column]]
    return clean


def _write_styles(path: Path, styles: Mapping[str, str]) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_STYLE_TABLE)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', 0)"
        )
        database.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'siting', '')",
            [(name, name, qml) for name, qml in styles.items()],
        )
