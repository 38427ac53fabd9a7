"""Search with HiGHS; where it cannot be loaded or fails, let CBC answer, and say so."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import SolverError
from siting.models import highs, other_solvers
from siting.models import search as searching
from siting.models.layout import Layout
from siting.models.relaxation import matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.highs import Arrays
    from siting.models.program import Statement

OTHER = "cbc"
_TIME_WAS_UP = 0.9
"""Part of the time limit from which a run without an answer was stopped by it."""
_TOLERANCE = 1e-5


def search(
    problem: Problem,
    statement: Statement,
    arrays: Arrays,
    effort: Effort,
    progress: Callable[[str], None],
) -> tuple[searching.Found, str]:
    """Return what was found, and by which solver.

    HiGHS fails where, given the whole program, it stops before its time without an answer (it then
    has trouble with the numbers), or where its stations break a row. A search of a large program
    that gives up early is no failure of HiGHS.
    """
    started = time.monotonic()
    found, name = None, "HiGHS"
    try:
        name = highs.version()
        found = searching.Search(
            arrays, Layout.of(problem, statement, arrays), effort, progress
        ).run()
        why = _failure(arrays, len(statement.build), found, time.monotonic() - started, effort)
    except SolverError as error:
        why = str(error).splitlines()[0].rstrip(".")
    if found is not None and not why:
        return found, name
    progress(f"{why}: trying {OTHER}")
    left = max(effort.time_limit_s - (time.monotonic() - started), 1.0)
    rest = replace(effort, time_limit_s=left)
    other = other_solvers.run(problem, statement, arrays, OTHER, rest, progress)
    return replace(other, method=f"{other.method}, as {why}"), other_solvers.describe(OTHER)


def _failure(
    arrays: Arrays, choices: int, found: searching.Found, spent_s: float, effort: Effort
) -> str:
    """Return how HiGHS failed, or '' where it did not."""
    if found.infeasible:
        return ""
    if not len(found.values):
        whole = len(arrays.cost) <= searching.SMALL
        early = whole and spent_s < _TIME_WAS_UP * effort.time_limit_s
        return "HiGHS stopped before its time without an answer" if early else ""
    return "" if stations_hold(arrays, choices, found) else "the stations HiGHS chose break a row"


def stations_hold(arrays: Arrays, choices: int, found: searching.Found) -> bool:
    """Tell whether whole stations keep every row that is about stations alone.

    Energy and coverage are worked out again from the stations, so other rows need no check.

    Parameters
    ----------
    arrays
        The program; its first columns are the choice.
    choices
        How many those are.
    found
        What a solver found.
    """
    rows = matrix(arrays)
    others = np.ones(len(arrays.cost))
    others[:choices] = 0.0
    alone = np.flatnonzero(abs(rows) @ others == 0)
    part, whole = rows[alone][:, :choices], np.round(found.values[:choices])
    activity = part @ whole
    size = _TOLERANCE * np.maximum(1.0, abs(part) @ np.abs(whole))
    above = activity >= arrays.row_lower[alone] - size
    return bool(np.all(above & (activity <= arrays.row_upper[alone] + size)))
