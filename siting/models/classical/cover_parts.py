"""Split the sites of a covering question into parts that share as little as may be.

Two sites share the prices of the zones that both reach. A part that is too large is cut in two
along the second eigenvector of its normalised sharing graph (J. Shi & J. Malik, IEEE Transactions
on Pattern Analysis and Machine Intelligence 22, 2000), where the least is shared across the cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

STEPS, TOLERANCE = 2000, 1e-3
"""Of the eigenvector: the cut needs no exact one."""
SMALL = 4
"""Sites that are cut as they come."""
EVEN = 0.35
"""Least share of the sites on either side of a cut."""


def parts_of(reach: sparse.csr_array, price: Floats, size: int) -> list[Indices]:
    """Return sites in parts of at most some size, each ascending.

    Parameters
    ----------
    reach
        (I, J) 1 where the site is within reach.
    price
        (I,) of each zone, at least 0.
    size
        Most sites in a part; at least 1.
    """
    shared = sparse.csr_array(reach.T @ sparse.csr_array(sparse.diags_array(price) @ reach))
    waiting, parts = [np.arange(reach.shape[1])], []
    while waiting:
        sites = waiting.pop()
        if len(sites) <= size:
            parts.append(np.sort(sites))
            continue
        order, cut = _cut(shared[sites][:, sites].tocsr())
        waiting += [sites[order[cut:]], sites[order[:cut]]]
    return parts


def _cut(shared: sparse.csr_array) -> tuple[Indices, int]:
    """Return an order of the sites, and how many of the first to cut off."""
    count = shared.shape[0]
    order = np.argsort(_second(shared), kind="stable")
    pairs = sparse.coo_array(shared[order][:, order])
    ahead = pairs.row < pairs.col
    crossing = np.bincount(pairs.row[ahead] + 1, pairs.data[ahead], count + 1)
    crossing -= np.bincount(pairs.col[ahead] + 1, pairs.data[ahead], count + 1)
    least = max(int(EVEN * count), 1)
    most = max(count - least, least)
    return order, least + int(np.argmin(np.cumsum(crossing)[least : most + 1]))


def _second(shared: sparse.csr_array) -> Floats:
    """Return about the second eigenvector of the normalised graph, or its components' numbers."""
    components, label = connected_components(shared, directed=False)
    if components > 1 or shared.shape[0] <= SMALL:
        return np.asarray(label, dtype=float)
    degree = shared.sum(axis=1)
    scale = sparse.diags_array(1 / np.sqrt(degree))
    walk, start = scale @ shared @ scale, np.random.default_rng(0).random(len(degree))
    try:
        value, vector = eigsh(walk, k=2, which="LA", v0=start, tol=TOLERANCE, maxiter=STEPS)
    except ArpackNoConvergence:
        return np.asarray(label, dtype=float)
    return np.asarray(vector[:, int(np.argmin(value))] / np.sqrt(degree))
