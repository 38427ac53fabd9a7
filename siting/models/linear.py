"""Solve the linear relaxation over the pairs that pay: a bound, and a fractional plan to round.

Of the pairs within reach the relaxation uses few. It starts with the nearest and some others of
each zone, and takes in more by their reduced costs (column generation: L. Ford & D. Fulkerson,
Management Science 5, 1958) until the prices bound the whole question, all pairs included, as well
as the part (:mod:`siting.models.lagrange`). Where even the part is large its phases are relaxed one
by one; their prices bound all phases together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.arrays import arrays_of
from siting.models.cuts import with_cuts
from siting.models.equity import floor_prices
from siting.models.lagrange import Lagrangian, Prices, unit_gain
from siting.models.layout import Layout
from siting.models.relaxation import elastic, matrix, part_of, rows_within, scaled, with_floor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.highs import Arrays, Run

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]
    Solver = Callable[[list[tuple[Arrays, str]]], tuple[int, Run]]

WHOLE = 400_000
"""Rows and columns up to which all phases are relaxed together."""
WHOLE_LINKED = 100_000
"""The same with a row for every pair, as the least minutes have it."""
FEW = 200_000
"""Pairs, over all phases, up to which none is left out."""
NEAREST = 4
"""Pairs of each zone to start with: the nearest."""
OTHERS = 6
"""And some others, drawn."""
ROUNDS = 5
"""Most times that pairs are taken in."""
EVEN = (0.0, 0.25, 0.5, 0.75, 0.95)
"""Prices of a kWh, as parts of its weight, where there is no time to find the right ones."""
DUST = 1e-4
"""Least part of the highest price that a pair must earn to be taken in."""
CLOSE = 0.1
"""Part of the gap asked for at which the bound counts as good as the relaxation."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Hold what the relaxation says; ``bound`` holds even where it was not finished."""

    wish: Values
    """(choice,) a fractional choice; zeros where none was found."""
    bound: float
    infeasible: bool
    pairs: Indices
    """Pairs that the relaxation took in, ascending."""
    energy: Values
    """(T, pairs) what it sent along them; empty where nothing is served, or nothing was found."""
    prices: Prices | None = None
    """On what stations share; None where the relaxation was not finished."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Hold a finished relaxation of the pairs taken in so far."""

    values: Values
    """(columns,)"""
    duals: Values
    """(rows,)"""
    objective: float


def relax(
    problem: Problem,
    solve: Solver,
    *,
    gap: float,
    seed: int,
    progress: Callable[[str], None],
) -> Relaxed:
    """Return a bound and a fractional plan.

    Parameters
    ----------
    problem
        The question.
    solve
        Solves a linear program, given in several units each with a method of HiGHS, one way or the
        other within the time there is; returns which way, and the answer.
    gap
        Gap asked for. Where money has no limit, a cheaper fractional plan may lose half of it: an
        interior point spends whatever it may.
    seed
        Draws the pairs to start with.
    progress
        Called with a line of text now and then.
    """
    pairs = _first_pairs(problem, seed)
    best = Relaxed(np.empty(0), np.nan, infeasible=False, pairs=pairs, energy=np.empty(0))
    for _ in range(ROUNDS):
        part = with_pairs(problem, pairs)
        plain = arrays_of(part, whole=problem)
        layout = Layout.of(part, plain)
        arrays = with_cuts(plain, layout)
        if not len(best.wish):
            simple = float(layout.simple_bounds(arrays).sum())
            best = replace(best, wish=np.zeros(len(layout.choice)), bound=simple)
        progress(f"solving the linear relaxation, {len(pairs):,} pairs")
        if len(pairs) < len(problem.pair_zone):
            layout = layout.with_slack()
            arrays = elastic(arrays, layout.floors, layout.penalty)
        answer = answer_of(arrays, layout, solve, gap / 2)
        if answer is None:
            return _even(best, arrays, layout, problem)
        if isinstance(answer, str):
            return replace(best, infeasible=True)
        prices = prices_of(arrays, layout, answer.duals)
        bound = Lagrangian(arrays, layout, problem).bound(prices)
        best = replace(
            best,
            wish=answer.values[layout.choice],
            bound=tighter(best.bound, bound, maximise=arrays.maximise),
            pairs=pairs,
            energy=answer.values[layout.energy],
            prices=prices,
        )
        more = _with_paying(problem, pairs, prices)
        miss = abs(best.bound - answer.objective)
        if miss <= CLOSE * gap * abs(answer.objective) or len(more) == len(pairs):
            return best
        pairs = more
    return best


def with_pairs(problem: Problem, pairs: Indices) -> Problem:
    """Return the question with some of its pairs only, given ascending."""
    if len(pairs) == len(problem.pair_zone):
        return problem
    return replace(
        problem,
        pair_zone=problem.pair_zone[pairs],
        pair_site=problem.pair_site[pairs],
        pair_minutes=problem.pair_minutes[pairs],
    )


def _even(best: Relaxed, arrays: Arrays, layout: Layout, problem: Problem) -> Relaxed:
    """Return what one price for all demand proves, where no relaxation was finished in time."""
    if problem.objective != "served" or len(best.energy):
        return best
    lagrangian = Lagrangian(arrays, layout, problem)
    size = (len(problem.phases), len(problem.zones))
    for price in reversed(EVEN):
        demand = np.outer(price * problem.weight, problem.reachable_zone)
        nothing = np.zeros(size[0])
        free = np.zeros(size)
        prices = Prices(demand, np.zeros((1, 1)), free, free, free, nothing)
        bound, wish = lagrangian.bound_and_wish(prices)
        if bound is None or bound >= best.bound:
            break  # bounds are convex in the price, and the simple one is that of the full price
        best = replace(best, bound=bound, wish=wish)
    return best


def tighter(bound: float, other: float | None, *, maximise: bool) -> float:
    """Return the tighter of two bounds, one of which may be missing."""
    if other is None:
        return bound
    return min(bound, other) if maximise else max(bound, other)


def _first_pairs(problem: Problem, seed: int) -> Indices:
    """Return the pairs to start with: all, where they are few or coverage needs them."""
    p, count = problem, len(problem.pair_zone)
    linked = p.objective == "access"
    if p.covers or count * len(p.phases) <= (FEW // 4 if linked else FEW):
        return np.arange(count)
    return some_pairs(
        p, 2 * NEAREST if linked else NEAREST, OTHERS // 2 if linked else OTHERS, seed
    )


def some_pairs(problem: Problem, nearest: int, others: int, seed: int) -> Indices:
    """Return the nearest pairs of each zone and some others, drawn; ascending."""
    zone = problem.pair_zone
    drawn = np.random.default_rng(seed).random(len(zone))
    chosen = _first_of_zone(zone, problem.pair_minutes, nearest)
    return np.flatnonzero(chosen | _first_of_zone(zone, drawn, others))


def _first_of_zone(zone: NDArray[np.int32], key: Values, count: int) -> NDArray[np.bool_]:
    """Return which pairs are among the first of their zone by a key; zones ascend."""
    order = np.lexsort((key, zone))
    place = np.arange(len(zone)) - np.searchsorted(zone, zone)
    first = np.zeros(len(zone), dtype=bool)
    first[order[place < count]] = True
    return first


def _with_paying(problem: Problem, pairs: Indices, prices: Prices) -> Indices:
    """Return the pairs and those of each zone that would earn most at the prices, ascending."""
    p = problem
    if len(pairs) == len(p.pair_zone):
        return pairs
    earns = np.full(len(p.pair_zone), -np.inf)
    for t in range(len(p.phases)):
        price = prices.demand[t, p.pair_zone] + prices.site[t, p.pair_site]
        promise = prices.promise[t, p.pair_zone]
        earns = np.maximum(earns, promise - price + unit_gain(p, t, p.pair_minutes))
    earns[pairs] = -np.inf
    scale = float(prices.promise.max(initial=0.0) + np.abs(prices.demand).max(initial=0.0))
    new = np.flatnonzero(earns > DUST * max(scale, 1e-12))
    paying = new[_first_of_zone(p.pair_zone[new], -earns[new], NEAREST + OTHERS)]
    return np.union1d(pairs, paying)


def answer_of(arrays: Arrays, layout: Layout, solve: Solver, give: float) -> Answer | str | None:
    """Return the relaxation of a part, ``infeasible``, or None where it was not finished."""
    phases = range(len(layout.problem.phases))
    groups = [np.arange(len(arrays.cost))]
    most = WHOLE_LINKED if layout.problem.objective == "access" else WHOLE
    if len(phases) > 1 and len(arrays.cost) + len(arrays.row_lower) > most:
        groups = [layout.phase_columns(t) for t in phases]
    values, duals = np.zeros(len(arrays.cost)), np.zeros(len(arrays.row_lower))
    entries = matrix(arrays)
    for columns in groups:
        rows = rows_within(entries, columns)
        part = part_of(arrays, entries, rows, columns, cost=arrays.cost, maximise=arrays.maximise)
        run = _solved(part, layout.upper[columns], solve)
        if run.status == "infeasible":
            return "infeasible"
        if not len(run.duals):
            return None
        duals[rows] = run.duals
        values[columns] = _thrifty(part, run.values, layout, columns, solve, give)
    return Answer(values, duals, float(arrays.cost @ values))


def _solved(arrays: Arrays, upper: Values, solve: Solver) -> Run:
    """Solve a linear program by interior point or by simplex, whichever gets there."""
    even = scaled(arrays, upper)
    way, run = solve([(even.arrays, "ipm"), (arrays, "simplex")])
    return even.back(run) if way == 0 else run


def _thrifty(
    part: Arrays,
    values: Values,
    layout: Layout,
    columns: Indices,
    solve: Solver,
    give: float,
) -> Values:
    """Return the relaxation's plan, made cheap where money has no limit."""
    p = layout.problem
    if np.isfinite(p.budget_cny).all() or p.objective == "cost":
        return values
    cheap = with_floor(part, layout.cost_kcny[columns], values, give=give)
    run = _solved(cheap, layout.upper[columns], solve)
    return run.values if len(run.values) else values


def prices_of(arrays: Arrays, layout: Layout, duals: Values) -> Prices:
    """Return the prices that the duals of a relaxation put on what stations share.

    An energy column stands first in its zone's demand row and next in its site's capacity row; a
    cover column first in its cover row.
    """
    p, price = layout.problem, np.abs(duals)
    size = (len(p.phases), len(p.zones))
    demand, cover = np.zeros(size), np.zeros(size)
    site = np.zeros((len(p.phases), len(p.sites)))
    columns, count = matrix(arrays).tocsc(), len(p.pair_zone)
    for t in range(len(p.phases)):
        if len(layout.energy):
            first = columns.indptr[layout.energy[t * count : (t + 1) * count]]
            demand[t, p.pair_zone] = price[columns.indices[first]]
            site[t, p.pair_site] = price[columns.indices[first + 1]]
    cover[layout.cover_phase, layout.cover_zone] = price[
        columns.indices[columns.indptr[layout.cover]]
    ]
    return Prices(demand, site, *floor_prices(p, price[arrays.floors], cover))
