"""Read what simulated drivers met (`siting simulate`), to show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siting.maps.audience import Sight
    from siting.plan import Document

FOLDER = "simulation"
_TOLD = (
    *("phase", "days", "replications", "seed", "confidence", "city", "promise"),
    *("settings_title", "settings_title_zh"),
)

Json = dict[str, Any]


def read_simulation(folder: Path) -> Json | None:
    """Return the simulation a plan's folder holds; None where there is none that can be read.

    Parameters
    ----------
    folder
        Of the plan.
    """
    try:
        told = json.loads((Path(folder) / FOLDER / "simulation.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(told, dict) and {*_TOLD, "stations", "plan_created"} <= set(told)
    return told if whole else None


def simulation_for(told: Json | None, document: Document, sight: Sight) -> Json | None:
    """Return what one audience sees of a simulation; None if it is of an older plan.

    Parameters
    ----------
    told
        As read.
    document
        The plan that is shown.
    sight
        Of the audience: each station's waits are for those who see who charges where.
    """
    if told is None or not _is_of(told, document):
        return None
    shown = {key: told[key] for key in _TOLD}
    return shown | ({"stations": told["stations"]} if sight.service else {})


def fresh(accounts: Json, document: Document) -> Json:
    """Return accounts without a simulation that is of an older plan.

    Parameters
    ----------
    accounts
        As `read_accounts` gives them.
    document
        The plan that is shown.
    """
    told = accounts.get("simulation")
    if told is None or _is_of(told, document):
        return accounts
    return {key: value for key, value in accounts.items() if key != "simulation"}


def _is_of(told: Json, document: Document) -> bool:
    return bool(told["plan_created"] == document.provenance.created)
