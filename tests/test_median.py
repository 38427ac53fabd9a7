"""p-median, facility location, p-center and p-dispersion against every choice of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models.classical.facility import facility
from siting.models.classical.p_center import p_center
from siting.models.classical.p_dispersion import p_dispersion
from siting.models.classical.p_median import p_median
from siting.models.effort import Effort
from tests.brute_median import least_cost, least_radius, questions, widest

if TYPE_CHECKING:
    from siting.models.classical.question import Choice, Question

EFFORT = Effort(gap=0.0, time_limit_s=20.0, seed=1, threads=1)


def _agrees(choice: Choice, best: float) -> None:
    """Check a proved answer against the best value of all choices; inf for none."""
    if not np.isfinite(best) and np.isnan(choice.objective):
        assert choice.status == "infeasible"
        return
    assert choice.status == "optimal"
    assert choice.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert choice.bound == pytest.approx(best, rel=2e-6, abs=1e-6)


def _is_allowed(question: Question, choice: Choice) -> None:
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
@settings(max_examples=150, deadline=None)
def test_p_median_is_the_best_of_all_choices(question: Question) -> None:
    """Whatever limits a question has, the answer is the best choice, or proved not to be there."""
    choice = p_median(question, EFFORT)
    _agrees(choice, least_cost(question, np.zeros(question.sites)))
    if len(choice.opened):
        _is_allowed(question, choice)


@given(questions())
@settings(max_examples=100, deadline=None)
def test_facility_is_the_best_of_all_choices(question: Question) -> None:
    """Fixed costs weigh against distances as they should, whatever the limits."""
    choice = facility(question, EFFORT)
    _agrees(choice, least_cost(question, question.cost))
    if len(choice.opened):
        _is_allowed(question, choice)


@given(questions())
@settings(max_examples=100, deadline=None)
def test_p_center_is_the_best_of_all_choices(question: Question) -> None:
    """No choice has its farthest zone nearer, whatever the limits."""
    choice = p_center(question, EFFORT)
    _agrees(choice, least_radius(question))
    if len(choice.opened):
        _is_allowed(question, choice)


@given(questions(), st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_p_dispersion_is_the_best_of_all_choices(question: Question, seed: int) -> None:
    """No choice has its two nearest sites farther apart, whatever the limits."""
    rng = np.random.default_rng(seed)
    half = np.triu(rng.integers(1, 9, (question.sites, question.sites)).astype(float), 1)
    choice = p_dispersion(question, half + half.T, EFFORT)
    best = widest(question, half + half.T)
    if np.isposinf(best):
        assert (choice.status, choice.objective, choice.bound) == ("optimal", np.inf, np.inf)
    else:
        _agrees(choice, best)
