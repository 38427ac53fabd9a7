"""The plane's helpers: projection, noise, whole shares, scattered points."""

from __future__ import annotations

import numpy as np
import pytest

from siting.data.synth.plane import Plane, Waves, apportion, scatter


def test_a_degree_at_the_equator_has_its_known_length() -> None:
    """WGS-84: 111 319.49 m a degree of longitude and 110 574.28 m of latitude at 0, 0."""
    east_m, north_m = Plane(0.0, 0.0).metres_per_degree
    assert east_m == pytest.approx(111_319.49, abs=0.01)
    assert north_m == pytest.approx(110_574.28, abs=0.01)


def test_to_degrees_undoes_to_metres() -> None:
    """A point comes back from the plane to a millionth of a degree."""
    plane = Plane(114.1, 22.6)
    there = plane.to_metres([[114.3, 22.4]])
    assert plane.to_degrees(there)[0] == pytest.approx([114.3, 22.4], abs=1e-9)
    assert there[0, 0] > 0 > there[0, 1]


def test_noise_is_the_same_for_a_seed_and_of_about_unit_size() -> None:
    """Two draws with one seed agree, and the field varies by about 1 over many waves' lengths."""
    spots = np.random.default_rng(0).uniform(0, 100_000, (4_000, 2))
    one = Waves.draw(np.random.default_rng(5), length_m=3_000)
    two = Waves.draw(np.random.default_rng(5), length_m=3_000)
    assert np.array_equal(one.value(spots), two.value(spots))
    assert 0.7 < one.value(spots).std() < 1.3
    assert 0.7 < np.linalg.norm(one.swirl(spots), axis=1).mean() < 1.3


def test_swirl_has_no_divergence() -> None:
    """The displacement neither spreads nor gathers, so that bent shapes keep their areas."""
    field = Waves.draw(np.random.default_rng(1), length_m=5_000)
    spot, east, north = np.array([[1_234.0, 567.0]]), np.array([1.0, 0.0]), np.array([0.0, 1.0])
    along_x = field.swirl(spot + east) - field.swirl(spot - east)
    along_y = field.swirl(spot + north) - field.swirl(spot - north)
    assert along_x[0, 0] + along_y[0, 1] == pytest.approx(0, abs=1e-9)
    assert abs(along_x[0, 0]) > 1e-6


@pytest.mark.parametrize(
    ("weights", "total", "least", "expected"),
    [
        # 10 x (1/2, 3/10, 1/5) is whole
        ([5, 3, 2], 10, None, [5, 3, 2]),
        # quotas 3.5, 2.1, 1.4: floors 3, 2, 1 leave one, for the largest remainder, 0.5
        ([5, 3, 2], 7, None, [4, 2, 1]),
        # minima 1 each leave 1 of 4: only the first is above its minimum, 3.6 - 1
        ([9, 0.5, 0.5], 4, [1, 1, 1], [2, 1, 1]),
        # minima pass the total and stand
        ([1, 1], 3, [2, 2], [2, 2]),
    ],
)
def test_apportion_by_largest_remainder(
    weights: list[float], total: int, least: list[int] | None, expected: list[int]
) -> None:
    """Whole shares follow the weights, keep the minima and sum to the total."""
    assert apportion(weights, total, least=least).tolist() == expected


def test_scatter_keeps_its_distance() -> None:
    """Of points 0, 10, 20, ... 90 m only every other one fits at 15 m, at most five of them."""
    line = np.column_stack([np.arange(10) * 10.0, np.zeros(10)])
    rng = np.random.default_rng(3)
    chosen = scatter(line, np.ones(10), 4, spacing_m=15, rng=rng)
    away = np.diff(np.sort(line[chosen, 0]))
    assert len(chosen) == 4
    assert away.min() >= 12  # 15, or 12 where 15 would not place all four


def test_scatter_gives_way_where_there_is_no_room() -> None:
    """All three points are taken, though they lie closer than wished; none if none is wanted."""
    line = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    rng = np.random.default_rng(3)
    assert sorted(scatter(line, np.ones(3), 3, spacing_m=100, rng=rng).tolist()) == [0, 1, 2]
    assert scatter(line, np.ones(3), 0, spacing_m=100, rng=rng).tolist() == []


def test_scatter_keeps_away_from_what_stands() -> None:
    """With something at 0 m the point at 5 m is too close and the one at 50 m is chosen."""
    line = np.array([[5.0, 0.0], [50.0, 0.0]])
    rng = np.random.default_rng(0)
    taken = np.array([[0.0, 0.0]])
    chosen = scatter(line, np.array([1e6, 1.0]), 1, spacing_m=20, rng=rng, taken=taken)
    assert chosen.tolist() == [1]
