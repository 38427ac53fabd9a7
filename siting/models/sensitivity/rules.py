"""Name the rules that a choice of stations breaks, with what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from siting.data.problem import FREE, NONE
from siting.models.conflict.requirements import Requirement
from siting.models.conflict.words import fixed_words
from siting.models.headroom import over_kw
from siting.models.solution import open_supers, spent_cny

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.problem import Problem

    Types = NDArray[np.int64]

_SLACK = 1e-9


class Breach(NamedTuple):
    """Hold one broken rule."""

    family: str
    """ratio, most, budget, spacing, headroom, circle, fixed or stay."""
    text: str


def breaches(problem: Problem, type_at: Types) -> list[Breach]:
    """Return every rule on stations that a choice breaks; one a family, place and first phase.

    Floors on energy and coverage aside: see ``worth``.

    Parameters
    ----------
    problem
        The question.
    type_at
        (T, J) type, or NONE.
    """
    opened = open_supers(problem, type_at)
    found = [
        *_ratio(problem, type_at),
        *_most(problem, opened),
        *_budget(problem, type_at),
        *_spacing(problem, opened),
        *_headroom(problem, type_at),
        *_circles(problem, opened),
        *_fixed(problem, type_at),
    ]
    gone = (problem.initial != NONE) & ~problem.closable & (type_at == NONE).any(axis=0)
    found += [Breach("stay", f"{problem.sites[j]} must stay open") for j in np.flatnonzero(gone)]
    return found


def _circles(problem: Problem, opened: NDArray[np.bool_]) -> Iterator[Breach]:
    for circle in problem.fairness.circles:
        for t in np.flatnonzero(circle.asked).tolist():
            near = np.bincount(circle.row, opened[t, circle.site], minlength=len(circle.zones))
            for zone in np.flatnonzero(near == 0)[:1].tolist():
                where = f"zone {circle.zones[zone]} of {circle.group}"
                yield Breach("circle", f"{where} has no station within {circle.km:g} km")
                break


def _fixed(problem: Problem, type_at: Types) -> Iterator[Breach]:
    if not len(problem.fixed):
        return
    other = (problem.fixed != FREE) & (type_at != problem.fixed)
    for j in np.flatnonzero(other.any(axis=0)).tolist():
        yield Breach("fixed", fixed_words(problem, Requirement("fixed", site=j)))


def _counts(problem: Problem, type_at: Types) -> NDArray[np.int64]:
    return np.asarray(np.where(type_at == NONE, 0, problem.ratio_count[np.maximum(type_at, 0)]))


def _ratio(problem: Problem, type_at: Types) -> Iterator[Breach]:
    p, counts = problem, _counts(problem, type_at)
    short = np.flatnonzero(counts.sum(axis=1) < p.city_target)
    for t in short[:1].tolist():
        have = int(counts[t].sum())
        asked = f"{have:,} of {p.city_target[t]:,} asked for by {p.phases[t]}"
        yield Breach("ratio", f"ratio of the whole city: {asked}")
    for r, name in enumerate(p.districts):
        here = counts[:, p.site_district == r].sum(axis=1)
        for t in np.flatnonzero(here < p.district_target[:, r])[:1].tolist():
            asked = f"{here[t]:,} of {p.district_target[t, r]:,} asked for by {p.phases[t]}"
            yield Breach("ratio", f"ratio of {name}: {asked}")


def _most(problem: Problem, opened: NDArray[np.bool_]) -> Iterator[Breach]:
    p, count = problem, opened.sum(axis=1)
    for t in np.flatnonzero((p.max_stations != NONE) & (count > p.max_stations))[:1].tolist():
        yield Breach("most", f"no more than {p.max_stations[t]:,} stations by {p.phases[t]}")


def _budget(problem: Problem, type_at: Types) -> Iterator[Breach]:
    p, spent = problem, spent_cny(problem, type_at)
    over = spent - p.budget_cny * (1 + _SLACK)
    for t in np.flatnonzero(over > 0)[:1].tolist():
        yield Breach("budget", f"budget: {over[t] / 1e6:,.2f} M CNY too little by {p.phases[t]}")


def _spacing(problem: Problem, opened: NDArray[np.bool_]) -> Iterator[Breach]:
    first, second = problem.conflicts.reshape(-1, 2).T
    both = (opened[:, first] & opened[:, second]).any(axis=0)
    for n in np.flatnonzero(both).tolist():
        a, b = problem.sites[first[n]], problem.sites[second[n]]
        yield Breach("spacing", f"{a} and {b} are too close to each other")


def _headroom(problem: Problem, type_at: Types) -> Iterator[Breach]:
    p = problem
    over = over_kw(p, type_at)
    for g in np.flatnonzero((over > _SLACK).any(axis=0)).tolist():
        t = int(np.argmax(over[:, g] > _SLACK))
        text = f"substation {p.substations[g]}: {over[t, g] / 1000:,.2f} MW too little"
        yield Breach("headroom", f"{text} by {p.phases[t]}")
