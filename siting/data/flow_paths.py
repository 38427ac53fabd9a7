"""Find the sites that trips pass: those whose detour, by road, is short enough.

A trip takes the shortest way by road, since range is counted in km. A site is on the path if the
way by it is at most ``detour_km`` longer than the way past it; it stands at the place that divides
the direct way as it divides the way by it. Without roads, straight lines times the detour factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from siting.data.classical_parts import Flows
from siting.data.road_search import End
from siting.data.road_travel import split_network
from siting.data.snap import snap, streets
from siting.data.sphere import great_circle_km, inner_points
from siting.errors import Fault, ScenarioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.roads import Roads
    from siting.scenario import Flow, Reach, Scenario

    Floats = NDArray[np.float64]

_FAR_KM = 20_000.0
"""No way by road is longer: half round the Earth."""
_HAIR = 1e-9
"""Slack on a detour, in km."""


class _Ways(NamedTuple):
    """Hold km between O origins, D destinations and S sites; inf where there is no way."""

    direct: Floats
    """(O, D)"""
    to_site: Floats
    """(O, S)"""
    from_site: Floats
    """(S, D)"""


def flow_paths(case: Case, scenario: Scenario, site_points: Floats) -> Flows | None:
    """Return the trips of a case and the sites they pass; None where the scenario asks for none.

    Parameters
    ----------
    case
        With layer ``flows``.
    scenario
        With section ``[flow]``, where the objective is flow.
    site_points
        (J, 2) longitude, latitude.

    Raises
    ------
    ScenarioError
        If the case has no trips.
    """
    rule = scenario.flow
    if scenario.objective.kind != "flow" or rule is None:
        return None
    if case.flows is None or not case.flows["trips"].sum() > 0:
        fault = Fault(
            f"scenario {scenario.name}",
            f"asks for trips, and {case.name} has none",
            "Add a table [layers.flows] to case.toml: origin, destination, trips.",
            field="objective.kind",
        )
        msg = f"The scenario does not fit the case {case.name}:"
        raise ScenarioError(msg, [fault])
    row = {zone: n for n, zone in enumerate(case.zones["id"])}
    origin, out = np.unique(case.flows["origin"].map(row).to_numpy(), return_inverse=True)
    destination, back = np.unique(
        case.flows["destination"].map(row).to_numpy(), return_inverse=True
    )
    zones = shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy()))
    points = (zones[origin], zones[destination], site_points)
    reach = scenario.reach
    ways = _straight(points, reach) if case.roads is None else _driven(case.roads, points, reach)
    return _flows(case.flows["trips"].to_numpy(float), out, back, ways, rule)


def _flows(
    trips: Floats, out: NDArray[np.int64], back: NDArray[np.int64], ways: _Ways, rule: Flow
) -> Flows:
    length = ways.direct[out, back]
    known = np.isfinite(length)
    start, sites, places = [0], [], []
    for o, d, km in zip(out[known], back[known], length[known].tolist(), strict=True):
        first = ways.to_site[o]
        by = first + ways.from_site[:, d]
        here = np.flatnonzero(by <= km + rule.detour_km + _HAIR)
        place = np.divide(km * first[here], by[here], out=np.zeros(len(here)), where=by[here] > 0)
        order = np.argsort(place, kind="stable")
        sites.append(here[order])
        places.append(place[order])
        start.append(start[-1] + len(here))
    return Flows(
        flow=trips[known],
        length_km=length[known],
        start=np.array(start, dtype=np.int64),
        site=np.concatenate([*sites, np.empty(0, dtype=np.int64)]).astype(np.int64),
        km=np.concatenate([*places, np.empty(0)]),
        range_km=rule.range_km,
        round_trip=rule.round_trip,
        start_share=rule.start_charge_share,
        end_share=rule.end_charge_share,
    )


def _straight(points: tuple[Floats, Floats, Floats], reach: Reach) -> _Ways:
    def km(start: Floats, end: Floats) -> Floats:
        table = great_circle_km(
            start[:, 0][:, None], start[:, 1][:, None], end[:, 0][None], end[:, 1][None]
        )
        return table * reach.detour_factor

    origin, destination, site = points
    return _Ways(km(origin, destination), km(origin, site), km(site, destination))


def _driven(roads: Roads, points: tuple[Floats, Floats, Floats], reach: Reach) -> _Ways:
    known = streets(roads)
    snapped = snap(np.vstack(points), known, max_snap_m=reach.max_snap_m)
    network, node = split_network(roads, known, snapped, slowdown=reach.slowdown)
    begin = np.cumsum([0, *map(len, points)])

    def end(part: int) -> End:
        rows = slice(begin[part], begin[part + 1])
        return End(node[rows], snapped.access_km[rows], snapped.within[rows], points[part])

    def km(start: End, stop: End) -> Floats:
        table = np.full((len(start.node), len(stop.node)), np.inf)
        limit = np.full(len(start.node), _FAR_KM)
        found = network.within_km(start, stop, limit_km=limit, kmh=reach.access_kmh)
        table[found[0], found[1]] = found[3]
        return table

    origin, destination, site = end(0), end(1), end(2)
    return _Ways(km(origin, destination), km(origin, site), km(site, destination))
