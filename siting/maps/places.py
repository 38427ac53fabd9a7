"""Turn a city into the JSON block the map's script reads: columns, and shapes in small steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from siting.maps import geometry
from siting.maps.text import lean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import geopandas as gpd

    from siting.data.case import Case
    from siting.maps.audience import Sight
    from siting.plan import Plan

Json = dict[str, Any]

MOST_TEXT = 12_000
"""Characters of one name that go into a page; the rest is cut, marked by an ellipsis."""
FAR_BEYOND = 2.0
"""How much larger than the demand's box the districts' may be and still be shown whole."""
SHAPE_DEG = 1e-5
"""Detail of water and parks, in degrees."""


def places_block(case: Case, plan: Plan, sight: Sight) -> Json:
    """Return the city: zones, districts, fuel stations, unused sites, what stood before, grounds.

    Parameters
    ----------
    case, plan
        The city and the answer for it.
    sight
        What the reader may see; other layers have no rows.
    """
    makers: dict[str, Callable[[], Json]] = {
        "zones": lambda: _zones(case),
        "districts": lambda: _districts(case),
        "fuel": lambda: _points(case, case.fuel) | {"nozzles": _numbers(case.fuel["nozzles"])},
        "existing": lambda: _points(case, case.stations),
        "sites": lambda: _unused(case, plan),
        "pois": lambda: _pois(case),
        "water": lambda: _ground(case.water),
        "parks": lambda: _ground(case.parks),
    }
    return {"units": geometry.UNITS_PER_DEGREE, "bounds": _view(case)} | {
        name: make() if name in sight.places else None for name, make in makers.items()
    }


def _view(case: Case) -> list[float]:
    """Return what the map shows first: the districts, or the demand where they reach far beyond."""
    demand = geometry.bounds([case.zones, case.fuel])
    whole = geometry.bounds([case.zones, case.fuel, case.districts])
    return whole if _area(whole) <= FAR_BEYOND * _area(demand) else demand


def _area(bounds: Sequence[float]) -> float:
    west, south, east, north = bounds
    return (east - west) * (north - south)


def _zones(case: Case) -> Json:
    shapes = np.asarray(case.zones.geometry.array)
    return {
        **_names(case.zones),
        "district": _district_numbers(case, case.zones),
        "shape": geometry.polygons(shapes),
        "point": geometry.points(geometry.inside_points(shapes)),
        "km2": [lean(value, 4) for value in geometry.area_km2(case.zones).tolist()],
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


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [lean(value, 0) for value in values]


def _districts(case: Case) -> Json:
    shapes = np.asarray(case.districts.geometry.array)
    return {
        **_names(case.districts),
        "shape": geometry.polygons(shapes, tolerance_deg=5e-5),
        "point": geometry.points(geometry.inside_points(shapes)),
    }


def _unused(case: Case, plan: Plan) -> Json:
    used = {station.id for station in plan.document.stations}
    return _points(case, case.sites[[name not in used for name in case.sites["id"]]])


def _pois(case: Case) -> Json:
    """Return the points that demand was shared by; they are many, so they have no names."""
    if case.pois is None:
        return {"point": [], "kind": [], "weight": []}
    shapes = geometry.inside_points(np.asarray(case.pois.geometry.array))
    kinds = sorted({_cut(kind) for kind in case.pois["kind"]})
    number = {kind: place for place, kind in enumerate(kinds)}
    return {
        "point": geometry.points(shapes),
        "kinds": kinds,
        "kind": [number[_cut(kind)] for kind in case.pois["kind"]],
        "weight": [lean(weight) for weight in case.pois["weight"]],
    }


def _ground(layer: gpd.GeoDataFrame | None) -> Json:
    """Return areas without names: they stand behind everything, and nothing asks for them."""
    if layer is None:
        return {"shape": []}
    shapes = np.asarray(layer.geometry.array)
    return {"shape": geometry.polygons(shapes, tolerance_deg=SHAPE_DEG)}
