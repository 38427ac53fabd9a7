r"""Place a plan's charging on its substations: every phase, kind of day and hour.

Two loads are told apart. The *design* load is what a station may ask for and what limits are
checked against: its peak (pooled power x demand factor / efficiency) in the shape of the day,

.. math:: P_{jth} = P^{peak}_{jt} \, \min(1, f_d) \, s_{dh} / \max_h s_{dh};

the *expected* load is the energy that really comes, and no more than the station can draw,

.. math:: E_{jth} = \min(P^{peak}_{jt},\; q_{jt} f_d s_{dh} / \eta),

with :math:`q` the energy served in kWh a day, which the queue at the peak hour already limits,
:math:`f_d` the day's charging over that of the average day and :math:`s` its hourly shares. The
battery of a station's type keeps its timetable on every day, scaled to the day's load.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from siting.data.demand import charging_shapes
from siting.data.power import base_mw, limit_mw
from siting.grid.station_batteries import battery_flows, with_batteries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.grid.study import Day, Study
    from siting.plan import Document, Plan
    from siting.scenario import Scenario

    Floats = NDArray[np.float64]

HOURS = 24
NOWHERE = -1
"""Substation of a station that has none."""
OVER = 1 + 1e-9
"""A loading above this passes the limit: below it is rounding."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Hold loads of T phases, S stations, G substations, D kinds of day and 24 hours."""

    phases: tuple[str, ...]
    days: tuple[str, ...]
    stations: tuple[str, ...]
    substations: tuple[str, ...]
    substation_of: NDArray[np.int64]
    """(S,) or ``NOWHERE``."""
    days_per_year: Floats
    """(D,)"""
    design_kw: Floats
    """(T, S, D, 24)"""
    expected_kw: Floats
    """(T, S, D, 24)"""
    guns_kw: Floats
    """(T, S, D, 24) expected load of charging alone, without the battery of a station's type."""
    battery_kwh: Floats
    """(T, S) capacity of the batteries that come with the stations' types."""
    base_mw: Floats
    """(T, G, D, 24) without the plan's stations."""
    limit_mw: Floats
    """(T, G) rating x N-1 limit x power factor x (1 - reserve), and what the plan adds to it."""

    @cached_property
    def charging_mw(self) -> Floats:
        """(T, G, D, 24) design load by substation."""
        return self.by_substation(self.design_kw) / 1000

    @cached_property
    def expected_mw(self) -> Floats:
        """(T, G, D, 24) expected load by substation."""
        return self.by_substation(self.expected_kw) / 1000

    @cached_property
    def headroom_mw(self) -> Floats:
        """(T, G, D, 24) limit less base and design load; below zero where the limit is passed."""
        return self.limit_mw[:, :, None, None] - self.base_mw - self.charging_mw

    @cached_property
    def loading(self) -> Floats:
        """(T, G, D, 24) base and design load over the limit."""
        limit = self.limit_mw[:, :, None, None]
        total = self.base_mw + self.charging_mw
        return np.divide(total, limit, out=np.where(total > 0, np.inf, 0.0), where=limit > 0)

    def by_substation(self, load: Floats) -> Floats:
        """Return a load of stations, (T, S, D, 24), summed by substation, (T, G, D, 24)."""
        return summed_by(load, self.substation_of, len(self.substations))


def summed_by(load: Floats, group: NDArray[np.int64], count: int) -> Floats:
    """Return loads (T, S, D, 24) summed over S by group, (T, count, D, 24).

    Parameters
    ----------
    load
        Of the stations.
    group
        (S,) ``NOWHERE`` for none.
    count
        Number of groups.
    """
    member = (group[None, :] == np.arange(count)[:, None]).astype(float)
    return np.asarray(np.einsum("gs,tsdh->tgdh", member, load, optimize=True))


def place(plan: Plan, case: Case, scenario: Scenario, study: Study) -> Placement:
    """Place the load of a plan.

    Parameters
    ----------
    plan
        The answer.
    case, scenario
        What it answers, and for which city.
    study
        The kinds of day.
    """
    document = plan.document
    peak_kw, served_kwh = _steps(document)
    shapes = charging_shapes(case, scenario)
    days = list(study.days.values())
    ids = case.substations["id"].tolist()
    row = {label: number for number, label in enumerate(ids)}
    where = [NOWHERE if s.substation is None else row[s.substation] for s in document.stations]
    design = [_design(peak_kw, _shape(day, shapes), day) for day in days]
    expected = [_expected(peak_kw, served_kwh, _shape(day, shapes), day, scenario) for day in days]
    battery = battery_flows(plan)
    return Placement(
        phases=tuple(phase.name for phase in document.phases),
        days=tuple(study.days),
        stations=tuple(station.id for station in document.stations),
        substations=tuple(ids),
        substation_of=np.array(where, dtype=np.int64),
        days_per_year=np.array([day.days_per_year for day in days]),
        design_kw=_stacked([with_batteries(load, peak_kw, *battery) for load in design]),
        expected_kw=_stacked([with_batteries(load, peak_kw, *battery) for load in expected]),
        guns_kw=_stacked(expected),
        battery_kwh=_battery_kwh(document, scenario),
        base_mw=_stacked([_base(case, scenario, day) for day in days]),
        limit_mw=limit_mw(case, scenario) + _added_mw(document, len(ids)),
    )


def _added_mw(document: Document, substations: int) -> Floats:
    """Return what the plan's reinforcements add to each limit, (T, G) MW."""
    added = [[step.added_mw for step in item.steps] for item in document.substations]
    return np.array(added).reshape(substations, len(document.phases)).T


def _steps(document: Document) -> tuple[Floats, Floats]:
    """Return each station's peak (kW) and energy served (kWh a day), (T, S)."""
    steps = [station.steps for station in document.stations]
    size = (len(steps), len(document.phases))
    peak = np.array([[step.peak_kw for step in row] for row in steps]).reshape(size)
    served = np.array([[step.served_kwh_day for step in row] for row in steps]).reshape(size)
    return peak.T, served.T


def _battery_kwh(document: Document, scenario: Scenario) -> Floats:
    """Return the capacity of the battery of each station's type, (T, S)."""
    kinds = scenario.stations
    stored = [
        [0.0 if step.type is None else kinds[step.type].battery_kwh for step in station.steps]
        for station in document.stations
    ]
    return np.array(stored, dtype=float).reshape(len(stored), len(document.phases)).T


def _stacked(parts: list[Floats]) -> Floats:
    return np.asarray(np.stack(parts, axis=2))


def _shape(day: Day, scenario_shapes: Floats) -> Floats:
    """Return the day's charging as a share of its peak, (T, 24)."""
    if day.charging_profile is None:
        return scenario_shapes
    profile = np.array(day.charging_profile)
    return np.asarray(np.tile(profile / profile.max(), (len(scenario_shapes), 1)))


def _design(peak_kw: Floats, shape: Floats, day: Day) -> Floats:
    return np.asarray(peak_kw[:, :, None] * min(1.0, day.charging_factor) * shape[:, None, :])


def _expected(
    peak_kw: Floats, served_kwh: Floats, shape: Floats, day: Day, scenario: Scenario
) -> Floats:
    share = shape / shape.sum(axis=1, keepdims=True)
    energy = served_kwh * day.charging_factor / scenario.grid.efficiency
    return np.asarray(np.minimum(peak_kw[:, :, None], energy[:, :, None] * share[:, None, :]))


def _base(case: Case, scenario: Scenario, day: Day) -> Floats:
    """Return the base load on a kind of day, (T, G, 24)."""
    profile = day.base_profile
    rows = [base_mw(case, scenario, phase, profile=profile) for phase in scenario.phases]
    return np.asarray(np.array(rows) * day.base_factor)
