"""Write a scenario as TOML that loads back to the same scenario."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

from siting.scenario_io.keys import LISTED, find_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from siting.scenario import Scenario

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = (
    "# Resolved scenario: every value that made this plan, with its source. It loads as it is.\n"
)


def resolve_toml(scenario: Scenario) -> str:
    """Return the whole scenario as TOML; `load_scenario` reads it back to an equal one.

    Parameters
    ----------
    scenario
        Question, resolved.
    """
    data = _given(scenario.model_dump(mode="python", exclude_none=True))
    return _HEADER + "\n".join(_tables(data, ())) + "\n"


def _given(data: dict[str, Any]) -> dict[str, Any]:
    """Leave empty tables out of phases and listed tables, an empty list of these, and no fixes."""
    listed = {
        section: _with_list(data[section], name) for section, name in LISTED if section in data
    }
    data = {k: v for k, v in data.items() if v or k not in {"fixed", "only_fixed"}}
    return {**data, **listed, "phases": _filled(data["phases"])}


def _with_list(section: Mapping[str, Any], name: str) -> dict[str, Any]:
    rest = {k: v for k, v in section.items() if k != name}
    return {**rest, name: _filled(section[name])} if section[name] else rest


def _filled(tables: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in table.items() if v != {}} for table in tables]


def _tables(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Write plain values first, then the tables inside, as TOML asks."""
    tables = {name: value for name, value in data.items() if _is_table(path, value)}
    if path and (len(tables) < len(data) or not data):
        yield f"\n[{_dotted(path)}]"
    for name, value in data.items():
        if name not in tables:
            yield f"{_key(name)} = {_value(value)}{_comment((*path, name))}"
    for name, value in tables.items():
        if isinstance(value, tuple | list):
            yield from _array_of_tables(value, (*path, name))
        else:
            yield from _tables(value, (*path, name))


def _array_of_tables(items: tuple[Any, ...] | list[Any], path: tuple[str, ...]) -> Iterator[str]:
    for item in items:
        yield f"\n[[{_dotted(path)}]]"
        for name, value in item.items():
            yield f"{_key(name)} = {_value(value)}{_comment((*path, 'any', name))}"


def _is_table(path: tuple[str, ...], value: object) -> bool:
    if path == ("sources",):
        return False
    if isinstance(value, dict):
        return True
    return isinstance(value, tuple | list) and bool(value) and isinstance(value[0], dict)


def _comment(path: tuple[str, ...]) -> str:
    key = find_key(path)
    return "" if key is None or key.unit == "-" else f"  # {key.unit}"


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(_key(part) for part in path)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return _text(str(value))


def _text(text: str) -> str:
    """Write a basic string: JSON's escapes are TOML's, but for DEL and lone surrogates."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")
