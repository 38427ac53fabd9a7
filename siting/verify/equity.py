"""Check what is owed to districts and groups: floors, and a station within a radius."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.verify.candidates import refused_sites
from siting.verify.formulas import great_circle_km, rank
from siting.verify.mismatch import METRES, RELATIVE
from siting.verify.reach import zone_points

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from siting.scenario import Group
    from siting.verify.mismatch import Ledger
    from siting.verify.service import Served
    from siting.verify.state import Site, State

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


_BAND_KM = METRES / 1000
"""Within so much of the radius both answers are right."""


def check_equity(ledger: Ledger, state: State, served: Served) -> None:
    """Check every floor and circle of the scenario, in every phase it holds in."""
    equity = state.scenario.equity
    if equity is None or not equity.asks:
        return
    first = state.names.index(equity.from_phase) if equity.from_phase else 0
    for number in range(first, len(state.names)):
        for scope, zones, least_served, least_covered in _scopes(state):
            where = f"phases[{state.names[number]}].equity[{scope}]"
            due = served.demand[number] * (served.reachable & zones)
            got = float(served.energy[number, zones].sum())
            if least_served:
                rule = "least served share of its reachable demand"
                ledger.at_least(
                    f"{where}.served_kwh_day", got, least_served * float(due.sum()), rule
                )
            if least_covered:
                reached = float(due[served.covered[number]].sum())
                rule = "least covered share of its reachable demand"
                least = least_covered * float(due.sum())
                ledger.at_least(f"{where}.covered_kwh_day", reached, least, rule)
        for group in equity.groups:
            if group.circle_km:
                _circle(ledger, state, group, number)


def check_least_share(ledger: Ledger, state: State, served: Served) -> None:
    """Check who is worst off, what it gets, and that every district and group got as much.

    How far the share can be raised at all is what the plan's bound claims; here it is checked that
    the bound is no less than what was reached.
    """
    said, equity = state.plan.document.least_share, state.scenario.equity
    found = _last_shares(state, served)
    if said is None or not found or equity is None:
        if (said is None) != (not found):
            right = "none: nothing is raised" if not found else "told: the scenario asks max_min"
            ledger.note("least_share", "none" if said is None else said.scope, right)
        return
    worst = min(found.values())
    ledger.same("least_share.of", said.of, equity.max_min)
    ledger.near("least_share.share", said.share, worst)
    if found.get(said.scope, math.inf) > worst + RELATIVE:
        right = min(found, key=lambda name: found[name])
        ledger.note("least_share.scope", said.scope, right)
    if (said.bound is None) != state.scenario.only_fixed:
        right = "none, as given" if state.scenario.only_fixed else "a proven bound"
        ledger.note("least_share.bound", str(said.bound), right)
    if said.bound is None:
        return
    ledger.at_least("least_share.bound", said.bound, worst, "the share itself")
    ledger.at_most("least_share.bound", said.bound, 1.0, "all there is")
    rule = "least_share.held_share of its reachable demand"
    for scope, share in found.items():
        where = f"phases[{state.names[-1]}].equity[{scope}].{equity.max_min}_share"
        ledger.at_least(where, share, said.held_share, rule)


def _last_shares(state: State, served: Served) -> dict[str, float]:
    """Return what every district and group gets of its reachable demand in the end, if asked."""
    equity = state.scenario.equity
    found: dict[str, float] = {}
    if equity is None or not equity.max_min:
        return {}
    got = served.energy[-1]
    if equity.max_min == "covered":
        got = served.demand[-1] * served.covered[-1]
    for scope, zones, _, _ in _scopes(state):
        due = float((served.demand[-1] * (served.reachable & zones)).sum())
        if due:
            share = float(got[zones].sum()) / due
            found[scope] = min(share, found.get(scope, share))
    return found


def _scopes(state: State) -> Iterator[tuple[str, Flags, float, float]]:
    """Yield districts and groups, each with its zones and its two floors."""
    equity = state.scenario.equity
    if equity is None:
        return
    home = state.case.zones["district"].to_numpy()
    for name in state.case.districts["id"]:
        served, covered = equity.min_served_share or 0.0, equity.min_covered_share or 0.0
        yield str(name), np.asarray(home == name), served, covered
    for group in equity.groups:
        served, covered = group.min_served_share or 0.0, group.min_covered_share or 0.0
        yield group.name, _member(state, group), served, covered


def _member(state: State, group: Group) -> Flags:
    zones = state.case.zones
    if group.label is None:
        return np.array([name in group.districts for name in zones["district"]], dtype=bool)
    if "group" not in zones:
        return np.zeros(len(zones), dtype=bool)
    return np.array([label == group.label for label in zones["group"]], dtype=bool)


def _circle(ledger: Ledger, state: State, group: Group, number: int) -> None:
    """Note every zone of the group without a station in its circle that some site could give."""
    km = float(group.circle_km or 0.0)
    out = refused_sites(state)[0]
    sites = (site for site in state.sites.values() if site.id not in out or site.initial)
    may = _places(site for site in sites if _usable(state, site))
    opened = _places(site for site, _ in state.open_super(number))
    points = shapely.get_coordinates(zone_points(state.case))
    for zone in np.flatnonzero(_member(state, group)).tolist():
        found = _nearest_km(points[zone], opened)
        if found > km + _BAND_KM and _nearest_km(points[zone], may) <= km - _BAND_KM:
            name = str(state.case.zones["id"].iloc[zone])
            where = f"phases[{state.names[number]}].equity[{group.name}].circle_km[{name}]"
            ledger.note(where, found, f"at most {km:g}")


def _places(sites: Iterable[Site]) -> Floats:
    return np.array([(site.lon, site.lat) for site in sites], dtype=np.float64).reshape(-1, 2)


def _nearest_km(point: Floats, places: Floats) -> float:
    apart = great_circle_km(point[0], point[1], places[:, 0], places[:, 1])
    return float(apart.min(initial=np.inf))


def _usable(state: State, site: Site) -> bool:
    """Tell whether a site may hold a supercharging station at all."""
    scenario = state.scenario
    stands = None if site.initial is None else scenario.stations[site.initial]
    if stands is not None and stands.is_super:
        return True
    if stands is not None and scenario.existing.policy == "keep":
        return False
    least = scenario.limits.area_per_bay_m2
    for kind in scenario.stations.values():
        fits = math.isnan(site.area_m2) or kind.guns * least <= site.area_m2
        larger = stands is None or rank(kind) > rank(stands)
        if kind.buildable and kind.is_super and fits and larger:
            return True
    return False
