"""Hold what is asked of storage, PV and V2G: loads, prices, limits and costs, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

NOWHERE = -1
"""Group of a station that no substation limits."""


@dataclass(frozen=True)
class Equipment:
    """Hold what equipment costs a year (capital recovery and upkeep), and what it can do."""

    battery_cny_kwh_year: float
    battery_cny_kw_year: float
    pv_cny_kw_year: float
    wear_cny_kwh: float
    """For each kWh discharged."""
    round_trip: float
    """Of a battery; the loss is shared evenly by charging and discharging."""
    depth: float
    """Usable share of a battery's kWh."""
    c_rate: float
    """Most kW for each kWh."""
    v2g_round_trip: float
    storage_export: bool
    """Whether batteries may feed the grid; else PV alone does."""
    overload_cny_kwh: float
    """Price of each kWh by which a substation's limit is passed."""

    @property
    def one_way(self) -> float:
        """Return the share that is left of energy charged, or of energy discharged."""
        return float(np.sqrt(self.round_trip))


@dataclass(frozen=True, eq=False)
class Sizes:
    """Hold sizes by station, (J,)."""

    battery_kwh: Floats
    battery_kw: Floats
    pv_kw: Floats


@dataclass(frozen=True, eq=False)
class Question:
    """Hold J stations, G groups (substations), D days of H hours."""

    stations: tuple[str, ...]
    groups: tuple[str, ...]
    days: tuple[str, ...]
    group_of: Places
    """(J,) or ``NOWHERE``."""
    days_per_year: Floats
    """(D,)"""
    load_kw: Floats
    """(J, D, H) energy that comes, at the grid's side."""
    design_kw: Floats
    """(J, D, H) load that limits are checked against."""
    connection_kw: Floats
    """(J,) most that a station may take, or feed in."""
    room_kw: Floats
    """(G, D, H) limit less base load; below zero where the base load alone passes it."""
    sun: Floats
    """(D, H) kW for each kW of PV."""
    v2g_kw: Floats
    """(J, D, H) most that vehicles give, or take back; they give to other vehicles only."""
    v2g_kwh: Floats
    """(J, D) most that vehicles give in a day."""
    buy_cny: Floats
    """(D, H)"""
    feed_in_cny: Floats
    """(D, H) no more than ``buy_cny``."""
    v2g_cny: Floats
    """(D, H)"""
    capacity_cny_kw_year: float
    least: Sizes
    """What stands already."""
    most: Sizes
    equipment: Equipment

    def __post_init__(self) -> None:
        if np.any(self.feed_in_cny > self.buy_cny):
            msg = "feed-in above the price of buying: one meter cannot do both at once"
            raise ValueError(msg)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return stations, days, hours."""
        j, d, h = self.load_kw.shape
        return j, d, h

    def fixed(self, sizes: Sizes) -> Question:
        """Return the question with all sizes given."""
        return replace(self, least=sizes, most=sizes)

    def bare(self) -> Question:
        """Return the question with no battery, no PV and no V2G."""
        none = np.zeros(len(self.stations))
        without = replace(self, v2g_kw=np.zeros_like(self.v2g_kw))
        return without.fixed(Sizes(none, none, none))

    def part(self, stations: Places, groups: Places) -> Question:
        """Return the question of some stations and the groups they belong to."""
        place = np.full(len(self.groups) + 1, NOWHERE, dtype=np.int64)
        place[groups] = np.arange(len(groups))

        def of(sizes: Sizes) -> Sizes:
            rows = (sizes.battery_kwh, sizes.battery_kw, sizes.pv_kw)
            return Sizes(*(row[stations] for row in rows))

        return replace(
            self,
            stations=tuple(self.stations[j] for j in stations),
            groups=tuple(self.groups[g] for g in groups),
            group_of=place[self.group_of[stations]],
            load_kw=self.load_kw[stations],
            design_kw=self.design_kw[stations],
            connection_kw=self.connection_kw[stations],
            room_kw=self.room_kw[groups],
            v2g_kw=self.v2g_kw[stations],
            v2g_kwh=self.v2g_kwh[stations],
            least=of(self.least),
            most=of(self.most),
        )

    def on_days(self, days: Places) -> Question:
        """Return the question of some of its days."""
        return replace(
            self,
            days=tuple(self.days[d] for d in days),
            days_per_year=self.days_per_year[days],
            load_kw=self.load_kw[:, days],
            design_kw=self.design_kw[:, days],
            room_kw=self.room_kw[:, days],
            sun=self.sun[days],
            v2g_kw=self.v2g_kw[:, days],
            v2g_kwh=self.v2g_kwh[:, days],
            buy_cny=self.buy_cny[days],
            feed_in_cny=self.feed_in_cny[days],
            v2g_cny=self.v2g_cny[days],
        )
