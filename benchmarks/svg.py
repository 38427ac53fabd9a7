"""Draw lines on two logarithmic axes as a small SVG file."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 70, 150, 40, 50
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Told apart by those who are colour-blind (M. Okabe & K. Ito, 2008)."""


def chart(title: str, lines: Mapping[str, Sequence[tuple[float, float]]], *, x: str, y: str) -> str:
    """Return an SVG of steps: each value holds until the next.

    Parameters
    ----------
    title
        Above it.
    lines
        Name -> points, x rising, all above 0.
    x, y
        What the axes show.
    """
    points = [point for line in lines.values() for point in line]
    low_x, high_x = _decades([a for a, _ in points])
    low_y, high_y = _decades([b for _, b in points])

    def at(a: float, b: float) -> tuple[float, float]:
        across = (math.log10(a) - low_x) / (high_x - low_x)
        up = (math.log10(b) - low_y) / (high_y - low_y)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (
            HEIGHT - TOP - BOTTOM
        )

    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="14">{escape(title)}</text>',
    ]
    for n in range(low_x, high_x + 1):
        a, bottom = at(10**n, 10**low_y)
        parts.append(f'<path d="M{a:.1f} {TOP}V{bottom:.1f}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{a:.1f}" y="{bottom + 18:.1f}" text-anchor="middle">{10**n:g}</text>'
        )
    for n in range(low_y, high_y + 1):
        left, b = at(10**low_x, 10**n)
        parts.append(f'<path d="M{left:.1f} {b:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8:.1f}" y="{b + 4:.1f}" text-anchor="end">{10**n:g}</text>')
    for n, (name, line) in enumerate(lines.items()):
        parts += _line(name, [at(a, b) for a, b in line], COLOURS[n % len(COLOURS)], n)
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x)}</text>')
    parts.append(
        f'<text x="16" y="{HEIGHT / 2}" text-anchor="middle" '
        f'transform="rotate(-90 16 {HEIGHT / 2})">{escape(y)}</text></svg>'
    )
    return "\n".join(parts) + "\n"


def _line(name: str, spots: list[tuple[float, float]], colour: str, number: int) -> list[str]:
    steps = "".join(f"H{a:.1f}V{b:.1f}" for a, b in spots[1:])
    parts = []
    if spots:
        a, b = spots[0]
        parts.append(
            f'<path d="M{a:.1f} {b:.1f}{steps}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="{colour}"/>' for a, b in spots]
    label = name if spots else f"{name}: no plan"
    y = TOP + 14 + 20 * number
    parts.append(f'<text x="{WIDTH - RIGHT + 12}" y="{y}" fill="{colour}">{escape(label)}</text>')
    return parts


def _decades(values: list[float]) -> tuple[int, int]:
    low = math.floor(math.log10(min(values))) if values else 0
    high = math.ceil(math.log10(max(values))) if values else 1
    return low, max(high, low + 1)
