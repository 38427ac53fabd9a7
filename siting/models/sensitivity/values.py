"""Price the limits of a plan: what one unit more of each would be worth.

Two ways, never mixed. Solved anew with one unit more: the value lies between two proved numbers,
which may stand far apart where the gap of the search is larger than the value. And by the prices of
the linear relaxation: an estimate, as they hold for parts of stations; but moved by one unit these
prices prove a bound on the value all the same (weak duality).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.arrays import arrays_of, named_rows
from siting.models.headroom import asked_kw, headroom_rows, row_names, with_room
from siting.models.highs import Arrays, Highs
from siting.models.labels import names_for
from siting.models.layout import Layout
from siting.models.relaxation import safe_bound
from siting.models.sensitivity.anew import solved_anew
from siting.models.sensitivity.figure import Figure, between, estimate, sign_of
from siting.models.statement import KCNY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.solution import Certificate

    Values = NDArray[np.float64]

MONEY_CNY = 1e6
POWER_KW = 1000.0
RATIO = 0.01


@dataclass(frozen=True, eq=False)
class Unit:
    """Hold one limit and one unit more of it."""

    name: str
    problem: Problem
    """With one unit more."""
    tighter: bool
    """True where one unit more asks for more: what is told is then what it costs."""


@dataclass(frozen=True)
class UnitValue:
    """Hold what one unit of a limit is worth, in the unit of the objective."""

    name: str
    value: Figure
    price: Figure
    """Of the linear relaxation."""
    note: str = ""


def units(problem: Problem, type_at: NDArray[np.int64], *, substations: int) -> list[Unit]:
    """Return the limits of a problem, each with one unit more.

    One station more where their number is limited; 1 M CNY more with each phase that has a budget;
    1 MW more at the substations that keep most sites from opening; 0.01 of ratio more.

    Parameters
    ----------
    problem, type_at
        The plan.
    substations
        Most substations.
    """
    p, found = problem, []
    limited = p.max_stations != NONE
    if limited.any():
        more = np.where(limited, p.max_stations + 1, NONE)
        found.append(Unit("one station more", replace(p, max_stations=more), tighter=False))
    for t in np.flatnonzero(np.isfinite(p.budget_cny)).tolist():
        money = p.budget_cny.copy()
        money[t:] += MONEY_CNY
        name = f"1 M CNY more with {p.phases[t]}"
        found.append(Unit(name, replace(p, budget_cny=money), tighter=False))
    for g in full_substations(p, type_at)[:substations]:
        name = f"1 MW more at substation {p.substations[g]}"
        found.append(Unit(name, with_room(p, g, POWER_KW), tighter=False))
    if p.city_target.any():
        found.append(_ratio(p))
    return found


def _ratio(p: Problem) -> Unit:
    more = int(np.ceil(RATIO * p.fuel_count.sum() - 1e-9))
    target = np.where(p.city_target > 0, p.city_target + more, 0)
    what = "guns" if (p.ratio_count > 1).any() else "stations"
    name = f"{RATIO:g} of ratio more ({more:,} {what}) in each phase"
    return Unit(name, replace(p, city_target=target), tighter=True)


def full_substations(problem: Problem, type_at: NDArray[np.int64]) -> list[int]:
    """Return substations without room for the smallest station at some site that has none.

    Those that keep the most demand within reach from a station first.
    """
    p, rows = problem, headroom_rows(problem)
    last = rows.phase == len(p.phases) - 1
    left = rows.limit_kw - asked_kw(p, type_at)
    near = np.bincount(p.pair_site, weights=p.demand_kwh[-1][p.pair_zone], minlength=len(p.sites))
    shut = []
    for g in range(len(p.substations)):
        own = np.flatnonzero(last & (rows.substation == g))
        fits = (rows.load_kw[own] <= left[own, None]).all(axis=0)
        may = p.allowed & p.is_super
        kept = (p.site_substation == g) & (type_at[-1] == NONE)
        kept &= may.any(axis=1) & ~(may & fits).any(axis=1)
        if kept.any():
            shut.append((-float(near[kept].sum()), g))
    return [g for _, g in sorted(shut)]


class Prices:
    """Hold the linear relaxation of a problem, and what its prices say of problems near it.

    Parameters
    ----------
    problem
        The question.
    effort
        Threads, seed and time.
    """

    def __init__(self, problem: Problem, effort: Effort) -> None:
        self.problem = problem
        self.arrays = arrays_of(problem)
        self.upper = Layout.of(problem, self.arrays).upper
        self.money = KCNY if problem.objective == "cost" else 1.0
        highs = Highs(self.arrays, relaxed=True, threads=effort.threads, seed=effort.seed)
        run = highs.run(time_limit_s=effort.time_limit_s, method="ipm")
        self.duals = run.duals
        self.position = named_rows(problem)

    def shifted(self, unit: Unit) -> Arrays | None:
        """Return the program with one unit more; None where the unit adds a row."""
        lower, upper = self.arrays.row_lower.copy(), self.arrays.row_upper.copy()
        for name, change in _rows(self.problem, unit.problem).items():
            n = self.position.get(name)
            if n is None:
                return None
            lower[n], upper[n] = lower[n] + change, upper[n] + change
        return replace(self.arrays, row_lower=lower, row_upper=upper)

    def price(self, unit: Unit) -> Figure:
        """Return what the relaxation gives for one unit, or loses by it."""
        if not len(self.duals):
            return Figure("unknown", np.nan, np.nan)
        total = 0.0
        for name, change in _rows(self.problem, unit.problem).items():
            if name in self.position:
                total += abs(float(self.duals[self.position[name]]) * change)
        return estimate(total * self.money)

    def bound(self, unit: Unit) -> float:
        """Return a proven bound on the objective with one unit more."""
        shifted = self.shifted(unit)
        if shifted is None or not len(self.duals):
            return sign_of(self.problem) * np.inf
        return safe_bound(shifted, self.duals, self.upper) * self.money


def _rows(before: Problem, after: Problem) -> dict[str, float]:
    """Return how the right-hand sides of a statement differ, by the name of the row."""
    phase = names_for(before.phases)
    found: dict[str, float] = {}
    for t, name in enumerate(phase):
        most = float(after.max_stations[t] - before.max_stations[t])
        ratio = float(after.city_target[t] - before.city_target[t])
        money = 0.0
        if np.isfinite(before.budget_cny[t]):
            money = float(after.budget_cny[t] - before.budget_cny[t]) / KCNY
        found |= {f"most({name})": most, f"ratio({name})": ratio, f"budget({name})": money}
    rooms = headroom_rows(after).limit_kw - headroom_rows(before).limit_kw
    found |= dict(zip(row_names(before), rooms.tolist(), strict=True))
    return {name: change for name, change in found.items() if change}


def priced(
    problem: Problem,
    found: Sequence[Unit],
    base: Certificate,
    prices: Prices,
) -> list[UnitValue]:
    """Return what each unit is worth as the relaxation's prices tell and prove it."""
    values = []
    for unit in found:
        if unit.tighter:
            value = Figure("bounds", 0.0, np.inf)
        else:
            most = sign_of(problem) * (prices.bound(unit) - base.objective)
            value = between(0.0, max(most, 0.0), scale=base.objective)
        price = prices.price(unit)
        if price.basis == "estimate":  # no more than is proved
            price = estimate(min(price.lower, value.upper))
        values.append(UnitValue(unit.name, value, price))
    return values


def solved(
    problem: Problem,
    found: Sequence[Unit],
    values: Sequence[UnitValue],
    base: Certificate,
    effort: Effort,
    *,
    progress: Callable[[str], None],
) -> list[UnitValue]:
    """Return values narrowed by solving each problem with one unit more.

    Parameters
    ----------
    problem
        The question.
    found, values
        Units, and what is known of each already.
    base
        Objective and bound of the plan.
    effort
        Of each solve.
    progress
        Called with a line of text now and then.
    """
    narrowed = []
    for unit, known in zip(found, values, strict=True):
        progress(f"solving with {unit.name}")
        figure, note = solved_anew(problem, unit.problem, base, effort, tighter=unit.tighter)
        lower = max(known.value.lower, figure.lower)
        upper = max(min(known.value.upper, figure.upper), lower)
        value = figure if note else between(lower, upper, scale=base.objective)
        narrowed.append(replace(known, value=value, note=note))
    return narrowed
