"""Tell which sites lie around each other, by the zones they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from siting.data.problem import Problem


def shared_zones(problem: Problem) -> sparse.csr_array:
    """Return how much the reaches of two sites share, (J, J), rows adding up to 1 at most.

    Parameters
    ----------
    problem
        Its pairs count.
    """
    p = problem
    shape = (len(p.zones), len(p.sites))
    reach = sparse.csr_array((np.ones(len(p.pair_zone)), (p.pair_zone, p.pair_site)), shape=shape)
    both = sparse.csr_array(reach.T @ reach)
    total = np.maximum(both.sum(axis=1), 1.0)
    return sparse.csr_array(sparse.diags_array(1 / total) @ both)
