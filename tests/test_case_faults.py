"""Cases that do not load: every fault is told at once, with file, row, column, value and mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from siting.data.load import load_case
from siting.errors import CaseError
from tests.small_case import FUEL, SITES, STATIONS, ZONES, layer_toml, write_case

if TYPE_CHECKING:
    from pathlib import Path

WGS = 'crs = "EPSG:4326"\n'


def faults(
    folder: Path,
    *,
    files: dict[str, str | bytes] | None = None,
    layers: dict[str, str] | None = None,
    head: str = 'title = "Two districts"\n',
) -> list[str]:
    """Return the faults of the tiny case with some files or layers changed, a line each."""
    write_case(folder, files=files, layers=layers, head=head)
    with pytest.raises(CaseError) as caught:
        load_case(folder)
    assert caught.value.exit_code == 2
    return [str(fault) for fault in caught.value.faults]


def zones_with(demand: str) -> str:
    """Return the zones, the second with another demand."""
    return ZONES.replace(",10\n", f",{demand}\n")


UNIT = "Write a number in kWh/day or weight: demand, or any weight to share it by."


@pytest.mark.parametrize(
    ("demand", "what"),
    [
        ("", "is empty (or NaN)"),
        ("nan", "is empty (or NaN)"),
        ("ten", '"ten" is not a number'),
        ('"1,000"', '"1,000" is not a number'),
        ("-3", '"-3" is not >= 0'),
        ("inf", '"inf" is not finite'),
        ("-inf", '"-inf" is not finite'),
    ],
)
def test_numbers_that_are_none(tmp_path: Path, demand: str, what: str) -> None:
    """Text, NaN, infinite and negative demand are refused by row and column."""
    assert faults(tmp_path, files={"zones.csv": zones_with(demand)}) == [
        f"zones.csv (zones), row 3, demand: {what}. {UNIT}"
    ]


def test_infinite_number_in_a_typed_file(tmp_path: Path) -> None:
    """A GeoPackage with an infinite area says so too: 0 and below are out of range as well."""
    points = gpd.points_from_xy([114.03, 114.04, 114.05], [22.55] * 3)
    areas = [float("inf"), 0.0, -1.0]
    frame = gpd.GeoDataFrame({"id": ["a", "b", "c"], "area_m2": areas}, geometry=points, crs=4326)
    frame.to_parquet(tmp_path / "sites.parquet")
    told = faults(tmp_path, layers={"sites": layer_toml("sites", "sites.parquet", "")})
    mend = "Write a number in m2: ground for bays; NaN: unknown."
    assert told == [
        f"sites.parquet (sites), row 2, area_m2: inf is not finite. {mend}",
        f"sites.parquet (sites), row 3, area_m2: 0.0 is not > 0. {mend}",
        f"sites.parquet (sites), row 4, area_m2: -1.0 is not > 0. {mend}",
    ]


def test_ids_twice_or_empty(tmp_path: Path) -> None:
    """The second row with an id is named, and the first; an empty id is no id."""
    fuel = "id,lon,lat\nf1,114.03,22.55\nf1,114.04,22.55\n,114.05,22.55\n"
    assert faults(tmp_path, files={"fuel.csv": fuel}) == [
        "fuel.csv (fuel), row 4, id: is empty. Fill it in: unique label within the layer.",
        (
            'fuel.csv (fuel), row 3, id: "f1" stands already in row 2. '
            "Give every row an id of its own."
        ),
    ]


def test_station_with_a_site_s_id(tmp_path: Path) -> None:
    """Sites and existing stations share one column of plans, so their ids must differ."""
    told = faults(
        tmp_path,
        files={"stations.csv": STATIONS.replace("s1", "b")},
        layers={"stations": layer_toml("stations", "stations.csv")},
    )
    assert told == [
        (
            'stations.csv (stations), row 2, id: "b" is also the id of a site (row 3 of '
            'sites.csv). Set them apart with id_prefix = "S-" under [layers.stations].'
        )
    ]


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt path is told with the file that was probably meant."""
    told = faults(tmp_path, layers={"fuel": layer_toml("fuel", "fule.csv")})
    assert told == [
        'fule.csv (fuel), layers.fuel.path: there is no such file. Did you mean "fuel.csv"?'
    ]


def test_missing_column_names_the_nearest(tmp_path: Path) -> None:
    """A column that is not there is told with the nearest one, and how to map it."""
    zones = ZONES.replace("demand", "demnd")
    assert faults(tmp_path, files={"zones.csv": zones}) == [
        (
            'zones.csv (zones), demand: has no column "demand". Did you mean "demnd"? '
            'Map it: columns = { demand = "..." } under [layers.zones].'
        )
    ]


def test_coordinate_columns_missing(tmp_path: Path) -> None:
    """A CSV without lon says which columns it has."""
    told = faults(tmp_path, files={"fuel.csv": FUEL.replace("lon", "x")})
    assert told == [
        (
            'fuel.csv (fuel), lon: has no coordinate column "lon" (it has id, x, lat). '
            'Write lon = "..." or wkt = "..." under [layers.fuel].'
        )
    ]


def test_coordinates_that_are_none(tmp_path: Path) -> None:
    """Empty and written-out coordinates are told by row."""
    fuel = "id,lon,lat\nf1,,22.55\nf2,114.03,north\n"
    mend = "Write decimal degrees (or metres, for a projected CRS), or drop the row."
    assert faults(tmp_path, files={"fuel.csv": fuel}) == [
        f'fuel.csv (fuel), row 2, lon: "" is no coordinate. {mend}',
        f'fuel.csv (fuel), row 3, lat: "north" is no coordinate. {mend}',
    ]


def test_latitude_beyond_the_pole(tmp_path: Path) -> None:
    """Shenzhen with lon and lat swapped has a latitude of 114: told as swapped."""
    told = faults(tmp_path, files={"fuel.csv": FUEL.replace("lon,lat", "lat,lon")})
    assert told[0] == (
        "fuel.csv (fuel), row 2, lon, lat: longitude 22.55, latitude 114.03: latitude is beyond "
        "90 degrees, the two look swapped. Swap lon and lat under [layers.fuel], or in the file."
    )
    assert len(told) == 2


def test_swapped_where_both_are_possible(tmp_path: Path) -> None:
    """Near 48 E, 29 N a swapped layer is still on the globe, but far from the others."""
    # Everything moved from 114, 22.5 to 48, 29.
    move = {"114.": "48.", "22.5": "29.5", "22.6": "29.6", "114": "48"}
    folder = write_case(tmp_path)
    for path in folder.glob("*.*"):
        text = path.read_text(encoding="utf-8")
        for old, new in move.items():
            text = text.replace(old, new) if path.suffix != ".toml" else text
        path.write_text(text, encoding="utf-8")
    assert load_case(folder).metric_crs == "EPSG:32639"
    sites = "id,lon,lat\na,29.55,48.04\nb,29.55,48.16\n"
    (folder / "sites.csv").write_text(sites, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        load_case(folder)
    (fault,) = caught.value.faults
    assert fault.where == "sites.csv (sites)"
    assert "km from zones" in fault.what
    assert fault.what.endswith("longitude and latitude look swapped")
    assert fault.mend == "Swap lon and lat under [layers.sites], or in the file."


def test_metres_declared_as_degrees(tmp_path: Path) -> None:
    """Coordinates of a projected CRS are no degrees."""
    told = faults(tmp_path, files={"fuel.csv": "id,lon,lat\nf1,805000.5,2496000\n"})
    assert told == [
        (
            "fuel.csv (fuel), row 2, lon, lat: longitude 805000.5, latitude 2496000 are not "
            "degrees. Declare the CRS the coordinates are in, not EPSG:4326."
        )
    ]


def test_wrong_zone_of_a_projected_crs(tmp_path: Path) -> None:
    """UTM zone 49 declared for zone 50 puts the layer 6 degrees west: 600 km off."""
    points = gpd.GeoSeries([shapely.Point(114.03, 22.55)], crs=4326).to_crs(32650).iloc[0]
    x, y = points.coords[0]
    told = faults(
        tmp_path,
        files={"fuel.csv": f"id,lon,lat\nf1,{x},{y}\n"},
        layers={"fuel": layer_toml("fuel", "fuel.csv", 'crs = "EPSG:32649"')},
    )
    assert len(told) == 1
    assert told[0].startswith("fuel.csv (fuel), crs: lies 6")
    assert "km from zones (lon 108.03 to 108.03, lat 22.55 to 22.55; lon 114.05" in told[0]
    assert told[0].endswith("Correct crs under [layers.fuel], or the coordinates.")


@pytest.mark.parametrize(
    ("crs", "what"),
    [
        ("", "does not say its CRS"),
        ('crs = "EPSG:99999"', '"EPSG:99999" is no known CRS'),
        ('crs = "wgs-84"', '"wgs-84" is no known CRS'),
    ],
)
def test_crs_absent_or_unknown(tmp_path: Path, crs: str, what: str) -> None:
    """A CSV must say its CRS, and it must be one that exists."""
    told = faults(tmp_path, layers={"fuel": layer_toml("fuel", "fuel.csv", crs)})
    assert told == [
        (
            f'fuel.csv (fuel), crs: {what}. Write crs = "EPSG:4326" (or another EPSG code, "gcj02" '
            'or "bd09") under [layers.fuel].'
        )
    ]


def test_geometry_missing_or_of_the_wrong_kind(tmp_path: Path) -> None:
    """A row without geometry, and lines where points are needed, are told by row."""
    series = gpd.GeoSeries.from_wkt(["POINT EMPTY", "POINT (114.03 22.55)"], crs=4326)
    frame = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=series)
    frame.to_parquet(tmp_path / "fuel.parquet")
    told = faults(tmp_path, layers={"fuel": layer_toml("fuel", "fuel.parquet", "")})
    assert told == [
        "fuel.parquet (fuel), row 2, geometry: has no geometry. Draw it, or drop the row."
    ]
    line = shapely.LineString([(114.03, 22.55), (114.04, 22.55)])
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[line], crs=4326).to_parquet(tmp_path / "fuel.parquet")
    told = faults(tmp_path, layers={"fuel": layer_toml("fuel", "fuel.parquet", "")})
    assert told == [
        (
            "fuel.parquet (fuel), row 2, geometry: is a LineString. "
            "Each row of fuel needs one point or area."
        )
    ]


def test_well_known_text_that_is_none(tmp_path: Path) -> None:
    """A cell that is no WKT is shown."""
    zones = "id,demand,shape\nz1,30,POINT (114.05 22.55)\nz2,10,POINT 114 22\n"
    told = faults(
        tmp_path,
        files={"zones.csv": zones},
        layers={"zones": layer_toml("zones", "zones.csv", f'{WGS}wkt = "shape"')},
    )
    assert told == [
        (
            'zones.csv (zones), row 3, shape: "POINT 114 22" is no well-known text. '
            "Write POINT (lon lat) or POLYGON ((lon lat, ...))."
        )
    ]


def test_no_fuel_stations(tmp_path: Path) -> None:
    """Without fuel stations there is no ratio; a filter that keeps none is told apart."""
    assert faults(tmp_path, files={"fuel.csv": "id,lon,lat\n"}) == [
        (
            "fuel.csv (fuel): has no rows, and without fuel stations there is no ratio. "
            "Check that it is the right file."
        )
    ]
    table = layer_toml("fuel", "fuel.csv", f"{WGS}bbox = [113.0, 22.0, 113.5, 22.5]")
    assert faults(tmp_path, layers={"fuel": table}) == [
        (
            "fuel.csv (fuel): none of its 2 rows is kept, and without fuel stations there is no "
            "ratio. Check where and bbox."
        )
    ]


def test_where_that_fits_nothing(tmp_path: Path) -> None:
    """A value nobody has, and a column that is not there, are told with what there is."""
    sites = SITES.replace("name", "kind")
    told = faults(
        tmp_path,
        files={"sites.csv": sites},
        layers={"sites": layer_toml("sites", "sites.csv", f'{WGS}where = {{ kind = "Mal" }}')},
    )
    assert told[0] == ('sites.csv (sites), where.kind: no row has "Mal". Did you mean "Mall"?')
    told = faults(
        tmp_path, layers={"sites": layer_toml("sites", "sites.csv", f"{WGS}where = {{ nam = 1 }}")}
    )
    assert told == ['sites.csv (sites), where.nam: has no column "nam". Did you mean "name"?']


def test_point_far_from_every_district(tmp_path: Path) -> None:
    """0.1 degrees (11 km) north of the districts is no district's."""
    told = faults(tmp_path, files={"fuel.csv": FUEL.replace("114.06,22.55", "114.06,22.70")})
    # 0.1 degrees of latitude at 22.65 N: 11.07 km
    assert told == [
        (
            "fuel.csv (fuel), row 3, geometry: the point 114.06000, 22.70000 lies in no district; "
            "11.1 km from the nearest (west). Correct the coordinates, drop the row, or name its "
            "district in a column."
        )
    ]


def test_unknown_district_and_substation(tmp_path: Path) -> None:
    """References to other layers must be there; the nearest name is told."""
    sites = "id,lon,lat,district,substation\na,114.04,22.55,wset,\nb,114.16,22.55,,g9\n"
    assert faults(tmp_path, files={"sites.csv": sites}) == [
        (
            'sites.csv (sites), row 2, district: "wset" is no district. Did you mean "west"? '
            'Or set columns = { district = "" }: location decides then.'
        ),
        (
            'sites.csv (sites), row 3, substation: "g9" is no substation. There is none to choose '
            "from. Or leave the cell empty: the nearest serves then."
        ),
    ]


def test_demand_of_nothing(tmp_path: Path) -> None:
    """Zones of demand 0 are kept, but not all may be 0."""
    zones = zones_with("0")
    write_case(tmp_path, files={"zones.csv": zones})
    assert load_case(tmp_path).zones["demand"].tolist() == [30, 0]
    told = faults(tmp_path, files={"zones.csv": zones.replace(",30\n", ",0\n")})
    assert told == [
        "zones.csv (zones), demand: all demand is 0. Give at least one zone some demand."
    ]


def test_many_faults_are_counted(tmp_path: Path) -> None:
    """Of 42 empty cells the first five are listed and 37 counted."""
    rows = "".join(f"f{k},114.03,22.55,-1\n" for k in range(42))
    told = faults(tmp_path, files={"fuel.csv": f"id,lon,lat,nozzles\n{rows}"})
    assert len(told) == 6
    assert told[0].startswith('fuel.csv (fuel), row 2, nozzles: "-1" is not > 0.')
    assert told[5].startswith(
        "fuel.csv (fuel), nozzles: and 37 more rows like these, the last in row 43."
    )


def test_all_layers_are_told_at_once(tmp_path: Path) -> None:
    """One error lists what is wrong in three layers."""
    told = faults(
        tmp_path,
        files={"zones.csv": zones_with("ten"), "fuel.csv": FUEL.replace("f2", "f1")},
        layers={"sites": layer_toml("sites", "nowhere.csv")},
    )
    assert [line.split(" ")[0] for line in told] == ["zones.csv", "nowhere.csv", "fuel.csv"]


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("fuel.csv", b"", "has no header"),
        ("fuel.csv", b"\xff\xfe\x00\x81\xff\xff", "text is neither UTF-8 nor GB 18030"),
        ("fuel.csv", b"id,lon,lat\nf1,1,2,3,4\n", "Expected 3 fields in line 2, saw 5"),
        ("fuel.csv", b"id,lon,lat,lon\nf1,1,2,3\n", 'row 1, lon: has more than one column "lon"'),
        (
            "fuel.geojson",
            b'{"type": "FeatureCollection", "features": []}',
            "has no rows, and without fuel stations there is no ratio",
        ),
        ("fuel.geojson", b"[1, 2]", "cannot be read as geojson"),
        ("fuel.geojson", b"{]", "cannot be read as geojson"),
        ("fuel.gpkg", b"SQLite format 3\0not at all", "cannot be read as gpkg"),
        ("fuel.parquet", b"PAR1 no", "cannot be read as parquet"),
        ("fuel.shp", b"\0\0\x27\x0a", "cannot be read as shp"),
        ("fuel.kml", b"<kml/>", '".kml" is no format known for fuel'),
        ("fuel.graphml", b"<graphml/>", '".graphml" is no format known for fuel'),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, file: str, content: bytes, what: str) -> None:
    """Empty, damaged and unknown files are one fault each, never a traceback."""
    told = faults(tmp_path, files={file: content}, layers={"fuel": layer_toml("fuel", file)})
    assert len(told) == 1
    assert told[0].startswith(f"{file} (fuel)")
    assert what in told[0]


def test_geopackage_of_several_layers(tmp_path: Path) -> None:
    """A GeoPackage with two layers asks which; a wrong name is told with those there are."""
    frame = gpd.GeoDataFrame(
        {"id": ["f1"]}, geometry=gpd.points_from_xy([114.03], [22.55]), crs=4326
    )
    frame.to_file(tmp_path / "all.gpkg", layer="fuel_2017")
    frame.to_file(tmp_path / "all.gpkg", layer="other")
    told = faults(tmp_path, layers={"fuel": layer_toml("fuel", "all.gpkg", "")})
    assert len(told) == 1
    assert 'name one of its layers with layer = "...": fuel_2017, other' in told[0]
    told = faults(tmp_path, layers={"fuel": layer_toml("fuel", "all.gpkg", 'layer = "fuel"')})
    assert told[0].endswith("Layers in it: fuel_2017, other.")
    table = layer_toml("fuel", "all.gpkg", 'layer = "fuel_2017"')
    write_case(tmp_path, layers={"fuel": table})
    assert load_case(tmp_path).fuel["id"].tolist() == ["f1"]


def test_area_without_extent(tmp_path: Path) -> None:
    """A polygon whose corners lie on one line is none."""
    zones = 'id,demand,shape\nz1,30,"POLYGON ((114 22.5, 114.1 22.5, 114.05 22.5, 114 22.5))"\n'
    told = faults(
        tmp_path,
        files={"zones.csv": zones},
        layers={"zones": layer_toml("zones", "zones.csv", f'{WGS}wkt = "shape"')},
    )
    assert told == [
        (
            "zones.csv (zones), row 2, geometry: is an area without any extent. "
            "Draw it again, or drop the row."
        )
    ]
