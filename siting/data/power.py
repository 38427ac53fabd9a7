"""Say what a station asks of its substation, and what the substation can give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.data.demand import charging_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Grid, Phase, Scenario, StationType


def peak_load_kw(station: StationType, grid: Grid) -> float:
    """Return the highest load a station asks of the grid, on top of the base load.

    Pooled power times the demand factor for its number of guns, divided by the efficiency. A
    station without a gun of 480 kW stands already and is part of the base load.
    """
    if not station.is_super:
        return 0.0
    factor = next(
        (kx for limit, kx in grid.demand_factors if station.guns <= limit),
        grid.demand_factors[-1][1],
    )
    return station.pool_kw * factor / grid.efficiency


def limit_mw(case: Case, scenario: Scenario) -> NDArray[np.float64]:
    """Return each substation's limit in MW, (G,): rating, N-1 limit, power factor, reserve."""
    grid, table = scenario.grid, case.substations
    rated = table["rating_mva"].to_numpy(float) * table["n1_limit"].to_numpy(float)
    return np.asarray(rated * grid.power_factor * (1 - grid.reserve))


def base_mw(
    case: Case,
    scenario: Scenario,
    phase: Phase,
    *,
    profile: tuple[float, ...] | None = None,
) -> NDArray[np.float64]:
    """Return each substation's load without the plan's stations in MW, (G, 24).

    Parameters
    ----------
    case, scenario, phase
        The substations, and how their load grows.
    profile
        Hourly shares of the peak; the scenario's own design day where left out.
    """
    peak = case.substations["base_peak_mw"].to_numpy(float)
    day = np.array(profile or scenario.grid.base_profile) * phase.base_load_growth
    return np.asarray(peak[:, None] * day)


def headroom_kw(
    case: Case, scenario: Scenario, standing_kw: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what all stations of a substation may ask together at their peak, (T, G).

    All stations share the phase's hourly shape, so the worst hour is known beforehand: the least of
    (limit - base load) / shape over the day. Where the base load alone passes the limit nothing
    may be added. What stands already may go on standing.

    Parameters
    ----------
    case, scenario
        The substations and the rules.
    standing_kw
        (G,) highest load of the stations that stand before the plan.
    """
    size = (len(scenario.phases), len(case.substations))
    if not scenario.grid.enforce or not size[1]:
        return np.full(size, np.inf)
    limit, shapes = limit_mw(case, scenario), charging_shapes(case, scenario)
    rows = []
    for phase, shape in zip(scenario.phases, shapes, strict=True):
        room = limit[:, None] - base_mw(case, scenario, phase)
        scaled = np.full(room.shape, np.inf)
        np.divide(room, shape, out=scaled, where=shape > 0)
        most = np.where((room < 0).any(axis=1), 0.0, scaled.min(axis=1))
        rows.append(np.maximum(1000 * most, standing_kw))
    return np.array(rows)
