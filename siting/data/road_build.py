"""Make a road network of raw edges: lengths, speeds, and one strongly connected part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from siting.data.road_notes import dropped_note, speed_notes
from siting.data.roads import Roads
from siting.data.speeds import class_speeds, first_highway, fold_links, stated_speeds
from siting.data.sphere import great_circle_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.data.findings import Findings

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int32]

_LEAST_M = 0.01
"""No edge is shorter: two nodes on one spot are still two nodes."""
_LENGTH_RATIO = (0.5, 2.0)
"""Median of stated length over drawn length, beyond which the unit must be wrong."""


@dataclass(frozen=True, eq=False)
class RawRoads:
    """Hold edges as a file gives them: N nodes, E directed edges, WGS-84."""

    lon: Floats
    lat: Floats
    tail: Indices
    head: Indices
    highway: Sequence[str]
    maxspeed: Sequence[str]
    """(E,) '' where unknown."""
    speed_kph: Floats
    """(E,) NaN where unknown."""
    length_m: Floats
    """(E,) NaN where unknown."""
    geometry: NDArray[np.object_]
    """(E,) LineStrings from tail to head; None: straight."""
    name: Sequence[str] = ()
    """(E,) '' where unknown; or empty where no name is known."""


def build_roads(raw: RawRoads, where: str, findings: Findings) -> Roads | None:
    """Return the largest strongly connected part of a network, every edge with length and speed.

    Parameters
    ----------
    raw
        Edges as they were read.
    where
        File and layer, for messages.
    findings
        Takes faults, and notes on what was dropped, recomputed or assumed.

    Returns
    -------
    roads
        None if there is no usable edge; then there is a fault.
    """
    if not len(raw.tail):
        findings.fault(where, "has no roads to drive on", "Check that it is the right file.")
        return None
    if not (np.isfinite(raw.lon) & np.isfinite(raw.lat)).all():
        mend = "Declare the CRS the coordinates are in, or correct them."
        findings.fault(where, "has nodes that lie nowhere on the globe", mend, field="crs")
        return None
    raw = replace(raw, geometry=_drawn(raw))
    length_m = _lengths(raw, where, findings)
    if length_m is None:
        return None
    highway = first_highway(raw.highway)
    speed_kph = _speeds(raw, highway, length_m, where, findings)
    node, edge = _strongest(raw, length_m, where, findings)
    if not len(edge):
        mend = "Check the columns u, v and oneway: edges that meet need the same node ids."
        findings.fault(where, "no two nodes can reach each other both ways", mend)
        return None
    renumbered = np.full(len(raw.lon), -1, dtype=np.int32)
    renumbered[node] = np.arange(len(node), dtype=np.int32)
    return Roads(
        lon=raw.lon[node],
        lat=raw.lat[node],
        tail=renumbered[raw.tail[edge]],
        head=renumbered[raw.head[edge]],
        length_m=length_m[edge],
        seconds=length_m[edge] / (speed_kph[edge] / 3.6),
        road_class=fold_links(highway[edge]),
        geometry=raw.geometry[edge],
        name=np.asarray(raw.name, dtype=object)[edge] if len(raw.name) else None,
    )


def _drawn(raw: RawRoads) -> NDArray[np.object_]:
    """Draw missing lines straight, and turn those round that run from head to tail."""
    geometry = raw.geometry.copy()
    ends = np.stack([np.column_stack([raw.lon[k], raw.lat[k]]) for k in (raw.tail, raw.head)], 1)
    absent = shapely.is_missing(geometry)
    if absent.any():
        geometry[absent] = shapely.linestrings(ends[absent])
    start = shapely.get_coordinates(shapely.get_point(geometry, 0))
    stop = shapely.get_coordinates(shapely.get_point(geometry, -1))
    to_tail = np.hypot(*(start - ends[:, 0]).T) + np.hypot(*(stop - ends[:, 1]).T)
    to_head = np.hypot(*(start - ends[:, 1]).T) + np.hypot(*(stop - ends[:, 0]).T)
    geometry[to_head < to_tail] = shapely.reverse(geometry[to_head < to_tail])
    return geometry


def _lengths(raw: RawRoads, where: str, findings: Findings) -> Floats | None:
    """Return stated lengths, in metres, or drawn ones where none is stated."""
    drawn = _drawn_m(raw.geometry)
    stated = raw.length_m.copy()
    lost = ~(np.isfinite(stated) & (stated > 0))
    if lost.any() and not lost.all():
        findings.notes.append(
            f"{where}: {int(lost.sum())} of {len(lost)} edges had no length, or none above 0; "
            "it was measured along their line."
        )
    compared = ~lost & (drawn > 1)
    if compared.any():
        ratio = float(np.median(stated[compared] / drawn[compared]))
        if not _LENGTH_RATIO[0] <= ratio <= _LENGTH_RATIO[1]:
            what = f"lengths are {ratio:.3g} times those of the lines"
            mend = "Give lengths in metres, or leave them out: the lines are measured then."
            findings.fault(where, what, mend, field="length_m")
            return None
    stated[lost] = drawn[lost]
    return np.maximum(stated, _LEAST_M)


def _drawn_m(geometry: NDArray[np.object_]) -> Floats:
    """Measure lines along great circles, in metres."""
    xy, line = shapely.get_coordinates(geometry, return_index=True)
    step_m = great_circle_km(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1]) * 1000
    same = line[1:] == line[:-1]
    total_m: Floats = np.bincount(
        line[1:][same], weights=step_m[same], minlength=len(geometry)
    ).astype(np.float64)
    return total_m


def _speeds(
    raw: RawRoads,
    highway: NDArray[np.object_],
    length_m: Floats,
    where: str,
    findings: Findings,
) -> Floats:
    speed = np.where(raw.speed_kph > 0, raw.speed_kph, np.nan)
    unset = ~np.isfinite(speed)
    stated = stated_speeds(raw.maxspeed, highway)
    speed[unset] = stated[unset]
    assumed = ~np.isfinite(speed)
    speed[assumed] = class_speeds(highway)[assumed]
    findings.notes += speed_notes(raw.maxspeed, unset, assumed, length_m, where)
    return speed


def _strongest(
    raw: RawRoads, length_m: Floats, where: str, findings: Findings
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return nodes and edges of the largest part whose nodes all reach each other."""
    count = len(raw.lon)
    ones = np.ones(len(raw.tail), dtype=np.int8)
    links = csr_array((ones, (raw.tail, raw.head)), shape=(count, count))
    _, part = connected_components(links, directed=True, connection="strong")
    best = int(np.bincount(part).argmax())
    keep = (part[raw.tail] == best) & (part[raw.head] == best)
    if not keep.all():
        findings.notes.append(dropped_note(raw, keep, length_m, where))
    return np.flatnonzero(part == best), np.flatnonzero(keep)
