"""p-median, facility location, p-center and p-dispersion against every choice of sites."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models.classical import finish
from siting.models.classical.facility import facility
from siting.models.classical.facility import state as facility_state
from siting.models.classical.facility import to_arrays as facility_arrays
from siting.models.classical.p_center import p_center
from siting.models.classical.p_center import state as p_center_state
from siting.models.classical.p_center import to_arrays as p_center_arrays
from siting.models.classical.p_dispersion import cliques, p_dispersion
from siting.models.classical.p_dispersion import state as p_dispersion_state
from siting.models.classical.p_dispersion import to_arrays as p_dispersion_arrays
from siting.models.classical.p_median import p_median
from siting.models.classical.p_median import state as p_median_state
from siting.models.classical.p_median import to_arrays as p_median_arrays
from siting.models.classical.question import Question, spacing_rows
from siting.models.effort import Effort
from siting.models.highs import Highs, to_arrays
from siting.models.relaxation import matrix
from tests.brute_median import least_cost, least_radius, questions, widest
from tests.known_median import cap_optima, pmed_optima, read_cap, read_pmed
from tests.shared import shared_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.models.classical.question import Choice
    from siting.models.highs import Arrays
    from siting.models.program import Statement

EFFORT = Effort(gap=0.0, time_limit_s=20.0, seed=1, threads=1)


@pytest.fixture(scope="module", autouse=True)
def _never_whole() -> Iterator[None]:
    """Let no question go to HiGHS as it is: the search for large ones is what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "WHOLE", 0)
        yield


def _check_best(choice: Choice, best: float) -> None:
    """Check a proved answer against the best value of all choices; inf for none."""
    if not np.isfinite(best) and np.isnan(choice.objective):
        assert choice.status == "infeasible"
        return
    assert choice.status == "optimal"
    assert choice.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert choice.bound == pytest.approx(best, rel=2e-6, abs=1e-6)


def _check_allowed(question: Question, choice: Choice) -> None:
    """Check that a choice keeps every limit and assigns every zone with weight."""
    assert question.keeps(choice.opened)
    assert (choice.share >= 0).all()
    assert not choice.share[~choice.opened[question.site]].any()
    total = np.bincount(question.zone, weights=choice.share, minlength=len(question.weight))
    assert total[question.weight > 0] == pytest.approx(1.0)
    if question.capacity is not None:
        flow = choice.share * question.weight[question.zone]
        load = np.bincount(question.site, weights=flow, minlength=question.sites)
        assert (load <= question.capacity + 1e-6).all()


@given(questions())
@settings(max_examples=100, deadline=None)
def test_p_median_is_the_best_of_all_choices(question: Question) -> None:
    """Whatever limits a question has, the answer is the best choice, or proved not to be there."""
    choice = p_median(question, EFFORT)
    _check_best(choice, least_cost(question, np.zeros(question.sites)))
    if len(choice.opened):
        _check_allowed(question, choice)


@given(questions())
@settings(max_examples=50, deadline=None)
def test_small_capacitated_questions_go_to_highs_whole(question: Question) -> None:
    """The short way says the same as the long one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "WHOLE", 5000)
        choice = facility(question, EFFORT)
    _check_best(choice, least_cost(question, question.cost))
    if len(choice.opened):
        _check_allowed(question, choice)


@given(questions())
@settings(max_examples=100, deadline=None)
def test_facility_is_the_best_of_all_choices(question: Question) -> None:
    """Fixed costs weigh against distances as they should, whatever the limits."""
    choice = facility(question, EFFORT)
    _check_best(choice, least_cost(question, question.cost))
    if len(choice.opened):
        _check_allowed(question, choice)


@given(questions())
@settings(max_examples=100, deadline=None)
def test_p_center_is_the_best_of_all_choices(question: Question) -> None:
    """No choice has its farthest zone nearer, whatever the limits."""
    choice = p_center(question, EFFORT)
    _check_best(choice, least_radius(question))
    if len(choice.opened):
        _check_allowed(question, choice)


@given(questions(), st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_p_dispersion_is_the_best_of_all_choices(question: Question, seed: int) -> None:
    """No choice has its two nearest sites farther apart, whatever the limits."""
    between = _between(question.sites, seed)
    choice = p_dispersion(question, between, EFFORT)
    best = widest(question, between)
    if np.isposinf(best):
        assert (choice.status, choice.objective, choice.bound) == ("optimal", np.inf, np.inf)
    else:
        _check_best(choice, best)


# The two statements of each model


def _check_same(statement: Statement, arrays: Arrays) -> None:
    """Check that a PuLP program and arrays are the same program, entry by entry."""
    stated = to_arrays(statement)
    assert stated.maximise == arrays.maximise
    for name in ("cost", "lower", "upper", "integer", "row_lower", "row_upper"):
        assert getattr(stated, name).tolist() == getattr(arrays, name).tolist(), name
    assert matrix(stated).toarray().tolist() == matrix(arrays).toarray().tolist()


@given(questions())
@settings(max_examples=40, deadline=None)
def test_p_median_is_stated_the_same_in_pulp_and_as_arrays(question: Question) -> None:
    """What a reader finds in PuLP is what HiGHS gets."""
    _check_same(p_median_state(question), p_median_arrays(question))


@given(questions())
@settings(max_examples=40, deadline=None)
def test_facility_is_stated_the_same_in_pulp_and_as_arrays(question: Question) -> None:
    """What a reader finds in PuLP is what HiGHS gets, fixed costs included."""
    _check_same(facility_state(question), facility_arrays(question))


@given(questions(), st.floats(0, 12))
@settings(max_examples=40, deadline=None)
def test_p_center_is_stated_the_same_in_pulp_and_as_arrays(
    question: Question, radius: float
) -> None:
    """At any radius, what a reader finds in PuLP is what HiGHS gets."""
    stated = p_center_state(question, radius)
    _check_same(stated, p_center_arrays(question, radius))


@given(questions(), st.integers(0, 10**6), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_p_dispersion_is_stated_the_same_in_pulp_and_as_arrays(
    question: Question, seed: int, radius: int
) -> None:
    """At any distance, what a reader finds in PuLP is what HiGHS gets."""
    between = _between(question.sites, seed)
    stated = p_dispersion_state(question, between, radius)
    _check_same(stated, p_dispersion_arrays(question, between, radius))


def _between(sites: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    half = np.triu(rng.integers(1, 9, (sites, sites)).astype(float), 1)
    return np.asarray(half + half.T, dtype=float)


@given(st.integers(0, 10**6), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_cliques_hold_every_close_pair_and_nothing_else(seed: int, radius: int) -> None:
    """A row for a group says exactly what rows for its pairs would."""
    close = _between(8, seed) < radius
    np.fill_diagonal(close, val=False)
    held = np.zeros_like(close)
    for group in cliques(close):
        held[np.ix_(group, group)] = True
    np.fill_diagonal(held, val=False)
    assert (held == close).all()


# Middling questions, where prices, branching and cutting down have work to do


def _city(zones: int, sites: int, most: int, seed: int) -> Question:
    rng = np.random.default_rng(seed)
    home, place = rng.random((zones, 2)) * 20, rng.random((sites, 2)) * 20
    distance = np.linalg.norm(home[:, None] - place[None], axis=2)
    return Question.from_matrix(distance, weight=rng.lognormal(0, 1, zones), most=most)


def _whole(question: Question) -> float:
    """Return the optimum of the whole program by HiGHS alone."""
    run = Highs(p_median_arrays(question)).run(time_limit_s=60)
    assert run.status == "optimal"
    return run.objective


@pytest.mark.parametrize(("most", "seed"), [(3, 1), (5, 2), (12, 3), (30, 4)])
def test_p_median_meets_the_whole_program(most: int, seed: int) -> None:
    """What prices rule out holds nothing better, with few open sites and with many."""
    question = _city(120, 60, most, seed)
    choice = p_median(question, EFFORT)
    assert choice.status == "optimal"
    assert choice.objective == pytest.approx(_whole(question), rel=1e-6)


@pytest.mark.parametrize("first", [1, 50])
def test_p_median_under_low_guesses_meets_the_whole_program(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guesses of the cost that are far too low are found out, and raised."""
    monkeypatch.setattr(finish, "FIRST", first)
    monkeypatch.setattr(finish, "FIRST_EACH", 0)
    for seed, deepest in ((5, 0), (6, 20)):
        monkeypatch.setattr(finish, "DEEPEST", deepest)
        question = _city(100, 50, 6, seed)
        choice = p_median(question, replace(EFFORT, iterations=40))
        assert choice.status == "optimal"
        assert choice.objective == pytest.approx(_whole(question), rel=1e-6)


def test_capacitated_p_median_meets_the_whole_program() -> None:
    """With capacities that bind, the same."""
    question = _city(60, 25, 6, 7)
    total = float(question.weight.sum())
    question = replace(question, capacity=np.full(25, total / 5))
    choice = p_median(question, EFFORT)
    assert choice.status == "optimal"
    assert choice.objective == pytest.approx(_whole(question), rel=1e-6)


def test_p_median_with_spacing_and_budget_meets_the_whole_program() -> None:
    """With limits that bind, the same."""
    question = _city(80, 40, 8, 8)
    rng = np.random.default_rng(8)
    limits = question.limits.and_row("budget", rng.uniform(1, 3, 40), upper=11.0)
    near = np.argwhere(np.triu(_between(40, 8) < 2, 1))
    limits = spacing_rows(limits, near, [f"spacing({a},{b})" for a, b in near.tolist()])
    question = replace(question, limits=limits)
    choice = p_median(question, EFFORT)
    assert choice.status == "optimal"
    assert question.keeps(choice.opened)
    assert choice.objective == pytest.approx(_whole(question), rel=1e-6)


# What a user sees of a search


def test_same_seed_and_iterations_give_the_same_plan_on_one_and_two_threads() -> None:
    """Threads change the time a search takes, not what it finds."""
    question = _city(300, 150, 25, 9)
    one, two = (
        p_median(question, Effort(gap=0.0, time_limit_s=60, seed=1, threads=n, iterations=120))
        for n in (1, 2)
    )
    assert one.opened.tolist() == two.opened.tolist()
    assert (one.objective, one.bound) == (two.objective, two.bound)


@pytest.mark.parametrize("line", [1, 3])
def test_interrupted_search_returns_what_it_has_with_its_gap(line: int) -> None:
    """A user who stops a search keeps the best choice so far, and a bound that holds."""
    question = _city(300, 150, 25, 10)
    told = []

    def progress(text: str) -> None:
        told.append(text)
        if len(told) == line:
            raise KeyboardInterrupt

    stopped = p_median(question, EFFORT, progress=progress)
    whole = p_median(question, EFFORT)
    assert stopped.status == "feasible"
    assert question.keeps(stopped.opened)
    assert stopped.bound <= whole.objective <= stopped.objective
    assert stopped.gap > 0


def test_a_gap_that_is_enough_stops_the_search() -> None:
    """The search ends within the gap asked for, and says no more than it has proved."""
    question = _city(300, 150, 25, 11)
    rough = p_median(question, replace(EFFORT, gap=0.05))
    exact = p_median(question, EFFORT)
    assert rough.gap <= 0.05
    assert rough.bound <= exact.objective <= rough.objective
    assert exact.gap <= 1e-6


# Published optima


@pytest.mark.shared
@pytest.mark.parametrize("number", [1, 3, 6, 10, 12, 15, 16, 20])
def test_pmed_optimum_is_met_and_proved(number: int) -> None:
    """The OR-Library's p-median optima, from 100 to 400 nodes and 5 to 133 medians."""
    folder = shared_data() / "benchmarks" / "pmed"
    choice = p_median(read_pmed(folder / f"pmed{number}.txt"), EFFORT)
    assert choice.status == "optimal"
    assert choice.objective == pmed_optima(folder)[f"pmed{number}"]


@pytest.mark.shared
def test_every_cap_optimum_is_met_and_proved() -> None:
    """The OR-Library's capacitated location optima, demand split where that is cheaper."""
    folder = shared_data() / "benchmarks" / "cap"
    for name, optimum in cap_optima(folder).items():
        choice = facility(read_cap(folder / f"{name}.txt"), EFFORT)
        assert choice.status == "optimal", name
        assert choice.objective == pytest.approx(optimum, rel=1e-6), name


@pytest.mark.shared
@pytest.mark.parametrize(("number", "radius"), [(1, 127), (2, 98), (3, 93), (4, 74), (5, 48)])
def test_pmed_center_is_met_and_proved(number: int, radius: int) -> None:
    """The p-center optima of the same graphs that Elloumi, Labbé & Pochet (2004) publish."""
    question = read_pmed(shared_data() / "benchmarks" / "pmed" / f"pmed{number}.txt")
    choice = p_center(question, EFFORT)
    assert (choice.status, choice.objective, choice.bound) == ("optimal", radius, radius)
