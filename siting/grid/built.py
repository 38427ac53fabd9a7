"""Say what a plan builds, station by station and phase by phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.plan import Document, Station
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Built:
    """Hold what each phase adds: T phases, S stations; what stood before the plan is left out."""

    new: NDArray[np.bool_]
    """(T, S) a station where none stood."""
    larger: NDArray[np.bool_]
    """(T, S) a station made larger."""
    bays: Floats
    """(T, S) guns added."""
    pool_kw: Floats
    """(T, S) power added."""
    transformer_kva: Floats
    """(T, S) transformer added."""


def built(document: Document, scenario: Scenario) -> Built:
    """Return what a plan builds.

    Parameters
    ----------
    document
        The plan.
    scenario
        Its station types.
    """
    shape = (len(document.phases), len(document.stations))
    found = {name: np.zeros(shape) for name in ("bays", "pool_kw", "transformer_kva")}
    new, larger = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for s, station in enumerate(document.stations):
        before = _standing(station, scenario)
        for t, step in enumerate(station.steps):
            if step.type is None or step.type == before:
                before = before if step.type is None else step.type
                continue
            added = _size(step.type, scenario) - _size(before, scenario)
            for name, value in zip(found, np.maximum(added, 0.0), strict=True):
                found[name][t, s] = value
            new[t, s], larger[t, s] = before is None, before is not None
            before = step.type
    return Built(new, larger, found["bays"], found["pool_kw"], found["transformer_kva"])


def _standing(station: Station, scenario: Scenario) -> str | None:
    """Return the type that stood before the plan; None where nothing did.

    A station that was upgraded in the first phase no longer tells its old type: the scenario's
    default type of an existing station is taken.
    """
    if station.status == "new":
        return None
    if station.status == "upgraded" and station.phase == station.steps[0].phase:
        return scenario.existing.default_type
    first = station.steps[0].type
    return first or scenario.existing.default_type


def _size(kind: str | None, scenario: Scenario) -> Floats:
    if kind is None:
        return np.zeros(3)
    station = scenario.stations[kind]
    return np.array([station.guns, station.pool_kw, station.transformer_kva], dtype=float)
