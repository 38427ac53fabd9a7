"""Say where each number of a scenario comes from, and list those that nobody has measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.plan import Assumption
from siting.scenario_io.keys import LISTED, find_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.scenario import Scenario, Source

Path = tuple[str, ...]

_ASSUMED = {"M", "X"}
_SEARCH = "solve"
"""Says how long to look, not what is true: never an assumption."""
_SHOWN_IN_FULL = 8


def numbers(data: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield every number, or list of numbers, of a raw scenario with its place.

    A phase's place bears its name: ``("phases", "2025", "ratio")``; so do an estimator's and a
    station type's, and each entry of a table such as ``reach.km``.

    Parameters
    ----------
    data
        Scenario as nested dicts and lists, as read from TOML; may be faulty.
    """
    for section, value in data.items():
        if section == "phases":
            yield from _listed(("phases",), value)
        elif section == "stations" and isinstance(value, dict):
            for name, station in value.items():
                if isinstance(station, dict):
                    yield from _inside(("stations", name), station)
        elif section != "sources" and isinstance(value, dict):
            yield from _inside((section,), value)
            for place in LISTED:
                if section == place[0]:
                    yield from _listed(place, value.get(place[1]))


def _listed(place: Path, items: object) -> Iterator[tuple[Path, Any]]:
    """Yield the numbers of each table of a list; its place bears its name."""
    for index, item in enumerate(items if isinstance(items, list | tuple) else ()):
        if isinstance(item, dict):
            yield from _inside((*place, str(item.get("name", index + 1))), item)


def _inside(prefix: Path, table: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    for name, value in table.items():
        path = (*prefix, name)
        key = find_key(path)
        if key is None and isinstance(value, dict):
            yield from _inside(path, value)
        if key is None or not key.numeric or value is None:
            continue
        if isinstance(value, dict):
            yield from (((*path, str(entry)), number) for entry, number in value.items())
        else:
            yield path, value


def candidates(path: Path) -> list[str]:
    """Return the ``[sources]`` keys that may speak for a number, the most special first.

    Parameters
    ----------
    path
        Place of the number, as `numbers` yields it.
    """
    forms = [path]
    if path[0] in {"phases", "stations"}:
        forms.append((path[0], *path[2:]))
    if path[:2] in LISTED:
        forms.append((*path[:2], *path[3:]))
    key = find_key(path)
    if key is not None and len(path) > len(key.path):
        forms += [form[:-1] for form in forms]
    return [".".join(form) for form in forms]


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """Return every value that nobody has measured: confidence M or X, or no source at all.

    Values left at their neutral default (no limit, factor 1) and the search settings in
    ``[solve]`` are none.

    Parameters
    ----------
    scenario
        Question, resolved.
    """
    groups: dict[str, list[tuple[Path, Any]]] = {}
    sources: dict[str, Source | None] = {}
    for path, value in numbers(scenario.model_dump(mode="python", exclude_none=True)):
        found = next((name for name in candidates(path) if name in scenario.sources), None)
        source = None if found is None else scenario.sources[found]
        if path[0] == _SEARCH or (source and source.confidence not in _ASSUMED):
            continue
        if source is None and _is_default(path, value):
            continue
        label = found or candidates(path)[-1]
        groups.setdefault(label, []).append((path, value))
        sources[label] = source
    return tuple(_row(label, rows, sources[label]) for label, rows in groups.items())


def _is_default(path: Path, value: object) -> bool:
    key = find_key(path)
    return key is not None and not key.required and key.default == value


def _row(label: str, rows: list[tuple[Path, Any]], source: Source | None) -> Assumption:
    key = find_key(rows[0][0])
    return Assumption(
        key=label,
        value=_shown(label, rows),
        unit=key.unit if key else "-",
        confidence=source.confidence if source else "X",
        source=source.source if source else "no source given",
    )


def _shown(label: str, rows: list[tuple[Path, Any]]) -> str:
    """Write the values; where they differ by phase, type or district, each with its name."""
    texts = [_text(value) for _, value in rows]
    plain = ".".join(rows[0][0]) == label
    if plain or (len(set(texts)) == 1 and len(rows) > 1):
        return texts[0]
    words = set(label.split("."))
    names = [" ".join(part for part in path if part not in words) for path, _ in rows]
    return "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list | tuple):
        if len(value) > _SHOWN_IN_FULL:
            return f"{len(value)} values from {min(value):g} to {max(value):g}"
        return "[" + ", ".join(_text(item) for item in value) + "]"
    return str(value)
