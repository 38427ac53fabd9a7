"""Ask what equipment a plan's stations should have, phase by phase: build the question."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.grid.placement import NOWHERE
from siting.grid.storage import recovery
from siting.models.dispatch.question import Equipment, Question, Sizes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.placement import Placement
    from siting.grid.storage import Storage
    from siting.grid.study import Study
    from siting.grid.tariff import Tariff
    from siting.plan import Document
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

MONTHS = 12


@dataclass(frozen=True, eq=False)
class Sites:
    """Hold what stations can carry: T phases, S stations."""

    bays: Floats
    """(T, S)"""
    pool_kw: Floats
    """(T, S)"""
    peak_kw: Floats
    """(T, S) connection: the highest load a station may ask for."""
    has_v2g: NDArray[np.bool_]
    """(S,)"""


def sites_of(document: Document, scenario: Scenario, storage: Storage) -> Sites:
    """Return what a plan's stations can carry.

    V2G stands where most power is in the last phase; ties go to the station named first.

    Parameters
    ----------
    document, scenario
        The plan and its types of station.
    storage
        Says which share of stations has V2G.
    """
    shape = (len(document.phases), len(document.stations))
    bays, pool, peak = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for s, station in enumerate(document.stations):
        for t, step in enumerate(station.steps):
            if step.type is not None and step.peak_kw > 0:
                kind = scenario.stations[step.type]
                bays[t, s], pool[t, s], peak[t, s] = kind.guns, kind.pool_kw, step.peak_kw
    names = np.array([station.id for station in document.stations])
    order = np.lexsort((names, -pool[-1]))
    count = math.floor(storage.v2g.station_share * int((pool[-1] > 0).sum()) + 0.5)
    has = np.zeros(shape[1], dtype=bool)
    has[order[:count]] = True
    return Sites(bays, pool, peak, has)


def sun_of(study: Study, storage: Storage) -> Floats:
    """Return what a kW of PV gives, (D, 24) kW; the year's yield is that of the settings.

    Parameters
    ----------
    study, storage
        The kinds of day, and the yield, its shape and its factors by kind of day.
    """
    pv = storage.pv
    factor = np.array([pv.day_factor.get(name, 1.0) for name in study.days])
    count = np.array([day.days_per_year for day in study.days.values()])
    weight = float(factor @ count)
    of_day = pv.kwh_kw_year * factor / weight if weight else np.zeros(len(factor))
    shape = np.array(pv.shape)
    return np.asarray(of_day[:, None] * shape / shape.sum())


def equipment_of(storage: Storage) -> Equipment:
    """Return equipment's yearly costs: capital recovery and upkeep.

    Parameters
    ----------
    storage
        Prices, lives and efficiencies.
    """
    battery, pv = storage.battery, storage.pv
    cells = recovery(storage.discount, battery.life_years) + battery.upkeep_share
    roof = recovery(storage.discount, pv.life_years) + pv.upkeep_share
    return Equipment(
        battery_cny_kwh_year=battery.cny_kwh * cells,
        battery_cny_kw_year=battery.cny_kw * cells,
        pv_cny_kw_year=pv.cny_kw * roof,
        wear_cny_kwh=battery.wear_cny_kwh,
        round_trip=battery.round_trip,
        depth=battery.depth,
        c_rate=battery.c_rate,
        v2g_round_trip=storage.v2g.round_trip,
        storage_export=battery.export,
        overload_cny_kwh=storage.overload_cny_kwh,
    )


@dataclass(frozen=True, eq=False)
class Setting:
    """Hold what all phases of a question share."""

    placement: Placement
    sites: Sites
    study: Study
    storage: Storage
    tariff: Tariff
    efficiency: float

    def open_at(self, phase: int) -> Places:
        """Return the stations that are open in a phase, as places among the plan's."""
        return np.flatnonzero(self.sites.peak_kw[phase] > 0)

    def question(self, phase: int, before: Sizes | None = None) -> Question:
        """Return the question of one phase.

        Parameters
        ----------
        phase
            Its place.
        before
            (S,) what stands already of all the plan's stations.
        """
        p, rows = self.placement, self.open_at(phase)
        tied = p.substation_of[rows]
        used = np.unique(tied[tied != NOWHERE])
        row = {int(g): n for n, g in enumerate(used)}
        names = tuple(self.study.days)
        power = self._v2g_kw(phase, rows)
        most = self._most(phase, rows)
        sun, buy = sun_of(self.study, self.storage), np.array([self.tariff.buy(n) for n in names])
        return Question(
            stations=tuple(p.stations[s] for s in rows),
            groups=tuple(p.substations[g] for g in used),
            days=names,
            group_of=np.array([row.get(int(g), NOWHERE) for g in tied], dtype=np.int64),
            days_per_year=p.days_per_year,
            load_kw=p.expected_kw[phase, rows],
            design_kw=p.design_kw[phase, rows],
            connection_kw=self.sites.peak_kw[phase, rows],
            room_kw=1000 * (p.limit_mw[phase, used][:, None, None] - p.base_mw[phase, used]),
            sun=sun,
            v2g_kw=power,
            v2g_kwh=self._v2g_kwh(phase, rows),
            buy_cny=buy,
            feed_in_cny=np.array([self.tariff.feed_in(n) for n in names]),
            v2g_cny=np.array([self.tariff.v2g(n) for n in names]),
            capacity_cny_kw_year=self.tariff.capacity_cny_kw_month * MONTHS,
            least=_least(before, rows, most),
            most=most,
            equipment=equipment_of(self.storage),
        )

    def _most(self, phase: int, rows: Places) -> Sizes:
        bays, battery = self.sites.bays[phase, rows], self.storage.battery
        kwh = bays * battery.kwh_per_bay
        return Sizes(kwh, kwh * battery.c_rate, bays * self.storage.pv.kw_per_bay)

    def _v2g_kw(self, phase: int, rows: Places) -> Floats:
        """Return what vehicles may give: no gun gives while it is needed for charging."""
        pool = self.sites.pool_kw[phase, rows] * self.sites.has_v2g[rows]
        able = np.multiply.outer(pool * self.storage.v2g.power_share, self.storage.v2g.available)
        charging = self.placement.guns_kw[phase, rows] * self.efficiency
        return np.asarray(np.clip(pool[:, None, None] - charging, 0.0, able[:, None, :]))

    def _v2g_kwh(self, phase: int, rows: Places) -> Floats:
        pool = self.sites.pool_kw[phase, rows] * self.sites.has_v2g[rows]
        given = pool * self.storage.v2g.power_share * self.storage.v2g.kwh_kw_day
        return np.repeat(given[:, None], len(self.study.days), axis=1)


def _least(before: Sizes | None, rows: Places, most: Sizes) -> Sizes:
    if before is None:
        none = np.zeros(len(rows))
        return Sizes(none, none, none)
    names = ("battery_kwh", "battery_kw", "pv_kw")
    return Sizes(*(np.minimum(vars(before)[n][rows], vars(most)[n]) for n in names))
