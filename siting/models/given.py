"""Evaluate stations as they are given: assign their energy and count, and optimise nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import FREE, NONE
from siting.models.assign import assign
from siting.models.classical.from_problem import pose
from siting.models.classical.worth import separation_m
from siting.models.least_share import worst_off
from siting.models.solution import Certificate, Solution, objective_of, open_supers, spent_cny
from siting.scenario.kinds import CLASSICAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem

    Floats = NDArray[np.float64]

METHOD = "evaluated as given: nothing was optimised"
_WHOLE = 1e-6
"""Part of a zone's demand that may be missing where all of it is to be served."""
_BACKUP = 2


def given_plan(problem: Problem, progress: Callable[[str], None]) -> Solution:
    """Return the plan whose stations are all fixed, and what it is worth.

    Whether it keeps the requirements is not asked here: the verifier tells.

    Parameters
    ----------
    problem
        With every site fixed in every phase; what is free, such as a reinforcement, is not built.
    progress
        Called with a line of text.
    """
    started = time.monotonic()
    progress("assigning energy")
    type_at = np.where(problem.fixed == FREE, NONE, problem.fixed)
    energy = assign(problem, type_at)
    worth = _worth if problem.objective in CLASSICAL else objective_of
    objective = worth(problem, type_at, energy)
    seconds = time.monotonic() - started
    certificate = Certificate("given", objective, objective, 0.0, seconds, "none", METHOD)
    found = Solution(type_at, energy, certificate)
    if not problem.fairness.raised:
        return found
    return replace(found, raised=worst_off(problem, found, held=0.0, bound=None))


def _worth(problem: Problem, type_at: NDArray[np.int64], energy: Floats) -> float:
    """Return what a classical choice is worth, of the zones that it reaches.

    A zone it does not reach (or serve, where capacities count) breaks a requirement, and has no
    drive that could be counted.
    """
    kind, opened = problem.objective, open_supers(problem, type_at)[0]
    if kind == "set-cover":
        return float(opened.sum())
    if kind == "p-dispersion":
        return separation_m(problem, opened) if opened.sum() > 1 else 0.0
    demand, there = problem.demand_kwh[0], opened[problem.pair_site]
    zone, minutes = problem.pair_zone[there], problem.pair_minutes[there]
    times = np.bincount(zone, minlength=len(demand))
    if kind in {"max-cover", "backup-cover"}:
        least = 1 if kind == "max-cover" else _BACKUP
        return float(demand[times >= least].sum())
    asked = np.zeros(len(demand), dtype=bool)
    asked[pose(problem).zones] = True
    nearest = np.full(len(demand), np.inf)
    np.minimum.at(nearest, zone, minutes)
    answered = asked & (times > 0)
    if problem.limits_service:
        served = np.bincount(problem.pair_zone, weights=energy[0], minlength=len(demand))
        answered = asked & (served >= demand * (1 - _WHOLE) - _WHOLE)
        drive = float(energy[0] @ problem.pair_minutes)
    elif kind == "p-center":
        return float(nearest[answered].max(initial=0.0))
    else:
        drive = float(demand[answered] @ nearest[answered])
    if kind == "p-median":
        return drive / max(float(demand[answered].sum()), 1e-9)
    return float(spent_cny(problem, type_at)[0]) + problem.drive_cny_kwh_min * drive
