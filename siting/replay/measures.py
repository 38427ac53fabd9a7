"""Measure a network, by code that plans nothing: ours, a greedy one and what was built alike.

Ways come from `siting.verify.reach`, the verifier's own; demand and what a station can serve
likewise. Every driver goes to the nearest station: nobody is assigned, so no plan has an advantage
by its own assignment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from siting.equity.indices import gini
from siting.verify.demand import demand_kwh_day
from siting.verify.formulas import capacity_kwh_day, great_circle_km, peak_kw
from siting.verify.reach import find_reach, zone_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Scenario, StationType

    Floats = NDArray[np.float64]

MEASURES = {
    "stations": "stations",
    "covered_share": "share",
    "within_1_km_share": "share",
    "within_2_km_share": "share",
    "drive_mean_min": "min",
    "drive_p95_min": "min",
    "straight_mean_km": "km",
    "worst_district_covered_share": "share",
    "load_p95_kwh_day": "kWh a day",
    "load_max_kwh_day": "kWh a day",
    "load_gini": "-",
    "over_capacity_share": "share",
    "idle_share": "share",
    "served_share": "share",
    "peak_mw": "MW",
    "substation_loading_max": "share",
    "substations_over": "substations",
    "connected_mw": "MW",
    "cost_cny": "CNY",
    "capex_cny": "CNY",
}
"""Each measure and its unit."""
LESS_IS_BETTER = frozenset(
    {
        *("drive_mean_min", "drive_p95_min", "straight_mean_km", "load_p95_kwh_day"),
        *("load_max_kwh_day", "load_gini", "over_capacity_share", "idle_share"),
        *("substation_loading_max", "substations_over", "capex_cny"),
    }
)
ALIKE = frozenset({"stations", "connected_mw", "cost_cny"})
"""The same for all networks of as many stations of one type: nobody is better."""
NO_RANK = ALIKE | {"peak_mw"}
"""Of these no value is better: more load comes with more service."""
IDLE = 0.05
"""Part of what a station can serve, below which it is idle."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Hold what a network is worth."""

    figures: dict[str, float]
    """By name of `MEASURES`."""
    districts: pd.DataFrame
    """district, stations, demand_kwh_day, covered_share, drive_mean_min."""


def measure(case: Case, scenario: Scenario, points: Floats, kind: StationType) -> Measured:
    """Return the measures of a network of stations of one type, in the last phase.

    Parameters
    ----------
    case, scenario
        City and demand; the scenario's reach.
    points
        (N, 2) longitude, latitude of the stations.
    kind
        What stands at every one of them.
    """
    demand = demand_kwh_day(case, scenario)[-1]
    near = _nearest(case, scenario, points)
    load = np.asarray(
        np.bincount(near.station[near.covered], demand[near.covered], minlength=len(points)),
        dtype=np.float64,
    )
    can = capacity_kwh_day(kind, scenario.service)
    placed = _placed(case, demand, near, points)
    loads = {
        "load_p95_kwh_day": float(np.quantile(load, 0.95)),
        "load_max_kwh_day": float(load.max()),
        "load_gini": gini(load, np.ones(len(load))) or 0.0,
        "over_capacity_share": float(np.maximum(load - can, 0).sum() / max(load.sum(), 1e-9)),
        "idle_share": float((load < IDLE * can).mean()),
        "connected_mw": len(points) * peak_kw(kind, scenario) / 1000,
        "cost_cny": len(points) * _cost(scenario, kind),
    }
    return Measured(placed.figures | loads, placed.districts)


def place(case: Case, scenario: Scenario, points: Floats, phase: int) -> Measured:
    """Return the measures that hang on places alone, in one phase.

    Parameters
    ----------
    case, scenario, points
        As `measure` takes them.
    phase
        Number of the phase whose demand counts.
    """
    demand = demand_kwh_day(case, scenario)[phase]
    return _placed(case, demand, _nearest(case, scenario, points), points)


def _placed(case: Case, demand: Floats, near: _Near, points: Floats) -> Measured:
    districts = _districts(case, demand, near, points)
    here = demand * near.covered
    figures = {
        "stations": float(len(points)),
        "covered_share": _share(demand, near.covered),
        "within_1_km_share": _share(demand, near.km <= 1.0),
        "within_2_km_share": _share(demand, near.km <= 2.0),  # noqa: PLR2004 - in the name
        "drive_mean_min": _mean(near.minutes, here),
        "drive_p95_min": _quantile(near.minutes, here, 0.95),
        "straight_mean_km": _mean(near.km, demand),
        "worst_district_covered_share": float(districts["covered_share"].min()),
    }
    return Measured(figures, districts)


@dataclass(frozen=True, eq=False)
class _Near:
    station: NDArray[np.int64]
    """(Z,) the nearest by minutes."""
    minutes: Floats
    km: Floats
    """(Z,) by great circle, to the nearest by that."""
    covered: NDArray[np.bool_]


def _nearest(case: Case, scenario: Scenario, points: Floats) -> _Near:
    places = [(float(lon), float(lat)) for lon, lat in points]
    found = find_reach(case, scenario.reach, places, range(len(places)))
    covered = found.may_reach()
    minutes = np.where(covered, found.minutes[0], np.inf)
    ends = shapely.get_coordinates(zone_points(case))
    km = np.full(len(ends), np.inf)
    for start in range(0, len(ends), 512):
        part = ends[start : start + 512]
        away = great_circle_km(part[:, :1], part[:, 1:], points[:, 0], points[:, 1])
        km[start : start + 512] = away.min(axis=1)
    return _Near(minutes.argmin(axis=1), minutes.min(axis=1), km, np.asarray(covered.any(axis=1)))


def _districts(case: Case, demand: Floats, near: _Near, points: Floats) -> pd.DataFrame:
    ids = case.districts["id"].tolist()
    tree = shapely.STRtree(case.districts.geometry.to_numpy())
    _, area = tree.query(shapely.points(points), predicate="intersects")
    counts = np.bincount(area, minlength=len(ids))
    rows = []
    for n, name in enumerate(ids):
        own = (case.zones["district"] == name).to_numpy()
        here = demand * own * near.covered
        rows.append(
            {
                "district": name,
                "stations": int(counts[n]),
                "demand_kwh_day": float(demand[own].sum()),
                "covered_share": _share(demand * own, near.covered),
                "drive_mean_min": _mean(near.minutes, here),
            }
        )
    return pd.DataFrame(rows)


def _share(weight: Floats, is_in: NDArray[np.bool_]) -> float:
    total = float(weight.sum())
    return float(weight[is_in].sum() / total) if total > 0 else float("nan")


def _mean(values: Floats, weight: Floats) -> float:
    known = weight > 0
    total = float(weight[known].sum())
    return float(values[known] @ weight[known] / total) if total > 0 else float("nan")


def _quantile(values: Floats, weight: Floats, share: float) -> float:
    known = weight > 0
    if not known.any():
        return float("nan")
    order = np.argsort(values[known], kind="stable")
    run = weight[known][order].cumsum()
    at = int(np.searchsorted(run, share * run[-1]))
    return float(values[known][order][min(at, len(run) - 1)])


def _cost(scenario: Scenario, kind: StationType) -> float:
    name = next(key for key, item in scenario.stations.items() if item == kind)
    return scenario.cost_cny(name)
