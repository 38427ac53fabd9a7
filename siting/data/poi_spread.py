"""Give the weight of points of interest to zones: the one each lies in, or all within a radius."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.sphere import great_circle_km, inner_points

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from siting.data.case import Case

    Floats = NDArray[np.float64]

_CHUNK = 256
"""Points whose distances to all zones are held at a time."""


def kinds_given(case: Case) -> set[str]:
    """Return the kinds of points of interest a case has."""
    return set() if case.pois is None else set(case.pois["kind"])


def poi_weight(case: Case, kinds: Collection[str], radius_m: float | None) -> Floats:
    """Return the weight of all points of some kinds, by zone, (I,); it adds up to theirs.

    A point counts for the zone it lies in, of several the first; outside all, for the zone whose
    own point is nearest. With a radius it counts in equal parts for the zones whose own point is
    within it, and as without where there are none.

    Parameters
    ----------
    case
        With points of interest.
    kinds
        Which of them count.
    radius_m
        Great-circle metres; None for no radius.
    """
    total = np.zeros(len(case.zones))
    if case.pois is None:
        return total
    points = case.pois[case.pois["kind"].isin(list(kinds))]
    weight = points["weight"].to_numpy(float)
    places = points.geometry.to_numpy()
    home = _containing(case, places)
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        lost = home[part] < 0
        if radius_m is None and not lost.any():
            np.add.at(total, home[part], weight[part])
            continue
        apart_m = _distances_m(case, places[part])
        own = np.where(lost, apart_m.argmin(axis=1), home[part])
        near = apart_m <= (radius_m or 0.0)
        alone = ~near.any(axis=1) if radius_m is not None else np.ones(len(own), dtype=bool)
        near[alone] = False
        near[alone, own[alone]] = True
        total += (weight[part] / near.sum(axis=1)) @ near
    return total


def _containing(case: Case, places: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the first zone each place lies in, or -1."""
    home = np.full(len(places), -1, dtype=np.intp)
    tree = shapely.STRtree(case.zones.geometry.to_numpy())
    place, zone = tree.query(places, predicate="intersects")
    order = np.lexsort((zone, place))[::-1]
    home[place[order]] = zone[order]  # the first of several stays, written last
    return home


def _distances_m(case: Case, places: NDArray[np.object_]) -> Floats:
    """Return great-circle metres from places to the zones' points, (n, I)."""
    zone = shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy())).T
    lon, lat = shapely.get_coordinates(places).T
    return 1000 * great_circle_km(lon[:, None], lat[:, None], zone[0][None, :], zone[1][None, :])
