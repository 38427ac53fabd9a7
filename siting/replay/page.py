"""Write a replay as one HTML page: its networks on a map, and a chart for each measure.

In English and Chinese; nothing is fetched, and text from data becomes text nodes only.
"""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import shapely

from siting import __version__
from siting.maps.page import content_policy
from siting.maps.text import escaped, json_block
from siting.replay.measures import ALIKE

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.replay.result import Replay, Step

Json = dict[str, Any]
_PARTS = 400
"""Points of the outlines are thinned to about the extent over so many."""
_DISTRICT = ("stations", "covered_share", "drive_mean_min")


def render_replay(replay: Replay, case: Case) -> str:
    """Return the page.

    Parameters
    ----------
    replay
        What was found.
    case
        Its city, for the outlines of the districts.
    """
    script, style = _own("page.js"), _own("page.css")
    texts = tomllib.loads(_own("strings.toml"))
    policy = content_policy([script], [style])
    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n',
            f'<meta name="generator" content="siting {__version__}">\n',
            f"<title>{escaped(replay.title)}</title>\n<style>{style}</style>\n</head>\n",
            _BODY,
            json_block("siting-strings", texts),
            json_block("siting-replay", _block(replay, case)),
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


_BODY = """<body><main>
<header><div><p class="badge" id="label" hidden></p><h1 id="title"></h1></div>
<button type="button" id="switch"></button></header>
<div id="steps"></div>
<div class="split"><section class="card"><canvas id="map" role="img" aria-labelledby="title">
</canvas><div id="keys"></div><p id="hint"></p></section>
<section class="card"><h2 id="h-bias"></h2><ul id="bias"></ul>
<h2 id="h-notes"></h2><ul id="notes"></ul></section></div>
<section class="card block"><h2 id="h-measures"></h2><div id="measures"></div></section>
<section class="card block"><h2 id="h-districts"></h2><div id="districts"></div></section>
</main>
"""


def _own(name: str) -> str:
    return (resources.files("siting.replay") / name).read_text(encoding="utf-8")


def _block(replay: Replay, case: Case) -> Json:
    areas = case.districts.geometry
    bounds = [round(float(value), 5) for value in areas.total_bounds]
    keys = [network.key for network in replay.steps[-1].networks]
    return {
        "title": replay.title,
        "title_zh": replay.title_zh,
        "label": replay.label,
        "label_zh": replay.label_zh,
        "bounds": bounds,
        "outlines": _outlines(case, max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / _PARTS),
        "networks": keys,
        "notes": list(replay.notes),
        "bias": list(replay.bias),
        "bias_zh": list(replay.bias_zh),
        "steps": [_step(replay, step, case) for step in replay.steps],
    }


def _outlines(case: Case, tolerance: float) -> list[list[list[float]]]:
    rings = []
    for shape in case.districts.geometry.simplify(tolerance):
        for part in shapely.get_parts(shape):
            ring = shapely.get_coordinates(shapely.get_exterior_ring(part))
            rings.append([[round(float(x), 4), round(float(y), 4)] for x, y in ring])
    return rings


def _step(replay: Replay, step: Step, case: Case) -> Json:
    table = replay.table()
    rows = table[table["step"] == step.name]
    keys = [network.key for network in step.networks]
    names = dict(zip(case.districts["id"], zip(*_names(case), strict=True), strict=True))
    found = {item.key: item.measured.districts.set_index("district") for item in step.networks}
    return {
        "name": step.name,
        "count": step.count,
        "points": {item.key: item.points.round(5).tolist() for item in step.networks},
        "measures": [
            {
                "measure": row["measure"],
                "unit": row["unit"],
                "values": {key: _plain(row[key]) for key in keys},
                "best": [key for key in str(row["best"]).split(" and ") if key],
                "alike": row["measure"] in ALIKE,
            }
            for row in rows.to_dict("records")
        ],
        "districts": [
            {
                "name": name,
                "name_zh": name_zh,
                **{
                    key: {part: _plain(part_of.loc[ident, part]) for part in _DISTRICT}
                    for key, part_of in found.items()
                },
            }
            for ident, (name, name_zh) in names.items()
        ],
    }


def _names(case: Case) -> tuple[list[str], list[str]]:
    return case.districts["name"].tolist(), case.districts["name_zh"].tolist()


def _plain(value: Any) -> float | None:  # noqa: ANN401 - a cell of a table
    number = float(value)
    return round(number, 6) if math.isfinite(number) else None
