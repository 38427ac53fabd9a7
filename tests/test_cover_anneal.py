"""Annealing of a choice of sites: what it keeps up to date, and where it leads."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from siting.models.classical.cover import Cover
from siting.models.classical.cover_anneal import Chain, anneal
from siting.models.classical.cover_swap import Opening
from siting.models.classical.question import Limits


def _cover(reach: np.ndarray, worth: np.ndarray, most: int) -> Cover:
    zones, sites = reach.shape
    return Cover(
        reach=sparse.csr_array(reach.astype(np.float64)),
        weight=worth[0],
        worth=worth,
        need=np.zeros(zones),
        price=np.zeros(sites),
        kept=np.zeros(sites, dtype=bool),
        least=0,
        most=most,
        limits=Limits.none(sites),
        capacity=None,
    )


@pytest.mark.parametrize("layers", [1, 2])
def test_moves_keep_worth_and_gains_up_to_date(layers: int) -> None:
    """After any moves the chain's worth and gains are those of its choice, counted afresh."""
    rng = np.random.default_rng(5)
    worth = np.sort(rng.uniform(1.0, 9.0, size=(layers, 60)), axis=0)[::-1]
    cover = _cover(rng.random((60, 25)) < 0.2, worth, 6)
    opened = np.arange(25) < 6
    chain = Chain(Opening(cover, opened), np.ones(25, dtype=bool))
    for place in rng.integers(6, size=40).tolist():
        chain.move(place, rng.gumbel(size=25) * 10)
        opened = np.isin(np.arange(25), chain.inside)
        afresh = Opening(cover, opened)
        gain = afresh.by_site @ afresh.more()
        assert opened.sum() == 6
        assert chain.value == pytest.approx(cover.value(opened))
        assert chain.gain[~opened] == pytest.approx(gain[~opened])
        assert np.all(chain.gain[opened] == -np.inf)


def test_annealing_leaves_a_choice_that_no_swap_betters() -> None:
    """Two sites that cover 3 + 3 are found from two that cover 4 + 1, past a swap that gains 0."""
    # Zones a..f, worth 1 each. Site 0 covers b c d e, 1 covers a, 2 covers a b c, 3 covers d e f.
    # {0, 1} covers 5. Swapping 0 for 2 or 3 leaves 3 or 4, swapping 1 for 2 or 3 leaves 5:
    # no swap gains, yet {2, 3} covers all 6.
    near = ["bcde", "a", "abc", "def"]
    reach = np.array([[zone in sites for sites in near] for zone in "abcdef"])
    cover = _cover(reach, np.ones((1, 6)), 2)
    start = Opening(cover, np.array([True, True, False, False]))
    start.improve(lambda: True)
    assert cover.value(start.opened) == 5
    rng = np.random.default_rng(1)
    found = anneal(start, np.ones(4, dtype=bool), 400, rng, spent=lambda _: 0.0)
    assert found.tolist() == [False, False, True, True]


def test_annealing_opens_only_what_is_able_and_ends_when_the_time_is_spent() -> None:
    """Sites that are not able stay closed, and without time the choice at hand comes back."""
    rng = np.random.default_rng(2)
    cover = _cover(rng.random((80, 30)) < 0.15, np.ones((1, 80)), 5)
    opened, able = np.arange(30) < 5, np.arange(30) < 15
    opening = Opening(cover, opened)
    found = anneal(opening, able, 500, rng, spent=lambda _: 0.0)
    assert not np.any(found & ~able)
    assert cover.value(found) > cover.value(opened)
    same = anneal(opening, able, 500, rng, spent=lambda _: 1.0)
    assert same.tolist() == opened.tolist()
