"""Write what was found in a city as a page without script, which opens anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.maps.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from siting.data.report import CaseReport, LayerReport

_STYLE = """
body { margin: 0 auto; max-width: 900px; padding: 24px; color: #16191d; background: #fff;
  font: 14px/1.5 "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 22px; } h2 { font-size: 16px; margin: 28px 0 4px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #dfe3e8;
  vertical-align: top; }
p, ul { margin: 4px 0; overflow-wrap: anywhere; } .soft { color: #5b636e; }
.look { color: #b04a00; } .bad { color: #b00020; font-weight: 600; }
@media print { body { padding: 0; } h2 { break-after: avoid; } }
"""


def render_check(report: CaseReport) -> str:
    """Return the page, whole.

    Parameters
    ----------
    report
        What was found; every word of it is escaped.
    """
    title = escaped(report.title) + (f" ({escaped(report.label)})" if report.label else "")
    rows = [
        f"<tr><td>{escaped(layer.layer)}</td><td>{escaped(layer.counts[0])}</td>"
        f'<td class="{_tone(layer)}">{escaped(layer.verdict)}</td></tr>'
        for layer in report.layers
    ]
    rows += [
        f'<tr class="soft"><td>{escaped(name)}</td><td></td><td>not in this case</td></tr>'
        for name in report.absent
    ]
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>{title}</h1>",
        "<table><thead><tr><th>layer</th><th>holds</th><th>verdict</th></tr></thead>",
        f"<tbody>{''.join(rows)}</tbody></table>",
        _list("Notes", report.notes, ""),
        *(_layer(layer) for layer in report.layers),
        "</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _layer(layer: LayerReport) -> str:
    west, south, east, north = layer.extent
    synthetic = "; synthetic" if layer.synthetic else ""
    about = f"{layer.file}; {layer.source}; {layer.licence}; {layer.date}{synthetic}"
    place = f"longitude {west:.4f} to {east:.4f}, latitude {south:.4f} to {north:.4f}"
    odd = [f"{item.what} ({item.reason})" for item in layer.odd]
    return "\n".join(
        part
        for part in (
            f"<section>\n<h2>{escaped(layer.layer)}</h2>",
            f'<p class="{_tone(layer)}">{escaped(layer.verdict)}</p>',
            f'<p class="soft">{escaped(about)}</p>',
            _list("", [*layer.counts, place], ""),
            _list("Gaps", layer.gaps, ""),
            _list("To look at", odd, "look"),
            _list("Notes", layer.notes, "look"),
            "</section>",
        )
        if part
    )


def _list(heading: str, items: Iterable[str], tone: str) -> str:
    lines = "".join(f"<li>{escaped(item)}</li>" for item in items)
    if not lines:
        return ""
    head = f'<p class="{tone}">{escaped(heading)}</p>' if heading else ""
    return f"{head}<ul>{lines}</ul>"


def _tone(layer: LayerReport) -> str:
    if layer.verdict.startswith("doubtful"):
        return "bad"
    return "look" if layer.odd or layer.notes else ""
