"""Tell what a check found: on the terminal, as JSON, as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.cli.show import answer, print_table
from siting.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.report import CaseReport, LayerReport


def check_document(found: CaseReport | list[str]) -> dict[str, Any]:
    """Return what ``siting check --json`` prints.

    Parameters
    ----------
    found
        What was found in a city, or notes on a scenario.
    """
    if isinstance(found, list):
        return {"ok": True, "notes": found}
    return {"ok": True} | found.document()


def print_check(name: str, found: CaseReport | list[str]) -> None:
    """Print what was found, layer by layer, and a table of verdicts last.

    Parameters
    ----------
    name
        As the user called it.
    found
        What was found in a city, or notes on a scenario.
    """
    if isinstance(found, list):
        for note in found:
            answer(note)
        answer(f"{name}: no faults.")
        return
    answer(f"{found.title}{f' ({found.label})' if found.label else ''}")
    for note in found.notes:
        answer(note)
    for layer in found.layers:
        _print_layer(layer)
    answer("")
    rows = [[layer.layer, layer.counts[0], layer.verdict] for layer in found.layers]
    rows += [[absent, "-", "not in this case"] for absent in found.absent]
    print_table(["layer", "rows", "verdict"], rows)
    answer(f"{name}: no faults.")


def write_page(path: Path, found: CaseReport | list[str]) -> None:
    """Write what was found in a city as one HTML file.

    Parameters
    ----------
    path
        File to write.
    found
        What was found in a city.

    Raises
    ------
    InputError
        If it is a scenario that was checked, or the file cannot be written.
    """
    from siting.maps.check import render_check  # noqa: PLC0415 - only for pages

    if isinstance(found, list):
        msg = "Only what is found in a city is written as HTML; this is a scenario."
        raise InputError(msg)
    try:
        path.write_text(render_check(found), encoding="utf-8")
    except OSError as error:
        msg = "The page could not be written."
        what = error.strerror or str(error)
        raise InputError(msg, [Fault(str(path), what, "Give another file.")]) from error


def _print_layer(layer: LayerReport) -> None:
    answer("")
    synthetic = "; synthetic" if layer.synthetic else ""
    answer(f"{layer.layer}: {layer.file}; {layer.source}; {layer.licence}; {layer.date}{synthetic}")
    for count in layer.counts:
        answer(f"  {count}")
    west, south, east, north = layer.extent
    answer(f"  from {west:.4f}, {south:.4f} to {east:.4f}, {north:.4f}")
    for gap in layer.gaps:
        answer(f"  gap: {gap}")
    for odd in layer.odd:
        answer(f"  look: {odd.what} ({odd.reason})")
    for note in layer.notes:
        answer(f"  note: {note}")
