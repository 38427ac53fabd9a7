"""Who charges where once the stations are chosen: most energy first, then least minutes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.problem import NONE
from siting.models.assign import _within, assign
from tests.toy import F, M, S, random_problem, toy

A_AND_B = np.array([[F, S, NONE], [F, M, S]])


def test_most_energy_then_least_minutes() -> None:
    """Pairs Z1-E, Z1-A, Z2-A, Z2-B. p1: A gives 120, to Z2 at 3 minutes rather than Z1 at 4.

    p2: all 450 are served: Z1 by A alone, 150; A has 250 left for Z2 at 3 minutes, B gives the
    other 50 at 5.
    """
    assert assign(toy(), A_AND_B) == pytest.approx(np.array([[0, 0, 120, 0], [0, 150, 250, 50]]))


def test_energy_outweighs_any_drive() -> None:
    """Z1 reaches E in 1 minute and A in 50, Z2 only E in 9; all ask for and have 100.

    Least minutes would send Z1 to E and leave Z2 unserved; most energy sends it to A.
    """
    problem = toy(
        demand_kwh=np.array([[100.0, 100.0, 0.0]] * 2),
        pair_zone=np.array([0, 0, 1], dtype=np.int32),
        pair_site=np.array([0, 1, 0], dtype=np.int32),
        pair_minutes=np.array([1.0, 50.0, 9.0]),
        capacity_kwh=np.array([0.0, 100.0, 100.0]),
    )
    both = np.array([[S, S, NONE]] * 2)
    assert assign(problem, both)[0] == pytest.approx([0, 100, 100])


def test_only_the_promised_share_where_minutes_count() -> None:
    """Access with 0.3: 90 of 300 in p1 at 3 minutes; 135 of 450 in p2, at 3 minutes too."""
    assert assign(toy("access"), A_AND_B) == pytest.approx(
        np.array([[0, 0, 90, 0], [0, 0, 135, 0]])
    )


def test_a_hair_below_the_promise_serves_all_that_can_be() -> None:
    """Promised 120 of 300, the open station gives 119.9999: that is served, not nothing."""
    problem = toy("access", min_served_share=0.4, capacity_kwh=np.array([0.0, 119.9999, 400.0]))
    assert assign(problem, A_AND_B)[0] == pytest.approx([0, 0, 119.9999, 0], rel=1e-9)


def test_what_a_solver_let_pass_is_scaled_away() -> None:
    """60 + 60 to a zone of 100 become 50 + 50; then a site of 40 takes 40 of them.

    Energy that fits is not touched.
    """
    zones, sites = np.array([0, 0, 1]), np.array([0, 1, 1])
    energy = np.array([60.0, 60.0, 20.0])
    fits = _within(energy, zones, np.array([100.0, 30.0]), sites, np.array([40.0, 70.0]))
    assert fits == pytest.approx([40, 50, 20])


@pytest.mark.parametrize("objective", ["served", "covered", "access", "cost"])
def test_nothing_open_serves_nothing(objective: Any) -> None:  # noqa: ANN401 - a literal
    """No station, or only one without a super gun: no energy."""
    assert not assign(toy(objective), np.full((2, 3), NONE)).any()
    assert not assign(toy(objective), np.array([[F, NONE, NONE]] * 2)).any()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), data=st.data())
def test_no_demand_and_no_capacity_is_passed(seed: int, data: st.DataObject) -> None:
    """No zone gets more than it asks for and no station gives more than it has."""
    problem = random_problem(seed, "served", zones=8, sites=5)
    kinds = st.lists(st.sampled_from([NONE, 0, 1]), min_size=5, max_size=5)
    types = np.array([data.draw(kinds), data.draw(kinds)])
    energy = assign(problem, types)
    assert (energy >= 0).all()
    for t in range(2):
        by_zone = np.bincount(problem.pair_zone, weights=energy[t], minlength=8)
        by_site = np.bincount(problem.pair_site, weights=energy[t], minlength=5)
        room = np.where(types[t] == NONE, 0.0, problem.capacity_kwh[types[t]])
        assert (by_zone <= problem.demand_kwh[t] * (1 + 1e-12)).all()
        assert (by_site <= room * (1 + 1e-12)).all()
