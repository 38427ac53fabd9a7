"""Check a layered scenario, and tell every fault at once in plain words."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from siting.errors import Fault, ScenarioError
from siting.scenario import Scenario
from siting.scenario_io.faults import Place, faults_of, nearest
from siting.scenario_io.sourcing import candidates, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from siting.scenario_io.files import Layered

_LONGEST_NAME = 100


def validated(raw: Layered) -> Scenario:
    """Return a layered scenario, checked strictly: a number in quotation marks is no number.

    Raises
    ------
    ScenarioError
        With every fault.
    """

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
