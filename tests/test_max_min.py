"""Max-min: the worst off first, then the objective; against trying all, and by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.optimize import linprog

from siting.cli.summary import print_summary
from siting.data.build import build_problem
from siting.data.fairness import Fairness, Floor
from siting.errors import InfeasibleError, NoSolutionError
from siting.maps import render_report
from siting.models import search
from siting.models.effort import Effort
from siting.models.least_share import best_least_share
from siting.models.relaxes import relaxes
from siting.models.solve import solve
from siting.pipeline import make_plan
from siting.scenario import Scenario
from siting.verify import verify_plan
from tests.brute import brute_force, valued_plans
from tests.toy import random_problem, toy
from tests.verify_case import hand_case, hand_scenario

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

    from siting.data.problem import Problem
    from siting.plan import Plan
    from siting.scenario import ObjectiveKind

    Family = Literal["served", "covered"]

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)
SLACK = 0.001
KINDS: tuple[ObjectiveKind, ...] = ("served", "covered", "access", "cost")


def _raised(problem: Problem, family: Family, *, floor: float = 0.0) -> Problem:
    """Return the problem with every district's share to be raised; the first has a floor too."""
    asked = np.array([t == len(problem.phases) - 1 for t in range(len(problem.phases))])
    due = problem.demand_kwh * problem.reachable_zone * asked[:, None]
    raised = []
    for r, name in enumerate(problem.districts):
        zones = problem.zone_district == r
        kwh = due[:, zones].sum(axis=1)
        if kwh.any():
            raised.append(Floor(family, name, 1.0, zones, kwh))
    floors = [replace(f, share=floor, promised_kwh=floor * f.promised_kwh) for f in raised[:1]]
    own = tuple(floors) if floor else ()
    return replace(problem, fairness=Fairness(own, raised=tuple(raised), slack=SLACK))


def _least_share(problem: Problem, kinds: tuple[int, ...]) -> float:
    """Return the highest least share of one state of the last phase, by a dense linear program."""
    p, pairs = problem, len(problem.pair_zone)
    room = np.array([0.0 if k < 0 else p.capacity_kwh[k] for k in kinds])
    if p.fairness.raised[0].family == "covered":
        open_at = [k >= 0 and bool(p.is_super[k]) for k in kinds]
        met = {int(i) for i, j in zip(p.pair_zone, p.pair_site, strict=True) if open_at[j]}
        got = np.array([p.demand_kwh[-1, i] if i in met else 0.0 for i in range(len(p.zones))])
        return min(float(got[f.zones].sum() / f.promised_kwh[-1]) for f in p.fairness.raised)
    rows = [np.append(p.pair_zone == i, 0.0) for i in range(len(p.zones))]
    rows += [np.append(p.pair_site == j, 0.0) for j in range(len(p.sites))]
    limit = [*p.demand_kwh[-1], *room]
    if p.min_served_share:
        rows.append(np.append(-np.ones(pairs), 0.0))
        limit.append(-p.min_served_share * p.reachable_kwh[-1] * (1 - 1e-9))
    for floor in p.fairness.of("served"):
        rows.append(np.append(-1.0 * floor.zones[p.pair_zone], 0.0))
        limit.append(-floor.promised_kwh[-1] * (1 - 1e-9))
    for floor in p.fairness.raised:
        rows.append(np.append(-1.0 * floor.zones[p.pair_zone], floor.promised_kwh[-1]))
        limit.append(0.0)
    found = linprog(np.append(np.zeros(pairs), -1.0), A_ub=np.array(rows, dtype=float), b_ub=limit)
    assert found.x is not None
    return min(float(found.x[-1]), 1.0)


@pytest.mark.parametrize("small", [search.SMALL, 0])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    family=st.sampled_from(["served", "covered"]),
    floor=st.sampled_from([0.0, 0.0, 0.3]),
)
def test_the_worst_off_comes_first_as_trying_all_finds(
    kind: ObjectiveKind, small: int, seed: int, family: Family, floor: float
) -> None:
    """The highest least share of all plans is found and proved; then the objective is best.

    A search of a large question proves a bound, and reaches what it says.
    """
    problem = _raised(random_problem(seed, kind, zones=5, sites=3), family, floor=floor)
    bare = replace(problem, fairness=problem.fairness.held(0.0))
    plans = [tuple(h[-1] for h in plan.histories) for plan in valued_plans(bare)]
    best = max((_least_share(problem, kinds) for kinds in set(plans)), default=None)
    whole, search.SMALL = search.SMALL, small
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
    raised = found.raised
    assert raised is not None
    assert raised.bound is not None
    assert raised.bound >= best - 1e-6
    assert raised.held - 1e-6 <= raised.share <= best + 1e-6
    if small:
        assert raised.bound == pytest.approx(best, abs=2e-4)
        assert raised.held == pytest.approx(max(best - SLACK, 0.0), abs=2e-4)
        then = brute_force(replace(problem, fairness=problem.fairness.held(raised.held)))
        assert then is not None
        assert found.certificate.objective == pytest.approx(then.value, rel=1e-5)


def test_least_share_of_open_stations_is_that_of_a_dense_program() -> None:
    """The least share that stations allow is the same, however its linear program is written."""
    problem = _raised(random_problem(4, "served", zones=6, sites=4), "served")
    bare = replace(problem, fairness=problem.fairness.held(0.0))
    plans = list(valued_plans(bare))[::7]
    assert plans
    for plan in plans:
        types = np.array(plan.histories).T
        by_hand = _least_share(problem, tuple(types[-1]))
        assert best_least_share(problem, types) == pytest.approx(by_hand, abs=1e-7)


def test_what_no_plan_keeps_is_told_with_the_conflict() -> None:
    """Three stations cannot be had for 1 CNY: the reasons stand there, as without max-min."""
    problem = replace(toy(), budget_cny=np.ones(2), city_target=np.array([2, 2]))
    with pytest.raises(InfeasibleError) as caught:
        solve(_raised(problem, "served"), EFFORT)
    with pytest.raises(InfeasibleError) as plain:
        solve(problem, EFFORT)
    assert str(caught.value) == str(plain.value)
    assert "budget" in str(caught.value)


def test_no_bound_is_carried_where_the_worst_off_is_raised() -> None:
    """More money raises the least share, which may cost the objective: bounds do not carry over."""
    assert relaxes(toy(), toy())
    assert not relaxes(_raised(toy(), "served"), _raised(toy(), "served"))


def _asked(objective: dict[str, Any] | None = None, **equity: Any) -> Scenario:  # noqa: ANN401 - any key
    raw = hand_scenario()
    raw["limits"]["spacing_m"] = 0.0
    raw["objective"] |= objective or {}
    return Scenario.model_validate(raw | {"equity": equity})


@pytest.fixture(scope="module")
def made() -> tuple[Plan, Scenario]:
    """Return the hand case planned for the worst off."""
    scenario = _asked(max_min="served")
    return make_plan(hand_case(), scenario), scenario


def test_a_plan_for_the_worst_off_verifies_and_says_so(
    made: tuple[Plan, Scenario], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The least share is that of the zones table; document, terminal and report tell it."""
    plan, scenario = made
    least = plan.document.least_share
    assert least is not None
    assert least.bound is not None
    assert verify_plan(plan, hand_case(), scenario) == []
    problem, _ = build_problem(hand_case(), scenario)
    zones = plan.zones[plan.zones["phase"] == plan.document.phases[-1].name]
    got = zones.set_index("zone")["served_kwh_day"].reindex(hand_case().zones["id"]).to_numpy()
    shares = {f.scope: got[f.zones].sum() / f.promised_kwh[-1] for f in problem.fairness.raised}
    assert least.share == pytest.approx(min(shares.values()))
    assert shares[least.scope] == pytest.approx(least.share)
    assert least.held_share - 1e-6 <= least.share <= least.bound
    print_summary(plan.document, tmp_path)
    assert f"worst off is {least.scope}: {least.share:.2%}" in capsys.readouterr().out
    page = render_report(plan, hand_case(), None, scenario.equity)
    assert "max-min" in page
    assert "最大最小" in page


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"share": 0.99}, "least_share.share"),
        ({"scope": "nowhere"}, "least_share.scope"),
        ({"of": "covered"}, "least_share.of"),
        ({"bound": 0.0}, "least_share.bound"),
        ({"bound": None}, "least_share.bound"),
        ({"bound": 1.5}, "least_share.bound"),
        ({"held_share": 1.0}, "served_share"),
        (None, "least_share"),
    ],
)
def test_a_broken_least_share_is_caught(
    made: tuple[Plan, Scenario], change: dict[str, Any] | None, where: str
) -> None:
    """Whatever the plan says of its worst off is recomputed."""
    plan, scenario = made
    least = plan.document.least_share
    assert least is not None
    told = None if change is None else least.model_copy(update=change)
    broken = replace(plan, document=plan.document.model_copy(update={"least_share": told}))
    found = verify_plan(broken, hand_case(), scenario)
    assert any(where in str(item) for item in found)


def test_a_plan_that_raises_unasked_is_caught(made: tuple[Plan, Scenario]) -> None:
    """A scenario without max-min has no worst off to tell of."""
    plain = _asked(max_min=None)
    assert any("least_share" in str(item) for item in verify_plan(made[0], hand_case(), plain))


def test_stations_as_given_are_told_without_a_bound() -> None:
    """Evaluated as given, the worst off is told; nothing is proved of what else could be had."""
    raw = _asked(max_min="covered").model_dump() | {"only_fixed": True, "fixed": []}
    scenario = Scenario.model_validate(raw)
    plan = make_plan(hand_case(), scenario)
    least = plan.document.least_share
    assert least is not None
    assert (least.bound, least.held_share, least.of) == (None, 0.0, "covered")
    assert not [item for item in verify_plan(plan, hand_case(), scenario) if not item.unmet]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"equity": {"max_min": "minutes"}}, "served"),
        ({"equity": {"max_min_slack": 0.1}}, "max_min_slack goes with max_min"),
        ({"equity": {"max_min": "served", "max_min_slack": 2.0}}, "less than or equal to 1"),
        ({"equity": {"max_min": "served"}, "solve": {"solver": "cbc"}}, "by highs only, not 'cbc'"),
        ({"equity": {"max_min": "served"}, "objective": {"kind": "p-center"}}, "is classical"),
        (
            {
                "equity": {"max_min": "served"},
                "robust": {"objective": "worst", "drawn": {"count": 2, "seed": 1}},
            },
            "robust takes no floors of equity and no max_min",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(raw: dict[str, Any], said: str) -> None:
    """A max-min that cannot be asked is told by its key."""
    base = hand_scenario()
    for name, value in raw.items():
        base[name] = (base.get(name) or {}) | value
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate(base)
    assert said in str(caught.value)
