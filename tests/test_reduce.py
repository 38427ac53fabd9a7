"""Reductions: the smaller question has the same best plan, worth the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models.reduce import reduced
from tests.brute import brute_force
from tests.golden import KINDS
from tests.toy import A, B, M, S, random_problem, toy

if TYPE_CHECKING:
    from siting.scenario import ObjectiveKind


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 500), twins=st.integers(0, 3), room=st.sampled_from([60.0, 2000.0]))
def test_the_best_plan_stays_as_good(
    kind: ObjectiveKind, seed: int, twins: int, room: float
) -> None:
    """With zones that reach the same sites, and stations larger than their demand, and not."""
    problem = random_problem(seed, kind, zones=4, sites=3)
    problem = replace(
        problem,
        zones=(*problem.zones, *(f"twin{n}" for n in range(twins))),
        demand_kwh=np.hstack([problem.demand_kwh, problem.demand_kwh[:, :twins]]),
        zone_district=np.append(problem.zone_district, problem.zone_district[:twins]),
        pair_zone=np.concatenate(
            [
                problem.pair_zone,
                *(0 * problem.pair_site[problem.pair_zone == n] + 4 + n for n in range(twins)),
            ]
        ).astype(np.int32),
        pair_site=np.concatenate(
            [problem.pair_site, *(problem.pair_site[problem.pair_zone == n] for n in range(twins))]
        ),
        pair_minutes=np.concatenate(
            [
                problem.pair_minutes,
                *(problem.pair_minutes[problem.pair_zone == n] for n in range(twins)),
            ]
        ),
        headroom_kw=problem.headroom_kw / 3,
        capacity_kwh=np.array([room, 2 * room]),
    )
    before, after = brute_force(problem), brute_force(reduced(problem))
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert after.value == pytest.approx(before.value, rel=1e-6)


def test_zones_that_reach_the_same_sites_are_one() -> None:
    """Z1 and Z2 both reach E and A only: one zone of 300 and 450 kWh, and Z3 on its own."""
    pairs = {
        "pair_zone": np.array([0, 0, 1, 1], dtype=np.int32),
        "pair_site": np.array([0, 1, 0, 1], dtype=np.int32),
    }
    found = reduced(toy("served", **pairs))
    assert found.zones == ("Z1", "Z3")
    assert found.demand_kwh.tolist() == [[300, 50], [450, 50]]
    assert found.pair_zone.tolist() == [0, 0]
    assert found.pair_site.tolist() == [0, 1]
    assert len(reduced(toy("access", **pairs)).zones) == 3


def test_a_size_that_serves_no_more_is_left_out() -> None:
    """A reaches 100 + 20 kWh at most: S holds them all, so M, dearer and heavier, is needless.

    With guns counted, M counts for more and stays.
    """
    small = np.array([[100.0, 20.0, 0.0]] * 2)
    found = reduced(toy("served", demand_kwh=small))
    assert not found.allowed[A, M]
    assert found.allowed[A, S]
    assert found.allowed[B, S]
    assert reduced(toy("served")).allowed[A, M]
    guns = toy("served", demand_kwh=small, ratio_count=np.array([0, 1, 2]))
    assert reduced(guns).allowed[A, M]
