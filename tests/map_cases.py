"""Build plans to draw: a small one made by hand, and a city-sized one from a seed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, Polygon, box, centroid, get_coordinates

from siting.data.case import Case, LayerInfo
from siting.data.roads import Roads
from siting.plan import (
    Assumption,
    Document,
    Kpis,
    LayerSource,
    Outcome,
    PhaseResult,
    Plan,
    Provenance,
    Ratio,
    RatioRow,
    Station,
    StationStatus,
    StationStep,
    Substation,
    SubstationStep,
    Unreached,
)

WGS84 = "EPSG:4326"
LAYERS = ("zones", "sites", "fuel", "stations", "districts", "substations", "roads")
ROAD_CLASSES = ("motorway", "primary", "secondary", "tertiary", "residential")


def layer(rows: dict[str, Any], geometry: Any) -> gpd.GeoDataFrame:
    """Build a layer whose text columns hold any text, lone surrogates too."""
    columns = {
        key: pd.Series(list(values), dtype=object if isinstance(values[0], str | None) else None)
        if len(values)
        else pd.Series([], dtype=object)
        for key, values in rows.items()
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=list(geometry), crs=WGS84)


def grid_roads(west: float, south: float, step: float, n: int) -> Roads:
    """Build a square grid of n x n nodes, both directions of every street, one class a row."""
    lon = west + step * np.tile(np.arange(n), n)
    lat = south + step * np.repeat(np.arange(n), n)
    node = np.arange(n * n).reshape(n, n)
    streets = np.vstack(
        [
            np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()]),
            np.column_stack([node[:-1].ravel(), node[1:].ravel()]),
        ]
    )
    tail = np.r_[streets[:, 0], streets[:, 1]].astype(np.int32)
    head = np.r_[streets[:, 1], streets[:, 0]].astype(np.int32)
    bend = step / 9
    lines = np.empty(len(tail), dtype=object)
    for edge, (a, b) in enumerate(zip(tail, head, strict=True)):
        share = np.linspace(0, 1, 8)
        wave = bend * np.sin(share * np.pi) * np.cos(3 * (lon[a] + lon[b] + lat[a] + lat[b]) * 1e3)
        lines[edge] = LineString(
            np.column_stack(
                [
                    lon[a] + share * (lon[b] - lon[a]) + wave,
                    lat[a] + share * (lat[b] - lat[a]) + wave,
                ]
            )
        )
    line_of = np.where(np.abs(tail - head) == 1, tail // n, tail % n)
    rank = np.select(
        [line_of % 16 == 4, line_of % 8 == 0, line_of % 4 == 2, line_of % 2 == 1], [0, 1, 2, 3], 4
    )
    length = np.full(len(tail), step * 111_000.0)
    return Roads(
        lon=lon,
        lat=lat,
        tail=tail,
        head=head,
        length_m=length,
        seconds=length / 12.0,
        road_class=np.array(ROAD_CLASSES)[rank],
        geometry=lines,
    )


def layer_infos(rows: dict[str, int], *, text: str = "Made by hand") -> tuple[LayerInfo, ...]:
    """Describe every layer with one source text."""
    return tuple(
        LayerInfo(
            name,
            f"{name}.geojson",
            rows.get(name, 0),
            text,
            "CC0-1.0",
            "2025-01",
            synthetic=True,
            sha256="0" * 64,
        )
        for name in LAYERS
    )


def small_case() -> Case:
    """Build 3 x 3 square zones of 0.01 degrees in two districts: west has six zones, east three."""
    cells = [(column, line) for line in range(3) for column in range(3)]
    west, south, size = 114.0, 22.5, 0.01
    zones = layer(
        {
            "id": [f"z{column}{line}" for column, line in cells],
            "name": [f"Zone {column}-{line}" for column, line in cells],
            "name_zh": [f"小区{column}-{line}" for column, line in cells],
            "district": ["west" if column < 2 else "east" for column, _ in cells],
            "demand": [100.0 * (column + 1) for column, _ in cells],
        },
        [
            box(west + size * c, south + size * r, west + size * (c + 1), south + size * (r + 1))
            for c, r in cells
        ],
    )
    districts = layer(
        {"id": ["west", "east"], "name": ["West", "East"], "name_zh": ["西区", "东区"]},
        [
            box(west, south, west + 0.02, south + 0.03),
            box(west + 0.02, south, west + 0.03, south + 0.03),
        ],
    )
    sites = layer(
        {
            "id": ["s1", "s2", "s3"],
            "name": ["Mall", "Car park", "Depot"],
            "name_zh": ["商场", "停车场", "车场"],
            "district": ["west", "east", "west"],
            "host": ["mall", "car park", "depot"],
            "area_m2": [float("nan")] * 3,
            "extra_cost_cny": [0.0] * 3,
            "substation": ["g1", "g2", "g1"],
        },
        [Point(114.004, 22.504), Point(114.026, 22.516), Point(114.012, 22.526)],
    )
    stations = layer(
        {
            "id": ["e1", "e2"],
            "name": ["Old Town", "Harbour"],
            "name_zh": ["老城", "港口"],
            "district": ["west", "east"],
            "host": ["car park", "port"],
            "area_m2": [float("nan")] * 2,
            "extra_cost_cny": [0.0] * 2,
            "substation": ["g1", "g2"],
            "type": ["S", "S"],
        },
        [Point(114.014, 22.512), Point(114.024, 22.504)],
    )
    fuel = layer(
        {
            "id": ["f1", "f2", "f3"],
            "name": ["Fuel 1", "Fuel 2", "Fuel 3"],
            "name_zh": ["油站一", "油站二", "油站三"],
            "district": ["west", "west", "east"],
            "nozzles": [8.0, 12.0, float("nan")],
        },
        [Point(114.006, 22.522), Point(114.016, 22.506), Point(114.022, 22.524)],
    )
    substations = layer(
        {
            "id": ["g1", "g2"],
            "name": ["North", "South"],
            "name_zh": ["北站", "南站"],
            "voltage_kv": [110.0, 110.0],
            "rating_mva": [63.0, 40.0],
            "n1_limit": [0.5, 0.5],
            "base_peak_mw": [20.0, 15.0],
        },
        [Point(114.009, 22.517), Point(114.027, 22.509)],
    )
    return Case(
        name="toy",
        title="Toy town (stylised)",
        title_zh="小城（示意）",
        label="stylised",
        label_zh="示意",
        synthetic=True,
        folder=Path("toy"),
        metric_crs="EPSG:32650",
        zones=zones,
        sites=sites,
        fuel=fuel,
        stations=stations,
        districts=districts,
        substations=substations,
        roads=grid_roads(113.998, 22.498, 0.002, 18),
        layers=layer_infos(
            {
                "zones": 9,
                "sites": 3,
                "fuel": 3,
                "stations": 2,
                "districts": 2,
                "substations": 2,
                "roads": 1224,
            }
        ),
        notes=("2 speeds imputed",),
    )


SMALL_PHASES = ("2025", "2027")


def small_station(
    key: str,
    case: Case,
    status: StationStatus,
    phase: str,
    steps: list[tuple[str | None, float, float]],
    **rest: Any,
) -> Station:
    """Build a station of the small plan; its place and names come from the case."""
    row = pd.concat([case.sites, case.stations]).set_index("id").loc[key]
    last = steps[-1][0]
    guns = {"S": 4, "L": 16, None: 0}[last]
    return Station(
        id=key,
        name=row["name"],
        name_zh=row["name_zh"],
        lon=row.geometry.x,
        lat=row.geometry.y,
        district=row["district"],
        host=row["host"],
        type=last,
        guns=guns,
        super_guns=guns // 2,
        kw=guns * 120.0,
        phase=phase,
        status=status,
        substation=row["substation"],
        steps=tuple(
            StationStep(phase=name, type=kind, served_kwh_day=served, peak_kw=peak)
            for name, (kind, served, peak) in zip(SMALL_PHASES, steps, strict=True)
        ),
        **{"capex_cny": 0.0} | rest,
    )


def ratio_row(
    district: str, name: str, name_zh: str, stations: int, fuel: int, target: float
) -> RatioRow:
    """Count in the form 'stations'; four guns to a station."""
    return RatioRow(
        district=district,
        name=name,
        name_zh=name_zh,
        stations=stations,
        fuel_stations=fuel,
        guns=stations * 4,
        nozzles=None,
        ratio=stations / fuel if fuel else None,
        target=target,
    )


def small_plan(case: Case) -> Plan:
    """Build two phases by hand.

    Phase 2025: s1 (new, S), e1 (kept S), e2 (kept S): 3 stations, 3 fuel stations. Phase 2027: s1, s2
    (new, L), e1 (upgraded to L), e2 closed: 3 stations open, two in west (2 fuel stations), one in east (1).
    Substation g2 is at 110 % in 2027.
    """
    stations = (
        small_station(
            "s1", case, "new", "2025", [("S", 400.0, 480.0), ("S", 400.0, 480.0)], capex_cny=2.5e6
        ),
        small_station(
            "s2", case, "new", "2027", [(None, 0.0, 0.0), ("L", 700.0, 1900.0)], capex_cny=9.25e6
        ),
        small_station(
            "e1",
            case,
            "upgraded",
            "2027",
            [("S", 300.0, 480.0), ("L", 500.0, 1900.0)],
            capex_cny=7e6,
        ),
        small_station("e2", case, "closed", "2027", [("S", 200.0, 480.0), (None, 0.0, 0.0)]),
    )
    ratios = [
        Ratio(
            form="stations",
            city=ratio_row("city", "City", "全市", 3, 3, target),
            districts=(
                ratio_row("west", "West", "西区", 2, 2, 0.5),
                ratio_row("east", "East", "东区", 1, 1, east),
            ),
        )
        for target, east in ((0.5, 0.5), (1.0, 2.0))
    ]
    kpis = [
        Kpis(
            stations_open=3,
            stations_new=new,
            stations_upgraded=up,
            guns=guns,
            demand_kwh_day=demand,
            served_kwh_day=served,
            demand_served_share=served / demand,
            demand_covered_share=covered,
            access_minutes_mean=mean,
            access_minutes_p95=p95,
            capex_cny=capex,
            peak_mw=peak,
        )
        for new, up, guns, demand, served, covered, mean, p95, capex, peak in (
            (1, 0, 12, 1800.0, 900.0, 0.75, 6.5, 11.0, 2.5e6, 1.44),
            (2, 1, 36, 1800.0, 1600.0, 1.0, 5.25, 9.5, 18.75e6, 4.28),
        )
    ]
    phases = tuple(
        PhaseResult(name=name, date=f"{name}-12-31", ratio=ratio, kpis=kpi, budget_cny=budget)
        for name, ratio, kpi, budget in zip(SMALL_PHASES, ratios, kpis, (5e6, None), strict=True)
    )
    document = Document(
        name="toy-plan",
        ratio=ratios[-1],
        kpis=kpis[-1],
        phases=phases,
        stations=stations,
        outcome=Outcome(
            status="feasible",
            objective_kind="served",
            objective_unit="kWh/day",
            objective=1600.0,
            bound=1608.0,
            gap=0.005,
            seconds=1.5,
            solver="HiGHS 1.15.1",
            method="whole model, branch and bound",
        ),
        substations=small_substations(case),
        unreached=Unreached(zones=("z22",), sites=(), zone_demand_kwh_day=300.0),
        assumptions=(
            Assumption(
                key="service.max_wait_min",
                value="5",
                unit="min",
                confidence="X",
                source="a promise, not a measurement",
            ),
            Assumption(
                key="reach.access_kmh",
                value="12",
                unit="km/h",
                confidence="M",
                source="from memory",
            ),
        ),
        provenance=provenance(case),
    )
    return Plan(document, small_service(), small_zones(case), small_load(document))


def provenance(case: Case) -> Provenance:
    """Say where the plan comes from, with the case's own texts."""
    return Provenance(
        case=case.name,
        case_title=case.title,
        case_title_zh=case.title_zh,
        label=case.label,
        label_zh=case.label_zh,
        synthetic=case.synthetic,
        scenario_title="As many superchargers as fuel stations",
        scenario_title_zh="超充站数量赶上加油站",
        travel="shortest times on the case's roads",
        layers=tuple(
            LayerSource(
                layer=i.layer,
                file=i.file,
                rows=i.rows,
                source=i.source,
                licence=i.licence,
                date=i.date,
                synthetic=i.synthetic,
                sha256=i.sha256,
            )
            for i in case.layers
        ),
        versions={"siting": "0.1.0", "highspy": "1.15.1"},
        seed=7,
        created="2025-11-20T12:00:00Z",
    )


def small_substations(case: Case) -> tuple[Substation, ...]:
    """Build g1 at 70 % and g2 at 110 % of 18 MW in the last phase, at 19:00."""
    loadings = {"g1": (0.65, 0.7, 28.35), "g2": (0.9, 1.1, 18.0)}
    rows = case.substations.set_index("id")
    return tuple(
        Substation(
            id=key,
            name=rows.loc[key, "name"],
            name_zh=rows.loc[key, "name_zh"],
            lon=rows.loc[key].geometry.x,
            lat=rows.loc[key].geometry.y,
            voltage_kv=110.0,
            rating_mva=rows.loc[key, "rating_mva"],
            limit_mw=limit,
            base_peak_mw=rows.loc[key, "base_peak_mw"],
            steps=tuple(
                SubstationStep(
                    phase=phase,
                    charging_peak_mw=2.0,
                    worst_hour=19,
                    worst_mw=value * limit,
                    loading=value,
                )
                for phase, value in zip(SMALL_PHASES, (early, late), strict=True)
            ),
        )
        for key, (early, late, limit) in loadings.items()
    )


def small_service() -> pd.DataFrame:
    """Say which zone charges where: s2 serves the three zones of east in 2027."""
    rows = [
        ("2025", "z00", "s1", 100.0, 4.0),
        ("2025", "z10", "s1", 200.0, 6.0),
        ("2025", "z01", "e1", 100.0, 5.0),
        ("2025", "z11", "e1", 200.0, 7.0),
        ("2025", "z20", "e2", 300.0, 8.0),
        ("2027", "z00", "s1", 100.0, 4.0),
        ("2027", "z10", "s1", 200.0, 6.0),
        ("2027", "z01", "s1", 100.0, 5.0),
        ("2027", "z11", "e1", 200.0, 3.0),
        ("2027", "z12", "e1", 200.0, 6.0),
        ("2027", "z02", "e1", 100.0, 7.0),
        ("2027", "z20", "s2", 300.0, 5.0),
        ("2027", "z21", "s2", 300.0, 4.0),
        ("2027", "z22", "s2", 100.0, 9.0),
    ]
    return pd.DataFrame(rows, columns=["phase", "zone", "station", "kwh_day", "minutes"])


def small_zones(case: Case) -> pd.DataFrame:
    """Sum up the service by zone."""
    service = small_service()
    rows = []
    for phase in SMALL_PHASES:
        for zone in case.zones.itertuples():
            mine = service[(service["phase"] == phase) & (service["zone"] == zone.id)]
            minutes = float(mine["minutes"].iloc[0]) if len(mine) else float("nan")
            rows.append(
                (
                    phase,
                    zone.id,
                    zone.district,
                    zone.demand,
                    float(mine["kwh_day"].sum()),
                    bool(len(mine)),
                    minutes,
                )
            )
    return pd.DataFrame(
        rows,
        columns=[
            "phase",
            "zone",
            "district",
            "demand_kwh_day",
            "served_kwh_day",
            "covered",
            "minutes",
        ],
    )


def small_load(document: Document) -> pd.DataFrame:
    """Draw a day for each substation whose worst hour is the one of its step."""
    rows = []
    for substation in document.substations:
        for step in substation.steps:
            for hour in range(24):
                shape = 0.6 + 0.4 * np.sin(np.pi * ((hour - 7) % 24) / 24) ** 2
                charging = step.charging_peak_mw * (1.0 if hour == step.worst_hour else 0.4)
                base = (step.worst_mw - step.charging_peak_mw) * (
                    1.0 if hour == step.worst_hour else 0.9 * shape
                )
                rows.append((step.phase, substation.id, hour, base, charging, substation.limit_mw))
    return pd.DataFrame(
        rows, columns=["phase", "substation", "hour", "base_mw", "charging_mw", "limit_mw"]
    )


def hexagon(lon: float, lat: float, size: float) -> Polygon:
    """Build a hexagon that looks regular at 22.6 degrees north."""
    angle = np.radians(np.arange(0, 360, 60) + 30)
    return Polygon(
        np.column_stack([lon + size * np.cos(angle) / 0.923, lat + size * np.sin(angle)])
    )


def large_case(zone_count: int = 3000, site_count: int = 600, nodes: int = 36) -> Case:
    """Build a city of hexagons with log-normal demand, ten districts, and about 5,000 directed edges."""
    rng = np.random.default_rng(1)
    columns = round(np.sqrt(zone_count * 1.6))
    west, south, size = 113.85, 22.45, 0.0045
    cells = [divmod(i, columns) for i in range(zone_count)]
    lon = np.array([west + size * 1.876 * (c + 0.5 * (r % 2)) for r, c in cells])
    lat = np.array([south + size * 1.5 * r for r, _ in cells])
    east, north = lon.max(), lat.max()
    halves = np.linspace(west - size, east + size, 6)
    middle = (south + north) / 2
    areas = [
        box(a, low, b, high)
        for low, high in ((south - size, middle), (middle, north + size))
        for a, b in pairwise(halves)
    ]
    english = [
        "Bao'an",
        "Nanshan",
        "Futian",
        "Luohu",
        "Yantian",
        "Guangming",
        "Longhua",
        "Longgang",
        "Pingshan",
        "Dapeng",
    ]
    chinese = ["宝安", "南山", "福田", "罗湖", "盐田", "光明", "龙华", "龙岗", "坪山", "大鹏"]
    ids = [f"d{i}" for i in range(10)]

    def district(x: Any, y: Any) -> list[str]:
        column = np.clip(np.searchsorted(halves, x) - 1, 0, 4)
        return [
            f"d{c + (5 if above else 0)}"
            for c, above in zip(column, np.asarray(y) > middle, strict=True)
        ]

    def scatter(count: int) -> tuple[Any, Any]:
        x = np.clip(rng.normal((west + east) / 2, (east - west) / 5, count), west, east)
        return x, np.clip(rng.normal(middle, (north - south) / 5, count), south, north)

    hot = np.exp(-(((lon - 114.05) / 0.12) ** 2) - ((lat - middle) / 0.07) ** 2)
    zones = layer(
        {
            "id": [f"h{i}" for i in range(zone_count)],
            "name": [f"h{i}" for i in range(zone_count)],
            "name_zh": [""] * zone_count,
            "district": district(lon, lat),
            "demand": np.round(rng.lognormal(4, 0.7, zone_count) * (0.2 + 3 * hot), 1).tolist(),
        },
        [hexagon(x, y, size) for x, y in zip(lon, lat, strict=True)],
    )
    districts = layer({"id": ids, "name": english, "name_zh": chinese}, areas)
    x, y = scatter(site_count)
    g = rng.integers(0, 25, site_count)
    sites = layer(
        {
            "id": [f"S{i:04d}" for i in range(site_count)],
            "name": [f"Central Plaza car park {i}" for i in range(site_count)],
            "name_zh": [f"中心广场停车场{i}" for i in range(site_count)],
            "district": district(x, y),
            "host": ["car park"] * site_count,
            "area_m2": [float("nan")] * site_count,
            "extra_cost_cny": [0.0] * site_count,
            "substation": [f"g{i}" for i in g],
        },
        map(Point, x, y),
    )
    fx, fy = scatter(220)
    fuel = layer(
        {
            "id": [f"F{i}" for i in range(220)],
            "name": [f"Fuel station {i}" for i in range(220)],
            "name_zh": [""] * 220,
            "district": district(fx, fy),
            "nozzles": [float("nan")] * 220,
        },
        map(Point, fx, fy),
    )
    gx, gy = scatter(25)
    substations = layer(
        {
            "id": [f"g{i}" for i in range(25)],
            "name": [f"Substation {i}" for i in range(25)],
            "name_zh": [f"{i}号变电站" for i in range(25)],
            "voltage_kv": [110.0] * 25,
            "rating_mva": [126.0] * 25,
            "n1_limit": [0.5] * 25,
            "base_peak_mw": [40.0] * 25,
        },
        map(Point, gx, gy),
    )
    rows = {
        "zones": zone_count,
        "sites": site_count,
        "fuel": 220,
        "districts": 10,
        "substations": 25,
        "roads": 5040,
    }
    return Case(
        name="city",
        title="Stylised city",
        title_zh="示意城市",
        label="stylised",
        label_zh="示意",
        synthetic=True,
        folder=Path("city"),
        metric_crs="EPSG:32650",
        zones=zones,
        sites=sites,
        fuel=fuel,
        stations=sites.iloc[:40].copy().assign(type="S"),
        districts=districts,
        substations=substations,
        roads=grid_roads(west, south, (east - west) / (nodes - 1), nodes),
        layers=layer_infos(rows),
        notes=(),
    )


def large_plan(case: Case, count: int = 300, phase_count: int = 4) -> Plan:
    """Build a plan that opens the first ``count`` sites over the phases; each zone charges at the nearest one or two."""
    rng = np.random.default_rng(2)
    names = tuple(f"{2025 + i}" for i in range(phase_count))
    kinds = {"S": (4, 720.0), "M": (8, 1440.0), "L": (16, 2880.0)}
    kind = rng.choice(list(kinds), count, p=[0.4, 0.4, 0.2])
    opens = np.r_[np.zeros(40, int), rng.integers(0, phase_count, count - 40)]
    status = np.array(["new"] * count, dtype=object)
    status[:40] = rng.choice(["kept", "upgraded", "closed"], 40, p=[0.6, 0.3, 0.1])
    change = rng.integers(1, phase_count, count)
    x, y = case.sites.geometry.x.to_numpy()[:count], case.sites.geometry.y.to_numpy()[:count]
    points = get_coordinates(centroid(np.asarray(case.zones.geometry.array)))
    far = np.hypot(points[:, :1] - x, points[:, 1:] - y)
    demand = case.zones["demand"].to_numpy()
    zone_ids, site_ids, areas = (
        case.zones["id"].tolist(),
        case.sites["id"].tolist(),
        case.zones["district"].tolist(),
    )
    types = np.full((count, phase_count), None, dtype=object)
    for i in range(count):
        for p in range(phase_count):
            open_ = p >= opens[i] and not (status[i] == "closed" and p >= change[i])
            before = status[i] == "upgraded" and p < change[i]
            types[i, p] = (
                ("S" if before else ("L" if status[i] == "upgraded" else kind[i]))
                if open_
                else None
            )
    service, zone_rows, served = [], [], np.zeros((count, phase_count))
    for p, name in enumerate(names):
        is_open = np.array([t is not None for t in types[:, p]])
        distance = np.where(is_open, far, np.inf)
        near = np.argsort(distance, axis=1)[:, :2]
        for z, (first, second) in enumerate(near.tolist()):
            full = min(1.0, 0.045 / max(1e-9, distance[z, first]))
            parts = [(first, 0.7), (second, 0.3)] if z % 3 == 0 else [(first, 1.0)]
            for station, part in parts:
                kwh = demand[z] * full * part
                served[station, p] += kwh
                service.append(
                    (name, zone_ids[z], site_ids[station], kwh, distance[z, station] * 200)
                )
            zone_rows.append(
                (
                    name,
                    zone_ids[z],
                    areas[z],
                    demand[z],
                    demand[z] * full,
                    full > 0.5,
                    distance[z, first] * 200,
                )
            )
    stations = tuple(
        large_station(
            case,
            i,
            names,
            types[i],
            served[i],
            str(status[i]),
            names[change[i] if status[i] in ("upgraded", "closed") else opens[i]],
        )
        for i in range(count)
    )
    phases = []
    zone_table = pd.DataFrame(
        zone_rows,
        columns=[
            "phase",
            "zone",
            "district",
            "demand_kwh_day",
            "served_kwh_day",
            "covered",
            "minutes",
        ],
    )
    for p, name in enumerate(names):
        is_open = np.array([t is not None for t in types[:, p]])
        here = case.sites["district"].to_numpy()[:count][is_open]
        target = 0.5 + 0.9 * p / max(1, phase_count - 1)
        rows = tuple(
            ratio_row(
                d,
                n,
                z,
                int((here == d).sum()),
                int((case.fuel["district"] == d).sum()),
                target * 0.8,
            )
            for d, n, z in case.districts[["id", "name", "name_zh"]].itertuples(index=False)
        )
        table = zone_table[zone_table["phase"] == name]
        kpis = Kpis(
            stations_open=int(is_open.sum()),
            stations_new=int((is_open & (status == "new")).sum()),
            stations_upgraded=int(((status == "upgraded") & (change <= p)).sum()),
            guns=sum(kinds[t][0] for t in types[is_open, p]),
            demand_kwh_day=float(demand.sum()),
            served_kwh_day=float(table["served_kwh_day"].sum()),
            demand_served_share=float(table["served_kwh_day"].sum() / demand.sum()),
            demand_covered_share=float(demand[table["covered"].to_numpy()].sum() / demand.sum()),
            access_minutes_mean=6.3,
            access_minutes_p95=13.8,
            capex_cny=float(is_open.sum() * 4.1e6),
            peak_mw=float(served[:, p].sum() / 9000),
        )
        phases.append(
            PhaseResult(
                name=name,
                date=f"{name}-12-31",
                kpis=kpis,
                budget_cny=float(is_open.sum() * 4.4e6),
                ratio=Ratio(
                    form="stations",
                    city=ratio_row("city", "City", "全市", int(is_open.sum()), 220, target),
                    districts=rows,
                ),
            )
        )
    document = Document(
        name="city-plan",
        ratio=phases[-1].ratio,
        kpis=phases[-1].kpis,
        phases=tuple(phases),
        stations=stations,
        outcome=Outcome(
            status="feasible",
            objective_kind="served",
            objective_unit="kWh/day",
            objective=412_345.6,
            bound=413_001.2,
            gap=0.00159,
            seconds=84.2,
            solver="HiGHS 1.15.1",
            method="LP relaxation, rounding, then neighbourhoods solved exactly; bound from the LP",
        ),
        substations=large_substations(case, names),
        unreached=Unreached(zones=("h1", "h2"), sites=(), zone_demand_kwh_day=210.0),
        assumptions=tuple(
            Assumption(
                key=f"service.key_{i}",
                value=str(i),
                unit="min",
                confidence="X",
                source="chosen, no source",
            )
            for i in range(8)
        ),
        provenance=provenance(case),
    )
    return Plan(
        document,
        pd.DataFrame(service, columns=["phase", "zone", "station", "kwh_day", "minutes"]),
        zone_table,
        small_load(document),
    )


def large_station(
    case: Case, i: int, names: tuple[str, ...], types: Any, served: Any, status: Any, phase: str
) -> Station:
    """Build one station of the large plan."""
    row = case.sites.iloc[i]
    guns, kw = {"S": (4, 720.0), "M": (8, 1440.0), "L": (16, 2880.0), None: (0, 0.0)}[types[-1]]
    return Station(
        id=row["id"],
        name=row["name"],
        name_zh=row["name_zh"],
        lon=row.geometry.x,
        lat=row.geometry.y,
        district=row["district"],
        host=row["host"],
        type=types[-1],
        guns=guns,
        super_guns=guns // 2,
        kw=kw,
        phase=phase,
        status=status,
        substation=row["substation"],
        capex_cny=4.1e6,
        steps=tuple(
            StationStep(
                phase=n,
                type=t,
                served_kwh_day=float(s),
                peak_kw=0.0 if t is None else {"S": 600.0, "M": 1100.0, "L": 2000.0}[t],
            )
            for n, t, s in zip(names, types, served, strict=True)
        ),
    )


def large_substations(case: Case, names: tuple[str, ...]) -> tuple[Substation, ...]:
    """Build substations from 50 % to 104 % loaded."""
    return tuple(
        Substation(
            id=row.id,
            name=row.name_en,
            name_zh=row.name_zh,
            lon=row.geometry.x,
            lat=row.geometry.y,
            voltage_kv=110.0,
            rating_mva=126.0,
            limit_mw=56.7,
            base_peak_mw=40.0,
            steps=tuple(
                SubstationStep(
                    phase=n,
                    charging_peak_mw=5.0,
                    worst_hour=20,
                    worst_mw=56.7 * (0.5 + 0.54 * i / len(case.substations) + 0.01 * p),
                    loading=0.5 + 0.54 * i / len(case.substations) + 0.01 * p,
                )
                for p, n in enumerate(names)
            ),
        )
        for i, row in enumerate(case.substations.rename(columns={"name": "name_en"}).itertuples())
    )


PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "'\"><script>alert(1)</script>",
    "`${alert(1)}`",
    "${alert(1)}",
    "{{ 7*7 }}",
    "{{ 'EVALU' ~ 'ATED' }}",
    "{% raw",
    "{#",
    "{{",
    "}}",
    "%}",
    "{% endraw %}",
    "{{cycler.__init__.__globals__.os.popen(dict(id=1)|list|first).read()}}",
    "{{ [].__class__.__base__.__subclasses__() }}",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "\u202egnp.exe",
    "\u200b\u200d\ufeff",
    "\u2028\u2029",
    "\ud800",
    "a\udfffb",
    "\x00\x07\x1b[31m",
    "\\",
    "\\u003cscript\\u003e",
    "\\x3cimg",
    "'; DROP TABLE zones; --",
    "--><!--",
    "<!--<script>",
    "]]>",
    "<![CDATA[",
    "&lt;script&gt;",
    "&#60;img&#62;",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<base href=//evil>",
    "<meta http-equiv=refresh content=0>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mtext></p>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "expression(alert(1))",
    "url(javascript:alert(1))",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "null",
    "undefined",
    "NaN",
    "-1",
    "0",
    "",
    " ",
    "\n\r\t",
    "%s %d %(x)s",
    "{0} {x}",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "\U0001f50c\U0001f697",
    "شحن سريع",
    "长" * 300,
    "n" * 10_000,
    "深圳" * 5_000,
    "Z\u0351\u036b" * 50,
)


def hostile() -> tuple[Case, Plan, tuple[str, ...]]:
    """Build the small case and plan with a payload in every text column, each payload somewhere."""
    case, turn = small_case(), iter(PAYLOADS * 4)
    columns = {
        "zones": ["name", "name_zh"],
        "sites": ["name", "name_zh", "host"],
        "fuel": ["name", "name_zh"],
        "stations": ["name", "name_zh", "host"],
        "districts": ["name", "name_zh"],
        "substations": ["name", "name_zh"],
    }
    layers = {}
    for layer_name, names in columns.items():
        table = getattr(case, layer_name).copy()
        for column in names:
            table[column] = pd.Series([next(turn) for _ in range(len(table))], dtype=object)
        layers[layer_name] = table
    case = replace(
        case,
        **layers,
        title=next(turn),
        title_zh=next(turn),
        label=next(turn),
        label_zh=next(turn),
        notes=tuple(PAYLOADS),
    )
    plan = small_plan(case)
    document = plan.document
    document = document.model_copy(
        update={
            "name": next(turn),
            "outcome": document.outcome.model_copy(
                update={"solver": next(turn), "method": next(turn), "objective_unit": next(turn)}
            ),
            "assumptions": tuple(
                Assumption(key=p, value=p, unit=p, confidence="X", source=p) for p in PAYLOADS
            ),
            "provenance": document.provenance.model_copy(
                update={
                    "scenario_title": next(turn),
                    "scenario_title_zh": next(turn),
                    "travel": next(turn),
                    "case": next(turn),
                    "versions": {p: p for p in PAYLOADS[:8]},
                    "created": next(turn),
                    "layers": tuple(
                        i.model_copy(
                            update={
                                "file": next(turn),
                                "source": next(turn),
                                "licence": next(turn),
                                "date": next(turn),
                            }
                        )
                        for i in document.provenance.layers
                    ),
                }
            ),
            "phases": tuple(with_names(phase, turn) for phase in document.phases),
            "unreached": document.unreached.model_copy(update={"zones": (next(turn),)}),
        }
    )
    return *hostile_keys(case, replace(plan, document=document)), PAYLOADS


def with_names(phase: PhaseResult, turn: Any) -> PhaseResult:
    """Give a phase's districts payloads for names; its own name is a key of the tables and stays."""
    rows = tuple(
        row.model_copy(update={"name": next(turn), "name_zh": next(turn)})
        for row in phase.ratio.districts
    )
    return phase.model_copy(
        update={"ratio": phase.ratio.model_copy(update={"districts": rows}), "date": next(turn)}
    )


def hostile_keys(case: Case, plan: Plan) -> tuple[Case, Plan]:
    """Put a payload before every id, type, host and phase name, the same one wherever it is used."""
    turn = iter(PAYLOADS * 4)
    layers = {name: getattr(case, name) for name in LAYERS if name != "roads"}
    keys = [key for table in layers.values() for key in table["id"]] + ["S", "L", *SMALL_PHASES]
    new = {key: next(turn) + key for key in keys}

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: renamed(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return tuple(renamed(part) for part in value)
        return new.get(value, value) if isinstance(value, str) else value

    def table(frame: Any) -> Any:
        frame = frame.copy()
        for column in set(frame.columns) & {
            "id",
            "district",
            "substation",
            "type",
            "phase",
            "zone",
            "station",
        }:
            frame[column] = pd.Series(
                [renamed(value) for value in frame[column]], dtype=object, index=frame.index
            )
        return frame

    document = Document.model_validate(renamed(plan.document.model_dump()))
    layers = {name: table(frame) for name, frame in layers.items()}
    return replace(case, **layers), Plan(
        document, table(plan.service), table(plan.zones), table(plan.load)
    )
