r"""Turn trips into covers: the sets of sites of which each needs one open for a trip to be made.

A vehicle gets to a point of its trip if some open station lies at most its range before it (Capar,
Kuby, Leon & Tsai's arc cover: each arc by a station from which its end can be reached). Of these
sets only the smallest count, and sets that hold a kept site hold already. Paths that need the same
sets are one.

References
----------
I. Capar, M. Kuby, V. J. Leon & Y.-J. Tsai, "An arc cover-path-cover formulation and strategic
analysis of alternative-fuel station locations", European Journal of Operational Research 227 (2013)
142-151.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.models.classical.flow_question import FlowQuestion

    Sites = frozenset[int]


@dataclass(frozen=True, eq=False)
class Cover:
    """Hold F bundles of paths, and the K sets that carry them."""

    flow: NDArray[np.float64]
    """(F,) trips on all paths of a bundle."""
    always: float
    """Trips that can be made whatever is opened."""
    sets: sparse.csr_array
    """(K, J) 1 where the site is in the set."""
    bundle: NDArray[np.int64]
    """(E,) bundle of each pair of a bundle and a set it needs."""
    needs: NDArray[np.int64]
    """(E,) set of that pair."""


def cover_of(question: FlowQuestion) -> Cover:
    """Return the covers of a question's trips."""
    kept = frozenset(np.flatnonzero(question.kept).tolist())
    number: dict[Sites, int] = {}
    flows: dict[frozenset[int], float] = {}
    always = 0.0
    for flow, sets in zip(question.flow.tolist(), trip_sets(question), strict=True):
        if not all(sets):
            continue
        asked = _smallest({group for group in sets if not group & kept})
        if not asked:
            always += flow
            continue
        key = frozenset(number.setdefault(group, len(number)) for group in asked)
        flows[key] = flows.get(key, 0.0) + flow
    pairs = [(f, k) for f, key in enumerate(flows) for k in sorted(key)]
    bundle, needs = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Cover(
        flow=np.array(list(flows.values())),
        always=always,
        sets=_matrix(list(number), question.sites),
        bundle=bundle,
        needs=needs,
    )


def trip_sets(question: FlowQuestion) -> Iterator[list[Sites]]:
    """Yield, path by path, the sets of sites of which each needs one open.

    An empty set: no station can help; no set: the trip needs none.
    """
    trips, reach = question.trips, question.reach_km
    begin = np.searchsorted(trips.path, np.arange(len(question.flow) + 1)).tolist()
    sites, places = trips.site.tolist(), trips.driven_km.tolist()
    ends = (question.trip_km + question.end_share * question.range_km).tolist()
    carried = reach - (1 - question.start_share) * question.range_km
    for q, end in enumerate(ends):
        stops = sites[begin[q] : begin[q + 1]]
        points = [*places[begin[q] : begin[q + 1]], end]
        yield _sets(stops, points, reach=reach, carried=carried)


def _sets(stops: list[int], points: list[float], *, reach: float, carried: float) -> list[Sites]:
    """Return the sets of one trip: for each point, the stops before it that lie within reach."""
    found = []
    low, last = 0, -1
    for k, point in enumerate(points):
        if point <= carried:
            continue
        while low < k and point - points[low] > reach:
            low += 1
        if low != last:
            found.append(frozenset(stops[low:k]))
            last = low
    return found


def _smallest(sets: set[Sites]) -> list[Sites]:
    """Return the sets that hold no other."""
    kept: list[Sites] = []
    for group in sorted(sets, key=len):
        if not any(other <= group for other in kept):
            kept.append(group)
    return kept


def _matrix(groups: list[Sites], sites: int) -> sparse.csr_array:
    start = np.cumsum([0, *map(len, groups)])
    index = [site for group in groups for site in sorted(group)]
    return sparse.csr_array((np.ones(len(index)), index, start), shape=(len(groups), sites))
