"""Read where buses and lines of a network are, in whatever system its file is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from siting.data.crs import geometry_to_wgs84, parse_crs
from siting.errors import Fault, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.network.read import NetworkFile

    Floats = NDArray[np.float64]


def coordinates(table: pd.DataFrame, crs: str, file: NetworkFile) -> tuple[Floats, Floats]:
    """Return longitude and latitude of buses; NaN where there are none.

    Parameters
    ----------
    table
        Of buses.
    crs
        What their coordinates are in.
    file
        Theirs, for errors.

    Raises
    ------
    InputError
        If nobody knows the coordinate system.
    """
    points = [course(text) for text in table.get("geo", pd.Series(None, index=table.index))]
    x = np.array([p[0][0] if p else np.nan for p in points])
    y = np.array([p[0][1] if p else np.nan for p in points])
    return _lonlat(x, y, crs, file)


def _lonlat(x: Floats, y: Floats, crs: str, file: NetworkFile) -> tuple[Floats, Floats]:
    """Return longitude and latitude of coordinates; NaN stays."""
    known = parse_crs(crs)
    if known is None:
        msg = "The network's coordinate system is not known."
        mend = "Give a code such as EPSG:4326 or EPSG:31467, or gcj02 or bd09."
        raise InputError(msg, [Fault(str(file.path), f"--network-crs {crs}", mend)])
    there = np.isfinite(x) & np.isfinite(y)
    lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
    moved = geometry_to_wgs84(_as_points(x[there], y[there]), known)
    lon[there], lat[there] = shapely.get_x(moved), shapely.get_y(moved)
    on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # noqa: PLR2004 - degrees
    return np.where(on_earth, lon, np.nan), np.where(on_earth, lat, np.nan)


def course(text: object) -> list[tuple[float, float]]:
    """Return the points of GeoJSON text; none where it is none.

    Parameters
    ----------
    text
        Of a point or a line.
    """
    if not isinstance(text, str):
        return []
    try:
        told = json.loads(text)["coordinates"]
        points = [told] if isinstance(told[0], int | float) else told
        return [(float(p[0]), float(p[1])) for p in points]
    except (ValueError, KeyError, TypeError, IndexError):
        return []


def moved_to_lonlat(flat: Floats, crs: str) -> tuple[Floats, Floats]:
    """Return longitude and latitude of points, (n, 2), in a known system."""
    known = parse_crs(crs)
    if known is None or not len(flat):
        return flat[:, 0], flat[:, 1]
    moved = geometry_to_wgs84(_as_points(flat[:, 0], flat[:, 1]), known)
    return shapely.get_x(moved), shapely.get_y(moved)


def _as_points(x: Floats, y: Floats) -> NDArray[np.object_]:
    points: NDArray[np.object_] = np.empty(len(x), dtype=np.object_)
    points[:] = [shapely.Point(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    return points
