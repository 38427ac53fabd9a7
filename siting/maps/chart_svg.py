"""Draw a line chart as SVG: series of points with brackets, axes in round numbers, no script."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.maps.strings import STRINGS
from siting.maps.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH, HEIGHT = 460, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 34, 46
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a7a7a")
"""Okabe and Ito's, apart for every kind of eye; then they come again, dashed."""
_TICKS = 5
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_PAD = 0.06
_MILLION, _LARGE = 1e6, 1e7
"""Numbers from here on are written in millions, lest they be cut off."""


@dataclass(frozen=True)
class Point:
    """Hold one point, what to say of it, and between what it may lie."""

    x: float
    y: float | None
    """None: nothing came of it; shown as a cross on the axis."""
    index: int
    """Of its row; ties points of all charts and the table together."""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """Hold one series."""

    points: tuple[Point, ...]
    colour: int
    """Number of its colour."""
    dashed: bool = False
    joined: bool = True


@dataclass(frozen=True)
class Chart:
    """Hold a chart; its title is a key of the catalogue."""

    title: str
    unit: tuple[str, str]
    """Said beside the title: English, Chinese."""
    x_title: tuple[str, str]
    """English, Chinese."""
    lines: tuple[Line, ...]
    counts: bool = False
    """Whether values are counts: whole, and from 0."""
    share: bool = False
    """Whether values are shares, shown in percent."""


def twofold(texts: Sequence[str], at: str, kind: str) -> str:
    """Return a text in both languages; the page's style shows one of them."""
    english, chinese = (escaped(text) for text in texts)
    return (
        f'<text class="{kind} en" {at}>{english}</text>'
        f'<text class="{kind} zh" {at} lang="zh-Hans">{chinese}</text>'
    )


def chart_svg(chart: Chart, *, inner: str = "") -> str:
    """Return the chart as an SVG group, ``WIDTH`` by ``HEIGHT``.

    Parameters
    ----------
    chart
        What to draw.
    inner
        Attributes of the group.
    """
    points = [point for line in chart.lines for point in line.points]
    xs = [point.x for point in points] or [0.0]
    ys = [y for p in points for y in (p.y, p.low, p.high) if y is not None]
    x_ticks = ticks(min(xs), max(xs), tight=True)
    y_ticks = ticks(min(ys, default=0.0), max(ys, default=1.0))
    if chart.counts:
        y_ticks = [n for n in ticks(0.0, max(1.0, *ys, 0.0)) if n == int(n)]
    frame = _Frame(min(xs), max(xs), y_ticks[0], y_ticks[-1])
    parts = [f"<g {inner}>"]
    title = [f"{a}, {b}" for a, b in zip(STRINGS[chart.title], chart.unit, strict=True)]
    parts.append(twofold(title, f'x="{_LEFT - 52}" y="18"', "title"))
    parts += _axes(frame, x_ticks, y_ticks, share=chart.share)
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(twofold(chart.x_title, f'x="{middle:.0f}" y="{HEIGHT - 8}"', "axis"))
    parts += [part for line in chart.lines for part in _line(frame, line)]
    parts.append("</g>")
    return "".join(parts)


@dataclass(frozen=True)
class _Frame:
    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        wide = WIDTH - _LEFT - _RIGHT
        span = self.x_high - self.x_low
        inner = wide * (1 - 2 * _PAD)
        at = 0.5 if not span else (value - self.x_low) / span
        return _LEFT + wide * _PAD + at * inner

    def y(self, value: float) -> float:
        high = HEIGHT - _TOP - _BOTTOM
        span = (self.y_high - self.y_low) or 1.0
        return HEIGHT - _BOTTOM - (value - self.y_low) / span * high


def ticks(low: float, high: float, *, tight: bool = False) -> list[float]:
    """Return round numbers from below the least to above the largest value; some five of them.

    Parameters
    ----------
    low, high
        Least and largest.
    tight
        Keep within both.
    """
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        if tight:
            return [low]
        room = abs(high) * 0.05 or 1.0
        low, high = low - room, high + room
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in _STEPS if m * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9) if tight else math.floor(low / step + 1e-9)
    last = math.floor(high / step + 1e-9) if tight else math.ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def _axes(
    frame: _Frame, x_ticks: Iterable[float], y_ticks: Sequence[float], *, share: bool
) -> list[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    parts = []
    large = max(abs(value) for value in y_ticks) >= _LARGE
    factor, unit = (100, " %") if share else (1 / _MILLION, " M") if large else (1, "")
    digits = max(_digits(value * factor) for value in y_ticks)
    for value in y_ticks:
        y = frame.y(value)
        text = f"{value * factor:,.{digits}f}{unit}"
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick y" x="{_LEFT - 8}" y="{y + 4:.1f}">{text}</text>')
    parts.append(f'<line class="base" x1="{_LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
    parts += [
        f'<text class="tick x" x="{frame.x(value):.1f}" y="{bottom + 16}">{value:g}</text>'
        for value in x_ticks
    ]
    return parts


def _digits(value: float) -> int:
    """Return how many digits a round number needs behind the point."""
    return next(n for n in range(7) if n == 6 or abs(round(value, n) - value) < 1e-9)  # noqa: PLR2004 - six digits at most


def _line(frame: _Frame, line: Line) -> Iterable[str]:
    colour = COLOURS[line.colour % len(COLOURS)]
    dash = ' stroke-dasharray="5 4"' if line.dashed or line.colour >= len(COLOURS) else ""
    known = [point for point in line.points if point.y is not None]
    if line.joined and len(known) > 1:
        way = "L".join(f"{frame.x(p.x):.1f},{frame.y(p.y or 0.0):.1f}" for p in known)
        yield f'<path class="line" d="M{way}" stroke="{colour}"{dash}/>'
    for point in line.points:
        yield _point(frame, point, colour, hollow=bool(dash))


def _point(frame: _Frame, point: Point, colour: str, *, hollow: bool) -> str:
    x = frame.x(point.x)
    if point.y is None:
        foot = HEIGHT - _BOTTOM - 12
        cross = f"M{x - 5:.1f},{foot}l10,10m0,-10l-10,10"
        return f'<path class="none" data-row="{point.index}" d="{cross}"/>'
    y = frame.y(point.y)
    bracket = ""
    if point.low is not None and point.high is not None:
        top, bottom = frame.y(point.high), frame.y(point.low)
        way = (
            f"M{x:.1f},{top:.1f}V{bottom:.1f}M{x - 5:.1f},{top:.1f}h10M{x - 5:.1f},{bottom:.1f}h10"
        )
        bracket = f'<path class="bracket" d="{way}" stroke="{colour}"/>'
    fill = "var(--paper, #fff)" if hollow else colour
    return (
        f'{bracket}<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{fill}" '
        f'stroke="{colour}"/><circle class="hit" data-row="{point.index}" cx="{x:.1f}" '
        f'cy="{y:.1f}" r="13"/>'
    )
