"""Drive a road network again, by a graph whose edges are split where points join them.

Every point is projected on its nearest edges, which are cut there; it then joins the cut graph by
its access leg, zones by a way out and sites by a way in, so that no way leads through either. Where
two places on the road are equally near, within what rounding of coordinates may move, each is an
option, and every time between them is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.verify.formulas import great_circle_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.roads import Roads
    from siting.scenario import Reach

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

Cost = Literal["minutes", "km"]

SAME_PLACE_M = 0.02
"""Coordinates are kept to about 1 cm: places on the road closer than this are one, and edges whose
distances differ by less are equally near."""
BATCH = 64
"""Searches held in memory at once."""


@dataclass(frozen=True, eq=False)
class Stops:
    """Hold where points join edges, one row for each nearest edge of a point (K rows)."""

    option: Indices
    """(K,) place on the road, numbered so that the options of a point follow each other."""
    edge: Indices
    """(K,) ascending."""
    share: Floats
    """(K,) of the edge's length from its tail, ascending along each edge."""
    leg_km: Floats
    """(K,) straight line from the point to the edge."""
    point: Indices
    """(O,) point of each option, ascending."""


@dataclass(frozen=True, eq=False)
class Network:
    """Hold arcs between road nodes, stops, and, last, the O options of Z zones and A sites."""

    arcs: pd.DataFrame
    """tail, head, minutes, km."""
    nodes: int
    point: Indices
    """(O,) zone, or Z + site, of each option, ascending."""
    zones: int
    sites: int

    @property
    def first(self) -> int:
        """Return the node of the first option."""
        return self.nodes - len(self.point)

    def matrix(self, cost: Cost, *, against: bool) -> csr_array:
        """Return the graph of one cost, parallel arcs merged, with or against the traffic."""
        ends = ["head", "tail"] if against else ["tail", "head"]
        least = self.arcs.groupby(ends)[cost].min()
        rows, columns = (least.index.get_level_values(end).to_numpy() for end in ends)
        return csr_array((least.to_numpy(), (rows, columns)), shape=(self.nodes, self.nodes))

    def slowest(self) -> float:
        """Return minutes per km on the slowest arc; inf where one takes time but has no length."""
        minutes, km = self.arcs["minutes"].to_numpy(), self.arcs["km"].to_numpy()
        moving = minutes > 0
        with np.errstate(divide="ignore"):
            return float((minutes[moving] / km[moving]).max(initial=0.0))


def to_sites(
    network: Network, cost: Cost, listed: Sequence[int], limit: float
) -> tuple[Floats, Floats]:
    """Return least and greatest cost over all options, from every zone to each listed site.

    Parameters
    ----------
    network
        The cut graph.
    cost
        What to measure.
    listed
        (S) positions of sites.
    limit
        Costs beyond it are inf.

    Returns
    -------
    low, high
        (Z, S), inf for points that join no road.
    """
    graph = network.matrix(cost, against=True)
    low = np.full((network.zones, len(listed)), np.inf)
    high = -low
    order = {network.zones + site: column for column, site in enumerate(listed)}
    options = [n for n, point in enumerate(network.point.tolist()) if point in order]
    zones = np.flatnonzero(network.point < network.zones)
    rows, begin = np.unique(network.point[zones], return_index=True)
    for at in range(0, len(options) if len(zones) else 0, BATCH):
        batch = options[at : at + BATCH]
        starts = network.first + np.array(batch, dtype=np.intp)
        found = dijkstra(graph, indices=starts, limit=limit)[:, network.first + zones]
        least = np.minimum.reduceat(found, begin, axis=1)
        most = np.maximum.reduceat(found, begin, axis=1)
        for option, near, far in zip(batch, least, most, strict=True):
            column = order[int(network.point[option])]
            low[rows, column] = np.minimum(low[rows, column], near)
            high[rows, column] = np.maximum(high[rows, column], far)
    return low, np.where(np.isneginf(high), np.inf, high)


def nearest(
    network: Network, cost: Cost, starts: Indices, *, against: bool
) -> tuple[Floats, Floats]:
    """Return least and greatest cost between each zone or site and the nearest of some others.

    Parameters
    ----------
    network
        The cut graph.
    cost
        What to measure.
    starts
        Zones by position, or sites by position + Z.
    against
        False for ways that leave the starts, True for ways that lead to them.

    Returns
    -------
    low, high
        (Z + A,). ``high`` leaves out starts with several options, and takes the others' worst.
    """
    graph = network.matrix(cost, against=against)
    start = np.isin(network.point, starts)
    several = np.bincount(network.point, minlength=1)[network.point] > 1
    bounds = []
    for options, worst in ((start, np.minimum), (start & ~several, np.maximum)):
        best = np.full(network.zones + network.sites, -np.inf if worst is np.maximum else np.inf)
        found = np.full(len(network.point), np.inf)
        if options.any():
            nodes = network.first + np.flatnonzero(options)
            found = dijkstra(graph, indices=nodes, min_only=True)[network.first :]
        worst.at(best, network.point, found)
        bounds.append(np.where(np.isneginf(best), np.inf, best))
    return bounds[0], bounds[1]


def build_network(
    case: Case, roads: Roads, rule: Reach, zones: NDArray[np.object_], sites: NDArray[np.object_]
) -> Network:
    """Return the cut graph; zones and sites are points, longitude and latitude."""
    stops = _stops(case.metric_crs, roads, np.concatenate([zones, sites]), rule.max_snap_m)
    first_stop = len(roads.lon)
    first_option = first_stop + len(stops.edge)
    arcs = pd.concat(
        [
            _slowed(_whole_edges(roads, stops), rule),
            _slowed(_cut_edges(roads, stops, first_stop), rule),
            _access_legs(stops, rule, (first_stop, first_option), len(zones)),
        ],
        ignore_index=True,
    )
    nodes = first_option + len(stops.point)
    return Network(arcs, nodes, stops.point, len(zones), len(sites))


def congestion(rule: Reach) -> float:
    """Return by how much driving takes longer at the hour the scenario plans for."""
    hours = rule.congestion or (1.0,) * 24
    return 1.0 if rule.hour is None else hours[rule.hour]


def _slowed(arcs: pd.DataFrame, rule: Reach) -> pd.DataFrame:
    return arcs.assign(minutes=arcs["minutes"] * congestion(rule))


def _stops(metric_crs: str, roads: Roads, points: NDArray[np.object_], max_snap_m: float) -> Stops:
    to_plane = Transformer.from_crs("EPSG:4326", metric_crs, always_xy=True)

    def project(degrees: Floats) -> Floats:
        return np.column_stack(to_plane.transform(degrees[:, 0], degrees[:, 1]))

    lines, flat = shapely.transform(roads.geometry, project), shapely.transform(points, project)
    tree = shapely.STRtree(lines)
    (near, _), far_m = tree.query_nearest(flat, return_distance=True, all_matches=False)
    joined, edge = tree.query(flat[near], predicate="dwithin", distance=far_m + SAME_PLACE_M)
    point = near[joined]
    share = np.nan_to_num(shapely.line_locate_point(lines[edge], flat[point], normalized=True))
    foot = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[edge], share, normalized=True)
    )
    lon, lat = to_plane.transform(foot[:, 0], foot[:, 1], direction="INVERSE")
    leg_km = great_circle_km(shapely.get_x(points[point]), shapely.get_y(points[point]), lon, lat)
    order = np.lexsort((share, edge))
    order = order[leg_km[order] * 1000 <= max_snap_m]
    option, of_option = _options(point[order], foot[order])
    return Stops(option, edge[order], share[order], leg_km[order], of_option)


def _options(point: Indices, foot: Floats) -> tuple[Indices, Indices]:
    """Return the place on the road of each row, numbered by point, and the point of each place."""
    places: list[tuple[int, Floats]] = []
    option = np.empty(len(point), dtype=np.intp)
    since = 0
    for row in np.argsort(point, kind="stable"):
        if places and places[-1][0] != point[row]:
            since = len(places)
        for number in range(since, len(places)):
            if np.hypot(*(places[number][1] - foot[row])) <= SAME_PLACE_M:
                option[row] = number
                break
        else:
            option[row] = len(places)
            places.append((int(point[row]), foot[row]))
    return option, np.array([owner for owner, _ in places], dtype=np.intp)


def _arcs(tail: Indices, head: Indices, minutes: Floats, km: Floats) -> pd.DataFrame:
    return pd.DataFrame({"tail": tail, "head": head, "minutes": minutes, "km": km})


def _whole_edges(roads: Roads, stops: Stops) -> pd.DataFrame:
    whole = np.setdiff1d(np.arange(len(roads.tail)), stops.edge)
    minutes, km = roads.seconds[whole] / 60, roads.length_m[whole] / 1000
    tail, head = roads.tail[whole].astype(np.intp), roads.head[whole].astype(np.intp)
    return _arcs(tail, head, minutes, km)


def _cut_edges(roads: Roads, stops: Stops, first_stop: int) -> pd.DataFrame:
    here = first_stop + np.arange(len(stops.edge))
    starts = np.diff(stops.edge, prepend=-1) > 0
    ends = np.diff(stops.edge, append=len(roads.tail)) > 0
    before = np.where(starts, roads.tail[stops.edge], here - 1)
    step = stops.share - np.where(starts, 0.0, np.roll(stops.share, 1))
    level = ~starts & (step * roads.length_m[stops.edge] < SAME_PLACE_M)
    tail = np.concatenate([before, here[ends], here[level]])
    head = np.concatenate([here, roads.head[stops.edge[ends]], here[level] - 1])
    edge = np.concatenate([stops.edge, stops.edge[ends], stops.edge[level]])
    share = np.concatenate([step, 1 - stops.share[ends], np.zeros(int(level.sum()))])
    return _arcs(tail, head, share * roads.seconds[edge] / 60, share * roads.length_m[edge] / 1000)


def _access_legs(stops: Stops, rule: Reach, first: tuple[int, int], zones: int) -> pd.DataFrame:
    here = first[0] + np.arange(len(stops.edge))
    own = first[1] + stops.option
    out = stops.point[stops.option] < zones
    tail, head = np.where(out, own, here), np.where(out, here, own)
    return _arcs(tail, head, stops.leg_km / rule.access_kmh * 60, stops.leg_km)
