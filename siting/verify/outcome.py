"""Check the certificate: objective, bound, gap, and the floors that were asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from siting.verify.classical import CLASSICAL, check_worth
from siting.verify.flow import refuelled_trips
from siting.verify.futures import check_futures
from siting.verify.market import captured_kwh
from siting.verify.mismatch import OPTIMAL_GAP, slack
from siting.verify.reinforcement import works_cny
from siting.verify.service import access_minutes
from siting.verify.stations import spent_cny

if TYPE_CHECKING:
    from siting.verify.mismatch import Ledger
    from siting.verify.service import Served
    from siting.verify.state import State

MOST = {"served", "covered", "max-cover", "backup-cover", "p-dispersion", "flow", "market"}
"""Kinds of which more is better."""


def check_outcome(ledger: Ledger, state: State, served: Served) -> None:
    """Check what the plan claims of its own quality."""
    said, kind = state.plan.document.outcome, state.scenario.objective.kind
    ledger.same("outcome.objective_kind", said.objective_kind, kind)
    over = check_futures(ledger, state, served)
    if over is not None:
        check_between(ledger, said.objective, over)
    elif kind in CLASSICAL:
        check_worth(ledger, state, served)
    elif kind == "flow":
        check_between(ledger, said.objective, refuelled_trips(state))
    elif kind == "market":
        check_between(ledger, said.objective, captured_kwh(state, served.demand[-1]))
    else:
        ledger.near("outcome.objective", said.objective, _objective(state, served))
    gap = abs(said.bound - said.objective) / max(abs(said.objective), 1e-9)
    ledger.near("outcome.gap", said.gap, gap)
    if kind in MOST:
        ledger.at_least("outcome.bound", said.bound, said.objective, "the objective itself")
    else:
        ledger.at_most("outcome.bound", said.bound, said.objective, "the objective itself")
    if said.status == "optimal" and gap > OPTIMAL_GAP + 1e-12:
        ledger.note("outcome.status", "optimal", f"feasible, with gap {gap:.3g}")
    if (said.status == "given") != state.scenario.only_fixed:
        right = "given" if state.scenario.only_fixed else "optimal or feasible"
        ledger.note("outcome.status", said.status, right)
    if not (math.isfinite(said.seconds) and said.seconds >= 0):
        ledger.note("outcome.seconds", said.seconds, "at least 0")
    _floors(ledger.asked, state, served)


def check_between(ledger: Ledger, said: float, found: tuple[float, float]) -> None:
    """Check an objective against the least and the most that rounding of ways leaves open."""
    low, high = found
    if said < low - slack(low):
        ledger.near("outcome.objective", said, low)
    if said > high + slack(high):
        ledger.near("outcome.objective", said, high)


def _objective(state: State, served: Served) -> float:
    kind, phases = state.scenario.objective.kind, state.scenario.phases
    if kind == "cost":
        spent = sum(spent_cny(state, name) for name in state.stations)
        return spent + works_cny(state, len(phases) - 1)
    total = 0.0
    for number, phase in enumerate(phases):
        if kind == "served":
            value = float(served.energy[number].sum())
        elif kind == "covered":
            value = float(served.demand[number, served.covered[number]].sum())
        else:
            minutes, kwh = access_minutes(state, number)
            value = float((minutes * kwh).sum())
        total += phase.weight * value
    return total


def _floors(ledger: Ledger, state: State, served: Served) -> None:
    floors = state.scenario.objective
    for number, name in enumerate(state.names):
        where = f"phases[{name}].kpis"
        demand = served.demand[number]
        reachable = float(demand[served.reachable].sum())
        if floors.min_served_share:
            energy, least = float(served.energy[number].sum()), floors.min_served_share * reachable
            if energy < least - slack(least):
                rule = "objective.min_served_share of reachable demand"
                ledger.at_least(f"{where}.served_kwh_day", energy, least, rule)
        if floors.min_covered_share:
            covered = float(demand[served.covered[number]].sum())
            least, total = floors.min_covered_share * reachable, float(demand.sum())
            rule = "objective.min_covered_share of reachable demand"
            if covered < least - slack(least):
                share = covered / total if total else 0.0
                ledger.at_least(f"{where}.demand_covered_share", share, least / (total or 1), rule)
