"""Put candidate sites through the rules of ``[candidates]``, and say of each why it is in or out.

Rules on single sites come first, in a fixed order, and the first that a site breaks names it; then
those that are left and stand for one place are merged. Existing stations are never put out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.site_measures import exclusion_m, junction_m, nearest_road, points_of
from siting.data.site_merge import STAYS, merged
from siting.data.site_score import score_parts, weighted
from siting.data.sphere import great_circle_km

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Candidates, Scenario

    Floats = NDArray[np.float64]

SITE_COLUMNS = ("id", "name", "status", "rule", "value", "limit", "merged_into", "score")
"""Columns of sites.csv: status is in or out, rule the first one broken."""


@dataclass(frozen=True, eq=False)
class Rule:
    """Hold one rule over the S sites of a case."""

    key: str
    """In ``[candidates]``; hosts for both lists of hosts."""
    limit: str
    """As a planner reads it."""
    value: NDArray[np.object_]
    """(S,) measured: metres, a share, or a host."""
    out: NDArray[np.bool_]
    """(S,) whether the site breaks it."""
    unchecked: str = ""
    """Why it could not be checked."""


@dataclass(frozen=True, eq=False)
class Screening:
    """Hold what every rule says of the S sites of a case."""

    rules: tuple[Rule, ...]
    merge_m: float | None
    merged_into: NDArray[np.object_]
    """(S,) id of the site that stands for it, '' where it stands for itself."""
    merged_apart_m: Floats
    """(S,) metres to that site, NaN where it stands for itself."""
    score: Floats
    """(S,) 0 to 1, NaN where nothing is weighted."""
    parts: dict[str, Floats]
    """Parts of the score, (S,) each."""
    strange_hosts: tuple[str, ...] = ()
    """Hosts that are allowed, but no site has."""

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Return (S,) whether a new station may stand there."""
        broken = [rule.out for rule in self.rules]
        return np.asarray(~np.any([self.merged_into != "", *broken], axis=0))

    @property
    def first_broken(self) -> NDArray[np.object_]:
        """Return (S,) the rule that puts each site out, '' where none does."""
        name = np.where(self.merged_into != "", "merge_m", "").astype(object)
        for rule in reversed(self.rules):
            name[rule.out] = rule.key
        return name

    def counts(self) -> dict[str, int]:
        """Return how many sites each rule puts out, in the order of the rules; those checked."""
        first = self.first_broken
        keys = [rule.key for rule in self.rules if not rule.unchecked]
        keys += ["merge_m"] if self.merge_m is not None else []
        return {key: int((first == key).sum()) for key in keys}

    def notes(self) -> list[str]:
        """Return what a planner should read: sites left, sites out by rule, rules unchecked."""
        out = ", ".join(f"{key} {count:,}" for key, count in self.counts().items())
        kept, total = int(self.kept.sum()), len(self.kept)
        lines = [f"candidates: {kept:,} of {total:,} sites stay; out by {out or 'no rule'}"]
        lines += [
            f"candidates: {rule.key} is not checked: {rule.unchecked}"
            for rule in self.rules
            if rule.unchecked
        ]
        lines += [
            f"candidates: hosts_allowed: no site is a {host!r}" for host in self.strange_hosts
        ]
        return lines


def screen_sites(case: Case, scenario: Scenario) -> Screening | None:
    """Return what the rules say of the case's sites; None where the scenario has none.

    Parameters
    ----------
    case
        The city.
    scenario
        The question; its section ``candidates`` holds the rules.
    """
    asked = scenario.candidates
    if asked is None:
        return None
    points, ids = points_of(case.sites), [str(name) for name in case.sites["id"]]
    by_road = asked.max_road_m is not None and case.roads is not None
    road_m = nearest_road(case.roads, points).road_m if by_road and case.roads else None
    parts = score_parts(case, scenario, road_m)
    score = weighted(parts, asked.weights) if parts else np.full(len(ids), np.nan)
    rules = (
        *_hosts(case, asked),
        *_roads(case, asked, points, road_m),
        *_exclusions(case, asked, points),
        *_score(asked, score),
    )
    into, apart = _merge(case, asked, points, np.any([r.out for r in rules], axis=0), ids)
    strange = sorted(set(asked.hosts_allowed) - set(case.sites["host"]))
    return Screening(rules, asked.merge_m, into, apart, score, parts, tuple(strange))


def site_table(case: Case, screening: Screening) -> pd.DataFrame:
    """Return one row per site, under SITE_COLUMNS.

    Parameters
    ----------
    case
        The city.
    screening
        Of its sites.
    """
    first = screening.first_broken
    value = np.where(first == "merge_m", screening.merged_apart_m, np.nan).astype(object)
    least = screening.merge_m or 0.0
    limit = np.where(first == "merge_m", f"at least {least:g} m", "").astype(object)
    for rule in screening.rules:
        mine = first == rule.key
        value[mine], limit[mine] = rule.value[mine], rule.limit
    columns = (
        case.sites["id"].to_numpy(object),
        case.sites["name"].to_numpy(object),
        np.where(screening.kept, "in", "out"),
        first,
        [shown_value(item) for item in value],
        limit,
        screening.merged_into,
        screening.score,
    )
    return pd.DataFrame(dict(zip(SITE_COLUMNS, columns, strict=True)))


def shown_value(value: object) -> str:
    """Return what a rule measured as text: metres to the centimetre, '' for nothing."""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.2f}"
    return str(value)


def _hosts(case: Case, asked: Candidates) -> list[Rule]:
    if not asked.hosts_allowed and not asked.hosts_refused:
        return []
    host = case.sites["host"].to_numpy(object)
    out = np.isin(host.astype(str), asked.hosts_refused)
    if asked.hosts_allowed:
        out |= ~np.isin(host.astype(str), asked.hosts_allowed)
    words = [
        f"{word} {', '.join(hosts)}"
        for word, hosts in (("one of", asked.hosts_allowed), ("none of", asked.hosts_refused))
        if hosts
    ]
    return [Rule("hosts", "; ".join(words), host, out)]


def _roads(case: Case, asked: Candidates, points: Floats, road_m: Floats | None) -> list[Rule]:
    rules, sites = [], len(points)
    if asked.max_road_m is not None:
        limit = f"at most {asked.max_road_m:g} m"
        if road_m is None:
            rules.append(_unchecked("max_road_m", limit, sites, "the case has no roads"))
        else:
            out = road_m > asked.max_road_m
            rules.append(Rule("max_road_m", limit, road_m.astype(object), out))
    least = asked.min_arterial_junction_m
    if least is not None:
        limit = f"at least {least:g} m"
        if case.roads is None:
            what = "the case has no roads"
            rules.append(_unchecked("min_arterial_junction_m", limit, sites, what))
        else:
            apart = junction_m(case.roads, points)
            value = apart.astype(object)
            rules.append(Rule("min_arterial_junction_m", limit, value, apart < least))
    return rules


def _exclusions(case: Case, asked: Candidates, points: Floats) -> list[Rule]:
    areas, least = case.exclusions, asked.setback_m or 0.0
    limit = f"outside, at least {least:g} m away"
    if areas is None or not len(areas):
        if asked.setback_m is None:
            return []
        what = "the case has no layer exclusions"
        return [_unchecked("setback_m", limit, len(points), what)]
    apart, _ = exclusion_m(areas, points, case.metric_crs)
    return [Rule("setback_m", limit, apart.astype(object), (apart <= 0) | (apart < least))]


def _score(asked: Candidates, score: Floats) -> list[Rule]:
    if asked.min_score is None:
        return []
    out = score < asked.min_score
    return [Rule("min_score", f"at least {asked.min_score:g}", score.astype(object), out)]


def _unchecked(key: str, limit: str, sites: int, what: str) -> Rule:
    return Rule(key, limit, np.full(sites, "", object), np.zeros(sites, bool), what)


def _merge(
    case: Case,
    asked: Candidates,
    points: Floats,
    out: NDArray[np.bool_],
    ids: list[str],
) -> tuple[NDArray[np.object_], Floats]:
    into, apart = np.full(len(points), "", dtype=object), np.full(len(points), np.nan)
    if asked.merge_m is None:
        return into, apart
    left = np.flatnonzero(~np.broadcast_to(out, len(points)))
    area = case.sites["area_m2"].to_numpy(float)[left]
    target = merged(points[left], area, [ids[n] for n in left], merge_m=asked.merge_m)
    gone, stays = left[target != STAYS], left[target[target != STAYS]]
    into[gone] = np.array(ids, dtype=object)[stays]
    apart[gone] = 1000 * great_circle_km(*points[gone].T, *points[stays].T)
    return into, apart
