"""Make the coverage questions that the benchmark asks, by road and in the plane.

``road_question``: a planar road network of about 100,000 nodes (a jittered grid with a tenth of
its streets missing and arterials every tenth line), candidates and zones at random nodes, demand
log-normal and concentrated around 25 hot spots, reach by travel time. ``plane_question``: points
drawn the same way in a square, reach by straight line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from siting.models.classical.question import Question

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

SIDE = 316
"""Nodes along a side: 99,856 in all."""
SPACING_KM = 0.15
STREET_KMH, ARTERIAL_KMH = 30.0, 60.0
MISSING_SHARE = 0.1
HOT_SPOTS = 25
HOT_KM = 2.5
BATCH = 64


def road_question(zones: int, sites: int, most: int, *, minutes: float, seed: int = 1) -> Question:
    """Return a maximal covering question on a road network.

    Parameters
    ----------
    zones, sites, most
        How many; zones and sites stand at random nodes.
    minutes
        Reach by travel time.
    seed
        Of everything random.
    """
    rng = np.random.default_rng(seed)
    point, network = _network(rng)
    at = rng.choice(len(point), size=sites, replace=False)
    home = rng.integers(0, len(point), size=zones)
    node, where = np.unique(home, return_inverse=True)
    parts = []
    for begin in range(0, sites, BATCH):
        reached = dijkstra(network, indices=at[begin : begin + BATCH], limit=minutes)[:, node]
        site, near = np.nonzero(np.isfinite(reached))
        parts.append((near, begin + site, reached[site, near]))
    near, site, found = (np.concatenate(column) for column in zip(*parts, strict=True))
    weight = _demand(point[home], rng)
    return _by_zone(near, site, found, where, weight, sites, most)


def plane_question(
    zones: int, sites: int, most: int, *, reach_km: float, seed: int = 1
) -> Question:
    """Return a maximal covering question in a square of 47 km.

    Parameters
    ----------
    zones, sites, most
        How many; zones and sites stand anywhere.
    reach_km
        Reach by straight line.
    seed
        Of everything random.
    """
    rng = np.random.default_rng(seed)
    home, at = (rng.random((count, 2)) * SIDE * SPACING_KM for count in (zones, sites))
    pairs = cKDTree(home).sparse_distance_matrix(cKDTree(at), reach_km, output_type="coo_matrix")
    weight = _demand(home, rng)
    return Question.from_pairs(
        pairs.row, pairs.col, pairs.data, weight=weight, sites=sites, most=most
    )


def _network(rng: np.random.Generator) -> tuple[Floats, sparse.csr_array]:
    """Return (N, 2) km and the minutes between neighbours."""
    line, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    point = np.stack([column, line], axis=1) + rng.uniform(-0.3, 0.3, size=(SIDE * SIDE, 2))
    point *= SPACING_KM
    across, along = np.flatnonzero(column < SIDE - 1), np.flatnonzero(line < SIDE - 1)
    tail = np.concatenate([across, along])
    head = np.concatenate([across + 1, along + SIDE])
    main = np.concatenate([line[across] % 10 == 0, column[along] % 10 == 0])
    there = main | (rng.random(len(tail)) >= MISSING_SHARE)
    km = np.hypot(*(point[tail] - point[head]).T)
    minutes = 60 * km / np.where(main, ARTERIAL_KMH, STREET_KMH)
    shape = (len(point), len(point))
    half = sparse.coo_array((minutes[there], (tail[there], head[there])), shape=shape)
    return point, sparse.csr_array(half + half.T)


def _demand(home: Floats, rng: np.random.Generator) -> Floats:
    """Return log-normal demand, most of it around the hot spots."""
    spots = rng.random((HOT_SPOTS, 2)) * SIDE * SPACING_KM
    far = cKDTree(spots).query(home)[0]
    heat = 0.2 + 3 * np.exp(-((far / HOT_KM) ** 2) / 2)
    return np.round(rng.lognormal(2.0, 0.8, size=len(home)) * heat, 2)


def _by_zone(
    near: NDArray[np.intp],
    site: NDArray[np.intp],
    minutes: Floats,
    where: NDArray[np.intp],
    weight: Floats,
    sites: int,
    most: int,
) -> Question:
    """Return the question of zones that share places, without a list of all pairs in between."""
    places = int(where.max()) + 1
    by_place = sparse.csr_array((minutes, (near, site)), shape=(places, sites))
    by_place.sort_indices()
    whole = by_place[where]
    start = whole.indptr.astype(np.int64)
    return Question(weight, start, whole.indices.astype(np.int32), whole.data, sites, most)
