"""Write a tiny problem by hand, small enough to solve in the head, and random ones of any size.

The toy: zones Z1, Z2 and Z3 (which nobody reaches); sites E (a plain fast station that stands
already), A and B; types F (fast, not super), S and M in rising rank. E and A stand in district W,
B in district O; E and A are too close for two supercharging stations; all hang on substation G.

::

    kWh a day    Z1   Z2  Z3      minutes   E  A  B      kCNY     F      S      M
    p1          100  200  50      Z1        2  4  -      E        0    750      -
    p2          150  300  50      Z2        -  3  5      A        -  1,100  2,600
                                                         B        -  1,000      -
    kWh a day a station serves: F 0, S 120, M 400; kW it asks: F 0, S 300, M 700

    p1: one station, 1,200 kCNY, 800 kW; weight 1
    p2: two stations, one in each district, no more than two, 4,000 kCNY, 1,000 kW; weight 2
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.data.problem import NONE, Problem

if TYPE_CHECKING:
    from siting.scenario import ObjectiveKind

E, A, B = range(3)
F, S, M = range(3)
_NO = 9e6
"""CNY; stands where a type is not allowed, so that using it would show."""
FLOORS: dict[str, dict[str, Any]] = {
    "served": {},
    "covered": {"closable": np.array([True, False, False])},
    "access": {"min_served_share": 0.3},
    "cost": {"min_served_share": 0.3, "min_covered_share": 0.4},
}
"""What each objective adds: covering may close E, the least minutes and cost have floors."""


def toy(objective: ObjectiveKind = "served", **changes: Any) -> Problem:  # noqa: ANN401 - any field
    """Return the toy with one objective; ``changes`` replace fields of the problem."""
    problem = Problem(
        phases=("p1", "p2"),
        zones=("Z1", "Z2", "Z3"),
        sites=("E", "A", "B"),
        types=("F", "S", "M"),
        districts=("W", "O"),
        substations=("G",),
        demand_kwh=np.array([[100.0, 200.0, 50.0], [150.0, 300.0, 50.0]]),
        pair_zone=np.array([0, 0, 1, 1], dtype=np.int32),
        pair_site=np.array([E, A, A, B], dtype=np.int32),
        pair_minutes=np.array([2.0, 4.0, 3.0, 5.0]),
        capacity_kwh=np.array([0.0, 120.0, 400.0]),
        is_super=np.array([False, True, True]),
        ratio_count=np.array([0, 1, 1]),
        load_kw=np.array([0.0, 300.0, 700.0]),
        state_cost_cny=np.array([[0.0, 0.75e6, _NO], [_NO, 1.1e6, 2.6e6], [_NO, 1.0e6, _NO]]),
        allowed=np.array([[True, True, False], [False, True, True], [False, True, False]]),
        initial=np.array([F, NONE, NONE]),
        closable=np.array([False, False, False]),
        site_district=np.array([0, 0, 1]),
        site_substation=np.array([0, 0, 0]),
        zone_district=np.array([0, 1, 1]),
        conflicts=np.array([[E, A]]),
        city_target=np.array([1, 2]),
        district_target=np.array([[0, 0], [1, 1]]),
        fuel_count=np.array([2, 1]),
        max_stations=np.array([NONE, 2]),
        budget_cny=np.array([1.2e6, 4.0e6]),
        headroom_kw=np.array([[800.0], [1000.0]]),
        objective=objective,
        weight=np.array([1.0, 2.0]),
        min_served_share=0.0,
        min_covered_share=0.0,
    )
    return replace(problem, **{**FLOORS[objective], **changes})


def random_problem(
    seed: int,
    objective: ObjectiveKind,
    *,
    zones: int = 12,
    sites: int = 8,
    **changes: Any,  # noqa: ANN401 - any field
) -> Problem:
    """Return a random problem on a unit square: two phases, types S and M, floors, all limits."""
    rng = np.random.default_rng(seed)
    home, place = rng.random((zones, 2)), rng.random((sites, 2))
    far = np.linalg.norm(home[:, None] - place[None, :], axis=2)
    pair_zone, pair_site = np.nonzero(far < 0.45)
    gaps = np.linalg.norm(place[:, None] - place[None, :], axis=2)
    close = np.argwhere(np.triu(gaps < 0.08, 1))
    demand = rng.uniform(20, 100, zones)
    price = np.array([1.0e6, 1.8e6]) + rng.uniform(0, 3e5, sites)[:, None].round(-3)
    budget = np.maximum([2.0e6, 4.0e6], np.array([0.4, 0.7]) * sites * 1.2e6)
    floors = objective in {"access", "cost"}
    problem = Problem(
        phases=("p1", "p2"),
        zones=tuple(f"z{n}" for n in range(zones)),
        sites=tuple(f"s{n}" for n in range(sites)),
        types=("S", "M"),
        districts=("W", "O"),
        substations=("G", "H"),
        demand_kwh=np.array([demand, 1.5 * demand]),
        pair_zone=pair_zone.astype(np.int32),
        pair_site=pair_site.astype(np.int32),
        pair_minutes=10 * far[pair_zone, pair_site],
        capacity_kwh=np.array([120.0, 250.0]),
        is_super=np.array([True, True]),
        ratio_count=np.array([1, 1]),
        load_kw=np.array([300.0, 550.0]),
        state_cost_cny=price,
        allowed=np.ones((sites, 2), dtype=bool),
        initial=np.full(sites, NONE),
        closable=np.zeros(sites, dtype=bool),
        site_district=np.arange(sites) % 2,
        site_substation=(place[:, 1] > 0.5).astype(np.int64),
        zone_district=(home[:, 0] > 0.5).astype(np.int64),
        conflicts=close,
        city_target=np.array([1, 2]),
        district_target=np.array([[0, 0], [1, 1]]),
        fuel_count=np.array([2, 2]),
        max_stations=np.array([NONE, sites - 1]),
        budget_cny=np.array([np.inf, np.inf]) if objective == "cost" else budget,
        headroom_kw=np.array([[150.0], [250.0]]) * np.ones((1, 2)) * sites,
        objective=objective,
        weight=np.array([1.0, 2.0]),
        min_served_share=0.3 if floors else 0.0,
        min_covered_share=0.4 if objective in {"covered", "cost"} else 0.0,
    )
    return replace(problem, **changes)
