r"""State flow refuelling in PuLP, to be read: every path, every point of its trip, every limit.

Variables: :math:`y_j \in \{0, 1\}`, site :math:`j` is open; :math:`z_q \in [0, 1]`, path :math:`q`
is refuelled; with capacities :math:`v_{qs} \in [0, 1]`, path :math:`q` fills up at its stop
:math:`s`. :math:`S_{qa}`: the stops of trip :math:`q` before point :math:`a` and within the range
of it; points that the starting charge reaches need none.

.. math::

    & \max \sum_q f_q z_q \\
    \text{arc:}      \quad & z_q \le \sum_{s \in S_{qa}} y_{j(s)} \quad
                             (\text{with capacities } v_{qs}) \\
    \text{stop:}     \quad & v_{qs} \le y_{j(s)} \\
    \text{capacity:} \quad & \sum_{q, s: j(s) = j} f_q v_{qs} \le C_j y_j \\
    \text{count:}    \quad & p_0 \le \sum_j y_j \le p \\
    \text{limits:}   \quad & l \le R y \le u

I. Capar, M. Kuby, V. J. Leon & Y.-J. Tsai, European Journal of Operational Research 227 (2013)
142-151; capacities after C. Upchurch, M. Kuby & S. Lim, Geographical Analysis 41 (2009) 85-106. The
engine solves the same program with the rows that matter (`flow`, `flow_capacity`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.models.classical.question_rows import state_limits
from siting.models.program import Statement

if TYPE_CHECKING:
    from siting.models.classical.flow_question import FlowQuestion


def state_flow(question: FlowQuestion) -> Statement:
    """State a question of flow refuelling with named variables and constraints."""
    return _Writer(question).write()


class _Writer:
    """Write the program, one method a block of the formulation above."""

    def __init__(self, question: FlowQuestion) -> None:
        self.q = question
        self.lp = pulp.LpProblem("flow", pulp.LpMaximize)
        kept = question.kept.tolist()
        self.open = [
            self.lp.add_variable(f"y({j})", int(kept[j]), 1, pulp.LpInteger)
            for j in range(question.sites)
        ]
        paths = range(len(question.flow))
        self.refuelled = [self.lp.add_variable(f"z({q})", 0, 1) for q in paths]
        stops = range(len(question.trips.path) if question.capacity is not None else 0)
        self.fill = [self.lp.add_variable(f"v({s})", 0, 1) for s in stops]
        self.rows: list[Any] = []

    def write(self) -> Statement:
        worth = zip(self.refuelled, self.q.flow.tolist(), strict=True)
        self.lp += pulp.LpAffineExpression(list(worth))
        for q in range(len(self.refuelled)):
            self._arcs(q)
        if self.q.capacity is not None:
            self._stops()
            self._capacity()
        self.rows += state_limits(self.lp, self.open, self.q)
        columns = [*self.open, *self.refuelled, *self.fill]
        return Statement(self.lp, {}, [], {}, columns, self.rows)

    def _add(self, row: Any, name: str) -> None:  # noqa: ANN401 - PuLP is untyped
        self.lp += row, name
        self.rows.append(row)

    def _arcs(self, q: int) -> None:
        trips, question = self.q.trips, self.q
        first, last = np.searchsorted(trips.path, [q, q + 1]).tolist()
        end = question.trip_km[q] + question.end_share * question.range_km
        points = [*trips.driven_km[first:last].tolist(), float(end)]
        for a, point in enumerate(points):
            if point + (1 - question.start_share) * question.range_km <= question.reach_km:
                continue
            before = [s for s in range(a) if point - points[s] <= question.reach_km]
            carried = pulp.lpSum(self._at(first + s) for s in before)
            self._add(self.refuelled[q] - carried <= 0, f"arc({q},{a})")

    def _at(self, stop: int) -> Any:  # noqa: ANN401 - PuLP is untyped
        return self.fill[stop] if self.fill else self.open[int(self.q.trips.site[stop])]

    def _stops(self) -> None:
        for s, site in enumerate(self.q.trips.site.tolist()):
            self._add(self.fill[s] - self.open[site] <= 0, f"stop({s})")

    def _capacity(self) -> None:
        trips, size = self.q.trips, self.q.capacity
        if size is None:
            return
        for j in range(self.q.sites):
            here = np.flatnonzero(trips.site == j).tolist()
            load = pulp.lpSum(float(self.q.flow[trips.path[s]]) * self.fill[s] for s in here)
            self._add(load - float(size[j]) * self.open[j] <= 0, f"capacity({j})")
