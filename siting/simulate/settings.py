"""Say how drivers choose, wait and charge: what a scenario does not hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from siting.scenario.base import SUM_SLACK, NotNegative, Positive, Section, Shape, Share, key
from siting.scenario.settings import Settings

FOLDER = "simulation"
"""Of ``models``."""


class Choice(Section):
    """Say which station a driver takes."""

    rule: Literal["logit", "least"] = key(
        "-", "logit: the likelier the less generalised time; least: always the least"
    )
    scale_min: Positive = key("min", "scale of the Gumbel taste of a driver for a station (logit)")
    wait_weight: NotNegative = key(
        "-", "minutes of driving that a minute of expected wait is worth"
    )
    balk_wait_min: Positive = key(
        "min", "who expects a longer wait does not go there, or drives off"
    )


class Charging(Section):
    """Say how a session goes."""

    law: Literal["curve", "exponential"] = key(
        "-",
        "curve: by battery, state of charge and shared power; exponential: a gun is held for an "
        "exponential time of the scenario's occupation_min, whatever the power",
    )
    energy_cv: Annotated[float, Field(gt=0, le=2)] = key(
        "-", "standard deviation of a session's energy over its mean (gamma)"
    )
    plug_min: NotNegative = key("min", "a gun is held before charging begins (curve)")
    super_gun_kw: Positive = key("kW", "most that a super gun gives")
    fast_gun_kw: Positive = key("kW", "most that another gun gives")
    taper: Annotated[tuple[tuple[Share, Share], ...], Field(min_length=2)] = key(
        "state of charge, share",
        "share of its highest power that a battery takes: points, straight between them",
    )

    @model_validator(mode="after")
    def _falls(self) -> Charging:
        charge = [point[0] for point in self.taper]
        power = [point[1] for point in self.taper]
        if charge != sorted(set(charge)) or charge[0] != 0:
            msg = "taper must begin at 0 and list ascending states of charge"
            raise ValueError(msg)
        if power != sorted(power, reverse=True) or power[-1] <= 0:
            msg = "taper must fall, and stay above 0"
            raise ValueError(msg)
        return self


class Car(Section):
    """Describe one class of cars."""

    title: str = key("-", "name shown in English")
    title_zh: str = key("-", "name shown in Chinese")
    share: Share = key("share", "of all sessions")
    battery_kwh: Positive = key("kWh", "usable")
    peak_kw: Positive = key("kW", "most that the battery takes")
    start_soc_low: Share = key("share", "lowest state of charge on arrival (uniform)")
    start_soc_high: Share = key("share", "highest state of charge on arrival (uniform)")

    @model_validator(mode="after")
    def _ordered(self) -> Car:
        if self.start_soc_low > self.start_soc_high:
            msg = "start_soc_low is above start_soc_high"
            raise ValueError(msg)
        return self


class Week(Section):
    """Shape five working days and a weekend."""

    working_profile: Shape = key("shares of a day", "24 values that sum to 1")
    weekend_profile: Shape = key("shares of a day", "24 values that sum to 1")
    weekend_factor: Positive = key("-", "sessions of a weekend day over a working day's")

    @model_validator(mode="after")
    def _whole(self) -> Week:
        for name in ("working_profile", "weekend_profile"):
            total = sum(getattr(self, name))
            if abs(total - 1) > SUM_SLACK:
                msg = f"{name} sums to {total:.4f}, not 1"
                raise ValueError(msg)
        return self


class Simulation(Settings):
    """Hold one way to simulate a plan."""

    replications: Annotated[int, Field(ge=2, le=10_000)] = key("runs", "independent runs")
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = key("share", "of every interval")
    warmup_hours: Annotated[int, Field(ge=0, le=168)] = key(
        "h", "simulated before what is counted, at the demand of the same hours"
    )
    choice: Choice
    charging: Charging
    cars: Annotated[dict[str, Car], Field(min_length=1)] = key("-", "classes of cars, by name")
    week: Week

    @model_validator(mode="after")
    def _whole(self) -> Simulation:
        total = sum(car.share for car in self.cars.values())
        if abs(total - 1) > SUM_SLACK:
            msg = f"the shares of cars sum to {total:.4f}, not 1"
            raise ValueError(msg)
        full = self.charging.taper[-1][0]
        late = [name for name, car in self.cars.items() if car.start_soc_high >= full]
        if late:
            msg = f"cars.{late[0]}.start_soc_high must be below the taper's last point, {full:g}"
            raise ValueError(msg)
        return self
