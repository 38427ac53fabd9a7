"""Read a pandapower network out of its JSON as plain tables, without running what it names.

pandapower's own ``from_json`` imports whatever module a file names and builds objects of classes
found there (``pandapower.io_utils``: ``importlib.import_module``), and opens files that a table
names: enough to run code when a file comes from a stranger. Here JSON stays data: tables of numbers
and texts are taken, nothing is imported, and what cannot be a plain table is refused by name, or
left out and said so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - dataclass field
from typing import Any

import pandas as pd

from siting.errors import Fault, InputError

TABLES = (
    *("bus", "load", "sgen", "motor", "asymmetric_load", "asymmetric_sgen", "storage", "gen"),
    *("switch", "shunt", "ext_grid", "line", "trafo", "trafo3w", "impedance", "ward", "xward"),
    *("dcline", "trafo_characteristic_table", "shunt_characteristic_table"),
)
"""What a power flow is made of."""
IDLE = frozenset({"controller", "group", "measurement", "pwl_cost", "poly_cost", "characteristic"})
"""What a plain power flow does not run; left out, and said so."""
_GONE = ("res_", "_", "bus_geodata", "line_geodata", "q_capability", "id_q_capability")
LARGEST_BYTES = 500_000_000
_MEND = "Write it with pandapower.to_json(net, path)."
_SCALARS = (str, int, float, bool, type(None))


@dataclass(frozen=True, eq=False)
class NetworkFile:
    """Hold the tables of a network file."""

    path: Path
    name: str
    tables: dict[str, pd.DataFrame]
    """By pandapower's name; index as in the file."""
    f_hz: float
    sn_mva: float
    version: tuple[str, str]
    """Of pandapower, and of its format."""
    notes: tuple[str, ...]
    """What was left out."""


def read_network(path: Path) -> NetworkFile:
    """Read a network.

    Parameters
    ----------
    path
        JSON, as pandapower writes it.

    Raises
    ------
    InputError
        If it cannot be read, is no network, or holds what this check does not know.
    """
    parts = _parts(path)
    faults: list[Fault] = []
    notes: list[str] = []
    tables: dict[str, pd.DataFrame] = {}
    for name, raw in parts.items():
        if not _is_table(raw) or (name.startswith(_GONE) and name != "bus_geodata"):
            continue
        table = _table(path, name, raw, faults, notes)
        if table is None or table.empty:
            continue
        if name in TABLES or name == "bus_geodata":
            tables[name] = table
        elif name in IDLE:
            notes.append(f"{len(table)} rows of {name} are left out: a plain power flow runs none")
        else:
            what = f"it holds {len(table)} rows of {name}, which this check does not know"
            faults.append(Fault(str(path), what, f"Take them out, or name them. {_MEND}"))
    if "bus" not in tables and not faults:
        faults.append(Fault(str(path), "it has no buses", _MEND))
    if faults:
        msg = "This network cannot be used."
        raise InputError(msg, faults)
    base = {name: _number(parts.get(name), default) for name, default in _BASE.items()}
    return NetworkFile(
        path,
        str(parts.get("name") or path.stem),
        _placed(tables),
        base["f_hz"],
        base["sn_mva"],
        (str(parts.get("version", "")), str(parts.get("format_version", ""))),
        tuple(notes),
    )


_BASE = {"f_hz": 50.0, "sn_mva": 1.0}


def _number(value: object, default: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9  # noqa: PLR2004 - any sane base
    return float(value) if good and isinstance(value, int | float) else default


def _parts(path: Path) -> dict[str, Any]:
    """Return what the network holds, by name."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _wrong(path, f"it is larger than {LARGEST_BYTES / 1e6:.0f} MB", "Cut it down.")
        whole = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _wrong(path, error.strerror or str(error), "Give a file that exists.") from error
    except (ValueError, RecursionError) as error:
        told = str(error).splitlines()[0]
        raise _wrong(path, f"it is not JSON: {told}", _MEND) from error
    if not isinstance(whole, dict) or whole.get("_class") != "pandapowerNet":
        raise _wrong(path, "it is JSON, but no network of pandapower's", _MEND)
    inner = whole.get("_object")
    if isinstance(inner, str):
        inner = _loaded(inner)
    if not isinstance(inner, dict):
        raise _wrong(path, "its network is empty", _MEND)
    return inner


def _wrong(path: Path, what: str, mend: str) -> InputError:
    return InputError("This network cannot be read.", [Fault(str(path), what, mend)])


def _loaded(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_table(raw: object) -> bool:
    return isinstance(raw, dict) and raw.get("_class") in {"DataFrame", "GeoDataFrame"}


def _table(
    path: Path, name: str, raw: dict[str, Any], faults: list[Fault], notes: list[str]
) -> pd.DataFrame | None:
    """Return a table of plain values; None, and a fault, where it is none."""
    inner = raw.get("_object")
    split = _loaded(inner) if isinstance(inner, str) else inner
    if not isinstance(split, dict) or not {"columns", "index", "data"} <= split.keys():
        faults.append(Fault(f"{path}, {name}", "it is not a table of pandapower's", _MEND))
        return None
    columns, index, data = split["columns"], split["index"], split["data"]
    if not _fits(columns, index, data):
        what = "its rows, columns and index do not fit together, or its index is not whole numbers"
        faults.append(Fault(f"{path}, {name}", what, _MEND))
        return None
    table = pd.DataFrame(data, index=index, columns=columns, dtype=object)
    if "geo" in table:
        told = [_text_of(value) for value in table["geo"]]
        table["geo"] = pd.Series(told, index=table.index, dtype=object)
    nested = [c for c in table if not all(isinstance(v, _SCALARS) for v in table[c])]
    if nested and name in TABLES:
        notes.append(f"columns {', '.join(map(str, nested))} of {name} are left out: no values")
    return table.drop(columns=nested)


def _fits(columns: object, index: object, data: object) -> bool:
    if not (isinstance(columns, list) and isinstance(index, list) and isinstance(data, list)):
        return False
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in index)
    named = all(isinstance(value, str) for value in columns)
    rows = all(isinstance(row, list) and len(row) == len(columns) for row in data)
    unique = len({*map(str, index)}) == len(index) == len(data)
    return unique and (not index or (whole and named and rows))


def _text_of(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict) else value


def _placed(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Move the coordinates of older files into the table of buses."""
    old = tables.pop("bus_geodata", None)
    bus = tables["bus"]
    if old is None or "geo" in bus or not {"x", "y"} <= set(old.columns):
        return tables
    points = {
        label: json.dumps({"type": "Point", "coordinates": [x, y]})
        for label, x, y in zip(old.index, old["x"], old["y"], strict=True)
    }
    tables["bus"] = bus.assign(
        geo=pd.Series([points.get(label) for label in bus.index], index=bus.index, dtype=object)
    )
    return tables
