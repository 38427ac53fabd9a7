"""Draw small towns as OpenStreetMap XML, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STEP = 0.005
"""Degrees between neighbouring points of the grid: 555.975 m north to south."""

Tags = dict[str, str]
Way = tuple["Sequence[int]", Tags]


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def osm_xml(
    nodes: Mapping[int, tuple[float, float]],
    ways: Sequence[Way] = (),
    *,
    node_tags: Mapping[int, Tags] | None = None,
    relations: Sequence[tuple[Sequence[tuple[int, str]], Tags]] = (),
) -> str:
    """Return a document: nodes by (column, row) of the grid, ways and relations numbered from 1."""
    parts = ['<osm version="0.6" generator="by hand">']
    for key, (column, row) in nodes.items():
        tags = _tags((node_tags or {}).get(key, {}))
        lat, lon = row * STEP, column * STEP
        parts.append(f'<node id="{key}" lat="{lat:.7f}" lon="{lon:.7f}">{tags}</node>')
    for number, (refs, about) in enumerate(ways, start=1):
        body = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        parts.append(f'<way id="{number}">{body}{_tags(about)}</way>')
    for number, (members, about) in enumerate(relations, start=1):
        body = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
        parts.append(f'<relation id="{number}">{body}{_tags(about)}</relation>')
    return "\n".join([*parts, "</osm>"])


def write_osm(path: Path, *args: object, **kwargs: object) -> Path:
    """Write :func:`osm_xml` to a file."""
    path.write_text(osm_xml(*args, **kwargs), encoding="utf-8")  # type: ignore[arg-type]
    return path


def town(path: Path, *, fuel: bool = True, tags: Tags | None = None) -> Path:
    """Write a town: a square of streets, a car park, two districts, a fuel station, a mall.

    ::

        4---5---6      districts west (columns -1 to 1) and east (1 to 3)
        |   |   |
        1---2---3      fuel station at 20, in the west; a second at 21, in the east
    """
    nodes: dict[int, tuple[float, float]] = {
        1: (0, 0),
        2: (1, 0),
        3: (2, 0),
        4: (0, 1),
        5: (1, 1),
        6: (2, 1),
        10: (-1, -1),
        11: (1, -1),
        12: (3, -1),
        13: (3, 2),
        14: (1, 2),
        15: (-1, 2),
        20: (0.5, 0.1),
        21: (1.5, 0.1),
        22: (0.5, 0.9),
        23: (1.5, 0.9),
        30: (0.2, 0.2),
        31: (0.4, 0.2),
        32: (0.4, 0.4),
        33: (0.2, 0.4),
    }
    street = {"highway": "residential", "name": "Street", **(tags or {})}
    ways: list[Way] = [
        ([1, 2, 3], street),
        ([4, 5, 6], street),
        ([1, 4], street),
        ([2, 5], street),
        ([3, 6], street),
        ([30, 31, 32, 33, 30], {"amenity": "parking", "name": "停车场"}),
        ([10, 11], {}),
        ([11, 14], {}),
        ([14, 15, 10], {}),
        ([11, 12, 13, 14], {}),
    ]
    border = {"type": "boundary", "boundary": "administrative", "admin_level": "6"}
    pump: Tags = {"amenity": "fuel"} if fuel else {"amenity": "bench"}
    return write_osm(
        path,
        nodes,
        ways,
        node_tags={
            20: {**pump, "name": "Shell"},
            21: pump,
            22: {"amenity": "charging_station", "socket:type2:output": "500 kW", "capacity": "4"},
            23: {"shop": "mall", "name": "Mall", "name:zh": "商场"},
        },
        relations=[
            ([(7, "outer"), (9, "outer"), (8, "outer")], {**border, "name": "West"}),
            ([(10, "outer"), (8, "outer")], {**border, "name": "East"}),
        ],
    )
