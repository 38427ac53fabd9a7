"""Tell what a plan loses without each of its stations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.sensitivity.anew import solved_anew
from siting.models.sensitivity.figure import Figure, exact, sign_of
from siting.models.sensitivity.rules import breaches
from siting.models.sensitivity.worth import without
from siting.models.solution import open_supers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.sensitivity.worth import Worth
    from siting.models.solution import Certificate

    Types = NDArray[np.int64]


@dataclass(frozen=True)
class StationLoss:
    """Hold what a plan loses without what it does at one site, all other stations as they are."""

    site: int
    lost: Figure
    """In the unit of the objective; energy assigned anew. Negative where money is saved."""
    breaks: tuple[str, ...]
    """Rules that would be broken."""
    replanned: Figure | None = None
    """The same, all stations planned anew without it; None where that was not asked for."""
    note: str = ""


def station_losses(worth: Worth) -> list[StationLoss]:
    """Return the loss of each open station that need not stay as it is, the largest first.

    Parameters
    ----------
    worth
        The plan.
    """
    problem, sign = worth.problem, sign_of(worth.problem)
    found = []
    for j in np.flatnonzero(open_supers(problem, worth.type_at)[-1]).tolist():
        kinds = without(problem, worth.type_at, j)
        if kinds is None:
            continue
        value = worth.of({j: kinds})
        broken = [breach.text for breach in breaches(problem, worth.with_types({j: kinds}))]
        if not value.floors:
            broken.append("a floor on what is served or covered")
        lost = sign * (worth.base.objective - value.objective)
        figure = Figure("unknown", np.nan, np.nan) if np.isnan(lost) else exact(lost)
        found.append(StationLoss(j, figure, tuple(broken)))
    return sorted(found, key=_largest)


def _largest(loss: StationLoss) -> float:
    return -np.inf if np.isnan(loss.lost.lower) else -loss.lost.lower


def forbidden(problem: Problem, type_at: Types, site: int) -> Problem:
    """Return the problem in which a site may not do what the plan does there."""
    allowed, closable = problem.allowed.copy(), problem.closable
    before = int(problem.initial[site])
    kept = before != NONE and bool((type_at[:, site] != before).any())
    if kept:
        allowed[site] = np.arange(len(problem.types)) == before
        return replace(problem, allowed=allowed)
    allowed[site] = False
    initial = problem.initial.copy()
    initial[site] = NONE
    return replace(problem, allowed=allowed, initial=initial, closable=closable & (initial != NONE))


def replanned(
    problem: Problem,
    type_at: Types,
    losses: Sequence[StationLoss],
    base: Certificate,
    effort: Effort,
    *,
    progress: Callable[[str], None],
) -> list[StationLoss]:
    """Return losses with what is lost if all is planned anew, each an interval that is proved.

    Parameters
    ----------
    problem, type_at
        The plan.
    losses
        Stations to do without, one at a time.
    base
        Objective and bound of the plan.
    effort
        Of each solve.
    progress
        Called with a line of text now and then.
    """
    found = []
    for loss in losses:
        progress(f"planning anew without {problem.sites[loss.site]}")
        trial = forbidden(problem, type_at, loss.site)
        figure, note = solved_anew(problem, trial, base, effort, tighter=True)
        found.append(replace(loss, replanned=figure, note=note))
    return found
