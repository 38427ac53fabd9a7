"""Hold the terms of business: what a station earns, costs to run, and how money is discounted."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from siting.scenario.base import NotNegative, Positive, Share, key
from siting.scenario.settings import Settings

FOLDER = "money"
DEFAULT = "shenzhen"


class Terms(Settings):
    """Hold the terms of business."""

    tariff: str = key("-", "name in models/tariff, or a TOML file")
    service_fee_cny_kwh: NotNegative = key("CNY/kWh", "charged on top of the energy price")
    pass_on: Share = key("share", "of the energy price that drivers pay")
    other_income_cny_station_year: NotNegative = key("CNY", "advertising, shop, parking")
    opex_share: Share = key("share a year", "upkeep and staff, of what was invested")
    rent_cny_bay_month: NotNegative = key("CNY/bay and month", "ground")
    subsidy_cny_kw: NotNegative = key("CNY/kW", "paid once, on pooled power built")
    discount: Annotated[float, Field(ge=0, le=1)] = key("share a year", "real discount rate")
    life_years: Positive = key("years", "over which an investment has to pay")
