"""Put a plan's sensitivity together, within the time there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from siting.errors import InfeasibleError, NoSolutionError
from siting.models.choice import choice_keys
from siting.models.search import SMALL
from siting.models.sensitivity.figure import sign_of
from siting.models.sensitivity.rejected import Rejected, Rejections
from siting.models.sensitivity.runners_up import RunnerUp, runners_up
from siting.models.sensitivity.stations import StationLoss, replanned, station_losses
from siting.models.sensitivity.substations import (
    SubstationValue,
    binding_substations,
    substation_values,
)
from siting.models.sensitivity.values import Prices, UnitValue, priced, solved, units
from siting.models.sensitivity.worth import Worth
from siting.models.solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.solution import Certificate


@dataclass(frozen=True)
class Asked:
    """Say how much is to be found out."""

    top: int = 20
    """Rejected sites looked at closely, likeliest gain first."""
    swaps: int = 8
    """Stations tried in the place of each."""
    substations: int = 5
    """Most substations priced."""
    solve_s: float | None = None
    """Seconds of each solve; 0: solve nothing anew; None: only where HiGHS gets the whole program
    at once, with the time limit of the effort."""
    runners_up: int = 0
    """Plans next best."""
    differ: int = 1
    """Least number of sites in which each of them differs."""
    replan: int = 0
    """Stations, largest loss first, without which all is planned anew."""


@dataclass(frozen=True, eq=False)
class Study:
    """Hold what a plan hangs on."""

    problem: Problem
    objective: float
    """Of the plan."""
    best: Certificate
    """The best plan known of the question, and the bound: the plan's own, or sharper."""
    values: tuple[UnitValue, ...]
    substations: tuple[SubstationValue, ...]
    """Worth of 1 MW at those that keep most demand from a station."""
    losses: tuple[StationLoss, ...]
    rejected: tuple[Rejected, ...]
    """Likeliest gain first; the first ``top`` of them looked at closely."""
    close: int
    """How many those are."""
    runners_up: tuple[RunnerUp, ...]
    solved: bool
    """Whether problems were solved anew."""


def study(
    problem: Problem,
    type_at: NDArray[np.int64],
    certificate: Certificate,
    effort: Effort,
    asked: Asked,
    *,
    progress: Callable[[str], None],
) -> Study:
    """Return what a plan hangs on.

    Parameters
    ----------
    problem
        The question.
    type_at
        (T, J) the plan's types, or NONE.
    certificate
        Its objective and bound.
    effort
        Threads, seed and time limit.
    asked
        How much to find out.
    progress
        Called with a line of text now and then.
    """
    seconds = _seconds(problem, effort, asked)
    each = replace(effort, gap=0.0, time_limit_s=seconds or effort.time_limit_s)
    progress("assigning energy without each station")
    worth = Worth(problem, type_at, effort)
    losses = station_losses(worth)
    rejected = _rejected(worth, losses, asked, progress)
    progress("solving the linear relaxation for its prices")
    best = _sharper(problem, certificate, each, progress) if seconds else certificate
    found = units(problem, type_at, substations=asked.substations)
    values = priced(problem, found, best, Prices(problem, effort))
    full = binding_substations(problem, type_at)[: asked.substations]
    local = substation_values(problem, type_at, full, effort, progress=progress)
    others: list[RunnerUp] = []
    if seconds:
        values = solved(problem, found, values, best, each, progress=progress)
        first = replanned(problem, type_at, losses[: asked.replan], best, each, progress=progress)
        losses = [*first, *losses[asked.replan :]]
        others = runners_up(
            problem,
            type_at,
            best,
            each,
            count=asked.runners_up,
            least=asked.differ,
            progress=progress,
        )
    return Study(
        problem,
        worth.base.objective,
        best,
        tuple(values),
        tuple(local),
        tuple(losses),
        tuple(rejected),
        min(asked.top, len(rejected)),
        tuple(others),
        solved=seconds > 0,
    )


def _seconds(problem: Problem, effort: Effort, asked: Asked) -> float:
    if asked.solve_s is not None:
        return asked.solve_s
    columns = len(choice_keys(problem)[0])
    if problem.serves:
        columns += len(problem.phases) * len(problem.pair_zone)
    return effort.time_limit_s if columns <= SMALL else 0.0


def _rejected(
    worth: Worth,
    losses: list[StationLoss],
    asked: Asked,
    progress: Callable[[str], None],
) -> list[Rejected]:
    rejections = Rejections(worth, losses, asked.swaps)
    sites = rejections.sites()
    found = []
    for n, site in enumerate(sites):
        if n < asked.top:
            progress(f"trying site {n + 1:,} of {min(asked.top, len(sites)):,}")
            found.append(rejections.closely(site))
        else:
            found.append(rejections.roughly(site))
    return found


def _sharper(
    problem: Problem, certificate: Certificate, effort: Effort, progress: Callable[[str], None]
) -> Certificate:
    """Return the best objective and bound known: the plan's own, and those of one more solve."""
    if certificate.objective == certificate.bound:
        return certificate
    progress("solving the question itself again, to the end")
    try:
        other = solve(problem, effort, progress=lambda _text: None).certificate
    except (InfeasibleError, NoSolutionError):
        return certificate
    sign = sign_of(problem)
    best = max if sign > 0 else min
    tight = min if sign > 0 else max
    objective = best(certificate.objective, other.objective)
    bound = tight(certificate.bound, other.bound)
    return replace(other, objective=objective, bound=bound)
