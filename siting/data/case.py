"""Hold a city: every layer checked, every coordinate WGS-84 longitude, latitude."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from siting.data.roads import Roads


@dataclass(frozen=True)
class LayerInfo:
    """Say where one layer comes from."""

    layer: str
    """zones, sites, fuel, stations, districts, substations, exclusions, supply_areas, roads, pois,
    water, parks or raster."""
    file: str
    """As written in case.toml."""
    rows: int
    source: str
    licence: str
    date: str
    synthetic: bool
    sha256: str
    """Of the file."""


@dataclass(frozen=True, eq=False)
class Case:
    """Hold a city as checked tables, EPSG:4326, each with a fresh 0..n-1 index.

    Ids are unique strings within a layer, and across ``sites`` and ``stations`` together.
    ``district`` is always the id of a row of ``districts``; ``name_zh`` is '' where unknown.
    """

    name: str
    title: str
    title_zh: str
    label: str
    """What every output must say of it, such as 'stylised'; '' for real data."""
    label_zh: str
    synthetic: bool
    folder: Path
    metric_crs: str
    """The CRS distances are measured in."""
    zones: gpd.GeoDataFrame
    """id, name, name_zh, district, demand (kWh/day, or any weight), people, jobs, piles,
    measured_kwh (NaN unknown), polygons or points; raster_people where there is a raster."""
    sites: gpd.GeoDataFrame
    """id, name, name_zh, district, host, area_m2 (NaN unknown), extra_cost_cny, substation (id or
    None), points."""
    fuel: gpd.GeoDataFrame
    """id, name, name_zh, district, nozzles (NaN unknown), points."""
    stations: gpd.GeoDataFrame
    """Existing: as ``sites``, and type (a scenario's type, or None); may have no rows."""
    districts: gpd.GeoDataFrame
    """id, name, name_zh, polygons."""
    substations: gpd.GeoDataFrame
    """id, name, name_zh, voltage_kv, rating_mva, n1_limit, base_peak_mw, points; may be empty."""
    roads: Roads | None
    layers: tuple[LayerInfo, ...]
    notes: tuple[str, ...]
    """What loading found worth telling: rows repaired, speeds imputed, network parts dropped."""
    exclusions: gpd.GeoDataFrame | None = None
    """id, name, name_zh, kind, polygons; None or no rows: nothing is excluded."""
    supply_areas: gpd.GeoDataFrame | None = None
    """id, name, name_zh, substation, polygons; None or no rows: unknown."""
    fed_by_row: frozenset[str] = frozenset()
    """Ids of sites and stations whose own row names their substation."""
    pois: gpd.GeoDataFrame | None = None
    """id, name, name_zh, kind, weight, points; None or no rows where the case has none."""
    water: gpd.GeoDataFrame | None = None
    """id, name, name_zh, polygons; only the map shows them; None or no rows: not known."""
    parks: gpd.GeoDataFrame | None = None
    """As ``water``."""
    flows: pd.DataFrame | None = None
    """origin, destination (ids of zones), trips (a day); None where the case has none."""
