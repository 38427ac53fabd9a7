"""Let a question reinforce substations: each is a site of its own, whose types are steps.

A step costs money in its phase, stays once built, asks for less than nothing of its substation's
limit, and serves nobody. So whatever knows sites and types knows reinforcements: the statement,
cuts, reductions, neighbourhoods, and the search for conflicts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import FREE, NONE
from siting.data.rooms import Days, batteries, binding, rooms_of, step_kw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.data.problem import Problem
    from siting.scenario import Reinforcement, Scenario

    Floats = NDArray[np.float64]


def by_hour(problem: Problem, case: Case, scenario: Scenario, standing_kw: Floats) -> Problem:
    """Return the question with batteries and reinforcements, its headroom by hour.

    The same question where the scenario has neither.

    Parameters
    ----------
    problem
        Built without them.
    case, scenario
        The substations and the rules.
    standing_kw
        (G,) highest load of the stations that stand before the plan.
    """
    steps, grid = scenario.grid.reinforcement, scenario.grid
    if steps is not None:
        first = 0 if steps.from_phase is None else problem.phases.index(steps.from_phase)
        problem = replace(
            problem,
            step_mva=steps.step_mva,
            step_kw=step_kw(scenario),
            step_cny=steps.step_cny,
            works_from=first,
        )
    if not len(problem.substations) or not grid.enforce:
        return problem
    used = steps if steps is not None and steps.use else None
    stored = any(scenario.stations[k].battery_kwh for k in problem.types)
    if not stored and used is None:
        return problem
    days = Days.of(case, scenario, standing_kw)
    made = batteries(scenario, problem.types, problem.load_kw, days, binding(problem))
    rooms = rooms_of(problem, days, made, used, step_kw(scenario))
    problem = replace(problem, rooms=rooms, batteries=made if stored else None)
    return problem if used is None else _with_sites(problem, used)


def _with_sites(problem: Problem, steps: Reinforcement) -> Problem:
    """Return the question with a site for each substation that may be reinforced and can bind."""
    p, levels = problem, steps.most_steps
    may = binding(p) if steps.substations is None else np.isin(p.substations, steps.substations)
    at = np.flatnonzero(may & binding(p))
    sites, works = len(p.sites), len(at)
    number = np.arange(1, levels + 1)
    allowed = np.zeros((sites + works, levels + len(p.types)), dtype=bool)
    allowed[:sites, levels:], allowed[sites:, :levels] = p.allowed, True
    cost = np.zeros(allowed.shape)
    cost[:sites, levels:], cost[sites:, :levels] = p.state_cost_cny, number * p.step_cny
    nowhere = np.full(works, NONE, dtype=np.int64)
    initial = np.where(p.initial == NONE, NONE, p.initial + levels)
    return replace(
        p,
        sites=(*p.sites, *(f"reinforce {p.substations[g]}" for g in at)),
        types=(*steps.step_names, *p.types),
        capacity_kwh=np.append(np.zeros(levels), p.capacity_kwh),
        is_super=np.append(np.zeros(levels, dtype=bool), p.is_super),
        ratio_count=np.append(np.zeros(levels, dtype=np.int64), p.ratio_count),
        load_kw=np.append(-number * p.step_kw, p.load_kw),
        state_cost_cny=cost,
        allowed=allowed,
        initial=np.append(initial, nowhere),
        fixed=_fixed_with(p.fixed, works, levels),
        closable=np.append(p.closable, np.zeros(works, dtype=bool)),
        site_district=np.append(p.site_district, nowhere),
        site_substation=np.append(p.site_substation, at),
        works=works,
        steps=levels,
    )


def _fixed_with(fixed: NDArray[np.int64], works: int, levels: int) -> NDArray[np.int64]:
    """Return what is fixed at the own sites, types renumbered; reinforcements are free."""
    if not len(fixed):
        return fixed
    free = np.full((len(fixed), works), FREE, dtype=np.int64)
    return np.hstack([np.where(fixed < 0, fixed, fixed + levels), free])


def levels_of(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the steps of reinforcement built by each phase, (T, G)."""
    built = np.zeros((len(problem.phases), len(problem.substations)), dtype=np.int64)
    if problem.works:
        at = problem.site_substation[-problem.works :]
        built[:, at] = type_at[:, -problem.works :] + 1
    return built


def without_works(problem: Problem) -> Problem:
    """Return the question's own sites and types, reinforcements left out; without any, itself."""
    if not problem.works:
        return problem
    p, sites, steps = problem, len(problem.sites) - problem.works, problem.steps
    own = p.initial[:sites]
    return replace(
        p,
        sites=p.sites[:sites],
        types=p.types[steps:],
        capacity_kwh=p.capacity_kwh[steps:],
        is_super=p.is_super[steps:],
        ratio_count=p.ratio_count[steps:],
        load_kw=p.load_kw[steps:],
        state_cost_cny=p.state_cost_cny[:sites, steps:],
        allowed=p.allowed[:sites, steps:],
        initial=np.where(own == NONE, NONE, own - steps),
        fixed=np.where(p.fixed < 0, p.fixed, p.fixed - steps)[:, :sites],
        closable=p.closable[:sites],
        site_district=p.site_district[:sites],
        site_substation=p.site_substation[:sites],
        rooms=None,
        works=0,
        steps=0,
    )


def own_types(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what stands at the question's own sites, types numbered without steps, (T, J)."""
    own = type_at[:, : len(problem.sites) - problem.works]
    return np.where(own == NONE, NONE, own - problem.steps)


def with_levels(
    problem: Problem, own: NDArray[np.int64], built: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return types at all sites, (T, J), of a plan's own types and its steps, (T, G).

    The inverse of :func:`own_types` and :func:`levels_of`.
    """
    if not problem.works:
        return own
    at = problem.site_substation[-problem.works :]
    return np.hstack([np.where(own == NONE, NONE, own + problem.steps), built[:, at] - 1])
