"""Put the map together: folium's shell, Leaflet, our script and style, and the data."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from siting import __version__
from siting.maps.accounts import accounts_for
from siting.maps.audience import FOR_PLANNERS
from siting.maps.geometry import road_tiers
from siting.maps.leaflet import LICENCE, leaflet_file
from siting.maps.payload import plan_block
from siting.maps.places import places_block
from siting.maps.simulation import simulation_for
from siting.maps.text import escaped, json_block
from siting.maps.what_if import what_if_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from siting.data.case import Case
    from siting.maps.accounts import Accounts
    from siting.maps.audience import MapView
    from siting.maps.payload import Json
    from siting.maps.what_if import WhatIf
    from siting.plan import Plan

SCRIPTS = (
    "base.js",
    "symbols.js",
    "sheet.js",
    "areas.js",
    "filter.js",
    "layers.js",
    "network.js",
    "catchment.js",
    "chart.js",
    "simulation.js",
    "popups.js",
    "tables.js",
    "about.js",
    "panel.js",
    "overview.js",
    "futures.js",
    "accounts.js",
    "what_if_flow.js",
    "what_if_state.js",
    "what_if_kpis.js",
    "what_if_link.js",
    "what_if_files.js",
    "what_if_shown.js",
    "what_if_rules.js",
    "what_if.js",
    "legend.js",
    "search.js",
    "tools.js",
    "app.js",
)
"""Our script, in the order its parts are joined."""
MONEY_SCRIPT = "money.js"
"""What only those who may see costs get; before the parts that ask it."""
TILES_SCRIPT = "tiles.js"
MAP_NAME = "siting_map"


def render_map(
    plan: Plan,
    case: Case,
    view: MapView = FOR_PLANNERS,
    accounts: Accounts | None = None,
    *,
    what_if: WhatIf | None = None,
) -> str:
    """Draw the interactive map as one HTML file that needs no network.

    Parameters
    ----------
    plan
        The answer.
    case
        The city it is for.
    view
        For whom, in which language, and over which tiles; default: all, both, none.
    accounts
        What was asked of the plan afterwards, as `read_accounts` gives it.
    what_if
        The question, for readers to try other stations in the page; default: they cannot.

    Raises
    ------
    PlanError
        If plan and case do not belong together.
    """
    container, start = _shell()
    texts = view.texts()
    scripts = [leaflet_file("leaflet.js"), start, _own_script(_parts(view))]
    styles = [leaflet_file("leaflet.css"), _own_file("palette.css"), _own_file("app.css")]
    return "".join(
        [
            _head(_title(plan, view), scripts, styles, view),
            *(f"<style>\n{style}\n</style>\n" for style in styles),
            _body(container, texts["skip"]),
            f"<noscript><p>{escaped(' / '.join(texts['noscript']))}</p></noscript>\n",
            json_block("siting-view", view.block()),
            json_block("siting-strings", texts),
            json_block("siting-plan", _plan(plan, case, view, accounts or {})),
            json_block("siting-what-if", what_if_block(what_if, plan, case, view.sight)),
            json_block("siting-places", places_block(case, plan, view.sight)),
            json_block("siting-roads", road_tiers(case.roads)),
            json_block("siting-licence", LICENCE),
            *(f"<script>{script}</script>\n" for script in scripts),
            "</body>\n</html>\n",
        ]
    )


def _plan(plan: Plan, case: Case, view: MapView, accounts: Accounts) -> Json:
    shown: Json = {"accounts": accounts_for(accounts, view.sight)}
    found = simulation_for(accounts.get("simulation"), plan.document, view.sight)
    if found is not None:
        shown["simulation"] = found
    return plan_block(plan, case, view.sight) | shown


def _title(plan: Plan, view: MapView) -> str:
    p = plan.document.provenance
    english, chinese = (p.scenario_title, p.case_title), (p.scenario_title_zh, p.case_title_zh)
    names = (
        english
        if view.language != "zh"
        else [b or a for a, b in zip(english, chinese, strict=True)]
    )
    return " · ".join(filter(None, names))


def _parts(view: MapView) -> tuple[str, ...]:
    """Return the parts of the script that a view needs: those of money and tiles only if asked."""
    first, *rest = SCRIPTS
    money = (MONEY_SCRIPT,) if view.sight.money else ()
    tiles = (TILES_SCRIPT,) if view.tiles is not None else ()
    return (first, *money, *rest[:-1], *tiles, rest[-1])


def content_policy(
    scripts: Iterable[str], styles: Iterable[str], *, images: Iterable[str] = ()
) -> str:
    """Return a Content-Security-Policy that lets run these scripts and styles, and fetch nothing.

    Parameters
    ----------
    scripts, styles
        The whole text between the tags of each inline element.
    images
        Scheme and host of each source of tiles: all a page may ever fetch.
    """
    allowed = " ".join(map(_source_hash, scripts)) or "'none'"
    styled = " ".join(map(_source_hash, styles)) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {styled}; "
        f"img-src {' '.join(['data:', *images])}; "
        "base-uri 'none'; form-action 'none'"
    )


def _head(title: str, scripts: Iterable[str], styles: Iterable[str], view: MapView) -> str:
    origins = () if view.tiles is None else view.tiles.origins
    policy = content_policy(scripts, [f"\n{style}\n" for style in styles], images=origins)
    language = "zh-Hans" if view.language == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="generator" content="siting {__version__}">\n'
        f"<title>{escaped(title)}</title>\n"
    )


def _body(container: str, skip: Sequence[str]) -> str:
    return (
        "</head>\n<body>\n"
        f'<a id="skip" href="#view-stations">{escaped(" / ".join(skip))}</a>\n'
        '<div id="app">\n<header id="bar"></header>\n'
        f'<main id="stage">{container}<div id="search"></div>'
        '<div id="tools"></div><section id="legend"></section>'
        '<div id="measured" role="status"></div></main>\n'
        '<aside id="panel" data-open="no"><button type="button" id="handle"></button>'
        '<div id="phase"></div><section id="what-if" hidden></section>'
        '<div id="tabs" role="tablist"></div><div id="views"></div></aside>\n'
        "</div>\n"
    )


def _source_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _shell() -> tuple[str, str]:
    """Return folium's map container and the script that starts the map: constants, no data."""
    import folium  # noqa: PLC0415 - half a second, and only maps need it
    from branca.element import Figure  # noqa: PLC0415 - comes with folium

    shell = folium.Map(
        location=[0.0, 0.0],
        zoom_start=10,
        tiles=None,
        control_scale=True,
        zoom_control="topleft",
        prefer_canvas=True,
        maxZoom=18,
        minZoom=3,
        zoomSnap=0.25,
    )
    shell.default_js, shell.default_css = [], []
    figure = Figure()
    figure.add_child(shell)
    figure.render()
    name = shell.get_name()
    container: str = figure.html.render().strip().replace(name, MAP_NAME)
    start: str = figure.script.render().strip().replace(name, MAP_NAME)
    return container, start


@cache
def _own_script(names: tuple[str, ...]) -> str:
    parts = "\n".join(_own_file(name) for name in names)
    return f'(() => {{\n"use strict";\n{parts}\n}})();'


@cache
def _own_file(name: str) -> str:
    return (resources.files("siting.maps") / name).read_text(encoding="utf-8")
