"""Hold a grid study's settings: the representative days of a year."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from siting.scenario.base import SUM_SLACK, NotNegative, Positive, Section, Shape, key
from siting.scenario.settings import Settings

FOLDER = "grid"
DEFAULT = "year"
DAYS_IN_YEAR = 365
_DAYS_SLACK = 1e-6


class Day(Section):
    """Describe one kind of day."""

    title: str = key("-", "name shown in English")
    title_zh: str = key("-", "name shown in Chinese")
    days_per_year: Positive = key("days", "how often it comes")
    base_factor: NotNegative = key("-", "base load's peak over that of the scenario's design day")
    charging_factor: NotNegative = key("-", "charging energy over that of the average day")
    base_profile: Shape | None = key(
        "share of peak", "24 values whose largest is 1; the scenario's where left out", default=None
    )
    when: Literal["summer", "weekend", "other"] = key(
        "-",
        "where it falls in a calendar year: nearest to 25 July; on Saturdays and Sundays first; or "
        "on what is left",
        default="other",
    )
    charging_profile: Shape | None = key(
        "shares of a day", "24 values that sum to 1; the scenario's where left out", default=None
    )

    @model_validator(mode="after")
    def _profiles(self) -> Day:
        if self.base_profile is not None and max(self.base_profile) != 1:
            msg = f"base_profile peaks at {max(self.base_profile)}, not 1"
            raise ValueError(msg)
        if self.charging_profile and abs(sum(self.charging_profile) - 1) > SUM_SLACK:
            msg = f"charging_profile sums to {sum(self.charging_profile):.4f}, not 1"
            raise ValueError(msg)
        return self


class Study(Settings):
    """Hold the days on which a plan's load is looked at."""

    days: Annotated[dict[str, Day], Field(min_length=1)] = key("-", "kinds of day, by name")

    @model_validator(mode="after")
    def _whole_year(self) -> Study:
        total = sum(day.days_per_year for day in self.days.values())
        if abs(total - DAYS_IN_YEAR) > _DAYS_SLACK:
            msg = f"days_per_year adds up to {total:g}, not {DAYS_IN_YEAR}"
            raise ValueError(msg)
        return self
