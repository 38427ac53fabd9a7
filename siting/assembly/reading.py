"""Read a plan back as arrays, in the order of a problem's sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.data.works import with_levels, without_works
from siting.errors import Fault, PlanError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.plan import Plan


def types_of(plan: Plan, problem: Problem) -> NDArray[np.int64]:
    """Return a plan's types, (T, J); of reinforcements, the steps built.

    Raises
    ------
    PlanError
        If a site, type or phase of the plan is not in the problem.
    """
    whole, problem = problem, without_works(problem)
    site = {name: j for j, name in enumerate(problem.sites)}
    kind: dict[str | None, int] = {name: k for k, name in enumerate(problem.types)}
    kind[None] = NONE
    types = np.full((len(problem.phases), len(problem.sites)), NONE, dtype=np.int64)
    for station in plan.document.stations:
        steps = station.steps
        known = station.id in site and len(steps) == len(problem.phases)
        if not known or any(step.type not in kind for step in steps):
            what = f"station {station.id} is not of this city and scenario"
            mend = "Make the plan again with 'siting plan', or name its city with --case."
            msg = "The plan does not fit its city any more."
            raise PlanError(msg, [Fault("plan.json", what, mend)])
        types[:, site[station.id]] = [kind[step.type] for step in steps]
    return with_levels(whole, types, _levels(plan, whole))


def _levels(plan: Plan, problem: Problem) -> NDArray[np.int64]:
    """Return the steps of reinforcement built by each phase, (T, G)."""
    built = np.zeros((len(problem.phases), len(problem.substations)), dtype=np.int64)
    place = {name: g for g, name in enumerate(problem.substations)}
    for item in plan.document.substations:
        if problem.works and item.id in place:
            added = [step.added_mva for step in item.steps]
            built[:, place[item.id]] = np.rint(np.array(added) / problem.step_mva)
    return built
