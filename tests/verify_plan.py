"""The plan of ``verify_case``, written by hand.

2026: E1 becomes small: 1,000,000 - 0.4 x 500,000 = 800,000 CNY. Capacity of small: its pool of
720 kW over the busiest hour's tenth of the day = 7,200 kWh/day (4 guns turn 16 sessions of 60 kWh
an hour, 960 kWh, so the pool binds; Erlang C(4, 3) = 0.51, mean wait 7.6 min). Z1 (0.4 km, 1 min)
gets its 3,000, Z2 (1.6 km, 4 min) the other 4,200 of 6,000. Mean 19,800 / 7,200 = 2.75 min.
Covered: Z1 and Z2, 9,000 of 20,000.

2030: demand doubles. S2 opens, large: 2,000,000 + 100,000 CNY, 14,400 kWh/day. Z3 (0.2 km, 0.5
min) gets 12,000, Z2 (1.8 km, 4.5 min) 2,400; E1 gives Z1 6,000 and Z2 1,200. Minutes x kWh: 6,000
+ 4,800 + 10,800 + 6,000 = 27,600; / 21,600 = 1.2778; 19,200 of 21,600 (88.9 %) within 4 min, so
p95 is 4.5. Z2's mean is (4,800 + 10,800) / 3,600.

Loads: small 720 x 0.9 / 0.9 = 720 kW; large 1,440 x 0.6 / 0.9 = 960 kW. Limits: 20 x 0.5 x 0.9 x
0.9 = 8.1 MW and 4.05 MW. G1 2026: 12 h 6 + 0.36, 20 h 5.4 + 0.72 = 6.12. 2030: base 7.2; 12 h
7.56. G2 2026: 2.0 at 12 h; 2030: 12 h 2.4 + 0.48 = 2.88, 20 h 2.16 + 0.96 = 3.12.

Objective: 1 x 7,200 + 2 x 21,600 = 50,400; bound 50,904 is 1 % above. Z4 and S3 are far from all.

By road (within 7 minutes; every point lies on a street, 1 km is 1 min): Z1-E1 0.4, Z2-E1 1.6,
Z2-S2 1.8; Z3 lies past S2 on a one-way street and goes round the ring: 3 + 2 + 1.8 = 6.8 min to S2,
3 + 2 + 1.6 = 6.6 to E1, which so covers it in 2026 too (18,000 of 20,000). 2026: 1,200 + 6,720 =
7,920; / 7,200 = 1.1; p95 1.6. 2030: 2,400 + 1,920 + 4,320 + 81,600 = 90,240; / 21,600; p95 6.8. Z2:
6,240 / 3,600.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from siting.plan import LOAD_COLUMNS, SERVICE_COLUMNS, ZONE_COLUMNS, Document, Kpis, Plan
from tests.verify_case import BASE, spot


def _ratio(target: float, *counts: tuple[int, int], floor: float) -> dict[str, Any]:
    """Return a ratio from (stations, super guns) of south and north."""
    fuel = (2, 1)

    def row(scope: str, name: str, zh: str, n: int, guns: int, of: int, nozzles: int) -> Any:  # noqa: ANN401 - a row
        return {
            "district": scope,
            "name": name,
            "name_zh": zh,
            "stations": n,
            "fuel_stations": of,
            "guns": guns,
            "nozzles": nozzles,
            "ratio": n / of,
            "target": target if scope == "city" else floor,
        }

    n, guns = (sum(values) for values in zip(*counts, strict=True))
    return {
        "form": "stations",
        "city": row("city", "Hand town", "手工镇", n, guns, 3, 16),
        "districts": [
            row(scope, f"name {scope}", f"名{scope}", *counts[k], fuel[k], 8)
            for k, scope in enumerate(("south", "north"))
        ],
    }


def _kpis(*values: float) -> dict[str, Any]:
    """Return key figures in the order of ``Kpis``: stations, energy, minutes, money, load."""
    return dict(zip(Kpis.model_fields, values, strict=True))


def hand_document() -> dict[str, Any]:
    """Return the plan's document as nested dicts; the module derives its numbers."""
    first = _kpis(1, 0, 1, 4, 20_000.0, 7200.0, 0.36, 0.45, 2.75, 4.0, 800_000.0, 0.72)
    last = _kpis(2, 1, 1, 12, 40_000.0, 21_600.0, 0.54, 0.9, 27.6 / 21.6, 4.5, 2.9e6, 1.68)
    ratio = _ratio(0.6, (1, 2), (1, 4), floor=0.5)
    return {
        "name": "hand",
        "outcome": {
            "status": "feasible",
            "objective_kind": "served",
            "objective_unit": "kWh/day",
            "objective": 50_400.0,
            "bound": 50_904.0,
            "gap": 0.01,
            "seconds": 1.0,
            "solver": "by hand",
            "method": "by hand",
        },
        "ratio": ratio,
        "kpis": last,
        "phases": [
            {
                "name": "2026",
                "date": "2026-12-31",
                "ratio": _ratio(0.3, (1, 2), (0, 0), floor=0.0),
                "kpis": first,
                "budget_cny": 1_000_000.0,
            },
            {
                "name": "2030",
                "date": "2030-12-31",
                "ratio": ratio,
                "kpis": last,
                "budget_cny": 3_000_000.0,
            },
        ],
        "stations": _stations(),
        "substations": _substations(),
        "unreached": {"zones": ["Z4"], "sites": ["S3"], "zone_demand_kwh_day": 4000.0},
        "assumptions": [
            {
                "key": "demand.public_dc_share",
                "value": "0.5",
                "unit": "share",
                "confidence": "X",
                "source": "assumed by hand",
            }
        ],
        "provenance": _provenance(),
    }


def _stations() -> list[dict[str, Any]]:
    def step(phase: str, kind: str | None, served: float, peak_kw: float) -> dict[str, Any]:
        return {"phase": phase, "type": kind, "served_kwh_day": served, "peak_kw": peak_kw}

    return [
        {
            "id": "E1",
            "name": "name E1",
            "name_zh": "名E1",
            "lon": spot(0.4).x,
            "lat": spot(0.4).y,
            "district": "south",
            "host": "fuel station",
            "type": "small",
            "guns": 4,
            "super_guns": 2,
            "kw": 720.0,
            "phase": "2026",
            "status": "upgraded",
            "substation": "G1",
            "capex_cny": 800_000.0,
            "steps": [step("2026", "small", 7200.0, 720.0), step("2030", "small", 7200.0, 720.0)],
        },
        {
            "id": "S2",
            "name": "name S2",
            "name_zh": "名S2",
            "lon": spot(3.8).x,
            "lat": spot(3.8).y,
            "district": "north",
            "host": "car park",
            "type": "large",
            "guns": 8,
            "super_guns": 4,
            "kw": 1440.0,
            "phase": "2030",
            "status": "new",
            "substation": "G2",
            "capex_cny": 2_100_000.0,
            "steps": [step("2026", None, 0.0, 0.0), step("2030", "large", 14_400.0, 960.0)],
        },
    ]


def _substations() -> list[dict[str, Any]]:
    def step(phase: str, peak: float, hour: int, worst: float, limit: float) -> dict[str, Any]:
        return {
            "phase": phase,
            "charging_peak_mw": peak,
            "worst_hour": hour,
            "worst_mw": worst,
            "loading": worst / limit,
            "added_mva": 0.0,
            "added_mw": 0.0,
            "reinforcement_cny": 0.0,
        }

    return [
        {
            "id": "G1",
            "name": "name G1",
            "name_zh": "名G1",
            "lon": spot(0).x,
            "lat": spot(0).y,
            "voltage_kv": 110.0,
            "rating_mva": 20.0,
            "limit_mw": 8.1,
            "base_peak_mw": 6.0,
            "steps": [step("2026", 0.72, 12, 6.36, 8.1), step("2030", 0.72, 12, 7.56, 8.1)],
        },
        {
            "id": "G2",
            "name": "name G2",
            "name_zh": "名G2",
            "lon": spot(4).x,
            "lat": spot(4).y,
            "voltage_kv": 20.0,
            "rating_mva": 10.0,
            "limit_mw": 4.05,
            "base_peak_mw": 2.0,
            "steps": [step("2026", 0.0, 12, 2.0, 4.05), step("2030", 0.96, 20, 3.12, 4.05)],
        },
    ]


def _provenance() -> dict[str, Any]:
    return {
        "case": "hand",
        "case_title": "Hand town",
        "case_title_zh": "手工镇",
        "label": "made up",
        "label_zh": "虚构",
        "synthetic": True,
        "scenario_title": "By hand",
        "scenario_title_zh": "手算",
        "travel": "straight lines x 1.25",
        "layers": [
            {
                "layer": name,
                "file": f"{name}.csv",
                "rows": rows,
                "source": "by hand",
                "licence": "CC0",
                "date": "2026-01",
                "synthetic": True,
                "sha256": "ab" * 32,
            }
            for name, rows in (("zones", 4), ("sites", 3), ("fuel", 3))
        ],
        "versions": {"siting": "0"},
        "seed": 7,
        "created": "2026-01-01T00:00:00+00:00",
    }


def hand_service() -> pd.DataFrame:
    """Return who charges where."""
    rows = [
        ("2026", "Z1", "E1", 3000.0, 1.0),
        ("2026", "Z2", "E1", 4200.0, 4.0),
        ("2030", "Z1", "E1", 6000.0, 1.0),
        ("2030", "Z2", "E1", 1200.0, 4.0),
        ("2030", "Z2", "S2", 2400.0, 4.5),
        ("2030", "Z3", "S2", 12_000.0, 0.5),
    ]
    return pd.DataFrame(rows, columns=list(SERVICE_COLUMNS))


def hand_zones() -> pd.DataFrame:
    """Return every zone's demand and service; Z2 in 2030: (1,200 x 4 + 2,400 x 4.5) / 3,600 min."""
    nan = math.nan
    rows = [
        ("2026", "Z1", "south", 3000.0, 3000.0, True, 1.0),
        ("2026", "Z2", "south", 6000.0, 4200.0, True, 4.0),
        ("2026", "Z3", "north", 9000.0, 0.0, False, nan),
        ("2026", "Z4", "north", 2000.0, 0.0, False, nan),
        ("2030", "Z1", "south", 6000.0, 6000.0, True, 1.0),
        ("2030", "Z2", "south", 12_000.0, 3600.0, True, 15_600 / 3600),
        ("2030", "Z3", "north", 18_000.0, 12_000.0, True, 0.5),
        ("2030", "Z4", "north", 4000.0, 0.0, False, nan),
    ]
    return pd.DataFrame(rows, columns=list(ZONE_COLUMNS))


def hand_load() -> pd.DataFrame:
    """Return every substation's day: base shape x peak, charging half of its peak but at 20 h."""
    rows = []
    for phase, growth, peaks in (("2026", 1.0, (0.72, 0.0)), ("2030", 1.2, (0.72, 0.96))):
        for name, base, limit, peak in zip(
            ("G1", "G2"), (6.0, 2.0), (8.1, 4.05), peaks, strict=True
        ):
            for hour in range(24):
                charging = peak if hour == 20 else peak / 2
                rows.append((phase, name, hour, base * growth * BASE[hour], charging, limit))
    return pd.DataFrame(rows, columns=list(LOAD_COLUMNS))


def hand_plan(
    document: dict[str, Any] | None = None, tables: dict[str, pd.DataFrame] | None = None
) -> Plan:
    """Return the plan, with a changed document or changed tables."""
    own = {"service": hand_service(), "zones": hand_zones(), "load": hand_load(), **(tables or {})}
    return Plan(Document.model_validate(document or hand_document()), **own)


def road_plan() -> Plan:
    """Return the same plan by road: other minutes, and Z3 covered from the start."""
    document = hand_document()
    first, last = (phase["kpis"] for phase in document["phases"])
    first |= {"access_minutes_mean": 1.1, "access_minutes_p95": 1.6, "demand_covered_share": 0.9}
    last |= {"access_minutes_mean": 90_240 / 21_600, "access_minutes_p95": 6.8}
    nan = math.nan
    zones = [0.4, 1.6, nan, nan, 0.4, 6240 / 3600, 6.8, nan]
    covered = [True, True, True, False, True, True, True, False]
    return hand_plan(
        document,
        {
            "service": hand_service().assign(minutes=[0.4, 1.6, 0.4, 1.6, 1.8, 6.8]),
            "zones": hand_zones().assign(minutes=zones, covered=covered),
        },
    )
