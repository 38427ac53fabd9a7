"""Read settings files: TOML tables of sourced numbers, in a folder of ``models`` of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from siting.content import content_folder
from siting.errors import Fault, ScenarioError
from siting.plan import Assumption
from siting.scenario.settings import Settings
from siting.scenario_io.faults import details_of, nearest, told
from siting.scenario_io.files import read, show

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

S = TypeVar("S", bound=Settings)

_ASSUMED = {"M", "X"}
_SHOWN_IN_FULL = 8


def shipped_settings(folder: str) -> list[Path]:
    """Return the files siting ships in one folder of ``models``, by name.

    Parameters
    ----------
    folder
        Such as ``grid`` or ``carbon``.
    """
    return sorted((content_folder("models") / folder).glob("*.toml"))


def load_settings(model: type[S], name_or_path: str, *, folder: str) -> S:
    """Load a settings file: a path, a name in ``./models/FOLDER``, or a shipped name.

    It may say ``extends = "NAME"`` and then holds only what differs.

    Parameters
    ----------
    model
        What it has to be.
    name_or_path
        As the user wrote it.
    folder
        Of ``models``.

    Raises
    ------
    ScenarioError
        If it cannot be found or read, or says something wrong; lists every fault.
    """
    path = _find(name_or_path, folder)
    data = _laid(path, folder, seen=())
    data.setdefault("name", path.stem)
    try:
        return model.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        faults = [_fault(show(path), item, model) for item in details_of(error)]
        msg = f"{show(path)} has {len(faults)} fault{'s' if len(faults) > 1 else ''}:"
        raise ScenarioError(msg, faults) from error


def settings_assumptions(settings: Settings) -> tuple[Assumption, ...]:
    """Return every number of a settings file that nobody has measured.

    Parameters
    ----------
    settings
        As loaded.
    """
    rows = []
    for place, value, unit in settings.numbers():
        source = settings.source_of(place)
        if source is None or source.confidence in _ASSUMED:
            confidence, why = ("X", "no source given")
            if source is not None:
                confidence, why = source.confidence, source.source
            rows.append(
                Assumption(
                    key=place, value=_text(value), unit=unit, confidence=confidence, source=why
                )
            )
    return tuple(rows)


def _find(name_or_path: str, folder: str) -> Path:
    path = Path(name_or_path)
    named = path.suffix != ".toml" and len(path.parts) == 1
    if not named and path.is_file():
        return path
    homes = (Path("models") / folder, content_folder("models") / folder)
    if named:
        for home in homes:
            if (home / f"{name_or_path}.toml").is_file():
                return home / f"{name_or_path}.toml"
    known = sorted({file.stem for home in homes for file in home.glob("*.toml")})
    close = nearest(path.stem, known)
    hint = f"Did you mean {close!r}? " if close else ""
    msg = f"This file of models/{folder} cannot be found."
    mend = f"{hint}Known: {', '.join(known)}; a file of your own is given by its path."
    raise ScenarioError(msg, [Fault(name_or_path, "no such file", mend)])


def _laid(path: Path, folder: str, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path.resolve() in seen:
        msg = "This file extends itself."
        raise ScenarioError(msg, [Fault(show(path), "extends itself", "Take 'extends' out.")])
    own = read(path)
    extends = own.pop("extends", None)
    if extends is None:
        return own
    beside = path.parent / f"{extends}.toml"
    above = beside if beside.is_file() and beside.resolve() != path.resolve() else None
    base = _laid(above or _find(str(extends), folder), folder, (*seen, path.resolve()))
    base.pop("name", None)
    return _merged(base, own)


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in own.items():
        old = merged.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[name] = _merged(old, value)
        else:
            merged[name] = value
    return merged


def _fault(file: str, error: ErrorDetails, model: type[Settings]) -> Fault:
    place = tuple(str(part) for part in error["loc"])
    field = ".".join(place) or None
    if error["type"] == "extra_forbidden":
        known = _names(model, place[:-1])
        close = nearest(place[-1], known)
        mend = f"Did you mean {close!r}?" if close else f"Known here: {', '.join(known)}."
        return Fault(file, "unknown key", mend, field=field)
    if error["type"] == "missing":
        return Fault(file, "is missing", "Add it.", field=field)
    return Fault(file, told(error), "Correct it.", field=field)


def _names(model: type[Settings], place: tuple[str, ...]) -> list[str]:
    """Return the keys that may stand at a place of the model."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in place:
        node = _resolved(node, schema)
        inner = node.get("properties", {}).get(part)
        node = inner if inner is not None else node.get("additionalProperties") or {}
        if not isinstance(node, dict):
            return []
    return list(_resolved(node, schema).get("properties", {}))


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for option in [node, *node.get("anyOf", [])]:
        if "$ref" in option:
            found: dict[str, Any] = schema["$defs"][option["$ref"].rsplit("/", 1)[-1]]
            return found
    return node


def _text(value: object) -> str:
    if isinstance(value, tuple):
        if len(value) > _SHOWN_IN_FULL:
            return f"{len(value)} values from {min(value):g} to {max(value):g}"
        return "[" + ", ".join(_text(item) for item in value) + "]"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
