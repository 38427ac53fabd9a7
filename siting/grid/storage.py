"""Hold what batteries, PV, V2G and demand response cost and can do: a settings file's model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from siting.scenario.base import SUM_SLACK, NotNegative, Positive, Section, Shape, Share, key
from siting.scenario.settings import Settings

FOLDER = "storage"
DEFAULT = "shenzhen"

Efficiency = Annotated[float, Field(gt=0, le=1)]
Shares = Annotated[tuple[Share, ...], Field(min_length=24, max_length=24)]


class Battery(Section):
    """Describe batteries at stations."""

    cny_kwh: NotNegative = key("CNY/kWh", "cells, rack and works")
    cny_kw: NotNegative = key("CNY/kW", "converter")
    life_years: Positive = key("years", "over which it is written off")
    upkeep_share: Share = key("share a year", "of the investment")
    wear_cny_kwh: NotNegative = key("CNY/kWh", "for each kWh discharged")
    round_trip: Efficiency = key("share", "of what is charged that is given back")
    depth: Efficiency = key("share", "usable part of the capacity")
    c_rate: Positive = key("kW/kWh", "most power for each kWh")
    kwh_per_bay: NotNegative = key("kWh", "most that fits, for each bay")
    export: bool = key("-", "true: batteries may feed the grid", default=False)


class Pv(Section):
    """Describe PV at stations."""

    cny_kw: NotNegative = key("CNY/kW", "modules, inverter and works")
    life_years: Positive = key("years", "over which it is written off")
    upkeep_share: Share = key("share a year", "of the investment")
    kw_per_bay: NotNegative = key("kW", "most that fits, for each bay")
    kwh_kw_year: NotNegative = key("kWh/kW", "yield of a year")
    shape: Shape = key("shares of a day", "24 values that sum to 1")
    day_factor: dict[str, NotNegative] = key(
        "-", "sun on a kind of day (of the grid study) over the average day's", default={}
    )

    @model_validator(mode="after")
    def _whole_day(self) -> Pv:
        if abs(sum(self.shape) - 1) > SUM_SLACK:
            msg = f"shape sums to {sum(self.shape):.4f}, not 1"
            raise ValueError(msg)
        return self


class Vehicles(Section):
    """Describe vehicles that give back."""

    station_share: Share = key("share", "of stations that have it, those with most power first")
    power_share: Share = key("share", "of a station's pooled power that runs both ways")
    kwh_kw_day: NotNegative = key("kWh/kW", "given in a day for each kW of it")
    round_trip: Efficiency = key("share", "of what vehicles are given back that they had given")
    available: Shares = key("share", "24 values: of that power with a willing vehicle on it")


class Response(Section):
    """Describe what stations can leave out when the grid calls, and what that is paid."""

    price_cny_kwh: NotNegative = key("CNY/kWh", "paid for each kWh delivered")
    least_kw: NotNegative = key("kW", "least that an aggregator may offer")
    least_hours: NotNegative = key("h", "least time that it may offer it for")
    defer_share: Share = key("share", "of charging that may wait")
    defer_hours: Annotated[int, Field(ge=0, le=23)] = key("h", "within which it is made up for")
    defer_cny_kwh: NotNegative = key("CNY/kWh", "paid to drivers who wait")
    shed_share: Share = key("share", "of charging that may be refused")
    unserved_cny_kwh: NotNegative = key("CNY/kWh", "worth of charging that is refused")

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Response:
        if self.defer_share + self.shed_share > 1:
            msg = f"defer_share and shed_share add up to {self.defer_share + self.shed_share:g}"
            raise ValueError(msg)
        return self


class Storage(Settings):
    """Hold equipment beside the guns, and how vehicles and drivers help."""

    discount: Annotated[float, Field(ge=0, le=1)] = key("share a year", "real discount rate")
    overload_cny_kwh: Positive = key("CNY/kWh", "price of passing a substation's limit")
    battery: Battery = key("-", "batteries")
    pv: Pv = key("-", "photovoltaics")
    v2g: Vehicles = key("-", "vehicles that give back")
    response: Response = key("-", "demand response")


def recovery(discount: float, life_years: float) -> float:
    """Return the capital recovery factor: the yearly payment that pays off 1 over a life.

    Parameters
    ----------
    discount
        Share a year.
    life_years
        Number of payments.
    """
    if discount == 0:
        return 1 / life_years
    return float(discount / (1 - (1 + discount) ** -life_years))
