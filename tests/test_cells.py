"""Zones split into cells: demand conserved, slivers joined, points left alone."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from siting.data.cells import split_zones
from siting.data.crs import geometry_to_wgs84, project

METRIC = "EPSG:32650"
X0, Y0 = 200_000, 2_500_000
"""A corner of the grid in metres: a multiple of 1000 both ways."""


def zones_of(*shapes: shapely.Geometry, demand: float = 12.0) -> gpd.GeoDataFrame:
    """Return zones z1, z2, ... drawn in metres east and north of the corner."""
    moved = [shapely.affinity.translate(shape, X0, Y0) for shape in shapes]
    plane = gpd.GeoSeries(moved).to_numpy()
    table = {
        "id": [f"z{k + 1}" for k in range(len(shapes))],
        "name": ["Zone"] * len(shapes),
        "name_zh": [""] * len(shapes),
        "demand": [demand] * len(shapes),
    }
    geometry = list(geometry_to_wgs84(plane, CRS(METRIC)))
    return gpd.GeoDataFrame(table, geometry=geometry, crs="EPSG:4326")


def test_two_by_three_kilometres() -> None:
    """An area of 2 by 3 km on the grid gives 6 cells of 1 km with a sixth of the demand each."""
    cells = split_zones(zones_of(shapely.box(0, 0, 2000, 3000)), cell_m=1000, metric_crs=METRIC)
    assert cells["id"].tolist() == ["z1-1", "z1-2", "z1-3", "z1-4", "z1-5", "z1-6"]
    assert cells["name"].tolist()[0] == "Zone-1"
    assert cells["name_zh"].tolist() == [""] * 6
    assert cells["demand"].to_numpy() == pytest.approx([2.0] * 6)
    first = shapely.centroid(project(cells.geometry.to_numpy(), METRIC))[0]
    assert (first.x - X0, first.y - Y0) == pytest.approx((500, 500), abs=0.01)


def test_sliver_joins_its_neighbour() -> None:
    """An area of 1.1 by 1 km: a strip under a quarter of a cell is no piece of its own."""
    zones = zones_of(shapely.box(0, 0, 1100, 1000))
    cells = split_zones(zones, cell_m=1000, metric_crs=METRIC)
    assert cells["id"].tolist() == ["z1"]
    assert cells["demand"].tolist() == [12.0]
    assert cells.geometry.iloc[0].equals(zones.geometry.iloc[0])


def test_half_a_cell_is_a_piece() -> None:
    """An area of 1.5 by 1 km: two pieces, two thirds and one third of the demand."""
    zones = zones_of(shapely.box(0, 0, 1500, 1000))
    cells = split_zones(zones, cell_m=1000, metric_crs=METRIC)
    assert cells["demand"].to_numpy() == pytest.approx([8.0, 4.0], rel=1e-6)


def test_points_and_small_areas_stay() -> None:
    """A point, and an area no larger than a cell, are left whole even across a grid line."""
    zones = zones_of(shapely.Point(5, 5), shapely.box(900, 0, 1500, 600))
    cells = split_zones(zones, cell_m=1000, metric_crs=METRIC)
    assert cells["id"].tolist() == ["z1", "z2"]
    assert cells["demand"].tolist() == [12.0, 12.0]


@given(
    st.lists(
        st.tuples(st.floats(0, 5000), st.floats(0, 5000), st.floats(10, 4000), st.floats(10, 4000)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([300.0, 700.0, 1000.0]),
)
@settings(max_examples=30, deadline=None)
def test_nothing_is_lost(boxes: list[tuple[float, float, float, float]], cell_m: float) -> None:
    """Demand and area of every zone are those of its cells, and no cell is a sliver."""
    shapes = [shapely.Point(x, y).buffer(min(w, h) / 2 + 5) for x, y, w, h in boxes]
    zones = zones_of(*shapes, demand=7.3)
    cells = split_zones(zones, cell_m=cell_m, metric_crs=METRIC)
    parent = cells["id"].str.split("-").str[0]
    sums = cells.groupby(parent, sort=False)["demand"].sum()
    assert sums.to_numpy() == pytest.approx([7.3] * len(zones), rel=1e-12)
    assert cells["id"].is_unique
    area = shapely.area(project(cells.geometry.to_numpy(), METRIC))
    assert area.sum() == pytest.approx(sum(shape.area for shape in shapes), rel=1e-4)
    split = cells["id"].str.contains("-").to_numpy()
    assert (area[split] >= 0.25 * cell_m**2 * (1 - 1e-3)).all()
