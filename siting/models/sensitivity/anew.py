"""Compare a plan with the best plan of a problem near it, and claim no more than is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.errors import InfeasibleError, NoSolutionError
from siting.models.sensitivity.figure import Figure, between, sign_of
from siting.models.solve import solve

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.solution import Certificate


def solved_anew(
    problem: Problem, trial: Problem, base: Certificate, effort: Effort, *, tighter: bool
) -> tuple[Figure, str]:
    """Return how far the best plans of two problems are apart, at least 0, and a note or ''.

    The best plan of each is known between objective and bound only, so the difference is known
    between two numbers.

    Parameters
    ----------
    problem
        The question.
    trial
        The same with a limit moved.
    base
        Objective and bound of the question itself.
    effort
        Of the solve.
    tighter
        True where the limit asks for more than it did: the loss is told, else the gain.
    """
    sign = sign_of(problem)
    try:
        other = solve(trial, effort, progress=lambda _text: None).certificate
    except InfeasibleError:
        return Figure("unknown", np.nan, np.nan), "no plan is possible with it"
    except NoSolutionError:
        return Figure("bounds", 0.0, np.inf), "no plan was found in time"
    better, worse = (base, other) if tighter else (other, base)
    lower = max(sign * (better.objective - worse.bound), 0.0)
    upper = max(sign * (better.bound - worse.objective), lower)
    return between(lower, upper, scale=base.objective), ""
