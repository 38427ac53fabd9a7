"""Share every zone's demand among stations again, by Huff's own formula, one zone after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.verify.reach import find_reach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siting.scenario import Market, StationType
    from siting.verify.state import State

    Pulls = list[tuple[float, float]]


def captured_kwh(state: State, demand: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least and the most energy a day that own stations win in the last phase.

    Parameters
    ----------
    state
        The plan's decisions.
    demand
        (Z,) kWh a day.
    """
    rule, last = state.scenario.market, len(state.names) - 1
    if rule is None:
        return 0.0, 0.0
    kinds = state.scenario.stations
    rivals = {
        name: kinds[site.initial]
        for name, site in state.sites.items()
        if site.initial in rule.competitor_types
    }
    own = {site.id: kind for site, kind in state.open_super(last) if site.id not in rivals}
    order = {name: n for n, name in enumerate(state.sites)}
    places = [(site.lon, site.lat) for site in state.sites.values()]
    listed = [order[name] for name in (*own, *rivals)]
    reached = find_reach(state.case, state.scenario.reach, places, listed)
    low, high = reached.minutes
    may, must = reached.may_reach(), reached.must_reach()
    least = most = 0.0
    for zone, kwh in enumerate(demand.tolist()):
        pulls = [
            (
                _pull(kind, float(high[zone, n]), rule) if must[zone, n] else 0.0,
                _pull(kind, float(low[zone, n]), rule) if may[zone, n] else 0.0,
            )
            for n, kind in enumerate((*own.values(), *rivals.values()))
        ]
        ours, theirs = pulls[: len(own)], pulls[len(own) :]
        least += kwh * _share(sum(a for a, _ in ours), sum(b for _, b in theirs))
        most += kwh * _share(sum(b for _, b in ours), sum(a for a, _ in theirs))
    return least, most


def _pull(kind: StationType, minutes: float, rule: Market) -> float:
    size = float(kind.guns) if rule.size == "guns" else kind.pool_kw
    far = max(minutes, rule.nearest_min)
    return float(size**rule.size_exponent / far**rule.distance_decay)


def _share(ours: float, theirs: float) -> float:
    return ours / (ours + theirs) if ours else 0.0
