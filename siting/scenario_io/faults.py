"""Turn what pydantic says about a scenario into plain words: file, key, value, mend."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from siting.errors import Fault
from siting.scenario_io.keys import all_keys, find_key, names_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]

_SOURCE_KEYS = ["confidence", "source"]
_SHOWN_CHARACTERS = 60
_MORE = "'siting schema scenario' explains every key"

_WORDS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotation marks",
    "string_type": 'must be text in "quotation marks"',
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false",
    "literal_error": "must be one of {expected}",
    "tuple_type": "must be a list, in [square brackets]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "date_type": "must be a date such as 2025-12-31",
    "date_parsing": "must be a date such as 2025-12-31",
    "date_from_datetime_parsing": "must be a date such as 2025-12-31",
    "date_from_datetime_inexact": "must be a date without a time",
}


def faults_of(
    error: ValidationError, data: Mapping[str, Any], where: Callable[[Place], str]
) -> list[Fault]:
    """Return every pydantic error as a fault.

    Parameters
    ----------
    error
        As pydantic raised it.
    data
        Raw scenario the error is about.
    where
        Tells which file wrote the value at a place.
    """
    return [_fault(item, data, where) for item in details_of(error)]


def details_of(error: ValidationError) -> list[ErrorDetails]:
    """Return what pydantic found, lists that are short only for their faulty values left out.

    Parameters
    ----------
    error
        Of a scenario or of settings.
    """
    details = error.errors(include_url=False)
    places = [tuple(item["loc"]) for item in details]
    return [
        item
        for item, place in zip(details, places, strict=True)
        if not (item["type"] == "too_short" and _any_inside(places, place))
    ]


def _bound(kind: str, context: Mapping[str, Any]) -> str:
    """Say how many values a list may hold."""
    if kind == "too_short":
        return f"needs {context['min_length']} or more"
    return f"may hold {context['max_length']} at most"


def _any_inside(places: Sequence[Place], outer: Place) -> bool:
    """Tell whether a list is found short only because what it holds is faulty."""
    return any(len(place) > len(outer) and place[: len(outer)] == outer for place in places)


def _fault(error: ErrorDetails, data: Mapping[str, Any], where: Callable[[Place], str]) -> Fault:
    place = tuple(error["loc"])
    field = _dotted(place, data)
    file = where(place)
    kind = error["type"]
    if kind == "extra_forbidden":
        return Fault(file, "unknown key", _did_you_mean(place), field=field)
    if kind == "missing":
        return Fault(file, "is missing", _add(place), field=field)
    if kind == "value_error":
        return Fault(file, told(error), f"Change it; {_MORE}.", field=field or None)
    verb = "Correct the list" if kind in {"too_short", "too_long"} else "Correct it"
    return Fault(file, told(error), _meaning(place, verb), field=field)


def told(error: ErrorDetails) -> str:
    """Return in plain words what is wrong with a value.

    Parameters
    ----------
    error
        As pydantic tells it.
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind in {"too_short", "too_long"}:
        return f"holds {context['actual_length']} values; {_bound(kind, context)}"
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    limits = {name: _plain(value) for name, value in context.items()}
    words = _WORDS.get(kind, error["msg"]).format(**limits)
    return f"{_shown(error['input'])} {words}"


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name closest to one that is not known; None if none is close.

    Parameters
    ----------
    name
        As the user wrote it.
    known
        Names that would do.
    """
    lowered = {item.lower(): item for item in known}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    return lowered[found[0]] if found else None


def _did_you_mean(place: Place) -> str:
    name = str(place[-1])
    here = _SOURCE_KEYS if place[0] == "sources" else names_at(place[:-1])
    elsewhere = [".".join(key.path) for key in all_keys() if key.path[-1] == name]
    if elsewhere and name not in here:
        return f"Did you mean {' or '.join(elsewhere).replace('.*', '')}? It stands elsewhere."
    close = nearest(name, here)
    if close:
        return f"Did you mean {close!r}?"
    return f"Known here: {', '.join(here)}." if here else f"Remove it; {_MORE}."


def _add(place: Place) -> str:
    key = find_key(place)
    if key is not None:
        return f"Add it: {key.reason} ({key.kind}, unit {key.unit})."
    if place[0] == "sources":
        return 'Write { confidence = "B", source = "who published it" }.'
    inside = names_at(place)
    return f"Add the table, with {', '.join(inside)}." if inside else f"Add it; {_MORE}."


def _meaning(place: Place, verb: str) -> str:
    key = find_key(place)
    if key is None:
        return f"{verb}; {_MORE}."
    return f"{verb}: {key.reason} ({key.kind}, unit {key.unit})."


def _dotted(place: Place, data: Mapping[str, Any]) -> str:
    """Write a place with dots; a phase by its name."""
    parts = [str(part) for part in place]
    if len(place) > 1 and place[0] == "fixed":
        return ".".join([f"fixed[{place[1]}]", *(str(part) for part in place[2:])])
    if len(place) > 1 and place[0] == "phases" and isinstance(place[1], int):
        phase = data["phases"][place[1]]
        name = phase.get("name") if isinstance(phase, dict) else None
        parts[1] = str(name or place[1] + 1)
    return ".".join(parts)


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    if isinstance(value, bool):
        text = text.lower()
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
