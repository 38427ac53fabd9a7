"""Draw a sweep's frontier: one page that needs no network, and the same charts as one SVG."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from siting import __version__
from siting.maps.chart_svg import COLOURS, HEIGHT, WIDTH, Chart, Line, Point, chart_svg
from siting.maps.frontier_tables import (
    legend,
    objective_unit,
    runs_table,
    said,
    steps_table,
    tips,
    twofold,
)
from siting.maps.page import content_policy
from siting.maps.strings import STRINGS
from siting.maps.text import escaped, json_block

if TYPE_CHECKING:
    from collections.abc import Iterator

Block = dict[str, Any]

_MILLION = 1e6
_GAP = 18
_COLUMNS = 2


def render_frontier(block: Block) -> str:
    """Return the page, whole.

    Parameters
    ----------
    block
        Title, axis, series of rows, and steps, as the sweep gives them.
    """
    style, script = (
        _file("palette.css") + _file("frontier.css"),
        f'(() => {{\n"use strict";\n{_file("frontier.js")}\n}})();',
    )
    policy = content_policy([script], [f"\n{style}\n"])
    drawn = "".join(
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escaped(STRINGS[chart.title][0])}">{chart_svg(chart)}</svg></figure>'
        for chart in charts(block)
    )
    title, named = escaped(block["title"]), escaped(STRINGS["fr_charts"][0])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="generator" content="siting {__version__}">\n'
        f"<title>{title}</title>\n<style>\n{style}\n</style>\n</head>\n<body>\n"
        f"{_head(block)}<main>\n{legend(block)}"
        f'<section class="charts" aria-label="{named}">{drawn}</section>\n'
        f"{said('p', 'fr_read', kind='soft')}"
        f"{steps_table(block)}{runs_table(block)}</main>\n"
        '<div id="tip" role="status"></div>\n'
        f"{json_block('siting-tips', tips(block))}"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def frontier_svg(block: Block) -> str:
    """Return the charts as one SVG file, in English, on white.

    Parameters
    ----------
    block
        As :func:`render_frontier` takes it.
    """
    drawn = charts(block)
    rows = -(-len(drawn) // _COLUMNS)
    wide, high = _COLUMNS * (WIDTH + _GAP) + _GAP, rows * (HEIGHT + _GAP) + 40 + _GAP
    parts = []
    for n, chart in enumerate(drawn):
        x, y = _GAP + n % _COLUMNS * (WIDTH + _GAP), 40 + n // _COLUMNS * (HEIGHT + _GAP)
        parts.append(chart_svg(chart, inner=f'transform="translate({x} {y})"'))
    label, cities = block["labels"][0], block["cities"][0]
    title = f"{block['title']} · {cities}{f' ({label})' if label not in cities else ''}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}" font-family="sans-serif">\n'
        f"<style>{_file('frontier_svg.css')}</style>\n"
        f'<rect width="{wide}" height="{high}" fill="#fff"/>'
        f'<text x="{_GAP}" y="26" class="title">{escaped(title)}</text>'
        f"{''.join(parts)}{_key(block, wide)}</svg>\n"
    )


def _key(block: Block, wide: float) -> str:
    """Name the series of the SVG, where there are several."""
    series = block["series"]
    if len(series) < 2:  # noqa: PLR2004 - one needs no key
        return ""
    parts, x = [], wide - _GAP
    for n in reversed(range(min(len(series), len(COLOURS)))):
        name = escaped(series[n]["name"])
        x -= 8 * len(name) + 26
        parts.append(
            f'<circle cx="{x}" cy="22" r="5" fill="{COLOURS[n]}"/>'
            f'<text x="{x + 9}" y="26" class="axis start">{name}</text>'
        )
    return "".join(parts)


def _head(block: Block) -> str:
    badge = twofold("span", block["labels"], kind="badge") if block["labels"][0] else ""
    titles = [block["title"], block["title_zh"] or block["title"]]
    cities = twofold("span", block["cities"])
    return (
        f"<header><div><h1>{twofold('span', titles)}</h1>"
        f'<p class="soft">{said("span", "fr_title")} · {cities} {badge}</p>'
        f'</div><button type="button" id="language">{said("span", "switch_language")}</button>'
        "</header>\n"
    )


def charts(block: Block) -> list[Chart]:
    """Return the charts: cost, coverage, grid, objective with its bracket, and the marginal cost.

    Parameters
    ----------
    block
        As :func:`render_frontier` takes it.
    """
    axis = block["axis"]
    named = "fr_axis_none" if axis is None else f"fr_axis_{axis}"
    english, chinese = STRINGS.get(named) or STRINGS["fr_axis_any"]
    x_title = (english.replace("{name}", str(axis)), chinese.replace("{name}", str(axis)))

    def chart(name: str, *lines: Line, **more: bool) -> Chart:
        unit = STRINGS.get(f"fr_{name}_unit") or objective_unit(block)
        return Chart(f"fr_{name}", unit, x_title, lines, **more)

    drawn = [
        chart("cost", *_lines(block, "capex_cny", per=_MILLION)),
        chart(
            "coverage",
            *_lines(block, "covered_share"),
            *_lines(block, "served_share", dashed=True),
            share=True,
        ),
        chart("overload", *_lines(block, "substations_over"), counts=True),
        chart("loading", *_lines(block, "worst_loading"), share=True),
        chart("objective", *_lines(block, "objective", to="bound")),
    ]
    marginal = tuple(_marginals(block))
    return [*drawn, chart("marginal", *marginal)] if marginal else drawn


def _lines(
    block: Block, name: str, *, per: float = 1.0, dashed: bool = False, to: str | None = None
) -> Iterator[Line]:
    index = 0
    for number, series in enumerate(block["series"]):
        points = []
        for row in series["rows"]:
            x = index if block["axis"] is None else float(row["values"][block["axis"]])
            value = row[name]
            y = None if value is None else value / per
            ends = None if to is None or value is None else sorted((value, row[to]))
            low, high = ends or (None, None)
            points.append(Point(x, y, index, low, high))
            index += 1
        yield Line(tuple(points), number, dashed=dashed, joined=block["joined"])


def _marginals(block: Block) -> Iterator[Line]:
    """Yield what a point more costs, in the middle of each step, with its bracket."""
    for number, series in enumerate(block["series"]):
        rows = [row["values"].get(block["axis"]) for row in series["rows"]]
        first = sum(len(other["rows"]) for other in block["series"][:number])
        points = [
            Point(
                (step["low"] + step["high"]) / 2,
                step["objective"],
                first + rows.index(step["high"]),
                step["at_least"],
                step["at_most"],
            )
            for step in block["steps"]
            if step["series"] == series["name"]
        ]
        if points:
            yield Line(tuple(points), number, joined=False)


@cache
def _file(name: str) -> str:
    return (resources.files("siting.maps") / name).read_text(encoding="utf-8")
