"""Explain why a classical question has no answer, and name the nearest one that has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.classical.facility import facility
from siting.models.classical.max_cover import max_cover
from siting.models.classical.question import Question
from siting.models.classical.set_cover import set_cover
from siting.models.conflict import explain

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.classical.from_problem import Posed
    from siting.models.effort import Effort


def why_not(problem: Problem, posed: Posed, effort: Effort) -> tuple[list[str], str]:
    """Return the conflict, a sentence a requirement, and the nearest thing that can be had.

    The question is put to the general model, which knows each requirement by name: the same
    limits, and all demand that can be reached as the floor of coverage, or of service where a
    station's capacity counts.

    Parameters
    ----------
    problem, posed
        A question proved to have no answer.
    effort
        Threads and seed of the tests.
    """
    lines, nearest = explain(_general(problem, posed), effort)[:2]
    return lines, _nearest(problem, posed, effort) or nearest


def _general(problem: Problem, posed: Posed) -> Problem:
    allowed = np.zeros_like(problem.allowed)
    allowed[posed.sites, posed.kind[posed.sites]] = True
    stands = np.flatnonzero(problem.initial != NONE)
    allowed[stands, problem.initial[stands]] = True
    asked = replace(problem, objective="cost", allowed=allowed, between_m=None)
    if problem.objective == "p-dispersion":
        return replace(
            asked,
            ratio_count=problem.is_super.astype(np.int64),
            city_target=problem.max_stations,
            district_target=np.zeros_like(problem.district_target),
            fuel_count=np.maximum(problem.fuel_count, 1),
        )
    if problem.objective == "max-cover":
        return asked
    return replace(
        asked,
        pair_zone=problem.pair_zone[posed.pairs],
        pair_site=problem.pair_site[posed.pairs],
        pair_minutes=problem.pair_minutes[posed.pairs],
        min_served_share=float(problem.limits_service),
        min_covered_share=float(not problem.limits_service),
    )


def _nearest(problem: Problem, posed: Posed, effort: Effort) -> str:
    """Return how many stations would do, or how many there can be; '' where no number would."""
    question, kind = posed.question, problem.objective
    if kind == "p-dispersion":
        most = _most_open(question, effort)
        if not len(most):
            return ""
        return (
            f"Nearest that can be had: {most.sum():,} stations, "
            f"where {question.least:,} are asked for."
        )
    if problem.objective == "max-cover":
        return ""
    free = replace(question, least=0, most=question.sites)
    if question.capacity is None:
        choice = set_cover(replace(free, cost=np.ones(question.sites)), effort)
    else:
        count = replace(
            free, cost=np.ones(question.sites), distance=np.zeros_like(question.distance)
        )
        choice = facility(count, effort)
    if not len(choice.opened):
        return ""
    found = int(choice.opened.sum())
    verb = "serve" if problem.limits_service else "reach"
    noun = "1 station can" if found == 1 else f"{found:,} stations can"
    fewer = "" if choice.status == "optimal" else f" than {np.ceil(choice.bound - 1e-6):,.0f}"
    return (
        f"Nearest that can be had: {noun} {verb} all demand that can be reached, and no "
        f"fewer{fewer}; allow that many (phases.max_stations), or reach farther ([reach])."
    )


def _most_open(question: Question, effort: Effort) -> np.ndarray:
    """Return the sites of a choice with the most open stations; empty where there is none."""
    own = np.arange(question.sites)
    each = Question.from_pairs(
        own,
        own,
        np.zeros(question.sites),
        weight=np.ones(question.sites),
        sites=question.sites,
        most=question.sites,
    )
    return max_cover(replace(each, kept=question.kept, limits=question.limits), effort).opened
