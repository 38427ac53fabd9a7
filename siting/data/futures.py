"""Turn a scenario's futures into demand by future, phase and zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import Fault, ScenarioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Robust, Scenario
    from siting.scenario.robust import Drawn, Future, RiskMeasure, Worth

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Futures:
    """Hold K futures of one question, and what is asked over them."""

    names: tuple[str, ...]
    probability: Floats
    """(K,)"""
    demand_kwh: Floats
    """(K, T, I) kWh a day."""
    objective: RiskMeasure
    measure: Worth
    alpha: float
    """0 unless cvar."""


def futures_of(case: Case, scenario: Scenario, demand_kwh: Floats) -> Futures | None:
    """Return the futures of a scenario, or None where it has none.

    Parameters
    ----------
    case, scenario
        City and question.
    demand_kwh
        (T, I) the scenario's own demand, kWh a day.

    Raises
    ------
    ScenarioError
        If demand moves to a district the case does not have, or that has no demand.
    """
    robust = scenario.robust
    if robust is None:
        return None
    _check(case, scenario, robust)
    home = case.zones["district"].to_numpy()
    if robust.drawn is not None:
        names, demand = _drawn(
            scenario, robust.drawn, demand_kwh, home, tuple(case.districts["id"])
        )
        likely = np.full(len(names), 1 / len(names))
    else:
        names = tuple(item.name for item in robust.futures)
        demand = np.array([_told(scenario, item, demand_kwh, home) for item in robust.futures])
        likely = np.array([item.probability for item in robust.futures])
        likely = likely / likely.sum()
    return Futures(names, likely, demand, robust.objective, robust.measure, robust.alpha or 0.0)


def _told(scenario: Scenario, item: Future, demand: Floats, home: NDArray[np.object_]) -> Floats:
    factor = [
        item.growth
        * item.growth_by_phase.get(phase.name, 1.0)
        * _share(item.super_share.get(phase.name), phase.super_share)
        for phase in scenario.phases
    ]
    grown: Floats = demand * np.array(factor)[:, None]
    if not item.shift_to:
        return grown
    there = np.isin(home, item.shift_to)
    moved = item.shift_share * grown[:, ~there].sum(axis=1)
    before = grown[:, there].sum(axis=1)
    more = grown * (1 + moved / before)[:, None]
    return np.asarray(np.where(there, more, grown * (1 - item.shift_share)))


def _share(own: float | None, usual: float | None) -> float:
    return 1.0 if own is None or not usual else own / usual


def _drawn(
    scenario: Scenario,
    drawn: Drawn,
    demand: Floats,
    home: NDArray[np.object_],
    districts: tuple[str, ...],
) -> tuple[tuple[str, ...], Floats]:
    """Draw, future by future: one normal number for growth, one for the share, one a district."""
    rng = np.random.default_rng(drawn.seed)
    phases = np.arange(1, len(scenario.phases) + 1) / len(scenario.phases)
    usual = np.array([phase.super_share or 0.0 for phase in scenario.phases])
    most = np.divide(1.0, usual, out=np.full(len(usual), np.inf), where=usual > 0)
    rows = []
    for _ in range(drawn.count):
        growth, share, *place = rng.standard_normal(2 + len(districts)).tolist()
        factor = _lognormal(growth, drawn.growth_spread * phases)
        own = np.where(usual > 0, _lognormal(share, drawn.share_spread * phases), 1.0)
        grown = demand * (factor * np.minimum(own, most))[:, None]
        weight = np.zeros(grown.shape)
        for name, number in zip(districts, place, strict=True):
            weight[:, home == name] = _lognormal(number, drawn.place_spread * phases)[:, None]
        moved = grown * weight
        rows.append(moved * (grown.sum(axis=1) / moved.sum(axis=1))[:, None])
    digits = len(str(drawn.count))
    names = tuple(f"drawn {n + 1:0{digits}d}" for n in range(drawn.count))
    return names, np.array(rows)


def _lognormal(number: float, spread: Floats) -> Floats:
    """Return a lognormal factor of mean 1, of a standard normal number."""
    return np.exp(spread * number - spread**2 / 2)


def _check(case: Case, scenario: Scenario, robust: Robust) -> None:
    known = set(case.districts["id"])
    demand = case.zones.groupby("district")["demand"].sum().to_dict()
    faults = []
    for item in robust.futures:
        field = f"robust.futures.{item.name}.shift_to"
        faults += [
            Fault(
                f"scenario {scenario.name}",
                f"{name!r} is not a district of {case.name}",
                f"Its districts are {', '.join(sorted(known))}.",
                field=field,
            )
            for name in item.shift_to
            if name not in known
        ]
        if item.shift_to and not sum(demand.get(name, 0.0) for name in item.shift_to) > 0:
            what = "there is no demand there to grow in proportion"
            mend = "Name districts with demand."
            faults.append(Fault(f"scenario {scenario.name}", what, mend, field=field))
    if faults:
        msg = f"The scenario does not fit the case {case.name}:"
        raise ScenarioError(msg, faults)
