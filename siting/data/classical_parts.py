"""Hold what classical questions ask beyond the main problem: trips to refuel, a market to win."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Flows:
    """Hold Q trips and the sites they pass, N in all."""

    flow: Floats
    """(Q,) trips a day."""
    length_km: Floats
    """(Q,) one way."""
    start: NDArray[np.int64]
    """(Q + 1,) where each trip's sites begin, as in a CSR matrix."""
    site: NDArray[np.int64]
    """(N,) in the order they are passed."""
    km: Floats
    """(N,) from the origin."""
    range_km: float
    round_trip: bool
    start_share: float
    """Of the range, at an origin without a station."""
    end_share: float
    """Of the range, left at an end without a station."""


@dataclass(frozen=True, eq=False)
class Market:
    """Hold what stations attract."""

    type_pull: Floats
    """(K,) size of a type, to the power of the scenario."""
    pair_pull: Floats
    """(P,) 1 / minutes of a pair, to the power of the scenario."""
    rival: NDArray[np.bool_]
    """(J,) existing stations of competitors."""
    rivals: Floats
    """(I,) attraction of all competitors within reach of a zone."""
