"""The stylised city as a whole: what it holds, and that it is the same each time."""

from __future__ import annotations

import csv
import filecmp
import shutil
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siting.content import content_folder
from siting.data.synth import generate_case
from siting.data.synth.facts import COLUMNS
from siting.data.synth.generate import LAYERS
from siting.errors import CaseError

SHENZHEN = content_folder("data") / "shenzhen"
POINT_LAYERS = ("sites", "fuel", "stations", "substations")


@pytest.fixture(scope="module")
def tenth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Shenzhen at a tenth: 31 fuel stations, 156 sites, 4 existing stations."""
    out = tmp_path_factory.mktemp("synth") / "tenth"
    generate_case(SHENZHEN, out, scale=0.1)
    return out


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Return a copy of the fact tables that a test may spoil."""
    return Path(shutil.copytree(SHENZHEN, tmp_path / "facts"))


def points(case: Path, layer: str) -> pd.DataFrame:
    """Return a point layer as its file gives it."""
    return pd.read_csv(case / LAYERS[layer])


def published(table: str) -> pd.DataFrame:
    """Return a fact table by district."""
    frame = pd.read_csv(SHENZHEN / f"{table}.csv")
    return frame.set_index("id" if "id" in frame.columns else "district")


def is_strongly_connected(roads: gpd.GeoDataFrame) -> bool:
    """Tell whether every node of an edge table can be reached from every other."""
    back = roads[~roads["oneway"]]
    tail = np.concatenate([roads["u"], back["v"]])
    head = np.concatenate([roads["v"], back["u"]])
    size = int(max(tail.max(), head.max())) + 1
    matrix = coo_array((np.ones(len(tail)), (tail, head)), shape=(size, size)).tocsr()
    return int(connected_components(matrix, directed=True, connection="strong")[0]) == 1


def test_every_fact_has_a_source_and_a_confidence() -> None:
    """Every row of every fact table says where it comes from and how far to trust it."""
    for name in COLUMNS:
        table = pd.read_csv(SHENZHEN / f"{name}.csv", keep_default_na=False)
        codes = [column for column in table.columns if column.endswith("confidence")]
        sources = [column for column in table.columns if column.endswith("source")]
        assert codes, name
        assert sources, name
        assert table[codes].isin(["A", "B", "C", "D", "M", "X"]).all().all(), name
        assert (table[sources].map(len) > 0).all().all(), name


def test_facts_add_up() -> None:
    """312 fuel stations, 41 existing ones, and the districts of 2017 give what was counted."""
    fuel = published("fuel_stations")["stations"]
    assert fuel.sum() == 312
    assert fuel[["Baoan", "Longhua", "Guangming"]].sum() == 132
    assert fuel[["Longgang", "Pingshan", "Dapeng"]].sum() == 77
    assert published("existing_stations")[["type_s", "type_m", "type_l"]].to_numpy().sum() == 41
    assert published("districts")["population"].sum() == 17_494_400


def test_same_inputs_give_the_same_bytes(tenth: Path, tmp_path: Path) -> None:
    """Every file of a second run is byte for byte that of the first."""
    generate_case(SHENZHEN, tmp_path / "again", scale=0.1)
    names = ["case.toml", *LAYERS.values()]
    same, differ, missing = filecmp.cmpfiles(tenth, tmp_path / "again", names, shallow=False)
    assert (sorted(same), differ, missing) == (sorted(names), [], [])


def test_another_seed_gives_another_city(tenth: Path, tmp_path: Path) -> None:
    """The seed moves sites and streets; the counts stay."""
    generate_case(SHENZHEN, tmp_path / "other", scale=0.1, seed=1)
    one, two = points(tenth, "sites"), points(tmp_path / "other", "sites")
    assert len(one) == len(two)
    assert not np.allclose(one[["lon", "lat"]], two[["lon", "lat"]])


def test_case_file_says_stylised(tenth: Path) -> None:
    """Every layer is there, marked synthetic, with source, licence and date; the label is kept."""
    head = tomllib.loads((tenth / "case.toml").read_text(encoding="utf-8"))
    assert (head["label"], head["label_zh"]) == ("stylised", "示意")
    assert set(head["layers"]) == set(LAYERS)
    for layer in head["layers"].values():
        assert layer["synthetic"] is True
        assert layer["licence"] == "Apache-2.0"
        assert layer["source"].startswith("stylised")
        assert layer["date"]


def test_counts_at_a_tenth(tenth: Path) -> None:
    """A tenth of 312, 1560 and 41; two fuel stations a district and thrice as many sites."""
    fuel, sites = points(tenth, "fuel"), points(tenth, "sites")
    assert (len(fuel), len(sites), len(points(tenth, "stations"))) == (31, 156, 4)
    by_district = fuel["district"].value_counts()
    assert len(by_district) == 10
    assert by_district.min() == 2
    assert (sites["district"].value_counts() >= 3 * by_district).all()


def test_ids_and_names(tenth: Path) -> None:
    """Ids are unique, also across sites and stations; every name has a Chinese twin."""
    ids = pd.concat([points(tenth, "sites")["id"], points(tenth, "stations")["id"]])
    assert ids.is_unique
    for layer in POINT_LAYERS:
        table = points(tenth, layer)
        assert table["name"].is_unique
        assert table["name_zh"].str.contains("[一-鿿]").all()


def test_points_lie_in_their_districts(tenth: Path) -> None:
    """Every point of every layer lies in the district its row names."""
    districts = gpd.read_file(tenth / LAYERS["districts"]).set_index("id")
    for layer in POINT_LAYERS:
        table = points(tenth, layer)
        place = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs="EPSG:4326")
        home = np.asarray(districts.geometry.loc[table["district"]])
        assert shapely.within(place.to_numpy(), home).all(), layer


def test_district_areas_are_as_published(tenth: Path) -> None:
    """Districts are valid, whole, apart, and within 3 % of their published areas."""
    districts = gpd.read_file(tenth / LAYERS["districts"]).set_index("id")
    metric = districts.to_crs("EPSG:32650").geometry
    area_km2 = metric.area / 1e6
    wanted = published("districts")["area_km2"]
    assert metric.is_valid.all()
    assert (metric.geom_type == "Polygon").all()
    assert ((area_km2 / wanted - 1).abs() < 0.03).all()
    land = metric.union_all()
    assert land.geom_type == "Polygon"
    assert area_km2.sum() * 1e6 == pytest.approx(land.area, rel=1e-4)


def test_people_and_demand_by_district(tenth: Path) -> None:
    """Zones hold exactly a tenth of each district's people, and a tenth of the city's demand."""
    zones = gpd.read_file(tenth / LAYERS["zones"])
    people = zones.groupby("district")["people"].sum()
    wanted = (published("districts")["population"] * 0.1).round().astype(int)
    assert people.sort_index().tolist() == wanted.sort_index().tolist()
    # 11.5 GWh/day x 0.60 public fast charging x 0.20 supercharging x 0.1 = 138 000 kWh/day
    assert zones["demand"].sum() == pytest.approx(138_000, rel=1e-6)
    assert (zones["demand"] >= 0).all()


def test_base_peaks_sum_to_the_city_peak(tenth: Path) -> None:
    """A tenth of 23 134 MW, below the limits by 10 to 30 %, none at its own."""
    table = points(tenth, "substations")
    limit_mw = table["rating_mva"] * table["n1_limit"] * 0.95 * 0.9
    assert table["base_peak_mw"].sum() == pytest.approx(2_313.4, abs=0.05)
    assert 1.1 < limit_mw.sum() / 2_313.4 < 1.3
    assert (table["base_peak_mw"] / limit_mw).max() < 0.98


def test_roads_are_one_network(tenth: Path) -> None:
    """Every node is reached from every other; lengths are the lines', to half a per cent."""
    roads = gpd.read_parquet(tenth / LAYERS["roads"])
    assert is_strongly_connected(roads)
    drawn_m = roads.to_crs("EPSG:32650").length
    assert np.allclose(drawn_m, roads["length_m"], rtol=5e-3, atol=0.5)
    assert {"motorway", "trunk", "primary", "secondary", "tertiary"} <= set(roads["highway"])
    assert roads["oneway"].any()


def test_a_scale_out_of_range_is_refused(tmp_path: Path) -> None:
    """Scale 0 makes no city; the message says what is possible."""
    with pytest.raises(CaseError, match=r"scale 0 is out of range: use 0\.02 to 30"):
        generate_case(SHENZHEN, tmp_path / "none", scale=0)


def test_a_taken_folder_is_refused(tmp_path: Path) -> None:
    """A folder with something in it is left as it is."""
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(CaseError, match="exists already"):
        generate_case(SHENZHEN, tmp_path, scale=0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_all_missing_facts_are_told_at_once(facts: Path, tmp_path: Path) -> None:
    """A missing file and a missing column are both named."""
    (facts / "hubs.csv").unlink()
    rows = (facts / "green.csv").read_text(encoding="utf-8").replace("radius_km", "radius")
    (facts / "green.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        generate_case(facts, tmp_path / "out", scale=0.1)
    found = {(Path(fault.where).name, fault.field) for fault in caught.value.faults}
    assert found == {("hubs.csv", None), ("green.csv", "radius_km")}
    assert not (tmp_path / "out").exists()


def test_unknown_places_are_told_with_their_row(facts: Path, tmp_path: Path) -> None:
    """A district nobody knows, in the last row of the fuel stations, is named with that row."""
    with (facts / "fuel_stations.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["Atlantis", 3, "X", "nowhere"])
    with pytest.raises(CaseError, match="unknown district 'Atlantis'") as caught:
        generate_case(facts, tmp_path / "out", scale=0.1)
    assert [fault.row for fault in caught.value.faults] == [12]


@pytest.mark.slow
def test_shenzhen_at_full_scale(tmp_path: Path) -> None:
    """The city has its published numbers, enough zones and sites, and a road file below 5 MB."""
    out = tmp_path / "whole"
    generate_case(SHENZHEN, out)
    fuel = points(out, "fuel")["district"].value_counts()
    wanted = published("fuel_stations")["stations"]
    assert fuel.sort_index().tolist() == wanted.sort_index().tolist()
    assert len(points(out, "stations")) == 41
    assert points(out, "stations")["type"].value_counts().to_dict() == {"S": 20, "M": 17, "L": 4}
    assert len(points(out, "sites")) >= 1_500
    assert len(gpd.read_file(out / LAYERS["zones"])) >= 2_500
    assert points(out, "substations")["base_peak_mw"].sum() == pytest.approx(23_134, abs=0.05)
    roads = gpd.read_parquet(out / LAYERS["roads"])
    assert 12_000 <= roads[["u", "v"]].to_numpy().max() <= 25_000
    assert is_strongly_connected(roads)
    assert (out / LAYERS["roads"]).stat().st_size < 5e6
