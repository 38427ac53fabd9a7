"""Find what differs between two questions, key by key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from siting.scenario import Scenario

_NAMED_LISTS = {
    "phases": ("name",),
    "estimators": ("name",),
    "futures": ("name",),
    "groups": ("name",),
    "fixed": ("site", "phase"),
}
"""Lists that are told item by item, and what tells the items of each apart."""
_ABSENT = "not given"
_LONGEST = 60
_SHOWN = 6


class Difference(NamedTuple):
    """Hold one key that differs, and what each has there, in words."""

    key: str
    each: tuple[str, ...]


def scenario_data(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain data."""
    data: dict[str, Any] = json.loads(scenario.model_dump_json(exclude_none=True))
    return data


def differences(
    questions: Sequence[Mapping[str, Any]], *, without: Sequence[str] = ()
) -> list[Difference]:
    """Return every key in which questions differ, in the order of the first.

    Parameters
    ----------
    questions
        Scenarios as plain data.
    without
        Sections that do not count.
    """
    flat = [dict(_leaves(data, ())) for data in questions]
    keys = dict.fromkeys(key for leaves in flat for key in leaves)
    found = []
    for key in keys:
        if key[0] in without:
            continue
        values = [leaves.get(key, None) for leaves in flat]
        if any(value != values[0] for value in values[1:]):
            found.append(Difference(".".join(key), tuple(_words(value) for value in values)))
    return found


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - JSON
    if isinstance(value, dict) and value:
        for name, inside in value.items():
            yield from _leaves(inside, (*path, name))
    elif isinstance(value, list) and path and path[-1] in _NAMED_LISTS:
        for number, item in enumerate(value):
            keys = _NAMED_LISTS[path[-1]]
            names = [str(item[key]) for key in keys if key in item]
            yield from _leaves(item, (*path, " ".join(names) or str(number + 1)))
    else:
        yield path, value


def _words(value: Any) -> str:  # noqa: ANN401 - JSON
    if value is None:
        return _ABSENT
    if isinstance(value, list) and len(value) > _SHOWN:
        text = f"{len(value)} values: {', '.join(_words(item) for item in value[:_SHOWN])}, ..."
    elif isinstance(value, float):
        text = f"{value:.10g}"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
