"""The linear relaxation: whole or phase by phase, a bound that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models import linear
from siting.models.arrays import arrays_of
from siting.models.equity import floor_prices
from siting.models.highs import Arrays, Highs, Run
from siting.models.lagrange import Lagrangian, Prices
from siting.models.layout import Layout
from siting.models.linear import Relaxed, relax
from tests.brute import brute_force
from tests.toy import random_problem

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.scenario import ObjectiveKind

KINDS: tuple[ObjectiveKind, ...] = ("served", "covered", "access", "cost")


def _solve(ways: list[tuple[Arrays, str]]) -> tuple[int, Run]:
    arrays, method = ways[0]
    return 0, Highs(arrays, relaxed=True).run(time_limit_s=20, method=method, crossover=False)


def _relaxed(problem: Problem) -> Relaxed:
    return relax(problem, _solve, gap=0.01, seed=1, progress=lambda _: None)


def _exact(problem: Problem) -> float:
    arrays = arrays_of(problem)
    return Highs(arrays, relaxed=True).run(time_limit_s=20).objective


@pytest.mark.parametrize("kind", KINDS)
def test_phase_by_phase_bounds_no_tighter_than_the_whole(
    kind: ObjectiveKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prices found phase by phase bound all phases together, if not as well as those of the whole.

    The bound of the whole is no looser than the relaxation of the program as stated.
    """
    problem = random_problem(5, kind, zones=15, sites=8)
    whole, exact = _relaxed(problem), _exact(problem)
    monkeypatch.setattr(linear, "WHOLE", 0)
    parts = _relaxed(problem)
    sign = 1 if kind in {"served", "covered"} else -1
    assert sign * whole.bound <= sign * exact + 1e-4 * abs(exact)
    assert sign * parts.bound >= sign * whole.bound - 1e-4 * abs(whole.bound)
    assert parts.wish.shape == whole.wish.shape


@pytest.mark.parametrize("kind", ["served", "access"])
def test_pairs_are_taken_in_until_the_bound_is_that_of_all(
    kind: ObjectiveKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started with one pair a zone, the rest is not needed to bound all of them as well."""
    money = np.array([10e6, 16e6])
    problem = random_problem(3, kind, zones=60, sites=15, budget_cny=money)
    exact = _relaxed(problem)
    monkeypatch.setattr(linear, "FEW", 0)
    monkeypatch.setattr(linear, "NEAREST", 1)
    monkeypatch.setattr(linear, "OTHERS", 0)
    told: list[str] = []
    priced = relax(problem, _solve, gap=1e-4, seed=1, progress=told.append)
    assert len(told) > 1
    assert len(priced.pairs) < len(problem.pair_zone)
    sign = 1 if kind == "served" else -1
    assert sign * priced.bound <= sign * exact.bound + 1e-3 * abs(exact.bound)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 40), data=st.data())
def test_any_prices_bound_every_plan(kind: ObjectiveKind, seed: int, data: st.DataObject) -> None:
    """Whatever is charged for demand, promises and cover, no plan of brute force is better."""
    problem = random_problem(seed, kind, zones=5, sites=3)
    best = brute_force(problem)
    if best is None:
        return
    price = st.floats(0, 50, allow_nan=False)

    def drawn(*shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        flat = data.draw(st.lists(price, min_size=size, max_size=size))
        return np.array(flat, dtype=float).reshape(shape)

    demand, cover = drawn(2, 5), drawn(2, 5)
    floors = (problem.min_served_share > 0) + (problem.min_covered_share > 0)
    promises = floor_prices(problem, drawn(2 * floors), cover)
    prices = Prices(demand, np.zeros((2, 3)), *promises)
    arrays = arrays_of(problem)
    bound = Lagrangian(arrays, Layout.of(problem, arrays), problem).bound(prices)
    sign = 1 if kind in {"served", "covered"} else -1
    value = best.value / (1e3 if kind == "cost" else 1.0)
    assert bound is not None
    assert sign * bound >= sign * value - 1e-5 * abs(value)


def test_an_unfinished_relaxation_leaves_a_simple_bound() -> None:
    """Nothing solved: one price for all demand bounds it, by no more than all that is in reach."""
    problem = random_problem(5, "served", zones=15, sites=8)
    nothing = Run("no-solution", np.empty(0), np.nan, np.inf, np.empty(0))
    found = relax(problem, lambda _: (0, nothing), gap=0.0, seed=1, progress=lambda _: None)
    reachable = float(problem.weight @ problem.reachable_kwh)
    assert found.bound <= reachable * (1 + 1e-9)
    assert found.bound >= _relaxed(problem).bound * (1 - 1e-6)
    assert not found.infeasible
