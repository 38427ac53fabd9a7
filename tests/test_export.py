"""Exports: a plan's layers in other coordinates, and back again."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, get_args
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from shapely import Point, Polygon

from siting.assembly.export import export_layers
from siting.assembly.styles import STATUS, layer_styles
from siting.data.case_file import LayerSpec
from siting.data.crs import geometry_to_wgs84, parse_crs
from siting.data.findings import Findings
from siting.data.layer import read_layer
from siting.data.sphere import great_circle_km
from siting.errors import PlanError
from siting.plan import ExportFormat, StationStatus

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


FORMATS = get_args(ExportFormat)
HOSTILE = ["=1+1", "'=quoted", '深圳, "a"', "</script>{{7*7}}", "@x"]
"""Names that a spreadsheet, a page or a template would run."""


def _named() -> dict[str, gpd.GeoDataFrame]:
    """Return five fuel stations 0.01 degrees apart, and one district around them."""
    places = [Point(114.01 + n / 100, 22.5) for n in range(len(HOSTILE))]
    ids = [f"f{n}" for n in range(len(HOSTILE))]
    around = [shapely.box(114.0, 22.4, 114.1, 22.6)]
    return {
        "fuel": gpd.GeoDataFrame({"id": ids, "name": HOSTILE}, geometry=places, crs="EPSG:4326"),
        "districts": gpd.GeoDataFrame(
            {"id": ["d"], "name": ["南山"]}, geometry=around, crs="EPSG:4326"
        ),
    }


def _files(paths: list[Path]) -> dict[str, Path]:
    """Return the file of each layer; of all of them where there is one only."""
    named = {path.name.split(".")[0]: path for path in paths}
    return defaultdict(lambda: paths[0], named)


def _read(path: Path, name: str, crs: str | None, **spec: str) -> gpd.GeoDataFrame:
    about = {"source": "test", "licence": "none", "date": "2025"}
    findings = Findings()
    given = LayerSpec.model_validate({"path": path.name, "crs": crs, **about, **spec})
    layer = read_layer(path.parent, name, given, findings)
    assert not findings.faults
    assert layer is not None
    return layer.table


@pytest.mark.parametrize("crs", ["EPSG:4326", "gcj02", "EPSG:32650"])
@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_is_read_back(form: ExportFormat, crs: str, tmp_path: Path) -> None:
    """Names and places come back from every format and system, hostile names too, to 0.2 m."""
    layers = _named()
    paths = _files(export_layers(layers, crs, tmp_path, form=form))
    of = {"layer": "fuel"} if form in {"gpkg", "xlsx"} else {}
    metric = crs == "EPSG:32650" and form in {"csv", "xlsx"}
    carried = None if crs != "gcj02" and form in {"gpkg", "geoparquet"} else crs
    fuel = _read(paths["fuel"], "fuel", carried, **of)
    assert fuel["name"].tolist() == HOSTILE
    apart_km = great_circle_km(
        fuel.geometry.x.to_numpy(),
        fuel.geometry.y.to_numpy(),
        layers["fuel"].geometry.x.to_numpy(),
        layers["fuel"].geometry.y.to_numpy(),
    )
    assert 1000 * float(np.max(apart_km)) < (1 if metric else 0.2)


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "xlsx"])
def test_areas_are_read_back(form: ExportFormat, tmp_path: Path) -> None:
    """A district's area comes back whole; only a workbook holds a point in its place."""
    layers = _named()
    paths = {
        p.name.split(".")[0]: p for p in export_layers(layers, "EPSG:4326", tmp_path, form=form)
    }
    of = {"layer": "districts"} if form == "gpkg" else {"wkt": "wkt"} if form == "csv" else {}
    back = _read(
        paths.get("districts", paths.get("plan", tmp_path)), "districts", "EPSG:4326", **of
    )
    assert back["name"].tolist() == ["南山"]
    assert (
        back.geometry.iloc[0].symmetric_difference(layers["districts"].geometry.iloc[0]).area < 1e-9
    )


def test_a_workbook_holds_no_formula(tmp_path: Path) -> None:
    """A name that begins with = is text in its cell: nothing is computed when it is opened."""
    (path,) = export_layers(_named(), "EPSG:4326", tmp_path, form="xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["about", "fuel", "districts"]
    cell = book["fuel"]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    point = [book["districts"].cell(2, column).value for column in (3, 4)]
    assert point == [114.05, 22.5]


def test_a_workbook_without_the_sheet_names_those_it_has(tmp_path: Path) -> None:
    """The fault lists the sheets; a file that is no workbook is called that."""
    (path,) = export_layers(_named(), "EPSG:4326", tmp_path, form="xlsx")
    broken = tmp_path / "broken.xlsx"
    broken.write_text("a,b\n1,2\n", encoding="utf-8")
    about = {"crs": "EPSG:4326", "source": "test", "licence": "none", "date": "2025"}
    for file, layer, words in (
        (path, "zones", "about, fuel, districts"),
        (broken, None, "not an .xlsx workbook"),
    ):
        findings = Findings()
        spec = LayerSpec.model_validate({"path": file.name, "layer": layer, **about})
        assert read_layer(tmp_path, "fuel", spec, findings) is None
        assert words in str(findings.faults[0])


def test_a_geopackage_opens_styled(tmp_path: Path) -> None:
    """Each layer's style is the default one QGIS looks for, and its symbols have all classes."""
    (path,) = export_layers(_named(), "EPSG:4326", tmp_path, form="gpkg")
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(
            "SELECT f_table_name, useAsDefault, styleQML FROM layer_styles ORDER BY 1"
        ).fetchall()
        listed = database.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchall()
    assert [row[:2] for row in rows] == [("districts", 1), ("fuel", 1)]
    assert listed == [("attributes",)]
    ranges = ET.fromstring(rows[0][2]).findall("renderer-v2/ranges/range")  # noqa: S314 - our own
    edges = [(float(r.attrib["lower"]), float(r.attrib["upper"])) for r in ranges]
    assert [low for low, _ in edges][1:] == [high for _, high in edges][:-1]
    assert (edges[0][0], edges[2], edges[-1][1]) == (0.0, (0.8, 1.0), 1e9)


def test_every_status_has_a_style() -> None:
    """No station is left undrawn: the classes are the statuses a plan knows, each with a symbol."""
    qml = layer_styles(_layers())["stations"]
    root = ET.fromstring(qml)  # noqa: S314 - our own
    values = [c.attrib["value"] for c in root.findall("renderer-v2/categories/category")]
    assert set(values) == set(get_args(StationStatus)) == set(STATUS)
    names = [s.attrib["name"] for s in root.findall("renderer-v2/symbols/symbol")]
    assert names == ["0", "1", "2", "3"]
