"""The parts of a stylised city that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, box

from siting.data.synth.facts import split_via
from siting.data.synth.land import bend, fit_weights, power_cells, resize, smooth_ring
from siting.data.synth.network import Network, join, largest_part, one_ways, with_expressways
from siting.data.synth.places import scaled
from siting.data.synth.stock import base_peaks
from siting.data.synth.streets import Lines, neighbours


def lines(*parts: tuple[str, list[tuple[float, float]]]) -> Lines:
    """Return centre lines from (class, coordinates)."""
    geometry = np.empty(len(parts), dtype=object)
    geometry[:] = [LineString(xy) for _, xy in parts]
    return Lines(geometry, np.array([highway for highway, _ in parts]))


def ring_road() -> Network:
    """Return three residential streets in a triangle, two-way."""
    corners = [(0.0, 0.0), (100.0, 0.0), (0.0, 100.0)]
    sides = [[corners[k], corners[(k + 1) % 3]] for k in range(3)]
    geometry = np.empty(3, dtype=object)
    geometry[:] = [LineString(side) for side in sides]
    ends = np.array([[0, 1], [1, 2], [2, 0]])
    highway = np.array(["residential"] * 3)
    return Network(np.array(corners), ends, geometry, highway, np.zeros(3, dtype=bool))


def test_smooth_ring_cuts_each_corner_at_a_quarter() -> None:
    """A square of side 4 becomes an octagon of area 16 - 4 x 1/2 = 14."""
    ring = smooth_ring(np.array([[0, 0], [4, 0], [4, 4], [0, 4]], dtype=float), rounds=1)
    assert ring[:2].tolist() == [[1, 0], [3, 0]]
    assert shapely.Polygon(ring).area == pytest.approx(14)


def test_resize_meets_the_area() -> None:
    """A 10 km square shrinks to 81 km2, short of a few corners' worth."""
    assert resize(box(0, 0, 10_000, 10_000), 81e6).area == pytest.approx(81e6, rel=1e-4)


def test_power_cells_are_cut_where_weighted_distances_meet() -> None:
    """Centres at 0 and 10, weight 20 for the first: x^2 - 20 = (10 - x)^2 at x = 6."""
    centres = np.array([[0.0, 0.0], [10.0, 0.0]])
    cells = power_cells(box(-5, -5, 15, 5), centres, np.array([20.0, 0.0]))
    assert cells[0].bounds == pytest.approx((-5, -5, 6, 5))
    assert cells[1].bounds == pytest.approx((6, -5, 15, 5))


def test_fit_weights_gives_each_district_its_share() -> None:
    """Two centres in an oblong get a quarter and three quarters of it."""
    land = box(0, 0, 24_000, 6_000)
    centres = np.array([[6_000.0, 3_000.0], [16_000.0, 3_000.0]])
    weights = fit_weights(land, centres, np.array([0, 1]), np.array([0.25, 0.75]))
    areas = shapely.area(power_cells(land, centres, weights)) / land.area
    assert areas == pytest.approx([0.25, 0.75], abs=0.02)


def test_bent_cells_still_tile_the_land() -> None:
    """Four squares bent together overlap nowhere, leave no hole and keep their area within 5 %."""
    cells = np.array([box(x, y, x + 8e3, y + 8e3) for x in (0, 8e3) for y in (0, 8e3)], object)
    bent = bend(cells, seed=1)
    whole = shapely.union_all(bent)
    assert shapely.is_valid(bent).all()
    assert shapely.area(bent).sum() == pytest.approx(whole.area, rel=1e-9)
    assert shapely.area(bent) == pytest.approx(shapely.area(cells), rel=0.05)


def test_neighbours_leave_out_a_pair_with_a_third_between() -> None:
    """Of three points in a row-like triangle the outer two do not see each other."""
    points = np.array([[0.0, 0.0], [10.0, 1.0], [20.0, 0.0]])
    assert neighbours(points, longest_m=100).tolist() == [[0, 1], [1, 2]]
    assert neighbours(points, longest_m=5).tolist() == []


def test_streets_that_cross_are_joined() -> None:
    """A cross of two streets has one node in the middle, four ends and four edges."""
    cross = lines(("residential", [(0, 50), (100, 50)]), ("secondary", [(50, 0), (50, 100)]))
    network = join(cross)
    assert len(network.nodes) == 5
    assert sorted(network.highway.tolist()) == ["residential"] * 2 + ["secondary"] * 2


def test_where_streets_run_together_the_higher_class_wins() -> None:
    """A street drawn twice is one edge of the higher class."""
    twice = lines(("residential", [(0, 0), (100, 0)]), ("primary", [(0, 0), (100, 0)]))
    assert join(twice).highway.tolist() == ["primary"]


def test_expressways_meet_streets_at_interchanges_only() -> None:
    """A motorway over a street has no node where they cross, but ramps near its ends."""
    street = join(lines(("primary", [(1_000, -900), (1_000, 900)])))
    network = with_expressways(street, lines(("motorway", [(0, 500), (2_000, 500)])))
    # two street ends, two motorway ends; both motorway ends reach the northern street end
    assert len(network.nodes) == 4
    found = sorted(network.highway.tolist())
    assert found == ["motorway", "motorway_link", "motorway_link", "primary"]


def test_only_the_largest_part_stays() -> None:
    """A street of its own, apart from a cross, is dropped."""
    network = join(
        lines(
            ("residential", [(0, 50), (100, 50)]),
            ("residential", [(50, 0), (50, 100)]),
            ("residential", [(900, 0), (900, 100)]),
        )
    )
    assert len(network.lines) == 5
    assert len(largest_part(network).lines) == 4


def test_one_way_streets_leave_every_node_reachable() -> None:
    """However the dice fall, three streets in a ring stay strongly connected."""
    for seed in range(200):
        network = one_ways(ring_road(), np.random.default_rng(seed))
        assert len(set(network.components(directed=True).tolist())) == 1


def test_scaled_keeps_a_minimum_where_there_were_any() -> None:
    """A tenth of 50, 30 and 4 is 8, two at least for the last, none for none."""
    counts = np.array([50, 30, 4, 0])
    assert scaled(counts, 0.1, least=2).tolist() == [4, 2, 2, 0]
    assert scaled(counts, 1, least=2).tolist() == counts.tolist()


def test_base_peaks_sum_to_the_total_and_follow_the_wish() -> None:
    """Limits 100 and 100, wishes +0.1 and -0.1, total 160: level 0.8, so 90 and 70."""
    peaks = base_peaks(np.array([100.0, 100.0]), np.array([0.1, -0.1]), 160.0)
    assert peaks == pytest.approx([90, 70], abs=0.1)
    assert peaks.sum() == pytest.approx(160)


def test_a_corridor_is_read_as_its_places() -> None:
    """Places are parted by '>' and blanks do not matter."""
    assert split_via("Nantou > Xili>Taoyuan ") == ["Nantou", "Xili", "Taoyuan"]
