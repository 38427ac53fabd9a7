r"""State the question as a mixed-integer program, in PuLP.

Sets: zones :math:`i`, sites :math:`j`, types :math:`k` in rising rank, phases :math:`t`,
districts :math:`r`, substations :math:`g`; :math:`N(i)` the sites within reach of zone :math:`i`.

Variables: :math:`y_{jkt} \in \{0, 1\}`, site :math:`j` holds type :math:`k` in phase :math:`t`;
:math:`x_{ijt} \ge 0`, energy (kWh a day) of zone :math:`i` charged at :math:`j \in N(i)`;
:math:`c_{it} \in [0, 1]`, zone :math:`i` has an open station within reach.

.. math::

    \text{served:}  \quad & \max \sum_t w_t \sum_{ij} x_{ijt} \\
    \text{covered:} \quad & \max \sum_t w_t \sum_i d_{it} c_{it} \\
    \text{access:}  \quad & \min \sum_t w_t \sum_{ij} m_{ij} x_{ijt} \\
    \text{cost:}    \quad & \min \sum_{jk} C_{jk} y_{jkT} \\
    \text{one:}     \quad & \sum_k y_{jkt} \le 1 \quad (= 1 \text{ for what must stay}) \\
    \text{rise:}    \quad & \sum_{k \ge m} y_{jkt} \ge \sum_{k \ge m} y_{jk,t-1} \\
    \text{fixed:}   \quad & y_{jkt} \ge 1, \quad \sum_k y_{jkt} \le 0 \text{ where decided} \\
    \text{demand:}  \quad & \sum_j x_{ijt} \le d_{it} \\
    \text{capacity:}\quad & \sum_i x_{ijt} \le
                              \sum_k \min(Q_k, \textstyle\sum_{i: j \in N(i)} d_{it}) y_{jkt} \\
    \text{link:}    \quad & x_{ijt} \le d_{it} \sum_{k\ \text{super}} y_{jkt} \quad
                              \text{(access only)} \\
    \text{cover:}   \quad & c_{it} \le \sum_{j \in N(i)} \sum_{k\ \text{super}} y_{jkt} \\
    \text{ratio:}   \quad & \sum_{jk} n_k y_{jkt} \ge F_t, \qquad
                              \sum_{j \in r, k} n_k y_{jkt} \ge F_{rt} \\
    \text{most:}    \quad & \sum_{jk\ \text{super}} y_{jkt} \le M_t \\
    \text{budget:}  \quad & \sum_{jk} C_{jk} y_{jkt} \le B_t \\
    \text{spacing:} \quad & \sum_{k\ \text{super}} (y_{jkt} + y_{j'kt}) \le 1 \text{ if close} \\
    \text{headroom:}\quad & \sum_{j \in g, k} P_k y_{jkt} \le H_{gt} \quad
                              \text{(by hour with batteries or reinforcements)} \\
    \text{floors:}  \quad & \sum_{ij} x_{ijt} \ge \sigma \textstyle\sum_i d_{it}, \qquad
                              \sum_i d_{it} c_{it} \ge \kappa \textstyle\sum_i d_{it}

The capacitated maximal covering location problem (Current & Storbeck, Environment and Planning B,
1988) with sizes and phases; ``min(Q, reachable demand)`` tightens the relaxation and cuts off no
plan. Spacing is stated on the last phase alone where supercharging stations neither close nor fade.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp

from siting.data.problem import NONE
from siting.models.equity import named_rows
from siting.models.headroom import headroom_rows, row_names
from siting.models.labels import names_for
from siting.models.program import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from siting.data.problem import Problem

KCNY = 1e3
"""Budget rows are in thousands of CNY: coefficients of one to ten thousand suit a solver."""
SLACK = 1e-9
"""Relative slack on budget and headroom: sums of floats miss an exact limit by 1e-13."""


def state(problem: Problem) -> Statement:
    """State a problem as a mixed-integer program with named variables and constraints."""
    return _Writer(problem).write()


class _Writer:
    """Write the program, one method a block of the formulation above."""

    def __init__(self, problem: Problem) -> None:
        p = self.p = problem
        least = problem.objective in {"access", "cost"}
        sense = pulp.LpMinimize if least else pulp.LpMaximize
        self.lp = pulp.LpProblem("siting", sense)
        self.zone, self.site = names_for(p.zones), names_for(p.sites)
        self.kind, self.phase = names_for(p.types), names_for(p.phases)
        self.district = names_for(p.districts)
        self.phases = range(len(problem.phases))
        self.held = [np.flatnonzero(row).tolist() for row in problem.allowed]
        self.columns: list[Any] = []
        self.rows: list[Any] = []
        self.build: dict[tuple[int, int, int], Any] = {}
        self.serve: list[Any] = []
        self.cover: dict[tuple[int, int], Any] = {}

    def write(self) -> Statement:
        self._variables()
        self._objective()
        for t in self.phases:
            for j in range(len(self.p.sites)):
                self._one(j, t)
                self._rise(j, t)
            self._fixed(t)
            if self.serve:
                self._service(t)
            if self.cover:
                self._coverage(t)
            self._ratio(t)
            self._budget(t)
            self._headroom(t)
            self._spacing(t)
        for row in named_rows(self.p, self._served, self.cover, self._super):
            self._row(*row)
        return Statement(self.lp, self.build, self.serve, self.cover, self.columns, self.rows)

    def _new(self, name: str, *, upper: float | None = None, binary: bool = False) -> Any:  # noqa: ANN401 - PuLP is untyped
        kind = pulp.LpBinary if binary else pulp.LpContinuous
        variable = self.lp.add_variable(name, 0, upper, kind)
        self.columns.append(variable)
        return variable

    def _variables(self) -> None:
        p = self.p
        for t in self.phases:
            for j, held in enumerate(self.held):
                for k in held:
                    name = f"y({self.site[j]},{self.kind[k]},{self.phase[t]})"
                    self.build[j, k, t] = self._new(name, binary=True)
        if p.serves:
            pairs = list(zip(p.pair_zone.tolist(), p.pair_site.tolist(), strict=True))
            for t in self.phases:
                self.serve += [
                    self._new(f"x({self.zone[i]},{self.site[j]},{self.phase[t]})") for i, j in pairs
                ]
        if p.covers:
            for t in self.phases:
                for i in np.flatnonzero(p.reachable_zone).tolist():
                    name = f"c({self.zone[i]},{self.phase[t]})"
                    self.cover[i, t] = self._new(name, upper=1)

    def _served(self, t: int) -> list[Any]:
        size = len(self.p.pair_zone)
        return self.serve[t * size : (t + 1) * size]

    def _objective(self) -> None:
        p = self.p
        terms: list[tuple[Any, float]] = []
        for t in self.phases:
            weight = float(p.weight[t])
            if p.objective == "served":
                terms += [(x, weight) for x in self._served(t)]
            elif p.objective == "access":
                minutes = (weight * p.pair_minutes).tolist()
                terms += list(zip(self._served(t), minutes, strict=True))
            elif p.objective == "covered":
                demand = weight * p.demand_kwh[t]
                terms += [(c, float(demand[i])) for (i, u), c in self.cover.items() if u == t]
        if p.objective == "cost":
            terms = [
                (y, p.state_cost_cny[j, k] / KCNY)
                for (j, k, t), y in self.build.items()
                if t == self.phases[-1]
            ]
        self.lp.setObjective(pulp.LpAffineExpression(terms))

    def _row(self, name: str, terms: Iterable[tuple[Any, float]], sense: int, rhs: float) -> None:
        row = pulp.LpConstraint(pulp.LpAffineExpression(list(terms)), sense, name, float(rhs))
        self.lp.addConstraint(row)
        self.rows.append(row)

    def _at(self, j: int, t: int, *, from_type: int = 0) -> list[tuple[Any, float]]:
        return [(self.build[j, k, t], 1.0) for k in self.held[j] if k >= from_type]

    def _super(self, j: int, t: int) -> list[tuple[Any, float]]:
        return [(self.build[j, k, t], 1.0) for k in self.held[j] if self.p.is_super[k]]

    def _one(self, j: int, t: int) -> None:
        stays = self.p.initial[j] != NONE and not self.p.closable[j]
        sense = pulp.LpConstraintEQ if stays else pulp.LpConstraintLE
        if self.held[j]:
            self._row(f"one({self.site[j]},{self.phase[t]})", self._at(j, t), sense, 1)

    def _rise(self, j: int, t: int) -> None:
        """Let no site step back; what may close stays closed then, and what was enlarged open."""
        if t == 0:
            return
        for k in self.held[j]:
            now, before = self._at(j, t, from_type=k), self._at(j, t - 1, from_type=k)
            name = f"rise({self.site[j]},{self.kind[k]},{self.phase[t]})"
            closes = self.p.closable[j] and k == self.p.initial[j]
            sense = pulp.LpConstraintLE if closes else pulp.LpConstraintGE
            self._row(name, [*now, *[(y, -a) for y, a in before]], sense, 0)

    def _fixed(self, t: int) -> None:
        for j, kind in zip(*(part.tolist() for part in self.p.fixes(t)), strict=True):
            sense = pulp.LpConstraintLE if kind == NONE else pulp.LpConstraintGE
            if terms := self._at(j, t) if kind == NONE else [(self.build[j, kind, t], 1.0)]:
                self._row(f"fixed({self.site[j]},{self.phase[t]})", terms, sense, kind != NONE)

    def _service(self, t: int) -> None:
        p, serve = self.p, self._served(t)
        by_zone: dict[int, list[Any]] = defaultdict(list)
        by_site: dict[int, list[Any]] = defaultdict(list)
        reachable = np.bincount(
            p.pair_site, weights=p.demand_kwh[t][p.pair_zone], minlength=len(p.sites)
        )
        for x, i, j in zip(serve, p.pair_zone.tolist(), p.pair_site.tolist(), strict=True):
            by_zone[i].append((x, 1.0))
            by_site[j].append((x, 1.0))
        for i, terms in by_zone.items():
            name = f"demand({self.zone[i]},{self.phase[t]})"
            self._row(name, terms, pulp.LpConstraintLE, p.demand_kwh[t, i])
        for j, terms in by_site.items():
            room = [
                (self.build[j, k, t], -min(float(p.capacity_kwh[k]), float(reachable[j])))
                for k in self.held[j]
            ]
            name = f"capacity({self.site[j]},{self.phase[t]})"
            self._row(name, [*terms, *room], pulp.LpConstraintLE, 0)
        if p.objective == "access":
            self._link(t)
        if p.min_served_share:
            floor = p.min_served_share * p.reachable_kwh[t] * (1 - SLACK)
            name = f"served({self.phase[t]})"
            self._row(name, [(x, 1.0) for x in serve], pulp.LpConstraintGE, floor)

    def _link(self, t: int) -> None:
        """Let no zone charge where nothing stands, pair by pair: it tightens the relaxation."""
        p = self.p
        supers = [[(y, a) for y, a in self._super(j, t)] for j in range(len(p.sites))]
        pairs = zip(self._served(t), p.pair_zone.tolist(), p.pair_site.tolist(), strict=True)
        for x, i, j in pairs:
            demand = float(p.demand_kwh[t, i])
            name = f"link({self.zone[i]},{self.site[j]},{self.phase[t]})"
            terms = [(x, 1.0), *[(y, -demand) for y, _ in supers[j]]]
            self._row(name, terms, pulp.LpConstraintLE, 0)

    def _coverage(self, t: int) -> None:
        p = self.p
        by_zone: dict[int, list[Any]] = defaultdict(list)
        for i, j in zip(p.pair_zone.tolist(), p.pair_site.tolist(), strict=True):
            by_zone[i] += [(y, -a) for y, a in self._super(j, t)]
        for i, terms in by_zone.items():
            name = f"cover({self.zone[i]},{self.phase[t]})"
            self._row(name, [(self.cover[i, t], 1.0), *terms], pulp.LpConstraintLE, 0)
        if p.min_covered_share:
            floor = p.min_covered_share * p.reachable_kwh[t] * (1 - SLACK)
            terms = [(self.cover[i, t], p.demand_kwh[t, i]) for i in by_zone]
            self._row(f"covered({self.phase[t]})", terms, pulp.LpConstraintGE, floor)

    def _ratio(self, t: int) -> None:
        p = self.p
        counts = [
            (j, (self.build[j, k, t], float(p.ratio_count[k])))
            for j, held in enumerate(self.held)
            for k in held
            if p.ratio_count[k]
        ]
        if p.city_target[t] > 0:
            name = f"ratio({self.phase[t]})"
            self._row(name, [c for _, c in counts], pulp.LpConstraintGE, p.city_target[t])
        by_district: dict[int, list[Any]] = defaultdict(list)
        for j, term in counts:
            by_district[int(p.site_district[j])].append(term)
        for r, name in enumerate(self.district):
            if p.district_target[t, r] > 0:
                row = f"ratio({name},{self.phase[t]})"
                self._row(row, by_district[r], pulp.LpConstraintGE, p.district_target[t, r])
        if p.max_stations[t] != NONE:
            supers = [term for j in range(len(p.sites)) for term in self._super(j, t)]
            self._row(f"most({self.phase[t]})", supers, pulp.LpConstraintLE, p.max_stations[t])

    def _budget(self, t: int) -> None:
        if np.isfinite(self.p.budget_cny[t]):
            terms = [
                (self.build[j, k, t], self.p.state_cost_cny[j, k] / KCNY)
                for j, held in enumerate(self.held)
                for k in held
            ]
            limit = self.p.budget_cny[t] / KCNY * (1 + SLACK)
            self._row(f"budget({self.phase[t]})", terms, pulp.LpConstraintLE, limit)

    def _headroom(self, t: int) -> None:
        at: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for j, held in enumerate(self.held):
            at[int(self.p.site_substation[j])] += [(j, k) for k in held]
        rows, names = headroom_rows(self.p), row_names(self.p)
        for n in np.flatnonzero(rows.phase == t).tolist():
            g, load = int(rows.substation[n]), rows.load_kw[n].tolist()
            terms = [(self.build[j, k, t], load[k]) for j, k in at[g] if load[k]]
            if terms:
                limit = float(rows.limit_kw[n]) * (1 + SLACK)
                self._row(names[n], terms, pulp.LpConstraintLE, limit)

    def _spacing(self, t: int) -> None:
        last = t == self.phases[-1]
        fades = bool(np.any(np.diff(self.p.is_super.astype(int)) < 0))
        for a, b in self.p.conflicts.tolist():
            if last or fades or self.p.closable[a] or self.p.closable[b]:
                name = f"spacing({self.site[a]},{self.site[b]},{self.phase[t]})"
                terms = [*self._super(a, t), *self._super(b, t)]
                self._row(name, terms, pulp.LpConstraintLE, 1)
