"""Hold what the worst off gets, where the scenario asks for max-min."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from siting.plan.base import Part


class LeastShare(Part):
    """Tell how much of its demand within reach the worst off gets, at the end (max-min)."""

    of: Literal["served", "covered"]
    scope: str = Field(description="id of the district, or name of the group, that gets the least")
    share: float = Field(description="of its reachable demand, at the end of the last phase")
    held_share: float = Field(
        description="share that every district and group was held to while the objective was "
        "optimised: the highest found, less the slack; 0 where evaluated as given"
    )
    bound: float | None = Field(
        description="proven: no plan gives the worst off more; null where evaluated as given"
    )
