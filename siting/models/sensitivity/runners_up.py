"""Find the plans next best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import InfeasibleError, NoSolutionError
from siting.models.differing import Differing
from siting.models.sensitivity.figure import Figure, between, sign_of
from siting.models.solution import open_supers
from siting.models.solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.solution import Certificate


@dataclass(frozen=True, eq=False)
class RunnerUp:
    """Hold a plan that differs from the plan itself and from all runners-up before it."""

    type_at: NDArray[np.int64]
    certificate: Certificate
    """Its bound is proved for all plans that differ as much."""
    worse: Figure
    """How much worse than the best plan, in the unit of the objective."""
    opened: tuple[int, ...]
    """Sites with a supercharging station at the end that have none in the plan."""
    closed: tuple[int, ...]
    """Sites without one that have one in the plan."""


def runners_up(
    problem: Problem,
    type_at: NDArray[np.int64],
    base: Certificate,
    effort: Effort,
    *,
    count: int,
    least: int = 1,
    progress: Callable[[str], None] = lambda _text: None,
) -> list[RunnerUp]:
    """Return the next best plans, best first; fewer where no more exist or none was found in time.

    Plans are told apart by the sites that hold a supercharging station at the end of the last
    phase: of plans with the same sites only the best counts.

    Parameters
    ----------
    problem, type_at
        The plan.
    base
        Its objective and bound.
    effort
        Of each solve.
    count
        Most runners-up.
    least
        Least number of sites in which each differs from the plan and from the others.
    progress
        Called with a line of text now and then.
    """
    sign, known = sign_of(problem), [open_supers(problem, type_at)[-1]]
    found: list[RunnerUp] = []
    while len(found) < count:
        progress(f"looking for runner-up {len(found) + 1} of {count}")
        try:
            other = solve(
                problem,
                effort,
                progress=lambda _text: None,
                differing=Differing(np.array(known), least),
            )
        except (InfeasibleError, NoSolutionError):
            break
        opened = open_supers(problem, other.type_at)[-1]
        certificate = other.certificate
        worse = between(
            sign * (base.objective - certificate.bound),
            sign * (base.bound - certificate.objective),
            scale=base.objective,
        )
        plus = tuple(np.flatnonzero(opened & ~known[0]).tolist())
        minus = tuple(np.flatnonzero(known[0] & ~opened).tolist())
        found.append(RunnerUp(other.type_at, certificate, worse, plus, minus))
        known.append(opened)
    return found
