r"""State the assignment of zones to open sites, in PuLP and as arrays; the two are the same.

.. math::

    \min \quad & \sum_j f_j y_j + \sum_{ij} w_i d_{ij} x_{ij} \\
    \text{assign:}   \quad & \sum_{j \in N(i)} x_{ij} = 1 \quad \text{if } w_i > 0 \\
    \text{link:}     \quad & x_{ij} \le y_j \\
    \text{capacity:} \quad & \sum_i w_i x_{ij} \le Q_j y_j \quad \text{if that can bind} \\
    \text{count:}    \quad & a \le \sum_j y_j \le p \\
    \text{limits:}   \quad & l \le R y \le u \\
                           & x \ge 0, \quad y \in \{0, 1\}, \quad y_j = 1 \text{ if kept}

With :math:`f = 0` this is the p-median problem (S. L. Hakimi, Operations Research 12, 1964, in the
program of C. S. ReVelle & R. W. Swain, Geographical Analysis 2, 1970); with fixed costs it is the
facility location problem, capacitated or not, in its strong form (G. Cornuéjols, R. Sridharan &
J. M. Thizy, European Journal of Operational Research 50, 1991): one link a pair makes the linear
relaxation much tighter than one row a site would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pulp
from scipy import sparse

from siting.models.classical.site_program import SiteRows, add_row, open_variables
from siting.models.highs import Arrays
from siting.models.program import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from siting.models.classical.question import Question


def state(question: Question, fixed: NDArray[np.float64]) -> Statement:
    """State the whole program in PuLP.

    Parameters
    ----------
    question
        The question.
    fixed
        (J,) cost of opening each site.
    """
    return _Writer(question, fixed).write()


class _Writer:
    """Write the program, one method a block of the formulation above."""

    def __init__(self, question: Question, fixed: NDArray[np.float64]) -> None:
        self.q, self.fixed = question, fixed
        self.lp = pulp.LpProblem("assignment", pulp.LpMinimize)
        self.open = open_variables(self.lp, question)
        self.pairs = weighty_pairs(question)
        self.zone = question.zone[self.pairs].tolist()
        self.site = question.site[self.pairs].tolist()
        ends = list(zip(self.zone, self.site, strict=True))
        self.go = [self.lp.add_variable(f"x({i},{j})", 0, None) for i, j in ends]
        self.rows: list[Any] = []

    def write(self) -> Statement:
        q = self.q
        cost = (q.weight[self.zone] * q.distance[self.pairs]).tolist()
        terms = list(zip(self.open + self.go, self.fixed.tolist() + cost, strict=True))
        self.lp.setObjective(pulp.LpAffineExpression(terms))
        self._assign()
        for x, i, j in zip(self.go, self.zone, self.site, strict=True):
            self._row(f"link({i},{j})", [(x, 1.0), (self.open[j], -1.0)], -1, 0.0)
        self._capacity()
        for row in SiteRows.of(q).one_sided().each():
            add_row(self.lp, self.rows, self.open, row)
        build = {(j, 0, 0): y for j, y in enumerate(self.open)}
        return Statement(self.lp, build, self.go, {}, self.open + self.go, self.rows)

    def _row(self, name: str, terms: Iterable[tuple[Any, float]], sense: int, rhs: float) -> None:
        row = pulp.LpConstraint(pulp.LpAffineExpression(list(terms)), sense, name, rhs)
        self.lp.addConstraint(row)
        self.rows.append(row)

    def _assign(self) -> None:
        terms: dict[int, list[Any]] = {int(i): [] for i in np.flatnonzero(self.q.weight > 0)}
        for x, i in zip(self.go, self.zone, strict=True):
            terms[i].append((x, 1.0))
        for i, row in terms.items():
            self._row(f"assign({i})", row, 0, 1.0)

    def _capacity(self) -> None:
        room = binding_capacity(self.q)
        for j in np.flatnonzero(np.isfinite(room)).tolist():
            terms = [
                (x, float(self.q.weight[i]))
                for x, i, k in zip(self.go, self.zone, self.site, strict=True)
                if k == j
            ]
            self._row(f"capacity({j})", [*terms, (self.open[j], -float(room[j]))], -1, 0.0)


def weighty_pairs(question: Question) -> NDArray[np.int64]:
    """Return the pairs of zones that have weight."""
    return np.flatnonzero(question.weight[question.zone] > 0)


def binding_capacity(question: Question) -> NDArray[np.float64]:
    """Return (J,) what each site can serve, inf where all zones within reach need no more."""
    if question.capacity is None:
        return np.full(question.sites, np.inf)
    reachable = question.weight @ question.reach
    return np.where(question.capacity < reachable, question.capacity, np.inf)


def to_arrays(
    question: Question,
    fixed: NDArray[np.float64],
    *,
    pairs: NDArray[np.int64] | None = None,
    lower: NDArray[np.float64] | None = None,
    upper: NDArray[np.float64] | None = None,
) -> Arrays:
    """Return the program as arrays: all sites, then pairs; whole, or over some pairs only.

    Parameters
    ----------
    question
        The question.
    fixed
        (J,) cost of opening each site.
    pairs
        Pairs of zones with weight to keep, ascending; None for all.
    lower, upper
        (J,) bounds on sites that are settled already; None for 0, or 1 where kept, and 1.
    """
    pairs = weighty_pairs(question) if pairs is None else pairs
    zone = np.searchsorted(question.start, pairs, side="right") - 1
    site, weight = question.site[pairs], question.weight[zone]
    need, line = np.flatnonzero(question.weight > 0), np.cumsum(question.weight > 0) - 1
    n, ones, at = len(pairs), np.ones(len(pairs)), np.arange(len(pairs))
    room = binding_capacity(question)
    tight = np.flatnonzero(np.isfinite(room))
    assign = sparse.csr_array((ones, (line[zone], at)), shape=(len(need), n))
    links = sparse.csr_array((-ones, (at, site)), shape=(n, question.sites))
    loads = sparse.csr_array((weight, (site, at)), shape=(question.sites, n))[tight]
    rooms = sparse.csr_array(sparse.diags_array(-np.where(np.isfinite(room), room, 0.0)))[tight]
    rows = SiteRows.of(question).one_sided()
    matrix = sparse.csr_array(
        sparse.block_array(
            [
                [sparse.csr_array((len(need), question.sites)), assign],
                [links, sparse.eye_array(n)],
                [rooms, loads],
                [rows.matrix, sparse.csr_array((len(rows.lower), n))],
            ],
            format="csr",
        )
    )
    below = np.full(n + len(tight), -np.inf)
    return Arrays(
        maximise=False,
        cost=np.concatenate([fixed, weight * question.distance[pairs]]),
        lower=np.concatenate([question.kept.astype(float) if lower is None else lower, 0 * ones]),
        upper=np.concatenate([np.ones(question.sites) if upper is None else upper, np.inf * ones]),
        integer=np.arange(question.sites + n) < question.sites,
        row_lower=np.concatenate([np.ones(len(need)), below, rows.lower]),
        row_upper=np.concatenate([np.ones(len(need)), np.zeros(n + len(tight)), rows.upper]),
        start=matrix.indptr.astype(np.int32),
        index=matrix.indices.astype(np.int32),
        value=matrix.data.astype(float),
        row_names=(),
    )


def clean_share(
    question: Question, pairs: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (P,) shares out of a solver's values: none below 0, a zone's adding up to 1."""
    share = np.zeros(len(question.site))
    share[pairs] = np.where(values > 1e-9, values, 0.0)  # noqa: PLR2004 - a solver's dust
    zone = np.searchsorted(question.start, pairs, side="right") - 1
    total = np.bincount(zone, weights=share[pairs], minlength=len(question.weight))
    share[pairs] /= np.where(total[zone] > 0, total[zone], 1.0)
    return share


def hopeless(question: Question) -> bool:
    """Tell whether plain counting shows that there is no choice at all."""
    q = question
    alone = np.any(((np.diff(q.start) == 0) | (q.most == 0)) & (q.weight > 0))
    return bool(alone or q.kept.sum() > q.most or q.least > min(q.sites, q.most))


def total_cost(
    question: Question,
    fixed: NDArray[np.float64],
    opened: NDArray[np.bool_],
    share: NDArray[np.float64],
) -> float:
    """Return fixed cost and weight x distance of a choice.

    Parameters
    ----------
    question
        The question.
    fixed, opened
        (J,)
    share
        (P,)
    """
    used = np.flatnonzero(share)
    zone = np.searchsorted(question.start, used, side="right") - 1
    travel = question.weight[zone] * share[used] * question.distance[used]
    return float(fixed[opened].sum() + travel.sum())


def with_room(question: Question) -> SiteRows:
    """Return the rows on sites; with capacities, one more: room for all weight."""
    rows = SiteRows.of(question)
    total = float(question.weight.sum())
    if question.capacity is None or total <= 0:
        return rows
    room = np.minimum(question.capacity, question.weight @ question.reach) / total
    return rows.and_rows("room", sparse.csr_array(room[None, :]), lower=1 - 1e-9)
