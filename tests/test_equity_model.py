"""What is owed to districts and groups: stated alike twice, best by trying all, and explained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.fairness import Circle, Fairness, Floor, near_pairs
from siting.errors import InfeasibleError, NoSolutionError
from siting.models import search
from siting.models.arrays import arrays_of
from siting.models.assign import assign
from siting.models.effort import Effort
from siting.models.equity import keeps
from siting.models.highs import to_arrays
from siting.models.reduce import reduced
from siting.models.relaxation import matrix
from siting.models.solution import covered
from siting.models.solve import solve
from siting.models.statement import state
from tests.brute import brute_force
from tests.fair_case import owed_problem
from tests.toy import A, B, E, toy

if TYPE_CHECKING:
    from siting.scenario import ObjectiveKind

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)
KINDS: tuple[ObjectiveKind, ...] = ("served", "covered", "access", "cost")
SHARES = st.sampled_from([0.0, 0.4, 0.7, 0.9])


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_state_what_pulp_states(kind: ObjectiveKind) -> None:
    """Rows of equity have the same columns, coefficients and sides in both statements."""
    problem = owed_problem(3, kind, served=0.4, covered=0.6, circle=3, first=1)
    arrays, stated = arrays_of(problem), to_arrays(state(problem))
    np.testing.assert_array_equal(matrix(arrays).toarray(), matrix(stated).toarray())
    np.testing.assert_allclose(arrays.row_lower, stated.row_lower)
    np.testing.assert_allclose(arrays.row_upper, stated.row_upper)
    names = [name.partition("(")[0] for name in stated.row_names]
    assert [names.count(row) for row in ("served_in", "covered_in", "circle")] == [4, 4, 3]
    floors = {names[n] for n in arrays.floors.tolist()}
    assert {"served_in", "covered_in"} <= floors <= {"served_in", "covered_in", "served", "covered"}


@pytest.mark.parametrize("small", [search.SMALL, 0])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    served=SHARES,
    covering=SHARES,
    circle=st.sampled_from([0, 0, 2]),
    first=st.integers(0, 1),
)
def test_best_plan_is_what_trying_all_finds(
    kind: ObjectiveKind,
    small: int,
    seed: int,
    served: float,
    covering: float,
    circle: int,
    first: int,
) -> None:
    """With floors and circles the solver proves what brute force finds, or that there is none."""
    problem = owed_problem(seed, kind, served=served, covered=covering, circle=circle, first=first)
    best, whole = brute_force(problem), search.SMALL
    search.SMALL = small
    try:
        found = solve(problem, EFFORT)
    except InfeasibleError:
        assert best is None
        return
    except NoSolutionError:  # told plainly; only a search of a large question may give up
        assert not small
        return
    finally:
        search.SMALL = whole
    assert best is not None
    certificate = found.certificate
    sign = 1 if kind in {"served", "covered"} else -1
    assert sign * certificate.bound >= sign * best.value - 1e-5 * max(1, abs(best.value))
    assert sign * certificate.objective <= sign * best.value + 1e-5 * max(1, abs(best.value))
    if small:
        assert certificate.objective == pytest.approx(best.value, rel=1e-5)
    assert keeps(problem, found.energy_kwh, covered(problem, found.type_at))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), served=SHARES, covering=SHARES)
def test_merged_zones_lose_nothing(seed: int, served: float, covering: float) -> None:
    """A question made smaller has the same best value: zones owed different things stay apart."""
    problem = owed_problem(seed, "served", served=served, covered=covering)
    first, second = brute_force(problem), brute_force(reduced(problem))
    assert (first is None) == (second is None)
    if first and second:
        assert first.value == pytest.approx(second.value)


def _owed(share: float, zone: int) -> Fairness:
    member = np.arange(3) == zone
    demand = toy().demand_kwh[:, zone]
    return Fairness((Floor("served", f"only Z{zone + 1}", share, member, share * demand),))


def test_energy_goes_to_whom_it_is_owed() -> None:
    """A small station at A, 120 kWh, reaches Z1 (100 kWh, 4 min) and Z2 (200 kWh, 3 min).

    Least minutes would give all 120 to Z2; three quarters of Z1's demand are 75.
    """
    problem = replace(toy(), fairness=_owed(0.75, 0))
    types = np.full((2, 3), -1)
    types[:, A] = 1
    energy = assign(problem, types)
    assert energy[0, problem.pair_zone == 0].sum() == pytest.approx(75)
    assert energy[0].sum() == pytest.approx(120)
    assert assign(toy(), types)[0, toy().pair_zone == 0].sum() == pytest.approx(0)


def test_a_floor_that_cannot_hold_is_named_with_the_least_change() -> None:
    """All of Z2's 300 kWh in p2 cannot be served: A and B may both be small, 240 kWh, 80 %.

    A medium A needs 700 of the 1,000 kW and leaves 300 for B: 520 kWh, but 3.6 M of 4 M CNY, in p2;
    in p1 the money is for one small station: 120 of 200 kWh, 60 %.
    """
    problem = replace(toy(), fairness=_owed(0.9, 1))
    with pytest.raises(InfeasibleError) as caught:
        solve(problem, EFFORT)
    text = str(caught.value)
    assert "only Z2: at least 90.0% of the 200 kWh a day within reach is to be served by p1" in text
    assert "lower the only Z2's served floor to 60.00% (instead of 90.00%)" in text


def test_a_circle_that_cannot_hold_is_named_with_the_zone_to_leave() -> None:
    """Two stations may be open, one of them in district O; E and A are too close for both."""
    circle = Circle(
        "old town",
        1.0,
        ("Z1", "Z2"),
        np.array([0, 1]),
        np.array([E, A]),
        ("Z3",),
        np.array([False, True]),
    )
    problem = replace(toy(), fairness=Fairness((), (circle,)))
    with pytest.raises(InfeasibleError) as caught:
        solve(problem, EFFORT)
    text = str(caught.value)
    assert "2 zones of old town each need a station within 1 km" in text
    assert "leave 1 zone of old town without a station within 1 km" in text
    assert B not in circle.site


def test_a_radius_takes_what_lies_on_it() -> None:
    """On the equator one degree is 111.195 km: 0.9 km are within 0.01 degrees, not 0.5 km."""
    home, place = np.array([[0.0, 0.0]]), np.array([[0.008, 0.0], [0.01, 0.0], [0.0, 0.02]])
    assert near_pairs(home, place, 1.0)[1].tolist() == [0]
    on_it = 0.01 * np.pi / 180 * 6371.0088
    assert near_pairs(home, place, on_it)[1].tolist() == [0, 1]
    assert near_pairs(home[:0], place, 1.0)[0].tolist() == []
