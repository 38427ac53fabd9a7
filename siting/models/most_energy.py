"""Serve the most energy from open stations, as a flow in whole units.

A maximum flow (E. Dinic, Soviet Mathematics Doklady 11, 1970) takes a second where a linear program
takes minutes. Units are so small that all demand makes a milliard of them: each zone and station
loses less than one, so what comes out keeps every limit and misses the most by next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

UNITS = 2**30
"""Units that all demand makes; capacities of scipy's flows are 32-bit integers."""


def most_energy(
    zone: NDArray[np.int32], site: NDArray[np.int32], demand: Values, room: Values
) -> Values:
    """Return the energy along each pair, (pairs,), of a flow that serves the most.

    Parameters
    ----------
    zone, site
        (pairs,) every pair once.
    demand
        (I,) of each zone.
    room
        (J,) of each site.
    """
    total = float(demand.sum())
    if not len(zone) or total <= 0:
        return np.zeros(len(zone))
    unit = total / UNITS
    need = np.floor(demand / unit).astype(np.int32)
    most = np.floor(np.minimum(room, total) / unit).astype(np.int32)
    zones, sites = len(demand), len(room)
    source, sink = zones + sites, zones + sites + 1
    tail = np.concatenate([np.full(zones, source), zone, zones + np.arange(sites)])
    head = np.concatenate([np.arange(zones), zones + site, np.full(sites, sink)])
    most_of = np.concatenate([need, np.minimum(need[zone], most[site]), most])
    graph = sparse.csr_array((most_of, (tail, head)), shape=(sink + 1, sink + 1))
    flow = sparse.csr_array(maximum_flow(graph, source, sink, method="dinic").flow)
    along = np.asarray(flow[zone, zones + site]).ravel()
    return np.asarray(np.maximum(along, 0) * unit)
