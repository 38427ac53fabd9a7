"""Write what the report rests on: assumptions, data, licences, and how to make it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.maps.report_text import (
    NUMBER,
    both,
    given,
    inline,
    layer_name,
    number,
    table,
)
from siting.maps.text import escaped

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.plan import Document

LONGEST = 36
"""Characters of a value on the printed pages; the annex has it whole."""


def assumed(document: Document) -> str:
    """Name every assumption with its value, in brief."""
    if not document.assumptions:
        return both("no_assumptions")
    items = "".join(
        f"<li>{given(row.key)} <b>{given(_clipped(row.value))}</b>"
        f"{'' if row.unit == '-' else ' ' + given(_clipped(row.unit))} "
        f"<small>{given(row.confidence)}</small></li>"
        for row in document.assumptions
    )
    return both("r_assumed_text", n=len(document.assumptions)) + f'<ul class="brief">{items}</ul>'


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"


def assumptions(document: Document) -> str:
    """List every value that nobody has measured."""
    if not document.assumptions:
        return both("no_assumptions")
    rows = [
        [
            given(row.key),
            given(row.value) if row.unit == "-" else f"{given(row.value)} {given(row.unit)}",
            f"{inline('assumption')} {given(row.confidence)}",
            given(row.source),
        ]
        for row in document.assumptions
    ]
    columns = (("r_key", ""), ("r_value", ""), ("r_confidence", "c"), ("r_source", ""))
    return both("r_assumptions") + table([(inline(key), kind) for key, kind in columns], rows)


def sources(document: Document, case: Case) -> str:
    """List the layers with source, licence and date, and whether they are synthetic."""
    layers = document.provenance.layers
    made = sum(layer.synthetic for layer in layers)
    honest = both("synthetic_yes", n=made, all=len(layers)) if made else both("synthetic_no")
    rows = [
        [
            layer_name(layer.layer),
            inline("synthetic") if layer.synthetic else "",
            f"{given(layer.source)} <small>{given(layer.file)}</small>",
            given(layer.licence),
            given(layer.date),
            number(layer.rows),
        ]
        for layer in layers
    ]
    columns = (
        ("r_layer", ""),
        ("synthetic", ""),
        ("r_source", ""),
        ("r_licence", ""),
        ("r_date", ""),
        ("r_rows", NUMBER),
    )
    hashes = [
        [layer_name(layer.layer), given(layer.file), f"<code>{escaped(layer.sha256)}</code>"]
        for layer in layers
    ]
    files = [(inline(key), "") for key in ("r_layer", "r_file", "r_sha256")]
    notes = "".join(f"<li>{given(note)}</li>" for note in case.notes)
    return (
        honest
        + f"<p>{inline('travel')} {given(document.provenance.travel)}</p>"
        + table([(inline(key), kind) for key, kind in columns], rows)
        + (f"<ul>{notes}</ul>" if notes else "")
        + table(files, hashes)
    )


def again(document: Document) -> str:
    """Say how anyone can make the same plan, and check it."""
    provenance = document.provenance
    versions = ", ".join(
        f"{given(name)} {given(value)}" for name, value in provenance.versions.items()
    )
    return (
        both("r_again_text")
        + f"<pre>siting plan scenario.toml --seed {provenance.seed} --out again\n"
        + "siting verify again</pre>"
        + f'<p class="fine">{given(provenance.case)} · {versions} · {given(provenance.created)}</p>'
    )
