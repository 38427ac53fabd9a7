"""Build plans to draw: a small one made by hand, and a city-sized one from a seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box

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

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

WGS84 = "EPSG:4326"
LAYERS = ("zones", "sites", "fuel", "stations", "districts", "substations", "roads")
ROAD_CLASSES = ("motorway", "primary", "secondary", "tertiary", "residential")


def layer(
    rows: Mapping[str, Sequence[object]], geometry: Iterable[BaseGeometry]
) -> gpd.GeoDataFrame:
    """Build a layer whose text columns hold any text, lone surrogates too."""
    columns = {
        key: pd.Series(list(values), dtype=object if isinstance(values[0], str | None) else None)
        for key, values in rows.items()
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=list(geometry), crs=WGS84)


def grid_roads(west: float, south: float, step: float, n: int) -> Roads:
    """Build a square grid of n x n nodes, both directions of every street, one class a row."""
    lon = west + step * np.tile(np.arange(n, dtype=np.float64), n)
    lat = south + step * np.repeat(np.arange(n, dtype=np.float64), n)
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
        water=small_grounds()["water"],
        parks=small_grounds()["parks"],
        pois=small_grounds()["pois"],
    )


def small_grounds() -> dict[str, gpd.GeoDataFrame]:
    """Build a lake with an island, a park beside it, and three malls that demand is shared by."""
    lake = box(114.002, 22.526, 114.008, 22.529)
    island = box(114.004, 22.527, 114.005, 22.528)
    park = box(114.022, 22.524, 114.028, 22.529)
    malls = [Point(114.003, 22.503), Point(114.013, 22.523), Point(114.025, 22.513)]

    def named(prefix: str, count: int) -> dict[str, list[str]]:
        ids = [f"{prefix}{i}" for i in range(count)]
        return {"id": ids, "name": ids, "name_zh": [""] * count}

    return {
        "water": layer(named("lake", 1), [lake.difference(island)]),
        "parks": layer(named("park", 1), [park]),
        "pois": layer(named("mall", 3) | {"kind": ["mall"] * 3, "weight": [1.0, 4.0, 2.0]}, malls),
    }


SMALL_PHASES = ("2025", "2027")


def small_station(
    key: str,
    case: Case,
    status: StationStatus,
    phase: str,
    steps: list[tuple[str | None, float, float]],
    *,
    capex_cny: float = 0.0,
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
        capex_cny=capex_cny,
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

    Phase 2025: s1 (new, S), e1 (kept S), e2 (kept S): 3 stations, 3 fuel stations.
    Phase 2027: s1, s2 (new, L), e1 (upgraded to L), e2 closed: 3 stations open, two in west (2 fuel
    stations), one in east (1). Substation g2 is at 110 % in 2027.
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


def bare() -> tuple[Case, Plan]:
    """Build the small case and plan without roads, substations, existing stations or Chinese names.

    Zones are points, and only the last phase is left.
    """
    case = small_case()
    plan = small_plan(case)
    document = plan.document
    points = case.zones.geometry.representative_point()
    last = SMALL_PHASES[-1]
    stations = tuple(
        station.model_copy(update={"substation": None, "phase": last, "steps": station.steps[1:]})
        for station in document.stations
    )
    document = document.model_copy(
        update={"phases": document.phases[1:], "stations": stations, "substations": ()}
    )
    case = replace(
        case,
        roads=None,
        zones=case.zones.assign(name_zh="", geometry=points),
        stations=case.stations.iloc[:0],
        substations=case.substations.iloc[:0],
    )
    service, zones = (table[table["phase"] == last] for table in (plan.service, plan.zones))
    return case, Plan(document, service, zones, plan.load.iloc[:0])
