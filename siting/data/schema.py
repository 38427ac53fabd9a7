"""Declare every column of every layer once: name, kind, unit, range, default, meaning.

The loader checks tables against these declarations, and ``siting schema`` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["id", "text", "number", "flag"]
Shape = Literal["point", "area", "line", "raster", "none"]

REQUIRED = "required"


@dataclass(frozen=True)
class Column:
    """Declare one column."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    default: str | float | None = REQUIRED
    """What a missing column or an empty cell becomes: NaN is an unknown number, None no text."""
    default_note: str = ""
    """How the default is found, where it is not a constant."""
    low: float = 0.0
    high: float = float("inf")
    open_low: bool = False
    """Whether ``low`` itself is out of range."""

    @property
    def required(self) -> bool:
        """Tell whether a table without this column is refused."""
        return self.default == REQUIRED

    @property
    def range_text(self) -> str:
        """Return the range as a reader would write it; '' for text."""
        if self.kind != "number":
            return ""
        sign = ">" if self.open_low else ">="
        text = f"{sign} {self.low:g}"
        return text if self.high == float("inf") else f"{text}, <= {self.high:g}"


@dataclass(frozen=True)
class LayerSchema:
    """Declare one layer."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    shapes: tuple[Shape, ...]
    """Geometry the layer may have."""
    required: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return tuple(column.name for column in self.columns)


_COMMON = (
    Column("id", "id", "-", "unique label within the layer"),
    Column("name", "text", "-", "name, any language", "", "the id"),
    Column("name_zh", "text", "-", "Chinese name", ""),
)
_DISTRICT = Column(
    "district", "text", "-", "id of a row of districts", "", "by location in districts"
)
_SITE = (
    *_COMMON,
    _DISTRICT,
    Column("host", "text", "-", "what the site is: car park, mall, fuel station", "site"),
    Column("area_m2", "number", "m2", "ground for bays; NaN: unknown", float("nan"), open_low=True),
    Column("extra_cost_cny", "number", "CNY", "cost of this site beyond its type's", 0.0),
    Column("substation", "text", "-", "id of a row of substations", "", "the nearest one"),
)
_COUNTED = (
    Column("people", "number", "persons", "inhabitants; NaN: unknown", float("nan")),
    Column("jobs", "number", "jobs", "workplaces; NaN: unknown", float("nan")),
    Column("piles", "number", "piles", "charging piles; NaN: unknown", float("nan")),
    Column("measured_kwh", "number", "kWh/day", "metered charging; NaN: unknown", float("nan")),
)
"""What estimators of demand may count; split with a zone, like its demand."""

_LAYERS = (
    LayerSchema(
        "zones",
        "where demand lives",
        (
            *_COMMON,
            _DISTRICT,
            Column("demand", "number", "kWh/day or weight", "demand, or any weight to share it by"),
            *_COUNTED,
            Column("group", "text", "-", "people or place it stands for, as [equity] names it", ""),
        ),
        ("area", "point"),
        required=True,
    ),
    LayerSchema("sites", "where a station may be built", _SITE, ("point", "area"), required=True),
    LayerSchema(
        "fuel",
        "fuel stations, the measure of the ratio",
        (
            *_COMMON,
            _DISTRICT,
            Column("nozzles", "number", "nozzles", "NaN: unknown", float("nan"), open_low=True),
        ),
        ("point", "area"),
        required=True,
    ),
    LayerSchema(
        "stations",
        "charging stations that stand already",
        (*_SITE, Column("type", "text", "-", "a station type of the scenario", None)),
        ("point", "area"),
        required=False,
    ),
    LayerSchema("districts", "districts of the city", _COMMON, ("area",), required=True),
    LayerSchema(
        "substations",
        "what the grid can give",
        (
            *_COMMON,
            Column("voltage_kv", "number", "kV", "upper voltage", open_low=True),
            Column("rating_mva", "number", "MVA", "all transformers together", open_low=True),
            Column(
                "n1_limit",
                "number",
                "share",
                "part of the rating left with the largest transformer out",
                high=1.0,
                open_low=True,
            ),
            Column("base_peak_mw", "number", "MW", "peak load without the plan's stations"),
        ),
        ("point", "area"),
        required=False,
    ),
    LayerSchema(
        "exclusions",
        "areas where no new station may stand: buildings, water, protected ground",
        (*_COMMON, Column("kind", "text", "-", "what the area is: building, water", "exclusion")),
        ("area",),
        required=False,
    ),
    LayerSchema(
        "supply_areas",
        "which substation feeds what lies inside",
        (*_COMMON, Column("substation", "text", "-", "id of a row of substations")),
        ("area",),
        required=False,
    ),
    LayerSchema(
        "roads",
        "directed roads, as an edge table (osmnx GraphML and OSM XML need no columns)",
        (
            Column("u", "id", "-", "node an edge leaves"),
            Column("v", "id", "-", "node it enters"),
            Column("highway", "text", "-", "OpenStreetMap highway value"),
            Column(
                "speed_kph",
                "number",
                "km/h",
                "driving speed",
                float("nan"),
                "maxspeed, else by class",
                open_low=True,
            ),
            Column("maxspeed", "text", "-", "OpenStreetMap maxspeed value", ""),
            Column("name", "text", "-", "name of the road", ""),
            Column("oneway", "flag", "-", "true: only from u to v", "", "false"),
            Column(
                "length_m",
                "number",
                "m",
                "length; 0: unknown",
                float("nan"),
                "by the geometry",
            ),
        ),
        ("line",),
        required=False,
    ),
    LayerSchema(
        "pois",
        "points of interest, for estimators of demand",
        (
            *_COMMON,
            Column("kind", "text", "-", "what it is, as a scenario's estimators name it"),
            Column("weight", "number", "-", "how much it counts among its kind", 1.0),
        ),
        ("point", "area"),
        required=False,
    ),
    LayerSchema(
        "water",
        "lakes, rivers and sea, for the map to show",
        _COMMON,
        ("area",),
        required=False,
    ),
    LayerSchema(
        "parks",
        "parks and woods, for the map to show",
        _COMMON,
        ("area",),
        required=False,
    ),
    LayerSchema(
        "flows",
        "trips between zones, for the objective flow: a table without geometry",
        (
            Column("origin", "text", "-", "id of a row of zones"),
            Column("destination", "text", "-", "id of a row of zones"),
            Column("trips", "number", "trips/day", "trips that way; a return trip is one"),
        ),
        ("none",),
        required=False,
    ),
    LayerSchema(
        "raster",
        "GeoTIFF of inhabitants per cell, summed over each zone (extra 'raster')",
        (),
        ("raster",),
        required=False,
    ),
)

LAYERS: Mapping[str, LayerSchema] = MappingProxyType({layer.name: layer for layer in _LAYERS})
"""Every layer by name, in the order they are read."""

SUMMED = ("demand", *(column.name for column in _COUNTED))
"""Columns of zones that a split shares among the pieces, and that add up to the zone's."""

SCHEMA_HEADER = ("layer", "column", "kind", "unit", "range", "default", "meaning")


def schema_rows() -> tuple[tuple[str, ...], ...]:
    """Return one row of text per column of every layer, under :data:`SCHEMA_HEADER`.

    The geometry of a layer is a row too, since it is required like a column.
    """
    rows: list[tuple[str, ...]] = []
    for layer in LAYERS.values():
        rows.extend(
            (
                layer.name,
                column.name,
                column.kind,
                column.unit,
                column.range_text,
                _default_text(column),
                column.meaning,
            )
            for column in layer.columns
        )
        shapes = " or ".join(layer.shapes)
        need = REQUIRED if layer.required else "layer is optional"
        rows.append((layer.name, "geometry", shapes, "WGS-84", "", need, layer.meaning))
    return tuple(rows)


def _default_text(column: Column) -> str:
    if column.required:
        return REQUIRED
    if column.default_note:
        return column.default_note
    if column.default is None:
        return "none"
    return f"{column.default:g}" if isinstance(column.default, float) else f"'{column.default}'"
