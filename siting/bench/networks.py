"""Make synthetic questions of the main model: in some capacity binds, in others reach does.

A made-up plane city: homes and sites gather around centres, demand is log-normal and thins out with
the distance to them. Nothing in it is any real city's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.spatial import cKDTree

from siting.data.problem import NONE, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

Binds = Literal["capacity", "reach"]

PAIRS_PER_ZONE = {"capacity": 53, "reach": 12}
"""Sites within reach of a zone, on average: 53 gives 2,700 zones and 1,500 sites 142,800 pairs."""
FULL = {"capacity": 1.6, "reach": 0.6}
"""All demand over what a budget's worth of stations of the middle size can serve."""
CAPACITY_KWH = np.array([3960.0, 9900.0, 21400.0])
COST_CNY = np.array([1.25e6, 2.2e6, 4.3e6])
LOAD_KW = np.array([610.0, 910.0, 1820.0])
SQUARE_KM = 25.0
"""Side of the square on which sites lie closer than :data:`SPACING_KM` now and then."""
SPACING_KM = 0.15
DISTRICTS = 10


def instance(
    binds: Binds,
    seed: int,
    *,
    zones: int = 2700,
    sites: int = 1500,
    stations: int = 300,
    phases: int = 1,
) -> Problem:
    """Return a question: energy served, three sizes, budget, count, districts, grid, spacing.

    Parameters
    ----------
    binds
        What keeps demand unserved: stations are full, or too far.
    seed
        Of everything random.
    zones, sites
        Sizes.
    stations
        Most stations in the last phase, and middle-sized ones that the budget buys.
    phases
        Phases; money, stations and demand grow in equal steps.
    """
    rng = np.random.default_rng(seed)
    side = SQUARE_KM * np.sqrt(sites / 1500)
    centres = rng.uniform(0, side, (max(5, sites // 60), 2))
    home, place = _points(rng, zones, centres, side), _points(rng, sites, centres, side)
    reach_km = _reach_km(home, place, PAIRS_PER_ZONE[binds])
    pair_zone, pair_site = _pairs(home, place, reach_km)
    far = np.linalg.norm(home[pair_zone] - place[pair_site], axis=1)
    share = np.arange(1, phases + 1) / phases
    weight = rng.lognormal(0, 0.8, zones)
    total = FULL[binds] * stations * CAPACITY_KWH[1]
    demand = np.outer(0.4 + 0.6 * share, total * weight / weight.sum())
    allowed = np.ones((sites, 3), dtype=bool)
    size = rng.random(sites)
    allowed[size < 0.3, 2] = False  # noqa: PLR2004 - three sites in ten are too small for it
    allowed[size < 0.1, 1] = False  # noqa: PLR2004 - one in ten is smaller still
    near = cKDTree(place).query_pairs(SPACING_KM, output_type="ndarray").astype(np.int64)
    near.sort(axis=1)
    district = _grid(place, side)
    substations = max(1, sites // 8)
    feeder = cKDTree(rng.uniform(0, side, (substations, 2))).query(place)[1]
    most = np.floor(share * stations).astype(np.int64)
    floor = np.bincount(district, minlength=DISTRICTS) * stations // (3 * sites)
    return Problem(
        phases=tuple(f"p{t + 1}" for t in range(phases)),
        zones=tuple(f"z{i}" for i in range(zones)),
        sites=tuple(f"s{j}" for j in range(sites)),
        types=("S", "M", "L"),
        districts=tuple(f"d{r}" for r in range(DISTRICTS)),
        substations=tuple(f"g{g}" for g in range(substations)),
        demand_kwh=demand,
        pair_zone=pair_zone,
        pair_site=pair_site,
        pair_minutes=far * 1.35 / 25 * 60,
        capacity_kwh=CAPACITY_KWH,
        is_super=np.ones(3, dtype=bool),
        ratio_count=np.ones(3, dtype=np.int64),
        load_kw=LOAD_KW,
        state_cost_cny=COST_CNY + rng.uniform(0, 4e5, sites).round(-3)[:, None],
        allowed=allowed,
        initial=np.full(sites, NONE),
        closable=np.zeros(sites, dtype=bool),
        site_district=district,
        site_substation=np.asarray(feeder, dtype=np.int64),
        zone_district=_grid(home, side),
        conflicts=near[np.lexsort((near[:, 1], near[:, 0]))],
        city_target=most // 2,
        district_target=np.vstack([*[0 * floor] * (phases - 1), floor]),
        fuel_count=np.full(DISTRICTS, stations // DISTRICTS),
        max_stations=most,
        budget_cny=share * stations * (COST_CNY[1] + 2e5),
        headroom_kw=np.tile(rng.lognormal(8.3, 0.8, substations), (phases, 1)),
        objective="served",
        weight=np.ones(phases),
        min_served_share=0.0,
        min_covered_share=0.0,
    )


def _points(
    rng: np.random.Generator, count: int, centres: NDArray[np.float64], side: float
) -> NDArray[np.float64]:
    """Return points, two in three of them around a centre, (count, 2) km."""
    around = centres[rng.integers(len(centres), size=count)] + rng.normal(0, 1.5, (count, 2))
    anywhere = rng.uniform(0, side, (count, 2))
    scattered = rng.random(count) < 1 / 3
    return np.clip(np.where(scattered[:, None], anywhere, around), 0, side)


def _reach_km(home: NDArray[np.float64], place: NDArray[np.float64], pairs: int) -> float:
    """Return the radius within which a zone has that many sites, on average."""
    tree, low, high = cKDTree(place), 0.0, 50.0
    for _ in range(40):
        middle = (low + high) / 2
        found = tree.query_ball_point(home, middle, return_length=True).mean()
        low, high = (middle, high) if found < pairs else (low, middle)
    return high


def _pairs(
    home: NDArray[np.float64], place: NDArray[np.float64], reach_km: float
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    tree = cKDTree(place)
    lists = [
        np.array(sorted(tree.query_ball_point(point, reach_km)), dtype=np.int32) for point in home
    ]
    zone = np.repeat(np.arange(len(home)), [len(item) for item in lists])
    return zone.astype(np.int32), np.concatenate(lists)


def _grid(points: NDArray[np.float64], side: float) -> NDArray[np.int64]:
    """Return the district of each point: two rows of five."""
    column = np.minimum((points[:, 0] / side * 5).astype(np.int64), 4)
    return np.asarray(2 * column + (points[:, 1] > side / 2), dtype=np.int64)
