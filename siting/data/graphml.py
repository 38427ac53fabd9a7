"""Read a road network saved as GraphML by osmnx.

The file is read directly: what takes osmnx seconds for a city, since it turns every attribute of
every edge into a Python object, takes a fraction of that for the five attributes needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import shapely
from pyproj import CRS
from shapely.errors import ShapelyError

from siting.data.crs import geometry_to_wgs84, parse_crs
from siting.data.road_build import RawRoads

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.data.crs import Datum

_SPACE = "{http://graphml.graphdrawing.org/xmlns}"


@dataclass
class _Parsed:
    """Hold what the file says, as text."""

    crs: str = "EPSG:4326"
    directed: bool = True
    nodes: list[dict[str, str]] = field(default_factory=list)
    edges: list[dict[str, str]] = field(default_factory=list)


def read_graphml(path: Path, crs: str | None) -> RawRoads:
    """Read a GraphML file with node attributes x, y and edge attributes highway, length, geometry.

    Parameters
    ----------
    path
        The file.
    crs
        Goes before the CRS that the file states; EPSG:4326 if neither does.

    Raises
    ------
    ValueError
        If the file is not such a network; says why.
    """
    with path.open("rb") as stream:
        parsed = _parse(stream)
    known = parse_crs(crs or parsed.crs)
    if known is None:
        msg = f'"{crs or parsed.crs}" is no known CRS'
        raise ValueError(msg)
    if not parsed.directed:
        msg = "the graph is undirected, so one-way streets are lost"
        raise ValueError(msg)
    return _raw(parsed, known)


def _parse(stream: IO[bytes]) -> _Parsed:
    parsed, names = _Parsed(), {}
    try:
        # The system's expat limits entity expansion, and nothing external is fetched.
        for _, item in ET.iterparse(stream, events=("end",)):  # noqa: S314 - see above
            tag = item.tag
            if tag == f"{_SPACE}key":
                names[item.get("id", "")] = item.get("attr.name", "")
            elif tag == f"{_SPACE}node":
                parsed.nodes.append(_attributes(item, names) | {"id": item.get("id", "")})
                item.clear()
            elif tag == f"{_SPACE}edge":
                ends = {"u": item.get("source", ""), "v": item.get("target", "")}
                parsed.edges.append(_attributes(item, names) | ends)
                item.clear()
            elif tag == f"{_SPACE}graph":
                parsed.crs = _attributes(item, names).get("crs", parsed.crs)
                parsed.directed = item.get("edgedefault") == "directed"
    except (ET.ParseError, LookupError) as error:
        msg = f"not well-formed XML ({error})"
        raise ValueError(msg) from error
    return parsed


def _attributes(item: ET.Element, names: dict[str, str]) -> dict[str, str]:
    return {
        names.get(child.get("key", ""), ""): child.text or ""
        for child in item
        if child.tag == f"{_SPACE}data"
    }


def _raw(parsed: _Parsed, crs: CRS | Datum) -> RawRoads:
    nodes, edges = parsed.nodes, parsed.edges
    place = {node["id"]: row for row, node in enumerate(nodes)}
    try:
        xy = np.array([(node["x"], node["y"]) for node in nodes], dtype=np.float64).reshape(-1, 2)
        tail = np.array([place[edge["u"]] for edge in edges], dtype=np.int32)
        head = np.array([place[edge["v"]] for edge in edges], dtype=np.int32)
    except KeyError as error:
        msg = f"a node lacks {error}, or an edge names a node {error} that is not there"
        raise ValueError(msg) from error
    points = geometry_to_wgs84(np.asarray(shapely.points(xy), dtype=object), crs)
    lines = _lines([edge.get("geometry") for edge in edges])
    projected = isinstance(crs, CRS) and not crs.is_geographic
    return RawRoads(
        lon=shapely.get_x(points),
        lat=shapely.get_y(points),
        tail=tail,
        head=head,
        highway=[edge.get("highway", "") for edge in edges],
        maxspeed=[edge.get("maxspeed", "") for edge in edges],
        speed_kph=_numbers(edges, "speed_kph"),
        length_m=np.full(len(edges), np.nan) if projected else _numbers(edges, "length"),
        geometry=geometry_to_wgs84(lines, crs),
        name=[edge.get("name", "") for edge in edges],
    )


def _lines(texts: list[str | None]) -> NDArray[np.object_]:
    try:
        return np.asarray(shapely.from_wkt(texts), dtype=object)
    except ShapelyError as error:
        msg = f"a line is no well-known text ({error})"
        raise ValueError(msg) from error


def _numbers(
    edges: list[dict[str, str]], name: str
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([edge.get(name) or "nan" for edge in edges], dtype=np.float64)
