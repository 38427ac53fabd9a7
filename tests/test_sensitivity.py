"""What a plan hangs on: every number held against brute force or worked out by hand.

Plans are of the toy; see ``tests.toy``.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siting.cli import main
from siting.data.problem import FREE, NONE
from siting.errors import InfeasibleError
from siting.models.arrays import arrays_of
from siting.models.assign import assign
from siting.models.differing import Differing
from siting.models.effort import Effort
from siting.models.layout import Layout
from siting.models.relaxation import matrix
from siting.models.sensitivity.figure import Figure, between, exact, sign_of
from siting.models.sensitivity.rejected import Rejections
from siting.models.sensitivity.rows import rows
from siting.models.sensitivity.rules import breaches
from siting.models.sensitivity.runners_up import runners_up
from siting.models.sensitivity.stations import forbidden, station_losses
from siting.models.sensitivity.study import Asked, Study, study
from siting.models.sensitivity.values import Prices, full_substations, priced, solved, units
from siting.models.sensitivity.worth import Worth, without
from siting.models.solution import objective_of, open_supers
from siting.models.solve import solve
from tests.brute import _Search, brute_force, site_histories, valued_plans
from tests.golden import KINDS
from tests.small_case import STATIONS, layer_toml, write_case
from tests.toy import A, B, E, F, M, S, random_problem, toy

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.problem import Problem
    from siting.models.solution import Solution
    from siting.scenario import ObjectiveKind

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)
CLOSE = 1e-6


def _near(value: float, slack: float | None = None) -> Figure:
    """Return an exact figure that equals any exact figure near a value."""
    about: Any = pytest.approx(value, abs=slack)
    return exact(about)


def _quiet(_text: str) -> None:
    """Say nothing."""


def _solved(problem: Problem) -> Solution:
    return solve(problem, EFFORT, progress=_quiet)


def _studied(problem: Problem, **asked: Any) -> Study:  # noqa: ANN401 - any field
    found = _solved(problem)
    return study(problem, found.type_at, found.certificate, EFFORT, Asked(**asked), progress=_quiet)


@st.composite
def _drawn(draw: st.DrawFn, kind: ObjectiveKind) -> Problem:
    """Draw a toy with other limits, of which most leave some plan."""
    changes: dict[str, Any] = {
        "city_target": np.array([draw(st.integers(0, 1)), draw(st.integers(0, 2))]),
        "district_target": np.array([[0, 0], [draw(st.integers(0, 1)), 0]]),
        "max_stations": np.array([draw(st.sampled_from([NONE, 1, 2])) for _ in "ab"]),
        "budget_cny": np.cumsum([draw(st.sampled_from([1.2e6, 2.6e6, 4e6])) for _ in "ab"]),
        "headroom_kw": np.array([[draw(st.sampled_from([350.0, 800.0, 1400.0]))] for _ in "ab"]),
        "demand_kwh": toy().demand_kwh * draw(st.sampled_from([0.3, 1.0, 1.7])),
    }
    return toy(kind, **changes)


# Limits


def test_a_million_more_in_the_first_phase() -> None:
    """With 2,200 kCNY by p1 both A and B open, and serve 120 more.

    p1 today: one station, 120. With 2,200: B (120, 1,000 kCNY) and A (120, 1,100): 240; 600 kW of
    800. p2 stays at 450, the most there is.
    """
    found = _studied(toy("served"))
    value = {v.name: v.value for v in found.values}
    assert value["1 M CNY more with p1"] == _near(120.0)
    assert value["1 M CNY more with p2"] == _near(0.0)
    assert value["one station more"] == _near(0.0)
    # One station more by p2 is a third, which spacing (E, A) and the number of two forbid.
    ratio = found.values[-1]
    assert ratio.name == "0.01 of ratio more (1 stations) in each phase"
    assert ratio.note == "no plan is possible with it"
    assert ratio.value.basis == "unknown"


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_values_are_brute_force_differences(kind: ObjectiveKind, data: st.DataObject) -> None:
    """One unit more changes the best plan by what trying every plan says; bounds hold it too."""
    problem = data.draw(_drawn(kind))
    best = brute_force(problem)
    assume(best is not None)
    assert best is not None
    found = _solved(problem)
    limits = units(problem, found.type_at, substations=3)
    known = priced(problem, limits, found.certificate, Prices(problem, EFFORT))
    sharp = solved(problem, limits, known, found.certificate, EFFORT, progress=_quiet)
    assert {x.name for x in limits} >= {"1 M CNY more with p1", "1 M CNY more with p2"}
    for unit, rough, value in zip(limits, known, sharp, strict=True):
        other = brute_force(unit.problem)
        if other is None:
            assert value.note == "no plan is possible with it"
            continue
        change = abs(other.value - best.value)
        slack = 1e-5 * max(abs(best.value), 1.0)
        assert rough.value.lower - slack <= change <= rough.value.upper + slack
        assert value.value.basis == "exact"
        assert value.value.lower == pytest.approx(change, abs=slack)


def test_a_gap_larger_than_the_value_is_told_as_an_interval() -> None:
    """A plan of 900 under a bound of 1,020; 1 M CNY more with p1 makes 1,140.

    So it is worth between 1,140 - 1,020 = 120 and 1,140 - 900 = 240.
    """
    problem = toy("served")
    found = _solved(problem)
    poor = replace(found.certificate, objective=900.0, bound=1020.0)
    limits = units(problem, found.type_at, substations=0)[1:2]
    known = priced(problem, limits, poor, Prices(problem, EFFORT))
    (value,) = solved(problem, limits, known, poor, EFFORT, progress=_quiet)
    assert value.name == "1 M CNY more with p1"
    assert value.value.basis == "bounds"
    assert value.value.lower == pytest.approx(120.0)
    assert value.value.upper == pytest.approx(240.0)


def test_full_substations_are_those_that_keep_a_site_shut() -> None:
    """G has 1,000 kW by p2, all taken by M at A and S at B: E, which asks 300, is kept out."""
    problem = toy("served")
    types = np.array([[F, NONE, S], [F, M, S]])
    assert full_substations(problem, types) == []  # E is not empty: F stands there
    empty = replace(problem, initial=np.full(3, NONE))
    types[:, E] = NONE
    assert full_substations(empty, types) == [0]
    assert full_substations(replace(empty, headroom_kw=np.full((2, 1), 1300.0)), types) == []


def test_one_megawatt_more_is_priced_where_it_binds() -> None:
    """G with 400 kW takes one S; with 1,400 it takes S at B and M at A, as money allows by p2.

    400 kW: 120 + 2 x 120 = 360. With 1,400: 120 + 2 x 450 = 1,020, as in the toy: 660 more.
    """
    open_ground = {
        "initial": np.full(3, NONE),
        "allowed": np.array([[False, True, False], [False, True, True], [False, True, False]]),
        "city_target": np.array([0, 0]),
        "district_target": np.zeros((2, 2), dtype=int),
        "headroom_kw": np.full((2, 1), 400.0),
    }
    found = _studied(toy("served", **open_ground))
    value = {v.name: v.value for v in found.values}
    assert value["1 MW more at substation G"] == _near(660.0)


# Stations


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_what_a_plan_loses_is_its_energy_assigned_anew(
    kind: ObjectiveKind, data: st.DataObject
) -> None:
    """Without each station the rest is worth what assigning everything from scratch says."""
    problem = data.draw(_drawn(kind))
    assume(brute_force(problem) is not None)
    found = _solved(problem)
    worth = Worth(problem, found.type_at, EFFORT)
    base = objective_of(problem, found.type_at, found.energy_kwh)
    assert worth.base.objective == pytest.approx(base, rel=CLOSE)
    for loss in station_losses(worth):
        kinds = without(problem, found.type_at, loss.site)
        assert kinds is not None
        types = worth.with_types({loss.site: kinds})
        if loss.lost.basis == "unknown":
            assert kind == "access"
            continue
        again = objective_of(problem, types, assign(problem, types))
        lost = sign_of(problem) * (base - again)
        assert loss.lost == _near(lost, 1e-5 * max(abs(base), 1.0))


def test_what_is_lost_when_all_is_planned_anew() -> None:
    """Without A as planned 660 are lost; planned anew E takes Z1 instead, and 420 are lost.

    E and B as S in p2: 120 + 2 x 240 = 600 of 1,020. Without B district O has no station.
    """
    found = _studied(toy("served"), replan=2)
    by_site = {loss.site: loss for loss in found.losses}
    assert by_site[A].lost == _near(660.0)
    assert by_site[A].breaks == (
        "ratio of the whole city: 1 of 2 asked for by p2",
        "ratio of W: 0 of 1 asked for by p2",
    )
    assert by_site[A].replanned == _near(420.0)
    assert by_site[B].note == "no plan is possible with it"


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_planned_anew_is_brute_force_without_the_station(data: st.DataObject) -> None:
    """The best plan without a station is what trying every plan of the rest finds."""
    problem = data.draw(_drawn("served"))
    best = brute_force(problem)
    assume(best is not None)
    assert best is not None
    found = _studied(problem, replan=3)
    types = _solved(problem).type_at
    for loss in found.losses:
        other = brute_force(forbidden(problem, types, loss.site))
        assert loss.replanned is not None
        if other is None:
            assert loss.note == "no plan is possible with it"
        else:
            lost = best.value - other.value
            assert loss.replanned.lower == pytest.approx(lost, abs=1e-3)
            assert loss.replanned.basis == "exact"


def test_what_must_stay_is_not_done_without() -> None:
    """A station that stands and may not close is left as it is; one made larger goes back."""
    problem = toy(
        initial=np.array([S, S, NONE]),
        allowed=np.array([[False, True, False], [False, True, True], [False, True, False]]),
    )
    types = np.array([[S, S, NONE], [S, M, NONE]])
    assert without(problem, types, E) is None
    kinds = without(problem, types, A)
    assert kinds is not None
    assert kinds.tolist() == [S, S]
    closable = replace(problem, closable=np.array([True, False, False]))
    gone = without(closable, types, E)
    assert gone is not None
    assert gone.tolist() == [NONE, NONE]
    assert forbidden(problem, types, A).allowed[A].tolist() == [False, True, False]


def test_what_is_fixed_by_hand_is_a_rule() -> None:
    """A kept small is missed by its fix; B shut by hand is left out by its fix, not by mistake."""
    fixed = np.full((2, 3), FREE)
    fixed[:, A], fixed[:, B] = S, NONE
    none = np.zeros((2, 2), dtype=np.int64)
    problem = toy(fixed=fixed, city_target=none[0], district_target=none)
    found = _studied(problem, solve_s=0.0)
    (loss,) = (item for item in found.losses if item.site == A)
    assert "A is fixed by hand: S from p1 on" in loss.breaks
    (shut,) = (item for item in found.rejected if item.site == B)
    assert shut.reasons[-1] == "B is fixed by hand: closed from p1 on"
    assert not any(reason.startswith("nothing:") for reason in shut.reasons)


# Sites left out


def test_why_a_site_is_left_out() -> None:
    """E as S would add 100 of Z1 in p1; by p2 four rules forbid it, and in A's place it loses 420.

    In p2 A serves Z1 already. E with B costs 1,750 and A's 2,600 more make 4,350 of 4,000.
    """
    found = _studied(toy("served"))
    (site,) = found.rejected
    assert (site.site, site.kind) == (E, S)
    assert site.gain == _near(100.0)
    assert site.reasons == (
        "no more than 2 stations by p2",
        "budget: 0.35 M CNY too little by p2",
        "E and A are too close to each other",
        "substation G: 0.30 MW too little by p2",
    )
    assert site.swap == A
    assert site.swap_change == _near(-420.0)
    assert site.swaps_tried == 1


def test_a_site_that_nobody_reaches_or_that_another_dominates() -> None:
    """A reaches all that E does, but farther; with E's minutes it is dominated if it is cheaper."""
    problem = toy("served", max_stations=np.array([NONE, NONE]))
    types = _solved(problem).type_at
    worth = Worth(problem, types, EFFORT)
    rejections = Rejections(worth, station_losses(worth), 8)
    assert rejections.closely(E).dominated_by == NONE
    price = problem.state_cost_cny.copy()
    price[A, S] = 0.5e6
    near = replace(problem, pair_minutes=np.array([4.0, 4.0, 3.0, 5.0]), state_cost_cny=price)
    worth = Worth(near, types, EFFORT)
    assert Rejections(worth, station_losses(worth), 8).closely(E).dominated_by == A
    lonely = replace(
        problem,
        pair_zone=np.array([0, 1, 1], dtype=np.int32),
        pair_site=np.array([A, A, B], dtype=np.int32),
        pair_minutes=np.array([4.0, 3.0, 5.0]),
    )
    worth = Worth(lonely, types, EFFORT)
    rejected = Rejections(worth, station_losses(worth), 8).closely(E)
    assert rejected.reasons[0] == "adds nothing: no zone is within reach"
    nothing = replace(problem, allowed=np.array([[True, False, False], *problem.allowed[1:]]))
    worth = Worth(nothing, types, EFFORT)
    fits = Rejections(worth, station_losses(worth), 8).closely(E)
    assert fits.reasons == ("no supercharging station fits the site",)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 999))
def test_gains_and_swaps_are_what_assigning_anew_gives(seed: int) -> None:
    """Each gain is exact, below its proven bound, and no swap tried keeps a broken rule."""
    problem = random_problem(seed, "served", budget_cny=np.array([2.5e6, 3.5e6]))
    assume(_possible(problem))
    found = _solved(problem)
    worth = Worth(problem, found.type_at, EFFORT)
    losses = station_losses(worth)
    rejections = Rejections(worth, losses, swaps=99)
    for site in rejections.sites():
        close, rough = rejections.closely(site), rejections.roughly(site)
        assert rough.gain.upper >= close.gain.lower - CLOSE
        assert close.gain.upper <= rejections.gain_bound(site) + CLOSE
        if close.swap != NONE:
            assert close.swap_change is not None
            # the plan is the best there is, so no swap gains
            assert close.swap_change.upper <= 1e-3
            assert close.swap_change.upper <= close.gain.upper + CLOSE


def _possible(problem: Problem) -> bool:
    try:
        _solved(problem)
    except InfeasibleError:
        return False
    return True


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_breaches_are_the_rules_that_brute_force_knows(data: st.DataObject) -> None:
    """A choice breaks no rule exactly where trying every plan lets it pass."""
    problem = data.draw(_drawn("served"))
    plan = [data.draw(st.sampled_from(site_histories(problem, j))) for j in range(3)]
    types = np.array(plan).T
    passes = _Search(problem).value(tuple(plan)) is not None
    assert (breaches(problem, types) == []) == passes


def test_a_station_that_must_stay_is_missed() -> None:
    """E stands as F and may not close."""
    (found,) = breaches(
        toy(district_target=np.zeros((2, 2), dtype=int), city_target=np.zeros(2, dtype=int)),
        np.full((2, 3), NONE),
    )
    assert found.text == "E must stay open"


# Plans next best


@pytest.mark.parametrize("kind", ["served", "cost"])
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_the_next_best_are_brute_forces_ranking(kind: ObjectiveKind, data: st.DataObject) -> None:
    """Best plan and runners-up are worth what the best of each set of open sites is, in order."""
    problem = data.draw(_drawn(kind))
    sign = sign_of(problem)
    ranked: dict[tuple[bool, ...], float] = {}
    for plan in valued_plans(problem):
        last = tuple(h[-1] != NONE and bool(problem.is_super[h[-1]]) for h in plan.histories)
        ranked[last] = max(ranked.get(last, -np.inf), sign * plan.value)
    assume(ranked)
    expected = [sign * value for value in sorted(ranked.values(), reverse=True)]
    found = _solved(problem)
    others = runners_up(problem, found.type_at, found.certificate, EFFORT, count=9, progress=_quiet)
    values = [found.certificate.objective, *(o.certificate.objective for o in others)]
    assert values == pytest.approx(expected, rel=1e-6, abs=1e-3)
    for other in others:
        worse = abs(other.certificate.objective - found.certificate.objective)
        assert other.worse.lower == pytest.approx(worse, abs=1e-2)


def test_runners_up_may_be_asked_to_differ_in_more_sites() -> None:
    """The toy's only other set of sites swaps A for E: it differs in two sites, not in three."""
    problem = toy("served")
    found = _solved(problem)
    for least, count in ((1, 1), (2, 1), (3, 0)):
        others = runners_up(problem, found.type_at, found.certificate, EFFORT, count=4, least=least)
        assert len(others) == count
    (other,) = runners_up(problem, found.type_at, found.certificate, EFFORT, count=1)
    assert (other.opened, other.closed) == ((E,), (A,))
    assert other.worse == _near(420.0)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_count_the_sites_that_differ(kind: ObjectiveKind) -> None:
    """One row more; its activity less its bound is the distance less what is asked."""
    problem = toy(kind)
    plain = arrays_of(problem)
    layout = Layout.of(problem, plain)
    opened = np.array([[False, True, True]])
    more = Differing(opened, 1).add_to(plain, layout)
    assert len(more.row_lower) == len(plain.row_lower) + 1
    same = np.array([[F, NONE, S], [F, M, S]])
    for types, far in ((same, 0), (np.array([[F, NONE, S], [S, NONE, S]]), 2)):
        values = np.zeros(len(plain.cost))
        values[layout.choice] = types[layout.phase, layout.site] == layout.kind
        activity = float((matrix(more) @ values)[-1])
        assert activity - more.row_lower[-1] == far - 1


# Figures, rows, study, command


def test_two_bounds_that_meet_are_exact() -> None:
    """A billionth of 10 apart is the same number; 5 apart is an interval."""
    assert between(1.0, 1.0 + 1e-9, scale=10).basis == "exact"
    assert between(0.0, 5.0, scale=10) == Figure("bounds", 0.0, 5.0)


def test_a_study_without_solves_tells_bounds_and_says_so() -> None:
    """With no seconds nothing is solved anew: limits are bounds and prices, runners-up none."""
    found = _studied(toy("served"), solve_s=0.0, runners_up=2, replan=2)
    assert not found.solved
    assert found.runners_up == ()
    assert all(loss.replanned is None for loss in found.losses)
    first = found.values[1]
    assert (first.name, first.value.basis) == ("1 M CNY more with p1", "bounds")
    assert first.value.lower == 0.0
    assert first.value.upper >= 120.0
    table = rows(found)
    assert {row.about for row in table} == {"limit", "station", "site"}
    assert {row.unit for row in table} == {"kWh/day"}


def test_sites_beyond_the_top_are_told_by_bounds() -> None:
    """Of three sites left out one is tried; the others have a bound, and still a reason."""
    problem = random_problem(3, "served", budget_cny=np.array([2.5e6, 3.5e6]))
    found = _studied(problem, top=1, solve_s=0.0)
    assert found.close == 1
    assert found.rejected[0].gain.basis == "exact"
    assert len(found.rejected) == int((~open_supers(problem, _solved(problem).type_at)[-1]).sum())
    for site in found.rejected[1:]:
        assert site.gain.basis in {"bounds", "exact"}
        assert site.reasons


def _run(capsys: pytest.CaptureFixture[str], *line: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as done:
        main(list(line))
    out, err = capsys.readouterr()
    assert isinstance(done.value.code, int)
    return done.value.code, out, err


@pytest.fixture
def planned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return the folder of a plan of the tiny case: one station stands, one more is asked for."""
    city = tmp_path / "city"
    city.mkdir()
    write_case(
        city,
        files={"stations.csv": STATIONS},
        layers={"stations": layer_toml("stations", "stations.csv")},
    )
    phase = '[[phases]]\nname = "p"\ndate = 2025-12-31\nratio = 1.0\nbudget_cny = 3e6\n'
    head = 'extends = "central"\ntitle = "t"\ntitle_zh = "t"\n'
    more = "base_load_growth = 1.0\n"
    (tmp_path / "ask.toml").write_text(head + phase + more, encoding="utf-8")
    folder = tmp_path / "answer"
    ask = str(tmp_path / "ask.toml")
    code, _, err = _run(capsys, "plan", ask, "--case", str(city), "--out", str(folder))
    assert code == 0, err
    return folder


def test_the_command_prints_and_writes_what_it_found(
    planned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Terminal, JSON and CSV tell the same numbers, each with its basis; a new plan drops them."""
    code, out, _ = _run(capsys, "sensitivity", str(planned), "--runners-up", "2", "--quiet")
    assert code == 0
    assert "Limits: what one unit more changes" in out
    assert "1 M CNY more with p" in out
    with (planned / "sensitivity.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert {row["basis"] for row in table} <= {"exact", "bounds", "estimate", "unknown"}
    code, out, _ = _run(capsys, "sensitivity", str(planned), "--runners-up", "2", "--json")
    document = json.loads(out)
    assert (code, document["ok"], document["solved_anew"]) == (0, True, True)
    assert [row["name"] for row in document["rows"]] == [row["name"] for row in table]
    code, _, _ = _run(capsys, "map", str(planned))
    assert (code, (planned / "sensitivity.csv").is_file()) == (0, True)
    line = ["plan", str(planned.parent / "ask.toml"), "--case", str(planned.parent / "city")]
    code, _, _ = _run(capsys, *line, "--out", str(planned))
    assert (code, (planned / "sensitivity.csv").is_file()) == (0, False)


def test_a_plan_of_another_city_is_refused(
    planned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A station the city does not have is named, with what to do."""
    other = planned.parent / "other"
    other.mkdir()
    write_case(other)
    code, _, err = _run(capsys, "sensitivity", str(planned), "--case", str(other))
    assert code == 2
    assert "station s1 is not of this city and scenario" in err
    assert "siting plan" in err
