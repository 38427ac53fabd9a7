r"""Convert between WGS-84 and the shifted datums of Chinese web maps.

GCJ-02 (AMap, Tencent, Google in China) moves WGS-84 by 100-700 m along smooth sums of sines; BD-09
(Baidu) moves GCJ-02 by about 1 km more. Neither is in the EPSG register, so the formulas stand
here. Nothing is ever guessed: a shift is undone only where ``case.toml`` declares ``crs = "gcj02"``
or ``"bd09"``.

With :math:`x = \lambda - 105`, :math:`y = \varphi - 35` (degrees), the shift in metres east and
north of the Krasovsky 1940 ellipsoid is

.. math::

   E &= 300 + x + 2y + 0.1x^2 + 0.1xy + 0.1\sqrt{|x|} + S(x) + \tfrac23(20\sin\pi x
        + 40\sin\tfrac{\pi x}{3} + 150\sin\tfrac{\pi x}{12} + 300\sin\tfrac{\pi x}{30}) \\
   N &= -100 + 2x + 3y + 0.2y^2 + 0.1xy + 0.2\sqrt{|x|} + S(x) + \tfrac23(20\sin\pi y
        + 40\sin\tfrac{\pi y}{3} + 160\sin\tfrac{\pi y}{12} + 320\sin\tfrac{\pi y}{30}) \\
   S &= \tfrac23(20\sin 6\pi x + 20\sin 2\pi x)

and becomes degrees by the radii of curvature there.

References
----------
The formulas are unpublished by their issuer; as commonly reproduced since 2010 (emq's ``China GPS
correction``; Wikipedia, "Restrictions on geographic data in China", sections GCJ-02 and BD-09).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Pair = tuple[Floats, Floats]

Datum = Literal["gcj02", "bd09"]

DATUMS: tuple[Datum, ...] = ("gcj02", "bd09")
WGS84 = "EPSG:4326"

_EXACT_MARKS = (":", "[", "+proj")
"""One of these stands in every exact way to name a CRS."""
_AXIS_M = 6378245.0
"""Semi-major axis of Krasovsky 1940."""
_ECCENTRICITY2 = 0.00669342162296594323
"""Squared eccentricity of Krasovsky 1940."""
_BD_TURN = np.pi * 3000 / 180
_ITERATIONS = 6
"""The shift changes by less than 0.1 % over its own length: every step wins two digits or more."""


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Pair:
    """Return WGS-84 longitude and latitude of points in a shifted datum.

    Inverse of :func:`from_wgs84`.

    Parameters
    ----------
    lon, lat
        Degrees in ``datum``, of one shape.
    datum
        gcj02 or bd09.

    Returns
    -------
    lon, lat
        Degrees, exact to a millimetre.
    """
    x, y = _floats(lon), _floats(lat)
    if datum == "bd09":
        x, y = _invert(_gcj02_to_bd09, x, y)
    return _invert(_wgs84_to_gcj02, x, y)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> Pair:
    """Return longitude and latitude in a shifted datum of WGS-84 points.

    Inverse of :func:`to_wgs84`.

    Parameters
    ----------
    lon, lat
        Degrees in WGS-84, of one shape.
    datum
        gcj02 or bd09.
    """
    x, y = _wgs84_to_gcj02(_floats(lon), _floats(lat))
    return _gcj02_to_bd09(x, y) if datum == "bd09" else (x, y)


def is_datum(crs: str) -> bool:
    """Tell whether a declared CRS is one of the shifted datums."""
    return crs.lower() in DATUMS


def parse_crs(crs: str) -> CRS | Datum | None:
    """Return a declared CRS, or None where nobody knows it.

    A code with its authority, a PROJ string or well-known text will do; a mere name is not looked
    up, since many names are alike.
    """
    if is_datum(crs):
        return cast("Datum", crs.lower())
    if not any(mark in crs for mark in _EXACT_MARKS):
        return None
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        return None


def geometry_to_wgs84(geometry: NDArray[np.object_], crs: CRS | Datum) -> NDArray[np.object_]:
    """Return shapely geometries in WGS-84, longitude latitude.

    Parameters
    ----------
    geometry
        (n,) shapely geometries, None allowed.
    crs
        What their coordinates are in.
    """
    if isinstance(crs, str):
        datum = crs
        return _transformed(geometry, lambda lon, lat: to_wgs84(lon, lat, datum))
    if crs.to_epsg() == 4326:  # noqa: PLR2004 - WGS-84 itself
        return geometry
    change = Transformer.from_crs(crs, WGS84, always_xy=True)
    return _transformed(geometry, change.transform)


def geometry_from_wgs84(geometry: NDArray[np.object_], crs: CRS | Datum) -> NDArray[np.object_]:
    """Return WGS-84 geometries in another system; the inverse of :func:`geometry_to_wgs84`.

    Parameters
    ----------
    geometry
        (n,) shapely geometries, longitude latitude, None allowed.
    crs
        What their coordinates shall be in.
    """
    if isinstance(crs, str):
        datum = crs
        return _transformed(geometry, lambda lon, lat: from_wgs84(lon, lat, datum))
    change = Transformer.from_crs(WGS84, crs, always_xy=True)
    return _transformed(geometry, change.transform)


def project(geometry: NDArray[np.object_], metric_crs: str) -> NDArray[np.object_]:
    """Return WGS-84 geometries on the plane of a metric CRS.

    Inverse of :func:`geometry_to_wgs84`.
    """
    change = Transformer.from_crs(WGS84, metric_crs, always_xy=True)
    return _transformed(geometry, change.transform)


def _transformed(
    geometry: NDArray[np.object_], change: Callable[[Floats, Floats], Pair]
) -> NDArray[np.object_]:
    moved: NDArray[np.object_] = shapely.transform(
        geometry, lambda xy: np.column_stack(change(xy[:, 0], xy[:, 1]))
    )
    return moved


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _invert(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Solve forward(x, y) = (lon, lat) by fixed-point iteration from (lon, lat) itself."""
    x, y = lon, lat
    for _ in range(_ITERATIONS):
        ahead_x, ahead_y = forward(x, y)
        x, y = x - (ahead_x - lon), y - (ahead_y - lat)
    return x, y


def _waves(angle: Floats, *periods: tuple[float, float]) -> Floats:
    total = np.zeros_like(angle)
    for amplitude, turn in periods:
        total += amplitude * np.sin(np.pi * angle * turn)
    return total * 2 / 3


def _wgs84_to_gcj02(lon: Floats, lat: Floats) -> Pair:
    x, y = lon - 105, lat - 35
    shared = 0.1 * x * y + _waves(x, (20, 6), (20, 2))
    root = np.sqrt(np.abs(x))
    east_m = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * root + shared
    east_m += _waves(x, (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
    north_m = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.2 * root + shared
    north_m += _waves(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))
    phi = np.radians(lat)
    w2 = 1 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY2) / w2**1.5
    parallel_m = _AXIS_M / np.sqrt(w2) * np.cos(phi)
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _gcj02_to_bd09(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
