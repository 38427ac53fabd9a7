"""Turn a Case and a Scenario into a Problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.spatial import cKDTree

from siting.data.problem import NONE, Problem
from siting.data.queueing import capacity_kwh_day
from siting.data.sphere import EARTH_RADIUS_KM, great_circle_km, inner_points
from siting.data.travel import Pairs, reach_pairs
from siting.errors import CaseError, Fault, ScenarioError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Grid, Scenario, StationType

_ROUND = 1e-9
"""Slack before a ratio times a count is rounded up: 0.1 x 30 is 3, not 4."""


class Built(NamedTuple):
    """Hold the problem and what its making found on the way."""

    problem: Problem
    pairs: Pairs


def ranked_types(scenario: Scenario) -> tuple[str, ...]:
    """Return the station types in rising rank: pooled power, then guns, then name."""
    return tuple(
        sorted(
            scenario.stations,
            key=lambda k: (scenario.stations[k].pool_kw, scenario.stations[k].guns, k),
        )
    )


def demand_kwh(case: Case, scenario: Scenario) -> NDArray[np.float64]:
    """Return supercharging demand in kWh a day, (T, I)."""
    base = case.zones["demand"].to_numpy(float)
    rows = []
    for phase in scenario.phases:
        if phase.city_gwh_day is None or phase.super_share is None:
            rows.append(base * phase.growth)
            continue
        shares = scenario.demand.public_dc_share * phase.super_share * scenario.demand.case_share
        rows.append(base / base.sum() * phase.city_gwh_day * 1e6 * shares)
    return np.array(rows)


def peak_load_kw(station: StationType, grid: Grid) -> float:
    """Return the highest load a station asks of the grid, on top of the base load.

    Pooled power times the demand factor for its number of guns, divided by the efficiency. A station
    without a gun of 480 kW stands already and is part of the base load.
    """
    if not station.is_super:
        return 0.0
    factor = next(
        (kx for limit, kx in grid.demand_factors if station.guns <= limit),
        grid.demand_factors[-1][1],
    )
    return station.pool_kw * factor / grid.efficiency


def build_problem(case: Case, scenario: Scenario) -> Built:
    """State a city's question as labels and arrays.

    Raises
    ------
    CaseError
        If an existing station has a type the scenario does not know, or demand adds up to nothing.
    ScenarioError
        If the scenario names a district the case does not have, or counts nozzles nobody gave.
    """
    _check(case, scenario)
    types = ranked_types(scenario)
    sites = _Sites(case, scenario, types)
    pairs = reach_pairs(
        case.roads,
        shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy())),
        sites.points,
        scenario.reach,
        case.zones["district"].tolist(),
    )
    demand = demand_kwh(case, scenario)
    load = np.array([peak_load_kw(scenario.stations[k], scenario.grid) for k in types])
    district_ids = tuple(case.districts["id"])
    fuel = _fuel_count(case, scenario, district_ids)
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
        capacity_kwh=np.array(
            [capacity_kwh_day(scenario.stations[k], scenario.service) for k in types]
        ),
        is_super=np.array([scenario.stations[k].is_super for k in types]),
        ratio_count=np.array([_ratio_count(scenario, k) for k in types], dtype=np.int64),
        load_kw=load,
        state_cost_cny=sites.state_cost,
        allowed=sites.allowed,
        initial=sites.initial,
        closable=(sites.initial != NONE) & (scenario.existing.policy == "upgrade-or-close"),
        site_district=_index(sites.district, district_ids),
        site_substation=_index(sites.substation, tuple(case.substations["id"])),
        zone_district=_index(case.zones["district"], district_ids),
        conflicts=_conflicts(sites, scenario, types),
        city_target=np.array([_up(p.ratio * fuel.sum()) for p in scenario.phases]),
        district_target=_district_targets(scenario, district_ids, fuel),
        fuel_count=fuel,
        max_stations=np.array(
            [NONE if p.max_stations is None else p.max_stations for p in scenario.phases]
        ),
        budget_cny=_budgets(scenario),
        headroom_kw=_headroom_kw(case, scenario, sites, load),
        objective=scenario.objective.kind,
        weight=np.array([p.weight for p in scenario.phases]),
        min_served_share=scenario.objective.min_served_share or 0.0,
        min_covered_share=scenario.objective.min_covered_share or 0.0,
    )
    return Built(problem, pairs)


class _Sites:
    """Join existing stations and candidates into one list of sites."""

    def __init__(self, case: Case, scenario: Scenario, types: tuple[str, ...]) -> None:
        old, new = case.stations, case.sites
        self.ids = (*old["id"], *new["id"])
        self.points = shapely.get_coordinates(_joined(old, new, "geometry"))
        self.district = _joined(old, new, "district")
        self.substation = _joined(old, new, "substation")
        kinds = old["type"].fillna(scenario.existing.default_type)
        missing = np.full(len(new), NONE, dtype=np.int64)
        self.initial = np.concatenate([_index(kinds, types), missing])
        self.allowed = self._allowed(case, scenario, types)
        self.state_cost = self._state_cost(case, scenario, types)

    def _allowed(
        self, case: Case, scenario: Scenario, types: tuple[str, ...]
    ) -> NDArray[np.bool_]:
        area = _joined(case.stations, case.sites, "area_m2").astype(float)
        need = [scenario.stations[k].guns * scenario.limits.area_per_bay_m2 for k in types]
        buildable = np.array([scenario.stations[k].buildable for k in types])
        allowed = (np.isnan(area)[:, None] | (np.array(need)[None, :] <= area[:, None])) & buildable
        rank = np.arange(len(types))
        stands = self.initial != NONE
        upgrade = scenario.existing.policy != "keep"
        allowed[stands] &= upgrade & (rank[None, :] > self.initial[stands][:, None])
        allowed[np.flatnonzero(stands), self.initial[stands]] = True
        return np.asarray(allowed)

    def _state_cost(
        self, case: Case, scenario: Scenario, types: tuple[str, ...]
    ) -> NDArray[np.float64]:
        price = np.array([scenario.cost_cny(k) for k in types])
        extra = case.sites["extra_cost_cny"].to_numpy(float)
        new = price[None, :] + extra[:, None]
        kind = self.initial[: len(case.stations)]
        old = price[None, :] - scenario.existing.credit_share * price[kind][:, None]
        old[np.arange(len(kind)), kind] = 0.0
        return np.vstack([old, new])


def _joined(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, column: str) -> NDArray[np.object_]:
    return np.concatenate([old[column].to_numpy(object), new[column].to_numpy(object)])


def _index(labels: object, known: tuple[str, ...]) -> NDArray[np.int64]:
    position = {label: n for n, label in enumerate(known)}
    return np.array([position.get(label, NONE) for label in labels], dtype=np.int64)  # type: ignore[attr-defined]


def _up(value: float) -> int:
    return int(np.ceil(value - _ROUND))


def _ratio_count(scenario: Scenario, kind: str) -> int:
    station = scenario.stations[kind]
    return station.super_guns if scenario.ratio.form == "guns" else int(station.is_super)


def _fuel_count(case: Case, scenario: Scenario, ids: tuple[str, ...]) -> NDArray[np.int64]:
    per_row = np.ones(len(case.fuel))
    if scenario.ratio.form == "guns":
        per_row = case.fuel["nozzles"].to_numpy(float)
    where = _index(case.fuel["district"], ids)
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


def _budgets(scenario: Scenario) -> NDArray[np.float64]:
    money = [np.inf if p.budget_cny is None else p.budget_cny for p in scenario.phases]
    return np.cumsum(np.array(money, dtype=float))


def _conflicts(sites: _Sites, scenario: Scenario, types: tuple[str, ...]) -> NDArray[np.int64]:
    spacing = scenario.limits.spacing_m
    if not spacing or not len(sites.points):
        return np.empty((0, 2), dtype=np.int64)
    lon, lat = sites.points.T
    phi, lam = np.radians(lat), np.radians(lon)
    ball = 1000 * EARTH_RADIUS_KM * np.column_stack(
        [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]
    )
    near = cKDTree(ball).query_pairs(spacing, output_type="ndarray").astype(np.int64)
    near.sort(axis=1)
    apart = great_circle_km(lon[near[:, 0]], lat[near[:, 0]], lon[near[:, 1]], lat[near[:, 1]])
    supers = {n for n, k in enumerate(types) if scenario.stations[k].is_super}
    stands = np.isin(sites.initial, list(supers))
    keep = (apart * 1000 < spacing) & ~(stands[near[:, 0]] & stands[near[:, 1]])
    near = near[keep]
    return near[np.lexsort((near[:, 1], near[:, 0]))]


def _headroom_kw(
    case: Case, scenario: Scenario, sites: _Sites, load_kw: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what all stations of a substation may ask together at their peak, (T, G).

    All stations share one hourly shape, so the worst hour is known beforehand: the least of
    (limit - base load) / shape over the day. What stands already may go on standing.
    """
    table, grid = case.substations, scenario.grid
    if not grid.enforce or not len(table):
        return np.full((len(scenario.phases), len(table)), np.inf)
    limit_kw = 1000 * limit_mw(case, scenario)
    base_kw = 1000 * table["base_peak_mw"].to_numpy(float)[:, None] * np.array(grid.base_profile)
    shape = np.array(grid.charging_profile) / max(grid.charging_profile)
    standing = np.zeros(len(table))
    where = _index(sites.substation, tuple(table["id"]))
    held = (sites.initial != NONE) & (where != NONE)
    np.add.at(standing, where[held], load_kw[sites.initial[held]])
    rows = []
    for phase in scenario.phases:
        room = limit_kw[:, None] - base_kw * phase.base_load_growth
        with np.errstate(divide="ignore"):
            scaled = np.where(shape > 0, room / shape, np.inf).min(axis=1)
        scaled[(room < 0).any(axis=1)] = 0.0
        rows.append(np.maximum(scaled, standing))
    return np.array(rows)


def limit_mw(case: Case, scenario: Scenario) -> NDArray[np.float64]:
    """Return each substation's limit in MW, (G,): rating, N-1, power factor, reserve."""
    grid, table = scenario.grid, case.substations
    rated = table["rating_mva"].to_numpy(float) * table["n1_limit"].to_numpy(float)
    return np.asarray(rated * grid.power_factor * (1 - grid.reserve))


def _check(case: Case, scenario: Scenario) -> None:
    faults = []
    known = set(case.districts["id"])
    for n, phase in enumerate(scenario.phases):
        faults += [
            Fault(
                f"scenario {scenario.name}",
                f"{name!r} is not a district of {case.name}",
                f"Its districts are {', '.join(sorted(known))}.",
                field=f"phases[{n}].district_ratio",
            )
            for name in phase.district_ratio
            if name not in known
        ]
    for name in set(scenario.reach.km or {}) - known - {"default"}:
        faults.append(
            Fault(
                f"scenario {scenario.name}",
                f"{name!r} is not a district of {case.name}",
                f"Its districts are {', '.join(sorted(known))}.",
                field="reach.km",
            )
        )
    if scenario.ratio.form == "guns" and case.fuel["nozzles"].isna().any():
        blank = int(case.fuel["nozzles"].isna().sum())
        faults.append(
            Fault(
                f"scenario {scenario.name}",
                f"counts guns against nozzles, but {blank} fuel stations have no nozzle count",
                "Give every fuel station its nozzles, or set ratio.form to 'stations'.",
                field="ratio.form",
            )
        )
    if faults:
        msg = f"The scenario does not fit the case {case.name}:"
        raise ScenarioError(msg, faults)
    unknown = set(case.stations["type"].dropna()) - set(scenario.stations)
    if unknown:
        fault = Fault(
            "layer stations",
            f"types {sorted(unknown)} are not in the scenario",
            f"It knows {', '.join(scenario.stations)}.",
            field="type",
        )
        msg = f"The case {case.name} does not fit the scenario:"
        raise CaseError(msg, [fault])
    if not case.zones["demand"].sum() > 0:
        fault = Fault("layer zones", "all demand is zero", "Give some zone a demand.", field="demand")
        msg = f"The case {case.name} asks for no charging:"
        raise CaseError(msg, [fault])
