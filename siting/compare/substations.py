"""Say how the loading of each substation changes from one plan to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from siting.compare.stations import phase_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting.compare.read import Compared

SUBSTATIONS = (
    *("plan", "phase", "substation", "name", "name_zh", "lon", "lat", "limit_mw"),
    *("loading_first", "loading", "change", "charging_peak_mw_first", "charging_peak_mw"),
)
OVER = 1 + 1e-9


def substation_table(plans: Sequence[Compared]) -> pd.DataFrame:
    """Return the loading of every substation beside the first plan's (``SUBSTATIONS``).

    Loading is the part of its limit that it takes in its worst hour; each plan's limit is with the
    reinforcement that it has built; phases as for stations.

    Parameters
    ----------
    plans
        The first is what the others are held against.
    """
    first, *others = plans
    before = {item.id: item for item in first.plan.document.substations}
    rows = []
    for other in others:
        for name, one, two in phase_pairs(first, other):
            for item in other.plan.document.substations:
                if item.id not in before:
                    continue
                old, new = before[item.id].steps[one], item.steps[two]
                head = (other.letter, name, item.id, item.name, item.name_zh, item.lon, item.lat)
                loading = (old.loading, new.loading, new.loading - old.loading)
                peaks = (old.charging_peak_mw, new.charging_peak_mw)
                rows.append((*head, item.limit_mw + new.added_mw, *loading, *peaks))
    return pd.DataFrame(rows, columns=list(SUBSTATIONS))


def over_limit(item: Compared, phase: int) -> int:
    """Return how many substations are over their limit in a phase of a plan."""
    return sum(s.steps[phase].loading > OVER for s in item.plan.document.substations)
