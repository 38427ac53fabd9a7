"""Say which futures a plan must be good in: growth, share and place of demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from siting.scenario.base import NotNegative, Positive, Section, Share, key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.scenario import Scenario

RiskMeasure = Literal["expected", "worst", "cvar"]
Worth = Literal["energy", "share"]
_SUM = 1e-6


class Future(Section):
    """Describe one future by what differs from the scenario's own demand."""

    name: Annotated[str, Field(min_length=1)] = key("-", "short label, shown in tables")
    probability: Share = key("share", "how likely; all of them add up to 1")
    growth: Positive = key("-", "factor on demand in every phase", default=1.0)
    growth_by_phase: dict[str, Positive] = key(
        "-", "factor on demand in single phases, times growth", default={}
    )
    super_share: dict[str, Share] = key(
        "share", "in place of a phase's super_share; by phase", default={}
    )
    shift_to: tuple[str, ...] = key("-", "districts that demand moves to", default=())
    shift_share: Share = key(
        "share", "part of all other districts' demand that moves there", default=0.0
    )

    @model_validator(mode="after")
    def _moves(self) -> Future:
        if bool(self.shift_to) != (self.shift_share > 0):
            msg = f"future {self.name!r}: shift_to and shift_share go together"
            raise ValueError(msg)
        return self


class Drawn(Section):
    """Draw futures at random; all are equally likely, and always the same for a seed."""

    count: Annotated[int, Field(ge=2, le=1000)] = key("futures", "how many")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = key("-", "same seed, same futures")
    growth_spread: NotNegative = key(
        "-",
        "standard deviation of the logarithm of the factor on demand in the last phase; it comes "
        "in evenly over the phases, and its mean is 1",
        default=0.0,
    )
    share_spread: NotNegative = key(
        "-", "likewise of the factor on super_share, which stays at most 1", default=0.0
    )
    place_spread: NotNegative = key(
        "-",
        "likewise of a factor for each district, with the city's demand kept",
        default=0.0,
    )


class Robust(Section):
    """Ask for one plan that is good in several futures; its service differs in each."""

    objective: RiskMeasure = key(
        "-",
        "expected: mean over the futures; worst: the worst of them; cvar: mean of the worst part "
        "1 - alpha (Rockafellar & Uryasev 2000)",
    )
    measure: Worth = key(
        "-",
        "what a plan is worth in a future: energy served, kWh a day; or its share of the "
        "reachable demand; phases weighted either way",
        default="energy",
    )
    alpha: Annotated[float, Field(ge=0, lt=1)] | None = key(
        "share",
        "cvar: probability of the futures that are left aside, the better ones",
        default=None,
    )
    futures: tuple[Future, ...] = key("-", "futures, each described", default=())
    drawn: Drawn | None = None

    @model_validator(mode="after")
    def _whole(self) -> Robust:
        if bool(self.futures) == (self.drawn is not None):
            msg = (
                "robust needs either [[robust.futures]] or [robust.drawn], not both and not neither"
            )
            raise ValueError(msg)
        names = [item.name for item in self.futures]
        if len(set(names)) != len(names):
            msg = f"robust.futures: names must differ, got {names}"
            raise ValueError(msg)
        total = sum(item.probability for item in self.futures)
        if self.futures and abs(total - 1) > _SUM:
            msg = f"robust.futures: probabilities add up to {total:g}, not 1"
            raise ValueError(msg)
        if (self.objective == "cvar") != (self.alpha is not None):
            msg = "alpha goes with objective 'cvar', and only with it"
            raise ValueError(msg)
        return self


def robust_faults(scenario: Scenario) -> Iterator[str]:
    """Yield why a scenario cannot be asked over several futures; none where it can, or is not.

    Parameters
    ----------
    scenario
        Each section valid by itself.
    """
    robust = scenario.robust
    if robust is None:
        return
    goal, equity = scenario.objective, scenario.equity
    if goal.kind != "served":
        yield f"robust takes objective kind = 'served', not {goal.kind!r}"
    if goal.min_served_share or goal.min_covered_share:
        yield "robust takes no min_served_share and no min_covered_share: use objective = 'worst'"
    floors = equity is not None and (
        equity.max_min
        or equity.min_served_share
        or equity.min_covered_share
        or any(group.min_served_share or group.min_covered_share for group in equity.groups)
    )
    if floors:
        yield "robust takes no floors of equity and no max_min, only circles (circle_km)"
    if scenario.solve.solver != "highs":
        yield f"robust is solved by highs only, not {scenario.solve.solver!r}"
    yield from _of_phases(scenario, robust)


def _of_phases(scenario: Scenario, robust: Robust) -> Iterator[str]:
    names = {phase.name for phase in scenario.phases}
    metered = {phase.name for phase in scenario.phases if phase.super_share is not None}
    for item in robust.futures:
        for field, named in (
            ("growth_by_phase", set(item.growth_by_phase)),
            ("super_share", set(item.super_share)),
        ):
            if strange := sorted(named - names):
                yield f"robust.futures.{item.name}.{field}: {strange} are no phases"
        if bare := sorted(set(item.super_share) & names - metered):
            yield f"robust.futures.{item.name}.super_share: {bare} have no super_share to replace"
    if robust.drawn and robust.drawn.share_spread and not metered:
        yield "robust.drawn.share_spread needs phases with super_share"
