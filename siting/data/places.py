"""Tie layers to one another: the district each point lies in, the substation that feeds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.crs import project
from siting.data.findings import shown
from siting.data.nearest import did_you_mean
from siting.data.sphere import inner_points

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.findings import Findings
    from siting.data.layer import Layer

_NEAR_KM = 5.0
"""A point this near to a district may still be given to it: shores are drawn coarsely."""


def give_districts(
    layer: Layer, districts: gpd.GeoDataFrame, metric_crs: str, findings: Findings
) -> NDArray[np.object_]:
    """Return each row's district: its own where it names one, else the one it lies in.

    A point outside all districts goes to the nearest within 5 km, with a note; beyond that it is a
    fault.

    Parameters
    ----------
    layer
        With a column ``district``, '' where unknown.
    districts
        Areas with ids.
    metric_crs
        For distances to districts.
    findings
        Takes faults and notes.
    """
    ids = districts["id"].to_numpy(dtype=object)
    named = layer.table["district"].to_numpy(dtype=object)
    unknown = (named != "") & ~np.isin(named.astype(str), ids.astype(str))
    findings.rows(
        layer.where,
        unknown,
        lambda place: f"{shown(named[place])} is no district",
        lambda place: (
            f'{did_you_mean(named[place], ids)} Or set columns = {{ district = "" }}: '
            "location decides then."
        ),
        rows=layer.rows,
        field="district",
    )
    open_rows = np.flatnonzero(named == "")
    found = named.copy()
    if len(open_rows):
        points = inner_points(layer.table.geometry.to_numpy()[open_rows])
        found[open_rows] = _by_location(layer, open_rows, points, districts, metric_crs, findings)
    return found


def _by_location(
    layer: Layer,
    rows: NDArray[np.intp],
    points: NDArray[np.object_],
    districts: gpd.GeoDataFrame,
    metric_crs: str,
    findings: Findings,
) -> NDArray[np.object_]:
    areas = districts.geometry.to_numpy()
    ids = districts["id"].to_numpy(dtype=object)
    which = np.full(len(points), -1)
    point, area = shapely.STRtree(areas).query(points, predicate="intersects")
    order = np.lexsort((area, point))[::-1]
    which[point[order]] = area[order]  # the first of several stays, written last
    outside = np.flatnonzero(which < 0)
    if len(outside):
        tree = shapely.STRtree(project(areas, metric_crs))
        near, distance = tree.query_nearest(
            project(points[outside], metric_crs), return_distance=True, all_matches=False
        )
        which[outside[near[0]]] = near[1]
        far_m = np.zeros(len(points))
        far_m[outside[near[0]]] = distance
        _tell_outside(layer, rows, points, far_m, ids[which], findings)
    return np.asarray(ids[which], dtype=object)


def _tell_outside(
    layer: Layer,
    rows: NDArray[np.intp],
    points: NDArray[np.object_],
    far_m: NDArray[np.float64],
    nearest: NDArray[np.object_],
    findings: Findings,
) -> None:
    lost = far_m > _NEAR_KM * 1000
    findings.rows(
        layer.where,
        lost,
        lambda place: (
            f"the point {points[place].x:.5f}, {points[place].y:.5f} lies in no district; "
            f"{far_m[place] / 1000:.1f} km from the nearest ({nearest[place]})"
        ),
        "Correct the coordinates, drop the row, or name its district in a column.",
        rows=layer.rows[rows],
        field="geometry",
    )
    moved = (far_m > 0) & ~lost
    if moved.any():
        findings.notes.append(
            f"{layer.where}: {int(moved.sum())} of {len(layer.table)} points lie in no district "
            f"and went to the nearest, at most {far_m[moved].max() / 1000:.1f} km away."
        )


def give_substations(
    layer: Layer, substations: Layer | None, metric_crs: str, findings: Findings
) -> NDArray[np.object_]:
    """Return each row's substation: the one it names, else the nearest; None where there are none.

    Parameters
    ----------
    layer
        With a column ``substation``, '' where unknown.
    substations
        None if the case has no such layer.
    metric_crs
        For distances.
    findings
        Takes faults.
    """
    named = layer.table["substation"].to_numpy(dtype=object)
    ids = np.empty(0, object) if substations is None else substations.table["id"].to_numpy(object)
    unknown = (named != "") & ~np.isin(named.astype(str), ids.astype(str))
    findings.rows(
        layer.where,
        unknown,
        lambda place: f"{shown(named[place])} is no substation",
        lambda place: (
            f"{did_you_mean(named[place], ids)} Or leave the cell empty: the nearest serves then."
        ),
        rows=layer.rows,
        field="substation",
    )
    if substations is None or not len(ids):
        return np.array([name or None for name in named], dtype=object)
    tree = shapely.STRtree(project(substations.table.geometry.to_numpy(), metric_crs))
    points = project(layer.table.geometry.to_numpy(), metric_crs)
    nearest = ids[tree.nearest(points)]
    return np.asarray(np.where(named == "", nearest, named), dtype=object)


def check_ids_apart(sites: Layer, stations: Layer, findings: Findings) -> None:
    """Record existing stations whose id is a site's as well: plans name both in one column."""
    ids = stations.table["id"]
    first = dict(zip(sites.table["id"][::-1], sites.rows[::-1], strict=True))
    findings.rows(
        stations.where,
        ids.isin(sites.table["id"]),
        lambda place: (
            f"{shown(ids.iloc[place])} is also the id of a site (row {first[ids.iloc[place]]} of "
            f"{sites.info.file})"
        ),
        'Set them apart with id_prefix = "S-" under [layers.stations].',
        rows=stations.rows,
        field="id",
    )
