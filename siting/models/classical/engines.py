"""Pick the method of each classical kind, and the program another solver is given."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from siting.models.classical import (
    backup_cover,
    facility,
    max_cover,
    p_center,
    p_dispersion,
    p_median,
    set_cover,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.classical.from_problem import Posed
    from siting.models.classical.question import Choice
    from siting.models.program import Statement


class Engine(NamedTuple):
    """Hold how one question is searched, and how it is stated in PuLP."""

    run: Callable[..., Choice]
    """Takes effort and progress."""
    state: Callable[[], Statement]
    """The sites' variables come first."""


def engine_of(problem: Problem, posed: Posed) -> Engine:
    """Return the engine of a question."""
    question = posed.question
    if problem.between_m is not None:
        between = problem.between_m[np.ix_(posed.sites, posed.sites)]
        return Engine(
            partial(p_dispersion.p_dispersion, question, between),
            partial(p_dispersion.state, question, between),
        )
    if problem.objective == "backup-cover":
        return Engine(
            partial(backup_cover.backup_cover, question, every_zone=True),
            partial(backup_cover.state, question, every_zone=True),
        )
    run, state = {
        "set-cover": (set_cover.set_cover, set_cover.state),
        "max-cover": (max_cover.max_cover, max_cover.state),
        "p-median": (p_median.p_median, p_median.state),
        "p-center": (p_center.p_center, p_center.state),
        "facility": (facility.facility, facility.state),
    }[problem.objective]
    return Engine(partial(run, question), partial(state, question))
