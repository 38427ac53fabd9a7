"""Keep a sweep's rows in one Parquet file that is whole at any time.

Every finished run writes the file anew beside the old one, has the disk hold it, and takes the old
one's place in one step: a sweep killed at any moment leaves the rows before or those after. Pages
and rows carry checksums, so a damaged file is told as one; it is never written over.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from siting.errors import Fault, SweepError
from siting.sweep.rows import COLUMNS, VARIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    Row = dict[str, Any]

FILE = "sweep.parquet"
FORMAT = "siting-sweep/1"
_MARK = b"siting-sweep"
_TYPES = {str: pa.string(), float: pa.float64(), int: pa.int64(), bool: pa.bool_()}
_MEND = (
    "It was left as it is. Move it away, or give another folder with --out; the plans in 'runs' "
    "are taken up again, not solved anew."
)


@dataclass
class Store:
    """Hold a sweep's rows by run id, and the file they stand in."""

    path: Path
    meta: dict[str, Any] = field(default_factory=dict)
    """What was asked: the base scenario, what is varied, the cities."""
    rows: dict[str, Row] = field(default_factory=dict)

    def put(self, row: Row) -> None:
        """Keep a row, and have the disk hold it; a run that has one already keeps one."""
        self.rows[row["id"]] = dict.fromkeys(COLUMNS) | row
        self.write()

    def write(self) -> None:
        """Write the file whole.

        Raises
        ------
        SweepError
            If the disk refuses; what was there is untouched.
        """
        part = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.part")
        try:
            pq.write_table(_table(self.rows.values(), self.meta), part, write_page_checksum=True)
            _sync(part)
            part.replace(self.path)
        except OSError as error:
            msg = "The sweep's file could not be written; what was there before is untouched."
            mend = "Check the disk's space and rights, and run the same command again."
            fault = Fault(str(self.path), error.strerror or str(error), mend)
            raise SweepError(msg, [fault]) from error
        finally:
            part.unlink(missing_ok=True)


def read_store(path: Path) -> Store:
    """Read a sweep's file; one that is not there has no rows.

    Raises
    ------
    SweepError
        If it is damaged, or no sweep's. It is left as it is.
    """
    if not path.exists():
        return Store(path)
    msg = "The sweep's file cannot be read."
    try:
        table = pq.read_table(path, page_checksum_verification=True, memory_map=False)
        meta = (table.schema.metadata or {}).get(_MARK)
        told = None if meta is None else json.loads(meta)
        rows = table.to_pylist()
        whole = told is None or told["digest"] == _digest(rows)
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        what = f"is damaged: {' '.join(str(error).split())[:160]}"
        raise SweepError(msg, [Fault(str(path), what, _MEND)]) from error
    if told is None:
        raise SweepError(msg, [Fault(str(path), "is no sweep's", _MEND)])
    if told.get("format") != FORMAT:
        what = f"is of format {told.get('format')!r}, not {FORMAT!r}"
        raise SweepError(msg, [Fault(str(path), what, _MEND)])
    if not whole:
        what = "is damaged: its rows are not those that were written"
        raise SweepError(msg, [Fault(str(path), what, _MEND)])
    return Store(path, told, {row["id"]: row for row in rows})


def _digest(rows: list[Row]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _table(rows: Iterable[Row], meta: Mapping[str, Any]) -> pa.Table:
    rows = list(rows)
    varied = dict.fromkeys(name for row in rows for name in row if name.startswith(VARIED))
    fields = [(name, _TYPES[kind]) for name, kind in COLUMNS.items()]
    fields += [(name, _varied_type(row.get(name) for row in rows)) for name in varied]
    arrays = []
    for name, kind in fields:
        values = [row.get(name) for row in rows]
        if kind == pa.string():
            values = [None if value is None else str(value) for value in values]
        arrays.append(pa.array(values, kind))
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    told = {**meta, "format": FORMAT, "digest": _digest(table.to_pylist())}
    return table.replace_schema_metadata({_MARK: json.dumps(told).encode()})


def _varied_type(values: Iterable[Any]) -> pa.DataType:
    known = [value for value in values if value is not None]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return pa.float64()
    return pa.string()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
