"""Draw trips between sub-districts: a gravity model, as nobody publishes an O-D table.

Trips fall with the square of distance (J. Q. Stewart, "Demographic gravitation", Sociometry 11
(1948) 31-58, is the idea; the exponent and the number of trips are assumed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from siting.data.synth.zones import Zones

_TRIPS_PER_PERSON = 0.005
"""Trips a day by electric car that leave a sub-district's surroundings; assumed."""
_LEAST_M = 8_000.0
"""Nearer sub-districts exchange no trips that ask for a charge on the way; assumed."""
_MOST_PAIRS = 600
"""Pairs kept, those with most trips."""


def make_flows(zones: Zones) -> pd.DataFrame:
    """Return origin, destination and trips a day, out and back counted once.

    A sub-district's trips begin and end in its zone with the most people.
    """
    order = np.lexsort((-zones.people, zones.cell))
    centre = order[np.diff(zones.cell[order], prepend=-1) > 0]
    people = np.bincount(zones.cell, weights=zones.people)[zones.cell[centre]]
    first, second = np.triu_indices(len(centre), k=1)
    apart = np.linalg.norm(zones.points[centre[first]] - zones.points[centre[second]], axis=1)
    pull = np.where(apart >= _LEAST_M, people[first] * people[second] / apart**2, 0.0)
    kept = np.argsort(-pull, kind="stable")[:_MOST_PAIRS]
    kept = np.sort(kept[pull[kept] > 0])
    trips = pull[kept] / pull[kept].sum() * zones.people.sum() * _TRIPS_PER_PERSON
    return pd.DataFrame(
        {
            "origin": [f"zone-{row + 1:04d}" for row in centre[first[kept]]],
            "destination": [f"zone-{row + 1:04d}" for row in centre[second[kept]]],
            "trips": np.round(trips, 1),
        }
    )
