"""Read extracts of OpenStreetMap: .osm XML by the standard library, .osm.pbf by pyosmium."""

from __future__ import annotations

import bz2
import gzip
from itertools import islice
from typing import IO, TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from siting.data.osm.elements import Member, OsmData, Relation, make_osm_data
from siting.data.osm.tags import NODE_TAGS, WAY_KEYS
from siting.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from siting.data.osm.elements import Tags

_NODE_TAGS = frozenset(NODE_TAGS)
_WAY_KEYS = frozenset(WAY_KEYS)
_AREAS = {"multipolygon", "boundary"}
"""Types of relations that are areas."""


def read_extract(path: Path) -> OsmData:
    """Read an extract, by its name: .osm, .osm.gz, .osm.bz2, .xml, or .pbf.

    Raises
    ------
    InputError
        If the file is not there, is of no known kind or is damaged, or pyosmium is needed and
        missing.
    """
    if not path.is_file():
        msg = f"{path}: there is no such file."
        raise InputError(msg)
    name = path.name.lower()
    if name.endswith(".pbf"):
        return read_pbf(path)
    if name.removesuffix(".gz").removesuffix(".bz2").endswith((".osm", ".xml")):
        return read_xml(path)
    msg = f"{path} is no extract: its name ends neither with .osm.pbf nor with .osm, .osm.gz, .xml."
    raise InputError(msg)


def read_xml(path: Path) -> OsmData:
    """Read OSM XML in one pass, without holding the document.

    Only elements with tags that siting knows are kept, and what they consist of.

    Parameters
    ----------
    path
        The file; its name ends with .gz or .bz2 if it is packed.

    Raises
    ------
    InputError
        If it is not whole OSM XML.
    """
    held = _Held()
    try:
        with _opened(path) as file:
            for element in _children(file, path):
                held.take(element)
    except (ParseError, EOFError, OSError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        msg = f"{path} is no whole OSM XML: {error}. Download or export it again."
        raise InputError(msg) from error
    return held.finished()


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    if path.suffix == ".bz2":
        return bz2.open(path, "rb")
    return path.open("rb")


def _children(file: IO[bytes] | gzip.GzipFile, path: Path) -> Iterator[Element]:
    """Yield the document's nodes, ways and relations, and free each after its use."""
    steps = iterparse(file, events=("start", "end"))  # noqa: S314 - expat bounds entity expansion
    _, root = next(steps)
    if root.tag != "osm":
        msg = f"{path} is no OSM XML: it starts with <{root.tag}>, not with <osm>."
        raise InputError(msg)
    for event, element in steps:
        if event == "end" and element.tag in {"node", "way", "relation"}:
            yield element
            root.clear()


class _Held:
    """Gather elements, and let go of those that nothing needs."""

    def __init__(self) -> None:
        self.nodes: dict[int, tuple[float, float]] = {}
        self.node_tags: dict[int, Tags] = {}
        self.ways: dict[int, list[int]] = {}
        self.way_tags: dict[int, Tags] = {}
        self.relations: dict[int, Relation] = {}

    def take(self, element: Element) -> None:
        """Take one XML element; those that were deleted have no place or no nodes, and are left."""
        key = _id(element.attrib["id"])
        tags = {item.attrib["k"]: item.attrib["v"] for item in element.iterfind("tag")}
        if element.attrib.get("action") == "delete" or element.attrib.get("visible") == "false":
            return
        if element.tag == "node":
            self.nodes[key] = _place(element)
            if not _NODE_TAGS.isdisjoint(tags.items()):
                self.node_tags[key] = tags
        elif element.tag == "way":
            self.ways[key] = [_id(item.attrib["ref"]) for item in element.iterfind("nd")]
            if not _WAY_KEYS.isdisjoint(tags):
                self.way_tags[key] = tags
        elif tags.get("type") in _AREAS and not _WAY_KEYS.isdisjoint(tags):
            members = tuple(
                Member(item.attrib["type"], _id(item.attrib["ref"]), item.attrib.get("role", ""))
                for item in element.iterfind("member")
            )
            self.relations[key] = Relation(members, tags)

    def finished(self) -> OsmData:
        """Return what is tagged, and what it consists of."""
        ways = self.way_tags.keys() | member_ways(self.relations.values())
        kept = {way: refs for way, refs in self.ways.items() if way in ways}
        needed = self.node_tags.keys() | {ref for refs in kept.values() for ref in refs}
        return make_osm_data(
            nodes={node: at for node, at in self.nodes.items() if node in needed},
            node_tags=self.node_tags,
            ways=kept,
            way_tags=self.way_tags,
            relations=self.relations,
        )


def _id(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        msg = f"{text[:40]} is no id"
        raise ValueError(msg)
    return number


def _place(node: Element) -> tuple[float, float]:
    lon, lat = float(node.attrib["lon"]), float(node.attrib["lat"])
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004 - the globe
        msg = f"node {node.attrib['id']} lies nowhere on the globe"
        raise ValueError(msg)
    return lon, lat


def member_ways(relations: Iterable[Relation]) -> set[int]:
    """Return the ids of all ways that are members of relations."""
    return {member.ref for item in relations for member in item.members if member.kind == "way"}


def read_pbf(path: Path) -> OsmData:
    """Read a .osm.pbf extract, by pyosmium.

    The file is passed over once for each kind of element, so that nodes without use are never held.

    Raises
    ------
    InputError
        If pyosmium is not installed (extra ``pbf``), or the file is damaged.
    """
    try:
        import osmium  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = (
            f"{path} needs pyosmium, which is not installed. "
            "Run: pip install 'siting[pbf]'. Or give an .osm file, which needs nothing more."
        )
        raise InputError(msg) from error
    try:
        return _read_pbf(osmium, str(path))
    except RuntimeError as error:
        msg = f"{path} is no whole .osm.pbf: {error}. Download it again."
        raise InputError(msg) from error


def _read_pbf(osmium: Any, path: str) -> OsmData:  # noqa: ANN401 - an optional module
    kinds, keep = osmium.osm, osmium.filter

    def found(kind: Any, chosen: Any) -> Any:  # noqa: ANN401 - pyosmium's own types
        return osmium.FileProcessor(path, kind).with_filter(chosen)

    relations = {
        item.id: Relation(
            tuple(Member(_KINDS[part.type], part.ref, part.role) for part in item.members),
            dict(item.tags),
        )
        for item in found(kinds.RELATION, keep.KeyFilter(*WAY_KEYS))
        if item.tags.get("type") in _AREAS
    }
    ways, way_tags = {}, {}
    for item in found(kinds.WAY, keep.KeyFilter(*WAY_KEYS)):
        ways[item.id] = [node.ref for node in item.nodes]
        way_tags[item.id] = dict(item.tags)
    missing = member_ways(relations.values()) - ways.keys()
    if missing:
        for item in found(kinds.WAY, keep.IdFilter(missing)):
            ways[item.id] = [node.ref for node in item.nodes]
    nodes, node_tags = {}, {}
    for item in found(kinds.NODE, keep.TagFilter(*NODE_TAGS)):
        nodes[item.id] = (item.lon, item.lat)
        node_tags[item.id] = dict(item.tags)
    needed = {ref for refs in ways.values() for ref in refs} - nodes.keys()
    if needed:
        for item in found(kinds.NODE, keep.IdFilter(needed)):
            nodes[item.id] = (item.lon, item.lat)
    return make_osm_data(
        nodes=nodes, node_tags=node_tags, ways=ways, way_tags=way_tags, relations=relations
    )


_KINDS = {"n": "node", "w": "way", "r": "relation"}
"""How pyosmium spells a member's kind."""


def extract_date(path: Path) -> str:
    """Return the day an extract shows, as its header says; '' where it says nothing."""
    if not path.name.lower().endswith(".pbf"):
        return _xml_date(path)
    import osmium  # noqa: PLC0415 - an extra; read_extract has told where it is missing

    with osmium.io.Reader(str(path)) as reader:
        return str(reader.header().get("osmosis_replication_timestamp"))[:_DAY]


_DAY = len("2025-06-30")


def _xml_date(path: Path) -> str:
    """Read <meta osm_base=...> of Overpass, or the document's own timestamp."""
    names = ("osm_base", "osmosis_replication_timestamp", "timestamp")
    with _opened(path) as file:
        for _, element in islice(iterparse(file, events=("start",)), 5):  # noqa: S314 - as above
            if element.tag in {"osm", "meta", "bounds"}:
                stated = [element.attrib[name] for name in names if name in element.attrib]
                if stated:
                    return str(stated[0])[:_DAY]
    return ""
