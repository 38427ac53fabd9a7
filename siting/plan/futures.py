"""Hold how a plan fares in several futures."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from siting.plan.base import Part


class FuturePhase(Part):
    """Describe one phase of one future."""

    phase: str
    demand_kwh_day: float
    served_kwh_day: float = Field(description="most that the plan's stations can serve")


class Future(Part):
    """Describe what the plan does in one future."""

    name: str
    probability: float
    worth: float = Field(description="of the plan, in the unit of the objective")
    mean_worth: float | None = Field(description="of the plan made for the mean demand")
    own_known: float = Field(description="of the best plan known for this future alone")
    own_bound: float = Field(description="proven: no plan is worth more in this future")
    regret_low: float = Field(description="what the plan misses here, at least")
    regret_high: float = Field(description="what the plan misses here, at most")
    phases: tuple[FuturePhase, ...]


class OverFutures(Part):
    """Tell how one plan fares in several futures; the rest describes the scenario's own demand."""

    objective: Literal["expected", "worst", "cvar"]
    measure: Literal["energy", "share"]
    alpha: float | None = Field(description="of cvar: the better part that is left aside")
    drawn: bool = Field(description="futures drawn at random, under an assumed spread")
    futures: tuple[Future, ...]
    mean_value: float | None = Field(
        description="what the plan made for the mean demand is worth over all futures"
    )
    mean_gap: float | None = Field(description="proven of that plan, for the mean demand")
    stochastic_value: float | None = Field(
        description="value of the stochastic solution: this plan's worth over that one's"
    )
    perfect_low: float | None = Field(
        description="expected value of perfect information, at least; of expected only"
    )
    perfect_high: float | None = Field(description="at most")
