"""Say how far a driver goes for a charge."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from siting.scenario.base import Positive, Section, Slower, key


class Reach(Section):
    """Say how far a driver goes for a charge: by minutes, or by km with a value per district."""

    minutes: Positive | None = key("min", "longest drive, access legs included", default=None)
    km: dict[str, Positive] | None = key(
        "km",
        "longest way by road from a zone of that district; 'default' serves the others",
        default=None,
    )
    detour_factor: Annotated[float, Field(ge=1)] = key(
        "-", "road distance over straight line, used only where the case has no roads"
    )
    straight_kmh: Positive = key(
        "km/h", "door-to-door speed, used only where the case has no roads"
    )
    access_kmh: Positive = key("km/h", "speed on the leg between a point and its road")
    max_snap_m: Positive = key(
        "m", "a point farther than this from any road is unreachable, and listed"
    )
    congestion: Annotated[tuple[Slower, ...], Field(min_length=24, max_length=24)] | None = key(
        "-", "factor on driving time by hour of the day: 24 values, 1 is free flow", default=None
    )
    hour: Annotated[int, Field(ge=0, le=23)] | None = key(
        "hour",
        "hour of the day whose congestion counts; free flow where it is left out",
        default=None,
    )

    @model_validator(mode="after")
    def _one_rule(self) -> Reach:
        if (self.minutes is None) == (self.km is None):
            msg = "give either minutes or km, not both and not neither"
            raise ValueError(msg)
        if self.km is not None and "default" not in self.km:
            msg = "km needs a value for 'default'"
            raise ValueError(msg)
        if self.hour is not None and self.congestion is None:
            msg = "hour needs congestion, 24 factors on driving time"
            raise ValueError(msg)
        return self

    @property
    def slowdown(self) -> float:
        """Return the factor on driving time at the hour planned for; 1 for free flow."""
        return 1.0 if self.congestion is None or self.hour is None else self.congestion[self.hour]
