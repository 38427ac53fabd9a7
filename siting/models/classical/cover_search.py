"""Search a reduced covering question, and prove how good the best choice is.

Without capacities: prices bound it; greedy choices, improved by swaps and annealed, start it;
blocks of sites solved exactly tighten the bound, and neighbourhoods of sites that the prices
favour the choice, larger ones in turn; sites that no better choice can open, or close, are settled;
HiGHS gets the rest whole. With capacities HiGHS
gets it whole at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cover import Found
from siting.models.classical.cover_blocks import Relaxed, relaxed, solve_blocks
from siting.models.classical.cover_dual import Priced, Prices, settled
from siting.models.classical.cover_neighbours import OFTEN, Neighbours
from siting.models.classical.cover_serve import favoured, first_served
from siting.models.classical.cover_served_dual import ServedPrices
from siting.models.classical.cover_swap import Opening
from siting.models.classical.cover_window import nearest, solve_rest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover
    from siting.models.effort import Effort

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

STEPS = 1500
"""Subgradient steps."""
SERVED_STEPS = 1000
"""The same where sites have a capacity: a step sorts all pairs."""
SMALL, SMALL_SHARE = 1500, 0.3
"""Sites up to which HiGHS goes before any neighbourhoods, and the share of the time it has."""
RESTARTS = 6
"""Choices that the prices start, each with gains weighed a little differently."""
RARE = 0.05
"""What gains count for where the prices never open a site."""
SHARE = 0.5
"""Part of the time limit for neighbourhoods, where a proof is still to come."""
PROVABLE, LARGE_SHARE = 150_000, 0.9
"""Pairs up to which HiGHS is likely to prove something in time, and the part of it above that."""
RUNGS = ((200, 0.3), (400, 0.6), (800, LARGE_SHARE))
"""Most sites of a block, and the share of the time by which the neighbourhoods after it end."""
REST_NODES = 20_000
"""Nodes for the proof of what is left, where steps rather than time limit the search."""


def search(
    cover: Cover,
    effort: Effort,
    progress: Callable[[str], None],
    *,
    started: float,
    earned: float,
) -> Found:
    """Return the best choice found within the effort.

    Parameters
    ----------
    cover
        The question, reduced.
    effort
        Gap, time limit, seed, threads, steps (neighbourhoods).
    progress
        Called with a line of text now and then.
    started
        ``time.monotonic()`` from which the time limit counts.
    earned
        Worth earned already, which counts in the gap.

    Raises
    ------
    KeyboardInterrupt
        If the user stops it before there is a choice; later, the best so far is returned.
    """
    if not cover.sites:
        nothing = np.empty(0, dtype=bool)
        held = cover.keeps(nothing) and cover.covers(nothing)
        return Found(nothing if held else None, 0.0, not held, "reductions")
    running = Search(cover, effort, progress, started, earned)
    try:
        return running.run()
    except KeyboardInterrupt:
        if running.best is None:
            raise
        progress("stopped; this is the best so far")
        return running.found("stopped by the user")


class Search(Neighbours):
    """Hold one search in progress."""

    def run(self) -> Found:
        """Search until the gap is proved or the effort spent."""
        if self.cover.capacity is not None:
            self._capacitated()
            return self.found()
        priced = self._start()
        if priced is None or self.done():
            return self.found()
        if self.cover.sites <= SMALL:
            self._rest(priced, share=SMALL_SHARE)
        if not self.done() and self.best is not None:
            self._climb(priced)
        if not self.done():
            self._rest(priced)
        return self.found()

    def _climb(self, priced: Priced) -> None:
        """Tighten the bound and better the choice in turn."""
        provable = self.cover.reach.nnz <= PROVABLE
        rungs = ((RUNGS[0][0], SHARE),) if provable else RUNGS
        if self.effort.iterations is not None:
            rungs = ((RUNGS[0][0], 1.0),)
        whole = None
        for most, share in rungs:
            whole = self._blocks(priced, most, whole)
            if not self.done():
                self.look_around(priced, share)
            if self.done():
                return

    def _blocks(self, priced: Priced, most: int, finer: Relaxed | None) -> Relaxed | None:
        """Tighten the bound by blocks of sites, unless one block would hold most of them."""
        cover, seconds = self.cover, self.left_s()
        if np.any(cover.need) or cover.sites < 2 * most:
            return finer
        best = np.asarray(self.best)
        whole = relaxed(cover, priced.prices, most, finer=finer)
        whole = solve_blocks(whole, best, self.effort, seconds=seconds, go_on=self._go_on)
        self.bound = min(self.bound, whole.simple)
        self.steps.append(f"blocks of {most} sites")
        self.tell(f"{len(whole.blocks)} blocks")
        return whole

    def _nearest(self, opening: Opening) -> bool:
        """Improve a choice that keeps every rule; tell whether there may be one."""
        opening.set(np.zeros(self.cover.sites, dtype=bool))
        wish = opening.by_site @ opening.more()
        wish /= max(float(wish.max(initial=0.0)), 1.0)
        run = nearest(self.cover, wish, self.effort, seconds=max(self.left_s(share=SHARE), 1.0))
        self.impossible = run.status == "infeasible"
        if len(run.values):
            opening.set(run.values > 0.5)  # noqa: PLR2004 - a binary
            self.improve(opening)
        return not self.impossible

    def _start(self) -> Priced | None:
        """Find a first choice, prices and the bound they prove; None if there is no choice."""
        cover, closed = self.cover, np.zeros(self.cover.sites, dtype=bool)
        self.tried = closed.copy()
        opening = Opening(cover, closed)
        self.improve(opening)
        if self.best is None and not self._nearest(opening):
            self.steps.append("rules on sites")
            return None
        priced = self._price()
        rng = np.random.default_rng(self.effort.seed)
        for favour in rng.uniform(0.5, 1.0, size=(RESTARTS, cover.sites)):
            if self.done():
                break
            opening.set(closed)
            opening.fill((priced.often + RARE) * favour)
            self.improve(opening)
            self.tried |= opening.opened
        self.anneal(opening, rng, (priced.often > OFTEN) | self.tried)
        self.steps += ["greedy and swaps", "Lagrangian bound"]
        self.tell("started")
        return priced

    def _capacitated(self) -> None:
        """Start as if there were no capacities; then HiGHS gets the whole."""
        first = first_served(self.cover, go_on=lambda: self.left_s() > 0)
        if first is not None:
            self.best, self.value = first
        priced = self._price()
        second = None if self.done() else favoured(self.cover, priced.often)
        if second is not None and second[1] > self.value:
            self.best, self.value = second
        if not self.done():
            self.tell("started")
            self._rest(None)

    def _price(self) -> Priced:
        kind, steps = (Prices, STEPS)
        if self.cover.capacity is not None:
            kind, steps = (ServedPrices, SERVED_STEPS)
        priced = kind(self.cover).search(self.value, steps, go_on=self._go_on)
        self.bound = min(self.bound, priced.bound)
        return priced

    def _go_on(self, bound: float) -> bool:
        self.bound = min(self.bound, bound)
        return not self.done()

    def _rest(self, priced: Priced | None, *, share: float = 1.0) -> None:
        """Give HiGHS what is not settled yet, whole."""
        cover = self.cover
        closed = opened = np.zeros(cover.sites, dtype=bool)
        if priced is not None and self.best is not None:
            closed, opened = settled(cover, priced, self.value)
        free = cover.sites - int(closed.sum() + opened.sum())
        self.tell(f"branch and bound over {free:,} of {cover.sites:,} sites")
        stepped = self.effort.iterations is not None
        run = solve_rest(
            cover,
            (closed, opened),
            (self.best, self.value),
            self.effort,
            seconds=self.left_s(share=1.0 if stepped else share),
            nodes=REST_NODES if stepped else None,
            earned=self.earned,
        )
        self.steps.append("branch and bound")
        self.bound = min(self.bound, max(run.bound, self.value))
        if run.infeasible and self.best is None:
            self.impossible = True
        if run.opened is not None and cover.capacity is None:
            self.take(run.opened)
        elif run.opened is not None and run.value > self.value:
            self.best, self.value = run.opened, run.value
