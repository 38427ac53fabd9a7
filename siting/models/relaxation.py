"""Bound a program from any dual values, and cut it down to part of its columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.highs import Arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.highs import Run


def matrix(arrays: Arrays) -> sparse.csr_array:
    """Return the constraint matrix, (rows, columns)."""
    shape = (len(arrays.row_lower), len(arrays.cost))
    return sparse.csr_array((arrays.value, arrays.index, arrays.start), shape=shape)


def safe_bound(arrays: Arrays, duals: NDArray[np.float64], upper: NDArray[np.float64]) -> float:
    r"""Return a bound on the objective that holds whatever the duals are worth.

    For :math:`\max c^T x`, :math:`l \le A x \le u`, :math:`0 \le x \le \bar x` and any row prices
    :math:`\lambda` of the right sign, :math:`\lambda^T b + \sum_n \max(0, c_n - (A^T \lambda)_n)
    \bar x_n` is an upper bound (A. Neumaier & O. Shcherbina, Mathematical Programming 99, 2004).
    Interior-point duals are not exact and HiGHS leaves their sign open without crossover, so both
    signs are tried: each gives a true bound, and the better one is returned.

    Parameters
    ----------
    arrays
        The program; lower column bounds must be 0.
    duals
        (rows,)
    upper
        (columns,) finite upper bound of every column.
    """
    sign = 1.0 if arrays.maximise else -1.0
    by_column = matrix(arrays).T.tocsr()
    bounds = []
    for prices in (duals, -duals):
        kept = np.where(np.isinf(arrays.row_upper), np.minimum(prices, 0), prices)
        kept = np.where(np.isinf(arrays.row_lower), np.maximum(kept, 0), kept)
        limit = np.where(kept > 0, arrays.row_upper, arrays.row_lower)
        limit = np.where(kept == 0, 0.0, limit)
        reduced = sign * arrays.cost - by_column @ kept
        bounds.append(float(kept @ limit + np.maximum(reduced, 0.0) @ upper))
    return sign * min(bounds)


def restrict(
    arrays: Arrays,
    rows_by_column: sparse.csc_array,
    free: NDArray[np.int64],
    values: NDArray[np.float64],
) -> Arrays:
    """Return the program over some columns, all others held at their values.

    Parameters
    ----------
    arrays
        The whole program.
    rows_by_column
        Its constraint matrix.
    free
        Columns left free, ascending.
    values
        (columns,) what the others are held at.
    """
    held = values.copy()
    held[free] = 0.0
    activity = rows_by_column @ held
    part = rows_by_column[:, free].tocsr()
    touched = np.flatnonzero(np.diff(part.indptr))
    part = part[touched]
    return Arrays(
        maximise=arrays.maximise,
        cost=arrays.cost[free],
        lower=arrays.lower[free],
        upper=arrays.upper[free],
        integer=arrays.integer[free],
        row_lower=arrays.row_lower[touched] - activity[touched],
        row_upper=arrays.row_upper[touched] - activity[touched],
        start=part.indptr.astype(np.int32),
        index=part.indices.astype(np.int32),
        value=part.data,
        row_names=(),
    )


def columns_of(
    arrays: Arrays, kept: NDArray[np.int64], *, cost: NDArray[np.float64], maximise: bool
) -> Arrays:
    """Return the program over some columns and the rows that hold nothing else.

    Parameters
    ----------
    arrays
        The whole program.
    kept
        Columns to keep.
    cost
        (columns,) objective over all columns of the whole.
    maximise
        Its sense.
    """
    rows = matrix(arrays)
    return part_of(arrays, rows, rows_within(rows, kept), kept, cost=cost, maximise=maximise)


def rows_within(rows: sparse.csr_array, columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of a constraint matrix that hold no other column than these."""
    other = np.ones(rows.shape[1], dtype=bool)
    other[columns] = False
    entries = np.append(0, np.cumsum(other[rows.indices]))
    return np.flatnonzero(entries[rows.indptr[1:]] == entries[rows.indptr[:-1]])


def part_of(
    arrays: Arrays,
    rows: sparse.csr_array,
    kept_rows: NDArray[np.int64],
    kept: NDArray[np.int64],
    *,
    cost: NDArray[np.float64],
    maximise: bool,
) -> Arrays:
    """Return the program over some rows and columns; what is left out counts as 0.

    Parameters
    ----------
    arrays
        The whole program.
    rows
        Its constraint matrix.
    kept_rows, kept
        Rows and columns to keep.
    cost
        (columns,) objective over all columns of the whole.
    maximise
        Its sense.
    """
    part = rows[kept_rows][:, kept].tocsr()
    return Arrays(
        maximise=maximise,
        cost=cost[kept],
        lower=arrays.lower[kept],
        upper=arrays.upper[kept],
        integer=arrays.integer[kept],
        row_lower=arrays.row_lower[kept_rows],
        row_upper=arrays.row_upper[kept_rows],
        start=part.indptr.astype(np.int32),
        index=part.indices.astype(np.int32),
        value=part.data,
        row_names=(),
    )


def with_rows(
    arrays: Arrays,
    rows: sparse.csr_array,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> Arrays:
    """Return the program with some rows more, (extra, columns)."""
    names = tuple(f"extra({n})" for n in range(rows.shape[0]))
    return replace(
        arrays,
        row_lower=np.append(arrays.row_lower, lower),
        row_upper=np.append(arrays.row_upper, upper),
        start=np.append(arrays.start, arrays.start[-1] + rows.indptr[1:]).astype(np.int32),
        index=np.append(arrays.index, rows.indices).astype(np.int32),
        value=np.append(arrays.value, rows.data),
        row_names=(*arrays.row_names, *names) if arrays.row_names else (),
    )


def elastic(arrays: Arrays, floors: NDArray[np.int64], penalty: float) -> Arrays:
    """Return the program with a priced column for what is missing to each of some rows.

    Parameters
    ----------
    arrays
        The program.
    floors
        Rows that may be missed.
    penalty
        Price of one unit missing, in units of the objective.
    """
    if not len(floors):
        return arrays
    missing = sparse.csr_array(
        (np.ones(len(floors)), (floors, np.arange(len(floors)))),
        shape=(len(arrays.row_lower), len(floors)),
    )
    whole = sparse.csr_array(sparse.hstack([matrix(arrays), missing], format="csr"))
    price = -penalty if arrays.maximise else penalty
    return replace(
        arrays,
        cost=np.append(arrays.cost, np.full(len(floors), price)),
        lower=np.append(arrays.lower, np.zeros(len(floors))),
        upper=np.append(arrays.upper, arrays.row_lower[floors]),
        integer=np.append(arrays.integer, np.zeros(len(floors), dtype=bool)),
        start=whole.indptr.astype(np.int32),
        index=whole.indices.astype(np.int32),
        value=whole.data,
    )


def with_floor(
    arrays: Arrays,
    cost: NDArray[np.float64],
    values: NDArray[np.float64],
    *,
    give: float = 1e-9,
) -> Arrays:
    """Return the program that minimises another cost and keeps what the objective is worth now.

    Parameters
    ----------
    arrays
        The program.
    cost
        (columns,) what to minimise.
    values
        (columns,) whose worth is kept.
    give
        Relative part of the worth that may be lost.
    """
    worth = float(arrays.cost @ values)
    slack = give * max(abs(worth), 1.0)
    low, high = (worth - slack, np.inf) if arrays.maximise else (-np.inf, worth + slack)
    row = sparse.csr_array(arrays.cost[None, :])
    kept = with_rows(arrays, row, np.array([low]), np.array([high]))
    return replace(kept, maximise=False, cost=cost)


@dataclass(frozen=True, eq=False)
class Scaled:
    """Hold a program in units that suit an interior point, and the way back."""

    arrays: Arrays
    column: NDArray[np.float64]
    """(columns,) what one unit of each column is worth in its old unit."""
    row: NDArray[np.float64]
    """(rows,) what each row was multiplied by."""
    money: float
    """What the objective was multiplied by."""

    def back(self, run: Run) -> Run:
        """Return a run in the old units."""
        values = run.values * self.column if len(run.values) else run.values
        duals = run.duals * self.row / self.money if len(run.duals) else run.duals
        objective, bound = run.objective / self.money, run.bound / self.money
        return replace(run, values=values, duals=duals, objective=objective, bound=bound)


def scaled(arrays: Arrays, upper: NDArray[np.float64]) -> Scaled:
    """Return the program with every column between 0 and 1, and rows about as large.

    A kWh beside a station of thousands of them keeps an interior point from making progress.

    Parameters
    ----------
    arrays
        The program; lower column bounds must be 0.
    upper
        (columns,) finite upper bound of every column.
    """
    column = np.where(upper > 0, upper, 1.0)
    value = arrays.value * column[arrays.index]
    size = np.where(value == 0, 1.0, np.abs(value))
    held = np.flatnonzero(np.diff(arrays.start))
    row = np.ones(len(arrays.row_lower))
    first = arrays.start[held]
    if len(held):
        spread = np.maximum.reduceat(size, first) * np.minimum.reduceat(size, first)
        row[held] = 1.0 / np.sqrt(spread)
    cost = arrays.cost * column
    money = 1.0 / max(float(np.abs(cost).max(initial=0.0)), 1e-12)
    even = replace(
        arrays,
        cost=cost * money,
        upper=arrays.upper / column,
        value=value * np.repeat(row, np.diff(arrays.start)),
        row_lower=arrays.row_lower * row,
        row_upper=arrays.row_upper * row,
    )
    return Scaled(even, column, row, money)
