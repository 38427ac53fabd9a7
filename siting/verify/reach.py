"""Find again how long drivers take to the plan's stations.

A way has two costs, minutes and kilometres; the scenario's limit is on one of them. Without roads
both follow the great circle; with roads they come from `siting.verify.roadways`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.verify.formulas import great_circle_km
from siting.verify.mismatch import KM, MINUTES
from siting.verify.roadways import Cost, build_network, congestion, nearest, to_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.roads import Roads
    from siting.scenario import Reach

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reached:
    """Hold what is within reach, for Z zones, S listed stations and A sites in all.

    Minutes and excess are given low and high: they differ where a point is equally near to two
    roads. Excess is minutes or km over the limit, at most 0 within reach.
    """

    minutes: tuple[Floats, Floats]
    """(Z, S) each; inf where there is no way, or none that could be within reach."""
    excess: tuple[Floats, Floats]
    """(Z, S) each."""
    zone_excess: tuple[Floats, Floats]
    """(Z,) each, of the nearest of all sites."""
    site_excess: tuple[Floats, Floats]
    """(A,) each, of the nearest zone."""
    band: float
    """Where the excess is within so much of 0, both answers are right."""

    def may_reach(self) -> NDArray[np.bool_]:
        """Return (Z, S) whether the plan may call a pair within reach."""
        return self.excess[0] <= self.band

    def must_reach(self) -> NDArray[np.bool_]:
        """Return (Z, S) whether the plan must call a pair within reach."""
        return self.excess[1] <= -self.band


def find_reach(
    case: Case, rule: Reach, sites: Sequence[tuple[float, float]], listed: Sequence[int]
) -> Reached:
    """Return what is within reach of the listed sites, and what is out of reach of all.

    Parameters
    ----------
    case
        The city.
    rule
        Says the limit and how points join the roads.
    sites
        (A) longitude, latitude of every site.
    listed
        (S) positions in ``sites`` of the stations to measure to.
    """
    limits = zone_limits(case, rule)
    ends = np.asarray(sites, dtype=np.float64).reshape(-1, 2)
    if case.roads is None:
        return _straight(case, rule, limits, ends, listed)
    return _driven(case, case.roads, rule, limits, ends, listed)


def zone_limits(case: Case, rule: Reach) -> Floats:
    """Return (Z,) each zone's limit, in minutes, or in km where the rule is in km."""
    if rule.km is None:
        return np.full(len(case.zones), rule.minutes, dtype=np.float64)
    km = rule.km
    return np.array([km.get(name, km["default"]) for name in case.zones["district"]], np.float64)


def zone_points(case: Case) -> NDArray[np.object_]:
    """Return (Z,) each zone's centroid if inside, else a point on it, as longitude and latitude."""
    shapes = case.zones.geometry.to_numpy()
    centres = shapely.centroid(shapes)
    inside = shapely.intersects(shapes, centres)
    points: NDArray[np.object_] = np.where(inside, centres, shapely.point_on_surface(shapes))
    return points


def _straight(
    case: Case, rule: Reach, limits: Floats, ends: Floats, listed: Sequence[int]
) -> Reached:
    points = zone_points(case)
    lon, lat = shapely.get_x(points)[:, None], shapely.get_y(points)[:, None]
    km = great_circle_km(lon, lat, ends[:, 0], ends[:, 1]) * rule.detour_factor
    minutes = km / rule.straight_kmh * 60 * congestion(rule)
    excess = (minutes if rule.km is None else km) - limits[:, None]
    return Reached(
        minutes=(minutes[:, list(listed)], minutes[:, list(listed)]),
        excess=(excess[:, list(listed)], excess[:, list(listed)]),
        zone_excess=(excess.min(axis=1, initial=np.inf),) * 2,
        site_excess=(excess.min(axis=0, initial=np.inf),) * 2,
        band=MINUTES if rule.km is None else KM,
    )


def _driven(
    case: Case, roads: Roads, rule: Reach, limits: Floats, ends: Floats, listed: Sequence[int]
) -> Reached:
    zones = len(case.zones)
    network = build_network(
        case,
        roads,
        rule,
        zone_points(case),
        np.array([shapely.Point(end) for end in ends], dtype=object),
    )
    cost: Cost = "minutes" if rule.km is None else "km"
    band = MINUTES if rule.km is None else KM
    farthest = float(limits.max(initial=0.0)) + band
    measure = minutes = to_sites(network, cost, listed, farthest)
    if rule.km is not None:
        minutes = to_sites(network, "minutes", listed, farthest * network.slowest())
    to_site = nearest(network, cost, zones + np.arange(len(ends)), against=True)
    from_zone = [
        np.array(nearest(network, cost, np.flatnonzero(limits == limit), against=False)) - limit
        for limit in np.unique(limits)
    ]
    least, most = np.min(from_zone, axis=0)[:, zones:]
    return Reached(
        minutes=minutes,
        excess=(measure[0] - limits[:, None], measure[1] - limits[:, None]),
        zone_excess=(to_site[0][:zones] - limits, to_site[1][:zones] - limits),
        site_excess=(least, most),
        band=band,
    )
