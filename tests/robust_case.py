"""Write questions over a few futures, and answer them by trying every plan."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.futures import Futures
from tests.brute import _Search, site_histories, spent_cny
from tests.toy import random_problem, toy

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.robust.question import Question
    from siting.scenario.robust import RiskMeasure, Worth


def futures_problem(
    seed: int,
    objective: RiskMeasure,
    measure: Worth = "energy",
    *,
    count: int = 3,
    zones: int = 6,
    sites: int = 4,
    alpha: float = 0.5,
) -> Problem:
    """Return a random problem with random futures, no two alike."""
    problem = random_problem(seed, "served", zones=zones, sites=sites)
    rng = np.random.default_rng(seed + 1)
    factor = rng.uniform(0.4, 2.5, (count, 2, 1)) * rng.uniform(0.3, 1.7, (count, 1, zones))
    likely = rng.dirichlet(np.full(count, 2.0))
    futures = Futures(
        tuple(f"f{k}" for k in range(count)),
        likely,
        problem.demand_kwh * factor,
        objective,
        measure,
        alpha if objective == "cvar" else 0.0,
    )
    return replace(problem, futures=futures)


def best_of_all(problem: Problem, question: Question) -> tuple[float, list[float]] | None:
    """Return the best value over all plans, and the best worth in each future; None if no plan is.

    Parameters
    ----------
    problem, question
        The problem with futures, and its question not made smaller.
    """
    plain = replace(problem, futures=None)
    searches = [_Search(replace(plain, demand_kwh=d)) for d in question.demand_kwh]
    phases, best, own = range(len(problem.phases)), -np.inf, [-np.inf] * len(searches)
    histories = (site_histories(plain, j) for j in range(len(problem.sites)))
    for plan in itertools.product(*histories):
        if not _allowed(plain, searches[0], plan):
            continue
        served = np.zeros((len(searches), len(phases)))
        for k, search in enumerate(searches):
            for t in phases:
                state = tuple(history[t] for history in plan)
                if (t, state) not in search.known:
                    cost = -np.ones(len(plain.pair_zone))
                    search.known[t, state] = search._flow(t, state, cost=cost, floor=0.0)
                served[k, t] = -(search.known[t, state] or 0.0)
        worth = question.worth(served)
        best = max(best, question.value(worth))
        own = [max(a, float(b)) for a, b in zip(own, worth, strict=True)]
    return None if best == -np.inf else (best, own)


def _allowed(problem: Problem, search: _Search, plan: tuple[tuple[int, ...], ...]) -> bool:
    for t in range(len(problem.phases)):
        spent = sum(spent_cny(problem, j, history[: t + 1]) for j, history in enumerate(plan))
        if spent > problem.budget_cny[t] * (1 + 1e-7):
            return False
        if not all(search.rules(t, tuple(history[t] for history in plan))):
            return False
    return True


def futures_toy() -> Problem:
    """Return the toy with half the demand or twice, as likely, and the mean of the worse half."""
    demand = toy().demand_kwh
    futures = Futures(
        ("low", "high"),
        np.array([0.5, 0.5]),
        np.array([demand / 2, demand * 2]),
        "cvar",
        "energy",
        0.5,
    )
    return replace(toy(), futures=futures)
