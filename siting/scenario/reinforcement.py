"""Hold what making a substation stronger costs, and where and when it may be done."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from siting.scenario.base import NotNegative, Positive, Section, key


class Reinforcement(Section):
    """Price steps by which a substation is made stronger, such as one more transformer."""

    use: bool = key(
        "-", "true: the plan may reinforce; false: prices only, told where a limit stands in a way"
    )
    step_mva: Positive = key("MVA", "rating that one step adds")
    n1_limit: Annotated[float, Field(gt=0, le=1)] = key(
        "share",
        "part of a step that may be used: 1 where those there carry the largest one's loss already",
    )
    step_cny: NotNegative = key("CNY", "whole cost of one step, paid in the phase it is built in")
    most_steps: Annotated[int, Field(ge=1, le=4)] = key(
        "steps", "most steps of one substation; what is built stays"
    )
    substations: tuple[str, ...] | None = key(
        "-", "ids of those that may be reinforced; all where left out", default=None
    )
    from_phase: str | None = key(
        "-", "first phase in which a step can be in service; the first where left out", default=None
    )

    @property
    def step_names(self) -> tuple[str, ...]:
        """Return what one, two, ... steps add, in words."""
        return tuple(f"+{n * self.step_mva:g} MVA" for n in range(1, self.most_steps + 1))
