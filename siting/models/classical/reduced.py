"""Cut a location question down to what a better choice than the best known may still use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.lagrangian import margins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.lagrangian import Parts, Prices


@dataclass(frozen=True, eq=False)
class Reduced:
    """Hold what is left of a question."""

    pairs: NDArray[np.int64]
    """Pairs that may be used, ascending."""
    lower: NDArray[np.float64]
    """(J,) 1 where a site has to open."""
    upper: NDArray[np.float64]
    """(J,) 0 where a site has to stay closed."""
    may: NDArray[np.bool_]
    """(Z, K) which of the nearest pairs may be used."""
    enough: bool
    """False if some zone may need pairs beyond its nearest ones."""


def settle(
    parts: Parts, prices: Prices, cutoff: float, opened: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return bounds on sites that every choice cheaper than a cutoff keeps.

    A site whose state at the prices cannot be reversed without passing the cutoff is settled, the
    best known choice's own sites aside, so that the search can start from it.

    Parameters
    ----------
    parts, prices
        The question in parts, and prices on it.
    cutoff
        Choices that cost more do not matter.
    opened
        (J,) the best known choice.
    """
    passed = prices.bound + margins(parts, prices) > cutoff
    lower = (passed & prices.opened & opened) | parts.kept
    upper = ~(passed & ~prices.opened & ~opened)
    return lower.astype(float), upper.astype(float)


def reduce(parts: Parts, prices: Prices, cutoff: float, opened: NDArray[np.bool_]) -> Reduced:
    """Return what a choice cheaper than a cutoff, each zone going to its nearest site, may use.

    A zone goes no farther than to the nearest site that is sure to open, and a pair that costs
    more than its zone's price adds the difference to the bound.

    Parameters
    ----------
    parts, prices
        The question in parts, without capacities, and prices on it.
    cutoff
        Choices that cost more do not matter.
    opened
        (J,) the best known choice; its pairs stay in.
    """
    near = parts.near
    lower, upper = settle(parts, prices, cutoff, opened)
    real = np.isfinite(near.cost)
    rise = np.where(prices.opened, 0.0, np.minimum(margins(parts, prices), np.inf))
    total = prices.bound + np.maximum(near.cost - prices.zone[:, None], 0.0) + rise[near.site]
    sure = np.where((lower[near.site] > 0) & real, near.cost, np.inf).min(axis=1)
    used = np.where(opened[near.site] & real, near.cost, np.inf).min(axis=1)
    may = real & (upper[near.site] > 0) & (total <= cutoff)
    may |= real & opened[near.site] & (near.cost <= used[:, None])
    may &= near.cost <= sure[:, None]
    beyond = prices.bound + near.rest - prices.zone <= cutoff
    enough = not np.any(beyond & (near.rest <= sure))
    return Reduced(np.sort(near.pair[may]), lower, upper, may, enough)
