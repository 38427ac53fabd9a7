"""Give the page what it needs to try stations out by itself: types, rules, and who reaches what.

Reach is the bulk: for every zone the sites within reach, ascending, as differences in a variable
number of bytes (LEB128), and their driving times in 65,535ths of the longest, two bytes each; all
in base64. A reader who may not see demand or money gets neither: what follows from them is then
not told in a what-if.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.data.demand import charging_shapes
from siting.data.problem import NONE
from siting.data.works import without_works

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.problem import Problem
    from siting.maps.audience import Sight
    from siting.plan import Plan
    from siting.scenario import Scenario

    Json = dict[str, Any]

STEPS = 65_535
"""Parts of the longest drive that times are told in."""
_SENSELESS = ("flow", "market")
"""Objectives whose worth hangs on trips or competitors, which the page does not hold."""
MOST_PAIRS = 1_000_000
"""Of zones and sites within reach: five bytes each, and what a browser counts in time."""
_SHIFT, _MORE = 7, 128


@dataclass(frozen=True, eq=False)
class WhatIf:
    """Hold the question behind a plan, for its page to try other stations."""

    scenario: Scenario
    problem: Problem


def what_if_block(asked: WhatIf | None, plan: Plan, case: Case, sight: Sight) -> Json | None:
    """Return what a page needs to switch stations, or why it cannot; None where not asked for.

    Sites are numbered as the page has them: the plan's stations, then the unused sites.

    Parameters
    ----------
    asked
        The question; None for a page that switches nothing.
    plan, case
        The answer, and the city it is for.
    sight
        What the reader may see.
    """
    if asked is None:
        return None
    if (why := _senseless(asked, plan)) is not None:
        return {"senseless": why}
    asked = replace(asked, problem=without_works(asked.problem))
    sites = _site_order(asked.problem, plan, case, sight)
    return {
        "senseless": None,
        "print": _print(asked.problem, plan),
        "types": _types(asked, sight),
        "sites": _sites(asked.problem, sites),
        "rules": _rules(asked, sight),
        "reach": _reach(asked, plan, sites) if sight.service else None,
        "load": _load(asked, case, sites) if sight.load else None,
        "money": _money(asked, case, sites) if sight.money else None,
    }


def _senseless(asked: WhatIf, plan: Plan) -> str | None:
    """Return why figures of a what-if could not be those of siting itself; None where they are."""
    if asked.scenario.objective.kind in _SENSELESS:
        return "objective"
    owed = asked.problem.fairness
    if owed.of("served") or owed.raised or asked.scenario.robust is not None:
        return "owed"
    if len(asked.problem.pair_zone) > MOST_PAIRS:
        return "large"
    built = any(step.added_mw for item in plan.document.substations for step in item.steps)
    return "works" if built or asked.problem.batteries is not None else None


def _site_order(problem: Problem, plan: Plan, case: Case, sight: Sight) -> NDArray[np.int64]:
    """Return the problem's sites in the page's order: stations, then unused sites if seen."""
    place = {name: j for j, name in enumerate(problem.sites)}
    used = [station.id for station in plan.document.stations]
    taken = set(used)
    seen = "sites" in sight.places
    rest = [name for name in case.sites["id"] if seen and name not in taken]
    return np.array([place[name] for name in [*used, *rest]], dtype=np.int64)


def _print(problem: Problem, plan: Plan) -> int:
    """Return a number that tells plans apart, so that a link is not opened on another plan."""
    steps = [[s.id, *(step.type for step in s.steps)] for s in plan.document.stations]
    return zlib.crc32(repr((steps, problem.sites, problem.types)).encode()) & 0xFFFF


def _types(asked: WhatIf, sight: Sight) -> list[Json]:
    p, scenario = asked.problem, asked.scenario
    rows: list[Json] = []
    for k, name in enumerate(p.types):
        station = scenario.stations[name]
        row: Json = {
            "key": name,
            "guns": station.guns,
            "super_guns": station.super_guns,
            "kw": station.pool_kw,
            "counts": int(p.ratio_count[k]),
        }
        row |= {"capacity": float(p.capacity_kwh[k])} if sight.service else {}
        row |= {"peak_kw": float(p.load_kw[k])} if sight.load else {}
        row |= {"cny": scenario.cost_cny(name)} if sight.money else {}
        rows.append(row)
    return rows


def _sites(problem: Problem, sites: NDArray[np.int64]) -> Json:
    """Return by site: what may stand there (a bit for each type), what stood, its number."""
    bits = problem.allowed[sites] @ (1 << np.arange(len(problem.types), dtype=np.int64))
    return {
        "number": sites.tolist(),
        "allowed": bits.tolist(),
        "initial": problem.initial[sites].tolist(),
    }


def _rules(asked: WhatIf, sight: Sight) -> Json:
    p, scenario = asked.problem, asked.scenario
    most = [None if n == NONE else n for n in p.max_stations.tolist()]
    floors = (scenario.objective.min_served_share, scenario.objective.min_covered_share)
    promised = p.min_served_share * p.reachable_kwh if p.objective == "access" else np.zeros(1)
    seen = sight.service
    return {
        "policy": scenario.existing.policy,
        "most": most,
        "spacing_m": p.spacing_m,
        "enforce": scenario.grid.enforce if sight.load else None,
        "served": floors[0] if seen else None,
        "covered": floors[1] if seen else None,
        "promised": np.broadcast_to(promised, len(p.phases)).tolist() if seen else None,
        "reachable": p.reachable_kwh.tolist() if seen else None,
        "unchecked": _unchecked(asked),
    }


def _unchecked(asked: WhatIf) -> list[str]:
    """Return the sections of the scenario whose rules the page cannot check."""
    owed = asked.problem.fairness
    found = ["[equity]"] if owed.floors or owed.circles else []
    return [*found, "[[fixed]]"] if len(asked.problem.fixed) else found


def _load(asked: WhatIf, case: Case, sites: NDArray[np.int64]) -> Json:
    """Return who feeds each site, and shapes by the hour.

    From these the page adds up each substation's day.
    """
    scenario = asked.scenario
    return {
        "feeders": asked.problem.site_substation[sites].tolist(),
        "charging": charging_shapes(case, scenario).tolist(),
        "base": list(scenario.grid.base_profile),
        "growth": [phase.base_load_growth for phase in scenario.phases],
    }


def _money(asked: WhatIf, case: Case, sites: NDArray[np.int64]) -> Json:
    old = len(case.stations)
    extra = np.concatenate([np.zeros(old), case.sites["extra_cost_cny"].to_numpy(float)])
    return {"credit": asked.scenario.existing.credit_share, "extra": extra[sites].tolist()}


def _reach(asked: WhatIf, plan: Plan, sites: NDArray[np.int64]) -> Json:
    """Return demand, and for every zone the sites within reach and their minutes.

    Sites that neither hold nor may hold a supercharging station are left out.
    """
    problem, kinds = asked.problem, asked.scenario.stations
    place = np.full(len(problem.sites), NONE, dtype=np.int64)
    may = (problem.allowed[sites] & problem.is_super).any(axis=1)
    stands = problem.initial[sites] != NONE
    may |= stands & problem.is_super[np.maximum(problem.initial[sites], 0)]
    for n, station in enumerate(plan.document.stations):
        may[n] |= any(step.type is not None and kinds[step.type].is_super for step in station.steps)
    shown = np.flatnonzero(may)
    place[sites[shown]] = shown
    kept = np.flatnonzero(place[problem.pair_site] != NONE)
    zone, site = problem.pair_zone[kept].astype(np.int64), place[problem.pair_site[kept]]
    order = np.lexsort((site, zone))
    zone, site, minutes = zone[order], site[order], problem.pair_minutes[kept][order]
    longest = float(minutes.max(initial=0.0)) or 1.0
    counts = np.bincount(zone, minlength=len(problem.zones))
    first = np.r_[True, np.diff(zone) != 0] if len(zone) else np.empty(0, dtype=bool)
    steps = np.diff(site, prepend=0)
    steps[first] = site[first]
    return {
        "longest": longest,
        "count": _text(_varints(counts)),
        "site": _text(_varints(steps)),
        "minutes": _text(np.rint(minutes / longest * STEPS).astype("<u2").tobytes()),
        "demand": _text(problem.demand_kwh.astype("<f4").tobytes()),
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _varints(values: NDArray[np.int64]) -> bytes:
    """Return whole numbers, each in as many groups of seven bits as it needs, lowest first."""
    rest, most = values.astype(np.uint64), int(values.max(initial=0))
    groups = []
    while True:
        groups.append(rest & np.uint64(_MORE - 1))
        rest >>= np.uint64(_SHIFT)
        most >>= _SHIFT
        if not most:
            break
    table = np.array(groups, dtype=np.uint8).T
    used = np.ones(len(values), dtype=np.int64)
    for n in range(1, table.shape[1]):
        used[values >= 1 << (_SHIFT * n)] = n + 1
    column = np.arange(table.shape[1])
    table = np.where(column < used[:, None] - 1, table | _MORE, table).astype(np.uint8)
    return table[column < used[:, None]].tobytes()
