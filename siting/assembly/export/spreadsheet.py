"""Write layers as tables a spreadsheet opens: text stays text, and Chinese stays Chinese."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from siting.data.sphere import inner_points
from siting.plan_folder.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from openpyxl.worksheet.worksheet import Worksheet

LONGEST = 32_767
"""Characters a cell of a workbook holds."""
_WIDEST = 40
_SHOWN = 50


def write_csv(layer: gpd.GeoDataFrame, path: Path) -> None:
    """Write points with lon and lat, anything else with its geometry as well-known text.

    Parameters
    ----------
    layer
        One layer.
    path
        File to write.
    """
    write_table(_table(layer, text=True), path)


def write_workbook(layers: Mapping[str, gpd.GeoDataFrame], crs: str, path: Path) -> None:
    """Write one sheet a layer, each row with the coordinates of a point inside it.

    Parameters
    ----------
    layers
        By name, all in one system.
    crs
        What the system is called.
    path
        File to write.
    """
    import openpyxl  # noqa: PLC0415 - only spreadsheets need it

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("about")
    for row in (["siting", "layers of a plan"], ["crs", crs], ["lon, lat", "inside each feature"]):
        sheet.append(row)
    for name, layer in layers.items():
        _fill(book.create_sheet(name), _table(layer, text=False))
    book.save(path)


def _table(layer: gpd.GeoDataFrame, *, text: bool) -> pd.DataFrame:
    facts = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    shapes = layer.geometry.to_numpy()
    points = bool((shapely.get_type_id(shapes) == 0).all())
    if text and not points:
        return facts.assign(wkt=shapely.to_wkt(shapes, rounding_precision=6))
    inside = shapely.get_coordinates(inner_points(shapes)).round(6)
    return facts.assign(lon=inside[:, 0], lat=inside[:, 1])


def _fill(sheet: Worksheet, table: pd.DataFrame) -> None:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above

    sheet.append(list(table.columns))
    for number, row in enumerate(table.itertuples(index=False), start=2):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            cell.value = _plain(value)
            if isinstance(value, str):
                cell.data_type = "s"  # a name that begins with = is a name
    sheet.freeze_panes = "A2"
    for number, name in enumerate(table.columns, start=1):
        width = max(len(str(text)) for text in [name, *table[name].head(_SHOWN)])
        sheet.column_dimensions[get_column_letter(number)].width = min(width + 2, _WIDEST)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415 - as above

    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:LONGEST]
    if hasattr(value, "item"):
        value = value.item()
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else value
