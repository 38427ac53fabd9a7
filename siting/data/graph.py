"""Hand a road network to networkx and osmnx, as their own graph, to draw or to question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from siting.errors import CaseError, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.case import Case
    from siting.data.roads import Roads

CRS = "epsg:4326"


def road_graph(roads: Roads) -> nx.MultiDiGraph[int]:
    """Return a road network as a graph in osmnx's form.

    Nodes have ``x`` and ``y`` (degrees); edges ``length`` (m), ``travel_time`` (s, free flow),
    ``speed_kph``, ``highway``, ``name`` where known, and ``geometry``. Edges between the same two
    nodes have keys 0, 1, ...

    Parameters
    ----------
    roads
        Of a case.
    """
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs=CRS)
    places = zip(roads.lon.tolist(), roads.lat.tolist(), strict=True)
    graph.add_nodes_from((n, {"x": x, "y": y}) for n, (x, y) in enumerate(places))
    speed_kph = np.divide(
        3.6 * roads.length_m, roads.seconds, out=np.zeros(len(roads.tail)), where=roads.seconds > 0
    )
    names = [""] * len(roads.tail) if roads.name is None else roads.name.tolist()
    rows = zip(
        roads.tail.tolist(),
        roads.head.tolist(),
        roads.length_m.tolist(),
        roads.seconds.tolist(),
        speed_kph.tolist(),
        roads.road_class.tolist(),
        names,
        roads.geometry.tolist(),
        strict=True,
    )
    for number, (tail, head, length, seconds, speed, kind, name, line) in enumerate(rows):
        facts = {"osmid": number, "length": length, "travel_time": seconds, "speed_kph": speed}
        facts |= {"highway": kind, "oneway": True, "geometry": line}
        graph.add_edge(tail, head, **facts, **({"name": name} if name else {}))
    return graph


def write_graph(case: Case, path: Path) -> None:
    """Write a city's road network as GraphML, which osmnx, networkx, Gephi and QGIS read.

    Parameters
    ----------
    case
        The city.
    path
        File to write.

    Raises
    ------
    CaseError
        If the city has no roads, or the disk refuses.
    """
    import osmnx as ox  # noqa: PLC0415 - takes seconds, and only this needs it

    msg = "The road network cannot be written."
    if case.roads is None:
        fault = Fault(case.name, "has no roads", "Give the case a layer roads.")
        raise CaseError(msg, [fault])
    try:
        ox.save_graphml(road_graph(case.roads), path)
    except OSError as error:
        fault = Fault(str(path), error.strerror or str(error), "Give another file.")
        raise CaseError(msg, [fault]) from error
