"""Read drivable roads from raw OpenStreetMap XML, by osmnx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError
from xml.sax import SAXException

import numpy as np

from siting.data.road_build import RawRoads
from siting.data.speeds import CLASS_SPEED_KPH

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

_CLOSED = {"no", "private", "agricultural", "forestry", "emergency"}
"""Values of ``access`` that shut the public out."""
_NOT_DRIVEN = {"service"}
"""Classes with a speed which are yards and driveways rather than roads."""


def read_osm_xml(path: Path) -> RawRoads:
    """Read an OSM XML file: ways of a driving class open to the public, simplified to junctions.

    Buildings, footways and whatever else the file holds are left out before junctions are found.

    Parameters
    ----------
    path
        The file, such as Overpass or ``osmium export`` writes it.

    Raises
    ------
    ValueError
        If it is no such file, or has no roads; says why.
    """
    import osmnx as ox  # noqa: PLC0415 - takes seconds, and only this format needs it

    try:
        graph = ox.graph_from_xml(path, bidirectional=False, simplify=False, retain_all=True)
    except (ParseError, SAXException, KeyError) as error:
        msg = f"no whole OSM XML ({error})"
        raise ValueError(msg) from error
    shut = [
        (u, v, key) for u, v, key, data in graph.edges(keys=True, data=True) if not _is_driven(data)
    ]
    graph.remove_edges_from(shut)
    graph.remove_nodes_from([node for node, degree in dict(graph.degree()).items() if degree == 0])
    if not graph.number_of_edges():
        msg = "no way in it is a public road for cars"
        raise ValueError(msg)
    return _raw(ox.simplify_graph(graph))


def _is_driven(data: dict[str, Any]) -> bool:
    highway = data.get("highway")
    known = highway in CLASS_SPEED_KPH and highway not in _NOT_DRIVEN
    return known and data.get("access") not in _CLOSED


def _raw(graph: nx.MultiDiGraph[Any]) -> RawRoads:
    place = {node: row for row, node in enumerate(graph.nodes)}
    edges = [(place[u], place[v], data) for u, v, data in graph.edges(data=True)]
    geometry = np.empty(len(edges), dtype=object)
    geometry[:] = [data.get("geometry") for _, _, data in edges]
    xy = np.array([(data["x"], data["y"]) for _, data in graph.nodes(data=True)], dtype=np.float64)
    return RawRoads(
        lon=xy[:, 0],
        lat=xy[:, 1],
        tail=np.array([u for u, _, _ in edges], dtype=np.int32),
        head=np.array([v for _, v, _ in edges], dtype=np.int32),
        highway=[str(data.get("highway", "")) for _, _, data in edges],
        maxspeed=[str(data.get("maxspeed", "")) for _, _, data in edges],
        speed_kph=np.full(len(edges), np.nan),
        length_m=np.array([data["length"] for _, _, data in edges], dtype=np.float64),
        geometry=geometry,
        name=[str(data.get("name", "")) for _, _, data in edges],
    )
