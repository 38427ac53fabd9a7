"""Find rows of a sparse matrix that have the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    Flags = NDArray[np.bool_]
    Indices = NDArray[np.int64]

MARKS = 1009
"""Tells marks apart in a key."""
BLOCK = 2_000_000
"""Entries looked at in one go, to spare memory."""


def same_rows(
    reach: sparse.csr_array, rows: Indices, mark: NDArray[np.float64]
) -> tuple[Indices, Indices]:
    """Group rows with the same columns and mark.

    Rows get a key each, a sum of random numbers of their columns; equal keys are then compared.

    Parameters
    ----------
    reach
        (I, J) with sorted columns.
    rows
        (N,) rows to group.
    mark
        (N,) small whole numbers that rows of a group have to share as well.

    Returns
    -------
    (G,) position in ``rows`` of a representative of each group, and (N,) the group of each row.
    """
    random = np.random.default_rng(0).integers(1, 2**62, size=reach.shape[1], dtype=np.int64)
    key = _sums_of_rows(reach, random)[rows] * MARKS + mark.astype(np.int64)
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    length = np.diff(reach.indptr)[rows]
    other = first[group]
    differs = (length != length[other]) | (mark != mark[other])
    doubtful = np.flatnonzero(~differs & (other != np.arange(len(rows))))
    for part in np.array_split(doubtful, 1 + int(length[doubtful].sum()) // BLOCK):
        differs[part] = ~_equal_rows(reach, rows[part], rows[other[part]])
    lone = np.flatnonzero(differs)  # equal keys, other columns: a group of its own
    group[lone] = len(first) + np.arange(len(lone))
    return np.concatenate([first, lone]), group


def _sums_of_rows(reach: sparse.csr_array, number: Indices) -> Indices:
    sums = np.zeros(reach.shape[0], dtype=np.int64)
    filled = np.flatnonzero(np.diff(reach.indptr))
    for rows in np.array_split(filled, 1 + reach.nnz // BLOCK):
        if len(rows):
            begin, end = reach.indptr[rows[0]], reach.indptr[rows[-1] + 1]
            numbers = number[reach.indices[begin:end]]
            sums[rows] = np.add.reduceat(numbers, reach.indptr[rows] - begin)
    return sums


def _equal_rows(reach: sparse.csr_array, one: Indices, other: Indices) -> Flags:
    """Tell which rows have the same columns as others of the same length."""
    size = np.diff(reach.indptr)[one]
    offset = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    mine = reach.indices[offset + np.repeat(reach.indptr[one], size)]
    theirs = reach.indices[offset + np.repeat(reach.indptr[other], size)]
    equal = np.ones(len(one), dtype=bool)
    equal[np.repeat(np.arange(len(one)), size)[mine != theirs]] = False
    return equal
