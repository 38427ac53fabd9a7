"""Hold rows over the choice of stations that a problem itself does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.relaxation import with_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.highs import Arrays


def choices(problem: Problem) -> NDArray[np.int64]:
    """Return site, type and phase of each choice, (choice, 3), in the order of a statement."""
    site, kind = np.nonzero(problem.allowed)
    phases = len(problem.phases)
    phase = np.repeat(np.arange(phases), len(site))
    return np.column_stack([np.tile(site, phases), np.tile(kind, phases), phase])


@dataclass(frozen=True, eq=False)
class Cuts:
    """Hold lower bounds on sums over the choice."""

    rows: sparse.csr_array
    """(R, choice)"""
    lower: NDArray[np.float64]
    """(R,)"""

    def add_to(self, arrays: Arrays) -> Arrays:
        """Return a program with these rows; the choice stands in its first columns."""
        rest = len(arrays.cost) - self.rows.shape[1]
        wide = sparse.csr_array(
            sparse.hstack([self.rows, sparse.csr_array((len(self.lower), rest))], format="csr")
        )
        return with_rows(arrays, wide, self.lower, np.full(len(self.lower), np.inf))


def differing(problem: Problem, opened: list[NDArray[np.bool_]], least: int) -> Cuts:
    r"""Return cuts: at least so many sites differ from each of some sets of open stations.

    With :math:`z_j` the supercharging station of site j at the end of the last phase and S a set,
    :math:`\sum_{j \in S} (1 - z_j) + \sum_{j \notin S} z_j \ge k` (a Hamming distance; for k = 1
    the no-good cut of Balas & Jeroslow, SIAM Journal on Applied Mathematics 23, 1972).

    Parameters
    ----------
    problem
        The question.
    opened
        Sets of sites, each (J,).
    least
        k
    """
    site, kind, phase = choices(problem).T
    counts = problem.is_super[kind] & (phase == len(problem.phases) - 1)
    rows = [np.where(counts, np.where(one[site], -1.0, 1.0), 0.0) for one in opened]
    lower = [least - float(one.sum()) for one in opened]
    return Cuts(sparse.csr_array(np.array(rows)), np.array(lower))
