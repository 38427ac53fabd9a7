"""Road networks read and repaired: lengths, speeds, one strongly connected part, every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from siting.data.case_file import LayerSpec
from siting.data.findings import Findings
from siting.data.load import load_case
from siting.data.road_files import read_roads
from tests.shared import shared_data
from tests.small_case import layer_toml, write_case

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.roads import Roads

STEP = 0.01
"""Degrees of latitude between two nodes: 6371.0088 km x pi / 180 x 0.01 = 1.1119508 km."""
STEP_M = 1111.9508

A, B, C, D = ((114.05, 22.55 + k * STEP) for k in range(4))


def spec(**more: object) -> LayerSpec:
    """Return how to read a road file."""
    about = {"path": "x", "source": "by hand", "licence": "none", "date": "2025"}
    return LayerSpec.model_validate(about | more)


def edges(*rows: tuple[str, str, str, object, object, object]) -> gpd.GeoDataFrame:
    """Return a table of rows u, v, highway, speed_kph, oneway, length_m between A, B, C, D."""
    place = {"A": A, "B": B, "C": C, "D": D}
    table = {
        name: [row[k] for row in rows]
        for k, name in enumerate(("u", "v", "highway", "speed_kph", "oneway", "length_m"))
    }
    lines = [shapely.LineString([place[row[0]], place[row[1]]]) for row in rows]
    return gpd.GeoDataFrame(table, geometry=lines, crs="EPSG:4326")


def read(path: Path, **more: object) -> tuple[Roads | None, Findings]:
    """Read a file, and what was found on the way."""
    findings = Findings()
    return read_roads(path, spec(**more), findings), findings


def test_edge_table(tmp_path: Path) -> None:
    """Two-way rows become two edges, drawn both ways; lengths are measured where missing or 0."""
    nan = float("nan")
    frame = edges(
        ("A", "B", "primary", 60.0, False, nan),
        ("B", "C", "residential", nan, False, 0.0),
        ("C", "A", "motorway_link", nan, True, 3000.0),
    )
    frame.to_parquet(tmp_path / "roads.parquet")
    roads, findings = read(tmp_path / "roads.parquet")
    assert roads is not None
    assert len(roads.lon) == 3
    assert list(zip(roads.tail, roads.head, strict=True)) == [
        (0, 1),
        (1, 2),
        (2, 0),
        (1, 0),
        (2, 1),
    ]
    assert roads.length_m == pytest.approx([STEP_M, STEP_M, 3000, STEP_M, STEP_M], rel=1e-6)
    # 60 km/h as stated; residential 25 and motorway_link 50 by class
    kmh = roads.length_m / roads.seconds * 3.6
    assert kmh == pytest.approx([60, 25, 50, 60, 25])
    assert roads.road_class.tolist() == [
        "primary",
        "residential",
        "motorway",
        "primary",
        "residential",
    ]
    starts = shapely.get_coordinates(shapely.get_point(roads.geometry, 0))
    assert starts == pytest.approx(np.array([A, B, C, B, C]))
    assert findings.faults == []
    # 4 of 5 edges have no length; 3 of 5 state no speed: (2 x 1112 + 3000) of (4 x 1112 + 3000) m
    assert findings.notes == [
        (
            "roads.parquet (roads): 4 of 5 edges had no length, or none above 0; it was measured "
            "along their line."
        ),
        (
            "roads.parquet (roads): 3 of 5 edges (70% of their length) state no speed; a free-flow "
            "speed was assumed by road class."
        ),
    ]


def test_both_directions_in_the_table(tmp_path: Path) -> None:
    """Rows A-B and B-A with oneway false are the two directions of one street, not four edges."""
    frame = edges(
        ("A", "B", "primary", 60.0, False, STEP_M), ("B", "A", "primary", 60.0, False, STEP_M)
    )
    frame.to_file(tmp_path / "roads.gpkg", layer="edges")
    roads, findings = read(tmp_path / "roads.gpkg")
    assert roads is not None
    assert len(roads.tail) == 2
    assert findings.notes == []


def test_dead_ends_are_dropped_with_a_note(tmp_path: Path) -> None:
    """C can be reached but not left, so it and its edge go; the note says how long it was."""
    frame = edges(
        ("A", "B", "primary", 60.0, False, STEP_M), ("B", "C", "primary", 60.0, True, STEP_M)
    )
    frame.to_file(tmp_path / "roads.geojson")
    roads, findings = read(tmp_path / "roads.geojson")
    assert roads is not None
    assert len(roads.lon) == 2
    assert findings.notes == [
        (
            "roads.geojson (roads): 1 of 3 directed edges (1.1 of 3.3 km) were dropped: they "
            "cannot be reached from, or cannot reach, the main network. "
            "The piece: 1.1 km of primary near 114.05000, 22.56500."
        )
    ]


def test_nothing_to_drive_on(tmp_path: Path) -> None:
    """One-way streets that never meet again are no network."""
    edges(("A", "B", "primary", 60.0, True, STEP_M)).to_file(tmp_path / "roads.geojson")
    roads, findings = read(tmp_path / "roads.geojson")
    assert roads is None
    assert [fault.what for fault in findings.faults] == [
        "no two nodes can reach each other both ways"
    ]


def test_lengths_in_kilometres(tmp_path: Path) -> None:
    """A length column in km is caught against the lines."""
    edges(("A", "B", "primary", 60.0, False, 1.112)).to_file(tmp_path / "roads.geojson")
    roads, findings = read(tmp_path / "roads.geojson")
    assert roads is None
    assert str(findings.faults[0]) == (
        "roads.geojson (roads), length_m: lengths are 0.001 times those of the lines. "
        "Give lengths in metres, or leave them out: the lines are measured then."
    )


def test_faults_of_an_edge_table(tmp_path: Path) -> None:
    """Columns and cells are checked as in any layer, and points are no roads."""
    frame = edges(("A", "B", "primary", -5.0, "maybe", STEP_M)).rename(columns={"v": "w"})
    frame.to_file(tmp_path / "roads.geojson")
    told = [str(fault) for fault in read(tmp_path / "roads.geojson")[1].faults]
    assert told == [
        (
            'roads.geojson (roads), v: has no column "v". Known: u, w, highway, speed_kph, oneway, '
            'length_m. Map it: columns = { v = "..." } under [layers.roads].'
        ),
        (
            "roads.geojson (roads), row 2, speed_kph: -5.0 is not > 0. "
            "Write a number in km/h: driving speed."
        ),
        (
            'roads.geojson (roads), row 2, oneway: "maybe" is neither true nor false. '
            "Write true or false."
        ),
    ]


GRAPHML = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="x" for="node" attr.name="x" attr.type="string"/>
  <key id="y" for="node" attr.name="y" attr.type="string"/>
  <key id="h" for="edge" attr.name="highway" attr.type="string"/>
  <key id="l" for="edge" attr.name="length" attr.type="string"/>
  <key id="m" for="edge" attr.name="maxspeed" attr.type="string"/>
  <key id="g" for="edge" attr.name="geometry" attr.type="string"/>
  <graph edgedefault="directed">
    <node id="7"><data key="x">114.05</data><data key="y">22.55</data></node>
    <node id="8"><data key="x">114.05</data><data key="y">22.56</data></node>
    <edge source="7" target="8"><data key="h">['primary', 'trunk']</data>
      <data key="l">1111.95</data><data key="m">['60', '80']</data></edge>
    <edge source="8" target="7"><data key="h">primary_link</data>
      <data key="g">LINESTRING (114.05 22.56, 114.06 22.555, 114.05 22.55)</data></edge>
  </graph>
</graphml>
"""


def test_graphml(tmp_path: Path) -> None:
    """Lists of classes count as their first, of speeds as their mean; drawn lines are measured."""
    (tmp_path / "roads.graphml").write_text(GRAPHML, encoding="utf-8")
    roads, findings = read(tmp_path / "roads.graphml")
    assert roads is not None
    assert roads.road_class.tolist() == ["primary", "primary"]
    # 0.01 degrees east is 1.0269 km there, 0.005 north 0.5560: twice their hypotenuse is 2.3355
    assert roads.length_m == pytest.approx([1111.95, 2335.5], abs=0.1)
    assert roads.length_m / roads.seconds * 3.6 == pytest.approx([70, 40])
    assert len(findings.notes) == 2


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("</graphml>", "", "not well-formed XML"),
        ("directed", "undirected", "the graph is undirected, so one-way streets are lost"),
        ('target="8"', 'target="9"', "an edge names a node '9' that is not there"),
        ('attr.name="x"', 'attr.name="lon"', "a node lacks 'x'"),
        ("LINESTRING (", "LINE (", "a line is no well-known text"),
        ("114.05<", "east<", "could not convert string to float"),
    ],
)
def test_graphml_that_cannot_be_used(tmp_path: Path, old: str, new: str, what: str) -> None:
    """Each is one fault that says why."""
    (tmp_path / "roads.graphml").write_text(GRAPHML.replace(old, new), encoding="utf-8")
    roads, findings = read(tmp_path / "roads.graphml")
    assert roads is None
    (fault,) = findings.faults
    assert fault.what.startswith("cannot be read as graphml: ")
    assert what in fault.what


OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="by hand">
  <node id="1" version="1" lat="22.55" lon="114.05"/>
  <node id="2" version="1" lat="22.56" lon="114.05"/>
  <node id="3" version="1" lat="22.57" lon="114.05"/>
  <node id="4" version="1" lat="22.56" lon="114.06"/>
  <node id="5" version="1" lat="22.58" lon="114.05"/>
  <way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
    <tag k="highway" v="primary"/></way>
  <way id="11" version="1"><nd ref="3"/><nd ref="4"/><nd ref="1"/>
    <tag k="highway" v="residential"/><tag k="oneway" v="yes"/><tag k="maxspeed" v="30"/>
    <tag k="name" v="Mill Lane"/></way>
  <way id="12" version="1"><nd ref="2"/><nd ref="4"/><tag k="highway" v="footway"/></way>
  <way id="13" version="1"><nd ref="1"/><nd ref="2"/><nd ref="4"/><nd ref="1"/>
    <tag k="building" v="yes"/></way>
  <way id="14" version="1"><nd ref="3"/><nd ref="5"/><tag k="highway" v="residential"/>
    <tag k="access" v="private"/></way>
</osm>
"""


def test_osm_xml(tmp_path: Path) -> None:
    """Of an avenue, a street, a footway, a building and a private road, the first two count.

    Nodes 2 and 4 lie on one road each, so only 1 and 3 are junctions: avenue both ways, street one
    way.
    """
    (tmp_path / "roads.osm").write_text(OSM, encoding="utf-8")
    roads, findings = read(tmp_path / "roads.osm")
    assert findings.faults == []
    assert roads is not None
    assert len(roads.lon) == 2
    assert sorted(roads.road_class.tolist()) == ["primary", "primary", "residential"]
    street = roads.road_class == "residential"
    assert roads.length_m[~street] == pytest.approx([2 * STEP_M] * 2, rel=1e-3)
    assert (roads.length_m / roads.seconds * 3.6)[street] == pytest.approx([30])
    assert roads.name is not None
    assert roads.name[street].tolist() == ["Mill Lane"]
    assert roads.name[~street].tolist() == ["", ""]


@pytest.mark.parametrize("text", ["<osm", OSM.replace("highway", "waterway"), "{}"])
def test_osm_xml_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    """Damaged XML and files without roads are one fault each."""
    (tmp_path / "roads.osm").write_text(text, encoding="utf-8")
    roads, findings = read(tmp_path / "roads.osm")
    assert roads is None
    assert len(findings.faults) == 1
    assert findings.faults[0].what.startswith("cannot be read as osm: ")


def test_roads_of_a_case(tmp_path: Path) -> None:
    """A case carries its roads, in any CRS, and their layer says how many edges were kept."""
    frame = edges(("A", "B", "primary", 60.0, False, STEP_M)).to_crs("EPSG:32650")
    frame.to_file(tmp_path / "roads.gpkg", layer="edges")
    folder = write_case(tmp_path, layers={"roads": layer_toml("roads", "roads.gpkg", "")})
    case = load_case(folder)
    assert case.roads is not None
    assert case.roads.lat == pytest.approx([A[1], B[1]], abs=1e-7)
    assert (case.layers[-1].layer, case.layers[-1].rows) == ("roads", 2)


@pytest.mark.shared
def test_both_files_of_central_shenzhen_agree() -> None:
    """Raw OSM XML and the GraphML made of it give the same network: 4,538 nodes, 9,351 edges."""
    folder = shared_data() / "shenzhen" / "central"
    raw, _ = read(folder / "shenzhen_central_drive.osm")
    saved, _ = read(folder / "shenzhen_central_drive_scc.graphml")
    assert raw is not None
    assert saved is not None
    assert (len(raw.lon), len(raw.tail)) == (len(saved.lon), len(saved.tail)) == (4538, 9351)
    # osmnx's Earth is 0.2 m wider in 6,371 km, and ours rounds each edge to a millimetre
    assert raw.length_m.sum() == pytest.approx(saved.length_m.sum(), rel=1e-7)
    assert raw.seconds.sum() == pytest.approx(saved.seconds.sum(), rel=1e-2)
