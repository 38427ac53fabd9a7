"""Make a plan to start from out of a fractional one, and give a choice its energy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Highs
from siting.models.linear import some_pairs
from siting.models.relaxation import columns_of, matrix, restrict, with_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.crew import Crew
    from siting.models.highs import Arrays, Run
    from siting.models.layout import Layout
    from siting.models.linear import Relaxed

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

ALL_PAIRS = 1_500_000
"""Pairs, over all phases, up to which the search of neighbourhoods has every one of them."""
SOME_PAIRS = 10
"""Nearest pairs of each zone beyond that, and as many drawn, beside those that pay."""
ROUND_SECONDS = 30.0
ROUND_NODES = 2000
GRACE = 0.1
"""Part of the time limit that a first plan may take past it, lest there be none."""


def nearest_choice(arrays: Arrays, layout: Layout, wish: Values, crew: Crew) -> Run:
    """Return the choice nearest to a fractional one that keeps every rule on sites.

    It may spend no more than the fractional one, and must offer the capacity that floors ask for;
    where that cannot be had, only the rules themselves are kept.
    """
    kept = np.concatenate([layout.choice, layout.cover])
    near = np.zeros(len(arrays.cost))
    near[layout.choice] = wish + layout.preference
    guided = with_rows(arrays, *layout.guides(wish, len(near)))
    for program in (guided, arrays):
        part = columns_of(program, kept, cost=near, maximise=True)
        highs = Highs(part, seed=crew.effort.seed)
        run = crew.run([highs], seconds=ROUND_SECONDS, grace=GRACE, nodes=ROUND_NODES, gap=0.01)[0]
        if len(run.values):
            break
    return run


def complete(arrays: Arrays, layout: Layout, choice: Values, crew: Crew) -> Values:
    """Return the best energy and cover for a choice, phase by phase; empty if floors forbid it."""
    began = time.monotonic()
    values = np.zeros(len(arrays.cost))
    values[layout.choice] = choice
    rows = matrix(arrays).tocsc()
    parts = layout.open_columns(values)
    programs = [Highs(restrict(arrays, rows, free, values)) for free in parts]
    for t, run in enumerate(crew.run(programs, grace=GRACE)):
        if len(run.values):
            values[parts[t]] = run.values
        elif len(layout.slack):
            values[layout.slack_of(t)] = arrays.upper[layout.slack_of(t)]
        elif len(layout.floors):
            return np.empty(0)
    crew.reserve_s = max(crew.reserve_s, 2 * (time.monotonic() - began))
    return values


def pairs_to_begin(problem: Problem, seed: int) -> Indices:
    """Return the pairs that stand for all until the relaxation tells which pay, ascending."""
    count = len(problem.pair_zone)
    if problem.covers or count * len(problem.phases) <= ALL_PAIRS:
        return np.arange(count)
    return some_pairs(problem, 1, 1, seed)


def pairs_to_search(problem: Problem, relaxed: Relaxed, seed: int) -> Indices:
    """Return the pairs that neighbourhoods of a very large question may use, ascending."""
    return np.union1d(relaxed.pairs, some_pairs(problem, SOME_PAIRS, SOME_PAIRS, seed))


def used_columns(
    problem: Problem,
    layout: Layout,
    values: Values,
    relaxed: Relaxed,
    pairs: Indices,
    least: float,
) -> Indices:
    """Return the columns of the sites and pairs that a relaxation or a plan uses, ascending.

    Parameters
    ----------
    problem
        The question with all its pairs.
    layout
        What the columns are.
    values
        (columns,) the plan.
    relaxed
        The relaxation.
    pairs
        Pairs that the columns stand for, ascending.
    least
        Part of a station, or of a zone's demand, from which on it counts.
    """
    phases = len(problem.phases)
    sites = np.unique(layout.site[relaxed.wish > least])
    parts = [layout.choice[np.isin(layout.site, sites)], layout.cover, layout.slack]
    parts.append(np.flatnonzero(values > 0))
    if len(relaxed.energy):
        count, place = len(pairs), np.searchsorted(pairs, relaxed.pairs)
        for t, row in enumerate(relaxed.energy.reshape(phases, -1)):
            some = row > least * problem.demand_kwh[t, problem.pair_zone[relaxed.pairs]]
            parts.append(layout.energy[t * count + place[some]])
    return np.unique(np.concatenate(parts))
