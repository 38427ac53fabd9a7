"""State the question: a frozen, checked model of ``models/*.toml``.

Every key has a unit and a one-line reason. No number the plan depends on is hidden here: a limit
left out is off, a parameter left out is refused. Where a value comes from, and how far it can be
trusted, stands beside it in the file's ``[sources]`` table (A official or several sources, B one
credible source, C one weak source, D derived, M from memory, X assumed).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from siting.scenario.base import Section, key
from siting.scenario.candidate_rules import Candidates, SyntheticGrid
from siting.scenario.classical import Flow, Market
from siting.scenario.equity import Equity, Group, equity_faults
from siting.scenario.estimators import Estimator
from siting.scenario.fixed import Fixed, fixed_faults
from siting.scenario.grid_faults import grid_faults
from siting.scenario.kinds import ClassicalKind, ObjectiveKind, classical_faults
from siting.scenario.reach import Reach
from siting.scenario.reinforcement import Reinforcement
from siting.scenario.robust import Robust, robust_faults
from siting.scenario.sections import (
    Confidence,
    Demand,
    Existing,
    Grid,
    Limits,
    Objective,
    Phase,
    Prices,
    Ratio,
    Service,
    Solve,
    Source,
    StationType,
)

__all__ = [
    "Candidates",
    "ClassicalKind",
    "Confidence",
    "Demand",
    "Equity",
    "Estimator",
    "Existing",
    "Fixed",
    "Flow",
    "Grid",
    "Group",
    "Limits",
    "Market",
    "Objective",
    "ObjectiveKind",
    "Phase",
    "Prices",
    "Ratio",
    "Reach",
    "Reinforcement",
    "Robust",
    "Scenario",
    "Section",
    "Service",
    "Solve",
    "Source",
    "StationType",
    "SyntheticGrid",
    "key",
]


class Scenario(Section):
    """Hold one question, whole."""

    name: str = key("-", "file name without .toml")
    title: str = key("-", "one line in English")
    title_zh: str = key("-", "one line in Chinese")
    case: str = key("-", "shipped city, or a folder with case.toml", default="shenzhen")
    objective: Objective
    ratio: Ratio
    reach: Reach
    demand: Demand
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    stations: Annotated[dict[str, StationType], Field(min_length=1)]
    prices: Prices
    service: Service
    grid: Grid
    existing: Existing
    limits: Limits
    candidates: Candidates | None = None
    synthetic_grid: SyntheticGrid | None = None
    flow: Flow | None = None
    market: Market | None = None
    equity: Equity | None = None
    robust: Robust | None = None
    fixed: tuple[Fixed, ...] = key("-", "sites decided by hand, each from a phase on", default=())
    only_fixed: bool = key(
        "-",
        "true: nothing else is built or changed; the plan is evaluated as given, not optimised",
        default=False,
    )
    solve: Solve
    sources: dict[str, Source] = Field(
        default={}, description="where each value comes from, by dotted key"
    )

    @model_validator(mode="after")
    def _whole(self) -> Scenario:
        dates = [phase.date for phase in self.phases]
        names = [phase.name for phase in self.phases]
        if dates != sorted(set(dates)) or len(set(names)) != len(names):
            when = [str(date) for date in dates]
            msg = f"phases: dates must ascend and names differ, got {names} at {when}"
            raise ValueError(msg)
        if not any(phase.weight for phase in self.phases):
            msg = "phases: at least one weight must be above 0, or no plan is better than another"
            raise ValueError(msg)
        for item in self.demand.estimators:
            if strange := sorted(set(item.growth) - set(names)):
                msg = f"demand.estimators.{item.name}.growth: {strange} are no phases of {names}"
                raise ValueError(msg)
        if self.existing.default_type not in self.stations:
            known = sorted(self.stations)
            msg = f"existing.default_type: {self.existing.default_type!r} is not one of {known}"
            raise ValueError(msg)
        if not any(kind.buildable and kind.is_super for kind in self.stations.values()):
            msg = "stations: at least one buildable type needs super_guns >= 1"
            raise ValueError(msg)
        kind, phases, stations = self.objective.kind, self.phases, self.stations
        faults = [
            *classical_faults(kind, phases, stations),
            *grid_faults(kind, phases, stations, self.prices, self.grid),
            *equity_faults(self.equity, kind, names, self.solve.solver),
            *robust_faults(self),
        ]
        if faults:
            msg = "; ".join(faults)
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _decided(self) -> Scenario:
        names = [phase.name for phase in self.phases]
        if faults := list(fixed_faults(self.fixed, names, self.stations)):
            msg = "; ".join(faults)
            raise ValueError(msg)
        if self.only_fixed and (self.robust or self.objective.kind in {"flow", "market"}):
            what = "robust" if self.robust else f"objective {self.objective.kind!r}"
            msg = f"only_fixed: {what} cannot be evaluated as given"
            raise ValueError(msg)
        return self

    @property
    def drive_cny_kwh_min(self) -> float:
        """Return what one minute's drive for each kWh a day is worth over the horizon, in CNY.

        The worth of a minute x 365 days x years / energy of a session; 0 unless that is asked.
        """
        worth, years = self.objective.drive_cny_min, self.objective.horizon_years
        return (worth or 0.0) * 365 * (years or 0.0) / self.service.session_kwh

    @model_validator(mode="after")
    def _classical(self) -> Scenario:
        kind, market = self.objective.kind, self.market
        if kind not in {"flow", "market"}:
            return self
        if (self.flow if kind == "flow" else market) is None:
            msg = f"objective {kind!r} needs a section [{kind}]"
            raise ValueError(msg)
        if len(self.phases) > 1:
            msg = f"objective {kind!r} takes one phase, got {len(self.phases)}"
            raise ValueError(msg)
        if self.objective.min_served_share or self.objective.min_covered_share:
            msg = f"objective {kind!r} takes no min_served_share and no min_covered_share"
            raise ValueError(msg)
        if self.solve.solver != "highs":
            msg = f"objective {kind!r} is solved by highs only, not {self.solve.solver!r}"
            raise ValueError(msg)
        if kind == "market" and market is not None:
            self._competitors(market)
        return self

    def _competitors(self, market: Market) -> None:
        if unknown := sorted(set(market.competitor_types) - set(self.stations)):
            known = sorted(self.stations)
            msg = f"market.competitor_types: {unknown[0]!r} is not one of {known}"
            raise ValueError(msg)
        if self.existing.policy != "keep":
            msg = (
                "objective 'market' needs existing.policy = \"keep\": competitors stay as they are"
            )
            raise ValueError(msg)

    def cost_cny(self, kind: str) -> float:
        """Return what a new station of that type costs, in CNY."""
        station, price = self.stations[kind], self.prices
        if station.cost_cny is not None:
            return station.cost_cny
        return (
            station.pool_kw * price.pool_per_kw
            + station.super_guns * price.super_terminal
            + station.fast_guns * price.fast_terminal
            + station.transformer_kva * price.transformer_per_kva
            + station.guns * price.civil_per_bay
            + station.battery_kwh * (price.battery_per_kwh or 0.0)
            + station.battery_kw * (price.battery_per_kw or 0.0)
            + price.design
        )
