"""Read the polygon that an import is cut to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting.data.crs import WGS84, geometry_to_wgs84, parse_crs, project
from siting.data.sphere import utm_crs
from siting.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry


ROAD_MARGIN_M = 1000.0
"""Roads are kept this far beyond a clip, so that those along its border are whole and a way round
that leaves it for a moment is not lost. Assumption (X): about a block of large streets."""


def grown(area: BaseGeometry, margin_m: float, metric_crs: str | None = None) -> BaseGeometry:
    """Return an area with a margin.

    Parameters
    ----------
    area
        WGS-84.
    margin_m
        In metres.
    metric_crs
        To measure in; the UTM zone around the area's centre if None.
    """
    plane = metric_crs or utm_crs(area.centroid.x, area.centroid.y)
    wide = shapely.buffer(project(np.array([area], dtype=object), plane), margin_m, quad_segs=4)
    crs = parse_crs(plane)
    back: BaseGeometry = (wide if crs is None else geometry_to_wgs84(wide, crs))[0]
    return back


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
