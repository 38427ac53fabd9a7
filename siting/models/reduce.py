"""Make a question smaller without changing what its best plan is worth.

Zones that reach the same sites, and are owed the same, are one zone wherever minutes do not count.
A type is left out at a site where a smaller one does the same for no more money: all the demand
within the site's reach fits into it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from siting.models.headroom import never_heavier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem


def reduced(problem: Problem) -> Problem:
    """Return a question over the same sites, types and phases, with the same best plans.

    A plan of the one, as types at sites, is a plan of the other and worth the same; energy is to be
    assigned in the question itself.
    """
    smaller = replace(problem, allowed=_undominated(problem))
    return smaller if problem.objective == "access" else _with_zones_merged(smaller)


def _with_zones_merged(problem: Problem) -> Problem:
    p = problem
    group = _groups(p)
    first = np.unique(group, return_index=True)[1]
    if len(first) == len(p.zones):
        return p
    kept = np.zeros(len(p.zones), dtype=bool)
    kept[first] = True
    of_kept = kept[p.pair_zone]
    demand = np.zeros((len(p.phases), len(first)))
    for t, row in enumerate(p.demand_kwh):
        demand[t] = np.bincount(group, weights=row, minlength=len(first))
    zone = group[p.pair_zone[of_kept]]
    order = np.argsort(zone, kind="stable")
    return replace(
        p,
        zones=tuple(p.zones[i] for i in first),
        demand_kwh=demand,
        pair_zone=zone[order].astype(np.int32),
        pair_site=p.pair_site[of_kept][order],
        pair_minutes=p.pair_minutes[of_kept][order],
        zone_district=p.zone_district[first],
        fairness=p.fairness.over(first),
    )


def _groups(problem: Problem) -> NDArray[np.int64]:
    """Return the number of each zone's group, (I,); zones of a group reach the same sites."""
    p = problem
    start = np.searchsorted(p.pair_zone, np.arange(len(p.zones) + 1))
    known: dict[bytes, int] = {}
    sites = np.ascontiguousarray(p.pair_site)
    owed = p.fairness.member(len(p.zones))
    reach = (
        sites[a:b].tobytes() + owed[i].tobytes()
        for i, (a, b) in enumerate(pairwise(start.tolist()))
    )
    return np.array([known.setdefault(key, len(known)) for key in reach], dtype=np.int64)


def _undominated(problem: Problem) -> NDArray[np.bool_]:
    """Return which types a site may hold that no smaller one makes needless, (J, K)."""
    p, allowed = problem, problem.allowed.copy()
    most = np.zeros(len(p.sites))
    for demand in p.demand_kwh:
        within = np.bincount(p.pair_site, weights=demand[p.pair_zone], minlength=len(p.sites))
        most = np.maximum(most, within)
    size = np.minimum(p.capacity_kwh, most[:, None])
    for large in range(len(p.types)):
        for small in range(large):
            alike = p.is_super[small] == p.is_super[large]
            light = never_heavier(p, small, large)
            counts = p.ratio_count[small] >= p.ratio_count[large]
            if not (alike and counts):
                continue
            same = size[:, small] >= size[:, large]
            cheap = p.state_cost_cny[:, small] <= p.state_cost_cny[:, large]
            needless = light & same & cheap & allowed[:, small] & (p.initial != large)
            # a site held larger by hand cannot have the smaller one any more
            needless &= ~(p.fixed > small).any(axis=0) if len(p.fixed) else True
            allowed[needless, large] = False
    return allowed
