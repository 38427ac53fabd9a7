"""Weigh what stations attract drivers by, own and competitors' (Huff 1964)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.data.classical_parts import Market
from siting.data.problem import NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.travel import Pairs
    from siting.scenario import Scenario


def market_pull(
    scenario: Scenario, types: tuple[str, ...], initial: NDArray[np.int64], pairs: Pairs, zones: int
) -> Market | None:
    """Return what every type, pair and competitor attracts; None where no market is asked for.

    Parameters
    ----------
    scenario
        With section ``[market]``, where the objective is market.
    types
        Station types, in the order of the problem.
    initial
        (J,) type of existing stations, or NONE.
    pairs
        Within reach.
    zones
        How many there are.
    """
    rule = scenario.market
    if scenario.objective.kind != "market" or rule is None:
        return None
    kinds = [scenario.stations[k] for k in types]
    size = np.array([k.guns if rule.size == "guns" else k.pool_kw for k in kinds], dtype=float)
    type_pull = size**rule.size_exponent
    pair_pull = np.maximum(pairs.minutes, rule.nearest_min) ** -rule.distance_decay
    competing = np.array([k in rule.competitor_types for k in types])
    rival = (initial != NONE) & competing[np.maximum(initial, 0)]
    theirs = np.where(rival, type_pull[np.maximum(initial, 0)], 0.0)[pairs.site] * pair_pull
    rivals = np.bincount(pairs.zone, weights=theirs, minlength=zones).astype(np.float64)
    return Market(type_pull, pair_pull, rival, rivals)
