r"""State the dispatch of storage, PV and V2G as a linear program, in PuLP.

Sets: stations :math:`j`, groups (substations) :math:`g`, days :math:`d` that come :math:`n_d` times
a year, hours :math:`h`. Sizes: battery :math:`E_j` kWh and :math:`B_j` kW, PV :math:`P_j` kW,
highest load :math:`M_j` (only where it is charged for). Flows in kW: :math:`g` bought and :math:`e`
fed in, :math:`u` PV used or fed in, :math:`c` and :math:`d` into and out of the battery, which
holds :math:`s` kWh, :math:`v` given by vehicles and :math:`r` given back to them; :math:`o` by
which a substation's limit is passed.

.. math::

    \min \quad & \sum_j (\kappa^E E_j + \kappa^B B_j + \kappa^P P_j + \kappa^M M_j)
       + \sum_d n_d \sum_h \Big( \sum_j (b\,g - f\,e + w\,d + p\,v) + \pi \sum_g o \Big) \\
    \text{balance:} \quad & g - e + u + d + v - c - r = L \\
    \text{store:}   \quad & s_h - s_{h-1} - \sqrt{\rho}\, c + d / \sqrt{\rho} = 0,
                            \quad \text{the day's end being its start} \\
    \text{fill:}    \quad & s \le \delta E_j \\
    \text{power:}   \quad & c + d \le B_j \\
    \text{rate:}    \quad & B_j \le \gamma E_j \\
    \text{sun:}     \quad & u \le y_{dh} P_j \\
    \text{export:}  \quad & e \le u \quad (+ d, \text{if batteries may feed in}) \\
    \text{give:}    \quad & \sum_h v \le V_{jd}, \qquad v \le L \\
    \text{back:}    \quad & \sum_h (\rho^V r - v) = 0 \\
    \text{room:}    \quad & c + r - d - v - u \le K_j - D \\
    \text{most:}    \quad & g \le M_j \\
    \text{limit:}   \quad & \sum_{j \in g} (c + r - d - v - u) - o \le R_g - \sum_{j \in g} D

:math:`L` is the load that is expected and paid for, :math:`D` the design load that the connection
:math:`K` and the substation's room :math:`R` have to hold: what equipment adds or takes off is the
same for both. :math:`c + d \le B` cuts off no schedule that does one at a time. The form is that of
behind-the-meter sizing in NREL's REopt (technical report TP-7A40-70022, 2017), with substations
that stations share; :math:`\kappa` is the capital recovery factor on price and life, with upkeep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.models.dispatch.layout import FLOWS, Layout
from siting.models.labels import names_for
from siting.models.program import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from siting.models.dispatch.question import Question

    Place = tuple[int, ...]

_LE, _EQ = pulp.LpConstraintLE, pulp.LpConstraintEQ


def state(question: Question) -> Statement:
    """State a dispatch as a linear program with named variables and constraints."""
    return _Writer(question).write()


class _Writer:
    """Write the program, one method a block of the formulation above."""

    def __init__(self, question: Question) -> None:
        self.q, self.item = question, question.equipment
        self.layout = Layout(question)
        self.lp = pulp.LpProblem("dispatch", pulp.LpMinimize)
        self.labels = {
            "j": names_for(question.stations),
            "g": names_for(question.groups),
            "d": names_for(question.days),
        }
        self.columns: list[Any] = []
        self.rows: list[Any] = []
        self.x: dict[tuple[str, Place], Any] = {}

    def write(self) -> Statement:
        self._variables()
        self._energy()
        self._battery()
        self._sun()
        self._vehicles()
        self._limits()
        return Statement(self.lp, {}, [], {}, self.columns, self.rows)

    def _name(self, block: str, place: Place) -> str:
        first = "g" if block in {"o", "limit"} else "j"
        label = [self.labels[first][place[0]]]
        if len(place) > 1:
            label.append(self.labels["d"][place[1]])
        return f"{block}({','.join([*label, *map(str, place[2:])])})"

    def _variables(self) -> None:
        costs, (lower, upper) = self.layout.costs(), self.layout.bounds()
        terms = []
        for block, shape in self.layout.shapes.items():
            for place in np.ndindex(shape):
                low, high = float(lower[block][place]), float(upper[block][place])
                column = self.lp.add_variable(self._name(block, place), low, high)
                self.columns.append(column)
                self.x[block, place] = column
                if costs[block][place]:
                    terms.append((column, float(costs[block][place])))
        self.lp.setObjective(pulp.LpAffineExpression(terms))

    def _row(self, name: str, terms: Iterable[tuple[Any, float]], sense: int, rhs: float) -> None:
        row = pulp.LpConstraint(pulp.LpAffineExpression(list(terms)), sense, name, float(rhs))
        self.lp.addConstraint(row)
        self.rows.append(row)

    def _hours(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        for place in np.ndindex(self.q.shape):
            yield place, {block: self.x[block, place] for block in FLOWS}

    def _energy(self) -> None:
        for place, x in self._hours():
            gives = [(x[n], 1.0) for n in ("g", "u", "d", "v")]
            takes = [(x[n], -1.0) for n in ("e", "c", "r")]
            name = self._name("balance", place)
            self._row(name, [*gives, *takes], _EQ, float(self.q.load_kw[place]))

    def _battery(self) -> None:
        way, hours = self.item.one_way, self.q.shape[2]
        for place, x in self._hours():
            before = self.x["s", (*place[:2], (place[2] - 1) % hours)]
            held = [(x["s"], 1.0), (before, -1.0)] if hours > 1 else []
            flows = [(x["c"], -way), (x["d"], 1 / way)]
            self._row(self._name("store", place), [*held, *flows], _EQ, 0)
        for place, x in self._hours():
            size = (self.x["E", place[:1]], -self.item.depth)
            self._row(self._name("fill", place), [(x["s"], 1.0), size], _LE, 0)
        for place, x in self._hours():
            size = (self.x["B", place[:1]], -1.0)
            self._row(self._name("power", place), [(x["c"], 1.0), (x["d"], 1.0), size], _LE, 0)
        for j in range(self.q.shape[0]):
            terms = [(self.x["B", (j,)], 1.0), (self.x["E", (j,)], -self.item.c_rate)]
            self._row(self._name("rate", (j,)), terms, _LE, 0)

    def _sun(self) -> None:
        for place, x in self._hours():
            size = (self.x["P", place[:1]], -float(self.q.sun[place[1:]]))
            self._row(self._name("sun", place), [(x["u"], 1.0), size], _LE, 0)
        for place, x in self._hours():
            terms = [(x["e"], 1.0), (x["u"], -1.0)]
            if self.item.storage_export:
                terms.append((x["d"], -1.0))
            self._row(self._name("export", place), terms, _LE, 0)

    def _vehicles(self) -> None:
        stations, days, hours = self.q.shape
        for place in np.ndindex(stations, days):
            given = [(self.x["v", (*place, h)], 1.0) for h in range(hours)]
            self._row(self._name("give", place), given, _LE, float(self.q.v2g_kwh[place]))
        for place in np.ndindex(stations, days):
            given = [(self.x["v", (*place, h)], -1.0) for h in range(hours)]
            back = [(self.x["r", (*place, h)], self.item.v2g_round_trip) for h in range(hours)]
            self._row(self._name("back", place), [*given, *back], _EQ, 0)

    def _shift(self, place: Place) -> list[tuple[Any, float]]:
        adds = [(self.x[block, place], 1.0) for block in ("c", "r")]
        return [*adds, *((self.x[block, place], -1.0) for block in ("d", "v", "u"))]

    def _limits(self) -> None:
        q = self.q
        for place, _ in self._hours():
            rhs = float(q.connection_kw[place[0]]) - float(q.design_kw[place])
            self._row(self._name("room", place), self._shift(place), _LE, rhs)
        if "M" in self.layout.shapes:
            for place, x in self._hours():
                terms = [(x["g"], 1.0), (self.x["M", place[:1]], -1.0)]
                self._row(self._name("most", place), terms, _LE, 0)
        for g, d, h in np.ndindex(self.layout.shapes["o"]):
            held = np.flatnonzero(q.group_of == g).tolist()
            terms = [term for j in held for term in self._shift((j, d, h))]
            rhs = float(q.room_kw[g, d, h] - q.design_kw[held, d, h].sum())
            name = self._name("limit", (g, d, h))
            self._row(name, [*terms, (self.x["o", (g, d, h)], -1.0)], _LE, rhs)
