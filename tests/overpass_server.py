"""Serve a made-up town on loopback as Overpass and Nominatim would, faults included.

Testford is invented; nothing of it is copied from a map. It lies between 20.00 and 20.06 E, 48.00
and 48.04 N: 4.46 km by 4.45 km. Streets every 0.01 degrees; West from 20.00 to 20.03 E, East from
there to 20.06 E. What is fetched reaches 0.005 degrees farther on each side: 28.9 km2.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

BBOX = (19.995, 47.995, 20.065, 48.045)
NAME = "Testford, Nowhere"
_COLUMNS, _ROWS = 7, 5
_STREET, _RING, _PLACE = 1000, 2000, 3000


@dataclass(frozen=True)
class Reply:
    """Hold one answer as it goes over the wire."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None
    """Content-Length to send in place of the true one."""
    drip_s: float = 0.0
    """Wait after each byte."""


def json_reply(document: object, status: int = 200) -> Reply:
    """Return JSON as a reply."""
    return Reply(json.dumps(document).encode(), status, {"Content-Type": "application/json"})


def page(text: str, status: int = 200, **headers: str) -> Reply:
    """Return an HTML page as Overpass writes its errors."""
    body = f"<html><head><title>OSM3S</title></head><body><p>Error: {text}</p></body></html>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body.encode(), status, {"Content-Type": "text/html"} | named)


def remark(text: str) -> Reply:
    """Return part of the data with the remark that it is no more than that."""
    node = {"type": "node", "id": 1, "lon": 20.0, "lat": 48.0}
    return json_reply({"elements": [node], "remark": f"runtime error: {text}"})


def _grid_node(column: int, row: int) -> int:
    return 1 + column + _COLUMNS * row


def _node(number: int, lon: float, lat: float, **tags: str) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "node", "id": number, "lon": lon, "lat": lat}
    return node | ({"tags": tags} if tags else {})


def _way(number: int, nodes: list[int], tags: dict[str, str]) -> dict[str, Any]:
    return {"type": "way", "id": number, "nodes": nodes, "tags": tags}


def roads() -> list[dict[str, Any]]:
    """Return 35 crossings and 12 streets, one way each: 7 from south to north, 5 from west to east.

    The middle street of each direction is a main road.
    """
    found = [
        _node(_grid_node(column, row), 20.0 + column / 100, 48.0 + row / 100)
        for row in range(_ROWS)
        for column in range(_COLUMNS)
    ]
    for column in range(_COLUMNS):
        kind = "primary" if column == _COLUMNS // 2 else "residential"
        nodes = [_grid_node(column, row) for row in range(_ROWS)]
        found.append(_way(_STREET + column, nodes, {"highway": kind}))
    for row in range(_ROWS):
        kind = "primary" if row == _ROWS // 2 else "tertiary"
        nodes = [_grid_node(column, row) for column in range(_COLUMNS)]
        found.append(_way(_STREET + 100 + row, nodes, {"highway": kind, "maxspeed": "50"}))
    return found


def _area(number: int, box: tuple[float, float, float, float], **tags: str) -> list[dict[str, Any]]:
    """Return a rectangle as a closed way with its four corners; ids count from ``number * 10``."""
    west, south, east, north = box
    corners = [(west, south), (east, south), (east, north), (west, north)]
    nodes = [_node(number * 10 + at, *corner) for at, corner in enumerate(corners)]
    ids = [node["id"] for node in nodes]
    return [*nodes, _way(number, [*ids, ids[0]], tags)]


def places() -> list[dict[str, Any]]:
    """Return 2 fuel stations, 3 car parks, a mall, 1 charging station, 1 substation, 2 quarters."""
    return [
        _node(_PLACE + 1, 20.0101, 48.0101, amenity="fuel", name="West Fuel"),
        _node(_PLACE + 2, 20.0501, 48.0301, amenity="fuel", name="East Fuel"),
        _node(_PLACE + 3, 20.0202, 48.0202, amenity="parking", name="Market", capacity="80"),
        *_area(_PLACE + 4, (20.041, 48.021, 20.043, 48.022), amenity="parking", name="Station"),
        _node(_PLACE + 5, 20.0102, 48.0299, amenity="parking", name="North-West", capacity="60"),
        *_area(_PLACE + 6, (20.051, 48.011, 20.053, 48.012), shop="mall", name="East Mall"),
        _node(
            _PLACE + 7,
            20.0301,
            48.0101,
            amenity="charging_station",
            name="Old Chargers",
            capacity="2",
            **{"socket:type2_combo": "2", "socket:type2_combo:output": "150 kW"},
        ),
        *_area(
            _PLACE + 8,
            (20.031, 48.031, 20.032, 48.032),
            power="substation",
            name="Testford North",
            voltage="110000;10000",
        ),
        *_area(_PLACE + 9, (20.002, 48.002, 20.028, 48.038), landuse="residential"),
        *_area(_PLACE + 10, (20.032, 48.002, 20.058, 48.03), landuse="commercial"),
    ]


def neighbours() -> list[dict[str, Any]]:
    """Return the town and its eastern neighbour, from 20.06 to 20.2 E, as boundaries of level 6."""
    found = []
    for number, (name, west, east) in enumerate([("Town", 20.0, 20.06), ("Far", 20.06, 20.2)]):
        outline = _area(_RING + 100 + number, (west, 48.0, east, 48.04))
        found += [*outline, _border(_RING + 100 + number, outline, name, 6)]
    return found


def _border(number: int, outline: list[dict[str, Any]], name: str, level: int) -> dict[str, Any]:
    tags = {"type": "boundary", "boundary": "administrative"}
    return {
        "type": "relation",
        "id": number,
        "members": [{"type": "way", "ref": outline[-1]["id"], "role": "outer"}],
        "tags": tags | {"admin_level": str(level), "name": name},
    }


def districts(level: int = 8) -> list[dict[str, Any]]:
    """Return West and East as boundary relations of one closed way each."""
    found = []
    for number, (name, west, east) in enumerate([("West", 20.0, 20.03), ("East", 20.03, 20.06)]):
        outline = _area(_RING + number, (west, 48.0, east, 48.04))
        found += [*outline, _border(_RING + number, outline, name, level)]
    return found


def _within(elements: list[dict[str, Any]], box: tuple[float, ...]) -> list[dict[str, Any]]:
    """Return what has a part in a box, given as Overpass has it, and what it consists of."""
    south, west, north, east = box
    nodes = {item["id"]: item for item in elements if item["type"] == "node"}
    ways = {item["id"]: item for item in elements if item["type"] == "way"}

    def touches(ids: list[int]) -> bool:  # by its bounds, which is exact for this town
        lon, lat = ([float(nodes[key][axis]) for key in ids] for axis in ("lon", "lat"))
        return min(lon) <= east and max(lon) >= west and min(lat) <= north and max(lat) >= south

    parts = {key for way in ways.values() for key in way["nodes"]}
    kept = {("node", key) for key, node in nodes.items() if touches([key]) and "tags" in node} | {
        ("way", key) for key, way in ways.items() if touches(way["nodes"])
    }
    needed = {key for kind, way in kept if kind == "way" for key in ways[way]["nodes"]}
    return [
        item
        for item in elements
        if (item["type"], item["id"]) in kept
        or (item["type"] == "node" and item["id"] in needed & parts)
        or (item["type"] == "relation" and ("way", item["members"][0]["ref"]) in kept)
    ]


def town_answer(question: str) -> Reply:
    """Return what the town holds of a question in Overpass QL."""
    boxes = re.search(r"\((-?[\d.]+),(-?[\d.]+),(-?[\d.]+),(-?[\d.]+)\)", question)
    levels = re.search(r'"admin_level"~"\^\(([\d|]+)\)\$"', question)
    if levels is not None:
        elements = districts() if "8" in levels.group(1).split("|") else []
    else:
        elements = places() if "nwr[" in question else roads()
    if boxes is not None:
        elements = _within(elements, tuple(float(part) for part in boxes.groups()))
    about = {"timestamp_osm_base": "2025-06-30T12:00:00Z", "copyright": "none: invented"}
    return json_reply({"version": 0.6, "osm3s": about, "elements": elements})


def nominatim_answer(query: dict[str, list[str]]) -> Reply:
    """Return where the town is, after a point of the same name; nothing for other names."""
    if query.get("q") != [NAME]:
        return json_reply([])
    west, south, east, north = BBOX
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    point = {"type": "Point", "coordinates": [20.03, 48.02]}
    polygon = {"type": "Polygon", "coordinates": [ring]}
    return json_reply(
        [
            {"display_name": "Testford Halt", "importance": 0.9, "geojson": point},
            {"display_name": NAME, "importance": 0.5, "geojson": polygon},
        ]
    )


@dataclass
class Asked:
    """Hold one request as it came."""

    path: str
    question: str
    """Overpass QL; '' for Nominatim."""
    headers: dict[str, str]


class MapServer:
    """Answer on a port of its own; replies put in ``script`` go out before the town's own."""

    def __init__(self, *script: Reply) -> None:
        self.script = list(script)
        self.always: Reply | None = None
        """Sent to every question from now on."""
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def questions(self) -> list[str]:
        """Return the Overpass questions that came, in order."""
        return [item.question for item in self.asked if item.question]

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and free the port."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, asked: Asked) -> Reply:
        """Return the next reply: from the script, or else the town's own."""
        self.asked.append(asked)
        if self.script:
            return self.script.pop(0)
        if self.always is not None:
            return self.always
        address = urlsplit(asked.path)
        if address.path.endswith("/search"):
            return nominatim_answer(parse_qs(address.query))
        return town_answer(asked.question)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(outer.reply(Asked(self.path, "", dict(self.headers))))

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                question = parse_qs(form)["data"][0]
                self._send(outer.reply(Asked(self.path, question, dict(self.headers))))

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                length = len(reply.body) if reply.promised is None else reply.promised
                for name, value in ({"Content-Length": str(length)} | reply.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for at in range(len(reply.body) if reply.drip_s else 0):
                        self.wfile.write(reply.body[at : at + 1])
                        outer.closing.wait(reply.drip_s)
                    self.wfile.write(b"" if reply.drip_s else reply.body)
                except OSError:
                    self.close_connection = True  # nobody listens any more

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
