"""Datums of Chinese web maps, and CRS in general."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from siting.data.crs import from_wgs84, geometry_to_wgs84, parse_crs, project, to_wgs84
from siting.data.sphere import great_circle_km, utm_crs
from tests.shared import shared_data

IN_CHINA = st.tuples(st.floats(75, 134), st.floats(18, 53))


@given(IN_CHINA, st.sampled_from(["gcj02", "bd09"]))
def test_there_and_back_is_exact(point: tuple[float, float], datum: str) -> None:
    """A datum and back again returns to the point within a hundredth of a millimetre."""
    lon, lat = to_wgs84(*from_wgs84(*point, datum), datum)  # type: ignore[arg-type]
    assert great_circle_km(lon, lat, *point) * 1e6 < 0.01


def test_shift_is_known_in_shenzhen() -> None:
    """GCJ-02 moves the centre of Shenzhen south-east by some 600 m, BD-09 by over 1 km."""
    lon, lat = from_wgs84(114.057, 22.543, "gcj02")
    assert lon > 114.057
    assert lat < 22.543
    # published for Shenzhen: 606 m
    assert 0.590 < great_circle_km(114.057, 22.543, lon, lat) < 0.620
    lon, lat = from_wgs84(114.057, 22.543, "bd09")
    assert 1.0 < great_circle_km(114.057, 22.543, lon, lat) < 1.6


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "datum"),
    [
        ("fuel_stations.csv", "gcj02"),
        ("ev_stations_urbanev.csv", "gcj02"),
        ("ev_stations_st_evcdp.csv", "gcj02"),
        ("parking_lots.csv", "bd09"),
        ("metro_stations.csv", "bd09"),
    ],
)
def test_real_files_carry_both(file: str, datum: str) -> None:
    """Files with both coordinates agree to a metre: they are rounded to 6 decimals (0.1 m)."""
    table = pd.read_csv(shared_data() / "shenzhen" / "city" / file)
    lon, lat = to_wgs84(table[f"lon_{datum}"], table[f"lat_{datum}"], datum)  # type: ignore[arg-type]
    apart_m = great_circle_km(lon, lat, table["lon"], table["lat"]) * 1000
    assert apart_m.max() < 1
    back = from_wgs84(table["lon"], table["lat"], datum)  # type: ignore[arg-type]
    again_m = great_circle_km(*back, table[f"lon_{datum}"], table[f"lat_{datum}"]) * 1000
    assert again_m.max() < 1


def test_geometry_keeps_shape_and_none() -> None:
    """Lines and missing geometries go through as they are, vertex by vertex."""
    line = shapely.LineString([(114, 22), (114.1, 22.1)])
    moved = geometry_to_wgs84(np.array([line, None], dtype=object), "gcj02")
    assert moved[1] is None
    lon, lat = to_wgs84([114, 114.1], [22, 22.1], "gcj02")
    assert np.allclose(shapely.get_coordinates(moved[:1]), np.column_stack([lon, lat]))


def test_projection_and_back() -> None:
    """A metric CRS and back again is the same point."""
    point = np.array([shapely.Point(114.1, 22.6)], dtype=object)
    back = geometry_to_wgs84(project(point, "EPSG:32650"), CRS("EPSG:32650"))
    assert shapely.distance(point, back)[0] < 1e-9


@pytest.mark.parametrize(
    ("text", "known"),
    [("EPSG:4326", True), ("GCJ02", True), ("bd09", True), ("EPSG:999999", False), ("wgs", False)],
)
def test_crs_names(text: str, known: bool) -> None:  # noqa: FBT001 - a test's parameter
    """Any EPSG code and both datums are known, whatever the case; nothing is guessed."""
    assert (parse_crs(text) is not None) == known


def test_utm_zone() -> None:
    """Shenzhen lies in zone 50 north, Sydney in 56 south, the date line in 60 and 1."""
    assert utm_crs(114.06, 22.5) == "EPSG:32650"
    assert utm_crs(151.2, -33.9) == "EPSG:32756"
    assert utm_crs(180, 10) == "EPSG:32660"
    assert utm_crs(-180, 10) == "EPSG:32601"


def test_great_circle() -> None:
    """A quarter of the equator, and a degree of a meridian: R pi / 2 and R pi / 180."""
    # 6371.0088 * pi / 2 = 10007.557; 6371.0088 * pi / 180 = 111.19508
    assert great_circle_km(0, 0, 90, 0) == pytest.approx(10007.557, abs=1e-3)
    assert great_circle_km([10, 10], [0, 50], 10, [1, 51]) == pytest.approx([111.19508] * 2)
