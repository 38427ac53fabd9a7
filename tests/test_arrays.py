"""The arrays stated from the problem are the program stated in PuLP; cuts cut off no plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.problem import FREE, NONE
from siting.models.arrays import arrays_of
from siting.models.cuts import with_cuts
from siting.models.highs import Highs, to_arrays
from siting.models.layout import Layout
from siting.models.linear import with_pairs
from siting.models.relaxation import matrix, scaled
from siting.models.statement import state
from tests.brute import valued_plans
from tests.golden import KINDS
from tests.strong_toy import random_strong
from tests.toy import random_problem, toy

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.scenario import ObjectiveKind

PARTS = ("cost", "lower", "upper", "integer", "row_lower", "row_upper", "floors")
CHANGES: dict[str, dict[str, Any]] = {
    "closable": {"closable": np.array([True, False, False])},
    "fading": {"is_super": np.array([False, True, False])},
    "guns": {"ratio_count": np.array([0, 2, 4])},
    "no types": {"allowed": np.zeros((3, 3), dtype=bool), "initial": np.full(3, NONE)},
    "no pairs": {
        "pair_zone": np.empty(0, dtype=np.int32),
        "pair_site": np.empty(0, dtype=np.int32),
        "pair_minutes": np.empty(0),
    },
    "no limits": {
        "budget_cny": np.full(2, np.inf),
        "headroom_kw": np.full((2, 1), np.inf),
        "max_stations": np.full(2, NONE),
        "conflicts": np.empty((0, 2), dtype=np.int64),
    },
    "fixed": {"fixed": np.array([[FREE, NONE, FREE], [FREE, 1, 1]])},
    "no substation": {"site_substation": np.array([0, NONE, 0])},
}


def _different(problem: Problem) -> list[str]:
    """Return the parts in which arrays and PuLP program differ."""
    found, stated = arrays_of(problem), to_arrays(state(problem))
    differ = [
        part for part in PARTS if getattr(found, part).tolist() != getattr(stated, part).tolist()
    ]
    same = (matrix(found).toarray() == matrix(stated).toarray()).all()
    differ += [] if same else ["matrix"]
    return differ + ([] if found.maximise == stated.maximise else ["sense"])


@pytest.mark.parametrize("change", [None, *CHANGES])
@pytest.mark.parametrize("kind", KINDS)
def test_the_toy_s_arrays_are_its_pulp_program(kind: ObjectiveKind, change: str | None) -> None:
    """Column by column and row by row, whatever limits there are."""
    assert _different(toy(kind, **(CHANGES[change] if change else {}))) == []


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_random_arrays_are_their_pulp_programs(kind: ObjectiveKind, seed: int) -> None:
    """With every limit and floor, on random ground."""
    assert _different(random_problem(seed, kind)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_arrays_with_headroom_by_hour_are_their_pulp_programs(
    kind: ObjectiveKind, seed: int
) -> None:
    """With batteries, steps of reinforcement and hours: the same columns and rows."""
    problem = random_strong(seed, kind, sites=4, most=2)
    assert problem.rooms is not None
    assert len(problem.rooms.phase) > len(problem.phases)
    assert _different(problem) == []


def test_some_pairs_leave_stations_as_large_as_all_demand_lets_them_be() -> None:
    """Of A's 150 + 300 kWh in reach in p2 only Z1's pair is kept: A as M still counts 400."""
    problem = toy("served")
    part = with_pairs(problem, np.array([0, 1, 3]))
    assert -400.0 in matrix(arrays_of(part, whole=problem)).toarray()
    assert -400.0 not in matrix(arrays_of(part)).toarray()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_cuts_cut_off_no_plan(kind: ObjectiveKind, seed: int) -> None:
    """Every plan that brute force allows keeps every cut, on narrow ground and little headroom."""
    problem = random_problem(seed, kind, zones=4, sites=4)
    close = np.array([[0, 1], [0, 2], [1, 2], [2, 3]])
    problem = replace(problem, conflicts=close, headroom_kw=np.full((2, 2), 900.0))
    plain = arrays_of(problem)
    layout = Layout.of(problem, plain)
    cut = with_cuts(plain, layout)
    new = slice(len(plain.row_lower), None)
    rows, most = matrix(cut)[new], cut.row_upper[new]
    assert rows.shape[0] > 0
    for plan in valued_plans(problem):
        types = np.array(plan.histories).T
        values = np.zeros(len(cut.cost))
        values[layout.choice] = types[layout.phase, layout.site] == layout.kind
        assert (rows @ values <= most + 1e-9).all()


def test_the_cuts_of_one_substation() -> None:
    """Loads are 300 and 700: p1's 800 kW hold two units of 300, p2's 1,000 three; M takes two.

    Both hold one M, and only one site may be an M, so nothing is said of that.
    """
    problem = toy("served")
    plain = arrays_of(problem)
    cut = with_cuts(plain, Layout.of(problem, plain))
    found = [
        (sorted(row[row != 0].tolist()), most)
        for row, most in zip(
            matrix(cut).toarray()[len(plain.row_lower) :],
            cut.row_upper[len(plain.row_lower) :],
            strict=True,
        )
    ]
    assert found == [([1, 1, 1, 2], 2), ([1, 1, 1, 2], 3)]


@pytest.mark.parametrize("kind", KINDS)
def test_scaling_changes_no_optimum(kind: ObjectiveKind) -> None:
    """Solved in other units and taken back, values and objective are those of it."""
    problem = random_problem(3, kind, zones=15, sites=6)
    arrays = arrays_of(problem)
    even = scaled(arrays, Layout.of(problem, arrays).upper)
    back = even.back(Highs(even.arrays, relaxed=True).run(time_limit_s=20))
    exact = Highs(arrays, relaxed=True).run(time_limit_s=20)
    assert back.objective == pytest.approx(exact.objective, rel=1e-6)
    assert float(arrays.cost @ back.values) == pytest.approx(exact.objective, rel=1e-6)
    assert np.abs(even.arrays.cost).max() == pytest.approx(1)
