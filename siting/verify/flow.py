"""Drive every trip of a case again, battery and all, past the stations a plan opens.

Ways are found on the verifier's own graph, each kind on a graph of its own: from zones to stations,
from stations to zones, from zone to zone. Then a vehicle starts, drives from station to station as
they come, fills up at each, and is followed until it is back or stands still. Where a way may be a
little longer or shorter (a point equally near to two roads), the trip may count or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from siting.verify.formulas import great_circle_km
from siting.verify.mismatch import KM
from siting.verify.reach import zone_points
from siting.verify.roadways import build_network, to_sites

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.roads import Roads
    from siting.scenario import Flow, Reach
    from siting.verify.state import State

    Floats = NDArray[np.float64]
    Points = NDArray[np.object_]
    Bounds = tuple[Floats, Floats]


class _Ways(NamedTuple):
    """Hold least and greatest km between zones and stations."""

    direct: Bounds
    """(origins, destinations) each."""
    there: Bounds
    """(origins, stations) each."""
    onward: Bounds
    """(stations, destinations) each."""


def refuelled_trips(state: State) -> tuple[float, float]:
    """Return the fewest and the most trips a day that the last phase's stations let be made."""
    case, rule = state.case, state.scenario.flow
    if rule is None or case.flows is None:
        return 0.0, 0.0
    places = [(site.lon, site.lat) for site, _ in state.open_super(len(state.names) - 1)]
    stations = np.array([shapely.Point(place) for place in places], dtype=object)
    order = {name: n for n, name in enumerate(case.zones["id"])}
    starts, out = np.unique([order[name] for name in case.flows["origin"]], return_inverse=True)
    ends, back = np.unique([order[name] for name in case.flows["destination"]], return_inverse=True)
    zones = zone_points(case)
    ways = _ways(case, state.scenario.reach, (zones[starts], zones[ends], stations))
    least = most = 0.0
    for o, d, trips in zip(out, back, case.flows["trips"].tolist(), strict=True):
        least += trips * _made(ways, int(o), int(d), rule, doubt=1)
        most += trips * _made(ways, int(o), int(d), rule, doubt=-1)
    return least, most


def _made(ways: _Ways, o: int, d: int, rule: Flow, *, doubt: int) -> bool:
    """Tell whether a trip can be made, doubts held against it (1) or for it (-1)."""
    side = (1 + doubt) // 2
    length = float(ways.direct[side][o, d])
    if not np.isfinite(length):
        return False
    by = ways.there[side][o] + ways.onward[side][:, d]
    shortest = float(ways.direct[1 - side][o, d])
    near = np.flatnonzero(by - shortest <= rule.detour_km - doubt * KM)
    share = np.divide(
        ways.there[side][o][near], by[near], out=np.zeros(len(near)), where=by[near] > 0
    )
    stops = sorted((length * share).tolist())
    return drives(stops, length, rule, spare_km=-doubt * KM)


def drives(stops: list[float], length_km: float, rule: Flow, *, spare_km: float = 0.0) -> bool:
    """Tell whether a vehicle makes its trip, filling up at every stop.

    Parameters
    ----------
    stops
        Km from the origin, ascending.
    length_km
        One way.
    rule
        Range, shares of it at both ends, and whether the vehicle returns.
    spare_km
        How far below empty still counts.
    """
    legs = list(stops)
    end = length_km
    if rule.round_trip:
        legs += [2 * length_km - km for km in reversed(stops)]
        end = 2 * length_km
    left, at = rule.start_charge_share * rule.range_km, 0.0
    for km in legs:
        left -= km - at
        if left < -spare_km:
            return False
        left, at = rule.range_km, km
    return left - (end - at) >= rule.end_charge_share * rule.range_km - spare_km


def _ways(case: Case, rule: Reach, points: tuple[Points, Points, Points]) -> _Ways:
    starts, ends, stations = points
    return _Ways(
        _km(case, rule, starts, ends),
        _km(case, rule, starts, stations),
        _km(case, rule, stations, ends),
    )


def _km(case: Case, rule: Reach, starts: Points, ends: Points) -> Bounds:
    if not len(starts) or not len(ends):
        nothing = np.empty((len(starts), len(ends)))
        return nothing, nothing
    if case.roads is None:
        lon, lat = shapely.get_x(starts)[:, None], shapely.get_y(starts)[:, None]
        km = great_circle_km(lon, lat, shapely.get_x(ends), shapely.get_y(ends))
        return km * rule.detour_factor, km * rule.detour_factor
    return _driven(case, case.roads, rule, starts, ends)


def _driven(case: Case, roads: Roads, rule: Reach, starts: Points, ends: Points) -> Bounds:
    network = build_network(case, roads, rule, starts, ends)
    return to_sites(network, "km", range(len(ends)), np.inf)
