"""List every scenario key once: place, unit, type, default, reason; read off the model."""

from __future__ import annotations

import datetime as dt
import types
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from siting.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo

ANY = "*"
"""Stands in a path for any phase, fixed site, estimator, group or future, or station type."""
ESTIMATORS = ("demand", "estimators")
"""Where the estimators of demand stand: a list of tables, each with a name."""
LISTED = (ESTIMATORS, ("equity", "groups"), ("robust", "futures"))
"""Lists of tables inside a section; each table has a name."""

_NAMES = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    dt.date: "date",
}


class SchemaRow(NamedTuple):
    """Describe one scenario key, as ``siting schema scenario`` prints it."""

    key: str
    unit: str
    type: str
    default: str
    reason: str


@dataclass(frozen=True)
class Key:
    """Describe one scenario key."""

    path: tuple[str, ...]
    """Names from the top; ``ANY`` stands for any phase, fixed site, estimator or station type."""
    unit: str
    kind: str
    """Type and range in plain words."""
    required: bool
    default: Any
    reason: str
    numeric: bool
    """Holds a number, or several."""


@cache
def all_keys() -> tuple[Key, ...]:
    """Return every key of a scenario, in the model's order; ``sources`` apart."""
    return tuple(_walk(Scenario, ()))


def scenario_schema_rows() -> list[SchemaRow]:
    """Return one row per scenario key: dotted key, unit, type, default, reason.

    ``phases[]`` stands for each ``[[phases]]`` table, so do ``demand.estimators[]`` and its like;
    ``stations.NAME`` stands for each station type.
    """
    rows = []
    for key in all_keys():
        dotted = ".".join(key.path)
        for name in ("phases", "fixed", *(name for _, name in LISTED)):
            dotted = dotted.replace(f"{name}.{ANY}", f"{name}[]")
        dotted = dotted.replace(ANY, "NAME")
        default = "required" if key.required else _default_text(key.default)
        rows.append(SchemaRow(dotted, key.unit, key.kind, default, key.reason))
    return rows


def names_at(path: Sequence[str | int]) -> list[str]:
    """Return the key names that may stand inside a place; empty if any name may, or none.

    Parameters
    ----------
    path
        A place as written in a file, such as ``("phases", 0)`` or ``("reach",)``.
    """
    prefix = template(path)
    depth = len(prefix)
    inside = [key.path[depth] for key in all_keys() if _inside(key.path, prefix)]
    return [name for name in dict.fromkeys(inside) if name != ANY]


def find_key(path: Sequence[str | int]) -> Key | None:
    """Return the key at a place, or the mapping key that holds it; None if there is none."""
    wanted = template(path)
    for key in all_keys():
        if key.path == wanted[: len(key.path)]:
            return key
    return None


def template(path: Sequence[str | int]) -> tuple[str, ...]:
    """Return a place with phases, fixed sites, estimators and station names as ``ANY``."""
    parts = [str(part) for part in path]
    if len(parts) > 1 and parts[0] in {"phases", "stations", "fixed"}:
        parts[1] = ANY
    if len(parts) > len(ESTIMATORS) and tuple(parts[:2]) in LISTED:
        parts[2] = ANY
    return tuple(parts)


def _inside(path: tuple[str, ...], prefix: tuple[str, ...]) -> bool:
    return len(path) > len(prefix) and path[: len(prefix)] == prefix


def _walk(model: type[BaseModel], prefix: tuple[str, ...]) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        path = (*prefix, name)
        if path == ("sources",):
            continue
        section, many = _section(field.annotation)
        if section is not None:
            yield from _walk(section, (*path, ANY) if many else path)
        else:
            yield _leaf(path, field)


def _leaf(path: tuple[str, ...], field: FieldInfo) -> Key:
    extra = field.json_schema_extra
    unit = str(extra["unit"]) if isinstance(extra, dict) else "-"
    required = field.is_required()
    return Key(
        path=path,
        unit=unit,
        kind=_kind(field.annotation, field.metadata),
        required=required,
        default=None if required else field.get_default(call_default_factory=False),
        reason=field.description or "",
        numeric=_is_numeric(field.annotation),
    )


def _section(annotation: Any) -> tuple[type[BaseModel] | None, bool]:  # noqa: ANN401 - any type
    """Return the model a field holds, and whether it holds several."""
    plain = _plain(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return plain, False
    if get_origin(plain) in {tuple, dict}:
        for argument in get_args(plain):
            inner = _plain(argument)
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                return inner, True
    return None, False


def _plain(annotation: Any) -> Any:  # noqa: ANN401 - any type
    """Strip ``Annotated`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return _plain(rest[0])
    return annotation


def _is_numeric(annotation: Any) -> bool:  # noqa: ANN401 - any type
    plain = _plain(annotation)
    if plain in {int, float}:
        return True
    return any(_is_numeric(part) for part in get_args(plain) if part is not Ellipsis)


def _metadata(annotation: Any) -> list[Any]:  # noqa: ANN401 - any type
    """Gather the limits written anywhere inside ``Annotated``."""
    if get_origin(annotation) is Annotated:
        inner, *found = get_args(annotation)
        return [*_metadata(inner), *found]
    if get_origin(annotation) in {Union, types.UnionType}:
        return [item for part in get_args(annotation) for item in _metadata(part)]
    return []


def _kind(annotation: Any, metadata: Sequence[Any]) -> str:  # noqa: ANN401 - any type
    plain = _plain(annotation)
    origin, arguments = get_origin(plain), get_args(plain)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in arguments)
    if origin is dict:
        return f"table of name = {_kind(arguments[1], ())}"
    if origin is tuple:
        if Ellipsis not in arguments:
            return "[" + ", ".join(_kind(part, ()) for part in arguments) + "]"
        length = _length([*metadata, *_metadata(annotation)])
        return f"list of {length}{_kind(arguments[0], ())}"
    return _NAMES[plain] + _range([*metadata, *_metadata(annotation)])


def _flat(metadata: Sequence[Any]) -> Iterator[Any]:
    for item in metadata:
        inner = item.metadata if hasattr(item, "metadata") else None
        if inner:
            yield from _flat(inner)
        else:
            yield item


def _length(metadata: Sequence[Any]) -> str:
    for item in _flat(metadata):
        if isinstance(item, annotated_types.MinLen) and item.min_length > 1:
            return f"{item.min_length} x "
    return ""


def _range(metadata: Sequence[Any]) -> str:
    words = []
    for item in _flat(metadata):
        if isinstance(item, annotated_types.Gt):
            words.append(f"> {item.gt}")
        elif isinstance(item, annotated_types.Ge):
            words.append(f">= {item.ge}")
        elif isinstance(item, annotated_types.Le):
            words.append(f"<= {item.le}")
    return (" " + ", ".join(dict.fromkeys(words))) if words else ""


def _default_text(default: Any) -> str:  # noqa: ANN401 - any default
    if default is None or default is PydanticUndefined:
        return "none"
    if isinstance(default, dict | tuple):
        return "none"
    return str(default)
