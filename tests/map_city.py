"""Build a city from a seed: 3,000 zones, 300 stations, 5,100 streets, 20,000 points."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from shapely import Point, Polygon, box, centroid, get_coordinates

from siting.data.case import Case
from siting.plan import (
    Assumption,
    Document,
    Kpis,
    Outcome,
    PhaseResult,
    Plan,
    Ratio,
    Station,
    StationStep,
    Substation,
    SubstationStep,
    Unreached,
)
from tests.map_cases import grid_roads, layer, layer_infos, provenance, ratio_row, small_load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Labels = NDArray[np.object_]

WEST, SOUTH, SIZE = 113.85, 22.45, 0.0045
KINDS = {"S": (4, 720.0, 600.0), "M": (8, 1440.0, 1100.0), "L": (16, 2880.0, 2000.0)}
"""Guns, shared kW, and kW asked of the grid."""
LIMIT_MW = 56.7
DISTRICTS = ("Bao'an", "Nanshan", "Futian", "Luohu", "Yantian", "Guangming", "Longhua", "Longgang")
DISTRICTS_ZH = ("宝安", "南山", "福田", "罗湖", "盐田", "光明", "龙华", "龙岗")


def hexagon(lon: float, lat: float, size: float) -> Polygon:
    """Build a hexagon that looks regular at 22.6 degrees north."""
    angle = np.radians(np.arange(0, 360, 60) + 30)
    return Polygon(
        np.column_stack([lon + size * np.cos(angle) / 0.923, lat + size * np.sin(angle)])
    )


def district_layer(east: float, north: float) -> GeoDataFrame:
    """Build eight rectangles, four by two."""
    across = np.linspace(WEST - SIZE, east + SIZE, 5)
    up = np.linspace(SOUTH - SIZE, north + SIZE, 3)
    areas = [box(a, c, b, d) for c, d in pairwise(up) for a, b in pairwise(across)]
    ids = [f"d{i}" for i in range(len(areas))]
    return layer({"id": ids, "name": DISTRICTS, "name_zh": DISTRICTS_ZH}, areas)


def points_layer(places: Numbers, districts: GeoDataFrame, prefix: str, title: str) -> GeoDataFrame:
    """Build a layer of points with ids, names and the district each lies in."""
    shapes = [Point(x, y) for x, y in places.tolist()]
    inside = [
        next(i for i, area in enumerate(districts.geometry) if area.covers(p)) for p in shapes
    ]
    columns = {
        "id": [f"{prefix}{i:04d}" for i in range(len(places))],
        "name": [f"{title} {i}" for i in range(len(places))],
        "name_zh": [""] * len(places),
        "district": [f"d{i}" for i in inside],
    }
    return layer(columns, shapes)


def large_case(
    zone_count: int = 3000, site_count: int = 600, nodes: int = 51, point_count: int = 20_000
) -> Case:
    """Build hexagons with log-normal demand, eight districts, 25 substations, a grid of streets.

    There are 2 nodes (nodes - 1) streets of eight points, and points that demand is shared by.
    """
    rng = np.random.default_rng(1)
    row, column = np.divmod(np.arange(zone_count), round(np.sqrt(zone_count * 1.6)))
    lon, lat = WEST + SIZE * 1.876 * (column + 0.5 * (row % 2)), SOUTH + SIZE * 1.5 * row
    east, north = float(lon.max()), float(lat.max())
    middle = np.array([(WEST + east) / 2, (SOUTH + north) / 2])
    spread = np.array([east - WEST, north - SOUTH]) / 5
    districts = district_layer(east, north)

    def scatter(count: int) -> Numbers:
        return np.clip(rng.normal(middle, spread, (count, 2)), (WEST, SOUTH), (east, north))

    zones = points_layer(np.column_stack([lon, lat]), districts, "h", "Cell")
    hot = np.exp(-(((lon - middle[0]) / 0.12) ** 2) - ((lat - middle[1]) / 0.07) ** 2)
    demand = np.round(rng.lognormal(4, 0.7, zone_count) * (0.2 + 3 * hot), 1)
    hexagons = [hexagon(x, y, SIZE) for x, y in zip(lon, lat, strict=True)]
    sites = points_layer(scatter(site_count), districts, "S", "Central Plaza car park")
    feeders = [f"g{i:04d}" for i in rng.integers(0, 25, site_count)]
    sites = sites.assign(host="car park", area_m2=np.nan, extra_cost_cny=0.0, substation=feeders)
    fuel = points_layer(scatter(220), districts, "F", "Fuel station").assign(nozzles=np.nan)
    grid = points_layer(scatter(25), districts, "g", "Substation").drop(columns="district")
    return Case(
        name="city",
        title="Stylised city",
        title_zh="示意城市",
        label="stylised",
        label_zh="示意",
        synthetic=True,
        folder=Path("city"),
        metric_crs="EPSG:32650",
        zones=zones.assign(demand=demand).set_geometry(hexagons, crs=zones.crs),
        sites=sites,
        fuel=fuel,
        stations=sites.iloc[:40].assign(type="S"),
        districts=districts,
        substations=grid.assign(
            voltage_kv=110.0, rating_mva=126.0, n1_limit=0.5, base_peak_mw=40.0
        ),
        roads=grid_roads(WEST, SOUTH, (east - WEST) / (nodes - 1), nodes),
        layers=layer_infos({"zones": zone_count, "sites": site_count, "fuel": 220}),
        notes=(),
        pois=weighted_points(scatter(point_count), rng.lognormal(0, 1, point_count)),
    )


def weighted_points(places: Numbers, weights: Numbers) -> GeoDataFrame:
    """Build points of one kind, each with its weight."""
    ids = [f"p{i}" for i in range(len(places))]
    rows = {"id": ids, "name": ids, "name_zh": [""] * len(ids), "kind": ["mall"] * len(ids)}
    return layer(rows | {"weight": weights.tolist()}, [Point(place) for place in places])


def large_types(count: int, phase_count: int) -> tuple[Labels, Labels, NDArray[np.int64]]:
    """Return types by station and phase, each station's status, and the phase that status is of."""
    rng = np.random.default_rng(2)
    kept = min(40, count // 2)
    status = np.full(count, "new", dtype=object)
    status[:kept] = rng.choice(["kept", "upgraded", "closed"], kept, p=[0.6, 0.3, 0.1])
    since = rng.integers(0, phase_count, count)
    since[:kept] = np.where(status[:kept] == "kept", 0, np.maximum(since[:kept], 1))
    later = np.arange(phase_count)[None, :] >= since[:, None]
    final = rng.choice(list(KINDS), count, p=[0.4, 0.4, 0.2])[:, None]
    types: Labels = np.full((count, phase_count), "S", dtype=object)
    types[(status == "new")[:, None] & ~later] = None
    types[(status == "closed")[:, None] & later] = None
    types[(status == "upgraded")[:, None] & later] = "L"
    opened = (status == "new")[:, None] & later
    types[opened] = np.broadcast_to(final, types.shape)[opened]
    return types, status, since


def large_service(
    case: Case, types: Labels, names: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let each zone charge at the nearest open station, every third at the second nearest too."""
    count = len(types)
    here = get_coordinates(centroid(np.asarray(case.zones.geometry.array)))
    there = get_coordinates(np.asarray(case.sites.geometry.array))[:count]
    far = np.hypot(here[:, :1] - there[:, 0], here[:, 1:] - there[:, 1])
    demand, zone = case.zones["demand"].to_numpy(), case.zones["id"].to_numpy()
    site, each = case.sites["id"].to_numpy(), np.arange(len(zone))
    service, zones = [], []
    for number, name in enumerate(names):
        distance = np.where(types[:, number] != None, far, np.inf)  # noqa: E711 - element by element
        near = np.argsort(distance, axis=1)
        share = np.minimum(1, 0.045 / np.maximum(1e-9, distance[each, near[:, 0]]))
        second = np.where(each % 3 == 0, 0.3, 0.0)
        for rank, part in ((0, 1 - second), (1, second)):
            rows = {
                "phase": name,
                "zone": zone,
                "station": site[near[:, rank]],
                "kwh_day": demand * share * part,
                "minutes": distance[each, near[:, rank]] * 200,
            }
            service.append(pd.DataFrame(rows)[part > 0])
        rows = {
            "phase": name,
            "zone": zone,
            "district": case.zones["district"].to_numpy(),
            "demand_kwh_day": demand,
            "served_kwh_day": demand * share,
            "covered": share > 0.5,
            "minutes": distance[each, near[:, 0]] * 200,
        }
        zones.append(pd.DataFrame(rows))
    return pd.concat(service, ignore_index=True), pd.concat(zones, ignore_index=True)


def large_stations(
    case: Case, names: Sequence[str], service: pd.DataFrame, count: int
) -> tuple[Station, ...]:
    """Build the stations, each serving what the service table says."""
    types, status, since = large_types(count, len(names))
    served = service.groupby(["station", "phase"])["kwh_day"].sum().to_dict()
    rows = case.sites.iloc[:count].to_dict("records")
    return tuple(
        Station(
            **{
                key: row[key] for key in ("id", "name", "name_zh", "district", "host", "substation")
            },
            lon=row["geometry"].x,
            lat=row["geometry"].y,
            type=types[i, -1],
            guns=KINDS.get(types[i, -1], (0, 0, 0))[0],
            super_guns=KINDS.get(types[i, -1], (0, 0, 0))[0] // 2,
            kw=KINDS.get(types[i, -1], (0, 0, 0))[1],
            phase=names[since[i]],
            status=status[i],
            capex_cny=4.1e6,
            steps=tuple(
                StationStep(
                    phase=name,
                    type=types[i, number],
                    served_kwh_day=served.get((row["id"], name), 0.0),
                    peak_kw=KINDS.get(types[i, number], (0, 0, 0))[2],
                )
                for number, name in enumerate(names)
            ),
        )
        for i, row in enumerate(rows)
    )


def large_phase(
    case: Case, stations: Sequence[Station], zones: pd.DataFrame, number: int
) -> PhaseResult:
    """Sum up one phase; targets rise from 0.5 to 1.4."""
    name = stations[0].steps[number].phase
    target = 0.5 + 0.3 * number
    here = [(s.district, s.steps[number].type) for s in stations if s.steps[number].type]
    fuel = case.fuel["district"].value_counts().to_dict()
    ratios = tuple(
        ratio_row(
            key, title, title_zh, sum(d == key for d, _ in here), fuel.get(key, 0), target * 0.8
        )
        for key, title, title_zh in case.districts[["id", "name", "name_zh"]].to_numpy()
    )
    mine = zones[zones["phase"] == name]
    demand, served = float(mine["demand_kwh_day"].sum()), float(mine["served_kwh_day"].sum())
    covered = float(mine.loc[mine["covered"], "demand_kwh_day"].sum())
    kpis = Kpis(
        stations_open=len(here),
        stations_new=sum(s.status == "new" and s.steps[number].type is not None for s in stations),
        stations_upgraded=sum(s.status == "upgraded" and s.phase <= name for s in stations),
        guns=sum(KINDS[kind][0] for _, kind in here if kind),
        demand_kwh_day=demand,
        served_kwh_day=served,
        demand_served_share=served / demand,
        demand_covered_share=covered / demand,
        access_minutes_mean=6.3,
        access_minutes_p95=13.8,
        capex_cny=len(here) * 4.1e6,
        peak_mw=served / 9000,
    )
    city = ratio_row("city", "City", "全市", len(here), len(case.fuel), target)
    ratio = Ratio(form="stations", city=city, districts=ratios)
    budget = len(here) * 4.4e6
    return PhaseResult(name=name, date=f"{name}-12-31", kpis=kpis, ratio=ratio, budget_cny=budget)


def large_substations(case: Case, names: Sequence[str]) -> tuple[Substation, ...]:
    """Build substations from 50 % to 107 % loaded."""
    rows = case.substations.to_dict("records")
    loading = np.linspace(0.5, 1.04, len(rows))
    return tuple(
        Substation(
            **{key: row[key] for key in ("id", "name", "name_zh", "voltage_kv", "rating_mva")},
            lon=row["geometry"].x,
            lat=row["geometry"].y,
            limit_mw=LIMIT_MW,
            base_peak_mw=40.0,
            steps=tuple(
                SubstationStep(
                    phase=name,
                    charging_peak_mw=5.0,
                    worst_hour=20,
                    worst_mw=LIMIT_MW * (level + 0.01 * number),
                    loading=level + 0.01 * number,
                )
                for number, name in enumerate(names)
            ),
        )
        for row, level in zip(rows, loading.tolist(), strict=True)
    )


def large_plan(case: Case, count: int = 300, phase_count: int = 4) -> Plan:
    """Build a plan that opens the case's first sites over the phases."""
    names = [f"{2025 + i}" for i in range(phase_count)]
    service, zones = large_service(case, large_types(count, phase_count)[0], names)
    stations = large_stations(case, names, service, count)
    phases = tuple(large_phase(case, stations, zones, number) for number in range(phase_count))
    document = Document(
        name="city-plan",
        outcome=Outcome(
            status="feasible",
            objective_kind="served",
            objective_unit="kWh/day",
            objective=412_345.6,
            bound=413_001.2,
            gap=0.00159,
            seconds=84.2,
            solver="HiGHS 1.15.1",
            method="LP relaxation and rounding, then neighbourhoods solved exactly",
        ),
        ratio=phases[-1].ratio,
        kpis=phases[-1].kpis,
        phases=phases,
        stations=stations,
        substations=large_substations(case, names),
        unreached=Unreached(zones=("h0001", "h0002"), sites=(), zone_demand_kwh_day=210.0),
        assumptions=tuple(
            Assumption(key=f"key_{i}", value=str(i), unit="min", confidence="X", source="chosen")
            for i in range(8)
        ),
        provenance=provenance(case),
    )
    return Plan(document, service, zones, small_load(document))
