"""Tell who asks for how much: demand by phase, district and estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.data.demand import charging_shapes, demand_kwh, estimator_kwh
from siting.data.fit import check_fit

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.scenario import Scenario

_KWH_PER_MWH = 1000.0


@dataclass(frozen=True)
class PhaseDemand:
    """Hold the demand of one phase, MWh a day."""

    phase: str
    estimators: tuple[str, ...]
    districts: tuple[str, ...]
    mwh_day: tuple[tuple[float, ...], ...]
    """By district and estimator, rescaled as the plan has it."""
    composed_mwh_day: float
    """What the estimators, or the zones' own column, add up to before any rescaling."""
    demand_mwh_day: float
    """Demand of the phase: all of the above."""
    peak_hour: int
    """Hour of the day at which charging peaks."""

    @property
    def factor(self) -> float:
        """Return what every estimator was multiplied by."""
        return self.demand_mwh_day / self.composed_mwh_day


def demand_table(case: Case, scenario: Scenario) -> tuple[PhaseDemand, ...]:
    """Return the demand of every phase, split by district and by estimator.

    Parameters
    ----------
    case, scenario
        City and question; without estimators, the zones' own column stands as the only one.

    Raises
    ------
    CaseError, ScenarioError
        If they do not fit each other.
    """
    check_fit(case, scenario)
    items = scenario.demand.estimators
    parts = estimator_kwh(case, scenario)
    if not items:
        own = case.zones["demand"].to_numpy(float)
        parts = np.tile(own, (1, len(scenario.phases), 1))
    demand, shapes = demand_kwh(case, scenario).sum(axis=1), charging_shapes(case, scenario)
    names = case.districts["id"].tolist()
    zone = case.zones["district"].map({name: n for n, name in enumerate(names)}).to_numpy(int)
    rows = []
    for t, phase in enumerate(scenario.phases):
        composed = float(parts[:, t].sum())
        scaled = parts[:, t] * float(demand[t]) / composed / _KWH_PER_MWH
        table = np.array([np.bincount(zone, row, minlength=len(names)) for row in scaled]).T
        rows.append(
            PhaseDemand(
                phase=phase.name,
                estimators=tuple(item.name for item in items) or ("demand",),
                districts=tuple(names),
                mwh_day=tuple(tuple(row) for row in table.tolist()),
                composed_mwh_day=composed / _KWH_PER_MWH,
                demand_mwh_day=float(demand[t]) / _KWH_PER_MWH,
                peak_hour=int(shapes[t].argmax()),
            )
        )
    return tuple(rows)
