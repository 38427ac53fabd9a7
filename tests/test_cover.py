"""The covering questions: their answers are those that trying every choice finds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models.classical.backup_cover import arrays as backup_cover_arrays
from siting.models.classical.backup_cover import backup_cover
from siting.models.classical.backup_cover import state as backup_cover_state
from siting.models.classical.max_cover import arrays as max_cover_arrays
from siting.models.classical.max_cover import max_cover
from siting.models.classical.max_cover import state as max_cover_state
from siting.models.classical.set_cover import arrays as set_cover_arrays
from siting.models.classical.set_cover import set_cover
from siting.models.classical.set_cover import state as set_cover_state
from siting.models.highs import to_arrays
from tests.cover_cases import (
    EXACT,
    LIMITS,
    WITHIN,
    choices,
    most_served,
    question,
    questions,
    times_covered,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from siting.models.classical.question import Choice, Question
    from siting.models.highs import Arrays

    Value = Callable[[Question, NDArray[np.bool_]], float]

KINDS = st.sampled_from(LIMITS)
FEW = settings(max_examples=60, deadline=None)


def _max_value(asked: Question, opened: NDArray[np.bool_]) -> float:
    if asked.capacity is not None:
        return most_served(asked, opened, (1.0,), 0)
    return float(asked.weight @ (times_covered(asked, opened) > 0))


def _set_value(asked: Question, opened: NDArray[np.bool_]) -> float:
    demand = asked.weight > 0
    if asked.capacity is not None and np.isnan(most_served(asked, opened, (), 1)):
        return np.nan
    if np.any(demand & (times_covered(asked, opened) == 0)):
        return np.nan
    return -float((asked.cost if asked.cost.any() else np.ones(asked.sites)) @ opened)


def _backup_value(asked: Question, opened: NDArray[np.bool_]) -> float:
    if asked.capacity is not None:
        return most_served(asked, opened, (0.75, 0.25), 0)
    times = times_covered(asked, opened)
    return float(asked.weight @ (0.75 * (times > 0) + 0.25 * (times > 1)))


def _strict_value(asked: Question, opened: NDArray[np.bool_]) -> float:
    if asked.capacity is not None:
        return most_served(asked, opened, (1.0,), 1)
    times = times_covered(asked, opened)
    if np.any((asked.weight > 0) & (times == 0)):
        return np.nan
    return float(asked.weight @ (times > 1))


def _best(asked: Question, value: Value) -> float:
    """Return the best of all choices, or nan if none keeps every rule."""
    values = [value(asked, opened) for opened in choices(asked)]
    return max((v for v in values if not np.isnan(v)), default=np.nan)


ROUGH = replace(EXACT, gap=0.05)


def _check_rough(asked: Question, found: Choice, value: Value) -> None:
    """Compare an answer to a gap of 5 % with the best of all."""
    best = _best(asked, value)
    if np.isnan(best):
        assert found.status == "infeasible"
        return
    assert asked.keeps(found.opened)
    assert found.bound >= best - WITHIN
    assert found.objective >= best - 0.05 * abs(best) - WITHIN
    assert found.gap <= 0.05 + WITHIN or found.objective == 0


def _check(asked: Question, found: Choice, value: Value, *, sign: float = 1.0) -> None:
    """Compare an answer with the best of all, and its claims with what it opens."""
    best = _best(asked, value)
    if np.isnan(best):
        assert found.status == "infeasible"
        return
    assert found.status == "optimal"
    assert asked.keeps(found.opened)
    assert found.objective == pytest.approx(sign * best, abs=1e-5)
    assert found.bound == pytest.approx(sign * best, abs=1e-4)
    assert sign * found.bound >= best - WITHIN
    assert sign * value(asked, found.opened) == pytest.approx(found.objective, abs=1e-5)
    if asked.capacity is not None:
        _check_shares(asked, found)


def _check_shares(asked: Question, found: Choice) -> None:
    """No share goes to a closed site, none passes 1, and no site serves more than it can."""
    assert asked.capacity is not None
    assert np.all((found.share >= 0) & (found.share <= 1 + WITHIN))
    assert not np.any(found.share[~found.opened[asked.site]])
    load = found.share * asked.weight[asked.zone]
    assert np.all(
        np.bincount(asked.site, weights=load, minlength=asked.sites) <= asked.capacity + WITHIN
    )


@FEW
@given(st.data(), KINDS, st.booleans())
def test_maximal_covering_is_the_best_of_all(
    data: st.DataObject,
    kind: str,
    capacity: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """Whatever the limits, no choice covers more than the one returned."""
    asked = data.draw(questions(kind, capacity=capacity))
    _check(asked, max_cover(asked, EXACT), _max_value)


@FEW
@given(st.data(), KINDS)
def test_gap_asked_for_is_kept(data: st.DataObject, kind: str) -> None:
    """To a gap of 5 % the answer is within it, whatever the limits."""
    asked = data.draw(questions(kind))
    _check_rough(asked, max_cover(asked, ROUGH), _max_value)
    found = backup_cover(asked, ROUGH, every_zone=True)
    _check_rough(asked, found, _strict_value)


@FEW
@given(st.data(), KINDS, st.booleans())
def test_set_covering_is_the_cheapest_of_all(
    data: st.DataObject,
    kind: str,
    capacity: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """Whatever the limits, no choice that covers all demand costs less."""
    asked = data.draw(questions(kind, capacity=capacity))
    _check(asked, set_cover(asked, EXACT), _set_value, sign=-1.0)


@FEW
@given(st.data(), KINDS, st.booleans())
def test_backup_covering_is_the_best_of_all(
    data: st.DataObject,
    kind: str,
    capacity: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """Whatever the limits, no choice has more of first and backup coverage at 3 to 1."""
    asked = data.draw(questions(kind, capacity=capacity))
    found = backup_cover(asked, EXACT, first_share=0.75)
    _check(asked, found, _backup_value)


@FEW
@given(st.data(), KINDS, st.booleans())
def test_backup_of_every_zone_is_the_best_of_all(
    data: st.DataObject,
    kind: str,
    capacity: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """Where every zone has to be covered, no choice backs up more of the demand."""
    asked = data.draw(questions(kind, capacity=capacity))
    found = backup_cover(asked, EXACT, every_zone=True)
    _check(asked, found, _strict_value)


def _differ(stated: Arrays, built: Arrays) -> list[str]:
    """Return the names of what two statements of a program disagree on."""
    names = ("cost", "lower", "upper", "integer", "row_lower", "row_upper")
    differ = [
        name
        for name in names
        if not np.allclose(getattr(stated, name), getattr(built, name), rtol=1e-12, atol=0)
    ]
    differ += [] if stated.maximise == built.maximise else ["maximise"]
    differ += [] if stated.row_names == built.row_names else ["row_names"]
    return differ + ([] if _entries(stated) == _entries(built) else ["entries"])


def _entries(program: Arrays) -> set[tuple[int, int, float]]:
    row = np.repeat(np.arange(len(program.row_lower)), np.diff(program.start))
    triples: Iterable[tuple[int, int, float]] = zip(
        row.tolist(), program.index.tolist(), program.value.tolist(), strict=True
    )
    return {(r, n, round(a, 9)) for r, n, a in triples if a}


@FEW
@given(st.data(), KINDS, st.booleans())
def test_both_statements_are_the_same(
    data: st.DataObject,
    kind: str,
    capacity: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """What PuLP states is what HiGHS is handed, row by row and name by name."""
    asked = data.draw(questions(kind, capacity=capacity))
    assert _differ(to_arrays(max_cover_state(asked)), max_cover_arrays(asked)) == []
    assert _differ(to_arrays(set_cover_state(asked)), set_cover_arrays(asked)) == []
    for every_zone in (False, True):
        stated = to_arrays(backup_cover_state(asked, first_share=0.6, every_zone=every_zone))
        built = backup_cover_arrays(asked, first_share=0.6, every_zone=every_zone)
        assert _differ(stated, built) == []


LINE = question([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], [4.0, 1.0, 2.0, 3.0], 1)
"""Four zones on a line, three sites between them; site 1 in the middle reaches 1 + 2 of 10."""


def test_line_by_hand() -> None:
    """One site covers 5 of 10 at either end; two cover all, and back up nothing."""
    one = max_cover(LINE, EXACT)
    assert one.objective == 5  # site 0: 4 + 1, or site 2: 2 + 3
    two = max_cover(replace(LINE, most=2), EXACT)
    assert (two.objective, two.opened.tolist()) == (10, [True, False, True])
    fewest = set_cover(replace(LINE, most=3), EXACT)
    assert (fewest.objective, fewest.status) == (2, "optimal")
    # all three open: all 10 once, zones 1 and 2 (weight 3) twice
    three = backup_cover(replace(LINE, most=3), EXACT, first_share=0.6)
    assert three.objective == pytest.approx(0.6 * 10 + 0.4 * 3)
    strict = backup_cover(replace(LINE, most=3), EXACT, every_zone=True)
    assert strict.objective == pytest.approx(3)


def test_share_outside_its_range_is_refused() -> None:
    """Backup cannot count more than first coverage."""
    with pytest.raises(ValueError, match=r"first_share is 0\.4; it has to be between 0.5 and 1"):
        backup_cover(LINE, EXACT, first_share=0.4)
