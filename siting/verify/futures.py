"""Check a plan over several futures: each future's demand, what can be served, and the objective.

Demand of every future is restated from the scenario, and the most that the plan's stations can
serve is found anew by a linear program of scipy's over this package's own ways. Where a way is so
near the limit that either answer is right, the plan may count it or not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from siting.verify.formulas import capacity_kwh_day
from siting.verify.mismatch import slack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.plan import FuturePhase
    from siting.scenario import Robust
    from siting.verify.mismatch import Ledger
    from siting.verify.service import Served
    from siting.verify.state import State

    Floats = NDArray[np.float64]


def check_futures(ledger: Ledger, state: State, served: Served) -> tuple[float, float] | None:
    """Check every future; return the least and most the objective may be, None without futures."""
    robust, said = state.scenario.robust, state.plan.document.robust
    if robust is None or said is None:
        given = state.plan.document.outcome.status == "given"
        if (robust is None) != (said is None) and not given:
            ledger.note("robust", said is not None, robust is not None)
        return None
    names, likely, demand = _futures(state, served.demand, robust)
    ledger.same("robust.futures", [item.name for item in said.futures], names)
    asked = (robust.objective, robust.measure, robust.alpha, robust.drawn is not None)
    ledger.same("robust", (said.objective, said.measure, said.alpha, said.drawn), asked)
    if [item.name for item in said.futures] != names:
        return None
    low, high = np.zeros((2, len(names)))
    for k, item in enumerate(said.futures):
        where = f"robust.futures[{item.name}]"
        ledger.near(f"{where}.probability", item.probability, float(likely[k]))
        energy = _energies(ledger, state, served, demand[k], item.phases, where)
        weight = np.array([phase.weight for phase in state.scenario.phases])
        per = 1.0
        if robust.measure == "share":
            per = 1 / max(float((demand[k] * served.reachable).sum(axis=1) @ weight), 1e-9)
        low[k], high[k] = per * (energy @ weight)
        _between(ledger, f"{where}.worth", item.worth, (low[k], high[k]))
        ledger.at_least(f"{where}.own_bound", item.own_bound, item.worth, "its own worth")
        ledger.at_least(f"{where}.own_known", item.own_known, item.worth, "its own worth")
        ledger.near(f"{where}.regret_low", item.regret_low, item.own_known - item.worth)
        ledger.near(f"{where}.regret_high", item.regret_high, item.own_bound - item.worth)
    _values(ledger, state, likely, robust)
    return tuple(_together(worth, likely, robust) for worth in (low, high))  # type: ignore[return-value]


def _values(ledger: Ledger, state: State, likely: Floats, robust: Robust) -> None:
    """Check what is told of the plan for the mean demand, and of perfect information."""
    said, outcome = state.plan.document.robust, state.plan.document.outcome
    if said is None:
        return
    worth = [item.mean_worth for item in said.futures]
    mean = None
    if all(value is not None for value in worth):
        mean = _together(np.array(worth, dtype=np.float64), likely, robust)
    ledger.near("robust.mean_value", said.mean_value, mean)
    gain = None if mean is None else outcome.objective - mean
    ledger.near("robust.stochastic_value", said.stochastic_value, gain)
    least = most = None
    if robust.objective == "expected":
        known = float(likely @ np.array([item.own_known for item in said.futures]))
        bound = float(likely @ np.array([item.own_bound for item in said.futures]))
        least = max(0.0, known - outcome.bound)
        most = max(least, bound - outcome.objective)
    ledger.near("robust.perfect_low", said.perfect_low, least)
    ledger.near("robust.perfect_high", said.perfect_high, most)


def _energies(
    ledger: Ledger,
    state: State,
    served: Served,
    demand: Floats,
    phases: tuple[FuturePhase, ...],
    where: str,
) -> Floats:
    """Return the least and the most energy each phase may serve, (2, T)."""
    energy = np.zeros((2, len(phases)))
    for t, item in enumerate(phases):
        place = f"{where}.phases[{item.phase}]"
        ledger.near(f"{place}.demand_kwh_day", item.demand_kwh_day, float(demand[t].sum()))
        ways = [served.reached.must_reach(), served.reached.may_reach()]
        energy[0, t] = energy[1, t] = _most(state, t, demand[t], ways[1])
        if (ways[0] != ways[1]).any():
            energy[0, t] = _most(state, t, demand[t], ways[0])
        span = (float(energy[0, t]), float(energy[1, t]))
        _between(ledger, f"{place}.served_kwh_day", item.served_kwh_day, span)
    return energy


def _between(ledger: Ledger, where: str, said: float, span: tuple[float, float]) -> None:
    low, high = span
    if said < low - slack(low):
        ledger.near(where, said, low)
    elif said > high + slack(high):
        ledger.near(where, said, high)


def _most(state: State, phase: int, demand: Floats, ways: NDArray[np.bool_]) -> float:
    """Return the most energy the stations of a phase can serve, of demand (Z,), ways (Z, S)."""
    room = np.zeros(len(state.stations))
    for s, name in enumerate(state.stations):
        kind = state.kind(name, phase)
        if kind is not None:
            room[s] = capacity_kwh_day(kind, state.scenario.service)
    zone, station = np.nonzero(ways & (room > 0) & (demand > 0)[:, None])
    if not len(zone):
        return 0.0
    columns = np.tile(np.arange(len(zone)), 2)
    rows = np.concatenate([zone, len(demand) + station])
    shape = (len(demand) + len(room), len(zone))
    limits = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    found = linprog(  # type: ignore[call-overload]  # its stubs know no sparse array
        -np.ones(len(zone)), A_ub=limits, b_ub=np.append(demand, room), method="highs"
    )
    return -float(found.fun) if found.status == 0 else math.nan


def _together(worth: Floats, likely: Floats, robust: Robust) -> float:
    if robust.objective == "expected":
        return float(np.dot(worth, likely))
    if robust.objective == "worst":
        return float(np.min(worth))
    left, total = 1 - (robust.alpha or 0.0), 0.0
    for value, part in sorted(zip(worth.tolist(), likely.tolist(), strict=True)):
        taken = min(part, left)
        total += taken * value
        left -= taken
    return total / (1 - (robust.alpha or 0.0) - max(left, 0.0))


def _futures(
    state: State, demand: Floats, robust: Robust
) -> tuple[list[str], Floats, list[Floats]]:
    """Restate names, probabilities and (T, Z) demand of every future."""
    home = [str(name) for name in state.case.zones["district"]]
    if robust.drawn is not None:
        count = robust.drawn.count
        width = len(str(count))
        names = [f"drawn {str(n).zfill(width)}" for n in range(1, count + 1)]
        return names, np.full(count, 1 / count), _drawn(state, demand, robust, home)
    found = []
    for item in robust.futures:
        rows = []
        for phase, row in zip(state.scenario.phases, demand, strict=True):
            factor = item.growth * item.growth_by_phase.get(phase.name, 1.0)
            if phase.name in item.super_share and phase.super_share:
                factor *= item.super_share[phase.name] / phase.super_share
            grown, inside = row * factor, np.array([name in item.shift_to for name in home])
            if item.shift_to:
                moved = item.shift_share * float(grown[~inside].sum())
                kept = grown * (1 - item.shift_share)
                there = float(grown[inside].sum())
                grown = np.where(inside, grown * (there + moved) / there, kept)
            rows.append(grown)
        found.append(np.array(rows))
    total = sum(item.probability for item in robust.futures)
    likely = np.array([item.probability / total for item in robust.futures])
    return [item.name for item in robust.futures], likely, found


def _drawn(state: State, demand: Floats, robust: Robust, home: list[str]) -> list[Floats]:
    drawn, phases = robust.drawn, state.scenario.phases
    if drawn is None:
        return []
    districts = [str(name) for name in state.case.districts["id"]]
    numbers = np.random.default_rng(drawn.seed).standard_normal((drawn.count, 2 + len(districts)))
    where = np.array([districts.index(name) for name in home])
    found = []
    for growth, share, *place in numbers:
        rows = []
        for t, phase in enumerate(phases):
            part = (t + 1) / len(phases)
            factor = _factor(growth, drawn.growth_spread * part)
            if phase.super_share:
                own = _factor(share, drawn.share_spread * part)
                factor *= min(own, 1 / phase.super_share)
            spread = drawn.place_spread * part
            weight = np.array([_factor(z, spread) for z in place])[where]
            whole, moved = float(demand[t].sum()), demand[t] * weight
            rows.append(moved * (factor * whole / float(moved.sum())))
        found.append(np.array(rows))
    return found


def _factor(number: float, spread: float) -> float:
    return math.exp(spread * number - spread * spread / 2)
