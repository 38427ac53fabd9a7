"""Pairs within reach: by hand on one street, by brute force on random networks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.roads import Roads
from siting.data.snap import snap, streets
from siting.data.sphere import great_circle_km
from siting.data.travel import Pairs, reach_pairs
from siting.scenario import Reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LON, LAT = 114.0, 22.5
STEP = 0.01
"""Degrees between nodes: on the meridian 1.11195 km."""
STEP_KM = 1.1119508
ACCESS_KMH = 6.0
"""A tenth of a kilometre a minute."""


def reach(**limits: object) -> Reach:
    """Return a reach; detour 1.5 at 30 km/h where there are no roads."""
    rest = {"detour_factor": 1.5, "straight_kmh": 30, "access_kmh": ACCESS_KMH, "max_snap_m": 500}
    return Reach.model_validate(rest | limits)


def network(nodes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int, float]]) -> Roads:
    """Return roads of nodes (steps east, steps north) and straight edges (tail, head, km/h)."""
    lon = np.array([LON + STEP * x for x, _ in nodes])
    lat = np.array([LAT + STEP * y for _, y in nodes])
    tail = np.array([edge[0] for edge in edges], dtype=np.int32)
    head = np.array([edge[1] for edge in edges], dtype=np.int32)
    length_m = great_circle_km(lon[tail], lat[tail], lon[head], lat[head]) * 1000
    ends = np.stack([np.column_stack([lon[k], lat[k]]) for k in (tail, head)], axis=1)
    return Roads(
        lon=lon,
        lat=lat,
        tail=tail,
        head=head,
        length_m=length_m,
        seconds=length_m / (np.array([edge[2] for edge in edges]) / 3.6),
        road_class=np.array(["primary"] * len(edges)),
        geometry=np.array([shapely.LineString(pair) for pair in ends], dtype=object),
    )


def points(*places: tuple[float, float]) -> NDArray[np.float64]:
    """Return longitude, latitude of places in steps east and north."""
    return np.array([(LON + STEP * x, LAT + STEP * y) for x, y in places]).reshape(-1, 2)


def table(pairs: Pairs) -> dict[tuple[int, int], float]:
    """Return minutes by zone and site."""
    return {
        (int(zone), int(site)): float(minutes)
        for zone, site, minutes in zip(pairs.zone, pairs.site, pairs.minutes, strict=True)
    }


TWO_WAY = network([(0, 0), (0, 1), (0, 2)], [(0, 1, 60), (1, 0, 60), (1, 2, 60), (2, 1, 60)])
"""A street north, 2 steps long, at 60 km/h: a km a minute."""
LOOP = network([(0, 0), (0, 1), (1, 1)], [(0, 1, 60), (1, 2, 60), (2, 0, 60)])
"""One-way streets round a triangle."""


def test_points_on_one_edge_travel_directly() -> None:
    """From a quarter to three quarters of an edge is half an edge, both ways on a two-way one."""
    for start, stop in (((0, 0.25), (0, 0.75)), ((0, 0.75), (0, 0.25))):
        pairs = reach_pairs(TWO_WAY, points(start), points(stop), reach(minutes=5), ["d"])
        assert table(pairs) == {(0, 0): pytest.approx(STEP_KM / 2, rel=1e-4)}
        assert np.isnan(pairs.km).all()


def test_one_way_street_is_gone_round() -> None:
    """Ahead on a one-way edge is half an edge; behind is the whole loop less half an edge."""
    ahead = reach_pairs(LOOP, points((0, 0.25)), points((0, 0.75)), reach(minutes=9), ["d"])
    assert table(ahead) == {(0, 0): pytest.approx(STEP_KM / 2, rel=1e-4)}
    behind = reach_pairs(LOOP, points((0, 0.75)), points((0, 0.25)), reach(minutes=9), ["d"])
    loop_km = LOOP.length_m.sum() / 1000
    assert table(behind) == {(0, 0): pytest.approx(loop_km - STEP_KM / 2, rel=1e-4)}


def test_access_legs_are_added() -> None:
    """0.1 step beside the street at both ends: 2 x 0.1 x 1.0273 km at 6 km/h is 2.0546 min more."""
    pairs = reach_pairs(TWO_WAY, points((0.1, 0.5)), points((-0.1, 1.5)), reach(minutes=9), ["d"])
    # one step of road at a km a minute: 1.11195; a step east is 1.11195 x cos 22.51 = 1.02725 km
    assert table(pairs) == {(0, 0): pytest.approx(1.11195 + 2.0545, abs=1e-3)}


def test_point_at_a_junction_may_leave_by_any_edge() -> None:
    """A zone that stands on the middle node reaches both ends, though it is tied to one street."""
    pairs = reach_pairs(TWO_WAY, points((0, 1)), points((0, 0), (0, 2)), reach(minutes=5), ["d"])
    assert table(pairs) == pytest.approx({(0, 0): STEP_KM, (0, 1): STEP_KM}, rel=1e-4)


def test_zone_and_site_on_one_spot() -> None:
    """They are no minutes apart, even on a one-way street."""
    pairs = reach_pairs(LOOP, points((0, 0.5)), points((0, 0.5)), reach(minutes=1), ["d"])
    assert table(pairs) == {(0, 0): pytest.approx(0, abs=1e-3)}


def test_a_hair_behind_is_the_same_spot() -> None:
    """A site 1 cm behind a zone on a one-way street, or just before its junction, is right there.

    0.01 m is 0.01 / 1111.95 = 9e-6 steps; 5 cm behind is a way round the whole loop.
    """
    for north in (0.5, 0.0):
        zone = points((0, north + 9e-6))
        pairs = reach_pairs(LOOP, zone, points((0, north)), reach(minutes=1), ["d"])
        assert table(pairs) == {(0, 0): pytest.approx(0, abs=1e-3)}
    behind = points((0, 0.5 + 4.5e-5)), points((0, 0.5))
    assert not table(reach_pairs(LOOP, *behind, reach(minutes=1), ["d"]))


def test_points_too_far_from_any_road() -> None:
    """0.5 step (514 m) beside the street is beyond 500 m: in no pair, and marked."""
    pairs = reach_pairs(
        TWO_WAY, points((0, 1), (0.5, 1)), points((-0.5, 1), (0, 0)), reach(minutes=60), ["d", "d"]
    )
    assert table(pairs) == {(0, 1): pytest.approx(STEP_KM, rel=1e-4)}
    assert pairs.snapped_zone.tolist() == [True, False]
    assert pairs.snapped_site.tolist() == [False, True]


def test_reach_in_km_by_district() -> None:
    """A zone of the centre goes 1 km, others 2; a site 1.11 km away is within reach of one only."""
    rule = reach(km={"default": 2.0, "centre": 1.0})
    pairs = reach_pairs(TWO_WAY, points((0, 0), (0, 0)), points((0, 1)), rule, ["centre", "suburb"])
    assert pairs.zone.tolist() == [1]
    assert pairs.km.tolist() == pytest.approx([STEP_KM], rel=1e-4)
    assert pairs.minutes.tolist() == pytest.approx([STEP_KM], rel=1e-4)


def test_minutes_are_of_the_fastest_way_though_km_decide() -> None:
    """A lane of 1 step at 10 km/h, or 3 sides of a square at 60: a reach of 2 km sees the lane."""
    square = network(
        [(0, 0), (0, 1), (1, 1), (1, 0)],
        [(0, 1, 10), (1, 0, 10), (0, 3, 60), (3, 2, 60), (2, 1, 60)],
    )
    pairs = reach_pairs(square, points((0, 0)), points((0, 1)), reach(km={"default": 2.0}), ["d"])
    assert pairs.km.tolist() == pytest.approx([STEP_KM], rel=1e-4)
    # lane: 1.11195 km at 10 km/h = 6.67 min; round: 1.0273 + 1.1120 + 1.0272 km at a km a minute
    assert pairs.minutes.tolist() == pytest.approx([3.1665], abs=1e-3)


def test_cars_turn_round_at_a_dead_end() -> None:
    """From one carriageway to the other of a road that ends: up to its end, and back.

    North on the meridian, south on a line that bulges 0.1 step east halfway; both from halfway: 0.5
    + 0.5 x the length of the bulge, 2 x hypot(0.5 x 1.11195, 0.1 x 1.02725) / 1.11195 = 1.0169
    steps.
    """
    road = network([(0, 0), (0, 1)], [(0, 1, 60), (1, 0, 60)])
    bulge = shapely.LineString(points((0, 1), (0.1, 0.5), (0, 0)))
    object.__setattr__(road, "geometry", np.array([road.geometry[0], bulge], dtype=object))
    object.__setattr__(road, "length_m", road.length_m * (1, 1.0169))
    object.__setattr__(road, "seconds", road.seconds * (1, 1.0169))
    pairs = reach_pairs(road, points((0, 0.5)), points((0.1, 0.5)), reach(minutes=5), ["d"])
    assert table(pairs) == {(0, 0): pytest.approx(STEP_KM * (0.5 + 1.0169 / 2), rel=1e-3)}


def test_a_spur_is_driven_in_and_out() -> None:
    """Off a one-way loop, a two-way spur that ends: a site at its end is reached and left."""
    spur = network([(0, 0), (0, 1), (1, 1), (0, 2)], [(0, 1, 60), (1, 2, 60), (2, 0, 60)])
    both = network(
        [(0, 0), (0, 1), (1, 1), (0, 2)],
        [*((0, 1, 60), (1, 2, 60), (2, 0, 60)), *((1, 3, 60), (3, 1, 60))],
    )
    here, end = points((0, 0.5)), points((0, 2))
    for start, stop, km in ((here, end, 1.5), (end, here, None)):
        (minutes,) = reach_pairs(both, start, stop, reach(minutes=9), ["d"]).minutes
        round_km = 1 + spur.length_m[1:].sum() / 1000 / STEP_KM + 0.5
        assert minutes == pytest.approx(STEP_KM * (km or round_km), rel=1e-3)


BUSY = {"congestion": [2.0 if hour == 8 else 1.0 for hour in range(24)]}
"""Driving takes twice as long from 8 to 9 h."""


def test_congestion_slows_driving_not_walking_up() -> None:
    """One step of road at a km a minute: 1.112 min, or 2.224 at 8 h; access legs stay 2.0545."""
    ends = points((0.1, 0.5)), points((-0.1, 1.5))
    for hour, factor in ((8, 2), (9, 1), (None, 1)):
        rule = reach(minutes=9, hour=hour, **BUSY)
        pairs = reach_pairs(TWO_WAY, *ends, rule, ["d"])
        assert table(pairs) == {(0, 0): pytest.approx(1.11195 * factor + 2.0545, abs=1e-3)}


def test_congestion_shrinks_a_reach_in_minutes_not_in_km() -> None:
    """One step of road is within 2 minutes at night, not at 8 h, and within 2 km at any hour."""
    ends = points((0, 0)), points((0, 1))
    assert table(reach_pairs(TWO_WAY, *ends, reach(minutes=2, hour=3, **BUSY), ["d"]))
    assert not table(reach_pairs(TWO_WAY, *ends, reach(minutes=2, hour=8, **BUSY), ["d"]))
    pairs = reach_pairs(TWO_WAY, *ends, reach(km={"default": 2.0}, hour=8, **BUSY), ["d"])
    assert pairs.km == pytest.approx([STEP_KM], rel=1e-4)
    assert pairs.minutes == pytest.approx([2 * STEP_KM], rel=1e-4)


def test_congestion_without_roads() -> None:
    """1.112 km x 1.5 at 30 km/h is 3.336 min by night and twice that at 8 h."""
    for hour, factor in ((3, 1), (8, 2)):
        rule = reach(minutes=9, hour=hour, **BUSY)
        pairs = reach_pairs(None, points((0, 0)), points((0, 1)), rule, ["d"])
        assert pairs.minutes == pytest.approx([STEP_KM * 1.5 / 30 * 60 * factor], rel=1e-4)


def test_pairs_are_in_order() -> None:
    """By zone, then site, whichever side the search starts from; more than one batch of sources."""
    many = [(0, 2 * k / 99) for k in range(100)]
    few = [(0, 2 * k / 6) for k in range(7)]
    for zones, sites in ((many, few), (few, many)):
        pairs = reach_pairs(
            TWO_WAY, points(*zones), points(*sites), reach(minutes=60), ["d"] * len(zones)
        )
        expected = list(itertools.product(range(len(zones)), range(len(sites))))
        assert list(zip(pairs.zone, pairs.site, strict=True)) == expected
        apart = [abs(zones[i][1] - sites[j][1]) * STEP_KM for i, j in expected]
        assert pairs.minutes == pytest.approx(apart, abs=1e-4)


def test_no_sites_no_pairs() -> None:
    """An empty side gives an empty answer, with and without roads."""
    for roads in (TWO_WAY, None):
        pairs = reach_pairs(roads, points((0, 0)), points(), reach(minutes=5), ["d"])
        assert len(pairs.zone) == len(pairs.site) == len(pairs.minutes) == len(pairs.km) == 0


def test_twins_are_one_street() -> None:
    """Edge and reverse edge share a street, bends included; a parallel road is another."""
    bend = shapely.LineString([(114, 22.5), (114.01, 22.505), (114, 22.51)])
    lines = [bend, bend.reverse(), shapely.LineString([(114, 22.5), (114, 22.51)])]
    roads = network([(0, 0), (0, 1)], [(0, 1, 60), (1, 0, 60), (0, 1, 60)])
    object.__setattr__(roads, "geometry", np.array(lines, dtype=object))
    known = streets(roads)
    assert len(known.line) == 2
    assert known.street[0] == known.street[1] != known.street[2]
    assert known.forward[0] != known.forward[1]


def test_snap_measures_true_metres() -> None:
    """300 m east of the street by the great circle is 300 m, to 0.1 %."""
    east = 0.3 / great_circle_km(LON, LAT + 0.005, LON + 1, LAT + 0.005)
    found = snap(np.array([(LON + float(east), LAT + 0.005)]), streets(TWO_WAY), max_snap_m=300.3)
    assert found.access_km == pytest.approx([0.3], rel=1e-3)
    assert found.share == pytest.approx([0.5], abs=1e-4)
    assert found.within.tolist() == [True]


class Spot(NamedTuple):
    """Hold a point on an edge."""

    edge: int
    share: float


@st.composite
def random_networks(draw: st.DrawFn) -> tuple[Roads, list[Spot], list[Spot]]:
    """Draw a 3 by 3 grid with random one-way and two-way streets, and zones and sites on them."""
    nodes = [(x, y) for x in range(3) for y in range(3)]
    neighbours = [
        (a, b)
        for a, b in itertools.combinations(range(9), 2)
        if abs(nodes[a][0] - nodes[b][0]) + abs(nodes[a][1] - nodes[b][1]) == 1
    ]
    speed = st.sampled_from([15.0, 30.0, 60.0, 90.0])
    edges = []
    for a, b in neighbours:
        kind = draw(st.sampled_from(["both", "there", "back", "none"]))
        if kind in {"both", "there"}:
            edges.append((a, b, draw(speed)))
        if kind in {"both", "back"}:
            edges.append((b, a, draw(speed)))
    edges = edges or [(0, 1, 60.0)]
    spot = st.builds(
        Spot, st.integers(0, len(edges) - 1), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9])
    )
    spots = st.lists(spot, min_size=1, max_size=4)
    return network(nodes, edges), draw(spots), draw(spots)


def place_of(roads: Roads, spot: Spot) -> tuple[float, float]:
    """Return longitude, latitude of a point on an edge."""
    a, b = shapely.get_coordinates(roads.geometry[spot.edge])
    lon, lat = a + (b - a) * spot.share
    return float(lon), float(lat)


def along(roads: Roads, spot: Spot) -> dict[int, float]:
    """Return the edges a point stands on, each with its share: its own, and the reverse twin."""
    tail, head = roads.tail[spot.edge], roads.head[spot.edge]
    twins = np.flatnonzero((roads.tail == head) & (roads.head == tail))
    return {spot.edge: spot.share} | {int(twin): 1 - spot.share for twin in twins}


def brute_force(roads: Roads, cost: NDArray[np.float64], zone: Spot, site: Spot) -> float:
    """Return the least cost: along one edge, or out of an edge, over the graph, into an edge."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(roads.lon)))
    for tail, head, weight in zip(roads.tail, roads.head, cost, strict=True):
        graph.add_edge(int(tail), int(head), weight=float(weight))
    best = float("inf")
    for out, share in along(roads, zone).items():
        ways = nx.single_source_dijkstra_path_length(graph, int(roads.head[out]))
        for into, end in along(roads, site).items():
            if out == into and end >= share:
                best = min(best, (end - share) * cost[out])
            way = ways.get(int(roads.tail[into]), float("inf"))
            best = min(best, (1 - share) * cost[out] + way + end * cost[into])
    return best


@given(random_networks(), st.sampled_from([2.0, 5.0, 30.0]))
@settings(max_examples=60, deadline=None)
def test_minutes_equal_brute_force(
    drawn: tuple[Roads, list[Spot], list[Spot]], minutes: float
) -> None:
    """On random small networks every pair, and only those within reach, has networkx's minutes."""
    roads, zones, sites = drawn
    cost = roads.seconds / 60
    pairs = reach_pairs(
        roads,
        np.array([place_of(roads, zone) for zone in zones]),
        np.array([place_of(roads, site) for site in sites]),
        reach(minutes=minutes),
        ["d"] * len(zones),
    )
    found = table(pairs)
    for (i, zone), (j, site) in itertools.product(enumerate(zones), enumerate(sites)):
        expected = brute_force(roads, cost, zone, site)
        if abs(expected - minutes) > 1e-2:
            assert ((i, j) in found) == (expected <= minutes)
        if (i, j) in found:
            assert found[i, j] == pytest.approx(expected, abs=1e-3)


@given(random_networks(), st.sampled_from([1.5, 4.0]))
@settings(max_examples=40, deadline=None)
def test_km_equal_brute_force(drawn: tuple[Roads, list[Spot], list[Spot]], km: float) -> None:
    """With a reach in km, shortest lengths decide, and minutes are still the least."""
    roads, zones, sites = drawn
    pairs = reach_pairs(
        roads,
        np.array([place_of(roads, zone) for zone in zones]),
        np.array([place_of(roads, site) for site in sites]),
        reach(km={"default": km}),
        ["d"] * len(zones),
    )
    found = {
        (int(i), int(j)): (length, minutes)
        for i, j, length, minutes in zip(
            pairs.zone, pairs.site, pairs.km, pairs.minutes, strict=True
        )
    }
    for (i, zone), (j, site) in itertools.product(enumerate(zones), enumerate(sites)):
        shortest = brute_force(roads, roads.length_m / 1000, zone, site)
        if abs(shortest - km) > 1e-2:
            assert ((i, j) in found) == (shortest <= km)
        if (i, j) in found:
            fastest = brute_force(roads, roads.seconds / 60, zone, site)
            assert found[i, j] == pytest.approx((shortest, fastest), abs=1e-3)


@given(random_networks())
@settings(max_examples=40, deadline=None)
def test_more_points_shorten_no_way(drawn: tuple[Roads, list[Spot], list[Spot]]) -> None:
    """Splitting edges at further points leaves the minutes of the others as they were."""
    roads, zones, sites = drawn
    zone_points = np.array([place_of(roads, zone) for zone in zones])
    site_points = np.array([place_of(roads, site) for site in sites])
    alone = reach_pairs(roads, zone_points[:1], site_points[:1], reach(minutes=60), ["d"])
    together = reach_pairs(roads, zone_points, site_points, reach(minutes=60), ["d"] * len(zones))
    both = table(together)
    assert table(alone) == pytest.approx(
        {pair: both[pair] for pair in [(0, 0)] if pair in both}, abs=1e-9
    )


PLACES = st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=8)


@given(PLACES, PLACES, st.sampled_from(["minutes", "km"]))
@settings(deadline=None)
def test_straight_lines_equal_brute_force(
    zones: list[tuple[float, float]], sites: list[tuple[float, float]], rule: str
) -> None:
    """Without roads: great circle x 1.5 at 30 km/h, every pair within 20 km or 40 minutes."""
    asked = reach(minutes=40.0) if rule == "minutes" else reach(km={"default": 20.0})
    zone_points, site_points = points(*zones), points(*sites)
    pairs = reach_pairs(None, zone_points, site_points, asked, ["d"] * len(zones))
    km = 1.5 * great_circle_km(
        zone_points[:, None, 0],
        zone_points[:, None, 1],
        site_points[None, :, 0],
        site_points[None, :, 1],
    )
    inside = np.argwhere(km <= 20)
    clear = (np.abs(km - 20) > 1e-9).all()
    if clear:
        assert np.column_stack([pairs.zone, pairs.site]).tolist() == inside.tolist()
        assert pairs.km == pytest.approx(km[tuple(inside.T)])
    assert pairs.minutes == pytest.approx(pairs.km * 2)
    assert pairs.snapped_zone.all()
    assert pairs.snapped_site.all()
