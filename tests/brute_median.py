"""Answer distance questions by trying every choice of sites, and random small questions to ask.

Splittable demand under capacities is assigned by a linear program of scipy's; a largest distance
under capacities is found by trying every radius. Meant for up to seven sites.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog

from siting.models.classical.question import Limits, Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Sites = NDArray[np.bool_]


def choices(question: Question) -> Iterator[Sites]:
    """Yield every choice of sites that keeps count, existing sites and limits."""
    for opened in itertools.product((False, True), repeat=question.sites):
        sites = np.array(opened)
        if question.keeps(sites):
            yield sites


def cheapest_assignment(question: Question, opened: Sites, *, within: float = np.inf) -> float:
    """Return the least weight x distance over open sites within a radius; inf where none fits."""
    need = np.flatnonzero(question.weight > 0)
    pairs = [
        p
        for p in range(len(question.site))
        if opened[question.site[p]] and question.distance[p] <= within
    ]
    if question.capacity is None:
        nearest = {
            i: min((question.distance[p] for p in pairs if question.zone[p] == i), default=np.inf)
            for i in need.tolist()
        }
        return float(sum(question.weight[i] * d for i, d in nearest.items()))
    if not pairs:
        return np.inf if len(need) else 0.0
    zone, site = question.zone[pairs], question.site[pairs]
    flow = question.weight[zone]
    each = np.array([(zone == i).astype(float) for i in need]).reshape(len(need), len(pairs))
    load = np.array([(site == j) * flow for j in range(question.sites)])
    found = linprog(
        flow * question.distance[pairs],
        A_ub=load,
        b_ub=question.capacity,
        A_eq=each if len(need) else None,
        b_eq=np.ones(len(need)) if len(need) else None,
    )
    return np.inf if found.fun is None or found.status else float(found.fun)


def least_cost(question: Question, fixed: NDArray[np.float64]) -> float:
    """Return the least fixed cost and weight x distance of all choices; inf where there is none."""
    costs = (
        cheapest_assignment(question, opened) + fixed[opened].sum() for opened in choices(question)
    )
    return min(costs, default=np.inf)


def least_radius(question: Question) -> float:
    """Return the least largest distance of all choices; inf where there is none."""
    radii = [0.0, *np.unique(question.distance).tolist()]
    every = list(choices(question))
    for radius in radii:
        if any(np.isfinite(cheapest_assignment(question, y, within=radius)) for y in every):
            return float(radius)
    return np.inf


def widest(question: Question, between: NDArray[np.float64]) -> float:
    """Return the largest least distance between open sites; -inf where there is no choice."""
    return max(
        (
            min(
                (float(between[a, b]) for a, b in itertools.combinations(np.flatnonzero(y), 2)),
                default=np.inf,
            )
            for y in choices(question)
        ),
        default=-np.inf,
    )


@st.composite
def questions(draw: st.DrawFn, *, whole: bool = False) -> Question:
    """Draw a small question, each optional limit there or not, feasible or not."""
    zones, sites = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    distance = rng.integers(0, 12, (zones, sites)).astype(float)
    weight = rng.integers(0, 5, zones).astype(float)
    if not (whole or draw(st.booleans())):
        distance, weight = distance + rng.random(distance.shape), weight * rng.random(zones)
    within = draw(st.sampled_from([np.inf, 9.0, 6.0]))
    question = Question.from_matrix(
        distance, weight=weight, most=draw(st.integers(1, sites)), within=within
    )
    if draw(st.booleans()):
        question = replace(question, least=draw(st.integers(0, sites)))
    if draw(st.booleans()):
        question = replace(question, kept=rng.random(sites) < 0.25)
    if draw(st.booleans()):
        capacity = rng.integers(0, 9, sites).astype(float)
        question = replace(question, capacity=capacity)
    if draw(st.booleans()):
        question = replace(question, cost=rng.integers(0, 20, sites).astype(float))
    return replace(question, limits=draw(_limits(sites, rng)))


@st.composite
def _limits(draw: st.DrawFn, sites: int, rng: np.random.Generator) -> Limits:
    limits = Limits.none(sites)
    if draw(st.booleans()):
        price = rng.integers(1, 9, sites).astype(float)
        limits = limits.and_row("budget", price, upper=float(price.sum() * 0.6))
    if draw(st.booleans()):
        district = (rng.random(sites) < 0.5).astype(float)
        limits = limits.and_row("ratio", district, lower=1.0)
    if sites > 1 and draw(st.booleans()):
        pair = np.zeros(sites)
        pair[rng.choice(sites, 2, replace=False)] = 1.0
        limits = limits.and_row("spacing", pair, upper=1.0)
    return limits
