"""Write the pieces every section of the report is made of: names, numbers, paragraphs, tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from siting.maps.strings import STRINGS
from siting.maps.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from siting.plan import RatioRow

NUMBER = "n"
"""Class of a column of numbers."""


def given(text: object) -> str:
    """Return text that came with the data, escaped and kept from turning its surroundings."""
    return f"<bdi>{escaped(text)}</bdi>"


def both_names(name: str, name_zh: str) -> str:
    """Return a name in both languages, once if they are the same or one is missing."""
    return " ".join(given(text) for text in dict.fromkeys((name, name_zh)) if text)


def both(key: str, **values: object) -> str:
    """Return a paragraph in English and one in Chinese; values must be safe HTML already."""
    english, chinese = (text.format(**values) for text in STRINGS[key])
    return f'<p>{english}</p><p lang="zh-Hans">{chinese}</p>'


def inline(key: str) -> str:
    """Return a short text in both languages on one line."""
    english, chinese = STRINGS[key]
    return f'{english} <span lang="zh-Hans">{chinese}</span>'


def layer_name(layer: str) -> str:
    """Return a layer's name in both languages; one we do not know as it is given."""
    key = f"data_{layer}"
    return inline(key) if key in STRINGS else given(layer)


def section(key: str, content: str) -> str:
    """Return a section under its heading in both languages."""
    return f"<section><h2>{inline(key)}</h2>{content}</section>\n"


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with thousands separators; a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"


def percent(value: float, digits: int = 1) -> str:
    """Write a share as a percentage."""
    return f"{100 * value:.{digits}f} %"


def million(value_cny: float | None) -> str:
    """Write CNY in millions."""
    return number(None if value_cny is None else value_cny / 1e6, 1)


def gap_text(gap: float) -> str:
    """Write a proven gap so that a small one is not mistaken for none."""
    if gap < 5e-7:  # noqa: PLR2004 - rounds to 0.0000 %
        return "0 %"
    return "&lt; 0.01 %" if gap < 1e-4 else percent(gap, 2)  # noqa: PLR2004 - what two digits show


def meets(row: RatioRow) -> bool:
    """Tell whether a ratio reaches its target; without anything to count against, it does."""
    return row.ratio is None or row.ratio >= row.target - 1e-9


def ratio_text(row: RatioRow) -> str:
    """Write a ratio; one that falls short by a hair is rounded down, never up to its target."""
    if row.ratio is None or meets(row):
        return number(row.ratio, 2)
    return number(min(row.ratio, math.ceil(row.target * 100 - 1e-9) / 100 - 0.01), 2)


def shortfall(row: RatioRow, *, form: str) -> int:
    """Return how many stations (or guns) are missing."""
    against = row.nozzles if form == "guns" else row.fuel_stations
    have = row.guns if form == "guns" else row.stations
    return max(0, math.ceil(row.target * (against or 0) - 1e-9) - have)


def table(head: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the first cell of a row is its header.

    Parameters
    ----------
    head
        Pairs of heading (safe HTML) and class, '' or ``NUMBER``.
    rows
        Cells of safe HTML.
    """
    kinds = [kind for _, kind in head]
    top = "".join(f'<th scope="col" class="{kind}">{text}</th>' for text, kind in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(
            f'<td class="{kind}">{cell}</td>' for cell, kind in zip(cells, kinds[1:], strict=True)
        )
        + "</tr>"
        for first, *cells in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def head(*keys: str) -> list[tuple[str, str]]:
    """Return a table head of catalogue keys; the first column is text, the others numbers."""
    return [(inline(key), NUMBER if place else "") for place, key in enumerate(keys)]
