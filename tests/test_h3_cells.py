"""Zones split into hexagons of H3: nothing is lost, names follow the zones."""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.cells import split_zones
from siting.data.crs import project
from siting.data.h3_cells import split_h3
from siting.data.load import load_case
from siting.data.schema import SUMMED
from siting.errors import InputError
from tests.small_case import layer_toml, write_case
from tests.test_cells import METRIC, zones_of

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

RESOLUTION = 8


def _h3() -> Any:  # noqa: ANN401 - a module without types
    return pytest.importorskip("h3", reason="the extra h3 is not installed")


def _counted(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give every zone people, piles and, in part, jobs; nobody knows their measured energy."""
    count = np.arange(1.0, len(zones) + 1)
    jobs = np.where(count % 2 == 1, 70 * count, np.nan)
    return zones.assign(people=1000.1 * count, piles=7 / count, jobs=jobs, measured_kwh=np.nan)


def _check_nothing_lost(zones: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> None:
    zone = cells["id"].str.split("-").str[0]
    for column in SUMMED:
        parts = cells.groupby(zone, sort=False)[column].agg(list)
        for label, whole in zip(zones["id"], zones[column], strict=True):
            total = math.fsum(parts[label])
            assert np.isnan(total) if np.isnan(whole) else total == pytest.approx(whole, rel=1e-12)
    before, after = (project(t.geometry.to_numpy(), METRIC) for t in (zones, cells))
    assert shapely.area(after).sum() == pytest.approx(shapely.area(before).sum(), rel=1e-6)
    assert cells.geometry.is_valid.all()


def test_hexagons_are_h3_s_own() -> None:
    """Most of the pieces of a large square are whole hexagons, of the area H3 tells."""
    h3 = _h3()
    cells = split_h3(
        zones_of(shapely.box(0, 0, 8000, 8000)), resolution=RESOLUTION, metric_crs=METRIC
    )
    area = shapely.area(project(cells.geometry.to_numpy(), METRIC))
    inner = h3.latlng_to_cell(
        cells.geometry.union_all().centroid.y, cells.geometry.union_all().centroid.x, RESOLUTION
    )
    hexagon = h3.cell_area(inner, unit="m^2")
    # 64 km2 over some 0.7 km2; those at the border are cut
    assert np.isclose(area, hexagon, rtol=5e-3).sum() > 0.5 * 64e6 / hexagon
    assert cells["id"].tolist()[:2] == ["z1-1", "z1-2"]


def test_points_and_zones_within_a_hexagon_stay() -> None:
    """What is not cut keeps its id and its shape."""
    _h3()
    zones = zones_of(shapely.Point(5, 5), shapely.box(0, 0, 5, 5))
    cells = split_h3(zones, resolution=4, metric_crs=METRIC)
    assert cells["id"].tolist() == ["z1", "z2"]
    assert cells.geometry.geom_equals(zones.geometry).all()


def test_a_long_thin_zone_is_whole() -> None:
    """A strip of 20 km by 30 m, in which few hexagons have their centre, loses nothing."""
    _h3()
    zones = _counted(zones_of(shapely.box(0, 0, 20_000, 30)))
    _check_nothing_lost(zones, split_h3(zones, resolution=RESOLUTION, metric_crs=METRIC))


BOXES = st.lists(
    st.tuples(st.floats(0, 5000), st.floats(0, 5000), st.floats(10, 4000), st.floats(10, 4000)),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=40)
@given(BOXES, st.sampled_from([6, 7, 8, 9]))
def test_nothing_is_lost(boxes: list[tuple[float, float, float, float]], resolution: int) -> None:
    """Demand, people, jobs and piles of the pieces add up to each zone's, and so do areas."""
    _h3()
    zones = _counted(zones_of(*(shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes)))
    _check_nothing_lost(zones, split_h3(zones, resolution=resolution, metric_crs=METRIC))


@settings(deadline=None, max_examples=40)
@given(BOXES, st.sampled_from([300.0, 1000.0]))
def test_square_cells_lose_nothing_either(
    boxes: list[tuple[float, float, float, float]], cell_m: float
) -> None:
    """Every column that is counted adds up, not demand alone; the unknown stays unknown."""
    zones = _counted(zones_of(*(shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes)))
    _check_nothing_lost(zones, split_zones(zones, cell_m=cell_m, metric_crs=METRIC))


def _areas(more: str) -> dict[str, str]:
    text = f'crs = "EPSG:4326"\nwkt = "shape"\n{more}'
    return {"zones": layer_toml("zones", "zones.csv", text)}


AREAS = (
    "id,shape,demand,people\n"
    'z1,"POLYGON ((114.00 22.50, 114.06 22.50, 114.06 22.56, 114.00 22.56, 114.00 22.50))",30,900\n'
)


def test_a_case_says_h3(tmp_path: Path) -> None:
    """Cells = "h3" with a resolution splits zones on loading, with a note."""
    _h3()
    layers = _areas('cells = "h3"\nh3_resolution = 7')
    case = load_case(write_case(tmp_path, layers=layers, files={"zones.csv": AREAS}))
    assert len(case.zones) > 5
    assert case.zones["people"].sum() == pytest.approx(900, rel=1e-12)
    assert any(f"split into {len(case.zones)} cells of H3 resolution 7" in n for n in case.notes)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for hexagons without the package learns what to install."""
    there = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:  # noqa: ANN401 - as the built-in
        if name == "h3":
            raise ImportError(name)
        return there(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InputError, match=r'pip install "siting\[h3\]"'):
        split_h3(zones_of(shapely.box(0, 0, 10, 10)), resolution=8, metric_crs=METRIC)
