"""Make a classical question of a planner's problem.

A site is open when it holds a supercharging station: the type that stands there already, or else
the one type that may be built. What cannot be asked of a site or a zone is left out: a site that
may never hold a supercharging station, a zone without demand, a zone none of those sites reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.classical.question import Limits, Question, spacing_rows
from siting.models.labels import names_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem

_SLACK = 1e-9
"""Relative slack on budget and headroom: sums of floats miss an exact limit by 1e-13."""
_KCNY = 1e3
_MW = 1e3


@dataclass(frozen=True, eq=False)
class Posed:
    """Hold a question and what its numbers stand for in the problem."""

    question: Question
    kind: NDArray[np.int64]
    """(J of the problem,) type a site holds when it is open; NONE where it may not be."""
    sites: NDArray[np.int64]
    """(J of the question,) site of the problem."""
    zones: NDArray[np.int64]
    """(I of the question,) zone of the problem."""
    pairs: NDArray[np.int64]
    """(P of the question,) pair of the problem."""

    def type_at(self, problem: Problem, opened: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the types of a choice of sites, (1, J of the problem).

        A supercharging station that is not chosen is closed; any other stays what it is, unless
        it was decided to close it.
        """
        closed = (problem.initial != NONE) & problem.is_super[np.maximum(problem.initial, 0)]
        types = np.where(closed, NONE, problem.initial)
        sites, kinds = problem.fixes(0)
        types[sites[kinds == NONE]] = NONE
        chosen = self.sites[opened]
        types[chosen] = self.kind[chosen]
        return np.asarray(types[None, :], dtype=np.int64)


def pose(problem: Problem) -> Posed:
    """Return the classical question of a problem of one phase and one buildable type."""
    kind = _kind_when_open(problem)
    sites = np.flatnonzero(kind != NONE)
    asked = (kind[problem.pair_site] != NONE) & (problem.demand_kwh[0, problem.pair_zone] > 0)
    pairs = np.flatnonzero(asked)
    zones, zone = np.unique(problem.pair_zone[pairs].astype(np.int64), return_inverse=True)
    place = np.full(len(kind), NONE, dtype=np.int64)
    place[sites] = np.arange(len(sites))
    stands = problem.initial[sites] != NONE
    stands &= problem.is_super[np.maximum(problem.initial[sites], 0)]
    plain = Question.from_pairs(
        zone.ravel(),
        place[problem.pair_site[pairs]],
        problem.pair_minutes[pairs],
        weight=problem.demand_kwh[0, zones],
        sites=len(sites),
        most=len(sites),
    )
    question = replace(
        plain,
        kept=stands & ~problem.closable[sites],
        limits=_limits(problem, sites, kind[sites], place),
    )
    question = _decided(problem, question, kind, place)
    return Posed(_as_asked(problem, question, kind[sites], sites), kind, sites, zones, pairs)


def _decided(
    problem: Problem, question: Question, kind: NDArray[np.int64], place: NDArray[np.int64]
) -> Question:
    """Return the question with what was decided by hand: sites kept, and sites never open."""
    sites, kinds = problem.fixes(0)
    here = place[sites] != NONE
    sites, kinds = sites[here], kinds[here]
    opened = kinds == kind[sites]
    kept, closed = question.kept.copy(), np.zeros(question.sites)
    kept[place[sites[opened]]] = True
    closed[place[sites[~opened]]] = 1.0
    limits = question.limits
    if closed.any():
        limits = limits.and_row("fixed(closed)", closed, upper=0.0)
    return replace(question, kept=kept, limits=limits)


def _kind_when_open(problem: Problem) -> NDArray[np.int64]:
    """Return the type each site holds when it is open, (J,), NONE where it never may be."""
    stands = problem.initial != NONE
    stands &= problem.is_super[np.maximum(problem.initial, 0)]
    may = problem.allowed & problem.is_super[None, :]
    built = np.where(may.any(axis=1), may.argmax(axis=1), NONE)
    return np.where(stands, problem.initial, built)


def _as_asked(
    problem: Problem, question: Question, kind: NDArray[np.int64], sites: NDArray[np.int64]
) -> Question:
    """Return the question with number, money and capacity as its kind counts them."""
    most = int(problem.max_stations[0])
    if most != NONE:
        question = replace(question, most=most)
    if problem.objective == "p-dispersion":
        question = replace(question, least=most)
    if problem.objective == "set-cover":
        question = replace(question, cost=np.ones(len(sites)))
    if problem.objective == "facility":
        question = replace(
            question,
            cost=problem.state_cost_cny[sites, kind],
            distance=question.distance * problem.drive_cny_kwh_min,
        )
    if problem.limits_service:
        question = replace(question, capacity=problem.capacity_kwh[kind])
    return question


def _limits(
    problem: Problem, sites: NDArray[np.int64], kind: NDArray[np.int64], place: NDArray[np.int64]
) -> Limits:
    """Return every limit that binds the open sites, named as the planner names it."""
    limits = Limits.none(len(sites))
    count = problem.ratio_count[kind].astype(float)
    if problem.city_target[0] > 0:
        limits = limits.and_row("ratio(city)", count, lower=float(problem.city_target[0]))
    for r, name in enumerate(names_for(problem.districts)):
        if (least := problem.district_target[0, r]) > 0:
            here = problem.site_district[sites] == r
            limits = limits.and_row(f"ratio({name})", count * here, lower=float(least))
    if np.isfinite(money := problem.budget_cny[0]):
        cost = problem.state_cost_cny[sites, kind]
        limits = limits.and_row("budget", cost / _KCNY, upper=money / _KCNY * (1 + _SLACK))
    for g, name in enumerate(names_for(problem.substations)):
        here = problem.site_substation[sites] == g
        if np.isfinite(room := problem.headroom_kw[0, g]) and here.any():
            load = problem.load_kw[kind] * here / _MW
            limits = limits.and_row(f"headroom({name})", load, upper=room / _MW * (1 + _SLACK))
    close = place[problem.conflicts.reshape(-1, 2)]
    close = close[(close != NONE).all(axis=1)]
    labels = names_for([problem.sites[j] for j in sites])
    names = [f"spacing({labels[a]},{labels[b]})" for a, b in close.tolist()]
    return spacing_rows(limits, close, names)
