"""Style a plan's layers for QGIS: the map's own colours and classes, as QML documents.

Quantities take five steps of viridis, classes the palette of Okabe and Ito (2008), as on the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

VIRIDIS = ("#fde725", "#5ec962", "#21918c", "#3b528b", "#440154")
"""Low to high, light to dark: more reads as darker on white paper."""
LOADING = ("#fdf2c9", "#f3cf77", "#dd9b3d", "#b3602b", "#7b1e4b")
STATUS = {
    "new": ("#0072b2", "New station"),
    "upgraded": ("#e69f00", "Upgraded station"),
    "kept": ("#4a4f57", "Existing station, kept"),
    "closed": ("#b9bec6", "Existing station, closed"),
}
_SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_LOADINGS = (0.0, 0.5, 0.7, 0.8, 0.9, 1.0)
_RATIOS = (0.0, 0.5, 0.8, 1.0, 1.2, np.inf)
_NO_LIMIT = 1e9
_INK = "#16191d"


@dataclass(frozen=True)
class _Class:
    """Hold one class of a legend: a value, or a range, its colour and what it is called."""

    colour: str
    label: str
    value: str = ""
    lower: float = 0.0
    upper: float = 0.0


def layer_styles(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, str]:
    """Return a QML document for each layer siting knows how to draw.

    Parameters
    ----------
    layers
        By name, as `siting.assembly.map_layers` returns them.
    """
    return {name: _STYLES[name]() for name in layers if name in _STYLES}


def _stations() -> str:
    classes = [_Class(colour, label, value=key) for key, (colour, label) in STATUS.items()]
    return _document("categorizedSymbol", "status", classes, "marker", shape="circle", size_mm=3.0)


def _zones() -> str:
    share = 'CASE WHEN "demand_kwh_day" > 0 THEN "served_kwh_day" / "demand_kwh_day" END'
    classes = _ranges(_SHARES, VIRIDIS, "{:.0%}", "of demand served")
    return _document("graduatedSymbol", share, classes, "fill", outline="#ffffff", alpha=0.75)


def _districts() -> str:
    classes = _ranges(_RATIOS, VIRIDIS, "{:.1f}", "stations per fuel station")
    return _document("graduatedSymbol", "ratio", classes, "fill", outline=_INK, alpha=0.35)


def _substations() -> str:
    classes = _ranges((*_LOADINGS, np.inf), (*LOADING, "#d55e00"), "{:.0%}", "at the worst hour")
    return _document("graduatedSymbol", "loading", classes, "marker", shape="square", size_mm=3.4)


def _fuel() -> str:
    only = [_Class("#6b4f3a", "Fuel station")]
    return _document("singleSymbol", "", only, "marker", shape="diamond", size_mm=2.0)


_STYLES = {
    "stations": _stations,
    "zones": _zones,
    "districts": _districts,
    "substations": _substations,
    "fuel": _fuel,
}


def _ranges(
    breaks: Iterable[float], colours: Iterable[str], number: str, unit: str
) -> list[_Class]:
    edges = list(breaks)
    classes = []
    for colour, low, high in zip(colours, edges, edges[1:], strict=False):
        top = high if np.isfinite(high) else _NO_LIMIT
        text = f"{number.format(low)} - {number.format(high)}"
        text = text if np.isfinite(high) else f"over {number.format(low)}"
        classes.append(_Class(colour, f"{text} {unit}", lower=low, upper=top))
    return classes


def _document(
    kind: str,
    attribute: str,
    classes: list[_Class],
    geometry: str,
    *,
    shape: str = "",
    size_mm: float = 0.0,
    outline: str = "#ffffff",
    alpha: float = 1.0,
) -> str:
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology")
    renderer = ET.SubElement(
        root, "renderer-v2", type=kind, symbollevels="0", enableorderby="0", forceraster="0"
    )
    if attribute:
        renderer.set("attr", attribute)
    if kind == "categorizedSymbol":
        group = ET.SubElement(renderer, "categories")
        for n, item in enumerate(classes):
            kept = {"symbol": str(n), "value": item.value, "label": item.label}
            ET.SubElement(group, "category", kept | {"render": "true", "type": "string"})
    elif kind == "graduatedSymbol":
        renderer.set("graduatedMethod", "GraduatedColor")
        group = ET.SubElement(renderer, "ranges")
        for n, item in enumerate(classes):
            edges = {"lower": f"{item.lower:.15f}", "upper": f"{item.upper:.15f}"}
            shown = {"symbol": str(n), "render": "true", "label": item.label}
            ET.SubElement(group, "range", shown | edges)
    symbols = ET.SubElement(renderer, "symbols")
    for n, item in enumerate(classes):
        symbol = ET.SubElement(
            symbols, "symbol", name=str(n), type=geometry, alpha=f"{alpha:g}", clip_to_extent="1"
        )
        options = {"color": _rgba(item.colour), "outline_color": _rgba(outline)}
        if geometry == "marker":
            options |= {"name": shape, "size": f"{size_mm:g}", "size_unit": "MM"}
        else:
            options |= {"style": "solid", "outline_style": "solid"}
        options["outline_width"] = "0.3"
        _layer(symbol, "SimpleMarker" if geometry == "marker" else "SimpleFill", options)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(
        root, encoding="unicode"
    )


def _layer(symbol: ET.Element, kind: str, options: Mapping[str, str]) -> None:
    """Write one symbol layer, its properties in the form before and after QGIS 3.22."""
    which = {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    layer = ET.SubElement(symbol, "layer", which)
    table = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(table, "Option", name=name, value=value, type="QString")
    for name, value in options.items():
        ET.SubElement(layer, "prop", k=name, v=value)


def _rgba(colour: str) -> str:
    return ",".join(str(int(colour[n : n + 2], 16)) for n in (1, 3, 5)) + ",255"
