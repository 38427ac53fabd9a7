"""Read scenario files, and write them.

A scenario is one TOML file. It may say ``extends = "common"`` and then holds only what differs.
Its ``[sources]`` table says where each number comes from and how far to trust it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from siting.errors import Fault, ScenarioError
from siting.scenario_io.emit import resolve_toml
from siting.scenario_io.files import Layered, find, layered, read, shipped_files
from siting.scenario_io.fixes import with_fixes
from siting.scenario_io.keys import SchemaRow, scenario_schema_rows
from siting.scenario_io.options import laid_over
from siting.scenario_io.sourcing import assumptions
from siting.scenario_io.validated import validated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from siting.scenario import Scenario

__all__ = [
    "SchemaRow",
    "ShippedScenario",
    "assumptions",
    "from_data",
    "load_scenario",
    "override",
    "resolve_toml",
    "scenario_schema_rows",
    "shipped_scenarios",
    "with_fixes",
]


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
    return validated(laid_over(layered(path), options))


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
    return from_data(data)


def from_data(data: dict[str, Any], *, file: str = "command line") -> Scenario:
    """Return the scenario that plain data hold, checked as a file's would be.

    Parameters
    ----------
    data
        As ``Scenario.model_dump_json`` gives them, maybe changed.
    file
        Whom faults are laid to.

    Raises
    ------
    ScenarioError
        If something is wrong; lists every fault.
    """
    rest = {name: value for name, value in data.items() if name != "sources"}
    sources = data.get("sources", {})
    return validated(Layered(name=data["name"], data=rest, sources=sources, file=file))
