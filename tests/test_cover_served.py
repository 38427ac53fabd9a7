"""Bounds and first choices where sites have a capacity."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models.classical.cover import Cover, asked, reach_of
from siting.models.classical.cover_dual import Prices
from siting.models.classical.cover_serve import favoured, served_choice
from siting.models.classical.cover_served_dual import ServedPrices
from siting.models.classical.question import Question
from tests.cover_cases import LIMITS, questions


def _cover(drawn: Question) -> Cover:
    zones = asked(drawn)
    weight = drawn.weight[zones]
    return Cover(
        reach=reach_of(drawn, zones).astype(float),
        weight=weight,
        worth=weight[None, :],
        need=np.zeros(len(zones)),
        price=0.5 * drawn.cost,
        kept=drawn.kept,
        least=drawn.least,
        most=drawn.most,
        limits=drawn.limits,
        capacity=drawn.capacity,
    )


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from(LIMITS), st.integers(0, 2**32 - 1))
def test_prices_bound_every_choice_served_at_best(
    data: st.DataObject, kind: str, seed: int
) -> None:
    """At any prices no choice, served at its best, is worth more; found prices beat plain ones."""
    cover = _cover(data.draw(questions(kind, capacity=True)))
    if not len(cover.weight):
        return
    choices = (np.array(bits) for bits in itertools.product((False, True), repeat=cover.sites))
    found = (served_choice(cover, choice) for choice in choices)
    best = max((one[1] for one in found if one is not None), default=-np.inf)
    prices = ServedPrices(cover)
    drawn = np.random.default_rng(seed).uniform(0, 6, size=len(prices.ceiling))
    assert prices.at(drawn)[0] >= best - 1e-6
    assert prices.at(drawn)[0] <= Prices(cover).at(drawn)[0] + 1e-6
    searched = prices.search(best, 100, go_on=lambda _: True)
    assert searched.bound >= best - 1e-6
    chosen = favoured(cover, searched.often)
    assert chosen is None or chosen[1] <= best + 1e-6


def test_a_site_serves_what_pays_best_by_hand() -> None:
    """A site that can serve 3 of zones of 2 and 4 takes all of the first and a quarter of the next.

    At prices of 2 and 1 a unit pays 1 and 1/4: 2 + 1/4 of 1 = 2.25.
    """
    drawn = Question.from_matrix(np.ones((2, 1)), weight=np.array([2.0, 4.0]), most=1)
    cover = _cover(drawn)
    limited = ServedPrices(Cover(**{**vars(cover), "capacity": np.array([3.0])}))
    assert limited.scores(np.array([2.0, 1.0])) == pytest.approx([2.25])
    assert limited.use(np.ones(1)) == pytest.approx([1.0, 0.25])
    # (2 - 2) + (4 - 1) for being served elsewhere, and 2.25 here
    assert limited.at(np.array([2.0, 1.0]))[0] == pytest.approx(5.25)
