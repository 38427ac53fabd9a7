"""Keep existing stations open that a solver closed for no reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.headroom import over_kw
from siting.models.solution import open_supers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem


def reopen(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the choice with every closed station open again whose closing made no room.

    Closing neither costs nor earns anything, so a solver may close what nobody misses. Stations
    are tried one by one, in order; each stays open as it was where spacing, headroom and the most
    stations allow it. No objective gets worse by one station more.

    Parameters
    ----------
    problem
        The question.
    type_at
        (T, J) type, or NONE; keeps every rule.
    """
    kept = type_at
    closed = problem.closable & (type_at[-1] == NONE)
    if len(problem.fixed):
        closed &= ~(problem.fixed == NONE).any(axis=0)
    for j in np.flatnonzero(closed):
        trial = kept.copy()
        trial[:, j] = problem.initial[j]
        if _fits(problem, trial):
            kept = trial
    return kept


def _fits(problem: Problem, type_at: NDArray[np.int64]) -> bool:
    opened = open_supers(problem, type_at)
    first, second = problem.conflicts.reshape(-1, 2).T
    close = bool((opened[:, first] & opened[:, second]).any())
    most = problem.max_stations
    many = bool(((most != NONE) & (opened.sum(axis=1) > most)).any())
    heavy = bool((over_kw(problem, type_at) > 0).any())
    return not (close or many or heavy)
