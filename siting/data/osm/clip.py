"""Read the polygon that an import is cut to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting.data.crs import WGS84
from siting.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry


def read_clip(path: Path) -> BaseGeometry:
    """Return the area of all polygons in a GeoJSON file, or any other that geopandas reads.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read, or it holds no polygon.
    """
    if not path.is_file():
        msg = f"{path}: there is no such file."
        raise InputError(msg)
    try:
        table = gpd.read_file(path)
    except (OSError, RuntimeError, ValueError) as error:
        msg = f"{path} cannot be read as a polygon: {str(error).splitlines()[0]}"
        raise InputError(msg) from error
    if not isinstance(table, gpd.GeoDataFrame) or not len(table):
        msg = f"{path} holds no polygon."
        raise InputError(msg)
    placed = table if table.crs is None else table.to_crs(WGS84)
    shapes = np.asarray(placed.geometry.to_numpy(), dtype=object)
    parts = shapely.get_parts(shapely.make_valid(shapes[~shapely.is_missing(shapes)]))
    area: BaseGeometry = shapely.union_all(parts[shapely.area(parts) > 0])
    if area.is_empty:
        msg = f"{path} holds no polygon."
        raise InputError(msg)
    return area
