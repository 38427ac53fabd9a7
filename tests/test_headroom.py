"""Headroom by hour: batteries of station types, their timetables, and priced reinforcements."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.problem import NONE
from siting.data.rooms import Batteries, Days, rooms_of
from siting.data.timetable import timetable
from siting.data.works import levels_of, own_types, with_levels, without_works
from siting.errors import InfeasibleError
from siting.models import search
from siting.models.conflict.words import _has_headroom
from siting.models.effort import Effort
from siting.models.headroom import headroom_rows, over_kw
from siting.models.reduce import reduced
from siting.models.solve import solve
from tests.brute import brute_force, valued_plans
from tests.golden import KINDS
from tests.strong_toy import random_strong, steps, strengthened
from tests.toy import random_problem, toy
from tests.verify_case import asked as scenario

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.solution import Solution
    from siting.scenario import ObjectiveKind

EFFORT = Effort(gap=0.0, time_limit_s=20.0, seed=1, threads=1)
BATTERY = {"battery_kwh": 200.0, "battery_kw": 100.0}
HOURS = np.arange(24)


def _solve(problem: Problem) -> Solution:
    return solve(problem, EFFORT, progress=lambda _: None)


# Timetables


def _day(room: np.ndarray, load: np.ndarray, **battery: float) -> tuple[np.ndarray, np.ndarray]:
    asked = scenario()
    station = asked.stations["small"].model_copy(update=BATTERY | battery)
    grid = asked.grid.model_copy(update={"battery_round_trip": 0.81, "battery_depth": 0.9})
    found = timetable(station, grid, load, room)
    return found.charge_kw, found.discharge_kw


def test_a_battery_takes_off_the_one_hour_that_binds() -> None:
    """300 kW all day, room of 400 kW at 13 h and 4,000 else: 13 h gets the converter's 100 kW.

    100 kWh given are 100 / 0.81 = 123.5 kWh taken, at hours with room.
    """
    room = np.where(HOURS == 13, 400.0, 4000.0)
    charge, discharge = _day(room, np.full(24, 300.0))
    assert discharge[13] == pytest.approx(100.0)
    assert discharge.sum() == pytest.approx(100.0)
    assert charge.sum() == pytest.approx(100 / 0.81)
    assert charge[13] == 0.0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_timetable_is_one_that_a_battery_can_keep(seed: int) -> None:
    """Power, usable energy, the balance of the day with its loss, nothing fed, never both."""
    rng = np.random.default_rng(seed)
    room, load = rng.uniform(-200, 3000, 24), rng.uniform(0, 400, 24)
    kwh, kw = float(rng.uniform(50, 2000)), float(rng.uniform(20, 600))
    charge, discharge = _day(room, load, battery_kwh=kwh, battery_kw=kw)
    way, hair = 0.9, 1e-6 * kwh
    held = np.cumsum(way * charge - discharge / way)
    assert (charge >= 0).all()
    assert (discharge >= 0).all()
    assert (charge + discharge <= kw + hair).all()
    assert held[-1] == pytest.approx(0.0, abs=hair)
    assert held.max() - min(held.min(), 0.0) <= 0.9 * kwh + hair
    assert (discharge <= load + hair).all()
    assert np.minimum(charge, discharge).max() <= hair


# Rows by hour


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_hours_left_out_never_bind(seed: int) -> None:
    """Whatever stands, and at every step: who keeps the rows told keeps all 24 hours."""
    rng = np.random.default_rng(seed)
    plain = replace(
        random_problem(seed, "served", sites=3),
        substations=("G",),
        site_substation=np.zeros(3, dtype=np.int64),
        headroom_kw=np.zeros((2, 1)),
    )
    room = rng.uniform(-50 if seed % 4 == 0 else 100, 900, (2, 1, 24))
    standing = np.full((2, 1, 24), 200.0 * (seed % 3 == 0))
    given_days = Days(room, standing, rng.uniform(0.0, 1.0, (2, 24)))
    own = plain.load_kw[None, :, None] * given_days.shape[:, None, :]
    adds = np.maximum(rng.uniform(-200, 100, (2, 1, 2, 24)), -own[:, None])
    adds[:, :, 0] = 0.0
    rows = rooms_of(plain, given_days, Batteries(adds), steps(2), 150.0)
    assert 2 <= len(rows.phase) <= 48
    for t, level in itertools.product(range(2), range(3)):
        here = np.flatnonzero(rows.phase == t)
        limit = np.maximum(np.maximum(room[t, 0] + 150.0 * level, standing[t, 0]), 0.0)
        for counts in itertools.product(range(4), repeat=2):
            asked = np.array(counts) @ (own[t] + adds[t, 0])
            kept = (asked <= limit + 1e-9).all()
            more = rows.load_kw[here, level - 1] if level else 0.0
            told = rows.load_kw[here, 2:] @ np.array(counts) + more
            assert kept == (told <= rows.limit_kw[here] + 1e-9).all()


def test_a_question_without_either_has_one_row_a_phase_and_substation() -> None:
    """The toy: 800 kW in p1, 1,000 in p2, for whatever stands."""
    rows = headroom_rows(toy())
    assert rows.limit_kw.tolist() == [800.0, 1000.0]
    assert rows.load_kw.tolist() == [[0.0, 300.0, 700.0]] * 2


# The best plan


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_the_best_plan_is_brute_force_s(kind: ObjectiveKind, seed: int) -> None:
    """Batteries and reinforcement to choose from, two phases; also after the reductions."""
    problem = random_strong(seed, kind)
    best = brute_force(problem)
    fewer = brute_force(reduced(problem))
    if best is None:
        assert fewer is None
        return
    assert fewer is not None
    assert fewer.value == pytest.approx(best.value, rel=1e-6)
    found = _solve(problem)
    assert found.certificate.objective == pytest.approx(best.value, rel=1e-5)
    assert (over_kw(problem, found.type_at) <= 1e-6).all()


def test_the_random_questions_have_plans_that_need_both() -> None:
    """Of twenty most have a plan, several best ones with a step, several with a battery."""
    best = [brute_force(random_strong(seed, kind)) for kind in KINDS for seed in range(5)]
    plans = [plan.histories for plan in best if plan is not None]
    assert len(plans) >= 12
    assert sum(any(level != NONE for level in plan[-1]) for plan in plans) >= 3
    assert sum(any(2 in history for history in plan[:-1]) for plan in plans) >= 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_search_of_large_questions_knows_them(
    kind: ObjectiveKind, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relaxation, rounding and neighbourhoods: the plan is one of brute force's, in the bound."""
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "STALE", 5)
    problem = random_strong(seed, kind)
    values = {plan.histories: plan.value for plan in valued_plans(problem)}
    if not values:
        return
    found = _solve(problem)
    histories = tuple(tuple(column) for column in found.type_at.T.tolist())
    sign = 1 if kind in {"served", "covered"} else -1
    best = max(sign * value for value in values.values())
    assert histories in values
    assert sign * found.certificate.bound >= best - 1e-5 * abs(best)


def test_each_way_out_is_taken_where_it_is_the_cheaper() -> None:
    """Two stations of 300 kW, room for one: a battery of 90 kW at 100 kCNY, or a step.

    Two stations with batteries ask 2 x 210 kW of the morning's 480 and 2 x (240 - 27) of the
    evening's 432: 200 kCNY more. One with and one without ask 510 by morning. A step of 400 kW at
    150 kCNY is cheaper than two batteries, one of 700 is not.
    """
    plain = replace(
        random_problem(3, "cost", zones=4, sites=2),
        types=("S", "S+"),
        load_kw=np.array([300.0, 300.0]),
        capacity_kwh=np.array([200.0, 200.0]),
        state_cost_cny=np.array([[1.0e6, 1.1e6], [1.0e6, 1.1e6]]),
        substations=("G",),
        site_substation=np.zeros(2, dtype=np.int64),
        conflicts=np.empty((0, 2), dtype=np.int64),
        city_target=np.array([1, 2]),
        district_target=np.zeros((2, 2), dtype=np.int64),
        max_stations=np.full(2, NONE),
        min_served_share=0.0,
        min_covered_share=0.0,
    )
    room = np.full((2, 1), 480.0)
    costs = {}
    for name, offer in (
        ("step", steps(1, 0.15e6)),
        ("battery", steps(1, 0.7e6)),
        ("neither", None),
    ):
        power = np.array([0.0, 0.0 if name == "neither" else 90.0])
        problem = strengthened(plain, room, battery_kw=power, reinforcement=offer)
        best = brute_force(problem)
        costs[name] = None if best is None else best.value
        if best is not None:
            found = _solve(problem)
            assert found.certificate.objective == pytest.approx(best.value)
            built = levels_of(problem, found.type_at)[:, 0].tolist()
            assert built == ([0, 1] if name == "step" else [0, 0])
    assert costs == {"step": 2.15e6, "battery": 2.2e6, "neither": None}


@pytest.mark.parametrize("seed", [2, 5])
def test_a_step_is_of_no_use_before_its_first_phase(seed: int) -> None:
    """With steps in service from p2 on, none is built in p1, and none is ever taken back."""
    problem = random_strong(seed, "served", sites=3)
    assert problem.works_from == 1
    found = _solve(problem)
    built = levels_of(problem, found.type_at)
    assert (built[0] == 0).all()
    assert (np.diff(built, axis=0) >= 0).all()


def test_plan_and_steps_can_be_told_apart_and_joined_again() -> None:
    """Own types and levels are what the question without reinforcements and its steps need."""
    problem = random_strong(1, "served", sites=3)
    found = _solve(problem)
    own, built = own_types(problem, found.type_at), levels_of(problem, found.type_at)
    plain = without_works(problem)
    assert plain.types == ("S", "S+")
    assert plain.sites == problem.sites[:3]
    assert (with_levels(problem, own, built) == found.type_at).all()


# Where no plan exists


def test_a_conflict_tells_what_reinforcement_would_mend_it() -> None:
    """The toy with 250 kW in p2 and none to spare: two stations of 300 kW ask for 600.

    350 kW more, and steps of 200 kW that the scenario prices but does not use: two, for 6 M CNY.
    """
    room = np.array([[800.0], [250.0]])
    with pytest.raises(InfeasibleError) as caught:
        _solve(toy(headroom_kw=room, step_kw=200.0, step_mva=0.2, step_cny=3e6))
    assert (
        "free 0.35 MW at substation G (reinforce it: +0.4 MVA for 6.00 M CNY; "
        "grid.reinforcement has it, unused)"
    ) in caught.value.changes


def test_a_conflict_counts_sites_that_a_battery_or_a_step_gives_room() -> None:
    """350 kW by morning: not for S and its 400, but for S+, which a battery of 100 takes to 300.

    Nothing else has room where no battery stands; one step of 0.4 MVA has room for both types.
    """
    plain = random_problem(3, "served", zones=4, sites=2)
    plain = replace(
        plain,
        types=("S", "S+"),
        capacity_kwh=np.array([150.0, 150.0]),
        load_kw=np.array([400.0, 400.0]),
        substations=("G",),
        site_substation=np.zeros(2, dtype=np.int64),
        allowed=np.array([[True, False], [False, True]]),
    )
    room, power = np.full((2, 1), 350.0), np.array([0.0, 100.0])
    stored = strengthened(plain, room, battery_kw=power)
    assert _has_headroom(stored, 0).tolist() == [False, True]
    assert not _has_headroom(strengthened(plain, room, battery_kw=np.zeros(2)), 0).any()
    stepped = strengthened(plain, room, battery_kw=power, reinforcement=steps(1), first=1)
    assert _has_headroom(stepped, 0).tolist() == [False, True, False]
    assert _has_headroom(stepped, 1).tolist() == [True, True, False]


def test_a_conflict_stands_where_all_steps_are_too_few() -> None:
    """S and S+ of a random toy, room of 10 kW and steps of 40: even reinforced no station fits."""
    plain = random_problem(3, "served", zones=4, sites=2)
    plain = replace(
        plain,
        substations=("G",),
        site_substation=np.zeros(2, dtype=np.int64),
        headroom_kw=np.zeros((2, 1)),
        conflicts=np.empty((0, 2), dtype=np.int64),
        district_target=np.zeros((2, 2), dtype=np.int64),
        city_target=np.array([0, 1]),
    )
    offer = steps(1).model_copy(update={"step_mva": 0.04})
    problem = strengthened(
        plain, np.full((2, 1), 10.0), battery_kw=np.zeros(2), reinforcement=offer
    )
    load = problem.rooms.load_kw.copy() if problem.rooms else np.empty(0)
    load[:, 0] = -40.0
    assert problem.rooms is not None
    problem = replace(problem, rooms=replace(problem.rooms, load_kw=load))
    with pytest.raises(InfeasibleError) as caught:
        _solve(problem)
    assert "substation G may not pass its limit, even reinforced by +0.04 MVA" in " ".join(
        caught.value.conflict
    )
    assert not any("as +0.04 MVA" in change for change in caught.value.changes)
