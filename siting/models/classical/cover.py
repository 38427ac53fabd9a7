r"""Hold what every covering question has in common, and state it as arrays.

Zone :math:`i` may be covered up to :math:`K` times; its :math:`k`-th coverage is worth
:math:`v_{ki}`, no more than the one before, and :math:`n_i` times it has to be covered besides.

.. math::

    \max \quad & \sum_{ki} v_{ki} z_{ki} - \sum_j c_j y_j \\
    \text{cover:}    \quad & \sum_{j \in N(i)} y_j - \sum_k z_{ki} \ge n_i \\
    \text{least:}    \quad & \sum_j y_j \ge q, \qquad \text{most:} \quad \sum_j y_j \le p \\
    \text{limits:}   \quad & l \le R y \le u \\
    \text{served:}   \quad & \sum_{j \in N(i)} s_{ij} - \sum_k z_{ki} = n_i \\
    \text{capacity:} \quad & \sum_i w_i s_{ij} \le \min(Q_j, \textstyle\sum_{i: j \in N(i)} w_i) y_j

with :math:`y_j \in \{0, 1\}`, 1 where the site is kept, :math:`z, s \in [0, 1]`; the last two only
where sites have a capacity, :math:`s_{ij}` being the part of the zone's weight that goes to the
site. As worth falls with :math:`k`, :math:`z` needs no order and no integrality.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.highs import Arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.question import Limits, Question

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

SLACK = 1e-9
"""Relative slack on limits: sums of floats miss an exact one by 1e-13."""


@dataclass(frozen=True, eq=False)
class Cover:
    """Hold a covering question: I zones (or merged ones), J sites."""

    reach: sparse.csr_array
    """(I, J) 1 where the site is within reach; columns ascend. Of any type until it is reduced."""
    weight: Floats
    """(I,)"""
    worth: Floats
    """(K, I) of each zone's first, second ... coverage; falling, at least 0."""
    need: Floats
    """(I,) how many times a zone has to be covered besides."""
    price: Floats
    """(J,) of opening a site, in units of worth; at least 0."""
    kept: NDArray[np.bool_]
    least: int
    most: int
    limits: Limits
    capacity: Floats | None = None
    """(J,) or None."""

    @property
    def sites(self) -> int:
        """Return J."""
        return int(self.reach.shape[1])

    def times(self, opened: NDArray[np.bool_]) -> Indices:
        """Return (I,) how many open sites are within each zone's reach."""
        so_far = np.zeros(self.reach.nnz + 1, dtype=np.int64)
        np.cumsum(opened[self.reach.indices], out=so_far[1:])
        return np.asarray(so_far[self.reach.indptr[1:]] - so_far[self.reach.indptr[:-1]])

    def value(self, opened: NDArray[np.bool_]) -> float:
        """Return what a choice of sites is worth, capacities aside.

        Parameters
        ----------
        opened
            (J,)
        """
        times = self.times(opened) - self.need
        layers = np.arange(len(self.worth))[:, None]
        covered = np.clip(times - layers, 0.0, 1.0)
        return float(np.sum(self.worth * covered) - self.price[opened].sum())

    def covers(self, opened: NDArray[np.bool_]) -> bool:
        """Tell whether every zone is covered as often as it has to be."""
        return bool(np.all(self.times(opened) >= self.need))

    def keeps(self, opened: NDArray[np.bool_]) -> bool:
        """Tell whether a choice keeps count, kept sites and limits."""
        count = int(opened.sum())
        within = self.least <= count <= self.most and not np.any(self.kept & ~opened)
        return within and self.limits.hold(opened)

    def whole(self) -> bool:
        """Tell whether every worth and price is an integer, so that bounds may be rounded."""
        numbers = np.concatenate([self.worth.ravel(), self.price])
        return self.capacity is None and bool(np.all(numbers == np.round(numbers)))

    def arrays(self, zone_names: Indices | None = None) -> Arrays:
        """Return the program: columns y, z by layers, s by pairs; rows as in the module's text.

        Parameters
        ----------
        zone_names
            (I,) number by which rows call each zone; without, rows have no names.
        """
        named = zone_names is not None
        zone = np.empty(0, dtype=np.int64) if zone_names is None else zone_names
        layers, zones = self.worth.shape
        pairs = self.reach.nnz if self.capacity is not None else 0
        sites, columns = self.sites, self.sites + layers * zones + pairs
        blocks = [
            self._cover_rows(pairs, zone),
            *self._count_rows(columns),
            *self._limit_rows(columns),
        ]
        blocks += self._capacity_rows(zone) if self.capacity is not None else []
        matrix = sparse.csr_array(sparse.vstack([block.rows for block in blocks], format="csr"))
        matrix.sort_indices()
        minimise = not layers
        cost = np.concatenate([-self.price, self.worth.ravel(), np.zeros(pairs)])
        return Arrays(
            maximise=not minimise,
            cost=-cost if minimise else cost,
            lower=np.concatenate([self.kept.astype(float), np.zeros(columns - sites)]),
            upper=np.ones(columns),
            integer=np.arange(columns) < sites,
            row_lower=np.concatenate([block.lower for block in blocks]),
            row_upper=np.concatenate([block.upper for block in blocks]),
            start=matrix.indptr.astype(np.int32),
            index=matrix.indices.astype(np.int32),
            value=matrix.data,
            row_names=tuple(name for block in blocks for name in block.names) if named else (),
        )

    def _cover_rows(self, pairs: int, zone_names: Indices) -> _Block:
        layers, zones = self.worth.shape
        parts = [self.reach, *([-sparse.eye_array(zones, format="csr")] * layers)]
        rows = sparse.hstack([*parts, sparse.csr_array((zones, pairs))], format="csr")
        names = tuple(f"cover({i})" for i in zone_names.tolist())
        return _Block(rows, self.need, np.full(zones, np.inf), names)

    def _count_rows(self, columns: int) -> list[_Block]:
        every = sparse.csr_array(np.arange(columns)[None, :] < self.sites, dtype=float)
        nothing = np.array([np.inf])
        blocks = [_Block(every, -nothing, np.array([float(self.most)]), ("most",))]
        if self.least:
            blocks.insert(0, _Block(every, np.array([float(self.least)]), nothing, ("least",)))
        return blocks

    def _limit_rows(self, columns: int) -> list[_Block]:
        limits = one_sided(self.limits)
        if not limits.names:
            return []
        count, sites = limits.rows.shape
        rows = sparse.hstack([limits.rows, sparse.csr_array((count, columns - sites))])
        return [_Block(sparse.csr_array(rows), limits.lower, limits.upper, limits.names)]

    def _capacity_rows(self, zone_names: Indices) -> list[_Block]:
        layers, zones = self.worth.shape
        pairs, sites = self.reach.nnz, self.sites
        pair, ones = np.arange(pairs), np.ones(pairs)
        zone, site = self.pair_zone(), self.reach.indices
        to_zone = sparse.csr_array((ones, (zone, pair)), shape=(zones, pairs))
        to_site = sparse.csr_array((self.weight[zone], (site, pair)), shape=(sites, pairs))
        parts = [sparse.csr_array((zones, sites)), *([-sparse.eye_array(zones)] * layers), to_zone]
        served = sparse.hstack(parts, format="csr")
        room = -sparse.diags_array(self.room(), format="csr")
        nothing = sparse.csr_array((sites, layers * zones))
        capacity = sparse.hstack([room, nothing, to_site], format="csr")
        names = tuple(f"served({i})" for i in zone_names.tolist())
        room_names = tuple(f"capacity({j})" for j in range(sites))
        return [
            _Block(served, self.need, self.need, names),
            _Block(capacity, np.full(sites, -np.inf), np.zeros(sites), room_names),
        ]

    def room(self) -> Floats:
        """Return (J,) what a site can serve: its capacity, or all the weight within its reach."""
        around = self.reach.T @ self.weight
        return around if self.capacity is None else np.minimum(self.capacity, around)

    def pair_zone(self) -> Indices:
        """Return (P,) the zone of each pair of ``reach``."""
        return np.repeat(np.arange(len(self.weight)), np.diff(self.reach.indptr))


@dataclass(frozen=True, eq=False)
class Found:
    """Hold the best choice, and the proven bound on what any is worth."""

    opened: NDArray[np.bool_] | None
    """(J,)"""
    bound: float
    infeasible: bool
    method: str


@dataclass(frozen=True, eq=False)
class _Block:
    rows: sparse.csr_array
    lower: Floats
    upper: Floats
    names: tuple[str, ...]


def inner(one: Floats, other: Floats) -> float:
    """Return the inner product, the same whatever the threads, and without waiting for them."""
    return float(np.sum(one * other))


def one_sided(limits: Limits) -> Limits:
    """Return the limits with a hair of slack, a row for each finite side of one.

    A limit whose sides are equal becomes two rows as well: with slack it is no equation.
    """
    low, high = np.isfinite(limits.lower), np.isfinite(limits.upper)
    row = np.repeat(np.arange(len(limits.names)), low.astype(int) + high)
    upper_side = np.zeros(len(row), dtype=bool)
    last = np.append(row[1:] != row[:-1], True) if len(row) else upper_side
    upper_side = last & high[row]
    slack = SLACK * np.maximum(1.0, np.abs(np.where(upper_side, limits.upper[row], 0)))
    slack = np.maximum(slack, SLACK * np.abs(np.where(upper_side, 0, limits.lower[row])))
    marks = np.where(upper_side, "<=", ">=")
    both = (low & high)[row]
    return type(limits)(
        sparse.csr_array(limits.rows[row]),
        np.where(upper_side, -np.inf, limits.lower[row] - slack),
        np.where(upper_side, limits.upper[row] + slack, np.inf),
        tuple(
            f"{limits.names[r]}{mark if two else ''}"
            for r, mark, two in zip(row.tolist(), marks.tolist(), both.tolist(), strict=True)
        ),
    )


def asked(question: Question) -> Indices:
    """Return the zones with a weight and a site within reach, ascending."""
    return np.flatnonzero((question.weight > 0) & (np.diff(question.start) > 0))


def reach_of(question: Question, zones: Indices) -> sparse.csr_array:
    """Return (zones, J) which sites are within reach of some zones, in bytes: pairs are many."""
    shape, site, start = (len(zones), question.sites), question.site, question.start
    if len(zones) < len(question.weight):
        length = np.diff(question.start)
        site = site[np.repeat(np.isin(np.arange(len(length)), zones), length)]
        start = np.concatenate([[0], np.cumsum(length[zones])])
    return sparse.csr_array((np.ones(len(site), dtype=np.int8), site, start), shape=shape)
