"""Draw substations for a city that has none, from the density of its load.

The load of a zone is its area times built-up share times load per km2. As many substations as that
load asks for are placed by halving the city again and again: across its longer side, where both
halves hold as much load as they will have substations. Zones are too coarse to share load out
evenly, so each substation carries the mean. Nothing is random, and nothing is surveyed: whatever
comes of it is labelled synthetic.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting.data.case import LayerInfo
from siting.data.crs import WGS84, project
from siting.data.site_measures import spots
from siting.data.sphere import inner_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Scenario, SyntheticGrid

    Floats = NDArray[np.float64]
    Parts = list[tuple[NDArray[np.intp], int]]

_WEIGHTLESS = 1e-9
"""MW; lets a part without any load have a centre too."""
SOURCE = "synthetic grid made by siting from load density"


def with_synthetic_grid(case: Case, scenario: Scenario) -> Case:
    """Return the case with a synthetic layer of substations, where it has none and one is asked.

    Parameters
    ----------
    case
        The city; its own substations always stay.
    scenario
        The question; its section ``synthetic_grid`` says how.
    """
    rules = scenario.synthetic_grid
    if rules is None or len(case.substations):
        return case
    limit_mw = rules.substation_mva * rules.n1_limit * scenario.grid.power_factor
    limit_mw *= 1 - scenario.grid.reserve
    table = _substations(case, rules, limit_mw)
    info = LayerInfo(
        layer="substations",
        file="",
        rows=len(table),
        source=SOURCE,
        licence="none needed",
        date="not surveyed",
        synthetic=True,
        sha256=hashlib.sha256(table.to_json().encode()).hexdigest(),
    )
    note = (
        f"substations: {SOURCE}: {len(table)} of {table['base_peak_mw'].sum():,.1f} MW at "
        f"{rules.load_mw_km2:g} MW/km2 on {rules.built_up_share:.0%} of the ground. "
        "No survey of the real grid."
    )
    return dataclasses.replace(
        case,
        substations=table,
        synthetic=True,
        layers=(*case.layers, info),
        notes=(*case.notes, note),
    )


def zone_load_mw(case: Case, rules: SyntheticGrid) -> Floats:
    """Return (I,) the peak load of each zone.

    Area times built-up share times load density; where zones are points, the area of their district
    is shared evenly among them.
    """
    square_km = shapely.area(project(case.zones.geometry.to_numpy(), case.metric_crs)) / 1e6
    if not square_km.sum() > 0:
        areas = shapely.area(project(case.districts.geometry.to_numpy(), case.metric_crs)) / 1e6
        by_id = dict(zip(case.districts["id"], areas, strict=True))
        zones = case.zones["district"]
        count = zones.map(zones.value_counts())
        square_km = zones.map(by_id).to_numpy(float) / count.to_numpy(float)
    return np.asarray(square_km * rules.built_up_share * rules.load_mw_km2)


def _substations(case: Case, rules: SyntheticGrid, limit_mw: float) -> gpd.GeoDataFrame:
    load = zone_load_mw(case, rules)
    points = shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy()))
    plane = shapely.get_coordinates(project(spots(points), case.metric_crs))
    count = max(math.ceil(load.sum() / (limit_mw * rules.loading) - 1e-9), 1)
    parts = _halved(np.arange(len(load)), plane, load, count)
    numbers = range(1, len(parts) + 1)
    weight = load + _WEIGHTLESS
    centres = [np.average(points[rows], axis=0, weights=weight[rows]) for rows, _ in parts]
    return gpd.GeoDataFrame(
        {
            "id": [f"synthetic-{n:03d}" for n in numbers],
            "name": [f"Synthetic substation {n}" for n in numbers],
            "name_zh": [f"合成变电站{n}" for n in numbers],
            "voltage_kv": [rules.voltage_kv] * len(parts),
            "rating_mva": [rules.substation_mva * many for _, many in parts],
            "n1_limit": [rules.n1_limit] * len(parts),
            "base_peak_mw": [float(load.sum()) / count * many for _, many in parts],
        },
        geometry=list(spots(np.array(centres))),
        crs=WGS84,
    )


def _halved(rows: NDArray[np.intp], plane: Floats, load: Floats, count: int) -> Parts:
    """Return zones and number of substations of each part; one zone may hold several."""
    if count == 1 or len(rows) == 1:
        return [(rows, count)]
    spot = plane[rows]
    side = int(np.ptp(spot[:, 1]) > np.ptp(spot[:, 0]))
    order = rows[np.lexsort((rows, spot[:, 1 - side], spot[:, side]))]
    low = count // 2
    middle = np.cumsum(load[order]) - load[order] / 2
    cut = int(np.searchsorted(middle, load[order].sum() * low / count))
    cut = min(max(cut, 1), len(order) - 1)
    return [
        *_halved(order[:cut], plane, load, low),
        *_halved(order[cut:], plane, load, count - low),
    ]
