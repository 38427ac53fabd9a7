"""Write and read the CSV tables of a plan folder.

A text cell that a spreadsheet would take for a formula (it starts with ``= + - @``, a tab or a
carriage return) is written with an apostrophe in front, and read back without it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.errors import Fault
from siting.plan import BATTERY_COLUMNS, LOAD_COLUMNS, SERVICE_COLUMNS, ZONE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.plan import Document, Plan, RatioRow

PLAN_TABLES = {
    "service.csv": SERVICE_COLUMNS,
    "zones.csv": ZONE_COLUMNS,
    "load.csv": LOAD_COLUMNS,
}
"""Tables that are read back, with their columns."""

BATTERIES_FILE = "batteries.csv"
"""Written where some station type has a battery, and read back then."""

_TEXT = {"phase", "zone", "station", "district", "substation", "type"}
_FLAGS = {"covered"}
_WHOLE = {"hour"}
_MAY_BE_EMPTY = {("zones.csv", "minutes")}

_FORMULA = re.compile(r"^('*[=+\-@\t\r])")
_ESCAPED = re.compile(r"^'('*[=+\-@\t\r])")
_UNWRITABLE = re.compile("[\ud800-\udfff\0]")
_TRUTH = {"True": True, "False": False}
_HOURS = 24
_HEADER_ROWS = 2
"""A spreadsheet counts from 1, and the header is row 1."""


def clean_text(text: str) -> str:
    """Replace what no UTF-8 file can hold (lone surrogates), and NUL, by the replacement character.

    Parameters
    ----------
    text
        Any text.
    """
    return _UNWRITABLE.sub("\ufffd", text)


def all_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return every table of a plan folder, by file name.

    Parameters
    ----------
    plan
        Answer.
    """
    tables = {
        "service.csv": plan.service[list(SERVICE_COLUMNS)],
        "zones.csv": plan.zones[list(ZONE_COLUMNS)],
        "load.csv": plan.load[list(LOAD_COLUMNS)],
        "stations.csv": _stations(plan.document),
        "districts.csv": _districts(plan.document),
        "substations.csv": _substations(plan.document),
    }
    if plan.batteries is not None:
        tables[BATTERIES_FILE] = plan.batteries[list(BATTERY_COLUMNS)]
    if plan.document.robust is not None:
        tables["futures.csv"] = _futures(plan.document)
    return tables


def _futures(document: Document) -> pd.DataFrame:
    """Return one row for each future and phase."""
    over, label = document.robust, document.provenance.label or "real data"
    rows = []
    for item in over.futures if over else ():
        own = item.model_dump(exclude={"name", "phases"})
        rows += [
            {"future": item.name} | phase.model_dump() | own | {"label": label}
            for phase in item.phases
        ]
    return pd.DataFrame(rows)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write one table as CSV; its byte order mark lets every spreadsheet read Chinese.

    Parameters
    ----------
    table
        Any table of numbers, flags and text.
    path
        File to write.
    """
    path.write_bytes(table_bytes(table))


def table_bytes(table: pd.DataFrame) -> bytes:
    """Return what `write_table` writes.

    Parameters
    ----------
    table
        Any table of numbers, flags and text.
    """
    safe = table.copy()  # cells are rewritten below
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = _map(safe[column], _guarded)
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def read_table(path: Path) -> tuple[pd.DataFrame, list[Fault]]:
    """Read one of ``PLAN_TABLES``, or the batteries, back, with everything wrong with it.

    Parameters
    ----------
    path
        File in a plan folder.
    """
    columns = PLAN_TABLES.get(path.name, BATTERY_COLUMNS)
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        mend = "Make the plan again."
        return pd.DataFrame(), [Fault(path.name, f"cannot be read: {error.strerror}", mend)]
    except ValueError as error:  # pandas' parser errors, empty files, and text that is not UTF-8
        mend = "Make the plan again."
        return pd.DataFrame(), [Fault(path.name, f"is not a CSV table: {error}", mend)]
    missing = [column for column in columns if column not in raw.columns]
    if missing:
        mend = f"Make the plan again; its columns are {', '.join(columns)}."
        return raw, [Fault(path.name, "column is missing", mend, field=name) for name in missing]
    table, faults = pd.DataFrame(index=raw.index), []
    for column in columns:
        table[column], found = _parsed(raw[column], path.name)
        faults += found
    return table, faults


def missing_hours(load: pd.DataFrame) -> list[Fault]:
    """Find substations' days that lack an hour, or have one twice.

    Parameters
    ----------
    load
        ``load.csv``, read.
    """
    faults = []
    for (phase, substation), day in load.groupby(["phase", "substation"], sort=False):
        hours = sorted(day["hour"].tolist())
        if hours != list(range(_HOURS)):
            lacks = sorted(set(range(_HOURS)) - set(hours))
            what = f"hour {lacks[0]} is missing" if lacks else f"{len(hours)} hours, not {_HOURS}"
            mend = "Make the plan again with 'siting plan'."
            where = f"{phase}, substation {substation}"
            faults.append(Fault("load.csv", f"{where}: {what}", mend, field="hour"))
    return faults


def _parsed(cells: pd.Series[str], file: str) -> tuple[pd.Series[Any], list[Fault]]:
    name = str(cells.name)
    if name in _TEXT:
        return _map(cells, unguarded), []
    if name in _FLAGS:
        values = cells.map(_TRUTH)
        bad = values.isna()
        return values.where(~bad, other=False).astype(bool), _faults(cells, bad, file)
    numbers = _numbers(cells)
    bad = ~numbers.between(-np.inf, np.inf, inclusive="neither")
    if (file, name) in _MAY_BE_EMPTY:
        bad &= cells != ""
    if name in _WHOLE:
        bad |= numbers % 1 != 0
        return numbers.where(~bad, other=0).astype(int), _faults(cells, bad, file)
    return numbers, _faults(cells, bad, file)


def _numbers(cells: pd.Series[str]) -> pd.Series[float]:
    """Return cells as numbers to the last bit, which ``to_numeric`` may miss; NaN where none."""
    try:
        return cells.where(cells != "", "nan").astype(float)
    except ValueError:
        return pd.to_numeric(cells, errors="coerce").astype(float)


def _faults(cells: pd.Series[str], bad: pd.Series[bool], file: str) -> list[Fault]:
    name = str(cells.name)
    kind = "true or false" if name in _FLAGS else "a number"
    return [
        Fault(
            file,
            f"{cells.iloc[i]!r} is not {kind}",
            "Make the plan again.",
            row=int(i) + _HEADER_ROWS,
            field=name,
        )
        for i in np.flatnonzero(bad)
    ]


def _map(cells: pd.Series[Any], function: Callable[[str], str]) -> pd.Series[Any]:
    values = [function(cell) if isinstance(cell, str) else cell for cell in cells]
    return pd.Series(values, index=cells.index, dtype=object, name=cells.name)


def _guarded(text: str) -> str:
    return _FORMULA.sub(r"'\1", clean_text(text))


def unguarded(text: str) -> str:
    """Return a cell's text without the apostrophe that kept it from being a formula.

    Parameters
    ----------
    text
        A cell as it stands in a file.
    """
    return _ESCAPED.sub(r"\1", text)


def _stations(document: Document) -> pd.DataFrame:
    """List stations, one row each; what differs by phase has one column per phase."""
    rows = []
    for station in document.stations:
        row: dict[str, Any] = station.model_dump(exclude={"steps"})
        for step in station.steps:
            row[f"type_{step.phase}"] = step.type
            row[f"served_kwh_day_{step.phase}"] = step.served_kwh_day
            row[f"peak_kw_{step.phase}"] = step.peak_kw
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else ["id", "name"])


def _districts(document: Document) -> pd.DataFrame:
    """List ratios, one row per phase and district; the city comes first."""
    rows: list[dict[str, Any]] = []
    for phase in document.phases:
        scopes: tuple[RatioRow, ...] = (phase.ratio.city, *phase.ratio.districts)
        rows += [{"phase": phase.name, **scope.model_dump()} for scope in scopes]
    return pd.DataFrame(rows)


def _substations(document: Document) -> pd.DataFrame:
    """List substations, one row per substation and phase."""
    rows = [
        {**substation.model_dump(exclude={"steps"}), **step.model_dump()}
        for substation in document.substations
        for step in substation.steps
    ]
    return pd.DataFrame(rows, columns=None if rows else ["id", "name", "phase"])
