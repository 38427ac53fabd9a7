"""Cases that load: defaults, districts, substations, filters, formats, real cities."""

from __future__ import annotations

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from siting.data.crs import from_wgs84
from siting.data.load import case_folder, load_case
from siting.data.schema import LAYERS, SCHEMA_HEADER, schema_rows
from siting.errors import CaseError
from tests.shared import shared_case
from tests.small_case import (
    FUEL,
    SITES,
    STATIONS,
    SUBSTATIONS,
    ZONES,
    layer_toml,
    write_case,
)


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    """Names default to ids, districts to location, unknown areas to NaN."""
    case = load_case(write_case(tmp_path))
    assert case.title == "Two districts"
    assert case.metric_crs == "EPSG:32650"
    assert case.zones["name"].tolist() == ["z1", "z2"]
    assert case.zones["district"].tolist() == ["west", "east"]
    assert case.sites["name"].tolist() == ["Mall", "b"]
    assert case.sites["host"].tolist() == ["site", "site"]
    assert case.sites["area_m2"].tolist()[0] == 800
    assert np.isnan(case.sites["area_m2"].tolist()[1])
    assert case.sites["extra_cost_cny"].tolist() == [0, 0]
    assert case.sites["substation"].tolist() == [None, None]
    assert case.districts["name_zh"].tolist() == ["西", "东"]
    assert len(case.stations) == len(case.substations) == 0
    assert case.roads is None
    assert not case.synthetic
    assert case.notes == ()


def test_columns_are_those_declared(tmp_path: Path) -> None:
    """Every table has its layer's columns and geometry, in order, with or without rows."""
    case = load_case(write_case(tmp_path))
    for name, schema in LAYERS.items():
        if name not in {"roads", "raster", "flows"}:
            assert case.pois is not None
            tables = {
                "zones": case.zones,
                "sites": case.sites,
                "fuel": case.fuel,
                "stations": case.stations,
                "districts": case.districts,
                "substations": case.substations,
                "exclusions": case.exclusions,
                "supply_areas": case.supply_areas,
                "pois": case.pois,
                "water": case.water,
                "parks": case.parks,
            }
            table = tables[name]
            assert table is not None
            assert tuple(table.columns) == (*schema.names, "geometry")
            assert table.crs == "EPSG:4326"


def test_layers_say_where_they_come_from(tmp_path: Path) -> None:
    """Each layer keeps source, licence, date, rows and hash; one synthetic makes the case so."""
    synthetic = layer_toml("fuel", "fuel.csv", 'crs = "EPSG:4326"\nsynthetic = true')
    case = load_case(write_case(tmp_path, layers={"fuel": synthetic}))
    zones = case.layers[0]
    assert (zones.layer, zones.file, zones.rows) == ("zones", "zones.csv", 2)
    assert (zones.source, zones.licence, zones.date) == ("by hand", "none", "2025-01")
    assert zones.sha256 == hashlib.sha256(ZONES.encode()).hexdigest()
    assert [info.synthetic for info in case.layers] == [False, False, True, False]
    assert case.synthetic


def test_nearest_substation_serves_unless_named(tmp_path: Path) -> None:
    """Site a (114.04) lies nearest to g1 (114.05); b names g1 though g2 is nearer."""
    sites = "id,lon,lat,substation\na,114.04,22.55,\nb,114.16,22.55,g1\n"
    folder = write_case(
        tmp_path,
        files={"sites.csv": sites, "stations.csv": STATIONS, "grid.csv": SUBSTATIONS},
        layers={
            "stations": layer_toml("stations", "stations.csv"),
            "substations": layer_toml("substations", "grid.csv"),
        },
    )
    case = load_case(folder)
    assert case.sites["substation"].tolist() == ["g1", "g1"]
    assert case.stations["substation"].tolist() == ["g1"]
    assert case.stations["type"].tolist() == ["S"]
    assert case.substations["n1_limit"].tolist() == [0.5, 0.5]


def test_column_map_constants_where_and_prefix(tmp_path: Path) -> None:
    """A file's own names are mapped, one value fills a column, rows are chosen, ids told apart."""
    sites = "no,lon,lat,kind\n1,114.04,22.55,mall\n2,114.05,22.55,park\n3,114.16,22.55,mall\n"
    table = layer_toml(
        "sites",
        "sites.csv",
        'crs = "EPSG:4326"\ncolumns = { id = "no" }\nconstants = { area_m2 = 900 }\n'
        'where = { kind = ["mall"] }\nid_prefix = "P"',
    )
    case = load_case(write_case(tmp_path, files={"sites.csv": sites}, layers={"sites": table}))
    assert case.sites["id"].tolist() == ["P1", "P3"]
    assert case.sites["area_m2"].tolist() == [900, 900]


def test_bbox_keeps_what_lies_inside(tmp_path: Path) -> None:
    """Only site a (114.04) lies between 114.0 and 114.1."""
    table = layer_toml("sites", "sites.csv", 'crs = "EPSG:4326"\nbbox = [114.0, 22.5, 114.1, 22.6]')
    case = load_case(write_case(tmp_path, layers={"sites": table}))
    assert case.sites["id"].tolist() == ["a"]


def test_empty_map_ignores_a_column_of_our_name(tmp_path: Path) -> None:
    """A column 'district' that means something else is left aside by mapping it to ''."""
    fuel = "id,lon,lat,district\nf1,114.03,22.55,440304\n"
    table = layer_toml("fuel", "fuel.csv", 'crs = "EPSG:4326"\ncolumns = { district = "" }')
    case = load_case(write_case(tmp_path, files={"fuel.csv": fuel}, layers={"fuel": table}))
    assert case.fuel["district"].tolist() == ["west"]


def test_point_just_outside_goes_to_the_nearest_district(tmp_path: Path) -> None:
    """0.01 degrees (1 km) north of the districts: the nearest is taken, and a note says so."""
    fuel = "id,lon,lat\nf1,114.03,22.61\nf2,114.03,22.55\n"
    case = load_case(write_case(tmp_path, files={"fuel.csv": fuel}))
    assert case.fuel["district"].tolist() == ["west", "west"]
    # 0.01 degrees of latitude: 1.1 km
    assert case.notes == (
        (
            "fuel.csv (fuel): 1 of 2 points lie in no district and went to the nearest, "
            "at most 1.1 km away."
        ),
    )


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_datums_are_undone_where_declared(tmp_path: Path, datum: str) -> None:
    """Coordinates copied from AMap or Baidu come back to where they are, and only if declared."""
    lon, lat = from_wgs84(114.03, 22.55, datum)  # type: ignore[arg-type]
    fuel = f"id,lon,lat\nf1,{lon:.8f},{lat:.8f}\n"
    table = layer_toml("fuel", "fuel.csv", f'crs = "{datum}"')
    case = load_case(write_case(tmp_path, files={"fuel.csv": fuel}, layers={"fuel": table}))
    xy = shapely.get_coordinates(case.fuel.geometry.to_numpy())
    assert xy[0].tolist() == pytest.approx([114.03, 22.55], abs=1e-7)


def fuel_frame() -> gpd.GeoDataFrame:
    """Return the fuel layer in metres, with a Chinese column."""
    points = gpd.points_from_xy([114.03, 114.06], [22.55, 22.55])
    frame = gpd.GeoDataFrame({"id": ["f1", "f2"], "名称": ["中石化", "中石油"]}, geometry=points)
    return frame.set_crs("EPSG:4326").to_crs("EPSG:32650")


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "shp"])
def test_formats_and_projected_crs(tmp_path: Path, suffix: str) -> None:
    """GeoPackage, GeoJSON, GeoParquet and shapefile give the same layer, by the CRS they carry."""
    frame = fuel_frame()
    path = tmp_path / f"fuel.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "geojson":
        frame.to_crs("EPSG:4326").to_file(path)
    else:
        frame.rename(columns={"名称": "label"}).to_file(path)
    name = "名称" if suffix in {"parquet", "geojson"} else "label"
    table = layer_toml("fuel", path.name, f'columns = {{ name_zh = "{name}" }}')
    case = load_case(write_case(tmp_path, layers={"fuel": table}))
    assert case.fuel["name_zh"].tolist() == ["中石化", "中石油"]
    xy = shapely.get_coordinates(case.fuel.geometry.to_numpy())
    assert xy == pytest.approx(np.array([[114.03, 22.55], [114.06, 22.55]]), abs=1e-7)


def test_shapefile_without_encoding(tmp_path: Path) -> None:
    """A shapefile written in GB 18030 without a .cpg file is read right, with a note."""
    frame = fuel_frame().rename(columns={"名称": "label"})
    frame.to_file(tmp_path / "fuel.shp", encoding="gb18030")
    (tmp_path / "fuel.cpg").unlink()
    table = layer_toml("fuel", "fuel.shp", 'columns = { name_zh = "label" }')
    case = load_case(write_case(tmp_path, layers={"fuel": table}))
    assert case.fuel["name_zh"].tolist() == ["中石化", "中石油"]
    assert case.notes == ("fuel.shp (fuel): read as GB 18030, since it is not UTF-8.",)


def test_csv_as_chinese_excel_saves_it(tmp_path: Path) -> None:
    """GB 18030 is read with a note; a byte order mark and semicolons without one."""
    fuel = "id;lon;lat;name_zh\r\nf1;114.03;22.55;加油站\r\n\r\n"
    for encoding, notes in (("gb18030", 1), ("utf-8-sig", 0)):
        case = load_case(write_case(tmp_path, files={"fuel.csv": fuel.encode(encoding)}))
        assert case.fuel["name_zh"].tolist() == ["加油站"]
        assert len(case.notes) == notes


def test_well_known_text_and_plain_parquet(tmp_path: Path) -> None:
    """Areas as WKT in a CSV, and points as columns of a plain Parquet file."""
    zones = 'id,demand,shape\nz1,30,"POLYGON ((114 22.5, 114.1 22.5, 114.1 22.6, 114 22.5))"\n'
    pd.read_csv(Path(write_case(tmp_path) / "fuel.csv")).to_parquet(tmp_path / "fuel.parquet")
    folder = write_case(
        tmp_path,
        files={"zones.csv": zones},
        layers={
            "zones": layer_toml("zones", "zones.csv", 'crs = "EPSG:4326"\nwkt = "shape"'),
            "fuel": layer_toml("fuel", "fuel.parquet"),
        },
    )
    case = load_case(folder)
    assert case.zones.geometry.iloc[0].geom_type == "Polygon"
    assert case.fuel["id"].tolist() == ["f1", "f2"]


def test_areas_of_sites_become_points(tmp_path: Path) -> None:
    """A site drawn as an area is a point inside it; a self-crossing one is mended with a note."""
    sites = (
        'id,shape\na,"POLYGON ((114.01 22.51, 114.03 22.51, 114.03 22.53, 114.01 22.51))"\n'
        'b,"POLYGON ((114.11 22.51, 114.13 22.53, 114.13 22.51, 114.11 22.53, 114.11 22.51))"\n'
    )
    table = layer_toml("sites", "sites.csv", 'crs = "EPSG:4326"\nwkt = "shape"')
    case = load_case(write_case(tmp_path, files={"sites.csv": sites}, layers={"sites": table}))
    assert case.sites.geometry.geom_type.tolist() == ["Point", "Point"]
    assert case.notes == (
        "sites.csv (sites): 1 self-crossing areas were made valid (first in rows 3).",
    )


def test_optional_layer_without_rows(tmp_path: Path) -> None:
    """No existing station inside the bbox is a note, not a fault; a MultiPoint zone is a point."""
    zones = 'id,demand,shape\nz1,30,"MULTIPOINT (114.02 22.55, 114.04 22.55)"\n'
    bbox = "bbox = [114.1, 22.5, 114.2, 22.6]"
    folder = write_case(
        tmp_path,
        files={"stations.csv": STATIONS, "zones.csv": zones},
        layers={
            "stations": layer_toml("stations", "stations.csv", f'crs = "EPSG:4326"\n{bbox}'),
            "zones": layer_toml("zones", "zones.csv", 'crs = "EPSG:4326"\nwkt = "shape"'),
        },
    )
    case = load_case(folder)
    assert len(case.stations) == 0
    assert case.notes == ("stations.csv (stations): none of its 1 rows is kept.",)
    assert case.zones.geometry.to_wkt().tolist() == ["POINT (114.03 22.55)"]


def test_declared_crs_goes_before_the_files(tmp_path: Path) -> None:
    """Degrees saved under a wrong label are read as declared, with a note."""
    frame = fuel_frame().to_crs("EPSG:4326").set_crs("EPSG:32650", allow_override=True)
    frame.to_parquet(tmp_path / "fuel.parquet")
    table = layer_toml("fuel", "fuel.parquet")
    case = load_case(write_case(tmp_path, layers={"fuel": table}))
    assert case.fuel["district"].tolist() == ["west", "west"]
    assert case.notes == (
        "fuel.parquet (fuel): read in EPSG:4326, as declared, though the file says EPSG:32650.",
    )


def test_cells_take_their_own_district(tmp_path: Path) -> None:
    """A zone across both districts, split, has cells in each, and the demand it had."""
    ring = "114.05 22.5, 114.15 22.5, 114.15 22.6, 114.05 22.6, 114.05 22.5"
    zones = f'id,demand,shape\nz1,40,"POLYGON (({ring}))"\n'
    table = layer_toml("zones", "zones.csv", 'crs = "EPSG:4326"\nwkt = "shape"\ncell_m = 3000')
    case = load_case(write_case(tmp_path, files={"zones.csv": zones}, layers={"zones": table}))
    by_district = case.zones.groupby("district")["demand"].sum()
    assert by_district.sum() == pytest.approx(40, rel=1e-12)
    assert by_district["west"] == pytest.approx(20, abs=6)
    assert case.layers[0].rows == len(case.zones) > 1
    assert "1 zones were split into" in case.notes[0]


def test_case_folder_by_path_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, its case.toml, ./data/NAME and a shipped city are all found."""
    home = tmp_path / "data" / "tiny"
    home.mkdir(parents=True)
    write_case(home)
    monkeypatch.chdir(tmp_path)
    assert case_folder(str(home)) == home
    assert case_folder(str(home / "case.toml")) == home
    assert case_folder("tiny") == Path("data/tiny")
    assert (case_folder("shenzhen") / "case.toml").is_file()
    with pytest.raises(CaseError, match=r'No case "tinny"\. .*Did you mean "tiny"\?'):
        case_folder("tinny")


def test_generated_case_keeps_its_own_title(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case with [generator] is loaded from what was generated, under its own name and label."""
    made, home = tmp_path / "cache", tmp_path / "toytown"
    made.mkdir()
    home.mkdir()
    write_case(made)
    asked: list[tuple[Path, float, int]] = []

    def cached_case(folder: Path, *, scale: float, seed: int) -> Path:
        asked.append((folder, scale, seed))
        return made

    monkeypatch.setattr("siting.data.synth.cached_case", cached_case)
    text = 'title = "Toy town"\nlabel = "stylised"\n[generator]\nkind = "stylised"\nscale = 0.5\n'
    (home / "case.toml").write_text(text, encoding="utf-8")
    case = load_case(home)
    assert asked == [(home, 0.5, 0)]
    assert (case.name, case.title, case.label) == ("toytown", "Toy town", "stylised")
    assert case.folder == home
    assert len(case.zones) == 2


def test_schema_prints_every_column() -> None:
    """Each declared column and each geometry is one row under the header."""
    rows = schema_rows()
    assert all(len(row) == len(SCHEMA_HEADER) for row in rows)
    assert len(rows) == sum(len(layer.columns) + 1 for layer in LAYERS.values())
    assert ("zones", "demand", "number", "kWh/day or weight", ">= 0", "required") in {
        row[:6] for row in rows
    }
    assert ("sites", "area_m2", "number", "m2", "> 0", "nan") in {row[:6] for row in rows}


@pytest.mark.shared
def test_central_shenzhen() -> None:
    """Real roads, 33 fuel stations, 256 charging stations; car parks and zones inside the bbox."""
    case = load_case(shared_case("shenzhen_central"))
    assert (len(case.fuel), len(case.stations)) == (33, 256)
    # Counted by the rounded WGS-84 columns (1,394) and by the zones' points (46).
    assert (len(case.sites), len(case.zones)) == (1394, 46)
    assert case.roads is not None
    assert (len(case.roads.lon), len(case.roads.tail)) == (4538, 9351)
    assert set(case.stations["type"]) == {"F"}


@pytest.mark.shared
def test_whole_shenzhen() -> None:
    """312 fuel stations, 8,194 car parks, 3,000 cells that keep the 17,516 piles of 491 zones."""
    case = load_case(shared_case("shenzhen_city"))
    assert (len(case.fuel), len(case.sites), len(case.districts)) == (312, 8194, 10)
    assert 2800 < len(case.zones) < 3200
    assert case.zones["demand"].sum() == pytest.approx(17516)
    assert case.roads is None


def test_files_used_here_agree() -> None:
    """The tiny case's files have the columns their layers require."""
    for text, layer in ((ZONES, "zones"), (SITES, "sites"), (FUEL, "fuel")):
        header = text.split("\n", 1)[0].split(",")
        required = {column.name for column in LAYERS[layer].columns if column.required}
        assert required <= set(header)
