"""Write a sweep's tables and sentences for its page, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.maps.chart_svg import COLOURS
from siting.maps.strings import STRINGS
from siting.maps.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Block = dict[str, Any]
Row = dict[str, Any]

_MILLION = 1e6


def said(tag: str, key: str, *, kind: str = "") -> str:
    """Return a text of the catalogue in both languages; the page's style shows one of them."""
    return twofold(tag, STRINGS[key], kind=kind)


def twofold(tag: str, texts: Sequence[str], *, kind: str = "") -> str:
    """Return a text given in English and Chinese, as elements of which the style shows one."""
    english, chinese = (escaped(text) for text in texts)
    return (
        f'<{tag} class="en {kind}">{english}</{tag}>'
        f'<{tag} class="zh {kind}" lang="zh-Hans">{chinese}</{tag}>'
    )


def legend(block: Block) -> str:
    """Return the names of the series beside their colours; nothing for a single one."""
    names = [series["name"] for series in block["series"]]
    if len(names) < 2:  # noqa: PLR2004 - one needs no legend
        return ""
    items = "".join(
        f'<li><svg viewBox="0 0 12 12" width="12" height="12"><circle class="dot" cx="6" cy="6" '
        f'r="4.5" stroke="{COLOURS[n % len(COLOURS)]}" fill="{_filled(n)}"/></svg> '
        f"{escaped(name)}</li>"
        for n, name in enumerate(names)
    )
    return f'<ul class="legend">{items}</ul>\n'


def _filled(number: int) -> str:
    """Return a series' fill: colours come again hollow."""
    return COLOURS[number] if number < len(COLOURS) else "none"


def runs_table(block: Block) -> str:
    """Return every run as a row; the charts' points name its number."""
    keys = [escaped(key) for key in block["keys"]]
    heads = [f"<th>{key}</th>" for key in keys]
    heads += [f"<th>{said('span', f'fr_col_{name}')}</th>" for name in _COLUMNS]
    body, index = [], 0
    for series in block["series"]:
        for row in series["rows"]:
            values = [number(row["values"].get(key)) for key in block["keys"]]
            cells = "".join(f"<th scope='row'>{escaped(value)}</th>" for value in values)
            cells += _why(row) if row["objective"] is None else _cells(row)
            body.append(f'<tr data-row="{index}" tabindex="0">{cells}</tr>')
            index += 1
    title = said("h2", "fr_runs")
    return (
        f'<section>{title}<div class="wide"><table><thead><tr>{"".join(heads)}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div></section>\n"
    )


_COLUMNS = (
    *("outcome", "gap", "ratio", "stations", "covered", "served", "minutes", "cost", "peak"),
    *("over", "loading", "plan"),
)


def _why(row: Row) -> str:
    """Return why there is no plan, over all columns."""
    lines = "<br>".join(escaped(line) for line in (row["conflict"] or "").splitlines())
    told = f'<span class="bad">{_outcome(row)}</span> {lines}'
    return f'<td colspan="{len(_COLUMNS)}"><span class="why">{told}</span></td>'


def _cells(row: Row) -> str:
    minutes = row["access_minutes_mean"]
    link = f'<a href="{escaped(row["folder"])}/map.html">{said("span", "fr_map")}</a>'
    cells = [
        _outcome(row),
        percent(row["gap"], 2),
        "–" if row["ratio"] is None else f"{row['ratio']:.3f}",
        f"{row['stations_open']:,}",
        percent(row["covered_share"]),
        percent(row["served_share"]),
        "–" if minutes is None else f"{minutes:.1f}",
        f"{row['capex_cny'] / _MILLION:,.1f}",
        f"{row['peak_mw']:,.1f}",
        f"{row['substations_over']:,}",
        percent(row["worst_loading"]),
        link,
    ]
    return "".join(f"<td>{cell}</td>" for cell in cells)


def _outcome(row: Row) -> str:
    key = f"fr_outcome_{row['outcome']}"
    return said("span", key) if key in STRINGS else escaped(row["outcome"])


def objective_unit(block: Block) -> tuple[str, str]:
    """Return the unit of the objective in both languages, where all runs share it."""
    rows = [row for series in block["series"] for row in series["rows"]]
    kinds = {row["objective_kind"] for row in rows} - {None}
    if len(kinds) != 1:
        return STRINGS["fr_unit_any"]
    return STRINGS[f"objective_{kinds.pop()}"]


def steps_table(block: Block) -> str:
    """Return what one step more costs, with what is proved, and whether it is significant."""
    steps = block["steps"]
    if not steps:
        return ""
    several = len(block["series"]) > 1
    heads = [*(("series",) if several else ()), "step", "costs", "between", "money", "verdict"]
    head = "".join(f"<th>{said('span', f'fr_step_{name}')}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(_step(step, several=several))}</tr>" for step in steps)
    key = "fr_marginal_ratio" if block["axis"] == "ratio" else "fr_marginal_any"
    units = objective_unit(block)
    texts = [
        text.replace("{unit}", unit).replace("{name}", str(block["axis"]))
        for text, unit in zip(STRINGS[key], units, strict=True)
    ]
    note = twofold("p", texts, kind="soft")
    return (
        f'<section>{said("h2", "fr_steps")}{note}<div class="wide"><table><thead><tr>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table></div></section>\n"
    )


def _step(step: Row, *, several: bool) -> Iterable[str]:
    if several:
        yield f"<th scope='row'>{escaped(step['series'])}</th>"
    yield f"<th scope='row'>{escaped(number(step['low']))} → {escaped(number(step['high']))}</th>"
    yield f"<td>{signed(step['objective'])}</td>"
    yield f"<td>{signed(step['at_least'])} … {signed(step['at_most'])}</td>"
    yield f"<td>{signed(step['capex_cny'] / _MILLION, 3)}</td>"
    key = "fr_significant" if step["significant"] else "fr_within"
    if step["at_least"] == step["at_most"] == 0:
        key = "fr_same"
    yield f"<td>{said('span', key)}</td>"


def tips(block: Block) -> list[Row]:
    """Return what a point says when it is touched, row by row, in both languages."""
    found = []
    for series in block["series"]:
        for row in series["rows"]:
            values = ", ".join(f"{key} {number(row['values'].get(key))}" for key in block["keys"])
            found.append({"head": values, "lines": [_tip(row, 0), _tip(row, 1)]})
    return found


def _tip(row: Row, language: int) -> list[str]:
    def text(key: str) -> str:
        return STRINGS[key][language]

    if row["objective"] is None:
        return [text(f"fr_outcome_{row['outcome']}"), *(row["conflict"] or "").splitlines()[:4]]
    parts = {
        "fr_col_stations": f"{row['stations_open']:,}",
        "fr_col_ratio": "–" if row["ratio"] is None else f"{row['ratio']:.3f}",
        "fr_col_cost": f"{row['capex_cny'] / _MILLION:,.1f}",
        "fr_col_covered": percent(row["covered_share"]),
        "fr_col_served": percent(row["served_share"]),
        "fr_col_peak": f"{row['peak_mw']:,.1f}",
        "fr_col_over": f"{row['substations_over']:,}",
        "fr_col_loading": percent(row["worst_loading"]),
        "fr_col_gap": percent(row["gap"], 2),
    }
    return [f"{text(key)} {value}" for key, value in parts.items()]


def number(value: float | str | bool | None) -> str:  # noqa: FBT001 - a varied value may be one
    """Return a varied value as people write it; millions as such."""
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    large = abs(value) >= _MILLION
    return f"{value / _MILLION:,.6g} M" if large else f"{value:.6g}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share in percent; a dash where there is none."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def signed(value: float, digits: int = 1) -> str:
    """Return a difference with its sign; a true minus, and no sign for nothing."""
    text = f"{value:+,.{digits}f}" if abs(value) < 1000 else f"{value:+,.0f}"  # noqa: PLR2004 - four figures and more are told whole
    return "0" if not text.strip("+-0.,") else text.replace("-", "−")
