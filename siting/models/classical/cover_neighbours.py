"""Better a choice of sites of a covering question: by swaps, annealing, exact neighbourhoods."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cover_anneal import LONGER, LONGEST, MOVE_SHARE, MOVES, anneal
from siting.models.classical.cover_best import Standing
from siting.models.classical.cover_swap import Opening
from siting.models.classical.cover_window import (
    AT_ONCE,
    FADE,
    STALE,
    WIDEST,
    WINDOW,
    around,
    side_by_side,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.cover_dual import Priced

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

OFTEN = 0.02
"""How often the prices have to open a site for it to be tried."""


@dataclass
class Neighbours(Standing):
    """Hold a search that looks around the best choice."""

    windows: int = 0
    size: int = WINDOW
    moves: int = MOVES
    tried: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """(J,) sites of any choice that the prices started."""

    def improve(self, opening: Opening) -> None:
        """Fill a choice up, swap while that gains, and take it if it is the best."""
        opening.fill()
        opening.improve(lambda: self.left_s() > 0)
        self.take(opening.opened)

    def anneal(self, opening: Opening, rng: np.random.Generator, able: Flags) -> bool:
        """Anneal the best choice, if only the count limits it; tell whether that gained."""
        best, most, before = np.asarray(self.best), self.cover.most, self.value
        if opening.limited or np.any(self.cover.need) or best.sum() < most or self.done():
            return False
        begun, room = time.monotonic(), self.left_s(share=MOVE_SHARE)

        def spent(value: float) -> float:
            if self.bound - value <= self.effort.gap * abs(value + self.earned):
                return 1.0
            if self.effort.iterations is not None:
                return float(self.left_s() <= 0)
            return (time.monotonic() - begun) / room if room > 0 else 1.0

        opening.set(best)
        opening.set(anneal(opening, able | best, self.moves * most, rng, spent=spent))
        self.improve(opening)
        self.moves = min(self.moves * LONGER, LONGEST)
        opening.set(np.asarray(self.best))
        self.tell("annealed")
        return self.value > before

    def look_around(self, priced: Priced, share: float) -> None:
        """Solve neighbourhoods exactly until nothing is gained any more."""
        self.steps.append("exact neighbourhoods")
        rng = np.random.default_rng(self.effort.seed)
        opening = Opening(self.cover, np.asarray(self.best))
        able = (priced.often > OFTEN) | opening.opened | self.tried
        chance = (self.cover.reach @ able.astype(float) > 0).astype(float)
        stale, most = 0, self.effort.iterations
        with ThreadPoolExecutor(min(max(self.effort.threads, 1), AT_ONCE)) as pool:
            while self.left_s(share=share) > 0 and (most is None or self.windows < most):
                gained = self._round(opening, able, chance, rng, pool)
                self.windows += AT_ONCE
                stale = 0 if gained else stale + AT_ONCE
                if self.windows % (10 * AT_ONCE) == 0:
                    self.tell(f"{self.windows} neighbourhoods")
                if stale > STALE and self.anneal(opening, rng, able):
                    stale = 0
                    chance[:] = chance > 0
                if self.done() or (stale > STALE and self.size >= WIDEST):
                    break
                if stale > STALE:
                    self.size, stale = min(self.size * 2, WIDEST), 0
                    chance[:] = chance > 0

    def _round(
        self,
        opening: Opening,
        able: Flags,
        chance: Floats,
        rng: np.random.Generator,
        pool: ThreadPoolExecutor,
    ) -> bool:
        """Solve some neighbourhoods side by side; tell whether that gained."""
        likely = np.cumsum(chance * (1e-9 * self.value + opening.more()))
        free = []
        for draw in rng.random(AT_ONCE):
            zone = min(int(np.searchsorted(likely, draw * likely[-1])), len(likely) - 1)
            free.append(around(opening, zone, able, self.size))
            chance[self.cover.reach[:, free[-1]].sum(axis=1) > 0] *= FADE
        solved = side_by_side(opening, free, self.effort, pool, seconds=max(self.left_s(), 0.1))
        gained = False
        for sites, chosen in zip(free, solved, strict=True):
            new = opening.opened.copy()
            if chosen is not None and len(sites):
                new[sites] = chosen
            if self.take(new):
                opening.set(new)
                gained = True
        return gained
