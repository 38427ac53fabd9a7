"""Find which sites each zone reaches, and in how many minutes: by road, or over straight lines.

By road: see `siting.data.road_travel`. Without roads: great-circle distance times a detour
factor, at one door-to-door speed. Either way the congestion of the hour planned for makes driving
slower; access legs stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from siting.data.road_search import End
from siting.data.road_travel import split_network
from siting.data.snap import snap, streets
from siting.data.sphere import EARTH_RADIUS_KM, great_circle_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.data.roads import Roads
    from siting.scenario import Reach

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Hold the P pairs of a zone and a site within its reach, ordered by zone, then site."""

    zone: Indices
    """(P,) row of the zone."""
    site: Indices
    """(P,) row of the site."""
    minutes: Floats
    """(P,) of the fastest way from zone to site, access legs included."""
    km: Floats
    """(P,) of the shortest way, access legs included; NaN by road where minutes rule the reach."""
    snapped_zone: NDArray[np.bool_]
    """(Z,) whether the zone lies within ``max_snap_m`` of a road; all true without roads."""
    snapped_site: NDArray[np.bool_]
    """(S,) likewise for sites."""


def reach_pairs(
    roads: Roads | None,
    zone_points: Floats,
    site_points: Floats,
    reach: Reach,
    zone_districts: Sequence[str],
) -> Pairs:
    """Return every pair of a zone and a site within the zone's reach.

    Parameters
    ----------
    roads
        The network, or None for straight lines times ``reach.detour_factor``.
    zone_points, site_points
        (Z, 2) and (S, 2) longitude, latitude.
    reach
        By minutes, or by km of the zone's district.
    zone_districts
        (Z,) district ids; looked up in ``reach.km``.
    """
    limit_km = _limits_km(reach, zone_districts)
    if roads is None:
        return _straight_pairs(zone_points, site_points, reach, limit_km)
    return _road_pairs(roads, zone_points, site_points, reach, limit_km)


def _limits_km(reach: Reach, zone_districts: Sequence[str]) -> Floats | None:
    if reach.km is None:
        return None
    limits = [reach.km.get(district, reach.km["default"]) for district in zone_districts]
    return np.asarray(limits, dtype=np.float64)


# Over straight lines


def _straight_pairs(
    zone_points: Floats, site_points: Floats, reach: Reach, limit_km: Floats | None
) -> Pairs:
    km_per_minute = reach.straight_kmh / 60 / reach.slowdown
    if limit_km is None:
        limit_km = np.full(len(zone_points), (reach.minutes or 0) * km_per_minute)
    snapped_zone, snapped_site = np.ones(len(zone_points), bool), np.ones(len(site_points), bool)
    zone, site = _near(zone_points, site_points, limit_km.max(initial=0) / reach.detour_factor)
    km = reach.detour_factor * great_circle_km(*zone_points[zone].T, *site_points[site].T)
    keep = km <= limit_km[zone]
    zone, site, km = zone[keep], site[keep], km[keep]
    order = np.lexsort((site, zone))
    return Pairs(
        zone=zone[order],
        site=site[order],
        minutes=km[order] / km_per_minute,
        km=km[order],
        snapped_zone=snapped_zone,
        snapped_site=snapped_site,
    )


def _near(zone_points: Floats, site_points: Floats, radius_km: float) -> tuple[Indices, Indices]:
    """Return rows of all pairs within a great-circle radius, and a hair beyond."""
    if not len(zone_points) or not len(site_points):
        return np.empty(0, np.int32), np.empty(0, np.int32)
    angle = min(radius_km / EARTH_RADIUS_KM, np.pi)
    chord = 2 * np.sin(angle / 2) * (1 + 1e-9) + 1e-12
    found = cKDTree(_on_sphere(zone_points)).sparse_distance_matrix(
        cKDTree(_on_sphere(site_points)), chord, output_type="ndarray"
    )
    return found["i"].astype(np.int32), found["j"].astype(np.int32)


def _on_sphere(points: Floats) -> Floats:
    lam, phi = np.radians(points).T
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


# By road


def _road_pairs(
    roads: Roads, zone_points: Floats, site_points: Floats, reach: Reach, limit_km: Floats | None
) -> Pairs:
    known = streets(roads)
    snapped = snap(np.vstack([zone_points, site_points]), known, max_snap_m=reach.max_snap_m)
    network, node = split_network(roads, known, snapped, slowdown=reach.slowdown)
    cut = len(zone_points)
    zones = End(node[:cut], snapped.access_km[:cut], snapped.within[:cut], zone_points)
    sites = End(node[cut:], snapped.access_km[cut:], snapped.within[cut:], site_points)
    if limit_km is None:
        found = network.within_minutes(
            zones, sites, minutes=reach.minutes or 0, kmh=reach.access_kmh
        )
    else:
        found = network.within_km(zones, sites, limit_km=limit_km, kmh=reach.access_kmh)
    return Pairs(*found, snapped_zone=zones.within, snapped_site=sites.within)
