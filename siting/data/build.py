"""Turn a Case and a Scenario into a Problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.spatial import cKDTree

from siting.data.demand import demand_kwh
from siting.data.fairness import fairness
from siting.data.fit import check_fit
from siting.data.fixed import fixed_types
from siting.data.flow_paths import flow_paths
from siting.data.futures import futures_of
from siting.data.market_pull import market_pull
from siting.data.power import headroom_kw, peak_load_kw
from siting.data.problem import NONE, Problem
from siting.data.queueing import capacity_kwh_day
from siting.data.site_list import Sites, indexed
from siting.data.sphere import EARTH_RADIUS_KM, great_circle_km, inner_points
from siting.data.travel_cache import cached_pairs
from siting.data.works import by_hour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.fairness import Fairness
    from siting.data.travel import Pairs
    from siting.scenario import Scenario

_ROUND = 1e-9
"""Slack before a ratio times a count is rounded up: 1.1 x 50 is 55, not 56."""


class Built(NamedTuple):
    """Hold the problem and what its making found on the way."""

    problem: Problem
    pairs: Pairs


def ranked_types(scenario: Scenario) -> tuple[str, ...]:
    """Return the station types in rising rank: pooled power, guns, battery, name."""
    return tuple(
        sorted(
            scenario.stations,
            key=lambda k: (
                scenario.stations[k].pool_kw,
                scenario.stations[k].guns,
                scenario.stations[k].battery_kwh,
                k,
            ),
        )
    )


def build_problem(case: Case, scenario: Scenario) -> Built:
    """State a city's question as labels and arrays.

    Raises
    ------
    CaseError
        If an existing station has a type the scenario does not know, or demand adds up to nothing.
    ScenarioError
        If the scenario names a district or fixes a site the case does not have, or counts nozzles
        nobody gave.
    """
    check_fit(case, scenario)
    types = ranked_types(scenario)
    sites = Sites(case, scenario, types)
    pairs = _pairs(case, scenario, sites)
    load = np.array([peak_load_kw(scenario.stations[k], scenario.grid) for k in types])
    district_ids = tuple(case.districts["id"])
    fuel = _fuel_count(case, scenario, district_ids)
    conflicts, conflict_m = _conflicts(sites, scenario, types)
    demand = demand_kwh(case, scenario)
    is_super = np.array([scenario.stations[k].is_super for k in types])
    problem = Problem(
        phases=tuple(p.name for p in scenario.phases),
        zones=tuple(case.zones["id"]),
        sites=sites.ids,
        types=types,
        districts=district_ids,
        substations=tuple(case.substations["id"]),
        demand_kwh=demand,
        pair_zone=pairs.zone,
        pair_site=pairs.site,
        pair_minutes=pairs.minutes,
        capacity_kwh=_capacity_kwh(scenario, types),
        is_super=is_super,
        ratio_count=np.array([_ratio_count(scenario, k) for k in types], dtype=np.int64),
        load_kw=load,
        state_cost_cny=sites.state_cost,
        allowed=sites.allowed,
        initial=sites.initial,
        closable=(sites.initial != NONE) & (scenario.existing.policy == "upgrade-or-close"),
        site_district=indexed(sites.district, district_ids),
        site_substation=sites.substation,
        zone_district=indexed(case.zones["district"], district_ids),
        conflicts=conflicts,
        city_target=np.array([_up(p.ratio * fuel.sum()) for p in scenario.phases]),
        district_target=_district_targets(scenario, district_ids, fuel),
        fuel_count=fuel,
        max_stations=_max_stations(scenario),
        budget_cny=_budgets(scenario),
        headroom_kw=headroom_kw(case, scenario, sites.standing_kw(load)),
        objective=scenario.objective.kind,
        weight=np.array([p.weight for p in scenario.phases]),
        min_served_share=scenario.objective.min_served_share or 0.0,
        min_covered_share=scenario.objective.min_covered_share or 0.0,
        spacing_m=float(scenario.limits.spacing_m or 0.0),
        conflict_m=conflict_m,
        limits_service=scenario.objective.limits_service,
        drive_cny_kwh_min=scenario.drive_cny_kwh_min,
        between_m=_between_m(sites) if scenario.objective.kind == "p-dispersion" else None,
        flows=flow_paths(case, scenario, sites.points),
        fairness=_owed(case, scenario, demand, pairs, sites),
        futures=futures_of(case, scenario, demand),
        market=market_pull(scenario, types, sites.initial, pairs, len(case.zones)),
        fixed=fixed_types(scenario, sites, types),
    )
    return Built(by_hour(problem, case, scenario, sites.standing_kw(load)), pairs)


def _pairs(case: Case, scenario: Scenario, sites: Sites) -> Pairs:
    homes = shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy()))
    districts = case.zones["district"].tolist()
    return cached_pairs(case.roads, homes, sites.points, scenario.reach, districts)


def _capacity_kwh(scenario: Scenario, types: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([capacity_kwh_day(scenario.stations[k], scenario.service) for k in types])


def _owed(
    case: Case, scenario: Scenario, demand: NDArray[np.float64], pairs: Pairs, sites: Sites
) -> Fairness:
    reachable = np.isin(np.arange(len(case.zones)), pairs.zone)
    is_super = np.array([scenario.stations[k].is_super for k in ranked_types(scenario)])
    usable = (sites.allowed & is_super).any(axis=1)
    return fairness(case, scenario, demand, reachable, sites.points, usable)


def _up(value: float) -> int:
    return int(np.ceil(value - _ROUND))


def _ratio_count(scenario: Scenario, kind: str) -> int:
    station = scenario.stations[kind]
    return station.super_guns if scenario.ratio.form == "guns" else int(station.is_super)


def _fuel_count(case: Case, scenario: Scenario, ids: tuple[str, ...]) -> NDArray[np.int64]:
    per_row = np.ones(len(case.fuel))
    if scenario.ratio.form == "guns":
        per_row = case.fuel["nozzles"].to_numpy(float)
    where = indexed(case.fuel["district"], ids)
    return np.bincount(where, weights=per_row, minlength=len(ids)).astype(np.int64)


def _district_targets(
    scenario: Scenario, ids: tuple[str, ...], fuel: NDArray[np.int64]
) -> NDArray[np.int64]:
    return np.array(
        [
            [
                _up(max(p.district_floor, p.district_ratio.get(r, 0.0)) * n)
                for r, n in zip(ids, fuel, strict=True)
            ]
            for p in scenario.phases
        ],
        dtype=np.int64,
    ).reshape(len(scenario.phases), len(ids))


def _max_stations(scenario: Scenario) -> NDArray[np.int64]:
    most = [NONE if p.max_stations is None else p.max_stations for p in scenario.phases]
    return np.array(most, dtype=np.int64)


def _budgets(scenario: Scenario) -> NDArray[np.float64]:
    money = [np.inf if p.budget_cny is None else p.budget_cny for p in scenario.phases]
    return np.cumsum(np.array(money, dtype=float))


def _between_m(sites: Sites) -> NDArray[np.float64]:
    lon, lat = sites.points.T
    return np.asarray(1000 * great_circle_km(lon[:, None], lat[:, None], lon, lat))


def _conflicts(
    sites: Sites, scenario: Scenario, types: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs of sites that are too close, (S, 2), and how far apart they are, (S,) m."""
    spacing = scenario.limits.spacing_m
    if not spacing or not len(sites.points):
        return np.empty((0, 2), dtype=np.int64), np.empty(0)
    lon, lat = sites.points.T
    phi, lam = np.radians(lat), np.radians(lon)
    ball = (
        1000
        * EARTH_RADIUS_KM
        * np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    )
    near = cKDTree(ball).query_pairs(spacing, output_type="ndarray").astype(np.int64)
    near.sort(axis=1)
    apart = great_circle_km(lon[near[:, 0]], lat[near[:, 0]], lon[near[:, 1]], lat[near[:, 1]])
    supers = {n for n, k in enumerate(types) if scenario.stations[k].is_super}
    stands = np.isin(sites.initial, list(supers))
    keep = (apart * 1000 < spacing) & ~(stands[near[:, 0]] & stands[near[:, 1]])
    near, apart = near[keep], apart[keep]
    order = np.lexsort((near[:, 1], near[:, 0]))
    return near[order], 1000 * apart[order]
