"""The parts of the search for covering questions: each keeps its promise on its own."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models.classical import cover_search
from siting.models.classical.cover import Cover, asked, reach_of
from siting.models.classical.cover_dual import Prices, settled
from siting.models.classical.cover_swap import Opening
from siting.models.classical.cover_window import window
from siting.models.classical.max_cover import arrays as max_cover_arrays
from siting.models.classical.max_cover import max_cover
from siting.models.classical.question import spacing_rows
from siting.models.classical.reduce_cover import dominated, reduce
from siting.models.classical.same_rows import same_rows
from siting.models.effort import Effort
from siting.models.highs import Highs
from tests.cover_cases import EXACT, LIMITS, plane, question, questions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.models.classical.question import Question

    Flags = NDArray[np.bool_]

KINDS = st.sampled_from(LIMITS)
FORMS = st.sampled_from(("max", "set", "backup", "strict"))
FEW = settings(max_examples=120, deadline=None)
STEPPED = Effort(gap=1e-4, time_limit_s=600.0, seed=3, threads=1, iterations=8)


def _cover(drawn: Question, form: str) -> Cover:
    """Return a question in the common form: what is worth what, and what has to be covered."""
    zones = asked(drawn)
    weight = drawn.weight[zones]
    shares = {"max": [1.0], "set": [], "backup": [0.75, 0.25], "strict": [1.0]}[form]
    need = np.full(len(zones), float(form in {"set", "strict"}))
    return Cover(
        reach=reach_of(drawn, zones),
        weight=weight,
        worth=np.array(shares)[:, None] * weight,
        need=need,
        price=(1.0 + drawn.cost) if form == "set" else np.zeros(drawn.sites),
        kept=drawn.kept,
        least=drawn.least,
        most=drawn.most,
        limits=drawn.limits,
    )


def _choices(cover: Cover) -> Iterator[tuple[Flags, float]]:
    """Yield every choice that keeps every rule, and what it is worth."""
    for bits in itertools.product((False, True), repeat=cover.sites):
        opened = np.array(bits, dtype=bool)
        if cover.keeps(opened) and cover.covers(opened):
            yield opened, cover.value(opened)


def _best(cover: Cover) -> float:
    return max((value for _, value in _choices(cover)), default=-np.inf)


@FEW
@given(st.data(), KINDS, FORMS)
def test_reductions_keep_the_optimum(data: st.DataObject, kind: str, form: str) -> None:
    """The smaller question is worth as much, and its best choice leads back to a best one."""
    cover = _cover(data.draw(questions(kind)), form)
    if cover.least > min(cover.most, cover.sites):
        return  # refused before it is reduced
    reduced = reduce(cover)
    best = _best(cover)
    assert _best(reduced.cover) + reduced.earned == pytest.approx(best)
    if np.isfinite(best):
        opened = max(_choices(reduced.cover), key=lambda choice: choice[1])[0]
        whole = reduced.expand(opened)
        assert cover.keeps(whole)
        assert cover.covers(whole)
        assert cover.value(whole) == pytest.approx(best)


def test_reductions_by_hand() -> None:
    """Twin zones become one, and a site that reaches less than another goes."""
    # zones 0 and 1 are reached by sites 0 and 1, zone 2 by site 1 alone, zone 3 by site 2 alone
    drawn = question([[1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], [1.0, 2.0, 4.0, 8.0], 1)
    cover = _cover(drawn, "max")
    assert dominated(cover).tolist() == [True, False, False]
    smaller = reduce(cover).cover
    # without site 0 all of zones 0 to 2 are reached by site 1 alone: one zone of 1 + 2 + 4
    assert sorted(smaller.worth[0].tolist()) == [7.0, 8.0]
    assert np.array_equal(smaller.reach.sum(axis=1), [1, 1])


def test_zones_that_need_differently_stay_apart() -> None:
    """A zone that a kept site covers already earns by its backup; its neighbour needs a first."""
    # site 0 is kept; zones 0 and 1 are both reached by site 1, and zone 0 by site 0 as well
    drawn = replace(question([[1, 1], [0, 1]], [5.0, 4.0], 2), kept=np.array([True, False]))
    reduced = reduce(_cover(drawn, "strict"))
    # site 1 is essential to zone 1; once open, zone 0 is covered twice: 5
    assert reduced.earned == 5
    assert reduced.expand(np.empty(0, dtype=bool)).tolist() == [True, True]


def test_limits_protect_a_site_that_reaches_less() -> None:
    """A site stays if another that reaches more costs more of a budget, or if it is asked for."""
    drawn = question([[1, 1], [0, 1]], [1.0, 1.0], 1)
    dearer = drawn.limits.and_row("budget", np.array([1.0, 2.0]), upper=1.0)
    wanted = drawn.limits.and_row("ratio(north)", np.array([1.0, 0.0]), lower=1.0)
    assert dominated(_cover(drawn, "max")).tolist() == [True, False]
    for limits in (dearer, wanted):
        assert not dominated(_cover(replace(drawn, limits=limits), "max")).any()
    assert not dominated(_cover(drawn, "backup")).any()  # both may stand, one backing up the other


def test_equal_keys_with_other_columns_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are compared column by column: keys that happen to agree merge nothing."""
    drawn = question([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 1]], [1.0] * 4, 1)
    cover = _cover(drawn, "max")
    monkeypatch.setattr(
        "siting.models.classical.same_rows._sums_of_rows",
        lambda reach, _: np.zeros(reach.shape[0], dtype=np.int64),
    )
    first, group = same_rows(cover.reach, np.arange(4), np.zeros(4))
    assert len(first) == 3
    assert group[0] == group[2]
    assert len({group[0], group[1], group[3]}) == 3


@FEW
@given(st.data(), KINDS, FORMS, st.integers(0, 40))
def test_bound_holds_and_settles_nothing_wrongly(
    data: st.DataObject, kind: str, form: str, steps: int
) -> None:
    """After any steps no choice passes the bound; every better one agrees with what is settled."""
    cover = _cover(data.draw(questions(kind)), form)
    best = _best(cover)
    if cover.least > min(cover.most, cover.sites) or not np.isfinite(best):
        return  # nothing to bound
    priced = Prices(cover).search(best - 1, steps, go_on=lambda _: True)
    assert priced.bound >= best - 1e-6 * max(1.0, abs(best))
    for value in {value for _, value in _choices(cover)}:
        closed, opened = settled(cover, priced, value)
        for choice, other in _choices(cover):
            if other > value + 1e-6:
                assert not np.any(choice & closed)
                assert not np.any(opened & ~choice)


@FEW
@given(st.data(), KINDS, FORMS)
def test_swaps_keep_count_of_what_they_do(data: st.DataObject, kind: str, form: str) -> None:
    """Whatever is opened, closed and swapped, counts, limits and gains stay those of the choice."""
    cover = _cover(data.draw(questions(kind)), form)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    opening = Opening(cover, rng.random(cover.sites) < 0.5)
    site = int(rng.integers(cover.sites))
    before, met = cover.value(opening.opened), cover.covers(opening.opened)
    gain = opening.flip(site)
    if met and cover.covers(opening.opened):
        assert gain == pytest.approx(cover.value(opening.opened) - before)
    opening.set(np.zeros(cover.sites, dtype=bool))
    opening.fill()
    filled = cover.value(opening.opened)
    covered = cover.covers(opening.opened)
    opening.improve(lambda: True)
    assert np.array_equal(opening.times, cover.times(opening.opened))
    if not covered or cover.covers(opening.opened):
        assert not covered or cover.value(opening.opened) >= filled - 1e-9
    assert opening.opened.sum() <= cover.most
    np.testing.assert_allclose(opening.used, opening.limits.T @ opening.opened, atol=1e-9)


@FEW
@given(st.data(), KINDS, FORMS)
def test_window_is_worth_what_the_whole_gains(data: st.DataObject, kind: str, form: str) -> None:
    """What a part of the sites can gain is what the whole gains when only they change."""
    cover = _cover(data.draw(questions(kind)), form)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    opened = rng.random(cover.sites) < 0.5
    opening = Opening(cover, opened)
    free = np.flatnonzero(rng.random(cover.sites) < 0.5)
    part = window(cover, opening, free)
    for bits in itertools.product((False, True), repeat=len(free)):
        inner = np.array(bits, dtype=bool)
        whole = opened.copy()
        whole[free] = inner
        gain = part.value(inner) - part.value(opened[free])
        assert gain == pytest.approx(cover.value(whole) - cover.value(opened))
        if cover.kept.sum() == 0 and cover.keeps(whole):
            assert part.keeps(inner)


def test_same_steps_give_the_same_plan_on_any_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed and steps fix the plan: again, and on two threads."""
    monkeypatch.setattr(cover_search, "SMALL", 0)
    drawn = plane(600, 200, 25)
    runs = [max_cover(drawn, effort) for effort in (STEPPED, STEPPED, replace(STEPPED, threads=2))]
    assert {run.opened.tobytes() for run in runs} == {runs[0].opened.tobytes()}
    assert len({run.objective for run in runs}) == 1


def test_neighbourhoods_and_the_whole_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without neighbourhoods first, the same optimum is proved."""
    drawn = plane(300, 120, 15)
    whole = max_cover(drawn, EXACT)
    monkeypatch.setattr(cover_search, "SMALL", 0)
    parts = max_cover(drawn, EXACT)
    assert (whole.status, parts.status) == ("optimal", "optimal")
    assert whole.objective == pytest.approx(parts.objective)


@pytest.mark.parametrize("words", ["started", "blocks", "neighbourhoods", "branch and bound"])
def test_stopped_search_returns_its_best_with_a_true_bound(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the user stops it, the best choice so far comes back, and its bound holds."""
    drawn = plane(600, 200, 25)
    best = max_cover(drawn, EXACT)
    monkeypatch.setattr(cover_search, "SMALL", 0)
    monkeypatch.setattr(cover_search, "RUNGS", ((40, 0.5),))

    def stop(text: str) -> None:
        if words in text:
            raise KeyboardInterrupt

    found = max_cover(drawn, replace(EXACT, threads=2), progress=stop)
    assert drawn.keeps(found.opened)
    assert found.objective <= best.objective + 1e-6
    assert found.bound >= best.objective - 1e-6
    assert "stopped" in found.method


def test_ratio_and_spacing_start_from_a_choice_that_keeps_them() -> None:
    """Where no greedy choice meets a floor, the search starts from one that does, and proves it."""
    drawn = plane(300, 120, 20)
    limits = drawn.limits
    for k in range(4):
        inside = (np.arange(120) % 4 == k).astype(float)
        limits = limits.and_row(f"ratio({k})", inside, lower=4.0)
    pairs = np.stack([np.arange(0, 120, 2), np.arange(1, 120, 2)], axis=1)
    limits = spacing_rows(limits, pairs, [f"spacing({a},{b})" for a, b in pairs.tolist()])
    limited = replace(drawn, limits=limits)
    found = max_cover(limited, EXACT)
    assert found.status == "optimal"
    assert limited.keeps(found.opened)
    alone = Highs(max_cover_arrays(limited)).run(time_limit_s=60.0)
    assert found.objective == pytest.approx(alone.objective)


def test_no_time_still_gives_a_choice_and_a_true_bound() -> None:
    """Out of time at once: a choice that keeps the count, and a bound that holds."""
    drawn = plane(600, 200, 25)
    best = max_cover(drawn, EXACT)
    hasty = max_cover(drawn, replace(EXACT, time_limit_s=0.0))
    assert hasty.opened.sum() <= 25
    assert hasty.status == "feasible"
    assert hasty.objective <= best.objective <= hasty.bound
