"""Cut one phase out of a question, after what the phases before it have built."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.crew import Crew

SHARE = 0.25
"""Part of the time left for the plan made phase after phase."""


def phase_after_phase(
    problem: Problem, crew: Crew, alone: Callable[[Problem, Crew], NDArray[np.int64]]
) -> NDArray[np.int64] | None:
    """Return what stands where if each phase is planned after the other, (T, J), or None.

    Parameters
    ----------
    problem
        The question of all phases.
    crew
        Limits of the whole search.
    alone
        Returns what stands where after a question of one phase, (1, J); empty if it found nothing.
    """
    phases, steps = len(problem.phases), crew.effort.iterations
    held, rows = problem.initial, []
    for t, name in enumerate(problem.phases):
        share = SHARE / phases if t == 0 else SHARE / (phases - t)
        part = crew.part(share, None if steps is None else 1 + steps // 4, name)
        found = alone(one_phase(problem, t, held), part)
        if not len(found):
            return None
        held = found[0]
        rows.append(held)
    return np.array(rows)


def one_phase(problem: Problem, phase: int, held: NDArray[np.int64]) -> Problem:
    """Return the question of a phase alone: what stands stays or is made larger.

    Parameters
    ----------
    problem
        The question of all phases.
    phase
        Which.
    held
        (J,) type of each site before the phase, or NONE.
    """
    only = slice(phase, phase + 1)
    closed = (problem.initial != NONE) & (held == NONE)
    kinds = np.arange(len(problem.types))
    return replace(
        problem,
        phases=problem.phases[only],
        demand_kwh=problem.demand_kwh[only],
        allowed=problem.allowed & (kinds >= held[:, None]) & ~closed[:, None],
        initial=held,
        closable=problem.closable & (held == problem.initial) & ~closed,
        city_target=problem.city_target[only],
        district_target=problem.district_target[only],
        max_stations=problem.max_stations[only],
        budget_cny=problem.budget_cny[only],
        headroom_kw=problem.headroom_kw[only],
        rooms=None if problem.rooms is None else problem.rooms.of_phase(phase),
        works_from=max(problem.works_from - phase, 0),
        weight=problem.weight[only],
        fairness=problem.fairness.at(phase),
        fixed=problem.fixed[only],
    )
