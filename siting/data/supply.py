"""Say which substation feeds each site, as the scenario asks.

This makes inputs, not answers: planner and verifier alike take the city as it comes from here.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.data.crs import project
from siting.data.road_travel import split_network
from siting.data.site_measures import points_of, spots
from siting.data.snap import snap, streets
from siting.data.synthetic_grid import with_synthetic_grid
from siting.errors import Fault, ScenarioError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.roads import Roads
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]

_AT_ONE_SPOT_KM = 1e-9
"""Stands for 0 in a sparse graph, where 0 could be read as no edge."""


def supplied(case: Case, scenario: Scenario) -> Case:
    """Return the case with the grid a scenario asks for; the same case where it asks for nothing.

    A synthetic grid is drawn where ``synthetic_grid`` is given and the case has no substations.
    Then every site and existing station whose row names no substation gets one by ``grid.assign``:
    nearest by straight line, nearest by length of road in either direction, or by supply area (the
    nearest where a site lies in none). Applying it twice changes nothing more.

    Raises
    ------
    ScenarioError
        If it asks for roads or supply areas the case does not have.
    """
    made = with_synthetic_grid(case, scenario)
    how = scenario.grid.assign
    if made is case and (how == "nearest" or not len(case.substations)):
        return case
    _check(made, scenario)
    if not len(made.sites) + len(made.stations):
        return made
    points = np.vstack([points_of(made.stations), points_of(made.sites)])
    found, notes = _nearest(made, points), made.notes
    if how == "network" and made.roads is not None:
        found = nearest_by_road(made.roads, points_of(made.substations), points)
    elif how == "area":
        found, outside = _by_area(made, points, found)
        if outside:
            text = f"supply_areas: {outside:,} sites lie in none and take the nearest substation."
            notes = notes if text in notes else (*notes, text)
    ids = made.substations["id"].to_numpy(object)[found]
    cut = len(made.stations)
    return dataclasses.replace(
        made,
        stations=_fed(made.stations, ids[:cut], made.fed_by_row),
        sites=_fed(made.sites, ids[cut:], made.fed_by_row),
        notes=notes,
    )


def nearest_by_road(roads: Roads, substations: Floats, points: Floats) -> NDArray[np.intp]:
    """Return (P,) the substation with the least way along roads, both access legs included.

    Cables follow streets whatever the traffic does, so one-way streets count both ways. Of equals
    the first stays.

    Parameters
    ----------
    roads
        The network.
    substations
        (G, 2) longitude, latitude.
    points
        (P, 2) longitude, latitude.
    """
    known, grid = streets(roads), len(substations)
    snapped = snap(np.vstack([substations, points]), known, max_snap_m=np.inf)
    network, node = split_network(roads, known, snapped)
    roots = network.nodes + np.arange(grid)
    arcs = pd.DataFrame(
        {
            "tail": np.concatenate([network.tail, network.head, roots]),
            "head": np.concatenate([network.head, network.tail, node[:grid]]),
            "km": np.concatenate([network.km, network.km, snapped.access_km[:grid]]),
        }
    )
    least = arcs.groupby(["tail", "head"])["km"].min()
    tail, head = (least.index.get_level_values(end).to_numpy() for end in ("tail", "head"))
    size = network.nodes + grid
    weights = np.maximum(least.to_numpy(), _AT_ONE_SPOT_KM)
    graph = csr_array((weights, (tail, head)), shape=(size, size))
    way = dijkstra(graph, indices=roots)[:, node[grid:]]
    return np.asarray(way.argmin(axis=0), dtype=np.intp)


def _check(case: Case, scenario: Scenario) -> None:
    how = scenario.grid.assign
    lacks = {
        "network": case.roads is None,
        "area": case.supply_areas is None or not len(case.supply_areas),
    }
    if lacks.get(how):
        layer = "roads" if how == "network" else "supply_areas"
        what = f"{how!r} needs the layer {layer}, which {case.name} does not have"
        fault = Fault(
            f"scenario {scenario.name}", what, "Add it, or set 'nearest'.", field="grid.assign"
        )
        msg = f"The scenario does not fit the case {case.name}:"
        raise ScenarioError(msg, [fault])


def _nearest(case: Case, points: Floats) -> NDArray[np.intp]:
    flat = project(case.substations.geometry.to_numpy(), case.metric_crs)
    tree = shapely.STRtree(flat)
    return np.asarray(tree.nearest(project(spots(points), case.metric_crs)))


def _by_area(
    case: Case, points: Floats, otherwise: NDArray[np.intp]
) -> tuple[NDArray[np.intp], int]:
    """Return the substation of the area each point lies in, the first of several; and the lost."""
    areas = case.supply_areas
    if areas is None:
        return otherwise, 0
    row = {name: n for n, name in enumerate(case.substations["id"])}
    point, area = shapely.STRtree(areas.geometry.to_numpy()).query(
        spots(points), predicate="intersects"
    )
    first = np.full(len(points), -1, dtype=np.intp)
    order = np.lexsort((area, point))[::-1]
    first[point[order]] = area[order]
    lost = first < 0
    named = np.array([row[name] for name in areas["substation"]], dtype=np.intp)
    return np.where(lost, otherwise, named[first]), int(lost.sum())


def _fed(
    table: gpd.GeoDataFrame, ids: NDArray[np.object_], fed_by_row: frozenset[str]
) -> gpd.GeoDataFrame:
    own = table["id"].isin(fed_by_row).to_numpy()
    fed = table.copy()  # the case stays as it was loaded
    fed["substation"] = pd.Series(np.where(own, table["substation"], ids), dtype=object)
    return fed
