"""Read the network that a plan's power flow was run on, and pack it for the map."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting.maps.geometry import points, steps

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
DRAWING = "network.geojson"


def read_drawing(folder: Path) -> Json | None:
    """Return the network's lines, transformers and buses in columns; None where there is none.

    A file that cannot be read, or is no such drawing, is left out: the map stands without it.

    Parameters
    ----------
    folder
        The plan's ``grid``.
    """
    try:
        told = json.loads((folder / DRAWING).read_text(encoding="utf-8"))
        features = told["features"]
        lines = [item for item in features if item["geometry"]["type"] == "LineString"]
        spots = [item for item in features if item["geometry"]["type"] == "Point"]
        trafos = [item for item in spots if item["properties"]["kind"] != "bus"]
        buses = [item for item in spots if item["properties"]["kind"] == "bus"]
        if not features:
            return None
        return {
            "lines": _elements(lines) | {"shape": steps(_shapes(lines))},
            "trafos": _elements(trafos) | {"point": points(_shapes(trafos))},
            "buses": _buses(buses) | {"point": points(_shapes(buses))},
        }
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.ShapelyError):
        return None


def _shapes(features: list[Json]) -> np.ndarray[Any, np.dtype[np.object_]]:
    shapes: np.ndarray[Any, np.dtype[np.object_]] = np.empty(len(features), dtype=np.object_)
    shapes[:] = [shapely.geometry.shape(item["geometry"]) for item in features]
    return shapes


def _name(properties: Json) -> str:
    return str(properties["name"] or f"{properties['kind']} {properties['index']}")


def _elements(features: list[Json]) -> Json:
    told = [item["properties"] for item in features]
    return {
        "name": [_name(p) for p in told],
        "loading": [[_number(v) for v in p["loading"]] for p in told],
    }


def _buses(features: list[Json]) -> Json:
    told = [item["properties"] for item in features]
    return {
        "name": [_name(p) for p in told],
        "kv": [_number(p["kv"]) for p in told],
        "low": [[_number(v) for v in p["low"]] for p in told],
        "high": [[_number(v) for v in p["high"]] for p in told],
        "band": [[_number(p["least"]), _number(p["most"])] for p in told],
    }


def _number(value: object) -> float | None:
    return None if value is None else round(float(str(value)), 4)
