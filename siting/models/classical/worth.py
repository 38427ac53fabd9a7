"""Recompute what a classical answer is worth, in the unit its kind is told in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.classical.from_problem import Posed

    Floats = NDArray[np.float64]


def unit_factor(problem: Problem, posed: Posed) -> float:
    """Return what an engine's objective is multiplied by to be in the kind's unit.

    The p-median counts kWh a day x min, and is told as the mean drive: minutes.
    """
    if problem.objective == "p-median":
        return 1.0 / float(posed.question.weight.sum())
    return 1.0


def worth(problem: Problem, posed: Posed, opened: NDArray[np.bool_], energy: Floats) -> float:
    """Return what open sites and their energy are worth.

    Parameters
    ----------
    problem, posed
        The question, and what its numbers stand for.
    opened
        (J of the problem,) sites with a supercharging station.
    energy
        (P of the problem,) kWh a day along each pair; counts where stations' capacities do.
    """
    kind, question = problem.objective, posed.question
    if kind == "set-cover":
        return float(opened.sum())
    if kind == "p-dispersion":
        return separation_m(problem, opened)
    times = np.bincount(
        question.zone, weights=opened[posed.sites][question.site], minlength=len(question.weight)
    )
    if kind in {"max-cover", "backup-cover"}:
        return float(question.weight[times >= (1 if kind == "max-cover" else 2)].sum())
    if problem.limits_service:
        drive = float(energy @ problem.pair_minutes)
    else:
        nearest = nearest_minutes(problem, posed, opened)
        if kind == "p-center":
            return float(nearest.max())
        drive = float(question.weight @ nearest)
    if kind == "p-median":
        return drive / float(question.weight.sum())
    return capex_cny(problem, posed, opened) + problem.drive_cny_kwh_min * drive


def nearest_minutes(problem: Problem, posed: Posed, opened: NDArray[np.bool_]) -> Floats:
    """Return the drive of each zone of the question to its nearest open station, (I,)."""
    there = opened[posed.sites][posed.question.site]
    minutes = np.where(there, problem.pair_minutes[posed.pairs], np.inf)
    return np.asarray(np.minimum.reduceat(minutes, posed.question.start[:-1]))


def capex_cny(problem: Problem, posed: Posed, opened: NDArray[np.bool_]) -> float:
    """Return what the open stations cost."""
    sites = np.flatnonzero(opened)
    return float(problem.state_cost_cny[sites, posed.kind[sites]].sum())


def separation_m(problem: Problem, opened: NDArray[np.bool_]) -> float:
    """Return the least distance between two open stations."""
    between = np.empty((0, 0)) if problem.between_m is None else problem.between_m
    apart = between[np.ix_(opened, opened)]
    return float(apart[np.triu_indices(len(apart), k=1)].min(initial=np.inf))
