"""Say what a city holds, layer by layer: counts, extent, gaps, odd values, and a verdict."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting.data.odd import (
    Odd,
    far_from_roads,
    odd_districts,
    odd_fuel,
    odd_roads,
    odd_sites,
    odd_substations,
    odd_zones,
)
from siting.data.raster import PEOPLE
from siting.data.schema import LAYERS, SUMMED
from siting.data.shift import TOO_FEW, district_reference, road_reference, too_few_note

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from siting.data.case import Case, LayerInfo
    from siting.data.roads import Roads

    Extent = tuple[float, float, float, float]

_NOTE = re.compile(r"^.+? \((\w+)\): ")
"""How a note says which layer it is about: file and layer."""
_GRAVE = ("looks shifted",)
"""Words of notes that make a layer doubtful rather than merely worth a look."""
_KINDS = 4
"""Districts, hosts and so on that are counted one by one; the others are summed up."""
_UNKNOWN = {
    "area_m2": "sites of unknown area take any type of station",
    "nozzles": "ratios in guns need every nozzle",
    "type": "the scenario's default type is taken",
    "substation": "their load is on no substation",
    "name_zh": "no Chinese name",
}
"""What follows of a column's empty cells."""


@dataclass(frozen=True)
class LayerReport:
    """Hold what was found in one layer."""

    layer: str
    file: str
    source: str
    licence: str
    date: str
    synthetic: bool
    counts: tuple[str, ...]
    extent: Extent
    """West, south, east, north in degrees."""
    gaps: tuple[str, ...]
    odd: tuple[Odd, ...]
    notes: tuple[str, ...]
    """What loading found, without file and layer in front."""

    @property
    def verdict(self) -> str:
        """Return one line."""
        if any(word in note for note in self.notes for word in _GRAVE):
            return "doubtful: its coordinates look shifted"
        looks = len(self.odd) + sum(TOO_FEW not in note for note in self.notes)
        if looks:
            return f"usable; {looks} {'thing' if looks == 1 else 'things'} to look at"
        if self.gaps:
            count = len(self.gaps)
            return f"good; {count} {'column has' if count == 1 else 'columns have'} gaps"
        return "good"


@dataclass(frozen=True)
class CaseReport:
    """Hold what was found in a city."""

    name: str
    title: str
    label: str
    layers: tuple[LayerReport, ...]
    absent: tuple[str, ...]
    """Optional layers that the case does not have."""
    notes: tuple[str, ...]
    """What concerns no single layer."""

    def document(self) -> dict[str, Any]:
        """Return it as plain lists and dictionaries."""
        document = asdict(self)
        for layer, report in zip(document["layers"], self.layers, strict=True):
            layer["verdict"] = report.verdict
        return document


_WITHOUT_PLACES = {"roads", "raster", "flows"}
"""Layers that are no table of places."""


def case_report(case: Case) -> CaseReport:
    """Look at a checked city.

    Parameters
    ----------
    case
        As `load_case` returns it: without faults, since those stop it.
    """
    by_layer: dict[str, list[str]] = {info.layer: [] for info in case.layers}
    general = []
    for note in case.notes:
        found = _NOTE.match(note)
        if found is not None and found[1] in by_layer:
            by_layer[found[1]].append(note[found.end() :])
        else:
            general.append(note)
    for name, note in _unchecked(case):
        by_layer[name].append(note)
    order = list(LAYERS)
    infos = sorted(case.layers, key=lambda info: order.index(info.layer))
    return CaseReport(
        name=case.name,
        title=case.title,
        label=case.label,
        layers=tuple(_layer(case, info, tuple(by_layer[info.layer])) for info in infos),
        absent=tuple(name for name in order if name not in by_layer),
        notes=tuple(general),
    )


def _unchecked(case: Case) -> list[tuple[str, str]]:
    """Return layers of points that are too small to tell whether they are shifted, and say so."""
    reference = (
        district_reference(case.districts.geometry.to_numpy())
        if case.roads is None
        else road_reference(case.roads, case.metric_crs)
    )
    names = [info.layer for info in case.layers if info.layer not in _WITHOUT_PLACES]
    tables = {name: getattr(case, name) for name in names}
    points = {
        name: table.geometry.to_numpy()
        for name, table in tables.items()
        if len(table) and (table.geom_type == "Point").all()
    }
    found = [(name, too_few_note(places, reference)) for name, places in points.items()]
    return [(name, note) for name, note in found if note]


def _layer(case: Case, info: LayerInfo, notes: tuple[str, ...]) -> LayerReport:
    if info.layer == "roads" and case.roads is not None:
        counts, extent = _road_counts(case.roads), _extent(case.roads.geometry)
        gaps, odd = [], odd_roads(case.roads)
    elif info.layer == "raster":
        table = case.zones
        counts = [f"{table[PEOPLE].sum():,.0f} people in the zones"]
        extent, gaps, odd = _extent(table.geometry.to_numpy()), list[str](), list[Odd]()
    elif info.layer == "flows" and case.flows is not None:
        ends = set(case.flows["origin"]) | set(case.flows["destination"])
        joined = case.zones[case.zones["id"].isin(ends)]
        counts = [f"{len(case.flows):,} rows", f"{case.flows['trips'].sum():,.0f} trips a day"]
        extent, gaps, odd = _extent(joined.geometry.to_numpy()), list[str](), list[Odd]()
    else:
        table = getattr(case, info.layer)
        counts, extent = _counts(info.layer, table), _extent(table.geometry.to_numpy())
        gaps, odd = _gaps(info.layer, table), _odd(case, info.layer, table)
    return LayerReport(
        layer=info.layer,
        file=info.file,
        source=info.source,
        licence=info.licence,
        date=info.date,
        synthetic=info.synthetic,
        counts=tuple(counts),
        extent=extent,
        gaps=tuple(gaps),
        odd=tuple(odd),
        notes=notes,
    )


def _extent(geometry: Any) -> Extent:  # noqa: ANN401 - shapely's own arrays
    west, south, east, north = shapely.total_bounds(geometry).tolist() if len(geometry) else [0] * 4
    return (west, south, east, north)


def _counts(layer: str, table: gpd.GeoDataFrame) -> list[str]:
    counts = [f"{len(table):,} rows"]
    if layer == "zones":
        counts.append(f"demand {table['demand'].sum():,.0f} in all")
    if layer == "substations":
        counts.append(f"{table['rating_mva'].sum():,.0f} MVA in all")
    for column in ("district", "host", "type"):
        if column in table and table[column].notna().any():
            kinds = table[column].value_counts()
            named = [f"{kind} {count:,}" for kind, count in kinds.head(_KINDS).items()]
            more = [f"{len(kinds) - _KINDS} more"] if len(kinds) > _KINDS else []
            counts.append(f"by {column}: {', '.join(named + more)}")
    return counts


def _road_counts(roads: Roads) -> list[str]:
    km = roads.length_m / 1000
    kinds = {str(kind): km[roads.road_class == kind].sum() for kind in np.unique(roads.road_class)}
    most = sorted(kinds, key=lambda kind: -kinds[kind])[:_KINDS]
    return [
        f"{len(roads.lon):,} junctions, {len(roads.tail):,} directed edges, {km.sum():,.1f} km",
        "most of it " + ", ".join(f"{kind} {kinds[kind]:,.0f} km" for kind in most),
        f"mean speed {km.sum() / (roads.seconds.sum() / 3600):.0f} km/h",
    ]


def _gaps(layer: str, table: gpd.GeoDataFrame) -> list[str]:
    """Say which columns have cells without a value, and what follows."""
    gaps = []
    for column in LAYERS[layer].names:
        values = table[column]
        if column in SUMMED and values.isna().all():
            continue  # nobody counted it, and nobody has to
        empty = values.isna() | (values.astype(object) == "")
        count = int(empty.sum())
        if count:
            follows = _UNKNOWN.get(column, "")
            gaps.append(
                f"{column}: {count:,} of {len(table):,} empty" + (f"; {follows}" if follows else "")
            )
    unnamed = int((table["name"] == table["id"]).sum())
    if unnamed:
        gaps.insert(0, f"name: {unnamed:,} of {len(table):,} are the id; no name")
    return gaps


def _odd(case: Case, layer: str, table: gpd.GeoDataFrame) -> list[Odd]:
    crs = case.metric_crs
    looks: dict[str, Callable[[], list[Odd]]] = {
        "zones": lambda: odd_zones(table, crs),
        "sites": lambda: odd_sites(table, crs),
        "stations": lambda: odd_sites(table, crs),
        "fuel": lambda: odd_fuel(table, crs),
        "districts": lambda: odd_districts(table, crs),
        "substations": lambda: odd_substations(table),
    }
    found = looks[layer]() if layer in looks else []
    if case.roads is not None and layer in {"zones", "sites", "stations"} and len(table):
        found += far_from_roads(table, case.roads, crs)
    return found
