"""Draw plans side by side: linked maps, what differs, and a table; one page without a network."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from siting import __version__
from siting.compare.comparison import records
from siting.compare.figures import FIGURES
from siting.maps import geometry
from siting.maps.geometry import road_tiers
from siting.maps.leaflet import LICENCE, leaflet_file
from siting.maps.page import content_policy
from siting.maps.strings import STRINGS
from siting.maps.text import escaped, json_block, lean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd

    from siting.compare.comparison import Comparison
    from siting.compare.read import Compared
    from siting.compare.stations import Changed
    from siting.data.case import Case

    Json = dict[str, Any]

SCRIPTS = ("base.js", "symbols.js", "sheet.js", "compare_maps.js", "compare.js")
_SHARED = ("switch_language", "noscript", "map", "fr_outcome_optimal", "fr_outcome_feasible")
"""Texts of the catalogue that the page takes beside its own."""


def render_compare(found: Comparison, case: Case) -> str:
    """Return the page, whole.

    Parameters
    ----------
    found
        Plans beside each other.
    case
        Their city.
    """
    scripts = [leaflet_file("leaflet.js"), _script()]
    styles = [leaflet_file("leaflet.css"), _file("palette.css"), _file("compare.css")]
    policy = content_policy(scripts, [f"\n{style}\n" for style in styles])
    title = " · ".join(f"{item.letter} {item.name}" for item in found.plans)
    view = {"audience": "planner", "languages": ["en", "zh"], "tiles": None}
    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n',
            f'<meta name="generator" content="siting {__version__}">\n',
            f"<title>{escaped(title)}</title>\n",
            *(f"<style>\n{style}\n</style>\n" for style in styles),
            '</head>\n<body>\n<header id="bar"></header>\n<main>\n<div id="tabs"></div>',
            '<div id="maps"></div><div id="legend"></div><div id="tables">',
            '<section id="figures"></section><section id="districts"></section>',
            '<section id="asked"></section></div></main>\n',
            f"<noscript><p>{escaped(' / '.join(STRINGS['noscript']))}</p></noscript>\n",
            json_block("siting-view", view),
            json_block("siting-strings", _texts()),
            json_block("siting-plan", plan_block(found)),
            json_block("siting-places", places_block(case)),
            json_block("siting-roads", road_tiers(case.roads)),
            json_block("siting-licence", LICENCE),
            *(f"<script>{script}</script>\n" for script in scripts),
            "</body>\n</html>\n",
        ]
    )


def _texts() -> dict[str, list[str]]:
    own = {key: list(text) for key, text in STRINGS.items() if key.startswith("cmp_")}
    return own | {key: list(STRINGS[key]) for key in _SHARED}


def plan_block(found: Comparison) -> Json:
    """Return what the page knows of the plans: figures, stations and their changes, substations."""
    made = found.plans[0].plan.document.provenance
    types = _types(found)
    rows = records(found.figures)
    return {
        "phases": [phase.name for phase in found.plans[0].plan.document.phases],
        "types": [{"key": key, "guns": guns, "plain": False} for key, guns in types.items()],
        "zones": None,
        "case": [made.case_title, made.case_title_zh],
        "label": [made.label, made.label_zh],
        "moved_m": found.moved_m,
        "plans": [_plan(found, item, list(types)) for item in found.plans],
        "headline": found.headline(),
        "figures": {name: [row[name] for row in rows] for name in FIGURES},
        "changed": found.changed().to_dict("list"),
        "asked": [item._asdict() for item in found.asked],
        "searched": [item._asdict() for item in found.searched],
    }


def _types(found: Comparison) -> dict[str, int]:
    """Return every supercharging type that occurs and its guns, smallest first."""
    kinds: dict[str, int] = {}
    for item in found.plans:
        for name, kind in item.scenario.stations.items():
            if kind.is_super:
                kinds.setdefault(name, kind.guns)
    return dict(sorted(kinds.items(), key=lambda pair: (pair[1], pair[0])))


def _plan(found: Comparison, item: Compared, types: list[str]) -> Json:
    document = item.plan.document
    changed = found.changes.get(item.letter)
    return {
        "letter": item.letter,
        "name": item.name,
        "title": [document.provenance.scenario_title, document.provenance.scenario_title_zh],
        "phases": [[phase.name, phase.date] for phase in document.phases],
        "stations": list(_stations(item, types)),
        "changes": changed
        and {phase: list(_changes(found, rows, types)) for phase, rows in changed.items()},
        "substations": [
            {
                "id": s.id,
                "name": s.name,
                "name_zh": s.name_zh,
                "lon": lean(s.lon, 5),
                "lat": lean(s.lat, 5),
                "loading": [lean(step.loading, 4) for step in s.steps],
            }
            for s in document.substations
        ],
    }


def _stations(item: Compared, types: list[str]) -> Iterator[Json]:
    """Yield stations that are supercharging ones in some phase, with their type in each."""
    for s in item.plan.document.stations:
        held = [types.index(x.type) if x.type in types else -1 for x in s.steps]
        if max(held) >= 0:
            yield {
                "id": s.id,
                "name": s.name,
                "name_zh": s.name_zh,
                "lon": lean(s.lon, 5),
                "lat": lean(s.lat, 5),
                "types": held,
            }


def _changes(found: Comparison, changed: Iterable[Changed], types: list[str]) -> Iterator[Json]:
    where = {s.id: (s.lon, s.lat) for s in found.plans[0].plan.document.stations}
    for item in changed:
        s = item.station
        origin = None if item.moved_from is None else where[item.moved_from]
        yield {
            "id": s.id,
            "name": s.name,
            "name_zh": s.name_zh,
            "lon": lean(s.lon, 5),
            "lat": lean(s.lat, 5),
            "change": item.change,
            "old": -1 if item.type_first is None else types.index(item.type_first),
            "type": -1 if item.type is None else types.index(item.type),
            "from": None if origin is None else [lean(value, 5) for value in origin],
            "m": None if item.moved_m is None else lean(item.moved_m, 0),
        }


def places_block(case: Case) -> Json:
    """Return the city: districts by name and shape, water and parks, and what to show first."""
    districts = case.districts
    return {
        "units": geometry.UNITS_PER_DEGREE,
        "bounds": geometry.bounds([case.zones, case.fuel, case.districts]),
        "districts": {
            "id": districts["id"].astype(str).tolist(),
            "name": districts["name"].astype(str).tolist(),
            "name_zh": districts["name_zh"].astype(str).tolist(),
            "shape": geometry.polygons(np.asarray(districts.geometry.array), tolerance_deg=5e-5),
        },
        "water": _ground(case.water),
        "parks": _ground(case.parks),
    }


def _ground(layer: gpd.GeoDataFrame | None) -> list[list[list[list[int]]]]:
    if layer is None:
        return []
    return geometry.polygons(np.asarray(layer.geometry.array), tolerance_deg=2e-5)


@cache
def _script() -> str:
    parts = "\n".join(_file(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();'


@cache
def _file(name: str) -> str:
    return (resources.files("siting.maps") / name).read_text(encoding="utf-8")
