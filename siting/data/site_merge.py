"""Merge candidate sites that stand for one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from siting.data.site_measures import on_sphere
from siting.data.sphere import great_circle_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STAYS = -1
"""Merged into no other site."""


def merged(
    points: Floats, area_m2: Floats, ids: Sequence[str], *, merge_m: float
) -> NDArray[np.int64]:
    """Return for each of P sites the site it is merged into, or STAYS.

    Sites are taken in order of falling area (unknown last), then rising id. One stays unless a site
    that stays already is nearer than ``merge_m``; it is then merged into the nearest such. So no
    two that stay are nearer than ``merge_m``, and every other is nearer than that to the one it is
    merged into.

    Parameters
    ----------
    points
        (P, 2) longitude, latitude.
    area_m2
        (P,) NaN where unknown.
    ids
        (P,) unique.
    merge_m
        Great-circle distance in metres.
    """
    into = np.full(len(points), STAYS, dtype=np.int64)
    known = np.nan_to_num(area_m2, nan=-1.0)
    neighbours = _neighbours(points, merge_m)
    stays: set[int] = set()
    for site in sorted(range(len(points)), key=lambda n: (-known[n], ids[n])):
        near = [n for n in neighbours[site] if n in stays]
        apart = 1000 * great_circle_km(*points[site], *points[near].T)
        close = [(float(m), ids[n], n) for m, n in zip(apart, near, strict=True)]
        close = [item for item in close if item[0] < merge_m]
        if close:
            into[site] = min(close)[2]
        else:
            stays.add(site)
    return into


def _neighbours(points: Floats, radius_m: float) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in points]
    if len(points):
        pairs = cKDTree(on_sphere(points)).query_pairs(radius_m, output_type="ndarray")
        for one, other in pairs.tolist():
            found[one].append(other)
            found[other].append(one)
    return found
