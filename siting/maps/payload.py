"""Turn a plan and its case into the JSON blocks the map's script reads.

The document goes in as it stands in ``plan.json``; only stations are shortened, and zones and
service become columns. Nothing here is markup; ``text.json_block`` writes it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.errors import PlanError
from siting.maps import geometry
from siting.maps.answer_words import answer_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    import pandas as pd

    from siting.data.case import Case
    from siting.plan import Document, Plan, Station

Json = dict[str, Any]

MOST_TEXT = 12_000
"""Characters of one name that go into a page; the rest is cut, marked by an ellipsis."""


FAR_BEYOND = 2.0
"""How much larger than the demand's box the districts' may be and still be shown whole."""


def plan_block(plan: Plan, case: Case) -> Json:
    """Return the plan: the document, with stations, substations and service in columns.

    Parameters
    ----------
    plan, case
        The answer and the city it is for.

    Raises
    ------
    PlanError
        If the plan names a zone or station the case or plan does not have.
    """
    document = plan.document
    block: Json = document.model_dump(exclude={"stations", "substations"})
    types = station_types(document)
    plain = {s.type for s in document.stations if s.type is not None and not s.super_guns}
    block["types"] = [
        {"key": key, "guns": guns, "plain": key in plain} for key, guns in types.items()
    ]
    block["stations"] = [_station(document, station, list(types)) for station in document.stations]
    block["substations"] = _substations(plan)
    block["zones"] = _zone_phases(plan, case)
    block["service"] = _service(plan, case)
    block["notes"] = list(case.notes)
    block["answer"] = answer_words(document)
    return block


def places_block(case: Case, plan: Plan) -> Json:
    """Return the city: zones, districts, fuel stations, unused sites, what stood before.

    Parameters
    ----------
    case, plan
        The city and the answer for it.
    """
    used = {station.id for station in plan.document.stations}
    districts = np.asarray(case.districts.geometry.array)
    return {
        "units": geometry.UNITS_PER_DEGREE,
        "bounds": _view(case),
        "zones": _zones(case),
        "districts": {
            **_names(case.districts),
            "shape": geometry.polygons(districts, tolerance_deg=5e-5),
            "point": geometry.points(geometry.inside_points(districts)),
        },
        "fuel": _points(case, case.fuel) | {"nozzles": _numbers(case.fuel["nozzles"], 0)},
        "existing": _points(case, case.stations),
        "sites": _points(case, case.sites[[name not in used for name in case.sites["id"]]]),
    }


def _view(case: Case) -> list[float]:
    """Return what the map shows first: the districts, or the demand where they reach far beyond."""
    demand = geometry.bounds([case.zones, case.fuel])
    whole = geometry.bounds([case.zones, case.fuel, case.districts])
    return whole if _area(whole) <= FAR_BEYOND * _area(demand) else demand


def _area(bounds: Sequence[float]) -> float:
    west, south, east, north = bounds
    return (east - west) * (north - south)


def station_types(document: Document) -> dict[str, int | None]:
    """Return each type that occurs and its guns, smallest first.

    Parameters
    ----------
    document
        The plan. A type no station ends with has None for guns, and comes first, by grid load.
    """
    guns: dict[str, int | None] = {}
    peak_kw: dict[str, float] = {}
    for station in document.stations:
        for step in station.steps:
            if step.type is not None:
                guns.setdefault(step.type, None)
                peak_kw[step.type] = max(peak_kw.get(step.type, 0.0), step.peak_kw)
        if station.type is not None:
            guns[station.type] = station.guns
    order = sorted(guns, key=lambda key: (guns[key] or 0, peak_kw.get(key, 0.0), key))
    return {key: guns[key] for key in order}


def _station(document: Document, station: Station, types: Sequence[str]) -> Json:
    names = [phase.name for phase in document.phases]
    keep = {
        "id",
        "name",
        "name_zh",
        "district",
        "host",
        "status",
        "substation",
        "capex_cny",
        "guns",
        "super_guns",
        "kw",
    }
    return station.model_dump(include=keep) | {
        "lon": round(station.lon, 5),
        "lat": round(station.lat, 5),
        "phase": _position({name: i for i, name in enumerate(names)}, station.phase, "phase"),
        "types": [-1 if step.type is None else types.index(step.type) for step in station.steps],
        "served": [_lean(step.served_kwh_day) for step in station.steps],
        "peak_kw": [_lean(step.peak_kw) for step in station.steps],
    }


def _substations(plan: Plan) -> list[Json]:
    document = plan.document
    rows = [item.model_dump() for item in document.substations]
    where = {row["id"]: row for row in rows}
    phases = {phase.name: number for number, phase in enumerate(document.phases)}
    for row in rows:
        row["base"] = [[0.0] * 24 for _ in phases]
        row["charging"] = [[0.0] * 24 for _ in phases]
    columns = ("phase", "substation", "hour", "base_mw", "charging_mw")
    for phase, substation, hour, base, charging in _rows(plan.load, columns):
        row = _found(where, substation, "substation")
        row["base"][_position(phases, phase, "phase")][int(hour)] = _lean(base, 3)
        row["charging"][_position(phases, phase, "phase")][int(hour)] = _lean(charging, 3)
    return rows


def _zone_phases(plan: Plan, case: Case) -> Json:
    phases = {phase.name: number for number, phase in enumerate(plan.document.phases)}
    zones = {name: number for number, name in enumerate(case.zones["id"].tolist())}
    keys = ("demand_kwh_day", "served_kwh_day", "minutes", "covered")
    table: Json = {key: [[0.0] * len(zones) for _ in phases] for key in keys}
    for phase, zone, *values in _rows(plan.zones, ("phase", "zone", *keys)):
        number, place = _position(phases, phase, "phase"), _position(zones, zone, "zone")
        for key, value in zip(keys, values, strict=True):
            table[key][number][place] = _lean(value)
    return table


def _service(plan: Plan, case: Case) -> list[list[float | None]]:
    """Return for each phase: station, zone, kWh/day, minutes; and again."""
    phases = {phase.name: number for number, phase in enumerate(plan.document.phases)}
    zones = {name: number for number, name in enumerate(case.zones["id"].tolist())}
    stations = {station.id: number for number, station in enumerate(plan.document.stations)}
    flat: list[list[float | None]] = [[] for _ in phases]
    columns = ("phase", "zone", "station", "kwh_day", "minutes")
    for phase, zone, station, kwh_day, minutes in _rows(plan.service, columns):
        flat[_position(phases, phase, "phase")] += (
            _position(stations, station, "station"),
            _position(zones, zone, "zone"),
            _lean(kwh_day),
            _lean(minutes),
        )
    return flat


def _zones(case: Case) -> Json:
    shapes = np.asarray(case.zones.geometry.array)
    return {
        **_names(case.zones),
        "district": _district_numbers(case, case.zones),
        "shape": geometry.polygons(shapes),
        "point": geometry.points(geometry.inside_points(shapes)),
        "km2": [_lean(value, 4) for value in geometry.area_km2(case.zones).tolist()],
    }


def _points(case: Case, layer: gpd.GeoDataFrame) -> Json:
    return {
        **_names(layer),
        "district": _district_numbers(case, layer),
        "point": geometry.points(np.asarray(layer.geometry.array)),
    }


def _names(layer: gpd.GeoDataFrame) -> Json:
    """Return ids and names; a column of names is left out where it says nothing new."""
    ids = [_cut(text) for text in layer["id"]]
    names = [_cut(text) for text in layer["name"]]
    names_zh = [_cut(text) for text in layer["name_zh"]]
    return {
        "id": ids,
        "name": names if names != ids else None,
        "name_zh": names_zh if any(names_zh) else None,
    }


def _district_numbers(case: Case, layer: gpd.GeoDataFrame) -> list[int]:
    number = {name: place for place, name in enumerate(case.districts["id"].tolist())}
    return [number.get(name, -1) for name in layer["district"]]


def _cut(text: object) -> str:
    text = str(text)
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"


def _numbers(values: Iterable[float], digits: int) -> list[float | None]:
    return [_lean(value, digits) for value in values]


def _rows(table: pd.DataFrame, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[column].tolist() for column in columns), strict=True)


def _position(places: dict[str, int], name: str, what: str) -> int:
    return int(_found(places, name, what))


def _found(places: dict[str, Any], name: str, what: str) -> Any:  # noqa: ANN401 - whatever is kept
    if name not in places:
        msg = f"plan and case do not belong together: {what} {name!r} is in one of them only"
        raise PlanError(msg)
    return places[name]


def _lean(value: float, digits: int = 1) -> float | None:
    """Round, and write whole numbers without a point: a map holds thousands of them."""
    if not math.isfinite(value):
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded.is_integer() else rounded
