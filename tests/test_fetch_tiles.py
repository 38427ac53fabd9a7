"""Tiles cover what is to be fetched, once, and are none too large."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from siting.data.fetch.tiles import Tile, cut

EQUATOR_DEGREE_KM = 111.195
"""One degree of a great circle of a sphere of 6371.0088 km."""


def _area(found: shapely.Geometry) -> Polygon | MultiPolygon:
    assert isinstance(found, Polygon | MultiPolygon)
    return found


def test_area_of_a_tile() -> None:
    """A degree by a degree at the equator is a little less than the square of a degree's length."""
    square = Tile(0.0, -0.5, 1.0, 0.5).area_km2
    assert square == pytest.approx(EQUATOR_DEGREE_KM**2, rel=1e-4)
    # at 60 degrees a degree of longitude is half as long
    assert Tile(0.0, 59.99, 1.0, 60.01).area_km2 == pytest.approx(
        EQUATOR_DEGREE_KM * 0.5 * EQUATOR_DEGREE_KM * 0.02, rel=1e-4
    )


def test_small_area_is_one_tile() -> None:
    """What is below the limit is asked for at once, and the tile is its bounding box."""
    area = shapely.box(113.9, 22.5, 114.0, 22.6)
    assert cut(_area(area), max_km2=200) == (Tile(113.9, 22.5, 114.0, 22.6),)
    assert str(cut(_area(area), max_km2=math.inf)[0]) == "113.9,22.5,114,22.6"


def test_tiles_run_in_rows_and_skip_what_lies_outside() -> None:
    """The tile in the notch of an L is left out; the rest runs west to east, then upwards."""
    # 0.2 by 0.2 degrees at the equator is 22.24 km by 22.24 km: limit 124 km2 cuts it 2 by 2
    notch = shapely.box(0.11, 0.11, 0.2, 0.2)
    area = shapely.box(0, 0, 0.2, 0.2).difference(notch)
    whole = cut(shapely.box(0, 0, 0.2, 0.2), max_km2=124)
    assert [tile.bounds[:2] for tile in whole] == [(0, 0), (0.1, 0), (0, 0.1), (0.1, 0.1)]
    assert cut(_area(area), max_km2=124) == whole  # the notch is a little smaller than its tile
    bitten = shapely.box(0, 0, 0.2, 0.2).difference(shapely.box(0.09, 0.09, 0.21, 0.21))
    assert cut(_area(bitten), max_km2=124) == whole[:3]


def test_quarters_are_the_tile() -> None:
    """Four quarters have the tile's area and corners."""
    tile = Tile(10.0, 50.0, 10.2, 50.1)
    parts = tile.quarters()
    assert sum(part.area_km2 for part in parts) == pytest.approx(tile.area_km2)
    assert shapely.union_all([shapely.box(*part.bounds) for part in parts]).equals(
        shapely.box(*tile.bounds)
    )


degrees = st.floats(0.001, 0.6)


@given(
    west=st.floats(-179, 178),
    south=st.floats(-80, 79),
    wide=degrees,
    high=degrees,
    max_km2=st.floats(20, 500),
    bite=st.floats(0.0, 0.9),
)
def test_tiles_cover_once_and_keep_the_limit(
    west: float, south: float, wide: float, high: float, max_km2: float, bite: float
) -> None:
    """Whatever the area: all of it is in some tile, no two overlap, none is above the limit."""
    box = shapely.box(west, south, west + wide, south + high)
    corner = shapely.box(west, south, west + bite * wide, south + bite * high)
    area = box.difference(corner)
    tiles = cut(_area(area), max_km2=max_km2)
    boxes = [shapely.box(*tile.bounds) for tile in tiles]
    assert all(0 < tile.area_km2 <= max_km2 for tile in tiles)
    missed = area.difference(shapely.union_all(boxes))
    assert missed.area < 1e-12  # degrees squared: 0.01 m2
    tree = shapely.STRtree(boxes)
    one, other = tree.query(boxes)
    overlaps = [
        boxes[i].intersection(boxes[j]).area for i, j in zip(one, other, strict=True) if i < j
    ]
    assert sum(overlaps) == 0
