"""Hold a program whose limits can be given up or made to give way, whatever they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from scipy import sparse

from siting.models.relaxation import matrix, part_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from siting.models.highs import Arrays

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

Key = TypeVar("Key")
"""What a limit is called: anything that can be a key and be sorted."""


@dataclass(frozen=True, eq=False)
class Give:
    """Say how a limit gives way, and how that is counted.

    What is counted is ``cost @ slack``, or where ``depth`` is given the largest ``depth`` of a
    slack that is used at all; and the number of ``columns`` set to 1.
    """

    entry: sparse.csc_array
    """(rows, n) what one unit of each slack adds to a row."""
    upper: Values
    """(n,) most of each slack."""
    cost: Values
    """(n,) of one unit."""
    depth: Values = field(default_factory=lambda: np.empty(0))
    """(n,) or empty."""
    columns: Indices = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Columns of the program, each counted as 1."""


@dataclass(frozen=True, eq=False)
class Limit:
    """Hold one limit: the rows and columns that state it, and how it gives way."""

    rows: Indices
    lower: Values
    """(rows,) their lower bounds once the limit is given up."""
    upper: Values
    """(rows,)"""
    give: Give
    size: float
    """What the limit allows or asks for, in the unit of its give; 0 where it allows nothing."""
    columns: Indices = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Columns that the limit keeps at 0, and that may be 1 without it."""
    heavy: bool = False
    """True if the limit needs the program's spare columns."""


def whole_rows(rows: Indices, give: Give, size: float, *, heavy: bool = False) -> Limit:
    """Return a limit stated by rows that say nothing once it is given up."""
    endless = np.full(len(rows), np.inf)
    return Limit(rows, -endless, endless, give, size, heavy=heavy)


@dataclass(frozen=True, eq=False)
class Program(Generic[Key]):
    """Hold a program with all its limits in force."""

    arrays: Arrays
    limits: dict[Key, Limit]
    spare: Indices
    """Columns that only heavy limits need; rows that hold any of them are left out with them."""
    blocks: tuple[Indices, ...] = ()
    """Sets of columns, such as a phase each, that are worth asking alone first."""

    def under(self, held: Iterable[Key]) -> Arrays:
        """Return the program with no other limits than those, and nothing to optimise."""
        given_up = [limit for key, limit in self.limits.items() if key not in set(held)]
        lower, upper = self.arrays.row_lower.copy(), self.arrays.row_upper.copy()
        columns = self.arrays.upper.copy()
        for limit in given_up:
            lower[limit.rows], upper[limit.rows] = limit.lower, limit.upper
            columns[limit.columns] = 1.0
        return replace(
            self.arrays,
            maximise=False,
            cost=np.zeros(len(columns)),
            row_lower=lower,
            row_upper=upper,
            upper=columns,
        )

    def kept_columns(self, keys: Iterable[Key]) -> Indices:
        """Return the columns that those limits need, ascending."""
        everything = np.arange(len(self.arrays.cost))
        if any(self.limits[key].heavy for key in keys):
            return everything
        return np.asarray(np.setdiff1d(everything, self.spare))

    def bare(self, arrays: Arrays, kept: Indices) -> tuple[Arrays, Indices]:
        """Return a program over some columns, and which rows say something about them alone."""
        rows = matrix(arrays)
        dropped = np.ones(len(arrays.cost), dtype=bool)
        dropped[kept] = False
        touched = np.asarray(abs(rows) @ dropped.astype(float)) > 0
        says = np.isfinite(arrays.row_lower) | np.isfinite(arrays.row_upper)
        chosen = np.flatnonzero(says & ~touched)
        cost, maximise = arrays.cost, arrays.maximise
        return part_of(arrays, rows, chosen, kept, cost=cost, maximise=maximise), chosen


def joined(gives: list[Give], weights: list[float]) -> Give:
    """Return several gives as one, each weighed, and counted one by one even where it has depth."""
    cost = [
        weight * (give.cost if not len(give.depth) else np.ones(len(give.cost)))
        for give, weight in zip(gives, weights, strict=True)
    ]
    return Give(
        entry=sparse.csc_array(sparse.hstack([give.entry for give in gives], format="csc")),
        upper=np.concatenate([give.upper for give in gives]),
        cost=np.concatenate(cost),
        columns=np.concatenate([give.columns for give in gives]),
    )


def soften(arrays: Arrays, give: Give) -> Arrays:
    """Return the program that gives way as little as it can; slacks stand after its columns.

    Parameters
    ----------
    arrays
        The program; its own objective is left aside.
    give
        What may give way. Where it has depths, one column more holds the largest one used.
    """
    size, count = len(arrays.cost), len(give.upper)
    peak = len(give.depth) > 0
    wide = sparse.hstack([matrix(arrays), give.entry], format="csr")
    lower, upper = arrays.row_lower, arrays.row_upper
    own, cost = np.zeros(size), give.cost
    own[give.columns] = 1.0
    if peak:
        deep = sparse.hstack(
            [sparse.csr_array((count, size)), sparse.diags_array(-give.depth)], format="csr"
        )
        ones = np.concatenate([np.zeros(len(lower)), np.ones(count)])
        tall = sparse.csr_array(sparse.vstack([wide, deep]))
        wide = sparse.hstack([tall, sparse.csr_array(ones[:, None])], format="csr")
        lower = np.append(lower, np.zeros(count))
        upper = np.append(upper, np.full(count, np.inf))
        cost = np.append(np.zeros(count), 1.0)
    most = np.append(give.upper, give.depth.max()) if peak else give.upper
    wide = sparse.csr_array(wide)
    return replace(
        arrays,
        maximise=False,
        cost=np.concatenate([own, cost]),
        lower=np.append(arrays.lower, np.zeros(len(cost))),
        upper=np.append(arrays.upper, most),
        integer=np.append(arrays.integer, np.zeros(len(cost), dtype=bool)),
        row_lower=lower,
        row_upper=upper,
        start=wide.indptr.astype(np.int32),
        index=wide.indices.astype(np.int32),
        value=wide.data,
        row_names=(),
    )
