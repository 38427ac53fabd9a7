"""Read the flow-refuelling networks of the shared data set as questions.

The 25-node network is that of Simchi-Levi & Berman (1988), on which Kuby & Lim (2005) and many
after them have solved; flows here are w_i w_j / d_ij (own choice; published flows differ in scale).
The Irish highway network has measured O-D flows and existing chargers at nodes.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import networkx as nx
import numpy as np

from siting.models.classical.flow_question import FlowQuestion

if TYPE_CHECKING:
    from pathlib import Path

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class Network:
    """Hold a network whose nodes are the sites, and the flow between pairs of nodes."""

    graph: nx.Graph[int]
    flows: dict[tuple[int, int], float]
    """Of unordered pairs: out and back is the same trip from either end."""
    existing: frozenset[int]
    """Nodes with a charger."""

    def question(self, range_km: float, most: int, *, keep: bool = False) -> FlowQuestion:
        """Return the question of placing stations at nodes, on shortest ways."""
        nodes = sorted(self.graph)
        position = {node: n for n, node in enumerate(nodes)}
        paths, flow = [], []
        lengths = dict(nx.all_pairs_dijkstra_path_length(self.graph))
        ways = dict(nx.all_pairs_dijkstra_path(self.graph))
        for (origin, destination), amount in self.flows.items():
            way = ways[origin][destination]
            paths.append([(position[node], lengths[origin][node]) for node in way])
            flow.append(amount)
        plain = FlowQuestion.from_paths(
            paths, flow=flow, range_km=range_km, sites=len(nodes), most=most
        )
        if not keep:
            return plain
        kept = np.array([node in self.existing for node in nodes])
        return replace(plain, kept=kept)


def network_25(data: Path) -> Network:
    """Return the 25-node network with gravity flows between all 300 pairs of nodes."""
    folder = data / "benchmarks" / "frlm" / "25NODE"
    graph: nx.Graph[int] = nx.Graph()
    for line in (folder / "ARCS.txt").read_text().splitlines():
        _, length, tail, head = line.split()
        graph.add_edge(int(tail), int(head), weight=float(length))
    weight = {}
    for line in (folder / "NODES.txt").read_text().splitlines():
        node, amount, _, _ = line.split()
        weight[int(node)] = float(amount)
    apart = dict(nx.all_pairs_dijkstra_path_length(graph))
    flows = {(i, j): weight[i] * weight[j] / apart[i][j] for i in weight for j in weight if i < j}
    return Network(graph, flows, frozenset())


def network_ireland(data: Path) -> Network:
    """Return the Irish highway network with its flows, both directions together."""
    folder = data / "benchmarks" / "frlm" / "ireland_highway"
    graph: nx.Graph[int] = nx.Graph()
    for tail, head, length in _csv(folder / "Irish_Highway_Links.csv"):
        graph.add_edge(int(tail), int(head), weight=float(length))
    flows: dict[tuple[int, int], float] = {}
    table = _sheet(folder / "Irish_Highway_Traffic_Flow.xlsx")
    for (origin, destination), amount in table.items():
        if origin != destination and amount > 0:
            pair = (min(origin, destination), max(origin, destination))
            flows[pair] = flows.get(pair, 0.0) + amount
    (chargers,) = folder.glob("Existing*.csv")
    # "50(52)" is node 50, with 52 nearly as near.
    return Network(graph, flows, frozenset(int(row[1].split("(")[0]) for row in _csv(chargers)))


def _csv(path: Path) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    return [row for row in rows[1:] if row and row[0].strip()]


def _sheet(path: Path) -> dict[tuple[int, int], float]:
    """Return the cells of an O-D table by the numbers in its first row and first column."""
    with zipfile.ZipFile(path) as book:
        root = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own data
    cells: dict[tuple[str, int], float] = {}
    for cell in root.iter(f"{_SHEET}c"):
        value = cell.find(f"{_SHEET}v")
        place = cell.attrib["r"]
        letters = place.rstrip("0123456789")
        if value is not None and value.text is not None and cell.get("t") != "s":
            cells[letters, int(place[len(letters) :])] = float(value.text)
    origins = {row: int(value) for (letters, row), value in cells.items() if letters == "A"}
    heads = {letters: int(value) for (letters, row), value in cells.items() if row == 1}
    return {
        (origins[row], heads[letters]): value
        for (letters, row), value in cells.items()
        if row in origins and letters in heads
    }
