r"""State what is owed to districts and groups, in PuLP and as arrays.

For a floor of share :math:`\sigma` over the zones :math:`S` of a district or group, and for every
zone :math:`i` of a circle with the sites :math:`C(i)` within its radius:

.. math::

    \text{served\_in:}  \quad & \sum_{i \in S} \sum_j x_{ijt}
                                  \ge \sigma \textstyle\sum_{i \in S} d_{it} \\
    \text{covered\_in:} \quad & \sum_{i \in S} d_{it} c_{it}
                                  \ge \kappa \textstyle\sum_{i \in S} d_{it} \\
    \text{circle:}      \quad & \sum_{j \in C(i)} \sum_{k\ \text{super}} y_{jkt} \ge 1

with the sums of demand over reachable zones only. A floor is a guarantee to the worst off (J.
Rawls, A Theory of Justice, 1971; in location, M. Marsh & D. Schilling, European Journal of
Operational Research 74, 1994). Before the first phase a floor holds in it promises 0; a circle has
no row there. These rows stand after all others, phase by phase: floors, then circles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pulp
from scipy import sparse

from siting.data.problem import NONE
from siting.models.labels import names_for
from siting.models.relaxation import with_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from siting.data.fairness import Circle, Floor
    from siting.data.problem import Problem
    from siting.models.highs import Arrays

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

SLACK = 1e-9
"""As in ``statement``: sums of floats miss a promise by 1e-13."""


class NamedRow(NamedTuple):
    """Hold one row of the PuLP program."""

    name: str
    terms: list[tuple[Any, float]]
    sense: int
    rhs: float


def named_rows(
    problem: Problem,
    served: Callable[[int], list[Any]],
    cover: dict[tuple[int, int], Any],
    supers: Callable[[int, int], list[tuple[Any, float]]],
) -> Iterator[NamedRow]:
    """Yield the rows of equity, for the PuLP program.

    Parameters
    ----------
    problem
        The question.
    served
        Returns a phase's energy variables, pair by pair.
    cover
        Cover variables by zone and phase.
    supers
        Returns the variables of the supercharging types at a site in a phase, each with 1.
    """
    p, owed = problem, problem.fairness
    names = names_for([floor.scope for floor in owed.floors])
    phase = names_for(p.phases)
    for t in range(len(p.phases)):
        for floor, scope in zip(owed.floors, names, strict=True):
            terms: list[tuple[Any, float]]
            if floor.family == "served":
                within = floor.zones[p.pair_zone].tolist()
                terms = [(x, 1.0) for x, inside in zip(served(t), within, strict=True) if inside]
            else:
                zones = np.flatnonzero(floor.zones & p.reachable_zone).tolist()
                terms = [(cover[i, t], float(p.demand_kwh[t, i])) for i in zones]
            least = floor.promised_kwh[t] * (1 - SLACK)
            name = f"{floor.family}_in({scope},{phase[t]})"
            yield NamedRow(name, terms, pulp.LpConstraintGE, float(least))
        for circle, zone, group in _circle_zones(owed.circles, t):
            sites = circle.site[circle.row == zone].tolist()
            terms = [term for j in sites for term in supers(j, t)]
            name = f"circle({group}.{zone},{phase[t]})"
            yield NamedRow(name, terms, pulp.LpConstraintGE, 1.0)


def _circle_zones(circles: tuple[Circle, ...], phase: int) -> Iterator[tuple[Circle, int, int]]:
    for number, circle in enumerate(circles):
        if circle.asked[phase]:
            for zone in range(len(circle.zones)):
                yield circle, zone, number


def with_equity(arrays: Arrays, problem: Problem) -> Arrays:
    """Return the program with the rows of equity at its end, the floors among its floors.

    Parameters
    ----------
    arrays
        The program without them.
    problem
        The question; it may hold but some of its pairs.
    """
    owed = problem.fairness
    if not owed.floors and not owed.circles:
        return arrays
    rows = _Rows(problem, len(arrays.cost))
    first, phases = len(arrays.row_lower), len(problem.phases)
    rows.state()
    if not rows.low:
        return arrays
    matrix = sparse.csr_array(
        (np.concatenate(rows.value), (np.concatenate(rows.row), np.concatenate(rows.column))),
        shape=(len(rows.low), len(arrays.cost)),
    )
    endless = np.full(len(rows.low), np.inf)
    wider = with_rows(arrays, matrix, np.array(rows.low), endless)
    base = arrays.floors.reshape(phases, -1)
    own = first + np.array(rows.floors, dtype=np.int64).reshape(phases, -1)
    return replace(wider, floors=np.hstack([base, own]).ravel().astype(np.int64))


class _Rows:
    """Gather entries of the rows, in the order of `named_rows`."""

    def __init__(self, problem: Problem, size: int) -> None:
        p = self.p = problem
        self.size = size
        site, kind = np.nonzero(p.allowed)
        self.choices = len(site)
        self.column_of = np.full(p.allowed.shape, NONE, dtype=np.int64)
        self.column_of[site, kind] = np.arange(self.choices)
        self.pairs = len(p.pair_zone) if p.serves else 0
        self.first_energy = self.choices * len(p.phases)
        self.first_cover = self.first_energy + self.pairs * len(p.phases)
        self.covered = np.flatnonzero(p.reachable_zone) if p.covers else np.empty(0, dtype=int)
        self.row: list[Indices] = []
        self.column: list[Indices] = []
        self.value: list[Values] = []
        self.low: list[float] = []
        self.floors: list[int] = []

    def state(self) -> None:
        for t in range(len(self.p.phases)):
            for floor in self.p.fairness.floors:
                self.floors.append(len(self.low))
                self._floor(floor, t)
            for circle, zone, _ in _circle_zones(self.p.fairness.circles, t):
                self._near(circle.site[circle.row == zone], t)

    def _append(self, column: Indices, value: Values, low: float) -> None:
        self.row.append(np.full(len(column), len(self.low)))
        self.column.append(column)
        self.value.append(value)
        self.low.append(low)

    def _floor(self, floor: Floor, t: int) -> None:
        p, least = self.p, float(floor.promised_kwh[t] * (1 - SLACK))
        if floor.family == "served":
            inside = np.flatnonzero(floor.zones[p.pair_zone])
            column = self.first_energy + t * self.pairs + inside
            self._append(column, np.ones(len(column)), least)
            return
        place = np.flatnonzero(floor.zones[self.covered])
        column = self.first_cover + t * len(self.covered) + place
        self._append(column, p.demand_kwh[t, self.covered[place]], least)

    def _near(self, sites: Indices, t: int) -> None:
        columns = self.column_of[sites][:, self.p.is_super]
        column = t * self.choices + columns[columns != NONE]
        self._append(column, np.ones(len(column)), 1.0)


def keeps(problem: Problem, energy_kwh: Values, met: NDArray[np.bool_]) -> bool:
    """Tell whether floors hold, to the slack of the program.

    Parameters
    ----------
    problem
        The question.
    energy_kwh
        (T, P) kWh a day along each pair.
    met
        (T, I) zones covered.
    """
    for floor in problem.fairness.floors:
        if floor.family == "served":
            got = energy_kwh[:, floor.zones[problem.pair_zone]].sum(axis=1)
        else:
            got = (problem.demand_kwh * met)[:, floor.zones].sum(axis=1)
        if (got < floor.promised_kwh * (1 - 1e-6) - 1e-6).any():
            return False
    return True


def floor_prices(problem: Problem, duals: Values, cover: Values) -> tuple[Values, ...]:
    """Return the prices that duals of the floors put on demand, as ``Prices`` holds them.

    Parameters
    ----------
    problem
        The question.
    duals
        (floors,) not negative, phase by phase: the served share, the covered share, then equity's.
    cover
        (T, I) of a station within reach; returned as it is, in its place.

    Returns
    -------
    promise, cover, cover_promise, promised
        (T, I), (T, I), (T, I) and (T,).
    """
    p, phases = problem, len(problem.phases)
    promise, cover_promise = np.zeros((2, phases, len(p.zones)))
    promised = np.zeros(phases)
    everyone = np.ones(len(p.zones), dtype=bool)
    floors = [
        (family, everyone, share * p.reachable_kwh)
        for family, share in (("served", p.min_served_share), ("covered", p.min_covered_share))
        if share
    ]
    floors += [(f.family, f.zones, f.promised_kwh) for f in p.fairness.floors]
    if not len(duals):
        return promise, cover, cover_promise, promised
    for (family, zones, kwh), price in zip(floors, duals.reshape(phases, -1).T, strict=True):
        (promise if family == "served" else cover_promise)[:, zones] += price[:, None]
        promised += price * kwh
    return promise, cover, cover_promise, promised
