"""Write a tiny case by hand: two districts side by side near 114 E, 22.5 N, one file per layer.

Districts west (114.00-114.10) and east (114.10-114.20), both from 22.50 to 22.60. Zones z1 in the
west with 30 kWh/day and z2 in the east with 10. Sites a (west), b (east). Fuel stations f1, f2
(west).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WEST = [[114.0, 22.5], [114.1, 22.5], [114.1, 22.6], [114.0, 22.6], [114.0, 22.5]]
EAST = [[114.1, 22.5], [114.2, 22.5], [114.2, 22.6], [114.1, 22.6], [114.1, 22.5]]

ZONES = "id,lon,lat,demand\nz1,114.05,22.55,30\nz2,114.15,22.55,10\n"
SITES = "id,name,lon,lat,area_m2\na,Mall,114.04,22.55,800\nb,,114.16,22.55,\n"
FUEL = "id,lon,lat\nf1,114.03,22.55\nf2,114.06,22.55\n"
STATIONS = "id,lon,lat,type\ns1,114.02,22.55,S\n"
SUBSTATIONS = (
    "id,lon,lat,voltage_kv,rating_mva,n1_limit,base_peak_mw\n"
    "g1,114.05,22.56,110,100,0.5,20\ng2,114.15,22.56,110,100,0.5,20\n"
)


def layer_toml(name: str, path: str, more: str = 'crs = "EPSG:4326"') -> str:
    """Return the table of one layer in case.toml."""
    about = 'source = "by hand"\nlicence = "none"\ndate = "2025-01"'
    return f'[layers.{name}]\npath = "{path}"\n{about}\n{more}\n'


def districts_geojson() -> str:
    """Return both districts."""
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "name_zh": name_zh},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for name, name_zh, ring in (("west", "西", WEST), ("east", "东", EAST))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def write_case(
    folder: Path,
    *,
    files: dict[str, str | bytes] | None = None,
    layers: dict[str, str] | None = None,
    head: str = 'title = "Two districts"\n',
) -> Path:
    """Write the case, with some files or layer tables changed, and return its folder.

    Parameters
    ----------
    folder
        Where to write.
    files
        Content by file name, in place of the usual.
    layers
        Table by layer name, in place of the usual; '' leaves the layer out.
    head
        What stands above the layers.
    """
    content: dict[str, str | bytes] = {
        "zones.csv": ZONES,
        "sites.csv": SITES,
        "fuel.csv": FUEL,
        "districts.geojson": districts_geojson(),
    }
    tables = {
        "zones": layer_toml("zones", "zones.csv"),
        "sites": layer_toml("sites", "sites.csv"),
        "fuel": layer_toml("fuel", "fuel.csv"),
        "districts": layer_toml("districts", "districts.geojson", ""),
    }
    tables |= layers or {}
    content |= files or {}
    for name, text in content.items():
        data = text.encode() if isinstance(text, str) else text
        (folder / name).write_bytes(data)
    (folder / "case.toml").write_text(head + "\n".join(tables.values()), encoding="utf-8")
    return folder
