"""Sum a placed load up to the energy that carbon and money are counted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.placement import Placement
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Energy:
    """Hold a plan's energy: T phases, S stations, D kinds of day, 24 hours; kW mean over each hour.

    Every kWh stands in one place only: what PV gives is not in ``grid_kw``, and what a battery
    gives back was counted when it was charged.
    """

    grid_kw: Floats
    """(T, S, D, 24) taken from the grid less what is fed in."""
    pv_kw: Floats
    """(T, S, D, 24) generated on the station's roof and used or fed in."""
    delivered_kw: Floats
    """(T, S, D, 24) into vehicles, at the gun, less what they give back."""
    storage_kwh: Floats
    """(T, S) capacity of batteries."""
    days_per_year: Floats
    """(D,)"""

    def per_year(self, load_kw: Floats) -> Floats:
        """Return a load's energy in a year by phase and hour of the day, (T, 24) kWh."""
        return np.asarray(np.einsum("tsdh,d->th", load_kw, self.days_per_year))

    def by_station(self, load_kw: Floats) -> Floats:
        """Return a load's energy in a year by phase and station, (T, S) kWh."""
        return np.asarray(np.einsum("tsdh,d->ts", load_kw, self.days_per_year))


def energy_of(placement: Placement, scenario: Scenario) -> Energy:
    """Return the energy of a plan without PV, vehicles that give back, or more batteries.

    The battery of a station's type takes and gives by its timetable: its loss is bought, and not
    delivered.

    Parameters
    ----------
    placement
        The placed load; its expected part counts.
    scenario
        Its efficiency turns what the grid gives into what vehicles get.
    """
    grid = placement.expected_kw
    return Energy(
        grid_kw=grid,
        pv_kw=np.zeros_like(grid),
        delivered_kw=placement.guns_kw * scenario.grid.efficiency,
        storage_kwh=placement.battery_kwh,
        days_per_year=placement.days_per_year,
    )
