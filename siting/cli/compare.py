"""Set plans of one city side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.options import AsJson, MovedCase, Quiet  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, print_table, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.compare.comparison import Comparison

_SHOWN = 20
_MILLION = 1e6
_ROWS = {
    "phase": "last phase",
    "ratio": "ratio",
    "target": "target",
    "stations": "supercharging stations",
    "covered_share": "demand covered",
    "served_share": "demand served",
    "access_minutes": "minutes, mean",
    "capex_cny": "spent, million CNY",
    "peak_mw": "charging peak, MW",
    "substations_over": "substations over their limit",
    "carbon_t": "carbon avoided, t",
    "kept": "stations kept",
    "resized": "resized",
    "moved": "moved",
    "new": "new",
    "dropped": "dropped",
    "gap": "proven gap",
}
_ALONE = {"phase", "gap", "kept", "resized", "moved", "new", "dropped"}
"""Rows without a difference."""


def compare(
    plans: Annotated[
        list[Path], typer.Argument(metavar="PLAN PLAN...", help="Folders that 'plan' wrote.")
    ],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default: maps/compare-A-B.")
    ] = None,
    moved_m: Annotated[
        float, typer.Option(min=0, help="Metres within which dropped and new are one that moved.")
    ] = 500.0,
    case: MovedCase = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare plans of one city with the first: figures, stations, substations, questions.

    Writes compare.html, with the plans in linked maps, and tables.
    """
    from siting.studies import run_compare  # noqa: PLC0415 - heavy

    names = "-".join(dict.fromkeys(Path(plan).resolve().name for plan in plans))
    folder = Path("maps") / f"compare-{names}"[:100] if out is None else out
    with progress(quiet=quiet) as report:
        found, paths = run_compare(
            plans, out=folder, moved_m=moved_m, case_name=case, progress=report
        )
    if as_json:
        print_json(_document(found, paths))
    elif not quiet:
        _print(found, paths)


def _document(found: Comparison, paths: list[Path]) -> dict[str, Any]:
    from siting.compare.comparison import records  # noqa: PLC0415 - heavy

    return {
        "ok": True,
        "label": found.label,
        "moved_m": found.moved_m,
        "plans": found.headline(),
        "figures": records(found.figures),
        "changes": records(found.changed()),
        "asked": [item._asdict() for item in found.asked],
        "searched": [item._asdict() for item in found.searched],
        "files": [str(path) for path in paths],
    }


def _print(found: Comparison, paths: list[Path]) -> None:
    if found.label:
        answer(f"The city is {found.label}: no survey of the real one.")
    rows = found.headline()
    header = ["", *(f"{row['plan']}: {row['name']}" for row in rows)]
    print_table(header, [[title, *_cells(key, rows)] for key, title in _ROWS.items()])
    answer("")
    answer(
        f"Moved: dropped and new within {found.moved_m:g} m. Differences are to the first plan, "
        "each in its last phase."
    )
    answer("")
    letters = [row["plan"] for row in rows]
    by_district = [["district", *_DISTRICT], *_district_rows(found, letters)]
    print_table(by_district[0], by_district[1:], title="By district, in each plan's last phase")
    answer("")
    _differences("The questions differ", found.asked, letters)
    _differences("The searches differ", found.searched, letters)
    for path in paths:
        answer(f"  {path}")


_DISTRICT = (
    *("plan", "stations", "ratio", "covered", "served", "minutes", "million CNY", "peak MW"),
    "against the first",
)
_CHANGES = ("resized", "moved", "new", "dropped")


def _district_rows(found: Comparison, letters: list[str]) -> Iterator[list[str]]:
    """Yield a row for each district and plan, and what became of its stations."""
    figures, changed = found.figures, found.changed()
    changed = changed[changed["phase"] == "last"].set_index(["plan", "district"])
    figures = figures[figures["district"] != "city"]
    last = figures.groupby(["plan", "district"], sort=False).last()
    for district in dict.fromkeys(figures["district"]):
        for letter in letters:
            row = last.loc[(letter, district)]
            keys = ("stations", "ratio", "covered_share", "served_share", "access_minutes")
            cells = [_text(key, _plain(row[key])) for key in (*keys, "capex_cny", "peak_mw")]
            name = row["district_name"] if letter == letters[0] else ""
            counts = ""
            if (letter, district) in changed.index:
                told = changed.loc[(letter, district)]
                counts = ", ".join(f"{c} {told[c]}" for c in _CHANGES if told[c])
            yield [name, letter, *cells, counts]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell
    """Return a cell as Python's own number; None where there is none."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is what differs from itself
        return None
    return value.item() if hasattr(value, "item") else value


def _differences(what: str, items: Any, letters: list[str]) -> None:  # noqa: ANN401 - Differences
    if not items:
        answer(f"{what} in nothing.")
        answer("")
        return
    shown = [[item.key, *item.each] for item in items[:_SHOWN]]
    counted = "1 key" if len(items) == 1 else f"{len(items)} keys"
    print_table(["key", *letters], shown, title=f"{what} in {counted}")
    if len(items) > _SHOWN:
        answer(f"... and {len(items) - _SHOWN} more in asked.csv")
    answer("")


def _cells(key: str, rows: list[dict[str, Any]]) -> list[str]:
    first = rows[0][key]
    cells = []
    for n, row in enumerate(rows):
        value = row[key]
        text = _text(key, value)
        plain = n == 0 or key in _ALONE or value is None or first is None
        if not plain and text != _text(key, first):
            text += f"  ({_text(key, value - first, sign='+')})"
        cells.append(text)
    return cells


_LOOKS = {
    **dict.fromkeys(("covered_share", "served_share"), ".1%"),
    **dict.fromkeys(("ratio", "target"), ",.3f"),
    "gap": ".2%",
}


def _text(key: str, value: Any, *, sign: str = "") -> str:  # noqa: ANN401 - a cell
    if value is None or isinstance(value, str):
        return value or "-"
    if key == "capex_cny":
        value = value / _MILLION
    look = _LOOKS.get(key, "," if isinstance(value, int) else ",.1f")
    return format(value, f"{sign}{look}")
