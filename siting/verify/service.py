"""Check who charges where: reach, minutes, demand, capacity, coverage and what stays unreached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.plan import ZONE_COLUMNS
from siting.verify.demand import demand_kwh_day
from siting.verify.formulas import capacity_kwh_day
from siting.verify.mismatch import ABSOLUTE, MINUTES, RELATIVE
from siting.verify.reach import find_reach
from siting.verify.tables import read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.verify.mismatch import Ledger
    from siting.verify.reach import Reached
    from siting.verify.state import State
    from siting.verify.tables import Table

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Served:
    """Hold what was found of T phases and Z zones."""

    demand: Floats
    """(T, Z) kWh/day."""
    energy: Floats
    """(T, Z) kWh/day served."""
    covered: NDArray[np.bool_]
    """(T, Z)."""
    reachable: NDArray[np.bool_]
    """(Z,) zones with a site within reach."""
    reached: Reached


def check_service(ledger: Ledger, state: State) -> Served:
    """Check the service and zone tables and the unreached list; return what they should hold."""
    order = {name: n for n, name in enumerate(state.sites)}
    places = [(site.lon, site.lat) for site in state.sites.values()]
    listed = [order[name] for name in state.stations]
    reached = find_reach(state.case, state.scenario.reach, places, listed)
    demand = demand_kwh_day(state.case, state.scenario)
    _pairs(ledger, state, reached)
    _capacity(ledger, state)
    energy = state.energy("zone")
    for phase, zone in np.argwhere(energy > demand * (1 + RELATIVE) + ABSOLUTE).tolist():
        label = f"zones[{state.names[phase]}, {state.case.zones['id'].iloc[zone]}].served_kwh_day"
        ledger.at_most(label, float(energy[phase, zone]), float(demand[phase, zone]), "its demand")
    unreached = _unreached(ledger, state, reached)
    covered = _zones(ledger, state, reached, demand, energy)
    lost = float(demand[-1, unreached].sum())
    said = state.plan.document.unreached.zone_demand_kwh_day
    ledger.near("unreached.zone_demand_kwh_day", said, lost)
    return Served(demand, energy, covered, ~unreached, reached)


def _pairs(ledger: Ledger, state: State, reached: Reached) -> None:
    table = state.service
    phases, zones, stations = table.codes
    kwh, minutes = table.numbers("kwh_day"), table.numbers("minutes")
    low, high = (found[zones, stations] for found in reached.minutes)
    within = reached.may_reach()[zones, stations]
    fair = (minutes >= low - MINUTES) & (minutes <= high + MINUTES)
    for row in np.flatnonzero(~(kwh > 0)).tolist():
        ledger.note(table.where(row, "kwh_day"), float(kwh[row]), "more than 0")
    for row in np.flatnonzero(~within).tolist():
        ledger.note(table.where(row, "minutes"), float(minutes[row]), "out of reach")
    for row in np.flatnonzero(within & ~fair).tolist():
        ledger.note(table.where(row, "minutes"), float(minutes[row]), float(low[row]))
    labels = list(state.stations)
    pairs = zip(phases.tolist(), stations.tolist(), strict=True)
    for index, (phase, station) in enumerate(pairs):
        kind = state.kind(labels[station], phase)
        if kind is None or not kind.is_super:
            where = table.where(index, "kwh_day")
            ledger.note(where, float(kwh[index]), "0 (no supercharging station open there)")


def _capacity(ledger: Ledger, state: State) -> None:
    room = {
        label: capacity_kwh_day(kind, state.scenario.service)
        for label, kind in state.scenario.stations.items()
    }
    for column, energy in enumerate(state.energy("station").T):
        name = list(state.stations)[column]
        for phase, label in enumerate(state.types[name]):
            if label is not None:
                where = f"stations[{name}].steps[{state.names[phase]}].served_kwh_day"
                ledger.at_most(where, float(energy[phase]), room[label], f"capacity of {label}")


def _unreached(ledger: Ledger, state: State, reached: Reached) -> NDArray[np.bool_]:
    """Compare the unreached zones and sites; return (Z,) zones without a site within reach."""
    said = state.plan.document.unreached
    zones, sites = state.case.zones["id"].tolist(), list(state.sites)
    found = _judge(ledger, "unreached.zones", said.zones, zones, reached.zone_excess, reached.band)
    _judge(ledger, "unreached.sites", said.sites, sites, reached.site_excess, reached.band)
    return found


def _judge(
    ledger: Ledger,
    where: str,
    said: tuple[str, ...],
    labels: list[str],
    excess: tuple[Floats, Floats],
    band: float,
) -> NDArray[np.bool_]:
    listed = np.isin(labels, said)
    low, high = excess
    beyond = np.where((low <= band) & (high >= -band), listed, low > 0)
    expected = {label for label, out in zip(labels, beyond.tolist(), strict=True) if out}
    for label in sorted(set(said) - expected):
        ledger.note(f"{where}[{label}]", "out of reach", "within reach, or no such label")
    for label in sorted(expected - set(said)):
        ledger.note(f"{where}[{label}]", "within reach", "out of reach")
    if len(set(said)) != len(said):
        ledger.note(where, f"{len(said)} entries", f"{len(set(said))} different ones")
    return np.asarray(beyond, dtype=bool)


def _zones(
    ledger: Ledger, state: State, reached: Reached, demand: Floats, energy: Floats
) -> NDArray[np.bool_]:
    """Compare the zones table; return (T, Z) coverage, the plan's own where either is right."""
    must, may = _coverage(state, reached.must_reach()), _coverage(state, reached.may_reach())
    labels = state.case.zones["id"].tolist()
    axes = {"phase": state.names, "zone": labels}
    table = read_table(ledger, "zones", state.plan.zones, axes, columns=ZONE_COLUMNS, complete=True)
    cells = tuple(table.codes)
    districts = state.case.zones["district"].to_numpy(dtype=object)[table.codes[1]]
    ledger.same_rows(table, "district", districts.tolist())
    ledger.near_rows(table, "demand_kwh_day", demand[cells])
    ledger.near_rows(table, "served_kwh_day", energy[cells])
    ledger.near_rows(table, "minutes", _mean_minutes(state, energy)[cells], absolute=MINUTES)
    said = np.array([bool(value) for value in table.values("covered")], dtype=bool)
    covered = must.copy()
    covered[cells] = np.where(may[cells] & ~must[cells], said, must[cells])
    ledger.same_rows(table, "covered", covered[cells].tolist())
    return covered


def _coverage(state: State, within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    column = {name: n for n, name in enumerate(state.stations)}
    rows = []
    for phase in range(len(state.names)):
        stations = [column[site.id] for site, _ in state.open_super(phase)]
        rows.append(within[:, stations].any(axis=1))
    return np.array(rows)


def _mean_minutes(state: State, energy: Floats) -> Floats:
    phases, zones, _ = state.service.codes
    total = np.zeros_like(energy)
    spent = state.service.numbers("kwh_day") * state.service.numbers("minutes")
    np.add.at(total, (phases, zones), spent)
    return np.divide(total, energy, out=np.full_like(total, np.nan), where=energy > 0)


def access_minutes(state: State, phase: int) -> tuple[Floats, Floats]:
    """Return minutes and kWh/day of one phase's service, ascending in minutes."""
    table: Table = state.service
    here = table.codes[0] == phase
    minutes, kwh = table.numbers("minutes")[here], table.numbers("kwh_day")[here]
    order = np.argsort(minutes)
    return minutes[order], kwh[order]


def percentile_minutes(minutes: Floats, kwh: Floats, share: float) -> float:
    """Return the smallest time within which a share of the energy is served; minutes ascend."""
    total = np.cumsum(kwh)
    return float(minutes[min(int(np.searchsorted(total, share * total[-1])), len(total) - 1)])
