"""The verifier's own driving times: by hand, and against those that plans are made with."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.roads import Roads
from siting.data.travel import reach_pairs
from siting.scenario import Reach
from siting.verify.formulas import (
    capacity_kwh_day,
    great_circle_km,
    peak_kw,
    wait_probability,
)
from siting.verify.reach import Reached, find_reach
from tests.verify_case import asked, hand_case, hand_roads, spot, table

RULE = {"detour_factor": 1.25, "straight_kmh": 30.0, "access_kmh": 15.0, "max_snap_m": 300.0}


def _reach(
    zones: list[shapely.Geometry], sites: list[shapely.Point], rule: Reach, roads: Roads | None
) -> Reached:
    named = {f"Z{n}": place for n, place in enumerate(zones)}
    count = len(zones)
    layer = table(named, district=["south"] * count, demand=[1.0] * count)
    places = [(site.x, site.y) for site in sites]
    return find_reach(hand_case(roads, zones=layer), rule, places, range(len(sites)))


def _minutes(
    zone: shapely.Geometry, site: shapely.Point, roads: Roads | None = None, **more: object
) -> float:
    rule = Reach.model_validate({"minutes": 30.0, **RULE, **more})
    low, high = _reach([zone], [site], rule, roads or hand_roads()).minutes
    assert low[0, 0] == pytest.approx(high[0, 0])
    return float(low[0, 0])


@pytest.mark.parametrize(
    ("zone", "site", "minutes"),
    [
        # ahead on the same one-way street: 0.5 km
        (spot(2.5), spot(3.0), 0.5),
        # behind on it: 0.5 to C, 3 to D, 2 to B, 1 back up
        (spot(3.5), spot(3.0), 6.5),
        # either way along a two-way street
        (spot(0.5), spot(1.5), 1.0),
        (spot(1.5), spot(0.5), 1.0),
        # on one spot of a one-way street
        (spot(3.0), spot(3.0), 0.0),
        # 0.1 km off the street on both ends: 2 x 0.1 km at 15 km/h = 0.8 min
        (spot(0.5, 0.1), spot(1.5, 0.1), 1.8),
        # from street to street through B: 1.5 + 1
        (spot(0.5), spot(3.0), 2.5),
        # at a junction itself
        (spot(2.0), spot(0.0), 2.0),
        # the dead end beyond A
        (spot(-1.0), spot(0.5), 1.5),
    ],
)
def test_times_by_hand(zone: shapely.Point, site: shapely.Point, minutes: float) -> None:
    """Each way on the hand network takes what adding up its pieces gives."""
    assert _minutes(zone, site) == pytest.approx(minutes, abs=1e-3)


def test_congestion_counts_at_its_hour() -> None:
    """Twice as long at 8 h: the km on the road, not the legs of 0.1 km at 15 km/h."""
    busy = [2.0 if hour == 8 else 1.0 for hour in range(24)]
    zone, site = spot(0.5, 0.1), spot(1.5, 0.1)
    assert _minutes(zone, site, congestion=busy, hour=8) == pytest.approx(2.8, abs=1e-3)
    assert _minutes(zone, site, congestion=busy, hour=9) == pytest.approx(1.8, abs=1e-3)
    assert _minutes(zone, site, congestion=busy) == pytest.approx(1.8, abs=1e-3)


def test_a_point_off_the_roads_is_out_of_reach() -> None:
    """0.31 km from any street is beyond max_snap_m of 300 m; 0.29 km is not."""
    assert _minutes(spot(1.0), spot(0.5, 0.29)) == pytest.approx(0.5 + 0.29 * 4, abs=1e-3)
    assert math.isinf(_minutes(spot(1.0), spot(0.5, 0.31)))


def test_a_point_between_two_streets_may_take_either() -> None:
    """Halfway between parallel streets of 60 and 30 km/h, both times are right."""
    west, east = [spot(0, 0), spot(2, 0)], [spot(0, 0.2), spot(2, 0.2)]
    ends = [*west, *east]
    edges = [(0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (2, 0), (1, 3), (3, 1)]
    km = [2, 2, 2, 2, 0.2, 0.2, 0.2, 0.2]
    roads = Roads(
        lon=np.array([end.x for end in ends]),
        lat=np.array([end.y for end in ends]),
        tail=np.array([a for a, _ in edges], dtype=np.int32),
        head=np.array([b for _, b in edges], dtype=np.int32),
        length_m=np.array(km) * 1000,
        seconds=np.array(
            [60 * k * (2 if 2 in e and 3 in e else 1) for k, e in zip(km, edges, strict=True)]
        ),
        road_class=np.array(["primary"] * 8),
        geometry=np.array([shapely.LineString([ends[a], ends[b]]) for a, b in edges], dtype=object),
    )
    rule = Reach.model_validate({"minutes": 30.0, **RULE})
    low, high = _reach([spot(1, 0.1)], [spot(1.5, 0)], rule, roads).minutes
    # 0.1 km of access, then 0.5 km at 60 km/h, or 1 km at 30, 0.2 across and 0.5 back at 60
    assert low[0, 0] == pytest.approx(0.4 + 0.5, abs=1e-3)
    assert high[0, 0] == pytest.approx(0.4 + 2 + 0.2 + 0.5, abs=1e-3)


def test_limits_in_km_go_by_the_shortest_way_and_times_by_the_fastest() -> None:
    """Z3 to E1 is 6.6 km round the ring: within 7 km, beyond 6.5."""
    case = hand_case(hand_roads())
    for km, reached in ((7.0, True), (6.5, False)):
        rule = Reach.model_validate({"km": {"default": km}, **RULE})
        found = find_reach(case, rule, [(spot(0.4).x, spot(0.4).y)], [0])
        assert found.may_reach()[2, 0] == reached
        assert found.must_reach()[2, 0] == reached
    assert found.minutes[0][0, 0] == pytest.approx(0.4, abs=1e-3)


def test_a_zone_whose_centroid_lies_outside_stands_at_a_point_inside() -> None:
    """An L-shaped zone is measured from within."""
    rule = Reach.model_validate({"minutes": 60.0, **RULE})
    ring = shapely.box(114.0, 22.5, 114.1, 22.6).difference(
        shapely.box(114.005, 22.505, 114.1, 22.6)
    )
    inside = shapely.point_on_surface(ring)
    low, _ = _reach([ring], [inside], rule, None).minutes
    assert low[0, 0] == pytest.approx(0.0, abs=1e-9)


def test_great_circles_by_hand() -> None:
    """A quarter of a meridian is a quarter of 2 pi R."""
    assert great_circle_km(10, 0, 10, 90) == pytest.approx(math.pi / 2 * 6371.0088)


def test_erlang_c_by_hand() -> None:
    """One gun waits as often as it is busy; two guns at one erlang wait a third of the time."""
    # c = 1: C = a. c = 2, a = 1: (1/2 x 2) / (1 + 1 + 1) = 1/3
    assert wait_probability(1, 0.3) == pytest.approx(0.3)
    assert wait_probability(2, 1.0) == pytest.approx(1 / 3)


def test_capacity_by_hand() -> None:
    """One gun of 15 min that may be busy 30 % of the busiest hour takes 1.2 sessions then."""
    scenario = asked(
        {
            "stations.small.super_guns": 1,
            "stations.small.fast_guns": 0,
            "service.max_wait_probability": 0.3,
        }
    )
    # 0.3 erlang / 0.25 h = 1.2 sessions/h x 60 kWh / 0.1 = 720 kWh/day; mean wait 6.4 min
    kind = scenario.stations["small"]
    assert capacity_kwh_day(kind, scenario.service) == pytest.approx(720.0)


def test_demand_factors_end_with_the_last() -> None:
    """Beyond the last gun count its factor goes on: 1,440 x 0.5 / 0.9 = 800 kW."""
    scenario = asked({"grid.demand_factors": [(4, 0.9), (6, 0.5)]})
    assert peak_kw(scenario.stations["large"], scenario) == pytest.approx(800.0)
    assert peak_kw(scenario.stations["old"], scenario) == 0.0


@st.composite
def street_grids(draw: st.DrawFn) -> Roads:
    """Draw a grid of 3 x 3 junctions about 1 km apart, a ring one way, all else both ways."""
    shift = st.floats(-0.3, 0.3)
    places = [spot(y + draw(shift), x + draw(shift)) for y in range(3) for x in range(3)]
    ring = [(0, 1), (1, 2), (2, 5), (5, 8), (8, 7), (7, 6), (6, 3), (3, 0)]
    both = [(1, 4), (4, 7), (3, 4), (4, 5)]
    edges = ring + both + [(b, a) for a, b in both]
    lengths = [1000 * draw(st.floats(1.0, 2.0)) for _ in ring + both]
    kmh = [draw(st.sampled_from([20.0, 40.0, 60.0])) for _ in ring + both]
    length_m = np.array(lengths + lengths[8:])
    lines = [shapely.LineString([places[a], places[b]]) for a, b in edges]
    return Roads(
        lon=np.array([place.x for place in places]),
        lat=np.array([place.y for place in places]),
        tail=np.array([a for a, _ in edges], dtype=np.int32),
        head=np.array([b for _, b in edges], dtype=np.int32),
        length_m=length_m,
        seconds=length_m / np.array(kmh + kmh[8:]) * 3.6,
        road_class=np.array(["primary"] * len(edges)),
        geometry=np.array(lines, dtype=object),
    )


PLACES = st.lists(st.tuples(st.floats(-0.2, 2.2), st.floats(-0.2, 2.2)), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(
    roads=st.none() | street_grids(),
    zones=PLACES,
    sites=PLACES,
    by_km=st.booleans(),
    factor=st.none() | st.sampled_from([1.0, 1.7]),
)
def test_agrees_with_the_times_plans_are_made_with(
    roads: Roads | None,
    zones: list[tuple[float, float]],
    sites: list[tuple[float, float]],
    by_km: bool,  # noqa: FBT001 - drawn by hypothesis
    factor: float | None,
) -> None:
    """Two ways of finding times agree on every pair, on random streets and over straight lines."""
    limit = {"km": {"default": 3.0}} if by_km else {"minutes": 6.0}
    slow = {} if factor is None else {"congestion": [factor] * 24, "hour": 8}
    rule = Reach.model_validate({**limit, **RULE, **slow})
    starts, ends = [spot(*zone) for zone in zones], [spot(*site) for site in sites]
    found = _reach(list(starts), ends, rule, roads)
    zone_points = np.array([(place.x, place.y) for place in starts])
    site_points = np.array([(place.x, place.y) for place in ends])
    pairs = reach_pairs(roads, zone_points, site_points, rule, ["south"] * len(starts))
    within = np.zeros((len(starts), len(ends)), dtype=bool)
    within[pairs.zone, pairs.site] = True
    assert not (found.must_reach() & ~within).any()
    assert not (within & ~found.may_reach()).any()
    low, high = (minutes[pairs.zone, pairs.site] for minutes in found.minutes)
    assert (pairs.minutes >= low - 1e-3).all()
    assert (pairs.minutes <= high + 1e-3).all()
