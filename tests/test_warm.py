"""A search that begins with a known plan, and a bound carried from a question that asks no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.fairness import Fairness, Floor
from siting.data.problem import FREE, NONE
from siting.models import search
from siting.models.effort import Effort
from siting.models.relaxes import relaxes
from siting.models.solve import solve
from siting.models.warm import Start
from tests.brute import brute_force, valued_plans
from tests.golden import KINDS
from tests.toy import A, B, E, F, S, random_problem, toy

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.solution import Solution
    from siting.scenario import ObjectiveKind

EFFORT = Effort(gap=0.0, time_limit_s=20.0, seed=1, threads=1)
LAZY = Effort(gap=0.5, time_limit_s=20.0, seed=1, threads=1)


@pytest.fixture(params=["whole", "large"])
def sized(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Treat questions as small, and as large."""
    if request.param == "large":
        monkeypatch.setattr(search, "SMALL", 0)
        monkeypatch.setattr(search, "STALE", 5)
    return str(request.param)


def _solve(problem: Problem, start: Start | None, effort: Effort = EFFORT) -> Solution:
    return solve(problem, effort, start=start, progress=lambda _: None)


def _sign(kind: ObjectiveKind) -> int:
    return 1 if kind in {"served", "covered"} else -1


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_never_worse_than_its_start(kind: ObjectiveKind, sized: str) -> None:
    """From any plan that keeps every rule: the middling one, and the best, which stays."""
    problem = random_problem(2, kind, zones=6, sites=3)
    plans = sorted(valued_plans(problem), key=lambda plan: _sign(kind) * plan.value)
    for plan in (plans[len(plans) // 2], plans[-1]):
        start = Start(np.array(plan.histories).T)
        found = _solve(problem, start, LAZY).certificate
        assert _sign(kind) * found.objective >= _sign(kind) * plan.value - 1e-5 * abs(plan.value)
        assert sized == "whole" or "start" in found.method


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 200), pick=st.floats(0, 1), kind=st.sampled_from(KINDS))
def test_any_start_leads_to_a_plan_that_brute_force_allows(
    seed: int, pick: float, kind: ObjectiveKind
) -> None:
    """A start with stations drawn at random, most of them breaking a rule, is mended."""
    problem = random_problem(seed, kind, zones=5, sites=3)
    rng = np.random.default_rng(seed)
    types = np.sort(rng.integers(NONE, 2, (2, 3)), axis=0)
    values = {plan.histories: plan.value for plan in valued_plans(problem)}
    if not values:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SMALL", 0 if pick > 0.5 else 30_000)
        patch.setattr(search, "STALE", 3)
        found = _solve(problem, Start(types), replace(EFFORT, gap=0.1))
    histories = tuple(tuple(column) for column in found.type_at.T.tolist())
    assert histories in values
    given_plan = values.get(tuple(tuple(column) for column in types.T.tolist()))
    if given_plan is not None:
        least = _sign(kind) * given_plan - 1e-5 * abs(given_plan)
        assert _sign(kind) * found.certificate.objective >= least


def test_a_bound_that_proves_the_start_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the best plan and its value as bound nothing is solved, and the plan is optimal."""
    monkeypatch.setattr(search, "SMALL", 0)
    problem = random_problem(2, "served", zones=6, sites=3)
    best = brute_force(problem)
    assert best is not None
    monkeypatch.setattr(search, "relax", None)  # calling it would fail
    found = _solve(problem, Start(np.array(best.histories).T, best.value))
    assert found.certificate.status == "optimal"
    assert found.certificate.method.endswith("proved by a bound known before")
    assert found.certificate.objective == pytest.approx(best.value)


def test_a_start_of_types_that_are_needless_here_is_taken_all_the_same() -> None:
    """M at A does no more than S where all that A reaches fits into S: S takes its place."""
    problem = toy("served", demand_kwh=np.array([[10.0, 20.0, 5.0], [15.0, 30.0, 5.0]]))
    types = np.array([[F, 2, NONE], [F, 2, S]])
    found = _solve(problem, Start(types))
    assert found.type_at[:, A].tolist() == [S, S]
    assert found.type_at[1, B] == S
    assert found.type_at[0, E] == F


LOOSER: dict[str, Any] = {
    "lower targets": {"city_target": np.array([0, 1])},
    "lower floors by district": {"district_target": np.zeros((2, 2), dtype=int)},
    "no limit on stations": {"max_stations": np.array([NONE, NONE])},
    "more money": {"budget_cny": np.array([np.inf, np.inf])},
    "more room at substations": {"headroom_kw": np.full((2, 2), 9e4)},
    "larger stations": {"capacity_kwh": np.array([150.0, 300.0])},
    "no conflicts": {"conflicts": np.empty((0, 2), dtype=int)},
    "no floors": {"min_served_share": 0.0, "min_covered_share": 0.0},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", LOOSER)
def test_a_question_that_asks_less_bounds_one_that_asks_more(
    what: str, kind: ObjectiveKind
) -> None:
    """Whatever limit is loosened: told so, the best is no worse, and the other way it is not told.

    Where loosening changes nothing (there was no limit), each relaxes the other.
    """
    for seed in range(6):
        narrow = random_problem(seed, kind, zones=5, sites=3)
        if kind in {"access", "cost"} and what == "no floors":
            continue
        wide = replace(narrow, **LOOSER[what])
        least, best = brute_force(narrow), brute_force(wide)
        assert relaxes(wide, narrow)
        if least is not None:
            assert best is not None
            assert _sign(kind) * best.value >= _sign(kind) * least.value - 1e-6
        changed = any(
            not np.array_equal(getattr(wide, name), getattr(narrow, name)) for name in LOOSER[what]
        )
        assert relaxes(narrow, wide) is not changed


def test_what_no_site_can_hold_costs_nothing() -> None:
    """An upgrade that brings money in, but is not allowed, keeps no bound from being carried."""
    narrow = random_problem(1, "served", zones=5, sites=3)
    allowed = narrow.allowed.copy()
    allowed[0, 1] = False
    cost = np.where(allowed, narrow.state_cost_cny, -1e6)
    narrow = replace(narrow, allowed=allowed, state_cost_cny=cost)
    assert relaxes(replace(narrow, city_target=np.array([0, 0])), narrow)


@pytest.mark.parametrize("name", ["weight", "pair_minutes", "load_kw", "initial", "works_from"])
def test_what_is_no_limit_must_be_the_same(name: str) -> None:
    """Another weight, drive, load, beginning or beginning of works: no bound is carried."""
    problem = random_problem(1, "served", zones=5, sites=3)
    other = replace(problem, **{name: getattr(problem, name) + 1})
    assert not relaxes(problem, other)
    assert not relaxes(other, problem)


def test_what_this_module_does_not_know_must_be_the_same() -> None:
    """A site fixed by hand, or a floor owed to a district, carries no bound to a question without.

    Equal ones do, though they are other objects.
    """
    problem = random_problem(1, "served", zones=5, sites=3)
    fixed = np.full((len(problem.phases), len(problem.sites)), FREE, dtype=np.int64)
    fixed[:, 0] = NONE
    zones = np.ones(len(problem.zones), dtype=bool)
    promised = 0.1 * problem.demand_kwh.sum(axis=1)

    def owed() -> Fairness:
        return Fairness((Floor("served", "W", 0.1, zones.copy(), promised.copy()),))

    for other in (replace(problem, fixed=fixed), replace(problem, fairness=owed())):
        assert not relaxes(problem, other)
        assert not relaxes(other, problem)
    assert relaxes(replace(problem, fixed=fixed), replace(problem, fixed=fixed.copy()))
    assert relaxes(replace(problem, fairness=owed()), replace(problem, fairness=owed()))


def test_more_demand_bounds_less_only_without_floors() -> None:
    """Served: what serves 100 kWh of 120 there serves them of 200; a floor grows with demand."""
    less = random_problem(1, "served", zones=5, sites=3)
    more = replace(less, demand_kwh=1.5 * less.demand_kwh)
    assert relaxes(more, less)
    assert not relaxes(less, more)
    assert not relaxes(replace(more, min_served_share=0.3), replace(less, min_served_share=0.3))
    costs = random_problem(1, "cost", zones=5, sites=3)
    assert not relaxes(replace(costs, demand_kwh=2 * costs.demand_kwh), costs)
