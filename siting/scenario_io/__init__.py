"""Read scenario files, and write them.

A scenario is one TOML file. It may say ``extends = "common"`` and then holds only what differs.
Its ``[sources]`` table says where each number comes from and how far to trust it.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from siting.errors import Fault, ScenarioError
from siting.scenario import Scenario
from siting.scenario_io.emit import resolve_toml
from siting.scenario_io.faults import Place, faults_of, nearest
from siting.scenario_io.files import Layered, find, layered, read, shipped_files
from siting.scenario_io.keys import SchemaRow, scenario_schema_rows
from siting.scenario_io.options import laid_over
from siting.scenario_io.sourcing import assumptions, candidates, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = [
    "SchemaRow",
    "ShippedScenario",
    "assumptions",
    "load_scenario",
    "override",
    "resolve_toml",
    "scenario_schema_rows",
    "shipped_scenarios",
]

_LONGEST_NAME = 100


class ShippedScenario(NamedTuple):
    """Name one scenario."""

    name: str
    title: str
    title_zh: str
    path: Path


def shipped_scenarios() -> list[ShippedScenario]:
    """Return the scenarios siting ships, by name; bases such as ``common`` are left out."""
    return [
        ShippedScenario(path.stem, own.get("title", ""), own.get("title_zh", ""), path)
        for path in shipped_files()
        if not (own := read(path)).get("abstract")
    ]


def load_scenario(name_or_path: str, *, options: Sequence[str] = ()) -> Scenario:
    """Load a scenario: a path, a name in ``./models``, or a shipped name, looked for in that order.

    Parameters
    ----------
    name_or_path
        Such as ``ratio-2025``, or ``models/my-city.toml``.
    options
        Laid over it, in order: names such as ``storage``, or paths.

    Raises
    ------
    ScenarioError
        If it cannot be found or read, or says something wrong; lists every fault.
    """
    path = find(name_or_path)
    if read(path).get("abstract") is True:
        msg = f"{path.name} is a base for scenarios, not a scenario."
        mend = f'Write a file that says extends = "{path.stem}" and adds what is missing.'
        raise ScenarioError(msg, [Fault(str(path), "is abstract", mend, field="abstract")])
    return _validated(laid_over(layered(path), options))


def override(
    scenario: Scenario, changes: Mapping[str, Mapping[str, Any]], *, case: str | None = None
) -> Scenario:
    """Return the scenario with some values replaced, checked anew.

    Parameters
    ----------
    scenario
        Question to change; it is left as it is.
    changes
        New values by section and key, such as ``{"solve": {"gap": 0.05}}``; None changes nothing.
    case
        City to use instead.

    Raises
    ------
    ScenarioError
        If a new value is out of its range.
    """
    data = json.loads(scenario.model_dump_json(exclude_none=True))
    for section, values in changes.items():
        data[section] |= {name: value for name, value in values.items() if value is not None}
    if case is not None:
        data["case"] = case
    sources = data.pop("sources", {})
    return _validated(Layered(name=scenario.name, data=data, sources=sources, file="command line"))


def _validated(raw: Layered) -> Scenario:
    """Check a layered scenario strictly: a number in quotation marks is text, not a number."""

    def where(place: Place) -> str:
        parts = tuple(str(part) for part in place)
        lengths = range(len(parts), 0, -1)
        return next((raw.written[parts[:n]] for n in lengths if parts[:n] in raw.written), raw.file)

    data = {**raw.data, "sources": raw.sources}
    faults = [*_name_faults(raw), *_label_faults(raw), *_source_faults(raw, where)]
    scenario = None
    try:
        scenario = Scenario.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        faults = [*faults_of(error, data, where), *faults]
    if scenario is None or faults:
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        msg = f"Scenario {raw.name!r} has {count}:"
        raise ScenarioError(msg, faults)
    return scenario


def _name_faults(raw: Layered) -> list[Fault]:
    """Refuse names that could not be a folder's name; a plan's folder bears its scenario's."""
    name = raw.name
    if not isinstance(name, str):
        return []
    bad = not name.strip() or name.startswith(".") or len(name) > _LONGEST_NAME
    if bad or not name.isprintable() or set(name) & set('/\\:*?"<>|'):
        what = f"{name!r} cannot name a folder"
        return [Fault(raw.file, what, "Use letters, digits, '-' and '_'.", field="name")]
    return []


def _label_faults(raw: Layered) -> list[Fault]:
    """Refuse phases and station types whose names hold signs that cannot be seen."""
    phases, types = raw.data.get("phases"), raw.data.get("stations")
    names = [("stations", name) for name in (types if isinstance(types, dict) else {})]
    names += [
        ("phases.name", phase["name"])
        for phase in (phases if isinstance(phases, list) else [])
        if isinstance(phase, dict) and isinstance(phase.get("name"), str)
    ]
    mend = "Take out line breaks and signs that cannot be seen."
    return [
        Fault(raw.file, f"{name!r} holds a control sign", mend, field=field)
        for field, name in names
        if any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in name)
    ]


def _source_faults(raw: Layered, where: Any) -> list[Fault]:  # noqa: ANN401 - a local function
    """Find ``[sources]`` entries that speak for no value: a slip in the key."""
    known = {name for path, _ in numbers(raw.data) for name in candidates(path)}
    faults = []
    for name in raw.sources:
        if name in known or _speaks_for_text(name, raw.data):
            continue
        close = nearest(name, sorted(known))
        mend = f"Did you mean {close!r}?" if close else "Remove it, or give the value."
        faults.append(
            Fault(where(("sources", name)), "names no value", mend, field=f"sources.{name}")
        )
    return faults


def _speaks_for_text(name: str, data: Mapping[str, Any]) -> bool:
    """Tell whether a source entry names a value that is not a number, which is fine."""
    value: Any = data
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True
