"""Cut off what no choice of sites can win of a market: tangents and submodular rows.

Formulas and references stand in `market`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.classical.cuts import Rows, site_program
from siting.models.relaxation import with_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.question import Question
    from siting.models.highs import Arrays

    Values = NDArray[np.float64]
    Indices = NDArray[np.int64]
    Opened = NDArray[np.bool_]

PASSED = 1e-7
"""By how much a share must pass its tangent for the tangent to be added."""
OVER = 1e-6
"""By how much a share must pass a submodular row."""
FRACTION = 1e-9
"""Least part of a site that may stand in a submodular row's set."""


def captured(question: Question, drawn: Values, rivals: Values, opened: Opened) -> Values:
    """Return (P,) the share of its zone's demand that each pair wins."""
    own = np.where(opened[question.site], drawn, 0.0)
    total = np.bincount(question.zone, weights=own, minlength=len(rivals)) + rivals
    share: Values = np.divide(own, total[question.zone], out=np.zeros_like(own), where=own > 0)
    return share


def won(own: Values, rivals: Values) -> Values:
    """Return own / (own + rivals), 0 where nobody attracts; shapes that broadcast together."""
    total = own + rivals
    share: Values = np.divide(own, total, out=np.zeros(np.shape(total)), where=total > 0)
    return share


@dataclass(frozen=True, eq=False)
class _Zones:
    """Hold the M zones that a decision can still change, attractions over the zone's highest."""

    weight: Values
    """(M,)"""
    own: Values
    """(M,) attraction of kept sites."""
    rivals: Values
    """(M,)"""
    drawn: sparse.csr_array
    """(M, J) attraction of sites that are not kept."""

    @property
    def zone(self) -> Indices:
        """Return the zone of each entry of ``drawn``."""
        return np.repeat(np.arange(len(self.weight)), np.diff(self.drawn.indptr))


class Tangents:
    """Separate the rows that a solution passes.

    Parameters
    ----------
    question
        Demand, pairs, kept sites and limits.
    drawn
        (P,) attraction of each pair.
    rivals
        (I,) attraction of all competitors together.
    """

    def __init__(self, question: Question, drawn: Values, rivals: Values) -> None:
        self.question, self.drawn, self.rivals = question, drawn, rivals
        kept = question.kept[question.site]
        shape = (len(question.weight), question.sites)
        ours, new = (
            sparse.csr_array((drawn[part], (question.zone[part], question.site[part])), shape=shape)
            for part in (kept, ~kept)
        )
        own: Values = np.asarray(ours.sum(axis=1)).ravel()
        share = won(own, rivals)
        undecided = (question.weight > 0) & (np.diff(new.indptr) > 0) & (share < 1)
        self.certain = float(question.weight[~undecided] @ share[~undecided])
        rows = np.flatnonzero(undecided)
        new = sparse.csr_array(new[rows])
        top = np.maximum.reduceat(new.data, new.indptr[:-1]) if len(rows) else np.empty(0)
        scaled = sparse.csr_array(sparse.diags_array(1 / top) @ new) if len(rows) else new
        self.zones = _Zones(question.weight[rows], own[rows] / top, rivals[rows] / top, scaled)

    def program(self) -> Arrays:
        """Return the program of sites, shares and sums, with the submodular rows of no site."""
        zones = self.zones
        count = len(zones.weight)
        most = np.asarray(zones.drawn.sum(axis=1)).ravel()
        worth = np.concatenate([zones.weight, np.zeros(count)])
        arrays = site_program(self.question, worth, np.concatenate([np.ones(count), most]))
        base, one, none = won(zones.own, zones.rivals), sparse.eye_array(count), (count, count)
        gain = zones.drawn.copy()
        mine = zones.own[zones.zone] + zones.drawn.data
        gain.data = won(mine, zones.rivals[zones.zone]) - base[zones.zone]
        summed = sparse.hstack([-zones.drawn, sparse.csr_array(none), one])
        first = sparse.hstack([-gain, one, sparse.csr_array(none)])
        rows = sparse.csr_array(sparse.vstack([summed, first], format="csr"))
        limit = np.concatenate([np.zeros(count), base])
        return with_rows(arrays, rows, np.full(2 * count, -np.inf), limit)

    def broken(self, values: Values, *, every: bool) -> Rows:
        """Return the rows that the shares pass, at the sites as they are."""
        del every
        opened = np.clip(values[: self.question.sites], 0, 1)
        share = values[self.question.sites :][: len(self.zones.weight)]
        parts = (self._tangents(opened, share), self._submodular(opened, share))
        matrix = sparse.csr_array(sparse.vstack([part.matrix for part in parts], format="csr"))
        return Rows(matrix, np.concatenate([part.upper for part in parts]))

    def _tangents(self, opened: Values, said: Values) -> Rows:
        zones, sites, count = self.zones, self.question.sites, len(self.zones.weight)
        attracted = zones.drawn @ opened
        share = won(zones.own + attracted, zones.rivals)
        row = np.flatnonzero((zones.rivals > 0) & (said > share + PASSED))
        slope = zones.rivals[row] / (zones.own + attracted + zones.rivals)[row] ** 2
        place = np.tile(np.arange(len(row)), 2)
        column = np.concatenate([sites + row, sites + count + row])
        entry = (np.concatenate([np.ones(len(row)), -slope]), (place, column))
        matrix = sparse.csr_array(entry, shape=(len(row), sites + 2 * count))
        return Rows(matrix, share[row] - slope * attracted[row])

    def _submodular(self, opened: Values, said: Values) -> Rows:
        """Return each zone's worst row among the sets of its most open sites."""
        zones, sites, count = self.zones, self.question.sites, len(self.zones.weight)
        start, column, value = [0], [], []
        upper = []
        for m, (begin, end) in enumerate(
            zip(zones.drawn.indptr, zones.drawn.indptr[1:], strict=False)
        ):
            site = zones.drawn.indices[begin:end]
            order = np.argsort(-opened[site], kind="stable")
            part = opened[site][order]
            inner = int((part > FRACTION).sum())
            base, gain = _gains(
                zones.drawn.data[begin:end][order], inner, zones.own[m], zones.rivals[m]
            )
            limit = base + gain @ part
            best = int(limit.argmin())
            if said[m] > limit[best] + OVER:
                used = np.flatnonzero(gain[best])
                column += [sites + m, *site[order][used].tolist()]
                value += [1.0, *(-gain[best][used]).tolist()]
                upper.append(base[best])
                start.append(len(column))
        shape = (len(upper), sites + 2 * count)
        return Rows(sparse.csr_array((value, column, start), shape=shape), np.array(upper))

    def settled(self, made: list[Rows]) -> list[Rows]:
        """Return the rows of the relaxation: the whole program begins with them."""
        return made

    def worth(self, opened: Opened) -> float:
        """Return the demand a choice of sites wins, beyond what is certain."""
        share = captured(self.question, self.drawn, self.rivals, opened)
        return float(self.question.weight[self.question.zone] @ share) - self.certain

    def columns(self, opened: Opened) -> Values:
        """Return sites, shares and sums as they go with a choice of sites."""
        attracted = self.zones.drawn @ opened.astype(float)
        share = won(self.zones.own + attracted, self.zones.rivals)
        return np.concatenate([opened.astype(float), share, attracted])


def _gains(drawn: Values, inner: int, own: float, rivals: float) -> tuple[Values, Values]:
    """Return (n + 1,) what the first 0, 1, .. n sites win, and (n + 1, sites) what each adds."""
    mine = own + np.concatenate([[0.0], np.cumsum(drawn[:inner])])
    base = won(mine, np.asarray(rivals))
    gain = won(mine[:, None] + drawn[None], np.asarray(rivals)) - base[:, None]
    gain[np.arange(len(drawn))[None] < np.arange(inner + 1)[:, None]] = 0.0
    return base, gain
