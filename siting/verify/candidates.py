"""Check that no new station stands on a site the scenario's rules refuse.

The rules are put to every site again, with measures of this package's own. A measure within a
rounding band of its limit is right either way: a station is told of only if its site is refused
whether every rule is read narrowly, as it stands, or widely.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer

from siting.verify.formulas import great_circle_km
from siting.verify.mismatch import show
from siting.verify.site_score import recomputed_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.roads import Roads
    from siting.scenario import Candidates
    from siting.verify.mismatch import Ledger
    from siting.verify.state import State

    Floats = NDArray[np.float64]

BAND_M = 0.05
"""Metres within which both answers are right: coordinates are kept to about 1 cm."""
BAND_SCORE = 1e-6
"""Likewise for scores."""
BAND_MERGE_M = 1e-6
"""Likewise between sites: both ends are given, so only the formula rounds."""
READINGS = (-1.0, 0.0, 1.0)
"""Narrow, as it stands, wide: which way the bands move the limits."""
_ARTERIAL = {"trunk", "primary", "secondary"}


def check_candidates(ledger: Ledger, state: State) -> None:
    """Note every new station whose site is refused."""
    rules, case = state.scenario.candidates, state.case
    new = [name for name in state.stations if state.sites[name].initial is None]
    if rules is None or not new:
        return
    measures = _Measures(state, rules)
    refused = [measures.refused(sign) for sign in READINGS]
    row = {str(name): number for number, name in enumerate(case.sites["id"])}
    told = {n: said[0] for n, said in enumerate(zip(*refused, strict=True)) if all(said)}
    for name in new:
        if row[name] in told:
            ledger.note(f"stations[{name}]", "a new station", f"a site out by {told[row[name]]}")


def refused_sites(state: State) -> tuple[set[str], set[str]]:
    """Return the sites refused if every rule is read widely, and if it is read narrowly."""
    rules = state.scenario.candidates
    if rules is None:
        return set(), set()
    measures = _Measures(state, rules)
    wide, narrow = (
        {name for name, why in zip(measures.ids, measures.refused(sign), strict=True) if why}
        for sign in (READINGS[2], READINGS[0])
    )
    return wide, narrow


class _Measures:
    """Hold what the rules ask of each of S sites, measured once."""

    def __init__(self, state: State, rules: Candidates) -> None:
        case, self.rules = state.case, rules
        self.ids = [str(name) for name in case.sites["id"]]
        self.hosts = [str(host) for host in case.sites["host"]]
        self.area = np.nan_to_num(case.sites["area_m2"].to_numpy(np.float64), nan=-1.0)
        spots = case.sites.geometry
        self.lonlat = np.column_stack([shapely.get_x(spots), shapely.get_y(spots)])
        self.road = self.junction = None
        if case.roads is not None:
            self.road = _road_m(case.metric_crs, case.roads, self.lonlat)
            self.junction = _junction_m(case.roads, self.lonlat)
        self.exclusion = _exclusion_m(case, self.lonlat)
        self.score = recomputed_score(state, rules, self.lonlat, self.road)

    def refused(self, sign: float) -> list[str]:
        """Return why each site is refused, '' where it is not; ``sign`` widens (+) each rule."""
        reason = [self._broken(site, sign) for site in range(len(self.ids))]
        if self.rules.merge_m is None:
            return reason
        radius, kept = self.rules.merge_m + sign * BAND_MERGE_M, list[int]()
        order = [n for n in range(len(self.ids)) if not reason[n]]
        order.sort(key=lambda n: (-self.area[n], self.ids[n]))
        for site in order:
            apart = 1000 * great_circle_km(*self.lonlat[site], *self.lonlat[kept].T)
            if len(kept) and apart.min() < radius:
                other = self.ids[kept[int(apart.argmin())]]
                reason[site] = f"merge_m: {other} stands for it"
            else:
                kept.append(site)
        return reason

    def _broken(self, site: int, sign: float) -> str:
        """Return the first rule on single sites that a site breaks, with its value."""
        rules, band = self.rules, sign * BAND_M
        host = self.hosts[site]
        if host in rules.hosts_refused or (rules.hosts_allowed and host not in rules.hosts_allowed):
            return f"hosts: {host}"
        if rules.max_road_m is not None and self.road is not None:
            found = float(self.road[site])
            if found > rules.max_road_m - band:
                return f"max_road_m: {show(round(found, 2))}"
        if rules.min_arterial_junction_m is not None and self.junction is not None:
            found = float(self.junction[site])
            if found < rules.min_arterial_junction_m + band:
                return f"min_arterial_junction_m: {show(round(found, 2))}"
        if self.exclusion is not None:
            found, least = float(self.exclusion[site]), rules.setback_m or 0.0
            if found <= max(sign, 0) * BAND_M or found < least + band:
                return f"setback_m: {show(round(found, 2))}"
        if rules.min_score is not None:
            found = float(self.score[site])
            if found < rules.min_score + sign * BAND_SCORE:
                return f"min_score: {show(round(found, 4))}"
        return ""


def _road_m(metric_crs: str, roads: Roads, lonlat: Floats) -> Floats:
    """Return the great-circle distance to the foot on the nearest edge, (S,)."""
    plane = Transformer.from_crs("EPSG:4326", metric_crs, always_xy=True)
    lines = shapely.transform(
        roads.geometry, lambda xy: np.column_stack(plane.transform(xy[:, 0], xy[:, 1]))
    )
    flat = shapely.points(*plane.transform(lonlat[:, 0], lonlat[:, 1]))
    edge = shapely.STRtree(lines).nearest(flat)
    foot = shapely.get_coordinates(shapely.shortest_line(lines[edge], flat))[::2]
    lon, lat = plane.transform(foot[:, 0], foot[:, 1], direction="INVERSE")
    return 1000 * great_circle_km(lonlat[:, 0], lonlat[:, 1], lon, lat)


def _junction_m(roads: Roads, lonlat: Floats) -> Floats:
    """Return the distance to the nearest node of three neighbours on an arterial, (S,)."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    arterial: set[int] = set()
    for tail, head, kind in zip(roads.tail, roads.head, roads.road_class, strict=True):
        one, other = int(tail), int(head)
        if kind in _ARTERIAL:
            arterial |= {one, other}
        if one != other:
            neighbours[one].add(other)
            neighbours[other].add(one)
    nodes = [node for node in sorted(arterial) if len(neighbours[node]) > 2]  # noqa: PLR2004 - two go on
    lon, lat = roads.lon[nodes], roads.lat[nodes]
    least = [great_circle_km(x, y, lon, lat).min(initial=np.inf) for x, y in lonlat]
    return 1000 * np.array(least)


def _exclusion_m(case: Case, lonlat: Floats) -> Floats | None:
    """Return the distance to the nearest excluded area, (S,), 0 inside; None without any."""
    if case.exclusions is None or not len(case.exclusions):
        return None
    areas = case.exclusions.to_crs(case.metric_crs).geometry.to_numpy()
    plane = Transformer.from_crs("EPSG:4326", case.metric_crs, always_xy=True)
    flat = shapely.points(*plane.transform(lonlat[:, 0], lonlat[:, 1]))
    nearest = areas[shapely.STRtree(areas).nearest(flat)]
    return np.asarray(shapely.distance(flat, nearest), dtype=np.float64)
