r"""Bound a covering question block by block: prices on what blocks share, each solved exactly.

Sites are parted into blocks :math:`S_d`. Zones that one block alone reaches are its own; the others
:math:`B` keep their prices :math:`\lambda_i`, and sites pay :math:`\pi_j`: their own price, one
:math:`\mu \ge 0` for the count, and those of the limits :math:`M y \le b`. Where no zone has to be
covered, every choice is worth at most

.. math::

    \sum_{i \in B, k} (v_{ki} - \lambda_i)^+ + p \mu + b^T \nu + \sum_j (-\pi_j)^+
    + \sum_d \max_{y_d \in \{0, 1\}} \Bigl( \sum_{i \in d, k} v_{ki} z_{ki}
    + \sum_{i \in B, k} \lambda_i u_{kid} - \sum_{j \in S_d} \pi_j^+ y_j \Bigr)

with :math:`\sum_k z_{ki}, \sum_k u_{kid} \le \sum_{j \in S_d \cap N(i)} y_j`: a maximal covering
question for each block. No prices of :mod:`cover_dual` prove more than the linear relaxation; as
blocks are solved as integers, these do (M. A. Pereira, L. A. N. Lorena & E. L. F. Senne,
International Transactions in Operational Research 14, 2007: Lagrangean relaxation with clusters).
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cover import inner, one_sided
from siting.models.classical.cover_parts import parts_of
from siting.models.classical.cover_window import choice_columns
from siting.models.classical.question import Limits
from siting.models.classical.reduce_cover import reduce
from siting.models.highs import Highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover
    from siting.models.effort import Effort

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Indices = NDArray[np.int64]

BLOCK_GAP = 2e-4
"""Relative gap at which a block counts as solved; its proven bound is what counts."""
BLOCK_NODES = 400
"""Nodes of branch and bound that a block may take."""
UNPRICED = 1e-3
"""What of its worth a zone without a price counts for where blocks are cut."""
HAIR = 1e-9


@dataclass(frozen=True, eq=False)
class Block:
    """Hold the question of one block."""

    sites: Indices
    cover: Cover
    simple: float
    """What it is worth at most, by its prices or as proved since."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Hold a question in blocks."""

    base: float
    """What is not in any block."""
    blocks: tuple[Block, ...]
    shared: Flags
    """(I,) zones that sites of more than one block reach."""

    @property
    def simple(self) -> float:
        """Return the bound that its blocks make up."""
        return self.base + sum(block.simple for block in self.blocks)


def relaxed(cover: Cover, prices: Floats, size: int, *, finer: Relaxed | None = None) -> Relaxed:
    """Return the question in blocks of at most some sites.

    Parameters
    ----------
    cover
        The question, reduced, without capacities; no zone has to be covered.
    prices
        (I + rows,) of :class:`~siting.models.classical.cover_dual.Prices`; at least 0.
    size
        Most sites of a block.
    finer
        The same in smaller blocks, at the same prices: what those have proved holds for the block
        that they make up.
    """
    zones = len(cover.weight)
    price, on_limits = prices[:zones], prices[zones:]
    pay, count, room = _payments(cover, price, on_limits)
    first = cover.worth.sum(axis=0)
    parts = parts_of(cover.reach, np.maximum(price, UNPRICED * first), size)
    label = np.zeros(cover.sites, dtype=np.int64)
    for number, sites in enumerate(parts):
        label[sites] = number
    shared = _shared(cover, label)
    kept = np.maximum(cover.worth[:, shared] - price[shared], 0.0).sum()
    base = float(kept) + cover.most * count + room
    base += float(np.maximum(-pay, 0.0).sum())
    costs = np.maximum(pay, 0.0)
    worth = np.where(shared, price, cover.worth)
    above_price = np.maximum(cover.worth - price, 0.0).sum(axis=0)
    plain = np.where(shared, 0.0, above_price)
    joined = plain * finer.shared if finer is not None else plain
    around = np.maximum(cover.reach.T @ price - costs, 0.0)
    blocks = []
    for sites in parts:
        part, mine = _part(cover, sites, worth, costs)
        simple = float(plain[mine].sum() + around[sites].sum())
        if finer is not None:
            simple = min(simple, _made_up(finer, sites) + float(joined[mine].sum()))
        blocks.append(Block(sites, part, simple))
    return Relaxed(base, tuple(blocks), shared)


def _payments(cover: Cover, price: Floats, on_limits: Floats) -> tuple[Floats, float, float]:
    """Return (J,) what sites pay, the count's price, and what the room in the limits is worth."""
    limits = one_sided(cover.limits)
    above = np.isfinite(limits.upper)
    pay = cover.price + limits.rows.T @ (np.where(above, 1.0, -1.0) * on_limits)
    count = _count_price(cover.reach.T @ price - pay, cover.most)
    room = np.where(above, limits.upper, -limits.lower)
    return pay + count, count, inner(room, on_limits)


def _part(cover: Cover, sites: Indices, worth: Floats, costs: Floats) -> tuple[Cover, Indices]:
    """Return the question of some sites, and the zones that they reach."""
    reach = cover.reach[:, sites].tocsr()
    mine = np.flatnonzero(np.diff(reach.indptr))
    part = replace(
        cover,
        reach=reach[mine].tocsr(),
        weight=cover.weight[mine],
        worth=worth[:, mine],
        need=np.zeros(len(mine)),
        price=costs[sites],
        kept=np.zeros(len(sites), dtype=bool),
        least=0,
        most=min(len(sites), cover.most),
        limits=Limits.none(len(sites)),
    )
    return part, mine


def _made_up(finer: Relaxed, sites: Indices) -> float:
    """Return what the smaller blocks of some sites are worth at most; inf if one crosses them."""
    inside = [(block, np.isin(block.sites, sites)) for block in finer.blocks]
    if any(member.any() and not member.all() for _, member in inside):
        return np.inf
    return sum(block.simple for block, member in inside if member.all())


def solve_blocks(
    whole: Relaxed,
    best: Flags,
    effort: Effort,
    *,
    seconds: float,
    go_on: Callable[[float], bool],
) -> Relaxed:
    """Return the question with what solving its blocks proves, most promising ones first.

    Parameters
    ----------
    whole
        The question in blocks.
    best
        (J,) a choice at hand, from which every block starts.
    effort
        Threads and seed.
    seconds
        By which blocks end; those that are not solved by then count with what they have proved.
    go_on
        Called with the bound after each block; False ends it. Blocks count in one order,
        whatever the threads.
    """
    end, blocks, bound = time.monotonic() + seconds, list(whole.blocks), whole.simple
    slack = [block.simple - block.cover.value(best[block.sites]) for block in whole.blocks]
    promising = [n for n in np.argsort(slack)[::-1].tolist() if slack[n] > HAIR * abs(bound)]
    alone = replace(effort, threads=1)
    pool = ThreadPoolExecutor(max(effort.threads, 1))
    try:
        tasks = [pool.submit(_solved, blocks[n], best, alone, end) for n in promising]
        for n, task in zip(promising, tasks, strict=True):
            proved = min(task.result(), blocks[n].simple)
            bound -= blocks[n].simple - proved
            blocks[n] = replace(blocks[n], simple=proved)
            if not go_on(bound):
                break
    finally:
        pool.shutdown(cancel_futures=True)
    return replace(whole, blocks=tuple(blocks))


def _solved(block: Block, best: Flags, effort: Effort, end: float) -> float:
    """Return the proven bound of one block."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        return block.simple
    reduced = reduce(block.cover)
    if not reduced.cover.sites:
        return reduced.earned
    highs = Highs(reduced.cover.arrays(), threads=1, seed=effort.seed)
    highs.prove_only()
    highs.start_from(choice_columns(reduced.cover, reduced.shrink(best[block.sites])))
    run = highs.run(time_limit_s=seconds, gap=BLOCK_GAP, nodes=BLOCK_NODES)
    return min(run.bound + reduced.earned, block.simple)


def _count_price(score: Floats, most: int) -> float:
    """Return a price on the count at which about so many sites are worth opening."""
    if most >= len(score):
        return 0.0
    falling = -np.sort(-score)
    return max(float(falling[max(most, 1) - 1] + falling[most]) / 2, 0.0)


def _shared(cover: Cover, label: Indices) -> Flags:
    """Return (I,) whether sites of more than one block reach the zone."""
    reach = cover.reach
    size = np.diff(reach.indptr)
    own = np.append(label[reach.indices], 0)
    first = np.repeat(own[reach.indptr[:-1]], size)
    others = np.append(0, np.cumsum(own[:-1] != first))
    return np.asarray(np.diff(others[reach.indptr]) > 0)
