"""Make a plan to start from out of a fractional one, and give a choice its energy."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Highs
from siting.models.linear import some_pairs
from siting.models.most_energy import most_energy
from siting.models.relaxation import (
    columns_of,
    matrix,
    part_of,
    restrict,
    rows_within,
    with_rows,
)

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
SUPPORT = (1e-3, 1e-2, 0.05, 0.2)
"""Parts of a station, or of a zone's demand, from which on the relaxation counts as using it; the
first that leaves no more than SUPPORT_COLUMNS."""
SUPPORT_COLUMNS = 15_000
ROUND_SECONDS = 30.0
ROUND_NODES = 2000
FLOW = 20_000
"""Columns of a phase from which on energy alone is assigned as a flow, not as a program."""
WIDE = 50_000
"""Columns of the choice from which on it is rounded phase after phase."""
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
        if len(wish) > WIDE and len(layout.problem.phases) > 1 and not len(layout.cover):
            run = _phase_after_phase(part, layout, crew)
            if len(run.values):
                break
        highs = Highs(part, seed=crew.effort.seed)
        run = crew.run([highs], seconds=ROUND_SECONDS, grace=GRACE, nodes=ROUND_NODES, gap=0.01)[0]
        if len(run.values):
            break
    return run


def _phase_after_phase(rules: Arrays, layout: Layout, crew: Crew) -> Run:
    """Return the choice of a phase after that of the phases before; empty where one has none."""
    rows, columns = matrix(rules), np.arange(len(rules.cost))
    values = np.zeros(len(rules.cost))
    for t in range(len(layout.problem.phases)):
        inside, free = columns[layout.phase <= t], columns[layout.phase == t]
        kept = rows_within(rows, inside)
        part = part_of(rules, rows, kept, inside, cost=rules.cost, maximise=True)
        part = restrict(part, matrix(part).tocsc(), free, values[inside])
        highs = Highs(part, seed=crew.effort.seed)
        run = crew.run([highs], seconds=ROUND_SECONDS, grace=GRACE, nodes=ROUND_NODES, gap=0.01)[0]
        if not len(run.values):
            return run
        values[free] = np.round(run.values)
    return replace(run, values=values)


def complete(arrays: Arrays, layout: Layout, choice: Values, crew: Crew) -> Values:
    """Return the best energy and cover for a choice, phase by phase; empty if floors forbid it."""
    began = time.monotonic()
    values = np.zeros(len(arrays.cost))
    values[layout.choice] = choice
    parts = layout.open_columns(values)
    if max(map(len, parts)) > FLOW and _energy_alone(layout):
        return _flowed(layout, values)
    rows = matrix(arrays).tocsc()
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


def _energy_alone(layout: Layout) -> bool:
    """Tell whether what a choice is worth is the energy that it serves, and nothing else."""
    served = layout.problem.objective == "served"
    return served and not len(layout.floors) and not len(layout.cover)


def _flowed(layout: Layout, values: Values) -> Values:
    """Return a choice with the most energy that its stations serve, phase by phase."""
    p, held = layout.problem, layout.type_at(values)
    count, opened = len(p.pair_zone), layout.open_supers(values)
    for t, row in enumerate(opened):
        pairs = np.flatnonzero(row[p.pair_site])
        room = np.where(row, p.capacity_kwh[np.maximum(held[t], 0)], 0.0)
        ends = p.pair_zone[pairs], p.pair_site[pairs]
        values[layout.energy[t * count + pairs]] = most_energy(*ends, p.demand_kwh[t], room)
    return values


def pairs_to_begin(problem: Problem, seed: int) -> Indices:
    """Return the pairs that stand for all until the relaxation tells which pay, ascending."""
    count = len(problem.pair_zone)
    if problem.covers or count * len(problem.phases) <= ALL_PAIRS:
        return np.arange(count)
    return some_pairs(problem, SOME_PAIRS, SOME_PAIRS, seed)


def pairs_to_search(problem: Problem, relaxed: Relaxed, seed: int) -> Indices:
    """Return the pairs that neighbourhoods of a very large question may use, ascending."""
    return np.union1d(relaxed.pairs, some_pairs(problem, SOME_PAIRS, SOME_PAIRS, seed))


def worth_solving(
    problem: Problem, layout: Layout, values: Values, relaxed: Relaxed, pairs: Indices
) -> Indices:
    """Return the columns that a relaxation or a plan uses, as many as a program may have.

    Empty where even those used most are too many; parameters as :func:`used_columns`.
    """
    for least in SUPPORT:
        free = used_columns(problem, layout, values, relaxed, pairs, least)
        if len(free) <= SUPPORT_COLUMNS:
            return free
    return np.empty(0, dtype=np.int64)


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
