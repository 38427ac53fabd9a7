"""Solve part of a covering question exactly, all other sites left as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.classical.cover_serve import columns, serve
from siting.models.classical.reduce_cover import reduce
from siting.models.highs import Highs

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover
    from siting.models.classical.cover_swap import Opening
    from siting.models.effort import Effort
    from siting.models.highs import Arrays, Run

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

WINDOW, WIDEST = 40, 320
"""Sites in a neighbourhood at first, and at most."""
AT_ONCE = 2
"""Neighbourhoods solved side by side, whatever the threads: so that plans do not depend on them."""
STALE = 20
"""Neighbourhoods without gain before they grow."""
FADE = 0.3
"""What is left of a zone's chance to be the next centre after a neighbourhood around it."""
NODES = 300
"""Nodes of branch and bound that a window may take."""
WINDOW_GAP = 1e-4
NEAR = 0.01


def solve(arrays: Arrays, effort: Effort, start: Floats | None = None, **limits: float) -> Run:
    """Solve a program within limits.

    Parameters
    ----------
    arrays
        The program.
    effort
        Threads and seed.
    start
        (columns,) a solution to start from.
    limits
        ``seconds``, ``gap`` (relative), ``nodes`` of branch and bound.
    """
    highs = Highs(arrays, threads=effort.threads, seed=effort.seed)
    if "nodes" in limits:
        highs._set("mip_max_nodes", int(limits["nodes"]))  # noqa: SLF001 - run() has no such limit
    if start is not None:
        highs.start_from(start)
    return highs.run(time_limit_s=limits["seconds"], gap=limits.get("gap", 0.0))


def window(cover: Cover, opening: Opening, free: Indices) -> Cover:
    """Return the question that is left of some sites when all others stay as they are.

    Parameters
    ----------
    cover
        The whole question, without capacities.
    opening
        The choice at hand.
    free
        Sites, ascending.
    """
    mine = opening.by_site[free]
    zones = np.unique(mine.indices)
    held = opening.opened.copy()
    held[free] = False
    inside = mine[:, zones].T.tocsr()
    times = opening.times[zones] - inside @ opening.opened[free].astype(float)
    extra = np.maximum(times - cover.need[zones], 0.0)
    worth = cover.worth[:, zones].copy()
    for _ in range(len(worth)):
        shifted = extra > 0
        worth[:-1, shifted] = worth[1:, shifted]
        worth[-1, shifted] = 0.0
        extra[shifted] -= 1
    used = cover.limits.rows @ held.astype(float)
    count = int(held.sum())
    limits = replace(
        cover.limits,
        rows=sparse.csr_array(cover.limits.rows[:, free]),
        lower=cover.limits.lower - used,
        upper=cover.limits.upper - used,
    )
    return replace(
        cover,
        reach=inside,
        weight=cover.weight[zones],
        worth=worth,
        need=np.maximum(cover.need[zones] - times, 0.0),
        price=cover.price[free],
        kept=np.zeros(len(free), dtype=bool),
        least=max(cover.least - count, 0),
        most=cover.most - count,
        limits=limits,
    )


def best_of(part: Cover, effort: Effort, *, seconds: float) -> Flags | None:
    """Return (J',) the best choice found for a part, or None."""
    reduced = reduce(part)
    if not reduced.cover.sites:
        return reduced.expand(np.empty(0, dtype=bool))
    arrays = reduced.cover.arrays()
    run = solve(arrays, effort, gap=WINDOW_GAP, seconds=seconds, nodes=NODES)
    if not len(run.values):
        return None
    return reduced.expand(run.values[: reduced.cover.sites] > 0.5)  # noqa: PLR2004 - a binary


def side_by_side(
    opening: Opening,
    free: list[Indices],
    effort: Effort,
    pool: ThreadPoolExecutor,
    *,
    seconds: float,
) -> list[Flags | None]:
    """Return the best choice of each of some sets of sites, each as if it alone changed."""
    alone = replace(effort, threads=1)
    parts = [window(opening.cover, opening, sites) for sites in free]
    tasks = [pool.submit(best_of, part, alone, seconds=seconds) for part in parts]
    return [task.result() for task in tasks]


def around(opening: Opening, zone: int, able: Flags, size: int) -> Indices:
    """Return about so many sites that may matter, nearest to a zone by shared zones, ascending."""
    reach, by_site = opening.cover.reach, opening.by_site
    found = _able(reach[[zone]].indices, able)
    while len(found):
        zones = np.unique(by_site[found].indices)
        more = _able(np.unique(reach[zones].indices), able)
        if len(more) == len(found):
            break
        if len(more) > size:
            new = np.setdiff1d(more, found)
            shared = np.diff(by_site[new][:, zones].tocsr().indptr)
            order = np.argsort(-shared, kind="stable")[: max(size - len(found), 0)]
            return np.sort(np.concatenate([found, new[order]]))
        found = more
    return found


def _able(sites: NDArray[np.integer], able: Flags) -> Indices:
    return np.asarray(sites[able[sites]], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Rest:
    """Hold what branch and bound found and proved."""

    opened: Flags | None
    """(J,)"""
    value: float
    bound: float
    infeasible: bool


def solve_rest(
    cover: Cover,
    settled: tuple[Flags, Flags],
    at_hand: tuple[Flags | None, float],
    effort: Effort,
    *,
    seconds: float,
    nodes: int | None,
    earned: float,
) -> Rest:
    """Solve what is left of a question when some sites are settled.

    Parameters
    ----------
    cover
        The question.
    settled
        (J,) sites closed and (J,) sites open in every better choice.
    at_hand
        (J,) the choice at hand, if any, and what it is worth.
    effort
        Gap, threads and seed.
    seconds, nodes
        Limits.
    earned
        Worth earned already, which counts in the gap.
    """
    closed, opened = settled
    best, value = at_hand
    reduced = reduce(cover, closed=closed, opened=opened)
    rest = reduced.cover
    if not rest.sites:
        last = reduced.expand(np.empty(0, dtype=bool))
        held = cover.keeps(last) and cover.covers(last)
        worth = cover.value(last) if held else -np.inf
        return Rest(last if held else None, worth, worth, not held)
    arrays = rest.arrays()
    start, whole, part = None, effort.gap, 1.0
    if best is not None and not np.any(best & closed) and not np.any(opened & ~best):
        shrunk = reduced.shrink(best)
        share = serve(rest, shrunk) if rest.capacity is not None else np.empty(0)
        start = columns(rest, shrunk, share) if len(share) else choice_columns(rest, shrunk)
        part = max(abs(float(arrays.cost @ start)), 1e-9)
        whole = effort.gap * abs(value + earned)
    gap = min(whole / part, 1.0) if start is not None else effort.gap
    limits: dict[str, float] = {} if nodes is None else {"nodes": nodes}
    run = solve(arrays, effort, start, seconds=max(seconds, 0.1), gap=gap, **limits)
    sign = 1.0 if arrays.maximise else -1.0
    if run.status == "infeasible":
        return Rest(None, -np.inf, -np.inf, infeasible=True)
    bound = sign * run.bound + reduced.earned
    if not len(run.values):
        return Rest(None, -np.inf, bound, infeasible=False)
    found = reduced.expand(run.values[: rest.sites] > 0.5)  # noqa: PLR2004 - a binary
    return Rest(found, sign * run.objective + reduced.earned, bound, infeasible=False)


def choice_columns(cover: Cover, opened: Flags) -> Floats:
    """Return the program's columns for a choice of sites."""
    times = cover.reach @ opened.astype(float) - cover.need
    layers = np.arange(len(cover.worth))[:, None]
    return np.concatenate([opened.astype(float), np.clip(times - layers, 0.0, 1.0).ravel()])


def nearest(cover: Cover, wish: Floats, effort: Effort, *, seconds: float) -> Run:
    """Return the choice that keeps every rule and opens most of what is wished for.

    Parameters
    ----------
    cover
        The question.
    wish
        (J,) how much each site is wanted.
    effort
        Threads and seed.
    seconds
        Limit.
    """
    must = np.flatnonzero(cover.need > 0)
    rules = replace(
        cover,
        reach=cover.reach[must],
        weight=cover.weight[must],
        worth=np.empty((0, len(must))),
        need=cover.need[must],
        price=1e-6 - wish,
    )
    return solve(rules.arrays(), effort, seconds=seconds, gap=NEAR)
