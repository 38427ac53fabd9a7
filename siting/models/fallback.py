"""Search with HiGHS; where it cannot be loaded or fails, let CBC answer, and say so."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from siting.errors import SolverError
from siting.models import highs, other_solvers
from siting.models import search as searching
from siting.models.crew import Crew
from siting.models.reduce import reduced
from siting.models.warm import begin, stations_hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.differing import Differing
    from siting.models.effort import Effort
    from siting.models.found import Found
    from siting.models.warm import Start

OTHER = "cbc"
_TIME_WAS_UP = 0.9
"""Part of the time limit from which a run without an answer was stopped by it."""


def search(
    problem: Problem,
    effort: Effort,
    progress: Callable[[str], None],
    *,
    differing: Differing | None = None,
    start: Start | None = None,
) -> tuple[Found, str]:
    """Return what was found, and by which solver.

    HiGHS fails where, given the whole program, it stops before its time without an answer (it then
    has trouble with the numbers), or where its stations break a row. A search of a large program
    that gives up early is no failure of HiGHS.

    Parameters
    ----------
    problem
        The question.
    effort
        Gap, time limit, seed and threads.
    progress
        Called with a line of text now and then.
    differing
        Plans the answer has to differ from; only HiGHS answers such a question.
    start
        A plan to begin with, and maybe a bound that holds; HiGHS alone takes it.

    Raises
    ------
    KeyboardInterrupt
        If stopped before there was a plan.
    """
    started = time.monotonic()
    found, name = None, "HiGHS"
    try:
        name = highs.version()
        crew = Crew(effort, progress)
        with_highs = begin(reduced(problem), crew, start=start, differing=differing)
        found = with_highs.run()
        why = _failure(with_highs, found, time.monotonic() - started)
    except SolverError as error:
        why = str(error).splitlines()[0].rstrip(".")
    if found is not None and (not why or differing is not None):
        return found, name
    progress(f"{why}: trying {OTHER}")
    left = max(effort.time_limit_s - (time.monotonic() - started), 1.0)
    rest = replace(effort, time_limit_s=left)
    other = other_solvers.run(problem, OTHER, rest, progress)
    return replace(other, method=f"{other.method}, as {why}"), other_solvers.describe(OTHER)


def _failure(search: searching.Search, found: Found, spent_s: float) -> str:
    """Return how HiGHS failed, or '' where it did not."""
    if found.infeasible or search.crew.stop.is_set():
        return ""
    if not len(found.type_at):
        whole = len(search.arrays.cost) <= searching.SMALL
        early = whole and spent_s < _TIME_WAS_UP * search.crew.effort.time_limit_s
        return "HiGHS stopped before its time without an answer" if early else ""
    held = stations_hold(search.arrays, len(search.layout.choice), search.values)
    return "" if held else "the stations HiGHS chose break a row"
