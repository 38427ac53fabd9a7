"""Find the same pairs by siting, by networkx and by plain scipy, for the table of travel times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.travel import Ends

    Rows = NDArray[np.intp]
    Pairs = dict[tuple[int, int], float]

ACCESS_KMH = 15.0
SCIPY_BATCH = 64
SAME_MIN = 1e-3


def by_siting(ends: Ends, cutoff: float) -> tuple[Any, ...]:
    """Return all pairs by siting: zone, site, minutes, km."""
    return ends.network.within_minutes(ends.zones, ends.sites, minutes=cutoff, kmh=ACCESS_KMH)


def by_networkx(ends: Ends, graph: nx.DiGraph[int], sample: Rows, cutoff: float) -> Pairs:
    """Return pairs of the sample, as near and far row, by networkx's Dijkstra with a cut-off."""
    found: Pairs = {}
    at_node: dict[int, list[int]] = {}
    for far in np.flatnonzero(ends.far.within).tolist():
        at_node.setdefault(int(ends.far.node[far]), []).append(far)
    leg = (60 / ACCESS_KMH * ends.far.access_km).tolist()
    for near in sample.tolist():
        own = 60 / ACCESS_KMH * float(ends.near.access_km[near])
        start = int(ends.near.node[near])
        for node, minutes in nx.single_source_dijkstra_path_length(
            graph, start, cutoff=cutoff
        ).items():
            for far in at_node.get(node, ()):
                total = minutes + own + leg[far]
                if total <= cutoff:
                    found[near, far] = total
    return found


def by_scipy(ends: Ends, matrix: csr_array, sample: Rows, cutoff: float) -> Pairs:
    """Return pairs of the sample by scipy's Dijkstra with a limit, and nothing else."""
    found: Pairs = {}
    far = np.flatnonzero(ends.far.within)
    for begin in range(0, len(sample), SCIPY_BATCH):
        batch = sample[begin : begin + SCIPY_BATCH]
        reached = dijkstra(matrix, indices=ends.near.node[batch], limit=cutoff)
        legs = ends.near.access_km[batch][:, None] + ends.far.access_km[far][None, :]
        total = reached[:, ends.far.node[far]] + 60 / ACCESS_KMH * legs
        row, column = np.nonzero(total <= cutoff)
        pairs = zip(batch[row].tolist(), far[column].tolist(), strict=True)
        found |= dict(zip(pairs, total[row, column].tolist(), strict=True))
    return found


def matrix(ends: Ends) -> csr_array:
    """Return minutes between neighbours in the direction of the search."""
    network = ends.network
    tail, head = network.tail, network.head
    start, stop = (head, tail) if ends.from_sites else (tail, head)
    order = np.lexsort((network.minutes, stop, start))
    start, stop, minutes = start[order], stop[order], network.minutes[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(start) != 0) | (np.diff(stop) != 0)
    shape = (network.nodes, network.nodes)
    return csr_array((minutes[first], (start[first], stop[first])), shape=shape)


def graph(matrix: csr_array) -> nx.DiGraph[int]:
    """Return the same arcs as networkx holds them."""
    arcs = matrix.tocoo()
    tail, head = arcs.coords
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(matrix.shape[0]))
    graph.add_weighted_edges_from(
        zip(tail.tolist(), head.tolist(), arcs.data.tolist(), strict=True)
    )
    return graph


def agree(ends: Ends, found: tuple[Any, ...], others: tuple[Pairs, ...], sample: Rows) -> bool:
    """Tell whether all find the same pairs of the sample, and the same minutes."""
    zone, site, minutes, _ = found
    near, far = (site, zone) if ends.from_sites else (zone, site)
    mine = np.isin(near, sample)
    pairs = zip(near[mine].tolist(), far[mine].tolist(), strict=True)
    ours = dict(zip(pairs, minutes[mine].tolist(), strict=True))
    return all(
        ours.keys() == other.keys()
        and all(abs(ours[pair] - other[pair]) < SAME_MIN for pair in ours)
        for other in others
    )
