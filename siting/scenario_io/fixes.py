"""Lay a file of fixed sites over a scenario: what ``siting plan --fix`` takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import Fault, ScenarioError
from siting.scenario_io.faults import nearest
from siting.scenario_io.files import Layered, read
from siting.scenario_io.validated import validated

if TYPE_CHECKING:
    from siting.scenario import Scenario

KNOWN = ("fixed",)
LARGEST = 5_000_000
"""Bytes of a file of fixes; one of ten thousand sites is a tenth of it."""
_MSG = "These fixes cannot be read."
_SHAPE = 'Write a table for each site: [[fixed]], site = "S1", type = "closed", phase = "2025".'


def with_fixes(scenario: Scenario, file: str | None, *, only: bool = False) -> Scenario:
    """Return the scenario with the fixes of a file in place of its own for the same sites.

    Parameters
    ----------
    scenario
        Question; it is left as it is.
    file
        TOML file of ``[[fixed]]`` tables, or None for no more than the scenario's own.
    only
        Whether nothing else may change, so that the plan is evaluated and not optimised.

    Raises
    ------
    ScenarioError
        If the file cannot be read, holds something else, or fixes what the scenario does not know.
    """
    if file is None and not only:
        return scenario
    data = json.loads(scenario.model_dump_json(exclude_none=True))
    if file is not None:
        given = _tables(file)
        named = {item.get("site") for item in given if isinstance(item, dict)}
        kept = [item for item in data.get("fixed", []) if item["site"] not in named]
        data["fixed"] = [*kept, *given]
    data["only_fixed"] = only or scenario.only_fixed
    sources = data.pop("sources", {})
    told = "command line" if file is None else file
    return validated(Layered(name=scenario.name, data=data, sources=sources, file=told))


def _tables(file: str) -> list[Any]:
    path = Path(file)
    if path.is_file() and path.stat().st_size > LARGEST:
        fault = Fault(file, "is too large for a list of sites", "Give the file that fixes sites.")
        raise ScenarioError(_MSG, [fault])
    found = read(path, msg=_MSG)
    strange = [name for name in found if name not in KNOWN]
    if strange:
        close = nearest(strange[0], KNOWN)
        mend = f"Did you mean {close!r}? {_SHAPE}" if close else _SHAPE
        fault = Fault(file, "unknown key; a file of fixes holds nothing but [[fixed]]", mend)
        raise ScenarioError(_MSG, [Fault(file, fault.what, mend, field=strange[0][:60])])
    tables = found.get("fixed", [])
    if not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
        raise ScenarioError(_MSG, [Fault(file, "is no list of tables", _SHAPE, field="fixed")])
    if not tables:
        raise ScenarioError(_MSG, [Fault(file, "fixes no site", _SHAPE)])
    return tables
