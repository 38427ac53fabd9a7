"""Hold the optional sections of the classical questions: trips to refuel, a market to win."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from siting.scenario.base import NotNegative, Positive, Section, Share, key


class Flow(Section):
    """Say which trips a vehicle can make: layer flows, along the shortest way by road."""

    range_km: Positive = key("km", "longest way on a full battery")
    round_trip: bool = key("-", "true: out and back the same way; false: one way")
    start_charge_share: Share = key(
        "share", "of the range, at the origin of a trip where no station stands"
    )
    end_charge_share: Share = key(
        "share", "of the range, to be left at the end of a trip where no station stands"
    )
    detour_km: NotNegative = key(
        "km", "longest extra way for a stop, by road; a site that asks for more is not on the path"
    )

    @model_validator(mode="after")
    def _charges(self) -> Flow:
        if self.start_charge_share == 0 and self.end_charge_share == 1:
            msg = "start_charge_share 0 and end_charge_share 1 leave a trip nothing to drive on"
            raise ValueError(msg)
        return self


class Market(Section):
    """Say how drivers choose among stations (Huff 1964), and which existing ones compete."""

    size: Literal["guns", "kw"] = key("-", "what a station attracts by: its guns, or their power")
    size_exponent: Positive = key("-", "attraction grows with size to this power")
    distance_decay: Positive = key("-", "attraction falls with minutes to this power")
    nearest_min: Positive = key("min", "nearer stations attract as if they were this far")
    competitor_types: Annotated[tuple[str, ...], Field(min_length=1)] = key(
        "-", "types of [stations] whose existing stations belong to competitors"
    )
