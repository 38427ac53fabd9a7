"""Recompute what a classical answer is worth, from its open stations and who can reach them.

Where a time or a limit lies within a rounding band both readings are right, so every worth is an
interval: nearly always a single number.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from siting.verify.asked import asked_zones
from siting.verify.formulas import great_circle_km
from siting.verify.mismatch import METRES, MINUTES, RELATIVE, slack
from siting.verify.service import access_minutes
from siting.verify.stations import spent_cny

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.verify.mismatch import Ledger
    from siting.verify.service import Served
    from siting.verify.state import State

    Floats = NDArray[np.float64]

CLASSICAL = {
    "set-cover",
    "max-cover",
    "backup-cover",
    "p-median",
    "p-center",
    "p-dispersion",
    "facility",
}
DAYS = 365
"""In a year."""


class Worth(NamedTuple):
    """Hold the least and the most a plan may be said to be worth, and the float noise of both."""

    low: float
    high: float
    absolute: float = 0.0


def check_worth(ledger: Ledger, state: State, served: Served) -> None:
    """Check the objective of a classical plan, and that it answers for all demand it has to."""
    said = state.plan.document.outcome.objective
    kind = state.scenario.objective.kind
    worth = _sites_alone(state) if kind in {"set-cover", "p-dispersion"} else None
    zones = np.zeros(len(state.case.zones), dtype=bool)
    if kind != "p-dispersion":
        zones = _asked(ledger.asked, state, served)
    if worth is None:
        worth = _of_zones(ledger, state, served, zones)
    low = worth.low - worth.absolute - slack(worth.low)
    high = worth.high + worth.absolute + slack(worth.high)
    if not low <= said <= high:
        ledger.note("outcome.objective", said, worth.low)
    most = state.scenario.phases[0].max_stations
    if kind == "p-dispersion" and most is not None:
        count = sum(1 for _ in state.open_super(0))
        rule = "as many as max_stations, to be apart"
        ledger.asked.at_least("kpis.stations_open", count, most, rule)


def _asked(ledger: Ledger, state: State, served: Served) -> NDArray[np.bool_]:
    """Return the zones the answer is about, noting those it leaves out, (Z,)."""
    demand, covered = served.demand[0], served.covered[0]
    must, may = asked_zones(state)
    zones = np.asarray((must | (may & covered)) & (demand > 0), dtype=bool)
    if state.scenario.objective.kind == "max-cover":
        return zones
    if _capacities(state):
        short = zones & (served.energy[0] < demand * (1 - RELATIVE) - slack(0.0))
        rule, field = "all its demand", "served_kwh_day"
    else:
        short = zones & ~covered
        rule, field = "a station within reach", "covered"
    for zone in np.flatnonzero(short).tolist():
        where = f"zones[{state.names[0]}, {state.case.zones['id'].iloc[zone]}].{field}"
        found = float(served.energy[0, zone]) if field == "served_kwh_day" else False
        ledger.note(where, found, f"{rule} (a site that may hold one is within reach)")
    return np.asarray(zones & ~short, dtype=bool)


def _capacities(state: State) -> bool:
    given, kind = state.scenario.objective.capacities, state.scenario.objective.kind
    return kind == "facility" if given is None else given


def _sites_alone(state: State) -> Worth:
    sites = [site for site, _ in state.open_super(0)]
    if state.scenario.objective.kind == "set-cover":
        return Worth(len(sites), len(sites))
    lon, lat = np.array([[site.lon, site.lat] for site in sites]).reshape(-1, 2).T
    apart_m = 1000 * great_circle_km(lon[:, None], lat[:, None], lon, lat)
    pairs = apart_m[np.triu_indices(len(sites), k=1)]
    least = float(pairs.min()) if len(pairs) else 0.0
    return Worth(least, least, METRES)


def _of_zones(ledger: Ledger, state: State, served: Served, zones: NDArray[np.bool_]) -> Worth:
    kind, demand = state.scenario.objective.kind, served.demand[0]
    if kind == "max-cover":
        covered = float(demand[served.covered[0]].sum())
        return Worth(covered, covered)
    if kind == "backup-cover":
        low, high = (
            float(demand[zones & (times >= 2)].sum())  # noqa: PLR2004 - one and its backup
            for times in _times(state, served)
        )
        return Worth(low, high)
    if _capacities(state):
        minutes, kwh = access_minutes(state, 0)
        drive = float((minutes * kwh).sum())
        low = high = drive
    else:
        nearest = [times[zones] for times in _nearest_minutes(state, served)]
        if not zones.any() and state.scenario.only_fixed:
            nearest = [np.zeros(1), np.zeros(1)]
        elif not zones.any():
            ledger.note("zones", "nothing to answer for", "demand within reach of some site")
            return Worth(math.nan, math.nan)
        if kind == "p-center":
            return Worth(float(nearest[0].max()), float(nearest[1].max()), MINUTES)
        low, high = (float(demand[zones] @ times) if zones.any() else 0.0 for times in nearest)
    total = max(float(demand[zones].sum()), 1e-9)
    if kind == "p-median":
        return Worth(low / total, high / total, MINUTES)
    capex = sum(spent_cny(state, name) for name in state.stations)
    rate = _drive_cny(state)
    return Worth(capex + rate * low, capex + rate * high, rate * total * MINUTES)


def _drive_cny(state: State) -> float:
    """Return CNY for a minute's drive of each kWh a day, over the years that count."""
    asked, session = state.scenario.objective, state.scenario.service.session_kwh
    return (asked.drive_cny_min or 0.0) / session * DAYS * (asked.horizon_years or 0.0)


def _open_columns(state: State) -> list[int]:
    column = {name: n for n, name in enumerate(state.stations)}
    return [column[site.id] for site, _ in state.open_super(0)]


def _times(state: State, served: Served) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many open stations each zone reaches, at least and at most, (Z,)."""
    columns = _open_columns(state)
    reached = served.reached
    return (
        reached.must_reach()[:, columns].sum(axis=1),
        reached.may_reach()[:, columns].sum(axis=1),
    )


def _nearest_minutes(state: State, served: Served) -> tuple[Floats, Floats]:
    """Return the drive to the nearest open station within reach, at least and at most, (Z,)."""
    columns, reached = _open_columns(state), served.reached
    low, high = (minutes[:, columns] for minutes in reached.minutes)
    must, may = reached.must_reach()[:, columns], reached.may_reach()[:, columns]
    sure = np.where(must.any(axis=1, keepdims=True), must, may)
    return (
        np.where(may, low, np.inf).min(axis=1, initial=np.inf),
        np.where(sure, high, np.inf).min(axis=1, initial=np.inf),
    )
