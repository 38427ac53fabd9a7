"""The road network as osmnx's graph, out and in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from scipy import sparse
from scipy.sparse import csgraph

from siting.data.graph import road_graph, write_graph
from siting.data.graphml import read_graphml
from siting.errors import CaseError
from tests.verify_case import hand_case, hand_roads

if TYPE_CHECKING:
    from pathlib import Path


def test_every_node_and_edge_is_there() -> None:
    """Counts, lengths and times are the network's own; it is strongly connected as siting's is."""
    roads = hand_roads()
    graph = road_graph(roads)
    assert graph.number_of_nodes() == len(roads.lon)
    assert graph.number_of_edges() == len(roads.tail)
    assert graph.size(weight="length") == pytest.approx(float(roads.length_m.sum()))
    assert nx.is_strongly_connected(graph)


def test_networkx_finds_the_same_times() -> None:
    """From the first node to the last Dijkstra's algorithm takes what scipy's does."""
    roads = hand_roads()
    last = len(roads.lon) - 1
    found = nx.shortest_path_length(road_graph(roads), 0, last, weight="travel_time")
    table: sparse.csr_array = sparse.csr_array(
        (roads.seconds, (roads.tail, roads.head)), shape=(last + 1, last + 1)
    )
    times = np.asarray(csgraph.dijkstra(table))[0]
    assert found == pytest.approx(float(times[last]))


def test_graphml_is_read_back_by_osmnx_and_by_siting(tmp_path: Path) -> None:
    """Osmnx loads the file with its speeds; siting's own reader finds the same edges in it."""
    roads = hand_roads()
    path = tmp_path / "roads.graphml"
    write_graph(hand_case(roads), path)
    graph = ox.load_graphml(path)
    assert graph.number_of_edges() == len(roads.tail)
    assert graph.graph["crs"] == "epsg:4326"
    speeds = np.sort([float(edge["speed_kph"]) for _, _, edge in graph.edges(data=True)])
    np.testing.assert_allclose(speeds, np.sort(3.6 * roads.length_m / roads.seconds))
    again = read_graphml(path, None)
    assert len(again.tail) == len(roads.tail)


def test_a_city_without_roads_is_told(tmp_path: Path) -> None:
    """The mend is a layer roads, and nothing is written."""
    with pytest.raises(CaseError, match="has no roads"):
        write_graph(hand_case(), tmp_path / "roads.graphml")
    assert not list(tmp_path.iterdir())
