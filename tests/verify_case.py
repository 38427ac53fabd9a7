"""A city and a question small enough to check by hand, over straight lines or by road.

Everything lies on the meridian 114 E, at so many km north of 22.5 N, so great-circle distances are
plain differences. Demand in kWh/day, distances in km.

::

    Z1 0   E1 0.4   Z2 2   S1 2.4   S2 3.8   Z3 4      Z4 40     S3 80
    |-- north district begins at 3 ------^
"""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from siting.data.case import Case, LayerInfo
from siting.data.roads import Roads
from siting.scenario import Scenario
from siting.scenario_io.sourcing import candidates, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

EARTH_KM = 6371.0088
LON, LAT = 114.0, 22.5
CRS = "EPSG:32649"

CHARGING = [0.08 if hour == 20 else 0.04 for hour in range(24)]
"""Half of the peak all day, and the peak at 20 h; sums to 1."""
BASE = [1.0 if hour == 12 else 0.9 if hour == 20 else 0.5 for hour in range(24)]


def spot(north_km: float, east_km: float = 0.0) -> shapely.Point:
    """Return a point so far from the origin."""
    lat = LAT + math.degrees(north_km / EARTH_KM)
    lon = LON + math.degrees(east_km / EARTH_KM / math.cos(math.radians(lat)))
    return shapely.Point(lon, lat)


def table(points: Mapping[str, shapely.Geometry], **columns: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - columns of any type
    """Return a layer with ids, names and further columns, in the points' order."""
    ids = list(points)
    names = {"id": ids, "name": [f"name {i}" for i in ids], "name_zh": [f"名{i}" for i in ids]}
    return gpd.GeoDataFrame(
        {**names, **columns}, geometry=list(points.values()), crs="EPSG:4326", index=range(len(ids))
    )


def square(south_km: float, north_km: float) -> shapely.Polygon:
    """Return a district 40 km wide between two latitudes."""
    low, high = spot(south_km, -20), spot(north_km, 20)
    return shapely.box(low.x, low.y, high.x, high.y)


def hand_case(roads: Roads | None = None, **changes: Any) -> Case:  # noqa: ANN401 - any field
    """Return the city; ``changes`` replace fields of the case."""
    nan = math.nan
    fields: dict[str, Any] = {
        "name": "hand",
        "title": "Hand town",
        "title_zh": "手工镇",
        "label": "made up",
        "label_zh": "虚构",
        "synthetic": True,
        "folder": Path("hand"),
        "metric_crs": CRS,
        "zones": table(
            {"Z1": spot(0), "Z2": spot(2), "Z3": spot(4), "Z4": spot(40)},
            district=["south", "south", "north", "north"],
            demand=[3000.0, 6000.0, 9000.0, 2000.0],
        ),
        "sites": table(
            {"S1": spot(2.4), "S2": spot(3.8), "S3": spot(80)},
            district=["south", "north", "north"],
            host=["mall", "car park", "car park"],
            area_m2=[nan, 400.0, nan],
            extra_cost_cny=[0.0, 100_000.0, 0.0],
            substation=["G1", "G2", None],
        ),
        "fuel": table(
            {"F1": spot(0), "F2": spot(1), "F3": spot(4)},
            district=["south", "south", "north"],
            nozzles=[4.0, 4.0, 8.0],
        ),
        "stations": table(
            {"E1": spot(0.4)},
            district=["south"],
            host=["fuel station"],
            area_m2=[nan],
            extra_cost_cny=[0.0],
            substation=["G1"],
            type=[None],
        ),
        "districts": table({"south": square(-5, 3), "north": square(3, 100)}),
        "substations": table(
            {"G1": spot(0), "G2": spot(4)},
            voltage_kv=[110.0, 20.0],
            rating_mva=[20.0, 10.0],
            n1_limit=[0.5, 0.5],
            base_peak_mw=[6.0, 2.0],
        ),
        "roads": roads,
        "layers": tuple(
            LayerInfo(name, f"{name}.csv", rows, "by hand", "CC0", "2026-01", True, "ab" * 32)  # noqa: FBT003 - LayerInfo's own order
            for name, rows in (("zones", 4), ("sites", 3), ("fuel", 3))
        ),
        "notes": (),
    }
    return Case(**{**fields, **changes})


def hand_scenario() -> dict[str, Any]:
    """Return the question as nested dicts, for tests to change.

    Straight lines: 1 km is 1.25 km by road, at 30 km/h: 2.5 minutes; 5 minutes reach 2 km.
    """

    def kind(super_guns: int, fast_guns: int, pool_kw: float, cost_cny: float) -> dict[str, Any]:
        return {
            "title": "t",
            "title_zh": "型",
            "super_guns": super_guns,
            "fast_guns": fast_guns,
            "pool_kw": pool_kw,
            "transformer_kva": 1.0,
            "cost_cny": cost_cny,
        }

    phase = {"base_load_growth": 1.0, "ratio": 0.3, "budget_cny": 1_000_000.0}
    later = {"base_load_growth": 1.2, "ratio": 0.6, "budget_cny": 2_000_000.0, "growth": 2.0}
    return {
        "name": "hand",
        "title": "By hand",
        "title_zh": "手算",
        "case": "hand",
        "objective": {"kind": "served"},
        "ratio": {"form": "stations"},
        "reach": {
            "minutes": 5.0,
            "detour_factor": 1.25,
            "straight_kmh": 30.0,
            "access_kmh": 15.0,
            "max_snap_m": 300.0,
        },
        "demand": {"public_dc_share": 0.5, "case_share": 1.0},
        "phases": [
            {"name": "2026", "date": dt.date(2026, 12, 31), "weight": 1.0, **phase},
            {
                "name": "2030",
                "date": dt.date(2030, 12, 31),
                "weight": 2.0,
                "district_floor": 0.5,
                **later,
            },
        ],
        "stations": {
            "old": {**kind(0, 4, 240.0, 500_000.0), "buildable": False},
            "small": kind(2, 2, 720.0, 1_000_000.0),
            "large": kind(4, 4, 1440.0, 2_000_000.0),
        },
        "prices": {
            "pool_per_kw": 0,
            "super_terminal": 0,
            "fast_terminal": 0,
            "transformer_per_kva": 0,
            "civil_per_bay": 0,
            "design": 0,
        },
        "service": {
            "session_kwh": 60.0,
            "occupation_min": 15.0,
            "peak_hour_share": 0.1,
            "max_wait_min": 60.0,
            "max_wait_probability": 1.0,
        },
        "grid": {
            "enforce": True,
            "power_factor": 0.9,
            "efficiency": 0.9,
            "demand_factors": [(4, 0.9), (8, 0.6)],
            "reserve": 0.1,
            "charging_profile": CHARGING,
            "base_profile": BASE,
        },
        "existing": {"policy": "upgrade", "default_type": "old", "credit_share": 0.4},
        "limits": {"spacing_m": 3000.0, "area_per_bay_m2": 50.0},
        "solve": {"gap": 0.01, "time_limit_s": 60.0, "seed": 7, "threads": 1, "solver": "highs"},
    }


def asked(changes: dict[str, Any] | None = None) -> Scenario:
    """Return the question, with values set by dotted key, such as ``phases.0.ratio``.

    Every number is measured but one.
    """
    data = hand_scenario()
    for key, value in (changes or {}).items():
        *path, last = key.split(".")
        place: Any = data
        for part in path:
            place = place[int(part)] if isinstance(place, list) else place[part]
        place[last] = value
    known = {candidates(path)[-1] for path, _ in numbers(data)}
    sources = {name: {"confidence": "A", "source": "given"} for name in sorted(known)}
    assumed = {"confidence": "X", "source": "assumed by hand"}
    sources["demand.public_dc_share"] = assumed
    return Scenario.model_validate({**data, "sources": sources})


def hand_roads() -> Roads:
    """Return five nodes: a two-way street, then a one-way ring.

    ::

        A 0 <--> B 2 --> C 4       A-B 2 km both ways, 2 min; B-C 2 km, 2 min
                 ^       |         C-D 3 km, 3 min; D-B 2 km, 2 min; A-E 1 km and back, 1 min
                 +-- D <-+
    """
    places = {"A": spot(0), "B": spot(2), "C": spot(4), "D": spot(3, 1.2), "E": spot(-1)}
    edges = [("A", "B", 2), ("B", "A", 2), ("B", "C", 2), ("C", "D", 3), ("D", "B", 2)]
    edges += [("A", "E", 1), ("E", "A", 1)]
    order = list(places)
    return Roads(
        lon=np.array([place.x for place in places.values()]),
        lat=np.array([place.y for place in places.values()]),
        tail=np.array([order.index(a) for a, _, _ in edges], dtype=np.int32),
        head=np.array([order.index(b) for _, b, _ in edges], dtype=np.int32),
        length_m=np.array([1000.0 * km for *_, km in edges]),
        seconds=np.array([60.0 * km for *_, km in edges]),
        road_class=np.array(["primary"] * len(edges)),
        geometry=np.array(
            [shapely.LineString([places[a], places[b]]) for a, b, _ in edges], dtype=object
        ),
    )
