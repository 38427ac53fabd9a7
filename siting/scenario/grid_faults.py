"""Say why batteries or reinforcements of a scenario cannot be planned with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from siting.scenario.sections import Grid, Phase, Prices, StationType

SIZED = ("served", "covered", "access", "cost")
"""Objectives that choose sizes by phase, and so may choose batteries and reinforcements."""


def grid_faults(
    kind: str,
    phases: Sequence[Phase],
    stations: Mapping[str, StationType],
    prices: Prices,
    grid: Grid,
) -> Iterator[str]:
    """Yield each fault with its mend; none where all is well.

    Parameters
    ----------
    kind
        Of the objective.
    phases, stations, prices, grid
        The scenario's, each valid by itself.
    """
    stored = [name for name, item in stations.items() if item.battery_kwh]
    steps = grid.reinforcement
    if kind not in SIZED:
        known = ", ".join(SIZED)
        if stored:
            yield f"stations: objective {kind!r} knows no batteries ({stored[0]}): ask for {known}"
        if steps is not None and steps.use:
            mend = f"set use = false, or ask for {known}"
            yield f"grid.reinforcement: objective {kind!r} knows none: {mend}"
    if stored:
        asked = {
            "grid.battery_round_trip": grid.battery_round_trip,
            "grid.battery_depth": grid.battery_depth,
        }
        if any(stations[name].cost_cny is None for name in stored):
            asked["prices.battery_per_kwh"] = prices.battery_per_kwh
            asked["prices.battery_per_kw"] = prices.battery_per_kw
        for key, value in asked.items():
            if value is None:
                yield f"{key} is missing: stations.{stored[0]} has a battery"
    if steps is not None and steps.from_phase is not None:
        names = [phase.name for phase in phases]
        if steps.from_phase not in names:
            yield f"grid.reinforcement.from_phase: {steps.from_phase!r} is no phase of {names}"
