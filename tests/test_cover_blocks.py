"""Bounds by blocks of sites: never below the best choice, never above what the prices prove."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from siting.models.classical import cover_search
from siting.models.classical.cover import Cover, asked, reach_of
from siting.models.classical.cover_blocks import relaxed, solve_blocks
from siting.models.classical.cover_dual import Prices
from siting.models.classical.cover_parts import parts_of
from siting.models.classical.max_cover import max_cover
from siting.models.classical.question import Question
from siting.models.effort import Effort
from tests.cover_cases import EXACT, LIMITS, plane, questions

KINDS = st.sampled_from(LIMITS)


def _cover(drawn: Question, layers: int) -> Cover:
    zones = asked(drawn)
    weight = drawn.weight[zones]
    shares = np.array([1.0, 0.25])[:layers, None]
    return Cover(
        reach=reach_of(drawn, zones).astype(float),
        weight=weight,
        worth=shares * weight,
        need=np.zeros(len(zones)),
        price=0.5 * drawn.cost,
        kept=drawn.kept,
        least=drawn.least,
        most=drawn.most,
        limits=drawn.limits,
    )


def _best(cover: Cover) -> tuple[float, np.ndarray]:
    choices = (np.array(bits) for bits in itertools.product((False, True), repeat=cover.sites))
    held = [choice for choice in choices if cover.keeps(choice)]
    worths = [cover.value(choice) for choice in held]
    nothing = np.zeros(cover.sites, dtype=bool)
    return max(worths, default=-np.inf), held[int(np.argmax(worths))] if held else nothing


@settings(max_examples=150, deadline=None)
@given(
    st.data(),
    KINDS,
    st.tuples(st.integers(1, 2), st.integers(1, 4)),
    st.none() | st.integers(0, 2**32 - 1),
)
def test_blocks_bound_every_choice(
    data: st.DataObject, kind: str, shape: tuple[int, int], seed: int | None
) -> None:
    """At any prices the blocks prove a bound between the best and the simple; larger ones more."""
    layers, size = shape
    cover = _cover(data.draw(questions(kind)), layers)
    if not len(cover.weight):
        return
    best, choice = _best(cover)
    prices = Prices(cover)
    drawn = np.random.default_rng(seed).uniform(0, 6, size=len(prices.ceiling))
    good = prices.search(best, 100, go_on=lambda _: True).prices
    at = good if seed is None else drawn
    whole = relaxed(cover, at, size)
    solved = solve_blocks(whole, choice, EXACT, seconds=60.0, go_on=lambda _: True)
    assert best - 1e-6 <= solved.simple <= whole.simple + 1e-6
    larger = relaxed(cover, at, 2 * size, finer=solved)
    assert best - 1e-6 <= larger.simple <= solved.simple + 1e-6
    again = solve_blocks(larger, choice, EXACT, seconds=60.0, go_on=lambda _: True)
    assert best - 1e-6 <= again.simple <= larger.simple + 1e-6


def test_blocks_beat_the_linear_relaxation_by_hand() -> None:
    """Three zones, each reached by two of three sites: prices prove 1.5, one block proves 1."""
    # Zones and sites are worth and cost 1. Half of every site covers all: 3 - 3/2 = 1.5. In whole
    # sites, one earns 2 - 1 and two earn 3 - 2: 1. At prices of 1/2 a site takes in 1 and pays 1.
    reach = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    triangle = Question.from_matrix(np.where(reach > 0, 1.0, np.inf), weight=np.ones(3), most=3)
    cover = replace(_cover(triangle, 1), price=np.ones(3))
    first = np.array([True, False, False])
    for size, proved in ((3, 1.0), (1, 1.5)):
        whole = relaxed(cover, np.full(3, 0.5), size)
        assert whole.simple == pytest.approx(1.5)
        solved = solve_blocks(whole, first, EXACT, seconds=60.0, go_on=lambda _: True)
        assert solved.simple == pytest.approx(proved)


def test_blocks_end_when_told() -> None:
    """Told to stop after the first block, the bound counts the others by their prices."""
    cover = _cover(plane(60, 24, 5, seed=2), 1)
    prices = Prices(cover).search(0.0, 200, go_on=lambda _: True).prices
    whole = relaxed(cover, prices, 6)
    nothing = np.zeros(24, dtype=bool)
    seen: list[float] = []

    def stop(now: float) -> bool:
        seen.append(now)
        return False

    solved = solve_blocks(whole, nothing, EXACT, seconds=60.0, go_on=stop)
    assert seen == pytest.approx([solved.simple])
    late = solve_blocks(whole, nothing, EXACT, seconds=0.0, go_on=lambda _: True)
    assert late.simple == whole.simple


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_parts_hold_every_site_once(zones: int, sites: int, size: int, seed: int) -> None:
    """Parts are no larger than asked, and every site is in one."""
    rng = np.random.default_rng(seed)
    reach = sparse.csr_array((rng.random((zones, sites)) < 0.3).astype(float))
    parts = parts_of(reach, rng.uniform(0, 3, size=zones), size)
    assert max(len(part) for part in parts) <= size
    assert sorted(np.concatenate(parts).tolist()) == list(range(sites))


def test_parts_are_cut_where_nothing_is_shared() -> None:
    """Two towns of three sites each come apart, whatever the order of their sites."""
    towns = np.array([0, 1, 0, 1, 1, 0])
    reach = sparse.csr_array((towns[None, :] == np.array([[0], [1]])).astype(float))
    parts = parts_of(reach, np.ones(2), 3)
    assert {tuple(part.tolist()) for part in parts} == {(0, 2, 5), (1, 3, 4)}


def test_blocks_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit in steps the plan and the bound are the same on one thread and on two."""
    monkeypatch.setattr(cover_search, "SMALL", 0)
    monkeypatch.setattr(cover_search, "RUNGS", ((40, 0.5),))
    drawn = plane(600, 200, 25)
    effort = Effort(gap=1e-5, time_limit_s=600.0, seed=3, threads=1, iterations=4)
    one, two = (max_cover(drawn, replace(effort, threads=n)) for n in (1, 2))
    assert "blocks of 40 sites" in one.method
    assert np.array_equal(one.opened, two.opened)
    assert one.bound == two.bound
