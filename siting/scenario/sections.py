"""Hold the sections of a scenario, each key with its unit and its reason."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads it at run time
from typing import Annotated, Literal

from pydantic import Field, model_validator

from siting.scenario.base import (
    SUM_SLACK,
    NotNegative,
    Positive,
    Section,
    Shape,
    Share,
    key,
)
from siting.scenario.estimators import Estimator, refuse_double_counting
from siting.scenario.kinds import ObjectiveKind, objective_faults
from siting.scenario.reinforcement import Reinforcement  # noqa: TC001 - as above

Confidence = Literal["A", "B", "C", "D", "M", "X"]


class Source(Section):
    """Say where a value comes from and how far to trust it."""

    confidence: Confidence = key(
        "-", "A, B, C, D, or M and X, which every report prints as assumptions"
    )
    source: str = key("-", "publication, measurement, or the reason for assuming it")


class Objective(Section):
    """Say what the best plan does best."""

    kind: ObjectiveKind = key(
        "-",
        "served: most energy; covered: most demand with a station within reach; "
        "access: least minutes; cost: least investment; of one phase and one type: "
        "set-cover: fewest stations that reach all demand; max-cover: most demand reached; "
        "backup-cover: most demand reached twice; p-median: least mean drive; "
        "p-center: least longest drive; p-dispersion: farthest apart; "
        "facility: least for stations and drives together; flow: most trips refuelled; "
        "market: most demand won from competitors",
    )
    min_served_share: Share | None = key(
        "share", "least share of reachable demand served in every phase", default=None
    )
    min_covered_share: Share | None = key(
        "share", "least share of reachable demand with a station within reach", default=None
    )
    capacities: bool | None = key(
        "-",
        "true: no station serves more than its type can; set-cover and p-median (default false), "
        "facility (default true)",
        default=None,
    )
    drive_cny_min: Positive | None = key(
        "CNY/min", "facility: worth of one driver's minute on the way to a charge", default=None
    )
    horizon_years: Positive | None = key(
        "years", "facility: years of drives weighed against a station's cost", default=None
    )

    @model_validator(mode="after")
    def _floors(self) -> Objective:
        if self.kind == "access" and not self.min_served_share:
            msg = "objective 'access' needs min_served_share: serving nobody takes no time"
            raise ValueError(msg)
        if self.kind == "cost" and self.min_served_share is None and self.min_covered_share is None:
            msg = "objective 'cost' needs min_served_share or min_covered_share"
            raise ValueError(msg)
        if faults := list(objective_faults(self)):
            msg = "; ".join(faults)
            raise ValueError(msg)
        return self

    @property
    def limits_service(self) -> bool:
        """Tell whether a classical question counts what each station can serve."""
        return self.kind == "facility" if self.capacities is None else self.capacities


class Demand(Section):
    """Turn metered city energy into demand for supercharging."""

    public_dc_share: Share = key("share", "public fast charging in all charging energy")
    case_share: Share = key(
        "share", "part of the metered city this case holds (1 for the whole city)"
    )
    estimators: tuple[Estimator, ...] = key(
        "-", "what demand is made of; without them it is the zones' own column", default=()
    )

    @model_validator(mode="after")
    def _counted_once(self) -> Demand:
        refuse_double_counting(self.estimators)
        return self


class Phase(Section):
    """Set one date's target, money and demand."""

    name: Annotated[str, Field(min_length=1)] = key("-", "short label, shown on maps")
    date: dt.date = key("date", "when the phase is complete")
    ratio: NotNegative = key("stations per fuel station", "city-wide target")
    district_floor: NotNegative = key(
        "stations per fuel station", "least ratio in every district", default=0.0
    )
    district_ratio: dict[str, NotNegative] = key(
        "stations per fuel station", "floor for single districts, over district_floor", default={}
    )
    max_stations: Annotated[int, Field(ge=0)] | None = key(
        "stations", "most supercharging stations open", default=None
    )
    budget_cny: NotNegative | None = key(
        "CNY", "money that arrives with this phase; what is left carries over", default=None
    )
    city_gwh_day: Positive | None = key(
        "GWh/day",
        "metered charging energy of the whole city; zones are rescaled to it",
        default=None,
    )
    super_share: Share | None = key(
        "share", "supercharging in public fast charging; goes with city_gwh_day", default=None
    )
    growth: Positive = key(
        "-", "factor on the zones' own kWh/day, where no city_gwh_day is given", default=1.0
    )
    base_load_growth: Positive = key("-", "factor on every substation's base load")
    weight: NotNegative = key("-", "weight of this phase in the objective", default=1.0)

    @model_validator(mode="after")
    def _metered(self) -> Phase:
        if (self.city_gwh_day is None) != (self.super_share is None):
            msg = "city_gwh_day and super_share go together"
            raise ValueError(msg)
        return self


class Ratio(Section):
    """Say what is counted against what."""

    form: Literal["stations", "guns"] = key(
        "-", "stations: stations per fuel station; guns: supercharging guns per fuel nozzle"
    )


class StationType(Section):
    """Describe one size of station."""

    title: str = key("-", "name shown in English")
    title_zh: str = key("-", "name shown in Chinese")
    super_guns: Annotated[int, Field(ge=0)] = key(
        "guns", "guns of 480 kW or more; 0: not a supercharging station"
    )
    fast_guns: Annotated[int, Field(ge=0)] = key("guns", "other fast guns (a gun is a bay)")
    pool_kw: Positive = key("kW", "power shared by all guns")
    transformer_kva: Positive = key("kVA", "own transformer")
    cost_cny: Positive | None = key(
        "CNY", "whole cost; computed from [prices] where absent", default=None
    )
    buildable: bool = key("-", "false: only as an existing station", default=True)
    battery_kwh: NotNegative = key("kWh", "battery of the station; 0: none", default=0.0)
    battery_kw: NotNegative = key("kW", "most it takes or gives", default=0.0)

    @model_validator(mode="after")
    def _whole_battery(self) -> StationType:
        if bool(self.battery_kwh) != bool(self.battery_kw):
            msg = "battery_kwh and battery_kw go together"
            raise ValueError(msg)
        return self

    @property
    def guns(self) -> int:
        """Return all guns."""
        return self.super_guns + self.fast_guns

    @property
    def is_super(self) -> bool:
        """Tell whether it counts towards the ratio."""
        return self.super_guns > 0


class Prices(Section):
    """Price the parts of a station."""

    pool_per_kw: NotNegative = key("CNY/kW", "power electronics and liquid cooling")
    super_terminal: NotNegative = key("CNY/gun", "terminal of 480 kW or more")
    fast_terminal: NotNegative = key("CNY/gun", "other terminal")
    transformer_per_kva: NotNegative = key("CNY/kVA", "transformer, installed")
    civil_per_bay: NotNegative = key("CNY/bay", "ground, canopy, marking")
    design: NotNegative = key("CNY/station", "design and permits")
    battery_per_kwh: NotNegative | None = key("CNY/kWh", "battery, installed", default=None)
    battery_per_kw: NotNegative | None = key("CNY/kW", "battery's converter", default=None)


class Service(Section):
    """Promise a waiting time; it sets what a station can serve (Erlang C)."""

    session_kwh: Positive = key("kWh", "energy of one session")
    occupation_min: Positive = key("min", "time a session holds a gun, plugging included")
    peak_hour_share: Annotated[float, Field(gt=0, le=1)] = key(
        "share", "busiest hour's sessions in the day's"
    )
    max_wait_min: Positive = key("min", "mean wait at the busiest hour, at most")
    max_wait_probability: Annotated[float, Field(gt=0, le=1)] = key(
        "share", "drivers who wait at all at the busiest hour, at most"
    )


class Grid(Section):
    """Say what a station asks of its substation, and what the substation can give."""

    enforce: bool = key("-", "true: no plan may pass a substation's limit")
    power_factor: Annotated[float, Field(gt=0, le=1)] = key("-", "after compensation")
    efficiency: Annotated[float, Field(gt=0, le=1)] = key("-", "from grid to gun")
    demand_factors: tuple[tuple[int, Share], ...] = key(
        "guns, share",
        "demand factor Kx by gun count: pairs (up to this many guns, factor), ascending",
    )
    reserve: Share = key("share", "kept free of each substation's N-1 limit")
    charging_profile: Shape = key("shares of a day", "hourly charging, 24 values that sum to 1")
    base_profile: Shape = key("share of peak", "hourly base load, 24 values whose largest is 1")
    assign: Literal["nearest", "network", "area"] = key(
        "-",
        "substation of a site that names none: nearest by straight line; network: by length of "
        "road; area: by layer supply_areas",
        default="nearest",
    )
    battery_round_trip: Annotated[float, Field(gt=0, le=1)] | None = key(
        "share", "what a station's battery gives back of what it takes", default=None
    )
    battery_depth: Annotated[float, Field(gt=0, le=1)] | None = key(
        "share", "usable part of a station's battery", default=None
    )
    reinforcement: Reinforcement | None = None

    @model_validator(mode="after")
    def _profiles(self) -> Grid:
        if abs(sum(self.charging_profile) - 1) > SUM_SLACK:
            msg = f"charging_profile sums to {sum(self.charging_profile):.4f}, not 1"
            raise ValueError(msg)
        if max(self.base_profile) != 1:
            msg = f"base_profile peaks at {max(self.base_profile)}, not 1"
            raise ValueError(msg)
        limits = [limit for limit, _ in self.demand_factors]
        if not limits or limits != sorted(set(limits)):
            msg = "demand_factors must list ascending gun counts"
            raise ValueError(msg)
        return self


class Existing(Section):
    """Say what may happen to stations that stand already."""

    policy: Literal["keep", "upgrade", "upgrade-or-close"] = key(
        "-", "keep as is; or may be upgraded; or closed, if not upgraded by the plan"
    )
    default_type: str = key("-", "type of an existing station whose row names none")
    credit_share: Share = key(
        "share", "part of an existing station's cost saved when it is upgraded"
    )


class Limits(Section):
    """Limit where stations may stand."""

    spacing_m: NotNegative = key("m", "least distance between two supercharging stations (0: none)")
    area_per_bay_m2: Positive = key(
        "m2", "ground per gun; sites with a known area take only what fits"
    )


class Solve(Section):
    """Limit the search."""

    gap: NotNegative = key("share", "stop at this proven gap")
    time_limit_s: Positive = key("s", "stop after this long")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = key("-", "same inputs and seed, same path")
    threads: Annotated[int, Field(ge=1, le=64)] = key("cores", "parts of the search at a time")
    solver: str = key("-", "highs, cbc, or another that PuLP knows")
    iterations: Annotated[int, Field(ge=1)] | None = key(
        "steps",
        "stop after as many neighbourhoods; same inputs, seed and steps: same plan on any machine "
        "and any number of cores, unless time_limit_s comes first",
        default=None,
    )
