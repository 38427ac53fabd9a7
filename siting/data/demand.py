"""Compose demand of estimators: kWh a day by zone, and the hourly shape of their mix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.data.poi_spread import kinds_given, poi_weight
from siting.data.raster import PEOPLE
from siting.errors import CaseError, Fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Estimator, Scenario

    Floats = NDArray[np.float64]


def demand_kwh(case: Case, scenario: Scenario) -> Floats:
    """Return supercharging demand in kWh a day, (T, I).

    Without estimators, the zones' own column; with them, the sum of their energy. Where the phase
    has a metered city total, it is shared out in that proportion; else growth applies.
    """
    parts = estimator_kwh(case, scenario)
    rows = []
    for t, phase in enumerate(scenario.phases):
        base = case.zones["demand"].to_numpy(float)
        if scenario.demand.estimators:
            base = parts[:, t].sum(axis=0)
        if phase.city_gwh_day is None or phase.super_share is None:
            rows.append(base * phase.growth)
            continue
        shares = scenario.demand.public_dc_share * phase.super_share * scenario.demand.case_share
        rows.append(base / base.sum() * phase.city_gwh_day * 1e6 * shares)
    return np.array(rows)


def estimator_kwh(case: Case, scenario: Scenario) -> Floats:
    """Return what each estimator gives before any rescaling, kWh a day, (E, T, I)."""
    items, phases = scenario.demand.estimators, scenario.phases
    energy = np.zeros((len(items), len(phases), len(case.zones)))
    for e, item in enumerate(items):
        grown = np.array([item.growth.get(phase.name, 1.0) for phase in phases])
        energy[e] = grown[:, None] * _zone_kwh(case, item)
    return energy


def charging_shapes(case: Case, scenario: Scenario) -> Floats:
    """Return the hourly charging load as a share of its peak, (T, 24).

    One shape for the city: the estimators' own profiles, weighted by the energy each gives in the
    phase; an estimator without one follows ``grid.charging_profile``.
    """
    common = np.array(scenario.grid.charging_profile)
    items = scenario.demand.estimators
    if not any(item.profile for item in items):
        return np.tile(common / max(common), (len(scenario.phases), 1))
    profiles = np.array([item.profile or scenario.grid.charging_profile for item in items])
    mix = estimator_kwh(case, scenario).sum(axis=2).T @ profiles
    return np.asarray(mix / mix.max(axis=1, keepdims=True))


def _zone_kwh(case: Case, item: Estimator) -> Floats:
    """Return one estimator's energy by zone without growth, kWh a day, (I,)."""
    if item.kind == "poi":
        each = item.kwh_per_poi or {}
        return np.asarray(
            sum(kwh * poi_weight(case, (kind,), item.radius_m) for kind, kwh in each.items())
        )
    if item.kind == "fleet":
        spread = _spread(case, item)
        drive = (item.vehicles or 0.0) * (item.km_day or 0.0) * (item.kwh_100km or 0.0) / 100
        return np.asarray(drive * (item.public_share or 0.0) * spread / spread.sum())
    counted = case.zones[item.zone_column].to_numpy(float)
    if item.kind == "column":
        return np.asarray(counted * (item.kwh_per_unit or 0.0))
    per_person = (item.vehicles_per_person or 0.0) * (item.kwh_per_vehicle_day or 0.0)
    return np.asarray(counted * per_person * (item.public_share or 0.0))


def _spread(case: Case, item: Estimator) -> Floats:
    """Return the weight of each zone in a fleet's charging, (I,)."""
    if item.poi_kinds is not None:
        return poi_weight(case, item.poi_kinds, item.radius_m)
    return case.zones[item.zone_column].to_numpy(float)


def check_estimators(case: Case, scenario: Scenario) -> None:
    """Refuse estimators that count what the case does not have.

    Raises
    ------
    CaseError
        If a zone column is absent, or empty in some zone, points of a kind are absent, a fleet has
        nothing to spread by, or all energy of a phase is zero.
    """
    items = scenario.demand.estimators
    faults = [fault for item in items for fault in _faults(case, item)]
    if items and not faults:
        for phase, kwh in zip(
            scenario.phases, estimator_kwh(case, scenario).sum(axis=(0, 2)), strict=True
        ):
            if not kwh > 0:
                mend = "Give some zone people, piles or points, or change the estimators."
                what = f"the estimators give no energy in phase {phase.name}"
                faults.append(Fault(f"scenario {scenario.name}", what, mend))
    if faults:
        msg = f"The case {case.name} lacks what the estimators of demand count:"
        raise CaseError(msg, faults)


def _faults(case: Case, item: Estimator) -> list[Fault]:
    faults = []
    column = item.zone_column
    if column is not None:
        values = case.zones[column].to_numpy(float) if column in case.zones else np.array([np.nan])
        blank = int(np.isnan(values).sum())
        if blank:
            some = "every zone" if blank == len(values) else f"{blank} of {len(values)} zones"
            mend = f"Give the zones a column {column} (columns = {{ {column} = ... }})."
            if column == PEOPLE:
                mend = "Give the case a [layers.raster], a GeoTIFF of inhabitants."
            what = f"estimator {item.name!r} counts it, and it is not known in {some}"
            faults.append(Fault("layer zones", what, mend, field=column))
    known = kinds_given(case)
    for kind in item.point_kinds:
        if kind not in known:
            here = f"Its kinds are {', '.join(sorted(known))}." if known else "It has no points."
            what = f"estimator {item.name!r} counts points of kind {kind!r}, and there are none"
            faults.append(Fault("layer pois", what, here, field="kind"))
    if item.kind == "fleet" and not faults and not _spread(case, item).sum() > 0:
        mend = "Spread it by something of which there is some."
        what = f"estimator {item.name!r} is spread by what adds up to nothing"
        faults.append(Fault("layer zones", what, mend, field=column))
    return faults
