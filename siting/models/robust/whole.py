r"""State a question over several futures whole, in PuLP: the deterministic equivalent.

To the rules on stations of ``siting.models.statement``, over the same :math:`y`, come in each
future :math:`k`, with :math:`v_k` what the plan is worth there (``question``):

.. math::

    \text{expected:} \quad & \max \sum_k p_k v_k \qquad
    \text{worst: } \max \eta \qquad
    \text{cvar: } \max \eta - \tfrac{1}{1 - \alpha} \sum_k p_k s_k \\
    \text{worth:}    \quad & v_k = \sum_t w_{kt} \sum_{ij} x_{kijt} \\
    \text{demand:}   \quad & \sum_j x_{kijt} \le d_{kit} \\
    \text{capacity:} \quad & \sum_i x_{kijt} \le
                               \sum_m \min(Q_m, \textstyle\sum_{i: j \in N(i)} d_{kit}) y_{jmt} \\
    \text{least:}    \quad & \eta \le v_k, \qquad \text{short: } s_k \ge \eta - v_k
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.models.labels import names_for
from siting.models.linear import with_pairs
from siting.models.program import Statement
from siting.models.statement import state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from siting.models.robust.question import Question

Terms = list[tuple[Any, float]]


def state_whole(question: Question, names: Sequence[str]) -> Statement:
    """State a question over futures as one program; its first columns are the choice.

    Parameters
    ----------
    question
        Over K futures.
    names
        (K,) of the futures.
    """
    return _Writer(question, names).write()


class _Writer:
    """Add futures to the rules on stations."""

    def __init__(self, question: Question, names: Sequence[str]) -> None:
        self.q, p = question, question.problem
        self.rules = state(with_pairs(p, np.empty(0, dtype=np.int64)))
        self.future = names_for(names)
        self.zone, self.site = names_for(p.zones), names_for(p.sites)
        self.phase = names_for(p.phases)
        self.columns, self.rows = list(self.rules.columns), list(self.rules.rows)

    def write(self) -> Statement:
        worth = [self._future(k) for k in range(len(self.future))]
        self._objective(worth)
        lp, build = self.rules.lp, self.rules.build
        return Statement(lp, build, [], {}, self.columns, self.rows)

    def _new(self, name: str) -> Any:  # noqa: ANN401 - PuLP is untyped
        column = self.rules.lp.add_variable(name, 0, None, pulp.LpContinuous)
        self.columns.append(column)
        return column

    def _row(self, name: str, terms: Iterable[tuple[Any, float]], sense: int, rhs: float) -> None:
        row = pulp.LpConstraint(pulp.LpAffineExpression(list(terms)), sense, name, float(rhs))
        self.rules.lp.addConstraint(row)
        self.rows.append(row)

    def _future(self, k: int) -> Any:  # noqa: ANN401 - PuLP is untyped
        """State who charges where in a future; return the column of what that is worth."""
        worth = self._new(f"v({self.future[k]})")
        terms: Terms = [(worth, -1.0)]
        for t in range(len(self.phase)):
            terms += self._phase(k, t)
        self._row(f"worth({self.future[k]})", terms, pulp.LpConstraintEQ, 0)
        return worth

    def _phase(self, k: int, t: int) -> Terms:
        p, demand = self.q.problem, self.q.demand_kwh[k, t]
        by_zone: dict[int, Terms] = defaultdict(list)
        by_site: dict[int, Terms] = defaultdict(list)
        within = np.bincount(p.pair_site, weights=demand[p.pair_zone], minlength=len(p.sites))
        terms: Terms = []
        tail = f"{self.phase[t]},{self.future[k]}"
        for i, j in zip(p.pair_zone.tolist(), p.pair_site.tolist(), strict=True):
            x = self._new(f"x({self.zone[i]},{self.site[j]},{tail})")
            by_zone[i].append((x, 1.0))
            by_site[j].append((x, 1.0))
            terms.append((x, float(self.q.weight[k, t])))
        for i, parts in by_zone.items():
            self._row(f"demand({self.zone[i]},{tail})", parts, pulp.LpConstraintLE, demand[i])
        for j, parts in by_site.items():
            room = [
                (self.rules.build[j, m, t], -min(float(p.capacity_kwh[m]), float(within[j])))
                for m in np.flatnonzero(p.allowed[j]).tolist()
            ]
            self._row(f"capacity({self.site[j]},{tail})", [*parts, *room], pulp.LpConstraintLE, 0)
        return terms

    def _objective(self, worth: list[Any]) -> None:
        q = self.q
        terms: Terms
        if q.objective == "expected":
            terms = [(v, float(a)) for v, a in zip(worth, q.probability, strict=True)]
        else:
            level = self._new("eta")
            terms = [(level, 1.0)]
            for v, a, name in zip(worth, q.probability.tolist(), self.future, strict=True):
                if q.objective == "worst":
                    row: Terms = [(v, 1.0), (level, -1.0)]
                    self._row(f"least({name})", row, pulp.LpConstraintGE, 0)
                    continue
                short = self._new(f"s({name})")
                terms.append((short, -a / (1 - q.alpha)))
                row = [(short, 1.0), (v, 1.0), (level, -1.0)]
                self._row(f"short({name})", row, pulp.LpConstraintGE, 0)
        self.rules.lp.setObjective(pulp.LpAffineExpression(terms))
