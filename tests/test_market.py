"""Market share: hand instances, every choice tried, the statement, and every optional limit."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models.classical.market import attraction, huff
from siting.models.classical.market_cuts import captured
from siting.models.classical.market_statement import state_market
from siting.models.classical.question import Choice, Limits, Question, spacing_rows
from siting.models.effort import Effort
from siting.models.highs import Highs, to_arrays

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)
RIVALS = st.sampled_from([0, 0.1, 1, 20])
Asked = tuple[Question, np.ndarray, np.ndarray]


def answer(asked: Asked) -> Choice:
    """Return the engine's choice."""
    return huff(*asked, EFFORT, progress=lambda _: None)


def by_hand(asked: Asked, opened: np.ndarray) -> float:
    """Return the demand won, zone by zone: own attraction over all attraction."""
    question, drawn, rivals = asked
    total = 0.0
    for i, weight in enumerate(question.weight):
        pairs = range(question.start[i], question.start[i + 1])
        own = sum(float(drawn[p]) for p in pairs if opened[question.site[p]])
        if own:
            total += float(weight) * own / (own + float(rivals[i]))
    return total


def two_towns() -> Asked:
    """Return two zones and two sites: each site 1 from its own zone and 2 from the other."""
    question = Question.from_matrix([[1, 2], [2, 1]], weight=[10, 6], most=1)
    drawn = attraction(np.ones(4), question.distance, exponent=1, decay=2, nearest=0.1)
    return question, drawn, np.array([1.0, 0.25])


@st.composite
def markets(draw: st.DrawFn) -> Asked:
    """Draw up to five zones and five sites, with any of the optional limits."""
    zones, sites = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    away = draw(st.lists(st.integers(1, 9), min_size=zones * sites, max_size=zones * sites))
    weight = draw(st.lists(st.integers(0, 9), min_size=zones, max_size=zones))
    within = draw(st.sampled_from([4, 9]))
    table = np.array(away, dtype=float).reshape(zones, sites)
    most = draw(st.integers(1, sites))
    question = Question.from_matrix(table, weight=weight, most=most, within=within)
    limits = Limits.none(sites)
    if draw(st.booleans()):
        spend = np.array(draw(st.lists(st.integers(0, 5), min_size=sites, max_size=sites)), float)
        limits = limits.and_row("budget", spend, upper=float(draw(st.integers(0, 12))))
    if draw(st.booleans()):
        even = np.arange(sites) % 2 == 0
        limits = limits.and_row("ratio(even)", even.astype(float), lower=1.0)
    if sites > 1 and draw(st.booleans()):
        limits = spacing_rows(limits, np.array([[0, 1]]), ["spacing(0,1)"])
    kept = np.zeros(sites, dtype=bool)
    kept[draw(st.integers(0, sites - 1))] = draw(st.booleans())
    asked = replace(question, limits=limits, kept=kept, least=draw(st.integers(0, most)))
    size = np.array(draw(st.lists(st.integers(1, 8), min_size=sites, max_size=sites)), dtype=float)
    drawn = attraction(
        size[question.site],
        question.distance,
        exponent=draw(st.sampled_from([0.5, 1.0])),
        decay=draw(st.sampled_from([1.0, 2.0])),
        nearest=1.0,
    )
    rivals = np.array(draw(st.lists(RIVALS, min_size=zones, max_size=zones)))
    return asked, drawn, rivals.astype(float)


def test_huff_shares_of_two_towns() -> None:
    """Attraction is 1 next door and 1/4 across; competitors attract 1 and 1/4.

    Site 0: 10 x 1 / 2 + 6 x 0.25 / 0.5 = 8. Site 1: 10 x 0.25 / 1.25 + 6 x 1 / 1.25 = 6.8.
    Both: 10 x 1.25 / 2.25 + 6 x 1.25 / 1.5 = 10.5555..
    """
    question, drawn, rivals = two_towns()
    one = answer((question, drawn, rivals))
    assert one.opened.tolist() == [True, False]
    assert one.objective == pytest.approx(8)
    assert one.share == pytest.approx([0.5, 0, 0.5, 0])
    both = answer((replace(question, most=2), drawn, rivals))
    assert both.objective == pytest.approx(10 * 1.25 / 2.25 + 5)


def test_a_kept_site_leaves_less_to_win() -> None:
    """With site 1 kept and one more allowed, both stand, and the kept one's share counts."""
    question, drawn, rivals = two_towns()
    kept = replace(question, most=2, kept=np.array([False, True]))
    assert answer((kept, drawn, rivals)).opened.tolist() == [True, True]
    alone = answer((replace(kept, most=1), drawn, rivals))
    assert alone.objective == pytest.approx(6.8)


def test_without_competitors_the_first_site_wins_all() -> None:
    """A zone with nobody else within reach is won whole, however little it is attracted."""
    question, drawn, _ = two_towns()
    assert answer((question, drawn, np.zeros(2))).objective == pytest.approx(16)


def test_nearer_than_nearest_counts_as_nearest() -> None:
    """Size 8 to the power 1/3 is 2; a distance of 0 counts as 0.5, squared 0.25: 2 / 0.25 = 8."""
    drawn = attraction(np.array([8.0]), np.array([0.0]), exponent=1 / 3, decay=2, nearest=0.5)
    assert drawn == pytest.approx([8.0])


@settings(max_examples=60, deadline=None)
@given(markets())
def test_engine_finds_the_best_of_all_choices(asked: Asked) -> None:
    """With any limits, the engine's value is that of the best choice, and it is proved."""
    question = asked[0]
    plans = (np.array(bits) for bits in itertools.product((False, True), repeat=question.sites))
    best = max((by_hand(asked, plan) for plan in plans if question.keeps(plan)), default=None)
    found = answer(asked)
    if best is None:
        assert found.status == "infeasible"
        return
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best)
    assert by_hand(asked, found.opened) == pytest.approx(found.objective)
    assert found.bound == pytest.approx(best, rel=1e-5)
    won = question.weight[question.zone] @ captured(*asked, found.opened)
    assert won == pytest.approx(found.objective)


@settings(max_examples=20, deadline=None)
@given(markets())
def test_statement_has_the_optimum_of_the_engine(asked: Asked) -> None:
    """PuLP's linear statement, a different formulation, has the engine's optimum."""
    stated = Highs(to_arrays(state_market(*asked))).run(time_limit_s=60)
    found = answer(asked)
    assert stated.status == found.status
    assert stated.objective == pytest.approx(found.objective, rel=1e-5, abs=1e-5, nan_ok=True)


def test_more_stations_win_more_in_a_random_market() -> None:
    """Forty zones, fifteen sites: the share won rises with the count, each point proved."""
    rng = np.random.default_rng(5)
    zones, sites, others = rng.uniform(0, 10, (40, 2)), rng.uniform(0, 10, (15, 2)), (3, 7)
    away = np.hypot(*(zones[:, None] - sites[None]).transpose(2, 0, 1))
    question = Question.from_matrix(away, weight=rng.integers(1, 9, 40), most=1)
    drawn = attraction(np.ones(600), question.distance, exponent=1, decay=2, nearest=0.5)
    rivals = 3 / np.maximum(np.hypot(*(zones - others).T), 0.5) ** 2
    found = [answer((replace(question, most=p), drawn, rivals)) for p in (1, 3, 6, 15)]
    assert [one.status for one in found] == ["optimal"] * 4
    assert np.all(np.diff([one.objective for one in found]) > 0)
