"""Let another solver of PuLP answer a classical question, and trust only what can be checked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.question import Choice, ChoiceStatus
from siting.models.highs import Highs, to_arrays
from siting.models.other_solvers import solved

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.models.effort import Effort
    from siting.models.program import Statement


def through_pulp(
    statement: Statement,
    sites: int,
    solver: str,
    effort: Effort,
    progress: Callable[[str], None],
) -> Choice:
    """Solve the whole statement with that solver, and bound it with HiGHS's linear relaxation.

    Parameters
    ----------
    statement
        The program; its first variables are the sites'.
    sites
        J
    solver
        A name PuLP knows.
    effort
        Gap, time limit, seed and threads; each of the two runs may take the whole time.
    progress
        Called with a line of text now and then.
    """
    started = time.monotonic()
    arrays = to_arrays(statement)
    relaxed = Highs(arrays, relaxed=True, threads=effort.threads, seed=effort.seed)
    bound = relaxed.run(time_limit_s=effort.time_limit_s)
    method = f"branch and bound by {solver}, bound by HiGHS's linear relaxation"
    status: ChoiceStatus = "feasible"
    values = np.empty(0)
    if bound.status == "infeasible":
        status = "infeasible"
    else:
        progress(f"solving with {solver}")
        values = solved(statement, arrays, solver, effort)
        if not len(values):
            whole = Highs(arrays, threads=effort.threads, seed=effort.seed)
            proof = whole.run(time_limit_s=effort.time_limit_s)
            status = "infeasible" if proof.status == "infeasible" else "no-solution"
    return Choice(
        status=status,
        opened=values[:sites] > 0.5,  # noqa: PLR2004 - a binary
        share=np.empty(0),
        objective=float(arrays.cost @ values) if len(values) else np.nan,
        bound=bound.bound,
        seconds=time.monotonic() - started,
        method=method,
    )
