"""Hold a carbon method: its citation, its boundary, and every factor with its source.

A method counts either *operational* emissions (at the power plant, at the exhaust) or *life-cycle*
ones (with fuel supply and plant building). Each factor says which it is; mixing them is refused,
since a grid factor of one kind against a fuel factor of the other makes any plan look better or
worse than it is.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from siting.scenario.base import NotNegative, Positive, Section, Share, key
from siting.scenario.settings import Settings

FOLDER = "carbon"
DEFAULT = "guangdong-operational"

Boundary = Literal["operational", "life-cycle"]


class Electricity(Section):
    """Say what a kWh from the grid emits."""

    boundary: Boundary = key("-", "operational: at the plant; life-cycle: with its supply chain")
    kg_per_kwh: NotNegative = key("kg CO2/kWh", "average over the year")
    year: Annotated[int, Field(ge=1990, le=2100)] = key("year", "the factor is for")
    decline_per_year: Share = key("share", "fall of the factor from year to year")
    hourly: Annotated[tuple[NotNegative, ...], Field(min_length=24, max_length=24)] | None = key(
        "-", "24 factors on the average, by hour of the day", default=None
    )
    pv_kg_per_kwh: NotNegative = key("kg CO2/kWh", "of PV on the station's roof")


class Fuel(Section):
    """Say what a litre emits."""

    boundary: Boundary = key("-", "operational: at the exhaust; life-cycle: with its supply")
    kg_per_litre: NotNegative = key("kg CO2/l", "burnt")


class Fleet(Section):
    """Say what a kind of vehicle would burn if it did not charge."""

    title: str = key("-", "name shown in English")
    title_zh: str = key("-", "name shown in Chinese")
    fuel: str = key("-", "one of [fuels]")
    litres_per_100km: NotNegative = key("l/100 km", "of the vehicle replaced")
    kwh_per_100km: Positive = key("kWh/100 km", "from the gun")
    energy_share: Share = key(
        "share", "in the charging energy, where the scenario does not count fleets itself"
    )


class Embodied(Section):
    """Say what building, keeping, renewing and removing a station emits."""

    planning_kg_per_station: NotNegative = key("kg CO2", "surveys, design, permits")
    concrete_m3_per_bay: NotNegative = key("m3/bay", "ground and foundations")
    concrete_kg_per_m3: NotNegative = key("kg CO2/m3", "C30 concrete")
    charger_kg_per_kw: NotNegative = key("kg CO2/kW", "power electronics, of pooled power")
    transformer_kg_per_kva: NotNegative = key("kg CO2/kVA", "transformer")
    storage_kg_per_kwh: NotNegative = key("kg CO2/kWh", "battery, of its capacity")
    upkeep_share_per_year: Share = key("share a year", "spare parts, of the equipment")
    charger_life_years: Positive = key("years", "then the power electronics are renewed")
    storage_life_years: Positive = key("years", "then the battery is renewed")
    end_share: NotNegative = key("share", "demolition and recycling, of what was built")


class Value(Section):
    """Say what a tonne is worth, and whether anybody would pay for it."""

    cny_per_t: NotNegative = key("CNY/t", "carbon price")
    credit_eligible: bool = key("-", "true: a filed method lets such a plan earn credits")
    why: str = key("-", "the reason, in a sentence")


class CarbonMethod(Settings):
    """Hold one method."""

    citation: str = key("-", "standard or publication the method follows")
    boundary: Boundary = key("-", "what every factor has to be")
    horizon_years: Positive = key("years", "over which the plan is counted")
    leakage_share: Share = key("share", "of the avoided emissions, lost elsewhere")
    electricity: Electricity
    fuels: Annotated[dict[str, Fuel], Field(min_length=1)]
    fleets: Annotated[dict[str, Fleet], Field(min_length=1)]
    embodied: Embodied
    value: Value

    @model_validator(mode="after")
    def _one_boundary(self) -> CarbonMethod:
        kinds = {"electricity": self.electricity.boundary}
        kinds |= {f"fuels.{name}": fuel.boundary for name, fuel in self.fuels.items()}
        other = [name for name, kind in kinds.items() if kind != self.boundary]
        if other:
            msg = (
                f"the method is {self.boundary}, but {', '.join(other)} is not: operational and "
                "life-cycle factors are never mixed"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _fleets(self) -> CarbonMethod:
        for name, fleet in self.fleets.items():
            if fleet.fuel not in self.fuels:
                msg = f"fleets.{name}.fuel is {fleet.fuel!r}; [fuels] has {', '.join(self.fuels)}"
                raise ValueError(msg)
        total = sum(fleet.energy_share for fleet in self.fleets.values())
        if abs(total - 1) > 1e-6:  # noqa: PLR2004 - rounding
            msg = f"the fleets' energy_share adds up to {total:g}, not 1"
            raise ValueError(msg)
        return self
