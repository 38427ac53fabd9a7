"""Set what is varied in a scenario's data: by a short name, or by a dotted key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.errors import Fault, ScenarioError
from siting.scenario_io.faults import nearest
from siting.scenario_io.keys import ANY, ESTIMATORS, all_keys, find_key
from siting.scenario_io.sourcing import candidates
from siting.sweep.short import SHORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from siting.sweep.vary import Value

Path = tuple[str, ...]
Data = dict[str, Any]

_FIXED = {"name", "title", "title_zh", "case", "sources"}
_ONE_OF = {"minutes": "km", "km": "minutes"}


def set_value(data: Data, key: str, value: Value) -> None:
    """Set one thing in a scenario's data, and say there that it was varied.

    Parameters
    ----------
    data
        A scenario's, as JSON holds it; changed.
    key
        A short name or a dotted key.
    value
        New value.

    Raises
    ------
    ScenarioError
        If there is no such key, naming the nearest, or it holds no single value.
    """
    put = SHORT[key].put if key in SHORT else _dotted_put(key)
    for path in put(data, value):
        spec, label = find_key(path), candidates(path)[0]
        data["sources"].pop(label, None)
        if spec is not None and spec.numeric and path[0] != "solve":
            said = f"varied by siting sweep ({key} = {value})"
            data["sources"][label] = {"confidence": "X", "source": said}


def check_key(data: Data, key: str) -> None:
    """Refuse a key that a scenario does not have.

    Raises
    ------
    ScenarioError
        Naming the nearest right key.
    """
    if key not in SHORT:
        _places(data, key)


def _dotted_put(key: str) -> Callable[[Data, Value], list[Path]]:
    def put(data: Data, value: Value) -> list[Path]:
        places = _places(data, key)
        for path in places:
            *way, last = path
            table = data
            for name in way:
                table = _inside(table, name)
            if path[0] == "reach" and path[1] in _ONE_OF:
                _take_back(data, _ONE_OF[path[1]])
            table[last] = value
        return places

    return put


def _take_back(data: Data, key: str) -> None:
    """Take a key of the reach back, of which there can be one, and its sources."""
    data["reach"].pop(key, None)
    gone = f"reach.{key}"
    for name in [name for name in data["sources"] if name == gone or name.startswith(f"{gone}.")]:
        del data["sources"][name]


def _inside(table: Any, name: str) -> Any:  # noqa: ANN401 - a table, or a list of named ones
    if isinstance(table, list):
        return next(item for item in table if item.get("name") == name)
    if table.get(name) is None:
        table[name] = {}
    return table[name]


def _places(data: Data, key: str) -> list[Path]:
    """Return every place a dotted key stands for: of phases and types without a name, all."""
    known = dict(_dotted(data))
    if key in known:
        return known[key]
    holder, _, entry = key.rpartition(".")
    spec = find_key(known[holder][0]) if holder in known else None
    if spec is not None and spec.kind.startswith("table of") and entry:
        return [(*path, entry) for path in known[holder]]
    told = f"{key!r} is no key of a scenario"
    close = nearest(key, [*SHORT, *known]) or nearest(key.rpartition(".")[2], list(SHORT))
    hint = f"Did you mean {close!r}? " if close else ""
    mend = (
        f"{hint}Short names: {', '.join(SHORT)}; 'siting schema scenario' explains every other key."
    )
    msg = "There is nothing of that name to vary."
    raise ScenarioError(msg, [Fault(f"--vary {key}", told, mend)])


def _dotted(data: Data) -> Iterator[tuple[str, list[Path]]]:
    """Yield every dotted key with its places; one that would set a list whole is left out."""
    names = {
        ("phases",): [str(phase["name"]) for phase in data["phases"]],
        ("stations",): list(data["stations"]),
        ESTIMATORS: [str(item["name"]) for item in data["demand"].get("estimators", ())],
    }
    for spec in all_keys():
        if spec.path[0] in _FIXED or spec.kind.startswith(("list", "[")):
            continue
        if spec.path[0] in {"phases", "stations"} and spec.path[-1] in _FIXED | {"date"}:
            continue
        if ANY not in spec.path:
            yield ".".join(spec.path), [spec.path]
            continue
        at = spec.path.index(ANY)
        prefix, rest = spec.path[:at], spec.path[at + 1 :]
        paths = [(*prefix, name, *rest) for name in names.get(prefix, [])]
        for path in paths:
            yield ".".join(path), [path]
        if paths:
            yield ".".join((*prefix, *rest)), paths
