"""Recompute by how much a plan passes the limits of substations, enforced or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from siting.verify.demand import day_shapes
from siting.verify.mismatch import Ledger, slack
from siting.verify.state import read_state
from siting.verify.substations import recompute

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Scenario


class Overload(NamedTuple):
    """Hold one substation that passes its limit in a phase, and its worst hour."""

    phase: str
    substation: str
    hour: int
    over_mw: float
    """Base and charging load above the limit, reinforcements counted."""
    hours: int
    """Of the day, above the limit."""
    before: bool
    """Whether base load and the stations that stood before the plan pass the limit already."""


def overloads(plan: Plan, case: Case, scenario: Scenario) -> list[Overload]:
    """Return every substation that passes its limit, phase by phase, recomputed from the inputs.

    Parameters
    ----------
    plan
        The answer.
    case, scenario
        What it answers.
    """
    ledger = Ledger()
    load = recompute(ledger, read_state(ledger, plan, case, scenario))
    standing = load.standing[None, :, None] * day_shapes(case, scenario)[:, None, :]
    found = []
    for t, phase in enumerate(scenario.phases):
        for g, label in enumerate(case.substations["id"].tolist()):
            limit = float(load.limit[t, g])
            over = load.base[t, g] + load.charging[t, g] - limit
            if float(over.max()) > slack(limit):
                before = bool((load.base + standing)[t, g].max() > limit + slack(limit))
                hours = int((over > slack(limit)).sum())
                hour = int(over.argmax())
                found.append(Overload(phase.name, label, hour, float(over[hour]), hours, before))
    return found
