"""Shifted layers: GCJ-02 and BD-09 recognised against roads, right layers left alone."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from siting.data.crs import Datum, from_wgs84, to_wgs84
from siting.data.load import load_case
from siting.data.roads import Roads
from siting.data.shift import district_reference, find_shift, road_reference
from siting.data.sphere import great_circle_km
from tests.shared import shared_case, shared_data
from tests.small_case import layer_toml, write_case

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

UTM = "EPSG:32650"
WGS84 = "EPSG:4326"
KM = 1 / 111.195
"""Degrees of latitude in a km; of longitude it is a little less, which does not matter here."""
STREETS = 9


def grid(lon: float = 114.0, lat: float = 22.5) -> Roads:
    """Return 9 by 9 streets, a km apart, each one edge a block and direction."""
    place = {(x, y): (lon + x * KM, lat + y * KM) for x in range(STREETS) for y in range(STREETS)}
    number = {key: row for row, key in enumerate(place)}
    blocks = [(a, (a[0] + dx, a[1] + dy)) for a in place for dx, dy in ((1, 0), (0, 1))]
    edges = [(a, b) for a, b in blocks if b in place]
    edges += [(b, a) for a, b in edges]
    ends = np.array([(place[a], place[b]) for a, b in edges])
    metres = 1000 * great_circle_km(*ends[:, 0].T, *ends[:, 1].T)
    return Roads(
        lon=np.array([x for x, _ in place.values()]),
        lat=np.array([y for _, y in place.values()]),
        tail=np.array([number[a] for a, _ in edges], dtype=np.int32),
        head=np.array([number[b] for _, b in edges], dtype=np.int32),
        length_m=metres,
        seconds=metres / 10,
        road_class=np.array(["primary"] * len(edges)),
        geometry=np.asarray(shapely.linestrings(ends), dtype=object),
    )


def roadside(count: int = 80, lon: float = 114.0, lat: float = 22.5) -> Floats:
    """Return places 30 m beside streets of the grid, WGS-84."""
    rng = np.random.default_rng(1)
    along, street = rng.uniform(1, STREETS - 2, count), rng.integers(1, STREETS - 1, count)
    beside = street + 0.03 * rng.choice([-1, 1], count)
    flip = rng.random(count) < 0.5
    x, y = np.where(flip, along, beside), np.where(flip, beside, along)
    return np.column_stack([lon + x * KM, lat + y * KM])


def read(lonlat: Floats, written_in: str, declared: str) -> NDArray[np.object_]:
    """Return points which the file has in one system and which were read as another."""
    raw = lonlat if written_in == WGS84 else _both(from_wgs84, lonlat, written_in)
    found = raw if declared == WGS84 else _both(to_wgs84, raw, declared)
    return np.asarray(shapely.points(found), dtype=object)


def _both(change: object, lonlat: Floats, datum: str) -> Floats:
    assert callable(change)
    return np.column_stack(change(lonlat[:, 0], lonlat[:, 1], datum))


@pytest.mark.parametrize("written_in", [WGS84, "gcj02", "bd09"])
@pytest.mark.parametrize("declared", [WGS84, "gcj02", "bd09"])
def test_each_system_is_told_from_each(written_in: str, declared: str) -> None:
    """Roadside places written in one system and read as another are found out; as it, never."""
    points = read(roadside(), written_in, declared)
    found = find_shift(points, declared, road_reference(grid(), UTM))
    if written_in == declared:
        assert found is None
    else:
        assert found is not None
        assert found.systems == (written_in,)


def test_a_crs_that_the_file_carries_counts_as_declared() -> None:
    """Web-map coordinates in a GeoJSON, which says WGS-84, are found out as well."""
    found = find_shift(read(roadside(), "bd09", WGS84), None, road_reference(grid(), UTM))
    assert found is not None
    assert found.systems == ("bd09",)


def test_few_places_tell_nothing() -> None:
    """14 places are too few; and 80 points in 8 places are 8 witnesses."""
    reference = road_reference(grid(), UTM)
    points = read(roadside(), "gcj02", WGS84)
    assert find_shift(points[:14], WGS84, reference) is None
    assert find_shift(np.repeat(points[:8], 10), WGS84, reference) is None
    assert find_shift(points[:0], WGS84, reference) is None


def test_places_that_shun_roads_are_not_shifted() -> None:
    """Points scattered at random are as far from streets wherever they are moved."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        scattered = np.array([114.0, 22.5]) + rng.uniform(1, STREETS - 2, (200, 2)) * KM
        points = np.asarray(shapely.points(scattered), dtype=object)
        assert find_shift(points, WGS84, road_reference(grid(), UTM)) is None


def test_outside_china_nothing_is_shifted_but_what_says_so() -> None:
    """In Liechtenstein nobody writes GCJ-02; a layer that declares it is found out."""
    roads = grid(9.5, 47.0)
    reference = road_reference(roads, "EPSG:32632")
    lonlat = roadside(lon=9.5, lat=47.0)
    assert find_shift(read(lonlat, "gcj02", WGS84), WGS84, reference) is None
    found = find_shift(read(lonlat, WGS84, "gcj02"), "gcj02", reference)
    assert found is not None
    assert found.systems == (WGS84,)


def test_without_roads_districts_tell() -> None:
    """Places along a coast that are in the sea when read as WGS-84, and on land as GCJ-02.

    In Shenzhen GCJ-02 lies some 0.5 km east and 0.3 km south: land is a square, and half of the
    places lie 0.1 km inside its south and east sides.
    """
    west, south, side = 114.0, 22.5, 10 * KM
    land = np.array([shapely.box(west, south, west + side, south + side)], dtype=object)
    rng = np.random.default_rng(2)
    inside = rng.uniform(0.1 * KM, side - 0.1 * KM, (200, 2))
    inside[:50, 1] = 0.1 * KM
    inside[50:100, 0] = side - 0.1 * KM
    places = np.array([west, south]) + inside
    reference = district_reference(land)
    found = find_shift(read(places, "gcj02", WGS84), WGS84, reference)
    assert found is not None
    assert "gcj02" in found.systems
    assert "lie outside all districts, but only 0" in found.reason
    assert find_shift(read(places, WGS84, WGS84), WGS84, reference) is None


def test_a_case_warns_and_says_the_mend(tmp_path: Path) -> None:
    """The note stands in the case, names layer, system and what to write, and the case loads."""
    roads = grid()
    frame = gpd.GeoDataFrame(
        {"u": roads.tail, "v": roads.head, "highway": "primary", "oneway": True},
        geometry=roads.geometry,
        crs=WGS84,
    )
    frame.to_parquet(tmp_path / "roads.parquet")
    moved = shapely.get_coordinates(read(roadside(), "gcj02", WGS84))
    lines = [f"p{row},{lon:.6f},{lat:.6f}" for row, (lon, lat) in enumerate(moved)]
    folder = write_case(
        tmp_path,
        files={"sites.csv": "\n".join(["id,lon,lat", *lines])},
        layers={"roads": layer_toml("roads", "roads.parquet", "")},
    )
    warned = [note for note in load_case(folder).notes if "looks shifted" in note]
    assert len(warned) == 1
    assert warned[0].startswith("sites.csv (sites): looks shifted: ")
    assert warned[0].endswith(
        "when its coordinates are read as gcj02, not as EPSG:4326. "
        'If so, write crs = "gcj02" in [layers.sites].'
    )


def _central(tmp_path: Path, **columns: tuple[str, str]) -> list[str]:
    """Return warnings of central Shenzhen, some layers read from other columns or as another."""
    text = (shared_case("shenzhen_central") / "case.toml").read_text(encoding="utf-8")
    data = shared_data().as_posix()
    text = re.sub(r'path = "[^"]*?/shared/data', f'path = "{data}', text)
    for layer, (crs, suffix) in columns.items():
        head, table = text.split(f"[layers.{layer}]\n")
        own, *rest = table.split("\n[layers.")
        own = own.replace('crs = "EPSG:4326"', f'crs = "{crs}"\nlon = "lon{suffix}"')
        own = own.replace(f'lon = "lon{suffix}"', f'lon = "lon{suffix}"\nlat = "lat{suffix}"')
        text = head + f"[layers.{layer}]\n" + "\n[layers.".join([own, *rest])
    (tmp_path / "case.toml").write_text(text, encoding="utf-8")
    return [note for note in load_case(tmp_path).notes if "shifted" in note]


@pytest.mark.shared
def test_real_layers_as_they_are_raise_no_alarm(tmp_path: Path) -> None:
    """Fuel stations, car parks and charging stations, each in its right system, are in order."""
    assert _central(tmp_path) == []
    right = {
        "fuel": ("gcj02", "_gcj02"),
        "sites": ("bd09", "_bd09"),
        "stations": ("gcj02", "_gcj02"),
    }
    assert _central(tmp_path, **right) == []


@pytest.mark.shared
@pytest.mark.parametrize(
    ("layer", "crs", "suffix", "system"),
    [
        ("fuel", "EPSG:4326", "_gcj02", "gcj02"),
        ("sites", "EPSG:4326", "_bd09", "bd09"),
        ("stations", "EPSG:4326", "_gcj02", "gcj02"),
        ("fuel", "gcj02", "", "EPSG:4326"),
        ("sites", "gcj02", "", "EPSG:4326"),
        ("sites", "gcj02", "_bd09", "bd09"),
        ("stations", "bd09", "_gcj02", "gcj02"),
    ],
)
def test_real_layers_read_wrongly_are_recognised(
    layer: str, crs: str, suffix: str, system: str, tmp_path: Path
) -> None:
    """On central Shenzhen's roads one layer read wrongly is found out, and no other accused."""
    (note,) = _central(tmp_path, **{layer: (crs, suffix)})
    assert f'If so, write crs = "{system}" in [layers.{layer}].' in note


@pytest.mark.shared
def test_the_whole_city_without_roads_raises_no_alarm() -> None:
    """Against districts alone, right layers are in order."""
    notes = load_case(shared_case("shenzhen_city")).notes
    assert [note for note in notes if "shifted" in note] == []


def test_the_stylised_city_raises_no_alarm() -> None:
    """What the program draws beside its own streets stands beside them."""
    case = load_case(Path(__file__).parents[1] / "data" / "shenzhen")
    assert case.roads is not None
    assert [note for note in case.notes if "shifted" in note] == []
    reference = road_reference(case.roads, case.metric_crs)
    moved: Datum = "gcj02"
    fuel = shapely.get_coordinates(case.fuel.geometry.to_numpy())
    found = find_shift(read(fuel, moved, WGS84), WGS84, reference)
    assert dataclasses.is_dataclass(found)
    assert found.systems == (moved,)
