r"""Bound a covering question by prices on coverage: a Lagrangian relaxation.

With a price :math:`\lambda_i \ge 0` on each covering row and :math:`\mu \ge 0` on each limit,
turned to :math:`M y \le b`, every choice is worth at most

.. math::

    L(\lambda, \mu) = \sum_{ki} (v_{ki} - \lambda_i)^+ - \sum_i n_i \lambda_i + b^T \mu
                      + \max_{q \le |y| \le p} (A^T \lambda - M^T \mu - c)^T y

where the last term opens the sites of the highest scores. Prices are found by subgradient steps of
Polyak's length along a deflected direction (P. M. Camerini, L. Fratta & F. Maffioli, Mathematical
Programming Study 3, 1975), as in R. D. Galvão & C. ReVelle (European Journal of Operational
Research 88, 1996). A site's score then tells what opening or closing it against the relaxation must
cost: where that exceeds the gap, the site is closed or open in every better choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.classical.cover import inner, one_sided

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

DEFLECTION = 0.9
"""How much of the last direction stays in the next."""
FADE = 0.98
"""The same of the average of what was open."""
PATIENCE = 15
"""Steps without a better bound before they become shorter."""
SHORTER = 1.3
SHORTEST = 1e-4
UNKNOWN = 0.1
"""How far below the best bound steps aim at most."""
LOOK = 50
"""Steps between two looks at the clock."""
BETTER = 1e-7
"""Relative gain that counts as a better bound."""
HAIR = 1e-9


@dataclass(frozen=True, eq=False)
class Priced:
    """Hold the best bound and what it was found with."""

    bound: float
    prices: Floats
    score: Floats
    """(J,) of each site at these prices."""
    often: Floats
    """(J,) how often each site was open of late: near the linear relaxation's fractions."""


class Prices:
    """Hold the relaxation of one question.

    Parameters
    ----------
    cover
        The question; capacities are left aside, which leaves the bound true. With them, see
        :class:`~siting.models.classical.cover_served_dual.ServedPrices`.
    """

    def __init__(self, cover: Cover) -> None:
        limits = one_sided(cover.limits)
        above = np.isfinite(limits.upper)
        turned = sparse.diags_array(np.where(above, -1.0, 1.0)) @ limits.rows
        self.cover = cover
        self.rows = sparse.csr_array(sparse.vstack([cover.reach, turned], format="csr"))
        self.columns = self.rows.T.tocsr()
        self.floor = np.concatenate([cover.need, np.where(above, -limits.upper, limits.lower)])
        self.ceiling = np.full(self.rows.shape[0], np.inf)
        self.zones = zones = len(cover.weight)
        if len(cover.worth):
            self.ceiling[:zones] = np.where(cover.need > 0, np.inf, cover.worth[0])

    def start(self) -> Floats:
        """Return prices to start from: twice a zone's fair part of its worth, at most all of it."""
        cover = self.cover
        prices = np.zeros(len(self.ceiling))
        size = np.maximum(np.diff(cover.reach.indptr), 1)
        fair = cover.worth.sum(axis=0) if len(cover.worth) else np.zeros(self.zones)
        per_site = cover.price.min(initial=np.inf) if cover.sites else 0.0
        fair = np.where(cover.need > 0, np.maximum(fair, per_site), fair)
        prices[: self.zones] = np.minimum(2 * fair / size, self.ceiling[: self.zones])
        return prices

    def at(self, prices: Floats) -> tuple[float, Floats, Floats]:
        """Return the bound at some prices, (J,) scores, and (J,) 1 for each site it opens."""
        cover = self.cover
        score = self.scores(prices)
        opened = chosen(score, cover.least, cover.most)
        kept = float(np.maximum(cover.worth - prices[: self.zones], 0.0).sum())
        bound = kept - inner(prices, self.floor) + float(score[opened].sum())
        return bound, score, opened.astype(float)

    def scores(self, prices: Floats) -> Floats:
        """Return (J,) what each site takes in at some prices, less its own."""
        return np.asarray(self.columns @ prices - self.cover.price)

    def use(self, opened: Floats) -> Floats:
        """Return (rows,) how much of each row some open sites use, at the prices scored last."""
        return np.asarray(self.rows @ opened)

    def search(self, target: float, steps: int, *, go_on: Callable[[float], bool]) -> Priced:
        """Return the best bound of some subgradient steps.

        Parameters
        ----------
        target
            A worth that can be had, towards which steps go; -inf where none is known.
        steps
            At most.
        go_on
            Called with the bound now and then; False ends the search.
        """
        prices = self.start()
        bound, score, opened = self.at(prices)
        best, often, stale, length = Priced(bound, prices, score, opened), opened, 0, 1.0
        direction = np.zeros(len(prices))
        for step in range(steps):
            slope = self.use(opened) - self.floor
            for layer in self.cover.worth:
                slope[: self.zones] -= layer > prices[: self.zones]
            direction = DEFLECTION * direction + slope
            stuck = (prices >= self.ceiling) & (direction < 0)
            stuck |= (prices <= 0) & (direction > 0)
            move = np.where(stuck, 0.0, direction)
            size = inner(move, move)
            if (
                size <= HAIR
                or length < SHORTEST
                or (step % LOOK == LOOK - 1 and not go_on(best.bound))
            ):
                break
            aim = max(target, best.bound - UNKNOWN * abs(best.bound))
            stride = length * max(bound - aim, HAIR * abs(bound)) / size
            prices = np.clip(prices - stride * move, 0.0, self.ceiling)
            bound, score, opened = self.at(prices)
            often = FADE * often + (1 - FADE) * opened
            stale += 1
            if bound < best.bound - BETTER * abs(best.bound):
                best, stale = Priced(bound, prices, score, often), 0
            elif stale > PATIENCE:
                prices, stale, length = best.prices, 0, length / SHORTER
                bound, score, opened = self.at(prices)
                direction = np.zeros(len(prices))
        return Priced(best.bound, best.prices, best.score, often)


def chosen(score: Floats, least: int, most: int) -> Flags:
    """Return (J,) the sites of the highest scores: all above 0, within the counts."""
    opened = score > 0
    count = int(np.clip(opened.sum(), least, max(most, 0)))
    if count != opened.sum():
        opened = np.zeros(len(score), dtype=bool)
        if count:
            opened[np.argpartition(-score, min(count, len(score)) - 1)[:count]] = True
    return opened


def settled(cover: Cover, priced: Priced, value: float) -> tuple[Flags, Flags]:
    """Return (J,) sites closed, and (J,) sites open, in every choice worth more than a value.

    Parameters
    ----------
    cover
        The question.
    priced
        A bound.
    value
        What a choice at hand is worth.
    """
    score, slack = priced.score, priced.bound - value
    opened = chosen(score, cover.least, cover.most)
    count = int(opened.sum())
    out = float(score[~opened].max(initial=-np.inf))
    last = float(score[opened].min(initial=np.inf))
    swapped_in = last if count >= cover.most else min(last, 0.0)
    swapped_out = out if count <= cover.least else max(out, 0.0)
    to_open = np.where(opened, 0.0, swapped_in - score)
    to_close = np.where(opened, score - swapped_out, 0.0)
    margin = HAIR * max(1.0, abs(value))
    return to_open > slack + margin, to_close > slack + margin
