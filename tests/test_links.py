"""Links that tighten a relaxation: no plan breaks one, no bound is worse, none is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.bench import networks
from siting.models import search
from siting.models.arrays import arrays_of
from siting.models.assign import assign
from siting.models.effort import Effort
from siting.models.highs import Arrays, Highs, Run
from siting.models.layout import Layout
from siting.models.linear import relax
from siting.models.links import broken_links, may_tighten, tighten, with_links
from siting.models.relaxation import matrix
from siting.models.solve import solve
from tests.brute import brute_force, valued_plans
from tests.toy import random_problem, toy

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.scenario import ObjectiveKind


def _solve(ways: list[tuple[Arrays, str]]) -> tuple[int, Run]:
    arrays, method = ways[0]
    return 0, Highs(arrays, relaxed=True).run(time_limit_s=20, method=method, crossover=False)


def _bounds(problem: Problem) -> tuple[float, float]:
    """Return the bound of the relaxation, and of the tightened one."""
    loose = relax(problem, _solve, gap=1e-4, seed=1, progress=lambda _: None)
    tight = tighten(problem, loose, _solve, gap=1e-4, progress=lambda _: None)
    return loose.bound, tight.bound


@pytest.mark.parametrize("kind", ["served", "cost"])
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 200))
def test_a_tightened_bound_bounds_every_plan(kind: ObjectiveKind, seed: int) -> None:
    """It lies between the best plan of brute force and the bound it was made from."""
    problem = random_problem(seed, kind, zones=6, sites=3)
    best = brute_force(problem)
    if best is None:
        return
    loose, tight = _bounds(problem)
    sign = 1 if kind == "served" else -1
    value = best.value / (1e3 if kind == "cost" else 1.0)
    assert sign * tight >= sign * value - 1e-5 * abs(value)
    assert sign * tight <= sign * loose + 1e-9 * abs(loose)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 200))
def test_no_plan_breaks_a_link(seed: int) -> None:
    """Every plan of brute force, with its energy, keeps the links of all pairs."""
    problem = random_problem(seed, "served", zones=5, sites=3)
    arrays = arrays_of(problem)
    layout = Layout.of(problem, arrays)
    every = np.ones((len(problem.phases), len(problem.pair_zone)), dtype=bool)
    linked = with_links(arrays, layout, every)
    rows = matrix(linked)[len(arrays.row_lower) :]
    for plan in list(valued_plans(problem))[:20]:
        type_at = np.array(plan.histories).T
        values = np.zeros(len(arrays.cost))
        values[layout.choice] = type_at[layout.phase, layout.site] == layout.kind
        values[layout.energy] = assign(problem, type_at).ravel()
        assert (rows @ values <= 1e-6).all()


def test_a_tenth_of_a_station_serves_a_tenth_of_a_zone() -> None:
    """A tenth of the medium station at A carries 40 kWh in all, but of Z1's 100 only 10.

    So 20 kWh from Z1 break the link and 10 do not.
    """
    problem = toy()
    layout = Layout.of(problem, arrays_of(problem))
    at_a = (layout.phase == 0) & (layout.site == 1) & (layout.kind == 2)
    wish = np.where(at_a, 0.1, 0.0)
    energy = np.zeros((2, len(problem.pair_zone)))
    energy[0, 1] = 20.0
    assert np.argwhere(broken_links(layout, wish, energy.ravel())).tolist() == [[0, 1]]
    energy[0, 1] = 10.0
    assert not broken_links(layout, wish, energy.ravel()).any()


def test_links_are_worth_something_where_reach_binds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a small city whose stations are far from full the bound falls by a percent."""
    monkeypatch.setitem(networks.FULL, "reach", 0.3)
    monkeypatch.setitem(networks.PAIRS_PER_ZONE, "reach", 5)
    loose, tight = _bounds(networks.instance("reach", 1, zones=400, sites=250, stations=60))
    assert tight < 0.99 * loose


@pytest.mark.parametrize("kind", ["access", "covered"])
def test_nothing_to_tighten_where_links_are_stated_or_nothing_is_served(
    kind: ObjectiveKind,
) -> None:
    """The least minutes state every link; covering sends no energy."""
    problem = random_problem(3, kind, zones=10, sites=5, min_served_share=0.0)
    found = relax(problem, _solve, gap=0.01, seed=1, progress=lambda _: None)
    assert not may_tighten(problem, found)


def test_a_search_tightens_and_still_brackets_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no neighbourhood before, links are added; the best lies between plan and bound."""
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "STALE", 5)
    monkeypatch.setattr(search, "FIRST", 0)
    told: list[str] = []
    for seed in range(4):
        problem = random_problem(seed, "served", zones=6, sites=3)
        best = brute_force(problem)
        if best is None:
            continue
        proof = solve(problem, Effort(0.0, 20.0, 1, 1), progress=told.append).certificate
        assert proof.objective <= best.value * (1 + 1e-5)
        assert proof.bound >= best.value * (1 - 1e-5)
    assert any("tightening" in line for line in told)
