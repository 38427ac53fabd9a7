"""State in PuLP what covering questions share: count, kept sites, limits, capacities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.models.classical.cover import asked, one_sided
from siting.models.program import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from siting.models.classical.question import Question


class CoverWriter:
    """Write a covering program, block by block.

    Parameters
    ----------
    question
        The question.
    layers
        Names of the variables that count a zone's first, second ... coverage.
    """

    def __init__(self, question: Question, layers: tuple[str, ...], *, maximise: bool) -> None:
        self.question = question
        self.lp = pulp.LpProblem("cover", pulp.LpMaximize if maximise else pulp.LpMinimize)
        self.columns: list[Any] = []
        self.rows: list[Any] = []
        self.zones = asked(question).tolist()
        self.near = {
            i: question.site[question.start[i] : question.start[i + 1]].tolist() for i in self.zones
        }
        kept = question.kept.tolist()
        self.y = [self._new(f"y({j})", kept[j], binary=True) for j in range(question.sites)]
        self.z = [{i: self._new(f"{name}({i})") for i in self.zones} for name in layers]
        limited = question.capacity is not None
        pairs = [(i, j) for i in self.zones for j in self.near[i]] if limited else []
        self.s = {pair: self._new("s({},{})".format(*pair)) for pair in pairs}

    def _new(self, name: str, lower: float = 0, *, binary: bool = False) -> Any:  # noqa: ANN401 - PuLP is untyped
        kind = pulp.LpInteger if binary else pulp.LpContinuous
        self.columns.append(self.lp.add_variable(name, float(lower), 1, kind))
        return self.columns[-1]

    def row(self, name: str, terms: Iterable[tuple[Any, float]], sense: int, rhs: float) -> None:
        """State one constraint."""
        row = pulp.LpConstraint(pulp.LpAffineExpression(list(terms)), sense, name, float(rhs))
        self.lp.addConstraint(row)
        self.rows.append(row)

    def objective(self, terms: Iterable[tuple[Any, float]]) -> None:
        """State what is sought."""
        self.lp.setObjective(pulp.LpAffineExpression(list(terms)))

    def counts_and_limits(self) -> None:
        """State how many sites may open, and every other limit on them."""
        question = self.question
        every = [(y, 1.0) for y in self.y]
        if question.least:
            self.row("least", every, pulp.LpConstraintGE, question.least)
        self.row("most", every, pulp.LpConstraintLE, question.most)
        limits = one_sided(question.limits)
        for r, name in enumerate(limits.names):
            begin, end = limits.rows.indptr[r : r + 2]
            entries = zip(limits.rows.indices[begin:end], limits.rows.data[begin:end], strict=True)
            terms = [(self.y[j], float(a)) for j, a in entries]
            below = np.isfinite(limits.upper[r])
            sense = pulp.LpConstraintLE if below else pulp.LpConstraintGE
            self.row(name, terms, sense, limits.upper[r] if below else limits.lower[r])

    def capacities(self, need: int = 0) -> None:
        """State what sites can serve: who counts as covered must be served.

        Parameters
        ----------
        need
            How many times every zone has to be served besides what its variables count.
        """
        capacity = self.question.capacity
        if capacity is None:
            return
        weight = self.question.weight.tolist()
        around: dict[int, list[int]] = {j: [] for j in range(self.question.sites)}
        for i in self.zones:
            served = [(self.s[i, j], 1.0) for j in self.near[i]]
            counted = [(layer[i], -1.0) for layer in self.z]
            self.row(f"served({i})", [*served, *counted], pulp.LpConstraintEQ, need)
            for j in self.near[i]:
                around[j].append(i)
        for j, zones in around.items():
            room = min(float(capacity[j]), sum(weight[i] for i in zones))
            used = [(self.s[i, j], weight[i]) for i in zones]
            terms = [(self.y[j], -room), *used]
            self.row(f"capacity({j})", terms, pulp.LpConstraintLE, 0)

    def done(self) -> Statement:
        """Return the statement."""
        return Statement(self.lp, {}, [], {}, self.columns, self.rows)
