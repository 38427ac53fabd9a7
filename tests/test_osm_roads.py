"""The drive network made of OpenStreetMap ways, against osmnx and by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import osmnx as ox
import pytest
import shapely

from siting.data.osm.read import read_extract, read_xml
from siting.data.osm.roads import drive_network
from siting.data.osm.tags import CLOSED_ACCESS, DRIVEN, is_driven, speed_limit
from tests.osm_made import STEP, write_osm
from tests.shared import shared_data

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.osm.roads import DriveNetwork

ROW = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (1, 1), 6: (2, 1)}
STEP_M = 555.975
"""A two-hundredth of a degree on a sphere of radius 6371.0088 km, near the equator."""
ROAD = {"highway": "residential"}


def network(path: Path, *, connected: bool = False) -> DriveNetwork:
    """Return the network of a file."""
    return drive_network(read_xml(path), connected=connected)


def ends(made: DriveNetwork) -> list[tuple[int, int]]:
    """Return the edges as pairs of nodes, in order."""
    return sorted(zip(made.table["u"].tolist(), made.table["v"].tolist(), strict=True))


def same_as_osmnx(path: Path) -> DriveNetwork:
    """Check nodes, edges and length against osmnx, and return our network."""
    theirs = ox.graph_from_xml(path, bidirectional=False, simplify=False, retain_all=True)
    shut = [
        edge[:3]
        for edge in theirs.edges(keys=True, data=True)
        if edge[3].get("highway") not in DRIVEN or edge[3].get("access") in CLOSED_ACCESS
    ]
    theirs.remove_edges_from(shut)
    theirs.remove_nodes_from([node for node, links in dict(theirs.degree()).items() if not links])
    theirs = ox.simplify_graph(theirs)
    ours = network(path)
    assert ours.nodes == len(theirs)
    assert len(ours.table) == theirs.number_of_edges()
    length_m = sum(data["length"] for *_, data in theirs.edges(data=True))
    assert ours.length_km * 1000 == pytest.approx(length_m, rel=0.005)
    return ours


def test_bends_are_joined_and_a_dead_end_lets_one_turn_round(tmp_path: Path) -> None:
    """A street of three pieces is one edge each way, so its dead end is left the way it came."""
    path = write_osm(tmp_path / "a.osm", ROW, [([1, 2, 3], ROAD), ([3, 4], ROAD)])
    made = same_as_osmnx(path)
    assert ends(made) == [(1, 4), (4, 1)]
    # three steps, along the equator
    assert made.table["length_m"].tolist() == pytest.approx([3 * STEP_M] * 2, abs=0.1)
    assert shapely.get_coordinates(made.table.geometry.iloc[0]).shape == (4, 2)


@pytest.mark.parametrize(
    ("tags", "edges"),
    [
        ({"oneway": "yes"}, [(1, 3)]),
        ({"oneway": "-1"}, [(3, 1)]),
        ({"oneway": "no"}, [(1, 3), (3, 1)]),
        ({"oneway": "reversible"}, [(1, 3), (3, 1)]),
        ({"junction": "roundabout"}, [(1, 3)]),
    ],
)
def test_one_way_streets(
    tmp_path: Path, tags: dict[str, str], edges: list[tuple[int, int]]
) -> None:
    """Directions follow oneway, also reversed, and a roundabout's implied one, as in osmnx."""
    path = write_osm(tmp_path / "a.osm", ROW, [([1, 2, 3], {**ROAD, **tags})])
    assert ends(same_as_osmnx(path)) == edges


def test_a_motorway_is_one_way_unless_it_says_otherwise(tmp_path: Path) -> None:
    """Nobody turns round on a motorway, whatever its mapper forgot; osmnx lets them."""
    bare, stated = {"highway": "motorway"}, {"highway": "motorway", "oneway": "no"}
    assert ends(network(write_osm(tmp_path / "a.osm", ROW, [([1, 2], bare)]))) == [(1, 2)]
    assert len(ends(network(write_osm(tmp_path / "b.osm", ROW, [([1, 2], stated)])))) == 2


def test_a_roundabout_with_arms_keeps_its_junctions(tmp_path: Path) -> None:
    """A closed one-way ring is cut where arms meet it, and driven in one direction."""
    ring = ([2, 3, 6, 5, 2], {**ROAD, "junction": "roundabout"})
    path = write_osm(tmp_path / "a.osm", ROW, [ring, ([1, 2], ROAD), ([3, 4], ROAD)])
    made = same_as_osmnx(path)
    # 2 to 3 direct, 3 to 2 by way of 6 and 5, and both arms both ways
    assert ends(made) == [(1, 2), (2, 1), (2, 3), (3, 2), (3, 4), (4, 3)]


def test_a_loop_with_one_arm_comes_back_to_its_junction(tmp_path: Path) -> None:
    """A closed way touched at one node only is an edge from that node to itself, each way."""
    path = write_osm(tmp_path / "a.osm", ROW, [([2, 3, 6, 5, 2], ROAD), ([1, 2], ROAD)])
    assert ends(same_as_osmnx(path)) == [(1, 2), (2, 1), (2, 2), (2, 2)]


def test_a_ring_that_nothing_leads_to_is_left_out(tmp_path: Path) -> None:
    """An isolated ring has no junction, so no edge is made of it."""
    path = write_osm(tmp_path / "a.osm", ROW, [([2, 3, 6, 5, 2], ROAD), ([1, 4], ROAD)])
    assert ends(same_as_osmnx(path)) == [(1, 4), (4, 1)]


def test_only_public_roads_count(tmp_path: Path) -> None:
    """Footways, driveways, private and forbidden roads are no network, and make no junctions."""
    shut = [
        ([5, 2], {"highway": "footway"}),
        ([6, 3], {"highway": "service"}),
        ([5, 3], {**ROAD, "access": "private"}),
    ]
    path = write_osm(tmp_path / "a.osm", ROW, [([1, 2, 3, 4], ROAD), *shut])
    assert ends(same_as_osmnx(path)) == [(1, 4), (4, 1)]


def test_largest_connected_part_is_kept_and_the_rest_is_told(tmp_path: Path) -> None:
    """A street apart and a one-way street out of the network are dropped, with their length."""
    nodes = {**ROW, 7: (9, 0), 8: (9, 1)}
    ways = [
        ([1, 2], ROAD),
        ([2, 3], ROAD),
        ([2, 5], ROAD),
        ([5, 6], {**ROAD, "oneway": "yes"}),
        ([7, 8], ROAD),
    ]
    made = network(write_osm(tmp_path / "a.osm", nodes, ways), connected=True)
    assert ends(made) == [(1, 2), (2, 1), (2, 3), (2, 5), (3, 2), (5, 2)]
    # dropped: the street 7-8 both ways; 2-5-6 bends at 5 only one way out, so 5-6 goes alone
    assert made.dropped_edges == 3
    assert made.dropped_km * 1000 == pytest.approx(3 * STEP_M, abs=0.5)


def test_an_edge_of_several_ways_takes_the_longest_class_and_all_limits(tmp_path: Path) -> None:
    """Of 1-2 primary and 2-4 tertiary, the longer gives the class; limits are listed in order."""
    ways = [
        ([1, 2], {"highway": "primary", "maxspeed": "60"}),
        ([2, 3, 4], {"highway": "tertiary", "maxspeed": "40", "maxspeed:backward": "30"}),
    ]
    made = network(write_osm(tmp_path / "a.osm", ROW, ways)).table.set_index("u")
    assert made["highway"].tolist() == ["tertiary", "tertiary"]
    assert made["maxspeed"].to_dict() == {1: "60;40", 4: "30;60"}


@pytest.mark.parametrize(
    ("tags", "limit"),
    [
        ({"maxspeed": "60", "maxspeed:type": "CN:urban"}, "60"),
        ({"maxspeed:type": "CN:urban"}, "CN:urban"),
        ({"source:maxspeed": "LI:rural"}, "LI:rural"),
        ({"zone:maxspeed": "DE:30"}, "DE:30"),
        ({"maxspeed:type": "sign", "zone:maxspeed": "30"}, "30"),
        ({"source:maxspeed": "survey"}, ""),
        ({"maxspeed:type": "XX:urban"}, ""),
    ],
)
def test_a_named_law_stands_in_for_a_missing_limit(tags: dict[str, str], limit: str) -> None:
    """A limit goes first; without one, the first key that names a law siting knows."""
    assert speed_limit(tags, "forward") == speed_limit(tags, "backward") == limit


def test_a_limit_of_one_direction_leaves_the_other_to_the_law() -> None:
    """Forward has its own sign; backward has none, so the country's default holds there."""
    tags = {"maxspeed:forward": "40", "maxspeed:type": "CN:rural"}
    assert [speed_limit(tags, side) for side in ("forward", "backward")] == ["40", "CN:rural"]


def test_an_edge_is_called_as_most_of_it_is(tmp_path: Path) -> None:
    """Of one step of Short Street and two of Long Street, the edge is Long Street, both ways."""
    ways = [
        ([1, 2], {**ROAD, "name": "Short Street"}),
        ([2, 3, 4], {**ROAD, "name": "Long Street"}),
    ]
    made = network(write_osm(tmp_path / "a.osm", ROW, ways))
    assert made.table["name"].tolist() == ["Long Street"] * 2


def test_a_way_is_cut_where_its_node_is_missing(tmp_path: Path) -> None:
    """At the edge of an extract, the pieces on both sides of a missing node are not bridged."""
    nodes = {key: at for key, at in ROW.items() if key != 2}
    made = network(write_osm(tmp_path / "a.osm", nodes, [([1, 2, 3, 4], ROAD)]))
    assert ends(made) == [(3, 4), (4, 3)]


def test_clip_keeps_segments_with_both_ends_inside(tmp_path: Path) -> None:
    """A clip that holds nodes 1 to 3 leaves the street from 1 to 3."""
    path = write_osm(tmp_path / "a.osm", ROW, [([1, 2, 3, 4], ROAD)])
    made = drive_network(read_xml(path), shapely.box(-1, -1, 2.5 * STEP, 1), connected=False)
    assert ends(made) == [(1, 3), (3, 1)]


def test_no_road_gives_an_empty_network(tmp_path: Path) -> None:
    """Data without a road give a table without rows, not an error."""
    made = network(write_osm(tmp_path / "a.osm", ROW, [([1, 2], {"highway": "path"})]))
    assert made.nodes == 0
    assert not len(made.table)


@pytest.mark.parametrize("seed", range(6))
def test_random_towns_are_as_osmnx_has_them(tmp_path: Path, seed: int) -> None:
    """Grids of streets with random ways, directions and gaps give osmnx's nodes, edges, length."""
    rng = np.random.default_rng(seed)
    nodes = {5 * row + column + 1: (column, row) for row in range(5) for column in range(5)}
    ways = []
    for _ in range(18):
        walk = [int(rng.integers(1, 26))]
        for _ in range(int(rng.integers(1, 6))):
            column, row = nodes[walk[-1]]
            near = [
                key
                for key, (x, y) in nodes.items()
                if abs(x - column) + abs(y - row) == 1 and key not in walk
            ]
            if near:
                walk.append(int(rng.choice(near)))
        oneway = {"oneway": str(rng.choice(["yes", "-1", "no", "no", "no"]))}
        ways.append((walk, {**ROAD, **oneway}))
    used = {key for walk, _ in ways for key in walk}
    kept = {key: at for key, at in nodes.items() if key in used}
    drawn = [way for way in ways if len(way[0]) > 1]
    made = same_as_osmnx(write_osm(tmp_path / "a.osm", kept, drawn))
    assert 0 < made.nodes <= len(kept)


@pytest.mark.shared
def test_central_shenzhen_is_as_osmnx_has_it() -> None:
    """The raw file gives osmnx's 10,148 edges; 4,538 nodes and 9,351 edges are connected."""
    path = shared_data() / "shenzhen/central/shenzhen_central_drive.osm"
    assert len(same_as_osmnx(path).table) == 10_148
    connected = network(path, connected=True)
    assert (connected.nodes, len(connected.table)) == (4_538, 9_351)


@pytest.mark.shared
def test_liechtenstein_is_as_osmnx_has_it(tmp_path: Path) -> None:
    """A whole country from its .pbf has 1,773 connected nodes, and osmnx's graph before that."""
    osmium = pytest.importorskip("osmium")
    source = shared_data() / "liechtenstein/liechtenstein.osm.pbf"
    assert drive_network(read_extract(source)).nodes == 1_773
    as_xml = tmp_path / "li.osm"
    with osmium.SimpleWriter(str(as_xml)) as writer:
        needed: set[int] = set()
        for way in osmium.FileProcessor(str(source), osmium.osm.WAY):
            if is_driven(dict(way.tags)):
                needed.update(node.ref for node in way.nodes)
        for node in osmium.FileProcessor(str(source), osmium.osm.NODE):
            if node.id in needed:
                writer.add(node)
        for way in osmium.FileProcessor(str(source), osmium.osm.WAY):
            if is_driven(dict(way.tags)):
                writer.add(way)
    same_as_osmnx(as_xml)
