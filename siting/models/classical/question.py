r"""Hold a classical location question as arrays, and the answer to it.

Sizes: I zones, J sites, P pairs of a zone and a site within reach. A site is open or closed; a
question is one moment and one kind of station. What any member of the family may also be asked:
existing sites that stay (``kept``), capacities, a least and a most number of open sites, and linear
limits on the open sites :math:`y`, :math:`l \le R y \le u`: a ratio by district, spacing, a budget,
a substation's headroom.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

ChoiceStatus = Literal["optimal", "feasible", "infeasible", "no-solution"]


@dataclass(frozen=True, eq=False)
class Limits:
    """Hold linear limits on the open sites, one row a limit."""

    rows: sparse.csr_array
    """(R, J)"""
    lower: NDArray[np.float64]
    """(R,) or -inf."""
    upper: NDArray[np.float64]
    """(R,) or inf."""
    names: tuple[str, ...]
    """(R,) such as ``ratio(Futian)``: what an explanation of a conflict calls it."""

    @classmethod
    def none(cls, sites: int) -> Self:
        """Return no limits at all."""
        return cls(sparse.csr_array((0, sites)), np.empty(0), np.empty(0), ())

    def and_row(
        self,
        name: str,
        values: NDArray[np.float64],
        *,
        lower: float = -np.inf,
        upper: float = np.inf,
    ) -> Limits:
        """Return these limits and one more.

        Parameters
        ----------
        name
            What an explanation calls it.
        values
            (J,) coefficients of the open sites.
        lower, upper
            What the sum has to lie between.
        """
        return Limits(
            sparse.csr_array(sparse.vstack([self.rows, sparse.csr_array(values[None, :])])),
            np.append(self.lower, lower),
            np.append(self.upper, upper),
            (*self.names, name),
        )

    def hold(self, opened: NDArray[np.bool_], *, tolerance: float = 1e-6) -> bool:
        """Tell whether a choice of sites keeps every limit, to a relative tolerance."""
        size = abs(self.rows) @ np.ones(self.rows.shape[1])
        slack = tolerance * np.maximum(size, 1.0)
        total = self.rows @ opened.astype(float)
        return bool(np.all(total >= self.lower - slack) and np.all(total <= self.upper + slack))


@dataclass(frozen=True, eq=False)
class Question:
    """Hold one classical question."""

    weight: NDArray[np.float64]
    """(I,) demand of each zone, at least 0."""
    start: NDArray[np.int64]
    """(I + 1,) where each zone's pairs begin, as in a CSR matrix."""
    site: NDArray[np.int32]
    """(P,) site of each pair, ascending within a zone."""
    distance: NDArray[np.float64]
    """(P,) minutes, km or whatever the question counts; at least 0."""
    sites: int
    """J"""
    most: int
    """Most open sites, kept ones included."""
    least: int = 0
    """Fewest open sites, kept ones included."""
    kept: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    """(J,) existing sites that stay open; given empty, none."""
    capacity: NDArray[np.float64] | None = None
    """(J,) weight a site can serve, or None for no limit."""
    cost: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """(J,) of opening each site; given empty, 0. An existing site that may close costs 0."""
    limits: Limits = field(default_factory=lambda: Limits.none(0))

    def __post_init__(self) -> None:
        """Fill in what was left out."""
        if not len(self.kept):
            object.__setattr__(self, "kept", np.zeros(self.sites, dtype=bool))
        if not len(self.cost):
            object.__setattr__(self, "cost", np.zeros(self.sites))
        if self.limits.rows.shape[1] != self.sites:
            object.__setattr__(self, "limits", Limits.none(self.sites))

    @classmethod
    def from_matrix(
        cls, distance: ArrayLike, *, weight: ArrayLike, most: int, within: float = np.inf
    ) -> Question:
        """Return the question of a full distance matrix.

        Parameters
        ----------
        distance
            (I, J); inf where there is no way.
        weight
            (I,)
        most
            Most open sites.
        within
            Pairs farther apart are left out.
        """
        table = np.asarray(distance, dtype=float)
        near = np.isfinite(table) & (table <= within)
        zone, site = np.nonzero(near)
        return cls.from_pairs(
            zone, site, table[near], weight=weight, sites=table.shape[1], most=most
        )

    @classmethod
    def from_pairs(
        cls,
        zone: NDArray[np.integer],
        site: NDArray[np.integer],
        distance: NDArray[np.float64],
        *,
        weight: ArrayLike,
        sites: int,
        most: int,
    ) -> Question:
        """Return the question of a list of pairs within reach, in any order, each at most once."""
        demand = np.asarray(weight, dtype=float)
        order = np.lexsort((site, zone))
        start = np.searchsorted(zone[order], np.arange(len(demand) + 1))
        return cls(
            weight=demand,
            start=start.astype(np.int64),
            site=np.asarray(site, dtype=np.int32)[order],
            distance=np.asarray(distance, dtype=float)[order],
            sites=sites,
            most=most,
        )

    @cached_property
    def zone(self) -> NDArray[np.int64]:
        """(P,) zone of each pair, ascending."""
        return np.repeat(np.arange(len(self.weight)), np.diff(self.start))

    @cached_property
    def reach(self) -> sparse.csr_array:
        """(I, J) 1 where the site is within the zone's reach."""
        ones = np.ones(len(self.site))
        shape = (len(self.weight), self.sites)
        return sparse.csr_array((ones, self.site, self.start), shape=shape)

    def keeps(self, opened: NDArray[np.bool_]) -> bool:
        """Tell whether a choice of sites keeps count, kept sites and every limit."""
        count = int(opened.sum())
        if not self.least <= count <= self.most or np.any(self.kept & ~opened):
            return False
        return self.limits.hold(opened)


@dataclass(frozen=True, eq=False)
class Choice:
    """Hold which sites open, what that is worth, and how good it is proved to be."""

    status: ChoiceStatus
    opened: NDArray[np.bool_]
    """(J,); empty where nothing was found."""
    share: NDArray[np.float64]
    """(P,) part of a zone's weight that goes along each pair; empty where nobody is assigned."""
    objective: float
    """Recomputed from ``opened`` and ``share``; nan where nothing was found."""
    bound: float
    """Proven: no choice is better."""
    seconds: float
    method: str
    conflict: tuple[str, ...] = ()
    """Names of limits that cannot hold together, where that was found out."""

    @property
    def gap(self) -> float:
        """Return abs(bound - objective) / abs(objective)."""
        if self.bound == self.objective:
            return 0.0
        return abs(self.bound - self.objective) / max(abs(self.objective), 1e-9)


def spacing_rows(limits: Limits, conflicts: NDArray[np.int64], names: Sequence[str]) -> Limits:
    """Return the limits and, for each pair of sites that are too close, one more: not both.

    Parameters
    ----------
    limits
        What holds already.
    conflicts
        (S, 2) sites.
    names
        (S,) what an explanation calls each.
    """
    count = len(conflicts)
    shape = (count, limits.rows.shape[1])
    entry = (np.ones(2 * count), (np.repeat(np.arange(count), 2), conflicts.ravel()))
    rows = sparse.csr_array(sparse.coo_array(entry, shape=shape))
    return Limits(
        sparse.csr_array(sparse.vstack([limits.rows, rows])),
        np.append(limits.lower, np.full(count, -np.inf)),
        np.append(limits.upper, np.ones(count)),
        (*limits.names, *names),
    )
