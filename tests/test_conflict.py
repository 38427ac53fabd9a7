"""Why no plan exists: a smallest conflict in the planner's words, and the least that mends it.

Plans are of the toy; see ``tests.toy``.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siting.data.problem import NONE, Problem
from siting.errors import InfeasibleError
from siting.models import conflict
from siting.models.conflict import Diagnosis, core, diagnose, explain
from siting.models.conflict.changes import Change, change_text
from siting.models.conflict.requirements import Requirement, can_grow, stated
from siting.models.effort import Effort
from siting.models.highs import Highs, Run
from siting.models.solve import solve
from siting.models.statement import KCNY
from tests.brute import brute_force
from tests.toy import A, B, E, S, toy

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)
NO_DISTRICTS: dict[str, Any] = {"district_target": np.zeros((2, 2), dtype=int)}
FREE: dict[str, Any] = {
    "city_target": np.array([0, 0]),
    "budget_cny": np.full(2, np.inf),
    "headroom_kw": np.full((2, 1), np.inf),
    "max_stations": np.array([NONE, NONE]),
    **NO_DISTRICTS,
}
"""What asks and forbids nothing."""


def _refused(problem: Problem) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        solve(problem, EFFORT, progress=lambda _: None)
    return caught.value


def _two_stations(phase: int) -> str:
    return f"the whole city: 2 stations asked for by p{phase}, 3 sites can hold a station"


# One hand instance a family


def test_too_few_sites_for_a_target() -> None:
    """O asks for two stations and has the one site B."""
    error = _refused(toy(district_target=np.array([[0, 0], [1, 2]]), fuel_count=np.array([2, 4])))
    assert error.conflict == (
        "O: 2 stations asked for by p2, 1 site can hold a station; at most 1 station can be had",
    )
    assert error.changes == ("lower the ratio of O by p2 to 0.25 (1 station instead of 2)",)
    assert error.nearest == f"Nearest that can be reached: {error.changes[0]}, all else kept."


def test_too_little_money_for_a_target() -> None:
    """Two stations by p1 cost 1,750 kCNY at the least; 1,200 have arrived and buy one.

    550 more of 1,200 is 46 %, one station less of two is 50 %: money first.
    """
    error = _refused(toy(city_target=np.array([2, 2]), fuel_count=np.array([2, 1]), **NO_DISTRICTS))
    assert sorted(error.conflict) == [
        "budget: 1.20 M CNY have arrived by p1; the least that meets the rest costs 1.75",
        f"{_two_stations(1)}; at most 1 station can be had",
    ]
    assert error.changes == (
        "raise the budget of p1 by 0.55 M CNY, so that 1.75 M CNY have arrived by then",
        "lower the ratio of the whole city by p1 to 0.33 (1 station instead of 2)",
    )
    assert "Or one of these instead, all else kept:\n  - lower the ratio" in str(error)


def test_too_many_for_the_most() -> None:
    """Two stations are asked for by p2, and at most one may be open."""
    error = _refused(toy(max_stations=np.array([NONE, 1]), **NO_DISTRICTS))
    assert sorted(error.conflict) == [
        "at most 1 supercharging station may be open by p2",
        f"{_two_stations(2)}; at most 1 station can be had",
    ]
    assert error.changes == (
        "lower the ratio of the whole city by p2 to 0.33 (1 station instead of 2)",
        "allow 1 station more by p2 (2 instead of 1)",
    )


def test_too_close_for_a_target() -> None:
    """W asks for two stations, but its two sites are too close to each other."""
    error = _refused(toy(district_target=np.array([[0, 0], [2, 0]])))
    assert sorted(error.conflict) == [
        "W: 2 stations asked for by p2, 2 sites can hold a station; at most 1 station can be had",
        "spacing: 1 pair of sites, each too close to hold two stations",
    ]
    assert error.changes[1] == "let sites stand closer than the spacing (1 pair of sites: E and A)"


def test_a_spacing_is_lowered_to_the_distance_of_two_sites() -> None:
    """E and A stand 320.7 m apart: a spacing of 320 m lets both be, and changes 36 % of 500."""
    close: dict[str, Any] = {"spacing_m": 500.0, "conflict_m": np.array([320.7])}
    error = _refused(toy(district_target=np.array([[0, 0], [2, 0]]), **close))
    assert "spacing of 500 m: 1 pair of sites, each too close to hold two stations" in (
        error.conflict
    )
    assert error.changes[0] == (
        "lower the spacing to 320 m (which matters to 1 pair of sites: E and A)"
    )


def test_too_little_room_at_a_substation() -> None:
    """Two stations ask 600 kW at the least and G has 500 left in p2."""
    error = _refused(toy(headroom_kw=np.array([[500.0], [500.0]]), **NO_DISTRICTS))
    assert sorted(error.conflict) == [
        ("substation G may not pass its limit: room for stations of 0.50 MW by p1, 0.50 MW by p2"),
        f"{_two_stations(2)}; at most 1 station can be had",
    ]
    assert error.changes[0] == "free 0.10 MW at substation G"


def test_sites_without_headroom_are_counted() -> None:
    """G has no room at all: two stations ask 600 kW of it."""
    error = _refused(toy(headroom_kw=np.zeros((2, 1)), **NO_DISTRICTS))
    text = "\n".join(error.conflict)
    assert "substation G may not pass its limit, and has no room for any station" in text
    assert "3 sites can hold a station, 0 of them with headroom" in text
    assert error.changes == ("free 0.60 MW at substation G",)


def test_many_full_substations_are_told_as_one() -> None:
    """Six sites, each at a full substation, and a station asked for: any one of six would do."""
    error = _refused(_row_of_sites(6, city_target=np.array([2]), headroom_kw=np.zeros((1, 6))))
    assert "no substation may pass its limit: 6 of 6 have no room for any station" in (
        error.conflict
    )
    (change,) = (text for text in error.changes if "free" in text)
    assert change.startswith("free 0.60 MW at 2 substations (")


def test_a_floor_on_energy_that_stations_cannot_serve() -> None:
    """All of p1's 300 cannot be served by one station of 120, 40 %: the money is too little.

    M at A serves them all, for 2,600 kCNY.
    """
    error = _refused(toy("access", min_served_share=1.0, **NO_DISTRICTS))
    assert sorted(error.conflict) == [
        (
            "at least 100.0% of the 300 kWh a day within reach is to be served by p1; "
            "no more than 40.0% can be"
        ),
        "budget: 1.20 M CNY have arrived by p1; the least that meets the rest costs 2.60",
    ]
    assert error.changes == (
        "lower the served floor to 40.00% (instead of 100.00%)",
        "raise the budget of p1 by 1.40 M CNY, so that 2.60 M CNY have arrived by then",
    )


def test_a_floor_on_coverage_that_money_cannot_buy() -> None:
    """Covering all of p1's 300 takes A, 1,100 kCNY; 1,000 have arrived, enough for B and 200."""
    error = _refused(
        toy("covered", min_covered_share=1.0, budget_cny=np.array([1.0e6, 4.0e6]), **NO_DISTRICTS)
    )
    assert sorted(error.conflict) == [
        (
            "at least 100.0% of the 300 kWh a day within reach is to be covered by p1; "
            "no more than 66.7% can be"
        ),
        "budget: 1.00 M CNY have arrived by p1; the least that meets the rest costs 1.10",
    ]
    assert error.changes == (
        "raise the budget of p1 by 0.10 M CNY, so that 1.10 M CNY have arrived by then",
        "lower the covered floor to 66.66% (instead of 100.00%)",
    )


def test_existing_stations_that_must_stay() -> None:
    """E and A stand as S, and only one station may be open."""
    standing: dict[str, Any] = {
        "initial": np.array([S, S, NONE]),
        "allowed": np.array([[False, True, False], [False, True, False], [False, True, False]]),
        "conflicts": np.empty((0, 2), dtype=int),
    }
    error = _refused(toy(**(FREE | standing | {"max_stations": np.array([1, 1])})))
    assert sorted(error.conflict) == [
        "2 existing stations must stay open",
        "at most 1 supercharging station may be open by p1",
    ]
    assert error.changes[0].startswith("let 1 existing station close (")
    assert len(error.changes) == 1  # with one more by p1, two are still too many by p2


def test_a_site_too_small_for_what_it_should_hold() -> None:
    """All 450 of p2 need M at A: with S there, 120 and B's 300 of Z2 make 420, as M at B allows."""
    small = np.array([[True, False, False], [False, True, False], [False, True, True]])
    error = _refused(toy("access", **(FREE | {"allowed": small, "min_served_share": 1.0})))
    assert "no site may hold a type larger than its area allows" in error.conflict
    assert error.changes == (
        "lower the served floor to 93.33% (instead of 100.00%)",
        "find more ground for 1 site (A as M)",
    )


def test_guns_are_called_guns() -> None:
    """Where the ratio counts guns, so do the sentences: S has 2, and B can only be S."""
    error = _refused(
        toy(
            ratio_count=np.array([0, 2, 4]),
            district_target=np.array([[0, 0], [0, 3]]),
            fuel_count=np.array([8, 4]),
            budget_cny=np.full(2, np.inf),
            headroom_kw=np.full((2, 1), np.inf),
        )
    )
    assert (
        "O: 3 supercharging guns asked for by p2, 1 site can hold a station; "
        "at most 2 supercharging guns can be had"
    ) in error.conflict
    assert "lower the ratio of O by p2 to 0.50 (2 supercharging guns instead of 3)" in error.changes


def test_where_no_single_change_is_enough_they_are_told_together() -> None:
    """O cannot have 2 nor W 3 (spacing leaves 1, and 2 stations are the most): both give way."""
    error = _refused(toy(district_target=np.array([[0, 0], [3, 2]])))
    assert len(error.conflict) == 1
    assert error.changes == ()
    assert error.nearest.startswith(
        "Nearest that can be reached, as no single change is enough: together lower the ratio of W"
    )
    assert "lower the ratio of O by p2 to 1.00 (1 station instead of 2)" in error.nearest


def test_an_explanation_cut_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no test ends in time nothing is claimed but that there is no plan."""
    nothing = np.empty(0)
    undecided = Run("no-solution", nothing, np.nan, np.nan, nothing)
    monkeypatch.setattr(Highs, "run", lambda *_args, **_kw: undecided)
    told = explain(toy(city_target=np.array([2, 2])), EFFORT)
    assert told == (["all of them; which ones could not be told apart in time"], "", [])


def test_a_conflict_not_proved_smallest_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time was up before each member was proved to be needed, the last line says so."""
    problem = toy(city_target=np.array([2, 2]), **NO_DISTRICTS)
    honest = diagnose(stated(problem), EFFORT)
    rushed = replace(honest, smallest=False)
    monkeypatch.setattr(conflict, "diagnose", lambda *_args, **_kw: rushed)
    lines, _, _ = explain(problem, EFFORT)
    assert lines[-1].endswith("(time was up: perhaps fewer of these are enough for the conflict)")


# Minimality and least changes, against brute force, which knows nothing of rows

IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "target and sites": {"district_target": np.array([[0, 0], [1, 2]])},
    "target and budget": {"city_target": np.array([2, 2])},
    "target and most": {"max_stations": np.array([NONE, 1])},
    "target and spacing": {"district_target": np.array([[0, 0], [2, 0]])},
    "target and headroom": {"headroom_kw": np.array([[500.0], [500.0]])},
    "most and stay": {
        "initial": np.array([S, NONE, NONE]),
        "allowed": np.array([[False, True, False], [False, True, True], [False, True, False]]),
        "max_stations": np.array([NONE, 1]),
    },
    "served floor": {"objective": "access", "min_served_share": 1.0},
    "covered floor": {"min_covered_share": 1.0, "budget_cny": np.array([1e6, 4e6])},
    "everything at once": {
        "city_target": np.array([3, 3]),
        "district_target": np.array([[2, 1], [2, 2]]),
        "budget_cny": np.array([1e6, 1.5e6]),
        "headroom_kw": np.array([[200.0], [400.0]]),
        "max_stations": np.array([1, 1]),
        "min_covered_share": 0.9,
    },
}
FLOORS = {"served", "covered"}


def _without(problem: Problem, item: Requirement) -> Problem:
    """Return the problem with one requirement given up."""
    free: dict[str, Any] = {
        "spacing": {"conflicts": np.empty((0, 2), dtype=int), "conflict_m": np.empty(0)},
        "stay": {"closable": problem.initial != NONE},
        "area": {"allowed": problem.allowed | can_grow(problem)},
    }
    if item.family in free:
        return replace(problem, **free[item.family])
    if item.family == "headroom":
        room = problem.headroom_kw.copy()
        room[:, item.substation] = np.inf
        return replace(problem, headroom_kw=room)
    field, value = {
        "budget": ("budget_cny", np.inf),
        "most": ("max_stations", NONE),
        "ratio": ("city_target" if item.district == NONE else "district_target", 0),
    }[item.family]
    changed = getattr(problem, field).copy()
    changed[item.phase if item.district == NONE else (item.phase, item.district)] = value
    return replace(problem, **{field: changed})


def _everything(problem: Problem) -> list[Requirement]:
    """Return all requirements there may be, floors aside."""
    phases = range(len(problem.phases))
    items = [Requirement(family, t) for family in ("budget", "most", "ratio") for t in phases]
    items += [Requirement("ratio", t, r) for t in phases for r in range(len(problem.districts))]
    items += [Requirement("headroom", substation=g) for g in range(len(problem.substations))]
    return [*items, Requirement("spacing"), Requirement("stay"), Requirement("area")]


def _only(problem: Problem, items: set[Requirement]) -> Problem:
    """Return the problem with those requirements alone, and floors in all phases or in none."""
    families = {item.family for item in items}
    free: dict[str, Any] = {f"min_{name}_share": 0.0 for name in FLOORS - families}
    problem = replace(problem, objective="cost", **free)
    for item in _everything(problem):
        if item not in items:
            problem = _without(problem, item)
    return problem


def _check_smallest(problem: Problem, found: Diagnosis) -> None:
    """Check that a conflict is one, and that with any member given up it is none.

    A floor of one phase cannot be given up in a problem, so floors are kept; they never stand
    alone here.
    """
    core = set(found.conflict)
    assert found.smallest
    assert core
    alone = _only(problem, core)
    assert brute_force(alone) is None
    for item in core:
        if item.family not in FLOORS:
            assert brute_force(_without(alone, item)) is not None, item


def _changed(problem: Problem, change: Change, factor: float) -> Problem:
    """Return the problem with some times a change made, as a planner would write it."""
    item = change.keys[0]
    much = change.amount * factor
    t = item.phase
    if item.family == "budget":
        money = problem.budget_cny.copy()
        money[t:] += much * KCNY
        return replace(problem, budget_cny=money)
    if item.family == "most":
        most = problem.max_stations.copy()
        most[t] += int(np.floor(much + 1e-6))
        return replace(problem, max_stations=most)
    if item.family == "headroom":
        room = problem.headroom_kw.copy()
        room[:, [key.substation for key in change.keys]] += factor * change.slack
        return replace(problem, headroom_kw=room)
    if item.family == "ratio":
        field = "city_target" if item.district == NONE else "district_target"
        target = getattr(problem, field).copy()
        where = t if item.district == NONE else (t, item.district)
        target[where] -= int(np.floor(much + 1e-6))
        return replace(problem, **{field: target})
    share = f"min_{item.family}_share"
    return replace(problem, **{share: getattr(problem, share) - much})


NUMBERS = {"budget", "most", "headroom", "ratio", "served", "covered"}


def _check_changes(problem: Problem, found: Diagnosis) -> None:
    """Check that each change makes a plan possible, and a hair less does not."""
    for change in found.changes:
        assert change.status == "exact"
        if change.keys[0].family in NUMBERS:
            assert brute_force(_changed(problem, change, 1 + 1e-6)) is not None, change.keys
            assert brute_force(_changed(problem, change, 1 - 1e-4)) is None, change.keys
        else:
            assert brute_force(_without(problem, change.keys[0])) is not None
    parts = [change.part for change in found.changes]
    assert parts == sorted(parts)


def _check_no_other_change(problem: Problem, found: Diagnosis) -> None:
    """Check that a member without a change cannot mend the whole, given up altogether."""
    mending = {key for change in found.changes for key in change.keys}
    for item in found.conflict:
        if item not in mending and item.family not in FLOORS:
            assert brute_force(_without(problem, item)) is None, item


@pytest.mark.parametrize("name", list(IMPOSSIBLE))
def test_the_conflict_is_a_smallest_one_and_its_changes_the_least(name: str) -> None:
    """Nothing else is needed for the conflict; each change is enough, and less is not."""
    problem = toy(**IMPOSSIBLE[name])
    found = diagnose(stated(problem), EFFORT)
    _check_smallest(problem, found)
    _check_changes(problem, found)
    _check_no_other_change(problem, found)


@st.composite
def _hard(draw: st.DrawFn) -> Problem:
    """Draw a toy with limits at random, of which most leave no plan."""
    count = st.integers(0, 3)
    target = np.array([[draw(st.integers(0, 2)) for _ in range(2)] for _ in range(2)])
    standing = draw(st.booleans())
    super_e = np.array([[False, True, False], [False, True, True], [False, True, False]])
    changes: dict[str, Any] = {
        "city_target": np.array([draw(count), draw(count)]),
        "district_target": target,
        "max_stations": np.array([draw(st.sampled_from([NONE, 0, 1, 2])) for _ in range(2)]),
        "budget_cny": np.cumsum([draw(st.sampled_from([0.5e6, 1.2e6, 2.1e6])) for _ in range(2)]),
        "headroom_kw": np.array([[draw(st.sampled_from([250.0, 650.0, 1400.0]))] for _ in "ab"]),
        "site_substation": np.array([draw(st.sampled_from([0, NONE])) for _ in range(3)]),
        "min_covered_share": draw(st.sampled_from([0.0, 0.6])),
    }
    if standing:
        price = toy().state_cost_cny.copy()
        price[E, S] = 0.0
        changes |= {"initial": np.array([S, NONE, NONE]), "allowed": super_e}
        changes |= {"state_cost_cny": price}
    return toy(**changes)


@settings(max_examples=25, deadline=None)
@given(problem=_hard())
def test_random_conflicts_are_smallest_and_their_changes_least(problem: Problem) -> None:
    """Whatever conflicts is minimal, and whatever mends is enough and no more, by brute force."""
    assume(brute_force(problem) is None)
    found = diagnose(stated(problem), EFFORT)
    _check_smallest(problem, found)
    _check_changes(problem, found)
    _check_no_other_change(problem, found)


@settings(max_examples=15, deadline=None)
@given(problem=_hard())
def test_where_nothing_mends_alone_the_changes_together_do(problem: Problem) -> None:
    """All parts of a joint change, made at once, leave a plan; where one change does, none is."""
    assume(brute_force(problem) is None)
    found = diagnose(stated(problem), EFFORT)
    assert bool(found.changes) != bool(found.together)
    for change in found.together:
        if change.keys[0].family in NUMBERS:
            problem = _changed(problem, change, 1 + 1e-6)
        else:
            problem = _without(problem, change.keys[0])
    assert (brute_force(problem) is None) == bool(found.changes)


def test_changes_together_are_free_of_a_solvers_tolerance() -> None:
    """E stands and 3 are wanted, but 0.5 and 1 M CNY buy nothing: money, then, is not asked for."""
    price = toy().state_cost_cny.copy()
    price[E, S] = 0.0
    problem = toy(
        city_target=np.array([0, 3]),
        district_target=np.array([[0, 1], [0, 0]]),
        max_stations=np.array([NONE, 1]),
        budget_cny=np.array([0.5e6, 1.0e6]),
        headroom_kw=np.array([[250.0], [250.0]]),
        site_substation=np.array([0, NONE, NONE]),
        min_covered_share=0.6,
        initial=np.array([S, NONE, NONE]),
        allowed=np.array([[False, True, False], [False, True, True], [False, True, False]]),
        state_cost_cny=price,
    )
    found = diagnose(stated(problem), EFFORT)
    ratios = [change.amount for change in found.together if change.keys[0].family == "ratio"]
    assert ratios == [1.0, 2.0]
    assert "budget" not in {change.keys[0].family for change in found.together}


def test_every_pair_of_families_is_told_apart() -> None:
    """Each limit that alone forbids the one thing asked for is named with it, and no other is.

    One station is asked for by p1, and each limit in turn leaves none.
    """
    forbid: dict[str, dict[str, Any]] = {
        "budget": {"budget_cny": np.array([0.5e6, 9e6])},
        "most": {"max_stations": np.array([0, NONE])},
        "headroom": {"headroom_kw": np.array([[250.0], [250.0]])},
    }
    ask: dict[str, dict[str, Any]] = {
        "ratio": {"city_target": np.array([1, 0])},
        "served": {"min_served_share": 0.2},
        "covered": {"min_covered_share": 0.2},
    }
    for (name, limit), (wish, question) in itertools.product(forbid.items(), ask.items()):
        problem = toy(**(FREE | limit | question))
        found = diagnose(stated(problem), EFFORT)
        assert {key.family for key in found.conflict} == {name, wish}
        assert {change.keys[0].family for change in found.changes} >= {name}


def _row_of_sites(count: int, **changes: Any) -> Problem:  # noqa: ANN401 - any field
    """Return one phase and one type, each site at its own substation; 300 kW and 1 M CNY each."""
    problem = toy("cost")
    sites = tuple(f"s{n}" for n in range(count))
    one = Problem(
        **{name: getattr(problem, name) for name in problem.__dataclass_fields__}
        | {
            "phases": ("p",),
            "zones": ("z",),
            "sites": sites,
            "types": ("S",),
            "districts": ("W",),
            "substations": tuple(f"G{n}" for n in range(count)),
            "demand_kwh": np.array([[100.0]]),
            "pair_zone": np.zeros(count, dtype=np.int32),
            "pair_site": np.arange(count, dtype=np.int32),
            "pair_minutes": np.ones(count),
            "capacity_kwh": np.array([120.0]),
            "is_super": np.array([True]),
            "ratio_count": np.array([1]),
            "load_kw": np.array([300.0]),
            "state_cost_cny": np.full((count, 1), 1e6),
            "allowed": np.ones((count, 1), dtype=bool),
            "initial": np.full(count, NONE),
            "closable": np.zeros(count, dtype=bool),
            "site_district": np.zeros(count, dtype=np.int64),
            "site_substation": np.arange(count),
            "zone_district": np.zeros(1, dtype=np.int64),
            "conflicts": np.empty((0, 2), dtype=int),
            "city_target": np.array([0]),
            "district_target": np.zeros((1, 1), dtype=int),
            "fuel_count": np.array([2]),
            "max_stations": np.array([NONE]),
            "budget_cny": np.array([np.inf]),
            "headroom_kw": np.full((1, count), np.inf),
            "weight": np.ones(1),
            "min_served_share": 0.0,
            "min_covered_share": 0.0,
        }
    )
    return replace(one, **changes)


def test_the_toys_sites_are_where_the_tests_say() -> None:
    """E, A and B are the sites that the expected sentences name."""
    assert [toy().sites[j] for j in (E, A, B)] == ["E", "A", "B"]


@pytest.mark.parametrize("name", ["served floor", "covered floor", "everything at once"])
def test_large_problems_are_asked_phase_by_phase_first(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken for large, with the linear relaxation and single phases first, all is found as well."""
    monkeypatch.setattr(core, "LARGE", 0)
    problem = toy(**IMPOSSIBLE[name])
    found = diagnose(stated(problem), EFFORT)
    _check_smallest(problem, found)
    _check_changes(problem, found)


def test_a_floor_given_up_whole_is_told_so() -> None:
    """Where the time was up and only the trivial change was found, it is not told as the least."""
    program = stated(toy("access", min_served_share=1.0, **NO_DISTRICTS))
    keys = (Requirement("served", 0),)
    whole = Change(keys, "within", 1.0, 0.0, 1.0, np.ones(1), np.empty(0))
    assert change_text(program, whole) == (
        "give up the served floor of 100.00% (enough; not proved to be the least)"
    )
