"""Read instances with published answers: p-median and capacitated location of the OR-Library.

J. E. Beasley, OR-Library, Journal of the Operational Research Society 41, 1990.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from siting.models.classical.question import Question

if TYPE_CHECKING:
    from pathlib import Path


def read_pmed(path: Path) -> Question:
    """Return a p-median question: a graph's nodes are zones of weight 1 and sites at once.

    Of repeated edges the last one counts, as the library's notes say; every edge goes both ways.
    """
    numbers = np.array(path.read_text(encoding="utf-8").split(), dtype=np.int64)
    nodes, edges, most = numbers[:3].tolist()
    length = {}
    for a, b, cost in numbers[3 : 3 + 3 * edges].reshape(edges, 3).tolist():
        length[min(a, b) - 1, max(a, b) - 1] = float(cost)
    tail, head = np.array(list(length)).T
    graph = csr_array((list(length.values()), (tail, head)), shape=(nodes, nodes))
    distance = shortest_path(graph, directed=False)
    return Question.from_matrix(distance, weight=np.ones(nodes), most=most)


def pmed_optima(folder: Path) -> dict[str, float]:
    """Return the published optimum of each p-median instance by name."""
    text = (folder / "pmedopt.txt").read_text(encoding="utf-8")
    return {name: float(value) for name, value in re.findall(r"(pmed\d+)\s+(\d+)", text)}


def read_cap(path: Path) -> Question:
    """Return a capacitated location question: any number of sites, demand that may be split.

    For each customer the file has the cost of serving all its demand from each site.
    """
    words = path.read_text(encoding="utf-8").split()
    sites, zones = int(words[0]), int(words[1])
    numbers = np.array(words[2:], dtype=float)
    capacity, fixed = numbers[: 2 * sites].reshape(sites, 2).T
    rest = numbers[2 * sites :].reshape(zones, sites + 1)
    weight, cost = rest[:, 0], rest[:, 1:]
    each = cost / np.where(weight > 0, weight, 1.0)[:, None]
    plain = Question.from_matrix(each, weight=weight, most=sites)
    return replace(plain, capacity=capacity, cost=fixed)


def cap_optima(folder: Path) -> dict[str, float]:
    """Return the published optimum of each capacitated location instance by name."""
    lines = (folder / "optima.tsv").read_text(encoding="utf-8").split("\n")
    return {name: float(value) for name, value in (line.split() for line in lines if line)}
