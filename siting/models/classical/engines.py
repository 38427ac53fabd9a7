"""Pick the method of each classical kind, and the program another solver is given."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from siting.models.classical.backup_cover import backup_cover
from siting.models.classical.backup_cover import state as state_backup_cover
from siting.models.classical.facility import facility
from siting.models.classical.facility import state as state_facility
from siting.models.classical.max_cover import max_cover
from siting.models.classical.max_cover import state as state_max_cover
from siting.models.classical.p_center import p_center
from siting.models.classical.p_dispersion import p_dispersion
from siting.models.classical.p_median import p_median
from siting.models.classical.p_median import state as state_p_median
from siting.models.classical.set_cover import set_cover
from siting.models.classical.set_cover import state as state_set_cover

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
    state: Callable[[], Statement] | None
    """The sites' variables come first; None where the search is a sequence of programs."""


def engine_of(problem: Problem, posed: Posed) -> Engine:
    """Return the engine of a question."""
    question = posed.question
    if problem.between_m is not None:
        between = problem.between_m[np.ix_(posed.sites, posed.sites)]
        return Engine(partial(p_dispersion, question, between), None)
    if problem.objective == "p-center":
        return Engine(partial(p_center, question), None)
    if problem.objective == "backup-cover":
        return Engine(
            partial(backup_cover, question, every_zone=True),
            partial(state_backup_cover, question, every_zone=True),
        )
    run, state = {
        "set-cover": (set_cover, state_set_cover),
        "max-cover": (max_cover, state_max_cover),
        "p-median": (p_median, state_p_median),
        "facility": (facility, state_facility),
    }[problem.objective]
    return Engine(partial(run, question), partial(state, question))
