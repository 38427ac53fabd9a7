"""Solve to the end what prices leave of a location question.

What is left under a guess of the cost is small. If it holds something cheaper than the guess, that
is best; if not, the guess is a bound, and a higher one follows, until it meets the best choice.
Where few open sites are undecided, branching by prices comes first; HiGHS does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.assignment import to_arrays, weighty_pairs
from siting.models.classical.branching import branch, core_of
from siting.models.classical.nearest import nearest_share
from siting.models.classical.reduced import Reduced, reduce, settle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.lagrangian import Ascent
    from siting.models.classical.location import Location
    from siting.models.highs import Run

    Sites = NDArray[np.bool_]

TINY = 1e-7
"""Relative gain that is not worth looking for."""
WHOLE = 5_000
"""Pairs up to which a question with capacities goes to HiGHS as it is."""
FIRST = 8_000
"""Pairs in the first program that is solved to the end, at least."""
FIRST_EACH = 4
"""The same for each zone."""
LARGER = 4
"""How much larger the next one is."""
HALVINGS = 12
DEEPEST = 20
"""Undecided open sites up to which branching by prices is tried before linear programs."""
WORTH = 1.02
"""Choices met on the way are improved if they cost at most this many times the best."""
NODES = 500
"""Most nodes of that."""


def whole(search: Location) -> None:
    """Hand the whole program to HiGHS."""
    q, best = search.question, search.best
    pairs, nothing = weighty_pairs(q), np.zeros((0, 0), dtype=bool)
    every = Reduced(pairs, q.kept.astype(float), np.ones(q.sites), nothing, enough=True)
    run = _solve_left(search, every, np.inf, start=False)
    best.method, best.infeasible = "branch and bound", run.status == "infeasible"
    search.raise_bound(run.bound)


def finish(search: Location, ascent: Ascent) -> None:
    """Solve what is left to the end, first under a guess of the cost, which is then raised."""
    size = max(FIRST, FIRST_EACH * len(ascent.parts.weight))
    search.best.method = "prices, interchange, branch and bound on what is left"
    while not search.done() and search.left_s() > 0:
        final = _final_cutoff(search)
        cutoff, left = _sized(search, ascent, final, size)
        before = search.best.bound
        if _branched(search, ascent, left, cutoff):
            size *= LARGER
            continue
        run = _solve_left(search, left, cutoff, start=cutoff == final)
        if run.status == "infeasible" and not np.isfinite(cutoff):
            search.best.infeasible = True
            return
        search.raise_bound(cutoff if run.status == "infeasible" else min(cutoff, run.bound))
        if cutoff == final and search.best.bound <= before:
            return
        size *= LARGER


def _branched(search: Location, ascent: Ascent, left: Reduced, cutoff: float) -> bool:
    """Branch on what is left, as far as that pays; tell whether nothing is left."""
    undecided = search.question.most - int(left.lower.sum())
    if search.room is not None or not np.isfinite(cutoff) or undecided > DEEPEST:
        return False
    core = core_of(ascent.parts, left)
    free = len(core.sites)
    search.progress(f"up to {cutoff:.10g}: branching on {free} sites, {len(left.pairs)} pairs")

    def offer(opened: Sites) -> None:
        near = core.parts.near
        cost = np.where(opened[near.site], near.cost, np.inf).min(axis=1).sum()
        if cost + core.parts.fixed[opened].sum() < WORTH * search.best.cost:
            whole = np.zeros(search.question.sites, dtype=bool)
            whole[core.sites[opened]] = True
            search.look(ascent.parts, whole)

    tree = branch(
        core,
        ascent.best,
        lambda: min(cutoff, _final_cutoff(search)),
        offer,
        lambda nodes: nodes < NODES and search.left_s() > 0,
    )
    search.raise_bound(min(tree.bound, cutoff, _final_cutoff(search)))
    return tree.done


def _final_cutoff(search: Location) -> float:
    """Return what a choice has to cost at most to be worth finding."""
    best = search.best
    if not np.isfinite(best.cost):
        return np.inf
    gain = search.goal * abs(best.cost)
    return best.cost - max(gain, search.grain * (1 - 1e-3))


def _solve_left(search: Location, left: Reduced, cutoff: float, *, start: bool) -> Run:
    q, best = search.question, search.best
    arrays = to_arrays(q, search.fixed, pairs=left.pairs, lower=left.lower, upper=left.upper)
    free = int((left.upper > left.lower).sum())
    search.progress(f"up to {cutoff:.10g}: {free} sites, {len(left.pairs)} pairs")
    solver = search.highs(arrays)
    if start and len(best.opened):
        share = nearest_share(q, best.opened) if search.room is None else best.share
        solver.start_from(np.append(best.opened.astype(float), share[left.pairs]))
    run = solver.run(time_limit_s=search.left_s(), gap=search.goal)
    if len(run.values):
        search.offer(run.values[: q.sites] > 0.5)  # noqa: PLR2004 - a binary
    return run


def _sized(search: Location, ascent: Ascent, final: float, size: int) -> tuple[float, Reduced]:
    """Return the largest cutoff, up to the final one, that leaves few enough pairs."""
    left = _left(search, ascent, final, start=True)
    if _size(search, left) <= LARGER * size or not np.isfinite(final):
        return final, left
    low, high = ascent.best.bound, final
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        few = _size(search, _left(search, ascent, middle, start=False)) <= size
        low, high = (middle, high) if few else (low, middle)
    return low, _left(search, ascent, low, start=False)


def _size(search: Location, left: Reduced) -> int:
    """Return how many pairs make a program hard: with capacities, those of unsettled sites."""
    if search.room is None:
        return len(left.pairs)
    return int((left.lower[search.question.site[left.pairs]] == 0).sum())


def _left(search: Location, ascent: Ascent, cutoff: float, *, start: bool) -> Reduced:
    """Return what choices up to a cutoff may use, the best one's own sites too if asked."""
    q, parts = search.question, ascent.parts
    opened = search.best.opened
    if not start or not len(opened):
        opened = ascent.best.opened
    if search.room is None and np.isfinite(cutoff):
        while True:
            left = reduce(parts, ascent.best, cutoff, opened)
            if left.enough:
                return left
            parts = search.parts(2 * parts.near.cost.shape[1])
            ascent.parts = parts
    lower, upper = settle(parts, ascent.best, cutoff, opened)
    pairs, nothing = weighty_pairs(q), np.zeros((0, 0), dtype=bool)
    return Reduced(pairs[upper[q.site[pairs]] > 0], lower, upper, nothing, enough=True)
