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
    notes = "".join(f"<li>{given(note)}</li>" for note in case.notes)
    return (
        honest
        + f"<p>{inline('travel')} {given(document.provenance.travel)}</p>"
        + table([(inline(key), kind) for key, kind in columns], rows)
        + (f"<ul>{notes}</ul>" if notes else "")
    )


def again(document: Document) -> str:
    """Say how anyone can make the same plan, and check it."""
    provenance = document.provenance
    versions = ", ".join(
        f"{given(name)} {given(value)}" for name, value in provenance.versions.items()
    )
    hashes = [
        [layer_name(layer.layer), given(layer.file), f"<code>{escaped(layer.sha256)}</code>"]
        for layer in provenance.layers
    ]
    columns = ("r_layer", "r_file", "r_sha256")
    return (
        both("r_again_text")
        + f"<pre>siting plan scenario.toml --seed {provenance.seed} --out again\n"
        + "siting verify again</pre>"
        + f'<p class="fine">{given(provenance.case)} · {versions} · {given(provenance.created)}</p>'
        + table([(inline(key), "") for key in columns], hashes)
    )
