"""Tell how a plan fares in several futures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.models.robust.question import value_of
from siting.plan import Future, FuturePhase, OverFutures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.assembly.answer import Answer

    Floats = NDArray[np.float64]


def unit_over_futures(answer: Answer) -> str:
    """Return the unit of an objective over futures, '' where there are none."""
    robust = answer.scenario.robust
    if robust is None or answer.solution.outcomes is None:
        return ""
    what = "kWh a day, weighted and summed over the phases"
    if robust.measure == "share":
        what = "share of the demand within reach, phases weighted"
    how = {
        "expected": "mean over the futures",
        "worst": "in the worst future",
        "cvar": f"mean of the worst {1 - (robust.alpha or 0.0):.0%} of the futures",
    }[robust.objective]
    return f"{what}; {how}"


def over_futures(answer: Answer) -> OverFutures | None:
    """Return the plan's worth in every future, beside what could be had there."""
    futures, found = answer.problem.futures, answer.solution.outcomes
    robust = answer.scenario.robust
    if futures is None or found is None or robust is None:
        return None
    known = not np.isnan(found.mean_worth).any()
    value = answer.solution.certificate.objective
    mean = None
    if known:
        rule = futures.objective, futures.alpha
        mean = value_of(found.mean_worth, futures.probability, *rule)
    low, high = found.regret
    perfect: tuple[float, float] | tuple[None, None] = (None, None)
    if futures.objective == "expected":
        bound = answer.solution.certificate.bound
        least = max(0.0, float(futures.probability @ found.own_known) - bound)
        perfect = (least, max(least, float(futures.probability @ found.own_bound) - value))
    return OverFutures(
        objective=futures.objective,
        measure=futures.measure,
        alpha=robust.alpha,
        drawn=robust.drawn is not None,
        futures=tuple(
            Future(
                name=name,
                probability=float(futures.probability[k]),
                worth=float(found.worth[k]),
                mean_worth=float(found.mean_worth[k]) if known else None,
                own_known=float(found.own_known[k]),
                own_bound=float(found.own_bound[k]),
                regret_low=float(low[k]),
                regret_high=float(high[k]),
                phases=_phases(answer, futures.demand_kwh[k], found.served_kwh[k]),
            )
            for k, name in enumerate(futures.names)
        ),
        mean_value=mean,
        mean_gap=found.mean_gap if known else None,
        stochastic_value=None if mean is None else value - mean,
        perfect_low=perfect[0],
        perfect_high=perfect[1],
    )


def _phases(answer: Answer, demand: Floats, served: Floats) -> tuple[FuturePhase, ...]:
    totals = zip(answer.problem.phases, demand.sum(axis=1), served, strict=True)
    return tuple(
        FuturePhase(phase=name, demand_kwh_day=float(asked), served_kwh_day=float(energy))
        for name, asked, energy in totals
    )
