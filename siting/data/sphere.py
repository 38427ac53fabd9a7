"""Measure on the globe: great circles, UTM zones, the point that stands for a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (2a + b) / 3 of WGS-84 (Moritz 2000, Geodetic Reference System 1980)."""


def great_circle_km(
    lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
) -> NDArray[np.float64]:
    """Return the great-circle distance by the haversine formula, in km.

    Parameters
    ----------
    lon1, lat1, lon2, lat2
        Degrees; any shapes that broadcast together.

    Returns
    -------
    distance
        km, in the broadcast shape; within 0.6 % of the ellipsoid's (the sphere's own error).

    References
    ----------
    R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984) 159.
    """
    lam1, phi1, lam2, phi2 = (
        np.radians(np.asarray(degrees, dtype=np.float64)) for degrees in (lon1, lat1, lon2, lat2)
    )
    chord = np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * (
        np.sin((lam2 - lam1) / 2) ** 2
    )
    distance: NDArray[np.float64] = np.asarray(
        2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1))), dtype=np.float64
    )
    return distance


def utm_crs(lon: float, lat: float) -> str:
    """Return the EPSG code of the UTM zone around a point, in degrees.

    The scale is within 0.1 % of true over the whole zone, and angles are kept.
    """
    zone = min(max(int((lon + 180) // 6) + 1, 1), 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def extent(geometry: Sequence[object] | NDArray[np.object_]) -> tuple[float, float, float, float]:
    """Return west, south, east, north of some geometries, in their own units."""
    west, south, east, north = shapely.total_bounds(np.asarray(geometry, dtype=object))
    return float(west), float(south), float(east), float(north)


def inner_points(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the point that stands for each geometry.

    The centroid where it lies inside the geometry, else a representative point, which always does;
    a point stands for itself. Taken on the plane of longitude and latitude: over a zone of some km
    the difference from a metric plane is less than a metre.
    """
    centre = shapely.centroid(geometry)
    outside = ~shapely.intersects(geometry, centre)
    centre[outside] = shapely.point_on_surface(geometry[outside])
    points: NDArray[np.object_] = centre
    return points
