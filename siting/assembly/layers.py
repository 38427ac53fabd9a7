"""Give the plan's tables their places, for a GeoPackage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.plan import Plan

WGS84 = "EPSG:4326"


def map_layers(plan: Plan, case: Case) -> dict[str, gpd.GeoDataFrame]:
    """Return the plan's layers, with their state at the end of the last phase."""
    document = plan.document
    last = document.phases[-1].name
    label = {"label": document.provenance.label or "real data"}
    stations = _points([s.model_dump(exclude={"steps"}) for s in document.stations])
    table = plan.zones[plan.zones["phase"] == last].drop(columns=["phase", "district"])
    zones = case.zones[["id", "name", "name_zh", "district", "geometry"]].merge(
        table, left_on="id", right_on="zone"
    )
    ratio = pd.DataFrame(
        [row.model_dump(exclude={"name", "name_zh"}) for row in document.ratio.districts]
    )
    districts = case.districts[["id", "name", "name_zh", "geometry"]].merge(
        ratio, left_on="id", right_on="district"
    )
    layers = {
        "stations": stations,
        "zones": zones.drop(columns="zone"),
        "districts": districts.drop(columns="district"),
        "fuel": case.fuel,
    }
    if document.substations:
        rows = [
            {**s.model_dump(exclude={"steps"}), **s.steps[-1].model_dump(exclude={"phase"})}
            for s in document.substations
        ]
        layers["substations"] = _points(rows)
    if case.exclusions is not None:
        layers["exclusions"] = case.exclusions[["id", "name", "name_zh", "kind", "geometry"]]
    return {name: layer.assign(**label) for name, layer in layers.items() if len(layer)}


def _points(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows)
    if table.empty:
        return gpd.GeoDataFrame(table, geometry=[], crs=WGS84)
    return gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=WGS84
    )
