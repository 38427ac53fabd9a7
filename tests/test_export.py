"""Exports: a plan's layers in other coordinates, and back again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, Polygon

from siting.assembly.export import export_layers
from siting.data.crs import geometry_to_wgs84, parse_crs
from siting.data.sphere import great_circle_km
from siting.errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

HALL = Point(114.0545, 22.5446)
BLOCK = Polygon([(114.05, 22.54), (114.06, 22.54), (114.06, 22.55), (114.05, 22.54)])


def _layers() -> dict[str, gpd.GeoDataFrame]:
    return {
        "stations": gpd.GeoDataFrame(
            {"id": ["a"], "name_zh": ["市民中心"]}, geometry=[HALL], crs="EPSG:4326"
        ),
        "zones": gpd.GeoDataFrame({"id": ["z"]}, geometry=[BLOCK], crs="EPSG:4326"),
    }


@pytest.mark.parametrize(("crs", "least_m", "most_m"), [("gcj02", 300, 700), ("bd09", 900, 1500)])
def test_chinese_datums_move_points_and_come_back(
    crs: str, least_m: float, most_m: float, tmp_path: Path
) -> None:
    """In Shenzhen GCJ-02 lies some 600 m off and BD-09 over 1 km; read back, within 1 m."""
    paths = export_layers(_layers(), crs, tmp_path / "out")
    assert [path.name for path in paths] == [f"stations.{crs}.geojson", f"zones.{crs}.geojson"]
    document = json.loads(paths[0].read_text(encoding="utf-8"))
    assert document["siting_crs"] == crs
    assert document["features"][0]["properties"]["name_zh"] == "市民中心"
    moved = Point(document["features"][0]["geometry"]["coordinates"])
    apart_m = 1000 * float(great_circle_km(moved.x, moved.y, HALL.x, HALL.y))
    assert least_m < apart_m < most_m
    system = parse_crs(crs)
    assert system is not None
    (back,) = geometry_to_wgs84(np.array([moved], dtype=object), system)
    assert 1000 * float(great_circle_km(back.x, back.y, HALL.x, HALL.y)) < 1


def test_a_metric_system_gives_metres(tmp_path: Path) -> None:
    """UTM zone 50 N: eastings of hundreds of kilometres, false origin 500 km west of 117 E."""
    (path, _) = export_layers(_layers(), "EPSG:32650", tmp_path)
    assert path.name == "stations.epsg-32650.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    east_m, north_m = document["features"][0]["geometry"]["coordinates"]
    assert 190_000 < east_m < 210_000
    assert 2_490_000 < north_m < 2_500_000


def test_an_unknown_system_is_refused(tmp_path: Path) -> None:
    """Nothing is written, and the mend is named."""
    with pytest.raises(PlanError, match=r"'mars' is no known system.*gcj02, bd09"):
        export_layers(_layers(), "mars", tmp_path / "out")
    assert not (tmp_path / "out").exists()
