"""Say by row what was decided of sites by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from siting.data.problem import NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem

    Indices = NDArray[np.int64]


class FixedRows(NamedTuple):
    """Hold the rows of one phase: a site holds its type, at least 1, or none, at most 0."""

    rows: int
    row: Indices
    """(entries,) row of each."""
    column: Indices
    """(entries,) column of each."""
    value: float
    """Every coefficient."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def fixed_rows(
    problem: Problem, phase: int, site: Indices, kind: Indices, columns: Indices
) -> FixedRows:
    """Return a phase's rows over its choices, given (choice,) sites, types and columns.

    A closed site that may hold nothing anyway has no row.
    """
    sites, asked = problem.fixes(phase)
    says = (asked != NONE) | problem.allowed[sites].any(axis=1)
    sites, asked = sites[says], asked[says]
    place = np.full(len(problem.sites), NONE, dtype=np.int64)
    want = place.copy()
    place[sites], want[sites] = np.arange(len(sites)), asked
    named = (want[site] == NONE) | (want[site] == kind)
    choice = np.flatnonzero((place[site] != NONE) & named)
    closed = asked == NONE
    low, high = np.where(closed, -np.inf, 1.0), np.where(closed, 0.0, np.inf)
    return FixedRows(len(sites), place[site[choice]], columns[choice], 1.0, low, high)
