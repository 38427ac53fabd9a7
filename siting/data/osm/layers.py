"""Make the tables of a case: fuel stations, sites, charging stations, substations, places."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from siting.data.crs import project
from siting.data.osm.features import find_features, stand_ins
from siting.data.osm.power import (
    N1_LIMIT,
    assumed_base_peak_mw,
    assumed_rating_mva,
    charging_power,
    feeds_streets,
    parse_voltage_kv,
)
from siting.data.osm.tags import is_public_host, names_of, rules_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapely.geometry.base import BaseGeometry

    from siting.data.osm.elements import OsmData
    from siting.data.osm.features import Feature
    from siting.data.osm.tags import Target

_OPEN_GROUND = {"car park", "motorway services"}
"""Hosts whose area is ground to park on; others' is a roof."""
_DECIMALS = 7


@dataclass(frozen=True, eq=False)
class Found:
    """Hold one layer of points, ready to be written."""

    table: pd.DataFrame
    """id, name, name_zh, the layer's own columns, osm, lon, lat."""
    notes: tuple[str, ...] = ()


def fuel_layer(data: OsmData, clip: BaseGeometry | None) -> Found:
    """Return the fuel stations; disused ones are tagged otherwise."""
    return Found(_table(_found(data, "fuel", clip), "fuel", lambda _: {}))


def site_layer(data: OsmData, clip: BaseGeometry | None, metric_crs: str) -> Found:
    """Return the candidate hosts open to the public, with the area of those that are open ground.

    What the area is of is a polygon in the data; a host that is a point has none.
    """
    found = _found(data, "sites", clip)
    public = [item for item in found if is_public_host(item.tags, item.rule)]
    area = _areas_m2(public, metric_crs)
    size = {
        item.label: area_m2
        for item, area_m2 in zip(public, area, strict=True)
        if item.rule.host in _OPEN_GROUND and area_m2 >= 1
    }
    table = _table(
        public,
        "site",
        lambda item: {"host": item.rule.host, "area_m2": size.get(item.label, "")},
    )
    hosts = Counter(item.rule.host for item in public)
    notes = ["sites: " + ", ".join(f"{count} {host}" for host, count in hosts.most_common()) + "."]
    shut = Counter(item.rule.host for item in found if not is_public_host(item.tags, item.rule))
    if shut:
        which = ", ".join(f"{count} {host}" for host, count in shut.most_common())
        notes.append(f"sites: left out as not public, on the street, or out of use: {which}.")
    return Found(table, tuple(notes))


def station_layer(data: OsmData, clip: BaseGeometry | None) -> Found:
    """Return the existing charging stations, typed only where tags prove a supercharging one."""
    found = _found(data, "stations", clip)
    known = sum(charging_power(item.tags).max_kw > 0 for item in found)

    def more(item: Feature) -> dict[str, Any]:
        power = charging_power(item.tags)
        return {
            "host": "charging station",
            "type": power.type_name,
            "max_kw": "" if np.isnan(power.max_kw) else power.max_kw,
            "guns": "" if np.isnan(power.guns) else int(power.guns),
        }

    note = f"stations: {known} of {len(found)} state their power; the others count as not super."
    return Found(_table(found, "station", more), (note,) if found else ())


def substation_layer(data: OsmData, clip: BaseGeometry | None) -> Found:
    """Return the substations that feed streets, rating and base load assumed by voltage."""
    found = _found(data, "substations", clip)
    kv = {item.label: parse_voltage_kv(item.tags.get("voltage", "")) for item in found}
    used = [item for item in found if feeds_streets(item.tags, kv[item.label])]

    def more(item: Feature) -> dict[str, Any]:
        rating_mva = assumed_rating_mva(item.tags, kv[item.label])
        return {
            "voltage_kv": kv[item.label],
            "rating_mva": rating_mva,
            "n1_limit": N1_LIMIT,
            "base_peak_mw": assumed_base_peak_mw(rating_mva),
        }

    notes = []
    if found:
        left = len(found) - len(used)
        notes.append(
            f"substations: {len(used)}, their rating and base load assumed by voltage; {left} left "
            "out: no voltage from 30 to 300 kV is tagged, or they serve one user."
        )
    return Found(_table(used, "substation", more), tuple(notes))


def poi_layer(data: OsmData, clip: BaseGeometry | None) -> Found:
    """Return points of interest, for estimators of demand."""
    found = _found(data, "pois", clip)
    return Found(_table(found, "poi", lambda item: {"kind": item.rule.host}))


def _found(data: OsmData, layer: Target, clip: BaseGeometry | None) -> list[Feature]:
    return find_features(data, rules_for(layer), clip)


def _areas_m2(found: list[Feature], metric_crs: str) -> list[float]:
    shapes = np.array([item.shape for item in found], dtype=object)
    if not len(shapes):
        return []
    return [float(round(area, 1)) for area in shapely.area(project(shapes, metric_crs))]


def _table(
    found: list[Feature], prefix: str, more: Callable[[Feature], dict[str, Any]]
) -> pd.DataFrame:
    """Return one row a feature, ids made of the elements' own, so that they stay when data grow."""
    points = stand_ins([item.shape for item in found])
    rows = []
    for item, point in zip(found, points, strict=True):
        kind, number = item.label.split("/")
        name, name_zh = names_of(item.tags)
        own = {"id": f"{prefix}-{kind[0]}{number}", "name": name, "name_zh": name_zh}
        place = {"lon": round(point.x, _DECIMALS), "lat": round(point.y, _DECIMALS)}
        rows.append(own | more(item) | {"osm": item.label} | place)
    return pd.DataFrame(rows)
