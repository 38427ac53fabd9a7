"""Hold what electricity costs and earns by the hour: a time-of-use tariff and feed-in prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field, model_validator

from siting.scenario.base import NotNegative, Section, key
from siting.scenario.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FOLDER = "tariff"
DEFAULT = "shenzhen-10kv"

Periods = Annotated[tuple[str, ...], Field(min_length=24, max_length=24)]


class TariffDay(Section):
    """Say which period each hour of a kind of day belongs to."""

    periods: Periods = key("-", "24 names of periods, from 0 h to 23 h")


class Tariff(Settings):
    """Hold prices by period, and which hours belong to which period."""

    periods: Periods = key("-", "24 names of periods, from 0 h to 23 h, of an ordinary day")
    days: dict[str, TariffDay] = key(
        "-", "kinds of day (of the grid study) with other periods", default={}
    )
    buy_cny_kwh: dict[str, NotNegative] = key("CNY/kWh", "price of energy taken, by period")
    v2g_cny_kwh: dict[str, NotNegative] = key(
        "CNY/kWh", "price of energy given back by vehicles, by period"
    )
    feed_in_cny_kwh: NotNegative = key("CNY/kWh", "price of PV and storage energy fed in")
    capacity_cny_kw_month: NotNegative = key("CNY/kW and month", "charge on the highest load")

    @model_validator(mode="after")
    def _every_period_has_a_price(self) -> Tariff:
        used = set(self.periods).union(*(day.periods for day in self.days.values()))
        for table in ("buy_cny_kwh", "v2g_cny_kwh"):
            missing = sorted(used - set(getattr(self, table)))
            if missing:
                msg = f"{table} has no price for {', '.join(missing)}"
                raise ValueError(msg)
        return self

    def buy(self, day: str) -> Floats:
        """Return the price of each hour's energy on a kind of day, (24,) CNY/kWh."""
        return self._prices(day, self.buy_cny_kwh)

    def v2g(self, day: str) -> Floats:
        """Return what vehicles are paid for each hour's energy, (24,) CNY/kWh."""
        return self._prices(day, self.v2g_cny_kwh)

    def feed_in(self, day: str) -> Floats:
        """Return the price of each hour's energy fed in, (24,) CNY/kWh.

        It is never above the price of buying: through one meter a station cannot do both at once.
        """
        return np.minimum(self.feed_in_cny_kwh, self.buy(day))

    def _prices(self, day: str, prices: dict[str, float]) -> Floats:
        periods = self.days[day].periods if day in self.days else self.periods
        return np.array([prices[name] for name in periods])
