"""Read plans that are to be compared, and refuse those of different cities."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from siting.errors import Fault, PlanError
from siting.plan_folder import read_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Scenario

MOST = len(string.ascii_uppercase)
FOR_THE_EYE = ("water", "parks")
"""Layers that no plan depends on: they may differ."""
_LEAST = 2
_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Compared:
    """Hold one of the plans."""

    letter: str
    """A for the first, B for the next."""
    folder: Path
    plan: Plan
    scenario: Scenario

    @property
    def name(self) -> str:
        """Return the scenario's name."""
        return self.plan.document.name


def read_plans(folders: Sequence[Path]) -> list[Compared]:
    """Read plan folders, in order.

    Parameters
    ----------
    folders
        Two or more.

    Raises
    ------
    PlanError
        If there are too few, one is given twice, cannot be read, or is of another city.
    """
    msg = "These plans cannot be compared."
    if not _LEAST <= len(folders) <= MOST:
        fault = Fault("command line", f"{len(folders)} plans", f"Give 2 to {MOST} plan folders.")
        raise PlanError(msg, [fault])
    real = [Path(folder).resolve() for folder in folders]
    for n, folder in enumerate(real):
        if folder in real[:n]:
            fault = Fault(str(folders[n]), "is given twice", "Give each plan once.")
            raise PlanError(msg, [fault])
    letters = string.ascii_uppercase
    plans = [
        Compared(letter, Path(folder), *read_plan(folder))
        for letter, folder in zip(letters, folders, strict=False)
    ]
    check_same_city(plans)
    return plans


def check_same_city(plans: Sequence[Compared]) -> None:
    """Refuse plans whose cities' files differ; a layer that only maps show may.

    Raises
    ------
    PlanError
        Naming every layer that differs, and how.
    """
    first, *others = plans
    faults = [fault for other in others for fault in _differing(first, other)]
    if faults:
        msg = "These plans are of different cities, or of one that has changed between them."
        raise PlanError(msg, faults)


def _differing(first: Compared, other: Compared) -> list[Fault]:
    one, two = layers_of(first), layers_of(other)
    mend = f"Make both plans of the same city; {first.letter} is of {_city(first)}."
    faults = []
    for layer in sorted((one.keys() | two.keys()) - set(FOR_THE_EYE)):
        if one.get(layer) == two.get(layer):
            continue
        if layer not in one or layer not in two:
            lacking = first if layer not in one else other
            what = f"plan {lacking.letter} has no such layer"
        else:
            hashes = f"{one[layer][:_DIGITS]} in {first.letter}, {two[layer][:_DIGITS]}"
            what = f"is another file: sha256 {hashes} in {other.letter} ({_city(other)})"
        faults.append(Fault(str(other.folder), what, mend, field=f"layer {layer}"))
    return faults


def check_case(first: Compared, case: Case) -> None:
    """Refuse a city that has changed since the plans were made of it.

    Raises
    ------
    PlanError
        Naming every layer that differs.
    """
    made, now = layers_of(first), {layer.layer: layer.sha256 for layer in case.layers}
    differ = sorted(
        name
        for name in (made.keys() | now.keys()) - set(FOR_THE_EYE)
        if made.get(name) != now.get(name)
    )
    if differ:
        msg = "The city has changed since these plans were made of it."
        mend = "Give the city as it was with --case, or make the plans again."
        where = str(case.folder)
        what = "is not the file the plans were made of"
        raise PlanError(msg, [Fault(where, what, mend, field=f"layer {name}") for name in differ])


def layers_of(item: Compared) -> dict[str, str]:
    """Return the hash of each layer of a plan's city."""
    return {layer.layer: layer.sha256 for layer in item.plan.document.provenance.layers}


def _city(item: Compared) -> str:
    return item.plan.document.provenance.case_title
