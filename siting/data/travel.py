"""Find which sites each zone reaches, and in how many minutes: by road, or over straight lines.

By road: zones and sites are tied to the nearest street and inserted there as nodes, the edge (and its reverse
twin) split at that point; one Dijkstra run per node of the smaller side, cut off at the reach, gives every pair.
Access legs are straight lines at walking or yard speed. Without roads: great-circle distance times a detour factor.

References
----------
E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1 (1959) 269-271.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from siting.data.snap import snap, streets
from siting.data.sphere import EARTH_RADIUS_KM, great_circle_km

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from siting.data.roads import Roads
    from siting.data.snap import Snapped, Streets
    from siting.scenario import Reach

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]

_BATCH = 64
"""Sources of one Dijkstra call: at 30,000 nodes 15 MB of times."""


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
    km_per_minute = reach.straight_kmh / 60
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


@dataclass(frozen=True, eq=False)
class _Ends:
    """Hold one side's points on the split network: node, access leg, and who is tied at all."""

    node: Indices
    access_km: Floats
    within: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Network:
    """Hold the network after every point was inserted as a node."""

    tail: Indices
    head: Indices
    edge: Indices
    """Original edge each piece is part of."""
    part: Floats
    """Share of the original edge."""
    nodes: int

    def matrix(self, cost: Floats, *, reverse: bool) -> csr_array:
        """Return the cheapest cost between neighbours, sparse; parallel pieces give the least."""
        weight = cost[self.edge] * self.part
        start, end = (self.head, self.tail) if reverse else (self.tail, self.head)
        order = np.lexsort((weight, end, start))
        start, end, weight = start[order], end[order], weight[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
        return csr_array(
            (weight[first], (start[first], end[first])), shape=(self.nodes, self.nodes)
        )


def _road_pairs(
    roads: Roads, zone_points: Floats, site_points: Floats, reach: Reach, limit_km: Floats | None
) -> Pairs:
    known = streets(roads)
    snapped = snap(np.vstack([zone_points, site_points]), known, max_snap_m=reach.max_snap_m)
    network, node = _insert(roads, known, snapped)
    cut = len(zone_points)
    zones = _Ends(node[:cut], snapped.access_km[:cut], snapped.within[:cut])
    sites = _Ends(node[cut:], snapped.access_km[cut:], snapped.within[cut:])
    if limit_km is None:
        limit = np.full(cut, reach.minutes or 0)
        zone, site, minutes = _search(
            network, roads.seconds / 60, zones, sites, 60 / reach.access_kmh, limit
        )
        km = np.full(len(minutes), np.nan)
    else:
        zone, site, km = _search(network, roads.length_m / 1000, zones, sites, 1.0, limit_km)
        minutes = _minutes_of(network, roads, zones, sites, reach, (zone, site, limit_km))
    return Pairs(zone, site, minutes, km, snapped.within[:cut], snapped.within[cut:])


def _minutes_of(
    network: _Network,
    roads: Roads,
    zones: _Ends,
    sites: _Ends,
    reach: Reach,
    known: tuple[Indices, Indices, Floats],
) -> Floats:
    """Return the fastest time of given pairs: none is slower than its shortest way at the slowest speed."""
    zone, site, limit_km = known
    slowest = np.divide(roads.seconds, roads.length_m, where=roads.length_m > 0, out=None)
    pace = max(float(np.max(slowest[roads.length_m > 0], initial=0.0)) * 1000 / 60, 0)
    pace = max(pace, 60 / reach.access_kmh)
    every_zone, every_site, minutes = _search(
        network, roads.seconds / 60, zones, sites, 60 / reach.access_kmh, limit_km * pace * (1 + 1e-9)
    )
    places = np.searchsorted(
        every_zone.astype(np.int64) * len(sites.node) + every_site,
        zone.astype(np.int64) * len(sites.node) + site,
    )
    return minutes[places]


def _insert(roads: Roads, known: Streets, snapped: Snapped) -> tuple[_Network, Indices]:
    """Split every edge of every street at the points tied to it; return the network and each point's node.

    A point at a street's very end is the junction itself. Points on one spot share a node.
    """
    junctions = len(roads.lon)
    spot, inverse = np.unique(
        np.column_stack([snapped.street, snapped.share]), axis=0, return_inverse=True
    )
    street, share = spot[:, 0].astype(np.int32), spot[:, 1]
    inner = (share > 0) & (share < 1)
    node = _end_nodes(roads, known, street, share)
    node[inner] = junctions + np.arange(inner.sum(), dtype=np.int32)
    edge, order, place = _cuts(known, street[inner], share[inner], node[inner])
    whole = np.arange(len(roads.tail), dtype=np.int32)
    edge = np.concatenate([whole, edge, whole])
    place = np.concatenate([np.zeros(len(whole)), place, np.ones(len(whole))])
    stop = np.concatenate([roads.tail, order, roads.head]).astype(np.int32)
    rank = np.lexsort((place, edge))
    edge, place, stop = edge[rank], place[rank], stop[rank]
    same = edge[1:] == edge[:-1]
    network = _Network(
        tail=stop[:-1][same],
        head=stop[1:][same],
        edge=edge[1:][same],
        part=np.diff(place)[same],
        nodes=junctions + int(inner.sum()),
    )
    return network, node[inverse.ravel()]


def _end_nodes(roads: Roads, known: Streets, street: Indices, share: Floats) -> Indices:
    """Return the junction at the start (share 0) or end of each street."""
    some_edge = np.zeros(len(known.line), dtype=np.int32)
    some_edge[known.street] = np.arange(len(known.street), dtype=np.int32)
    edge = some_edge[street]
    at_tail = known.forward[edge] == (share <= 0)
    return np.where(at_tail, roads.tail[edge], roads.head[edge]).astype(np.int32)


def _cuts(
    known: Streets, street: Indices, share: Floats, node: Indices
) -> tuple[Indices, Indices, Floats]:
    """Return edge, node and share along the edge of every cut: one per spot and edge of its street."""
    by_street = np.argsort(known.street, kind="stable").astype(np.int32)
    begin = np.searchsorted(known.street[by_street], street, side="left")
    count = np.searchsorted(known.street[by_street], street, side="right") - begin
    of_spot = np.repeat(np.arange(len(street)), count)
    offset = np.arange(len(of_spot)) - np.repeat(np.cumsum(count) - count, count)
    edge = by_street[begin[of_spot] + offset]
    place = np.where(known.forward[edge], share[of_spot], 1 - share[of_spot])
    return edge, node[of_spot], place


def _search(
    network: _Network,
    cost: Floats,
    zones: _Ends,
    sites: _Ends,
    access_per_km: float,
    limit: Floats,
) -> tuple[Indices, Indices, Floats]:
    """Return zone, site and least cost of every pair within its zone's limit, by zone, then site.

    Searches from the side with fewer nodes; from sites, on the reversed network.
    """
    zone_rows, site_rows = np.flatnonzero(zones.within), np.flatnonzero(sites.within)
    from_sites = len(np.unique(sites.node[site_rows])) <= len(np.unique(zones.node[zone_rows]))
    near, far = (site_rows, zone_rows) if from_sites else (zone_rows, site_rows)
    near_ends, far_ends = (sites, zones) if from_sites else (zones, sites)
    matrix = network.matrix(cost, reverse=from_sites)
    top = float(limit.max(initial=0))
    found: list[tuple[Indices, Indices, Floats]] = []
    for rows, costs in _runs(matrix, near_ends.node[near], far_ends.node[far], top):
        row, column = near[rows[0]], far
        total = (
            costs[rows[1]]
            + access_per_km * near_ends.access_km[row][:, None]
            + access_per_km * far_ends.access_km[column][None, :]
        )
        bound = limit[column][None, :] if from_sites else limit[row][:, None]
        i, j = np.nonzero(total <= bound)
        pair = (column[j], row[i]) if from_sites else (row[i], column[j])
        found.append((pair[0].astype(np.int32), pair[1].astype(np.int32), total[i, j]))
    zone, site, total = (
        np.concatenate([part[k] for part in found]) if found else np.empty(0) for k in range(3)
    )
    order = np.lexsort((site, zone))
    return zone[order].astype(np.int32), site[order].astype(np.int32), total[order]


def _runs(
    matrix: csr_array, sources: Indices, targets: Indices, limit: float
) -> Iterator[tuple[tuple[NDArray[np.intp], NDArray[np.intp]], Floats]]:
    """Run Dijkstra from each distinct source, a batch at a time.

    Yields
    ------
    rows
        Positions in ``sources`` that this batch answers, and for each the row of ``costs``.
    costs
        (batch, T) least cost to every target; infinite beyond the limit.
    """
    nodes, which = np.unique(sources, return_inverse=True)
    for start in range(0, len(nodes), _BATCH):
        batch = nodes[start : start + _BATCH]
        costs = dijkstra(matrix, indices=batch, limit=limit)[:, targets]
        rows = np.flatnonzero((which >= start) & (which < start + _BATCH))
        yield (rows, which[rows] - start), costs
