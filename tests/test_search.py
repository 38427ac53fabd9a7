"""The search for large questions, let loose on small ones; its bounds; and the cuts it makes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.errors import InfeasibleError, NoSolutionError
from siting.models import search
from siting.models.crew import Crew
from siting.models.effort import Effort
from siting.models.highs import Arrays, Highs
from siting.models.improve import Improver
from siting.models.labels import names_for
from siting.models.relaxation import (
    columns_of,
    elastic,
    matrix,
    restrict,
    safe_bound,
    with_floor,
    with_rows,
)
from siting.models.search import Search
from siting.models.solve import solve
from tests.brute import valued_plans
from tests.golden import KINDS
from tests.toy import S, random_problem, toy

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.layout import Layout
    from siting.models.solution import Solution
    from siting.scenario import ObjectiveKind

EFFORT = Effort(gap=0.0, time_limit_s=20.0, seed=1, threads=1)
QUICK = Effort(gap=0.02, time_limit_s=8.0, seed=1, threads=1)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every question as large, and give up after a few neighbourhoods without gain."""
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "STALE", 5)


def _solve(problem: Problem, effort: Effort = EFFORT) -> Solution:
    return solve(problem, effort, progress=lambda _: None)


def _sign(kind: ObjectiveKind) -> int:
    return 1 if kind in {"served", "covered"} else -1


# The whole search


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("large")
def test_the_search_keeps_every_rule_and_brackets_the_best(kind: ObjectiveKind, seed: int) -> None:
    """Its plan is one that brute force allows, and the best lies between plan and bound."""
    problem = random_problem(seed, kind, zones=6, sites=3)
    found = _solve(problem)
    values = {plan.histories: plan.value for plan in valued_plans(problem)}
    histories = tuple(tuple(column) for column in found.type_at.T.tolist())
    best, slack = max(_sign(kind) * value for value in values.values()), 1e-5
    assert histories in values
    assert found.certificate.objective == pytest.approx(values[histories], rel=1e-5)
    assert _sign(kind) * found.certificate.objective <= best + slack * abs(best)
    assert _sign(kind) * found.certificate.bound >= best - slack * abs(best)


@pytest.mark.parametrize("kind", KINDS)
def test_the_search_agrees_with_branch_and_bound(
    kind: ObjectiveKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 20 zones and 10 sites, floors and all, both brackets hold the true best between them."""
    problem = random_problem(6, kind, zones=20, sites=10)
    whole = _solve(problem, QUICK).certificate
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "STALE", 5)
    found = _solve(problem, QUICK)
    sign, slack = _sign(kind), 1e-5 * abs(whole.objective)
    assert sign * found.certificate.objective <= sign * whole.bound + slack
    assert sign * found.certificate.bound >= sign * whole.objective - slack
    assert "neighbourhoods" in found.certificate.method
    served = found.energy_kwh.sum(axis=1)
    assert (served >= problem.min_served_share * problem.reachable_kwh * (1 - 1e-6)).all()


@pytest.mark.usefixtures("large")
def test_same_seed_same_search() -> None:
    """Neighbourhoods are drawn from the seed alone."""
    problem = random_problem(5, "served", zones=10, sites=6)
    unhurried = replace(QUICK, time_limit_s=60.0)
    first, second = _solve(problem, unhurried), _solve(problem, unhurried)
    assert (first.type_at == second.type_at).all()
    assert first.certificate.objective == second.certificate.objective


@pytest.mark.usefixtures("large")
def test_the_search_proves_that_no_plan_exists() -> None:
    """O has one site and is asked for two stations: rounding finds that out."""
    with pytest.raises(InfeasibleError, match="O: 2 stations asked for by p2"):
        _solve(toy(district_target=np.array([[0, 0], [1, 2]])))


@pytest.mark.usefixtures("large")
def test_the_search_needs_no_pairs() -> None:
    """Where nothing is within reach the plan meets the targets and serves nobody."""
    none = np.empty(0, dtype=np.int32)
    found = _solve(toy(pair_zone=none, pair_site=none, pair_minutes=np.empty(0)))
    assert (found.type_at[1] >= S).sum() == 2
    assert found.certificate.objective == 0


@pytest.mark.usefixtures("large")
def test_a_bound_below_nothing_where_upgrades_bring_money_in() -> None:
    """E's upgrade gives back 500 kCNY more than it costs, B costs 1,000: the least is 500.

    A bound of nothing spent would be no bound were the relaxation cut short.
    """
    cost = np.array([[0.0, -0.5e6, 9e6], [9e6, 1.1e6, 2.6e6], [9e6, 1.0e6, 9e6]])
    problem = toy("cost", state_cost_cny=cost)
    assert _solve(problem).certificate.objective == pytest.approx(500_000)
    searching = _search(problem)
    assert searching.layout.simple_bounds(searching.arrays).sum() == -500


def _search(problem: Problem) -> Search:
    return Search(problem, Crew(EFFORT, lambda _: None))


@pytest.mark.parametrize(
    ("kind", "bound"), [("served", 1200.0), ("covered", 1200.0), ("access", 720.0), ("cost", 0.0)]
)
def test_without_a_relaxation_the_bound_is_simple(kind: ObjectiveKind, bound: float) -> None:
    """All demand within reach, 300 + 2 x 450; or the nearest minutes; or nothing spent.

    Least minutes: 30 % of 300 and of 450 kWh at Z1's 2 minutes, 90 x 2 + 2 x (135 x 2) = 720.
    """
    searching = _search(toy(kind))
    assert searching.layout.simple_bounds(searching.arrays).sum() == bound


def test_a_plan_that_misses_its_floors_is_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was found, what falls short of a promised share is not returned.

    Rounding finds a plan that serves nobody: all of the floors, 90 and 135 kWh and 120 and 180
    covered, is missing; and no neighbourhood mends it.
    """

    def nobody(_: Search, __: np.ndarray, soft: Arrays, layout: Layout) -> np.ndarray:
        values = np.zeros(len(soft.cost))
        values[layout.slack] = soft.upper[layout.slack]
        assert layout.shortfall(values) == pytest.approx(90 + 135 + 120 + 180)
        return values

    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(Search, "_rounded", nobody)
    monkeypatch.setattr(Search, "_myopic", lambda *_: np.empty(0))
    monkeypatch.setattr(Improver, "solve", lambda *_, **__: [False])
    with pytest.raises(NoSolutionError):
        _solve(toy("cost"))


def test_a_run_stopped_by_its_limit_is_not_optimal() -> None:
    """HiGHS's own status is read: what PuLP calls Optimal is a plan with a gap, or none."""
    arrays = _search(random_problem(5, "served", zones=150, sites=60)).arrays
    for limit_s in (0.01, 0.5):
        run = Highs(arrays).run(time_limit_s=limit_s)
        assert run.status in {"feasible", "no-solution"}
        assert (len(run.values) > 0) == (run.status == "feasible")
    part = Highs(arrays, relaxed=True).run(time_limit_s=0.01)
    assert part.status in {"optimal", "feasible", "no-solution"}
    assert part.status == "optimal" or part.bound == np.inf


# Bounds


def _arrays(  # the hand program below, unless told otherwise
    *, maximise: bool = True, integer: tuple[bool, ...] = (False, False, False)
) -> Arrays:
    """Return a program of three columns and three rows.

    ::

        max 3 a + 2 b + c      row 0:  a + b     <= 4
        0 <= a, b, c <= 3      row 1:  a     + c >= 1
                               row 2:      b + c  = 2
    """
    return Arrays(
        maximise=maximise,
        cost=np.array([3.0, 2.0, 1.0]),
        lower=np.zeros(3),
        upper=np.full(3, 3.0),
        integer=np.array(integer),
        row_lower=np.array([-np.inf, 1.0, 2.0]),
        row_upper=np.array([4.0, np.inf, 2.0]),
        start=np.array([0, 2, 4, 6], dtype=np.int32),
        index=np.array([0, 1, 0, 2, 1, 2], dtype=np.int32),
        value=np.ones(6),
        row_names=("r0", "r1", "r2"),
    )


def _best(arrays: Arrays) -> float:
    return Highs(arrays).run(time_limit_s=10).objective


def test_the_hand_program_s_optima() -> None:
    """Largest: a = 3, b = 1, c = 1: 9 + 2 + 1 = 12. Least: a = 0, c = 2, b = 0: 2."""
    assert _best(_arrays()) == pytest.approx(12)
    assert _best(_arrays(maximise=False)) == pytest.approx(2)


def test_exact_prices_give_the_optimum() -> None:
    """Row 0 priced at 1 and row 2 at 1: 4 + 2, and a earns (3 - 1) x 3 = 6 more: 12."""
    prices = np.array([1.0, 0.0, 1.0])
    assert safe_bound(_arrays(), prices, np.full(3, 3.0)) == pytest.approx(12)
    assert safe_bound(_arrays(), -prices, np.full(3, 3.0)) == pytest.approx(12)


def test_prices_of_the_wrong_sign_are_not_used() -> None:
    """No prices at all bound by every column at its upper bound: 3 x (3 + 2 + 1) = 18.

    Row 0 has no lower side and row 1 no upper one, so of (-1, 1, 0) nothing is left: 18. With the
    signs turned, (1, -1, 0), both bind: 4 - 1, and a earns (3 - 1 + 1) x 3 = 9, b (2 - 1) x 3 = 3,
    c (1 + 1) x 3 = 6: 21. The better is 18.
    """
    assert safe_bound(_arrays(), np.zeros(3), np.full(3, 3.0)) == pytest.approx(18)
    assert safe_bound(_arrays(), np.array([-1.0, 1.0, 0.0]), np.full(3, 3.0)) == pytest.approx(18)


PRICE = st.floats(-1e4, 1e4, allow_nan=False)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_prices_bound_the_toy(kind: ObjectiveKind, data: st.DataObject) -> None:
    """Whatever the duals are worth, the bound made of them is true: optima as in test_solve."""
    found = _search(toy(kind))
    best = {"served": 1020.0, "covered": 1200.0, "access": 810.0, "cost": 1750.0}[kind]
    rows = len(found.arrays.row_lower)
    duals = np.array(data.draw(st.lists(PRICE, min_size=rows, max_size=rows)))
    bound = safe_bound(found.arrays, duals, found.layout.upper)
    assert _sign(kind) * bound >= _sign(kind) * best - 1e-5 * best


@pytest.mark.parametrize("kind", KINDS)
def test_the_relaxation_s_prices_bound_as_well_as_the_relaxation(kind: ObjectiveKind) -> None:
    """Interior-point duals without crossover give its objective back to a millionth."""
    found = _search(random_problem(2, kind, zones=20, sites=8))
    highs = Highs(found.arrays, relaxed=True)
    exact = highs.run(time_limit_s=20)
    rough = Highs(found.arrays, relaxed=True).run(time_limit_s=20, method="ipm", crossover=False)
    bound = safe_bound(found.arrays, rough.duals, found.layout.upper)
    assert bound == pytest.approx(exact.objective, rel=1e-4)
    assert _sign(kind) * bound >= _sign(kind) * exact.objective - 1e-6 * abs(exact.objective)


# Cutting programs


def test_restrict_holds_the_other_columns() -> None:
    """With a held at 3, row 0 leaves b <= 1, row 1 c >= -2, row 2 b + c = 2."""
    arrays = _arrays()
    part = restrict(arrays, matrix(arrays).tocsc(), np.array([1, 2]), np.array([3.0, 9.0, 9.0]))
    assert part.cost.tolist() == [2, 1]
    assert part.row_lower.tolist() == [-np.inf, -2, 2]
    assert part.row_upper.tolist() == [1, np.inf, 2]
    assert matrix(part).toarray().tolist() == [[1, 0], [0, 1], [1, 1]]
    assert _best(part) == pytest.approx(12 - 9)


def test_restrict_drops_rows_it_does_not_touch() -> None:
    """With only c free, row 0 holds nothing that could change."""
    arrays = _arrays()
    part = restrict(arrays, matrix(arrays).tocsc(), np.array([2]), np.array([3.0, 1.0, 0.0]))
    assert part.row_lower.tolist() == [-2, 1]
    assert matrix(part).toarray().tolist() == [[1], [1]]


def test_columns_of_keeps_the_rows_that_hold_nothing_else() -> None:
    """Over a and b only row 0 stands alone; the new cost is a + 5 b: b = 3, a = 1 gives 16."""
    part = columns_of(
        _arrays(integer=(True, False, False)),
        np.array([0, 1]),
        cost=np.array([1.0, 5.0, 7.0]),
        maximise=True,
    )
    assert part.row_upper.tolist() == [4]
    assert matrix(part).toarray().tolist() == [[1, 1]]
    assert part.integer.tolist() == [True, False]
    assert _best(part) == pytest.approx(16)


def test_with_rows_adds_rows() -> None:
    """A row a <= 2 more: a = 2, b = 2, c = 0 gives 10."""
    row = matrix(_arrays())[[1]]
    row.data = np.array([1.0, 0.0])
    more = with_rows(_arrays(), row, np.array([-np.inf]), np.array([2.0]))
    assert more.row_names == ("r0", "r1", "r2", "extra(0)")
    assert _best(more) == pytest.approx(10)
    assert _best(_arrays()) == pytest.approx(12)


def test_elastic_lets_a_floor_be_missed_at_a_price() -> None:
    """Least of 3 a + 2 b + c with b + c = 2 and a + c >= 1: c = 2, 2 in all.

    Were c dear at 10, keeping row 1 would take a = 1 (b = 2): 7. Missing it at 2 a unit: 4 + 2 = 6.
    """
    dear = replace(_arrays(maximise=False), cost=np.array([3.0, 2.0, 10.0]))
    assert _best(dear) == pytest.approx(7)
    soft = elastic(dear, np.array([1]), penalty=2.0)
    run = Highs(soft).run(time_limit_s=10)
    assert run.objective == pytest.approx(6)
    assert run.values == pytest.approx([0, 2, 0, 1])
    assert soft.upper[-1] == 1
    assert _best(elastic(dear, np.array([1]), penalty=5.0)) == pytest.approx(7)
    assert elastic(dear, np.array([], dtype=np.int64), penalty=5.0) is dear


def test_with_floor_keeps_the_worth() -> None:
    """Of the plans worth 12, or 11 with a share of a twelfth given up, the cheapest by c is sought.

    Worth 12 leaves a = 3, b = 1, c = 1. Worth 11 and b + c = 2, 3 a + 2 b + c = 3 a + 4 - c: a = 3
    allows c up to 2, but least c is 1 since b <= 4 - a = 1; a = 2.5, b = 1.5, c = 0.5 is worth 11.
    """
    arrays, values = _arrays(), np.array([3.0, 1.0, 1.0])
    cost = np.array([0.0, 0.0, 1.0])
    kept = with_floor(arrays, cost, values)
    assert not kept.maximise
    assert _best(kept) == pytest.approx(1)
    assert _best(with_floor(arrays, cost, values, give=1 / 12)) == pytest.approx(0.5)
    least = with_floor(_arrays(maximise=False), np.array([0.0, -1.0, 0.0]), np.array([0.0, 0, 2]))
    assert _best(least) == pytest.approx(0, abs=1e-6)


# Labels

LABELS = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(["a", "a.1", "a.2", "a_", "a b", "a-b", "甲", "乙", ""]),
    ),
    max_size=12,
)


@settings(max_examples=200)
@given(labels=LABELS)
def test_names_are_unique_and_safe(labels: list[str]) -> None:
    """One name a label, never the same, of characters every LP reader takes, not too long."""
    names = names_for(labels)
    assert len(names) == len(labels) == len(set(names))
    assert all(re.fullmatch(r"[A-Za-z0-9_.]{1,60}", name) for name in names)


def test_plain_labels_stay_as_they_are() -> None:
    """What is safe and unique is not touched; what is not gets its position."""
    assert names_for(["Mall", "z_1", "a.b"]) == ["Mall", "z_1", "a.b"]
    assert names_for(["a b", "a-b", "甲", ""]) == ["a_b", "a_b.1", "_.2", ".3"]
    assert names_for(["a.2", "a", "a"]) == ["a.2", "a", "a.2_"]
    assert names_for(["x" * 50]) == ["x" * 40 + ".0"]
