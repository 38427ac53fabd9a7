"""Check every station: what may stand where, what it costs, and every field of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from siting.verify.formulas import great_circle_km, peak_kw, rank
from siting.verify.mismatch import DEGREES, METRES, show

if TYPE_CHECKING:
    from siting.plan import Station
    from siting.scenario import StationType
    from siting.verify.mismatch import Ledger
    from siting.verify.state import Site, State


def check_stations(ledger: Ledger, state: State) -> None:
    """Check all stations of the plan, one by one and against each other."""
    for name, site in state.sites.items():
        if site.initial is not None and name not in state.stations:
            ledger.note(f"stations[{name}]", None, "an existing station, to be listed")
    served = state.energy("station")
    for column, (name, station) in enumerate(state.stations.items()):
        site = state.sites[name]
        _fields(ledger, station, site)
        _allowed(ledger.asked, state, site)
        _history(ledger.asked, state, station)
        _status(ledger, state, station)
        ledger.near(f"stations[{name}].capex_cny", station.capex_cny, spent_cny(state, name))
        _steps(ledger, state, station, served[:, column].tolist())
    for phase in range(len(state.names)):
        _spacing(ledger.asked, state, phase)


def spent_cny(state: State, station: str, *, until: int | None = None) -> float:
    """Return what a station costs up to and including a phase, or in all."""
    phases = state.types[station][: None if until is None else until + 1]
    held = [label for label in phases if label is not None]
    site, cost = state.sites[station], state.scenario.cost_cny
    if site.initial is None:
        return cost(held[-1]) + site.extra_cost_cny if held else 0.0
    if not held or held[-1] == site.initial:
        return 0.0
    return cost(held[-1]) - state.scenario.existing.credit_share * cost(site.initial)


def _fields(ledger: Ledger, station: Station, site: Site) -> None:
    where = f"stations[{station.id}]"
    for field, plan, case in (
        ("name", station.name, site.name),
        ("name_zh", station.name_zh, site.name_zh),
        ("district", station.district, site.district),
        ("host", station.host, site.host),
        ("substation", station.substation, site.substation),
    ):
        ledger.same(f"{where}.{field}", plan, case)
    for field, degrees, found in (("lon", station.lon, site.lon), ("lat", station.lat, site.lat)):
        if abs(degrees - found) > DEGREES:
            ledger.note(f"{where}.{field}", degrees, found)


def _allowed(ledger: Ledger, state: State, site: Site) -> None:
    scenario = state.scenario
    for phase, label in zip(state.names, state.types[site.id], strict=True):
        if label is None or label == site.initial:
            continue
        kind, where = scenario.stations[label], f"stations[{site.id}].steps[{phase}].type"
        if not kind.buildable:
            ledger.note(where, label, "a buildable type")
        need = kind.guns * scenario.limits.area_per_bay_m2
        if not math.isnan(site.area_m2) and need > site.area_m2 * (1 + 1e-9):
            ledger.note(where, f"{label}, {show(need)} m2", f"at most {show(site.area_m2)} m2")


def _history(ledger: Ledger, state: State, station: Station) -> None:
    policy, site = state.scenario.existing.policy, state.sites[station.id]
    existing = site.initial is not None
    before, label_before = state.initial(station.id), site.initial
    for phase, name in enumerate(state.names):
        where = f"stations[{station.id}].steps[{name}].type"
        kind, label = state.kind(station.id, phase), state.types[station.id][phase]
        if existing and policy == "keep" and label != site.initial:
            ledger.note(where, label, f"{site.initial} (existing stations are kept)")
        elif existing and phase and label_before is None and label is not None:
            ledger.note(where, label, "nothing (what was closed stays closed)")
        elif (
            before is not None and kind is None and not (existing and policy == "upgrade-or-close")
        ):
            ledger.note(where, None, f"{label_before} (an open station stays open)")
        elif _falls(before, kind):
            ledger.note(where, label, f"{label_before} or larger (no station shrinks)")
        elif kind is None and before is not None and label_before != site.initial:
            ledger.note(where, None, f"{label_before} (what the plan enlarged stays open)")
        before, label_before = kind, label


def _falls(before: StationType | None, now: StationType | None) -> bool:
    return before is not None and now is not None and rank(now) < rank(before)


def _status(ledger: Ledger, state: State, station: Station) -> None:
    where, types = f"stations[{station.id}]", state.types[station.id]
    first, last, names = state.sites[station.id].initial, types[-1], state.names
    history = [first, *types]
    changes = [name for n, name in enumerate(names) if history[n] != history[n + 1]]
    if first is None:
        status, phases = "new", changes[:1]
        if not changes:
            ledger.note(where, "a new station", "a site where nothing ever opens")
    elif last is None:
        status, phases = "closed", changes[-1:]
    elif last == first:
        status, phases = "kept", names[:1]
    else:
        status, phases = "upgraded", changes
    ledger.same(f"{where}.status", station.status, status)
    if phases and station.phase not in phases:
        ledger.note(f"{where}.phase", station.phase, " or ".join(phases))
    kind = state.kind(station.id, len(names) - 1)
    ledger.same(f"{where}.type", station.type, last)
    ledger.same(f"{where}.guns", station.guns, kind.guns if kind else 0)
    ledger.same(f"{where}.super_guns", station.super_guns, kind.super_guns if kind else 0)
    ledger.near(f"{where}.kw", station.kw, kind.pool_kw if kind else 0.0)


def _steps(ledger: Ledger, state: State, station: Station, served: list[float]) -> None:
    steps = {step.phase: step for step in station.steps}
    for phase, name in enumerate(state.names):
        step, where = steps.get(name), f"stations[{station.id}].steps[{name}]"
        if step is None:
            continue
        kind = state.kind(station.id, phase)
        load = peak_kw(kind, state.scenario) if kind else 0.0
        ledger.near(f"{where}.served_kwh_day", step.served_kwh_day, served[phase])
        ledger.near(f"{where}.peak_kw", step.peak_kw, load)


def _spacing(ledger: Ledger, state: State, phase: int) -> None:
    limit_m = state.scenario.limits.spacing_m
    sites = [site for site, _ in state.open_super(phase)]
    if not limit_m or not sites:
        return
    lon, lat = np.array([[site.lon, site.lat] for site in sites]).T
    apart_m = 1000 * great_circle_km(lon[:, None], lat[:, None], lon, lat)
    for a, b in np.argwhere(np.triu(apart_m < limit_m - METRES, k=1)):
        pair = sites[a], sites[b]
        stood = [state.initial(site.id) for site in pair]
        if not all(kind is not None and kind.is_super for kind in stood):
            where = f"stations[{pair[0].id}, {pair[1].id}].spacing_m in {state.names[phase]}"
            ledger.at_least(where, float(apart_m[a, b]), limit_m, "limits.spacing_m")
