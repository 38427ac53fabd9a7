"""Recognise layers whose coordinates are shifted: GCJ-02 or BD-09 read as something else.

What stands at the roadside has no point far inside a block, on a hill or in the sea; a layer moved
by some hundred metres has many. So the distance to the roads is measured as declared and after
reading the same coordinates as the other systems. In a dense centre a street is some 40 m from
anywhere, so half of the points tell little, and the far tenth is looked at as well. One of them has
to fall by more than half, and further than by a move as long in any other direction: that is what
chance would do. Without roads, points outside all districts are counted instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.crs import DATUMS, from_wgs84, is_datum, project, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from siting.data.crs import Datum
    from siting.data.roads import Roads

    Floats = NDArray[np.float64]
    Measure = Callable[[Floats], Floats]

CHINA = (72.0, 0.8, 138.0, 56.0)
"""West, south, east, north of where shifted coordinates are in use."""
_SHARES = ((0.5, "half"), (0.9, "one in ten"))
"""Quantiles of the distance that are looked at, and how to speak of the points beyond them."""
_FALL = 0.5
_FALL_OUTSIDE = 0.25
_LEAST_POINTS = 15
TOO_FEW = "too few places to tell"
_LEAST_OUTSIDE = 5
_LEAST_M = 15.0
"""A layer so near the roads is not shifted."""
_ROADSIDE_M = 100.0
"""What lies farther from the roads than this does not stand at the roadside, however it is read."""
_MOST_POINTS = 1500
_CORE = (0.02, 0.98)
"""Quantiles of the junctions that bound the area where the network is taken to be whole."""
_CELL_M = 200.0
"""Of several points in one cell one counts: neighbours are no two witnesses."""
_DIRECTIONS = 16
_LENGTHS = (0.6, 1.0, 1.5)
_SAME_DIRECTION_RAD = np.radians(50)
_M_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Shift:
    """Say that a layer looks shifted."""

    systems: tuple[str, ...]
    """gcj02, bd09 or EPSG:4326: what its coordinates look like; several, where equally good."""
    reason: str
    """What was measured, as declared and in that system."""


@dataclass(frozen=True, eq=False)
class Declared:
    """Hold a layer of points as it was read."""

    where: str
    """File and layer."""
    points: NDArray[np.object_]
    """(n,) in WGS-84, converted from ``crs``."""
    crs: str | None
    """Declared CRS; None where the file carries one."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Hold what layers are measured against."""

    measure: Measure
    """(n, 2) longitude, latitude -> metres to the nearest road, or 1 outside all districts."""
    box: tuple[float, float, float, float]
    """Area in which it is whole."""
    is_roads: bool


def road_reference(roads: Roads, metric_crs: str) -> Reference:
    """Measure against roads: metres to the nearest."""
    low, high = _CORE
    west, east = np.quantile(roads.lon, (low, high)).tolist()
    south, north = np.quantile(roads.lat, (low, high)).tolist()
    measure = _distance(shapely.STRtree(project(roads.geometry, metric_crs)), metric_crs)
    return Reference(measure, (west, south, east, north), is_roads=True)


def district_reference(districts: NDArray[np.object_]) -> Reference:
    """Measure against districts: 0 inside one, 1 outside all."""
    west, south, east, north = shapely.total_bounds(districts).tolist()
    box = (west - 0.1, south - 0.1, east + 0.1, north + 0.1)
    tree = shapely.STRtree(districts)

    def measure(lonlat: Floats) -> Floats:
        outside = np.ones(len(lonlat))
        outside[tree.query(shapely.points(lonlat), predicate="intersects")[0]] = 0
        return outside

    return Reference(measure, box, is_roads=False)


def find_shift(points: NDArray[np.object_], crs: str | None, reference: Reference) -> Shift | None:
    """Tell whether a layer of points looks shifted, and which system its coordinates look like.

    Parameters
    ----------
    points
        (n,) points in WGS-84, as read in the declared CRS.
    crs
        Declared CRS, or None where the file carries one.
    reference
        What to measure against.

    Returns
    -------
    shift
        None where nothing is amiss, or there are too few points to tell.
    """
    lonlat = _thinned(shapely.get_coordinates(points))
    best, fall = None, np.inf
    for name, moved in _readings(lonlat, crs).items():
        both = _inside(lonlat, reference.box) & _inside(moved, reference.box)
        if int(both.sum()) < _LEAST_POINTS:
            continue
        judge = _nearer if reference.is_roads else _back_inside
        found = judge(lonlat[both], moved[both], reference.measure)
        if found is None or found[0] > fall:
            continue
        if best is not None and found[0] == fall:
            best = Shift((*best.systems, name), best.reason)
        else:
            best, fall = Shift((name,), found[1]), found[0]
    return best


def shift_notes(
    layers: Mapping[str, Declared],
    roads: Roads | None,
    districts: NDArray[np.object_],
    metric_crs: str,
) -> list[str]:
    """Return one warning for each layer that looks shifted, with the mend.

    Parameters
    ----------
    layers
        Layers of points, by name.
    roads
        What to measure against; None where the case has none, then the districts serve.
    districts
        Polygons in WGS-84.
    metric_crs
        For distances.
    """
    if not any(
        _readings(shapely.get_coordinates(item.points), item.crs) for item in layers.values()
    ):
        return []
    reference = (
        district_reference(districts) if roads is None else road_reference(roads, metric_crs)
    )
    notes = []
    for name, item in layers.items():
        found = find_shift(item.points, item.crs, reference)
        if found is None:
            continue
        mend = " or ".join(f'crs = "{system}"' for system in found.systems)
        notes.append(
            f"{item.where}: looks shifted: {found.reason} when its coordinates are read as "
            f"{' or '.join(found.systems)}, not as {item.crs or 'its own CRS'}. "
            f"If so, write {mend} in [layers.{name}]."
        )
    return notes


def too_few_note(points: NDArray[np.object_], reference: Reference) -> str:
    """Say that a layer has too few places for :func:`find_shift`; '' if it has enough.

    It is '' too where no other system comes into question.

    Parameters
    ----------
    points, reference
        As :func:`find_shift` takes them.
    """
    lonlat = _thinned(shapely.get_coordinates(points))
    inside = _inside(lonlat, reference.box)
    counts = [
        int((inside & _inside(moved, reference.box)).sum())
        for moved in _readings(lonlat, None).values()
    ]
    count = max(counts, default=_LEAST_POINTS)
    if count >= _LEAST_POINTS:
        return ""
    return (
        f"{TOO_FEW} ({count}) whether its coordinates are shifted; it takes {_LEAST_POINTS} "
        "distinct ones."
    )


def _readings(lonlat: Floats, crs: str | None) -> dict[str, Floats]:
    """Return where the points lie if their coordinates are of another system."""
    west, south, east, north = CHINA
    middle = np.median(lonlat, axis=0) if len(lonlat) else np.zeros(2)
    in_china = west <= middle[0] <= east and south <= middle[1] <= north
    declared: Datum | None = None
    if crs is not None and is_datum(crs):
        declared = "gcj02" if crs.lower() == "gcj02" else "bd09"
    given = lonlat if declared is None else _as(from_wgs84, lonlat, declared)
    found = {} if declared is None else {"EPSG:4326": given}
    for datum in DATUMS if in_china else ():
        if datum != declared:
            found[datum] = _as(to_wgs84, given, datum)
    return found


def _as(
    change: Callable[[Floats, Floats, Datum], tuple[Floats, Floats]], lonlat: Floats, datum: Datum
) -> Floats:
    return np.column_stack(change(lonlat[:, 0], lonlat[:, 1], datum))


def _distance(tree: shapely.STRtree, metric_crs: str) -> Measure:
    def measure(lonlat: Floats) -> Floats:
        flat = project(np.asarray(shapely.points(lonlat), dtype=object), metric_crs)
        (which, _), metres = tree.query_nearest(flat, return_distance=True, all_matches=False)
        return np.asarray(metres[np.argsort(which)], dtype=np.float64)

    return measure


def _inside(lonlat: Floats, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    low, high = np.array(box[:2]), np.array(box[2:])
    return np.asarray(((lonlat >= low) & (lonlat <= high)).all(axis=1))


def _nearer(lonlat: Floats, moved: Floats, measure: Measure) -> tuple[float, str] | None:
    """Return by how much the points come nearer to the roads, and in words."""
    before, after = measure(lonlat), measure(moved)
    others: Floats | None = None
    for share, words in _SHARES:
        old, new = np.quantile(before, share), np.quantile(after, share)
        if old < _LEAST_M or new >= _FALL * old or new > _ROADSIDE_M:
            continue
        if others is None:
            others = np.array([measure(other) for other in _as_far(lonlat, moved)])
        if new < np.quantile(others, share, axis=1).min():
            return float(new / old), (
                f"{words} of {len(lonlat)} places lie more than {old:.0f} m from any road, but "
                f"only {new:.0f} m"
            )
    return None


def _back_inside(lonlat: Floats, moved: Floats, measure: Measure) -> tuple[float, str] | None:
    """Return by how much fewer points lie outside all districts, and in words."""
    old, new = int((measure(lonlat) > 0).sum()), int((measure(moved) > 0).sum())
    if old < _LEAST_OUTSIDE or new > _FALL_OUTSIDE * old:
        return None
    others = min(int((measure(other) > 0).sum()) for other in _as_far(lonlat, moved))
    if new > others:
        return None
    return new / old, (f"{old} of {len(lonlat)} places lie outside all districts, but only {new}")


def _as_far(lonlat: Floats, moved: Floats) -> list[Floats]:
    """Return the points moved about as far in all other directions."""
    shrink = np.array([np.cos(np.radians(lonlat[:, 1].mean())), 1.0])
    east, north = np.median((moved - lonlat) * shrink, axis=0) * _M_PER_DEGREE
    length_m, angle = np.hypot(east, north), np.arctan2(north, east)
    turns = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    turns = turns[np.minimum(turns, 2 * np.pi - turns) > _SAME_DIRECTION_RAD]
    return [
        lonlat
        + np.array([np.cos(angle + turn), np.sin(angle + turn)])
        * (share * length_m / _M_PER_DEGREE)
        / shrink
        for turn in turns
        for share in _LENGTHS
    ]


def _thinned(lonlat: Floats) -> Floats:
    """Return one point of each cell, and not too many."""
    if not len(lonlat):
        return lonlat
    shrink = np.array([np.cos(np.radians(lonlat[:, 1].mean())), 1.0])
    cell = np.floor(lonlat * shrink * _M_PER_DEGREE / _CELL_M)
    first = np.sort(np.unique(cell, axis=0, return_index=True)[1])
    return lonlat[first[:: max(1, len(first) // _MOST_POINTS)]]
