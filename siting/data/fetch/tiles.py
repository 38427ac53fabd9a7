"""Cut an area into tiles, so that no single question asks a public server for too much."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import shapely

from siting.data.sphere import EARTH_RADIUS_KM

if TYPE_CHECKING:
    from shapely import MultiPolygon, Polygon

_DECIMALS = 7
"""Of a degree; OpenStreetMap stores no more."""
_STEP = 10.0**-_DECIMALS


@dataclass(frozen=True, order=True)
class Tile:
    """Hold a rectangle of longitude and latitude, in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def area_km2(self) -> float:
        """Area on the sphere: R^2 * (difference of longitude) * (difference of sin latitude)."""
        band = math.sin(math.radians(self.north)) - math.sin(math.radians(self.south))
        return EARTH_RADIUS_KM**2 * math.radians(self.east - self.west) * band

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude, latitude of the middle."""
        return _rounded((self.west + self.east) / 2), _rounded((self.south + self.north) / 2)

    def quarters(self) -> tuple[Tile, Tile, Tile, Tile]:
        """Return the four parts that together are this tile: south before north, west first."""
        lon, lat = self.centre
        return (
            Tile(self.west, self.south, lon, lat),
            Tile(lon, self.south, self.east, lat),
            Tile(self.west, lat, lon, self.north),
            Tile(lon, lat, self.east, self.north),
        )

    def __str__(self) -> str:
        """Return west,south,east,north, as ``--bbox`` takes it."""
        return ",".join(f"{degrees:.{_DECIMALS}g}" for degrees in self.bounds)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return self.west, self.south, self.east, self.north


def cut(area: Polygon | MultiPolygon, *, max_km2: float) -> tuple[Tile, ...]:
    """Return tiles that cover an area, do not overlap, and are none too large.

    A grid over the area's bounding box, of equal steps of longitude and of latitude, without the
    tiles that do not touch the area.

    Parameters
    ----------
    area
        Longitude, latitude; not across the 180th meridian.
    max_km2
        Largest area of a tile, above 0; infinite for one tile.

    Returns
    -------
    tiles
        From south to north, each row from west to east.
    """
    west, south, east, north = area.bounds
    west, south = (_rounded_down(edge) for edge in (west, south))
    east, north = (-_rounded_down(-edge) for edge in (east, north))
    side_km = math.sqrt(max_km2) * (1 - 1e-6)  # so that rounding the edges stays below the limit
    widest = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
    high_km = EARTH_RADIUS_KM * math.radians(north - south)
    wide_km = EARTH_RADIUS_KM * math.radians(east - west) * math.cos(math.radians(widest))
    lons = _edges(west, east, max(1, math.ceil(wide_km / side_km)))
    lats = _edges(south, north, max(1, math.ceil(high_km / side_km)))
    shapely.prepare(area)
    return tuple(
        tile
        for low, high in pairwise(lats)
        for left, right in pairwise(lons)
        if area.intersects(shapely.box(*(tile := Tile(left, low, right, high)).bounds))
    )


def _edges(first: float, last: float, parts: int) -> list[float]:
    step = (last - first) / parts
    return [first, *(_rounded(first + step * part) for part in range(1, parts)), last]


def _rounded(degrees: float) -> float:
    return round(degrees, _DECIMALS)


def _rounded_down(degrees: float) -> float:
    rounded = _rounded(degrees)
    return rounded if rounded <= degrees else _rounded(rounded - _STEP)
