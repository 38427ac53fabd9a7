"""Turn a plan and its case into the JSON blocks the map's script reads.

What the reader may see of the document goes in as it stands in ``plan.json``; stations are
shortened, zones and service become columns. Nothing here is markup; ``text.json_block`` writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from siting.errors import PlanError
from siting.maps.answer_words import answer_words
from siting.maps.audience import document_for
from siting.maps.text import lean, lean_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.maps.audience import Sight
    from siting.plan import Document, Plan, Station

Json = dict[str, Any]
_SHARE_DIGITS = 3


def plan_block(plan: Plan, case: Case, sight: Sight) -> Json:
    """Return the plan: the document, with stations, substations and service in columns.

    Parameters
    ----------
    plan, case
        The answer and the city it is for.
    sight
        What the reader may see.

    Raises
    ------
    PlanError
        If the plan names a zone or station the case or plan does not have.
    """
    document = plan.document
    types = station_types(document)
    plain = {s.type for s in document.stations if s.type is not None and not s.super_guns}
    return document_for(document, sight) | {
        "types": [{"key": key, "guns": guns, "plain": key in plain} for key, guns in types.items()],
        "stations": [_station(document, item, list(types), sight) for item in document.stations],
        "substations": _substations(plan, sight) if sight.load else [],
        "zones": _zone_phases(plan, case, sight.zones) if sight.zones else None,
        "service": _service(plan, case) if sight.service else None,
        "notes": list(case.notes) if sight.notes else [],
        "answer": answer_words(document) if sight.money or not _about_money(document) else None,
    }


def _about_money(document: Document) -> bool:
    """Tell whether the answer in words would speak of cost."""
    return document.outcome.objective_kind in {"cost", "facility"}


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


def _station(document: Document, station: Station, types: Sequence[str], sight: Sight) -> Json:
    phases = {phase.name: number for number, phase in enumerate(document.phases)}
    block = station.model_dump(include=set(sight.station)) | {
        "lon": round(station.lon, 5),
        "lat": round(station.lat, 5),
        "phase": _position(phases, station.phase, "phase"),
        "types": [-1 if step.type is None else types.index(step.type) for step in station.steps],
    }
    if sight.load:
        block["served"] = [lean(step.served_kwh_day) for step in station.steps]
        block["peak_kw"] = [lean(step.peak_kw) for step in station.steps]
    return block


def _substations(plan: Plan, sight: Sight) -> list[Json]:
    document = plan.document
    hidden = set() if sight.money else {"reinforcement_cny"}
    rows = [
        item.model_dump(exclude={"steps": {"__all__": hidden}}) for item in document.substations
    ]
    where = {row["id"]: row for row in rows}
    phases = {phase.name: number for number, phase in enumerate(document.phases)}
    for row in rows:
        row["base"] = [[0.0] * 24 for _ in phases]
        row["charging"] = [[0.0] * 24 for _ in phases]
    columns = ("phase", "substation", "hour", "base_mw", "charging_mw")
    for phase, substation, hour, base, charging in _rows(plan.load, columns):
        row = _found(where, substation, "substation")
        row["base"][_position(phases, phase, "phase")][int(hour)] = lean(base, 3)
        row["charging"][_position(phases, phase, "phase")][int(hour)] = lean(charging, 3)
    return rows


def _zone_phases(plan: Plan, case: Case, columns: Sequence[str]) -> Json:
    """Return each column by phase and zone."""
    phases, zones = _index(p.name for p in plan.document.phases), _index(case.zones["id"])
    phase = _positions(phases, plan.zones["phase"], "phase")
    zone = _positions(zones, plan.zones["zone"], "zone")
    table: Json = {}
    for name in columns:
        values = np.zeros((len(phases), len(zones)))
        values[phase, zone] = _zone_column(plan.zones, name)
        digits = _SHARE_DIGITS if name == "share" else 1
        table[name] = [lean_all(row, digits) for row in values]
    return table


def _zone_column(zones: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name != "share":
        return zones[name].to_numpy(dtype=np.float64)
    demand = zones["demand_kwh_day"].to_numpy(dtype=np.float64)
    served = zones["served_kwh_day"].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(demand > 0, np.minimum(1.0, served / demand), np.nan)


def _service(plan: Plan, case: Case) -> list[list[float | None]]:
    """Return for each phase: station, zone, kWh/day, minutes; and again."""
    phases, zones = _index(p.name for p in plan.document.phases), _index(case.zones["id"])
    stations = _index(station.id for station in plan.document.stations)
    phase = _positions(phases, plan.service["phase"], "phase")
    rows = np.column_stack(
        [
            _positions(stations, plan.service["station"], "station"),
            _positions(zones, plan.service["zone"], "zone"),
            plan.service[["kwh_day", "minutes"]].to_numpy(dtype=np.float64),
        ]
    )
    return [lean_all(rows[phase == number].ravel()) for number in range(len(phases))]


def _rows(table: pd.DataFrame, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[column].tolist() for column in columns), strict=True)


def _index(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _positions(places: dict[str, int], names: pd.Series[str], what: str) -> NDArray[np.intp]:
    return np.array([_position(places, name, what) for name in names], dtype=np.intp)


def _position(places: dict[str, int], name: str, what: str) -> int:
    return int(_found(places, name, what))


def _found(places: dict[str, Any], name: str, what: str) -> Any:  # noqa: ANN401 - whatever is kept
    if name not in places:
        msg = f"plan and case do not belong together: {what} {name!r} is in one of them only"
        raise PlanError(msg)
    return places[name]
