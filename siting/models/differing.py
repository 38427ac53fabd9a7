"""Ask for a plan that differs from known ones, by rows that no problem holds itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.relaxation import with_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.highs import Arrays
    from siting.models.layout import Layout


@dataclass(frozen=True, eq=False)
class Differing:
    r"""Hold sets of open stations, and in how many sites at least a plan differs from each.

    With :math:`z_j` the supercharging station of site j at the end of the last phase and S a set,
    :math:`\sum_{j \in S} (1 - z_j) + \sum_{j \notin S} z_j \ge k` (a Hamming distance; for k = 1
    the no-good cut of Balas & Jeroslow, SIAM Journal on Applied Mathematics 23, 1972).
    """

    opened: NDArray[np.bool_]
    """(R, J)"""
    least: int
    """k"""

    def add_to(self, arrays: Arrays, layout: Layout) -> Arrays:
        """Return a program with one row a set more."""
        p = layout.problem
        counts = p.is_super[layout.kind] & (layout.phase == len(p.phases) - 1)
        sign = np.where(self.opened[:, layout.site], -1.0, 1.0) * counts
        wide = np.zeros((len(self.opened), len(arrays.cost)))
        wide[:, layout.choice] = sign
        lower = self.least - self.opened.sum(axis=1, dtype=float)
        endless = np.full(len(lower), np.inf)
        return with_rows(arrays, sparse.csr_array(wide), lower, endless)
