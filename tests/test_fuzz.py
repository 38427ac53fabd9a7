"""Damaged inputs: whatever stands in a case's files, only errors made for users come out.

``SITING_FUZZ=5000`` runs so many examples of each kind.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import warnings
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siting.data.load import load_case
from siting.data.report import case_report
from siting.errors import SitingError
from siting.maps.check import render_check
from tests.osm_made import STEP, osm_xml
from tests.small_case import (
    FUEL,
    SITES,
    STATIONS,
    SUBSTATIONS,
    ZONES,
    districts_geojson,
    layer_toml,
    write_case,
)

EXAMPLES = int(os.environ.get("SITING_FUZZ", "30"))
FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TABLES = {"zones": ZONES, "sites": SITES, "fuel": FUEL}
TABLES["stations"] = STATIONS + "s2,114.12,22.55,\n"
TABLES["substations"] = SUBSTATIONS
LAYERS = {name: layer_toml(name, f"{name}.csv") for name in TABLES}
ROADS = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"u": u, "v": v, "highway": "primary", "maxspeed": "60"},
                "geometry": {"type": "LineString", "coordinates": [[114.0, 22.55], [114.1, 22.55]]},
            }
            for u, v in (("a", "b"), ("b", "a"))
        ],
    }
)

WORDS = st.sampled_from(
    [
        *(
            "",
            " ",
            ",",
            '"',
            "'",
            "\n",
            "\r\n",
            "\t",
            "\0",
            "\ufeff",
            "[",
            "]",
            "{",
            "}",
            "=",
            ":",
            ";",
        ),
        *(
            "nan",
            "inf",
            "-1",
            "0",
            "1e308",
            "1e999",
            "-0.0",
            "true",
            "false",
            "null",
            "none",
            "NaN",
        ),
        *(
            "999",
            "114.05",
            "22.55",
            "0x1F",
            "1_000",
            "２２",
            "²",
            "１e５",
            "2025-01-01",
            "id",
            "lon",
            "lat",
        ),
        *(
            "gcj02",
            "bd09",
            "EPSG:4326",
            "EPSG:0",
            "EPSG:32650",
            "EPSG:99999999",
            "+proj=merc",
            "[]",
        ),
        *(
            "demand",
            "path",
            "crs",
            "columns",
            "constants",
            "where",
            "bbox",
            "cell_m",
            "id_prefix",
            "wkt",
        ),
        *(
            "csv",
            "geojson",
            "gpkg",
            "osm",
            "graphml",
            "parquet",
            "shp",
            "..",
            "/",
            ".",
            "case.toml",
        ),
        *("POINT (1 2)", "Point", "Polygon", "MultiPolygon", "GeometryCollection", "LineString"),
        *(
            "coordinates",
            "geometry",
            "properties",
            "features",
            "west",
            "z1",
            "a",
            "é",
            "深圳",
            "\u202e",
        ),
    ]
)
TEXTS = WORDS | st.text(max_size=6)


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """Change a file's text in a few places, and now and then its bytes."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.sampled_from([0, 0, 1, 3, 8, 40])))
        kind = draw(st.sampled_from(["put", "put", "cut", "swap", "twice"]))
        if kind == "put":
            text = text[:start] + draw(TEXTS) + text[stop:]
        elif kind == "cut":
            text = text[:start] + text[stop:]
        elif kind == "swap":
            text = text.replace(draw(st.sampled_from(text.split() or [""])), draw(TEXTS), 1)
        else:
            text = text[:stop] + text[start:]
    data = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(data)))
        data = data[:place] + draw(st.binary(max_size=4)) + data[place:]
    return data[: draw(st.sampled_from([len(data)] * 9 + [len(data) // 2]))]


def check(
    files: dict[str, bytes], *, toml: bytes | None = None, layers: dict[str, str] | None = None
) -> str:
    """Load the small case with some files damaged; return how it ended."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = {**LAYERS, "roads": layer_toml("roads", "roads.geojson", ""), **(layers or {})}
        whole = {f"{table}.csv": text for table, text in TABLES.items()}
        write_case(folder, files={**whole, "roads.geojson": ROADS, **files}, layers=tables)
        if toml is not None:
            (folder / "case.toml").write_bytes(toml)
        ended = "refused"
        with contextlib.suppress(SitingError), warnings.catch_warnings():
            warnings.simplefilter("error")
            found = case_report(load_case(folder))
            render_check(found)
            json.dumps(found.document(), allow_nan=False)
            ended = "loaded"
        return ended


MORE = {
    "sites": 'crs = "EPSG:4326"\ncolumns = { name = "name", area_m2 = "area_m2" }\nid_prefix = "A"',
    "fuel": 'crs = "bd09"\nbbox = [113.9, 22.4, 114.2, 22.6]\nconstants = { nozzles = 4 }',
    "stations": 'crs = "gcj02"\nwhere = { id = ["s1", "s2"] }',
    "zones": 'lon = "lon"\nlat = "lat"\ncrs = "EPSG:4326"\ncell_m = 500\nformat = "csv"',
}
HEAD = 'title = "Two"\ntitle_zh = "二"\nlabel = "made up"\nmetric_crs = "EPSG:32650"\n'


def whole_toml() -> str:
    """Return the case.toml that is damaged."""
    with tempfile.TemporaryDirectory() as name:
        tables = {layer: layer_toml(layer, f"{layer}.csv", more) for layer, more in MORE.items()}
        folder = write_case(Path(name), layers=LAYERS | tables, head=HEAD)
        return (folder / "case.toml").read_text(encoding="utf-8")


TOML = whole_toml()


def test_undamaged_the_case_loads() -> None:
    """What is damaged below is whole to begin with."""
    layers = {"roads": layer_toml("roads", "roads.osm", "")}
    assert check({"roads.osm": OSM.encode()}, layers=layers) == "loaded"
    assert check({}) == "loaded"
    assert check({}, toml=TOML.encode()) == "loaded"


@FUZZ
@given(toml=damaged(TOML))
def test_damaged_case_toml(toml: bytes) -> None:
    """Any case.toml loads or is refused."""
    assert check({}, toml=toml) in {"loaded", "refused"}


@FUZZ
@given(data=st.data(), name=st.sampled_from(sorted(TABLES)))
def test_damaged_csv(data: st.DataObject, name: str) -> None:
    """Any table loads or is refused."""
    content = data.draw(damaged(TABLES[name]))
    assert check({f"{name}.csv": content}) in {"loaded", "refused"}


@FUZZ
@given(districts=damaged(districts_geojson()))
def test_damaged_geojson(districts: bytes) -> None:
    """Any districts load or are refused."""
    assert check({"districts.geojson": districts}) in {"loaded", "refused"}


@FUZZ
@given(roads=damaged(ROADS))
def test_damaged_roads(roads: bytes) -> None:
    """Any roads load or are refused."""
    assert check({"roads.geojson": roads}) in {"loaded", "refused"}


STREETS = [([1, 2, 3], {"highway": "primary", "maxspeed": "60"}), ([2, 4], {"highway": "tertiary"})]
EAST, NORTH = 114.0 / STEP, 22.55 / STEP
OSM = osm_xml(
    {
        number: (EAST + east, NORTH + north)
        for number, east, north in ((1, 0, 0), (2, 10, 0), (3, 20, 0), (4, 10, 1))
    },
    STREETS,
)


@FUZZ
@given(roads=damaged(OSM))
def test_damaged_osm(roads: bytes) -> None:
    """Any raw OpenStreetMap loads or is refused."""
    layers = {"roads": layer_toml("roads", "roads.osm", "")}
    assert check({"roads.osm": roads}, layers=layers) in {"loaded", "refused"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@FUZZ
@given(geometry=JSON | st.fixed_dictionaries({"type": TEXTS, "coordinates": JSON}), properties=JSON)
def test_any_feature(geometry: object, properties: object) -> None:
    """Any JSON in a feature's place loads or is refused."""
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    content = text.encode("utf-8", "surrogatepass")
    assert check({"districts.geojson": content}) in {"loaded", "refused"}
