"""Say of one site why it is in or out, and what surrounds it."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.build import ranked_types
from siting.data.candidates import screen_sites, shown_value
from siting.data.demand import demand_kwh
from siting.data.nearest import did_you_mean
from siting.data.power import headroom_kw, peak_load_kw
from siting.data.site_list import Sites
from siting.data.site_measures import exclusion_m, junction_m, nearest_road, points_of
from siting.data.sphere import inner_points
from siting.data.travel import reach_pairs
from siting.errors import CaseError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.candidates import Screening
    from siting.data.case import Case
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]

_SUGGESTED = 3
_KEYS = {"hosts": ("hosts_allowed", "hosts_refused")}


@dataclass(frozen=True)
class RuleWord:
    """Hold what one rule says of the site."""

    rule: str
    value: str
    limit: str
    verdict: str
    """in, out, or not checked."""
    confidence: str
    source: str


@dataclass(frozen=True)
class Explained:
    """Hold all that is known of one site."""

    id: str
    name: str
    name_zh: str
    host: str
    district: str
    lon: float
    lat: float
    status: str
    """in, out, or existing."""
    reason: str
    """One sentence."""
    fixed: str
    """What the scenario decides of it by hand; '' where nothing."""
    rules: tuple[RuleWord, ...]
    merged_into: str
    merged_here: tuple[str, ...]
    score: float | None
    score_parts: dict[str, float]
    road_m: float | None
    road_class: str
    road_name: str
    """'' where unknown."""
    junction_m: float | None
    exclusion_m: float | None
    exclusion: str
    substation: str
    substation_synthetic: bool
    headroom_kw: dict[str, float | None]
    """By phase, what all stations of the substation may ask together; None: no limit."""
    demand_kwh_day: dict[str, float]
    """By phase, of the zones within reach."""
    zones_within_reach: int
    area_m2: float | None
    types_that_fit: tuple[str, ...]
    area_source: str


def explain_site(case: Case, scenario: Scenario, site: str) -> Explained:
    """Return why a site is in or out, every rule with its value, limit, source and confidence.

    Parameters
    ----------
    case
        The city, with the grid the scenario asks for (`siting.data.supply`).
    scenario
        The question.
    site
        Id of a row of sites or stations.

    Raises
    ------
    CaseError
        If there is no such site; names the nearest id.
    """
    table, row, stands = _found(case, site)
    screening = None if stands else screen_sites(case, scenario)
    record = case.stations.iloc[row] if stands else case.sites.iloc[row]
    point = points_of(table.iloc[[row]])
    status, reason = _status(screening, row, scenario, stands=stands)
    area = float(record["area_m2"])
    zones, demand = _demand(case, scenario, point)
    fed = record["substation"]
    apart, nearest_area = _exclusion(case, point)
    road = None if case.roads is None else nearest_road(case.roads, point)
    return Explained(
        id=str(record["id"]),
        name=str(record["name"]),
        name_zh=str(record["name_zh"]),
        host=str(record["host"]),
        district=str(record["district"]),
        lon=float(point[0, 0]),
        lat=float(point[0, 1]),
        status=status,
        reason=reason,
        fixed=_fixed(scenario, site),
        rules=() if screening is None else _words(screening, scenario, row),
        merged_into="" if screening is None else str(screening.merged_into[row]),
        merged_here=() if screening is None else _merged_here(case, screening, row),
        score=None if screening is None else _number(screening.score[row]),
        score_parts={}
        if screening is None
        else {name: float(part[row]) for name, part in screening.parts.items()},
        road_m=None if road is None else float(road.road_m[0]),
        road_class="" if road is None else str(road.road_class[0]),
        road_name="" if road is None else str(road.name[0]),
        junction_m=None if case.roads is None else _number(junction_m(case.roads, point)[0]),
        exclusion_m=apart,
        exclusion=nearest_area,
        substation="" if fed is None else str(fed),
        substation_synthetic=any(i.synthetic for i in case.layers if i.layer == "substations"),
        headroom_kw=_headroom(case, scenario, str(fed)),
        demand_kwh_day=demand,
        zones_within_reach=zones,
        area_m2=_number(area),
        types_that_fit=_types(scenario, area),
        area_source=" ".join(_source(scenario, "limits.area_per_bay_m2")),
    )


def _found(case: Case, site: str) -> tuple[gpd.GeoDataFrame, int, bool]:
    for table, stands in ((case.sites, False), (case.stations, True)):
        rows = np.flatnonzero(table["id"].to_numpy(object) == site)
        if len(rows):
            return table, int(rows[0]), stands
    known = [str(name) for name in (*case.sites["id"], *case.stations["id"])]
    near = difflib.get_close_matches(site, known, n=_SUGGESTED, cutoff=0.5)
    hint = f"Nearest ids: {', '.join(near)}." if near else did_you_mean(site, known)
    msg = f"{case.name} has no site {site!r}. {hint}"
    raise CaseError(msg)


def _status(
    screening: Screening | None, row: int, scenario: Scenario, *, stands: bool
) -> tuple[str, str]:
    if stands:
        return "existing", "A station stands here already: no rule puts it out."
    if screening is None:
        return "in", f"Scenario {scenario.name} has no [candidates]: every site is in."
    first = screening.first_broken[row]
    if not first:
        return "in", "It keeps every rule that could be checked."
    if first == "merge_m":
        return "out", (
            f"{screening.merged_into[row]} stands for it, "
            f"{screening.merged_apart_m[row]:.1f} m away."
        )
    rule = next(rule for rule in screening.rules if rule.key == first)
    return "out", f"{first}: {shown_value(rule.value[row])}, limit: {rule.limit}."


def _fixed(scenario: Scenario, site: str) -> str:
    """Return what a site is fixed to, phase by phase, in words."""
    names = [phase.name for phase in scenario.phases]
    items = [item for item in scenario.fixed if item.site == site]
    first = sorted((names.index(item.phase or names[0]), item.type) for item in items)
    return ", then ".join(f"{kind} from {names[t]} on" for t, kind in first)


def _words(screening: Screening, scenario: Scenario, row: int) -> tuple[RuleWord, ...]:
    words = []
    for rule in screening.rules:
        verdict = "out" if rule.out[row] else "in"
        value = shown_value(rule.value[row])
        if rule.unchecked:
            verdict, value = "not checked", rule.unchecked
        confidence, source = _rule_source(scenario, rule.key)
        words.append(RuleWord(rule.key, value, rule.limit, verdict, confidence, source))
    if screening.merge_m is not None:
        broken = any(rule.out[row] for rule in screening.rules)
        apart = shown_value(float(screening.merged_apart_m[row]))
        verdict = "not checked" if broken else "out" if screening.merged_into[row] else "in"
        value = "out already" if broken else apart or "no larger site as near"
        limit = f"at least {screening.merge_m:g} m from a larger site"
        words.append(RuleWord("merge_m", value, limit, verdict, *_rule_source(scenario, "merge_m")))
    return tuple(words)


def _rule_source(scenario: Scenario, rule: str) -> tuple[str, str]:
    found = [f"candidates.{key}" for key in _KEYS.get(rule, (rule,))]
    named = [key for key in found if key in scenario.sources]
    return _source(scenario, named[0] if named else found[0])


def _source(scenario: Scenario, key: str) -> tuple[str, str]:
    source = scenario.sources.get(key)
    return ("X", "no source given") if source is None else (source.confidence, source.source)


def _merged_here(case: Case, screening: Screening, row: int) -> tuple[str, ...]:
    ids = case.sites["id"].to_numpy(object)
    return tuple(str(name) for name in ids[screening.merged_into == ids[row]])


def _exclusion(case: Case, point: Floats) -> tuple[float | None, str]:
    if case.exclusions is None or not len(case.exclusions):
        return None, ""
    apart, area = exclusion_m(case.exclusions, point, case.metric_crs)
    return float(apart[0]), str(area[0])


def _headroom(case: Case, scenario: Scenario, substation: str) -> dict[str, float | None]:
    ids = case.substations["id"].tolist()
    if substation not in ids:
        return {}
    types = ranked_types(scenario)
    load = np.array([peak_load_kw(scenario.stations[k], scenario.grid) for k in types])
    room = headroom_kw(case, scenario, Sites(case, scenario, types).standing_kw(load))
    column = room[:, ids.index(substation)]
    names = [phase.name for phase in scenario.phases]
    return dict(zip(names, [_number(value) for value in column], strict=True))


def _demand(case: Case, scenario: Scenario, point: Floats) -> tuple[int, dict[str, float]]:
    zones = shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy()))
    pairs = reach_pairs(case.roads, zones, point, scenario.reach, case.zones["district"].tolist())
    total = demand_kwh(case, scenario)[:, pairs.zone].sum(axis=1)
    names = [phase.name for phase in scenario.phases]
    return len(pairs.zone), dict(zip(names, total.tolist(), strict=True))


def _types(scenario: Scenario, area_m2: float) -> tuple[str, ...]:
    per_bay = scenario.limits.area_per_bay_m2
    return tuple(
        name
        for name in ranked_types(scenario)
        if (kind := scenario.stations[name]).buildable
        and (math.isnan(area_m2) or kind.guns * per_bay <= area_m2)
    )


def _number(value: float) -> float | None:
    """Return a number, or None where it is unknown or without limit."""
    return float(value) if math.isfinite(value) else None
