"""Calibrate ``reach.detour_factor`` and ``reach.straight_kmh`` on a city whose roads are known.

Run ``python benchmarks/detour.py CASE_FOLDER``. Zones and sites are paired at random; of pairs 1 to
10 km apart it prints road distance over great-circle distance, and straight kilometres per hour
from door to door, both with their quartiles. The scenario of a city without roads takes the
medians.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.load import load_case
from siting.data.sphere import great_circle_km, inner_points
from siting.data.travel import reach_pairs
from siting.scenario import Reach

if TYPE_CHECKING:
    from siting.data.case import Case

NEAREST_KM, FARTHEST_KM = 1.0, 10.0
LONGEST_KM = 40.0
"""Longer ways by road than four times the straight line are left out."""
ACCESS_KMH, MAX_SNAP_M = 10.0, 300.0
SAMPLE, SEED = 1500, 1


@dataclass(frozen=True)
class Calibration:
    """Hold what was measured, each as lower quartile, median, upper quartile."""

    pairs: int
    detour: tuple[float, float, float]
    """Road km, access legs included, over great-circle km."""
    road_kmh: tuple[float, float, float]
    """Road km over hours from door to door."""
    straight_kmh: tuple[float, float, float]
    """Great-circle km times the median detour factor, over hours from door to door."""


def calibrate(case: Case, *, seed: int = SEED) -> Calibration:
    """Measure detour and speed over random pairs of a site and a site or zone.

    ``straight_kmh`` is the speed at which great-circle distance times the median detour factor
    takes the time that the road takes, since this is how minutes are found without roads.
    """
    points = shapely.get_coordinates(
        inner_points(np.concatenate([case.zones.geometry.array, case.sites.geometry.array]))
    )
    rng = np.random.default_rng(seed)
    chosen = points[rng.permutation(len(points))[:SAMPLE]]
    half = len(chosen) // 2
    start, stop = chosen[:half], chosen[half:]
    rule = Reach(
        km={"default": LONGEST_KM},
        detour_factor=1,
        straight_kmh=1,
        access_kmh=ACCESS_KMH,
        max_snap_m=MAX_SNAP_M,
    )
    pairs = reach_pairs(case.roads, start, stop, rule, [""] * half)
    straight_km = great_circle_km(*start[pairs.zone].T, *stop[pairs.site].T)
    keep = (straight_km >= NEAREST_KM) & (straight_km <= FARTHEST_KM)
    straight_km, km, hours = straight_km[keep], pairs.km[keep], pairs.minutes[keep] / 60
    detour = _quartiles(km / straight_km)
    return Calibration(
        pairs=int(keep.sum()),
        detour=detour,
        road_kmh=_quartiles(km / hours),
        straight_kmh=_quartiles(straight_km * detour[1] / hours),
    )


def _quartiles(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float, float]:
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(low), float(middle), float(high)


if __name__ == "__main__":
    found = calibrate(load_case(Path(sys.argv[1])))
    print(f"{found.pairs:,} pairs {NEAREST_KM:g} to {FARTHEST_KM:g} km apart; quartiles:")
    for name, values in (
        ("detour factor", found.detour),
        ("road km/h, door to door", found.road_kmh),
        ("straight_kmh to go with it", found.straight_kmh),
    ):
        print(f"{name:28} {values[0]:7.2f} {values[1]:7.2f} {values[2]:7.2f}")
