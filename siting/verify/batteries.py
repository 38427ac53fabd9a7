"""Check the timetables of the station types' batteries, and add up what they change."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from siting.plan import BATTERY_COLUMNS
from siting.verify.demand import day_shapes
from siting.verify.formulas import peak_kw
from siting.verify.tables import read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.scenario import StationType
    from siting.verify.mismatch import Ledger
    from siting.verify.state import State

    Floats = NDArray[np.float64]

HOURS = 24
HAIR = 1e-6
"""Part of a battery's energy or power by which the floats of a timetable may miss."""


def battery_mw(ledger: Ledger, state: State, charging_mw: Floats) -> Floats:
    """Return what batteries add to each substation's load, MW, and check every timetable.

    Parameters
    ----------
    ledger
        Takes the mismatches.
    state
        The plan's decisions.
    charging_mw
        (T, G, 24) load of the stations without their batteries.
    """
    found = np.zeros(charging_mw.shape)
    table = state.plan.batteries
    if table is None or not state.scenario.grid.enforce:
        return found
    kinds = [name for name, kind in state.scenario.stations.items() if kind.battery_kwh]
    labels = state.case.substations["id"].tolist()
    axes = {"phase": state.names, "substation": labels, "type": kinds, "hour": range(HOURS)}
    rows = read_table(ledger, "batteries", table, axes, columns=BATTERY_COLUMNS, complete=False)
    shape = (len(state.names), len(labels), len(kinds), HOURS)
    charge, discharge, told = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    cells = tuple(rows.codes)
    charge[cells], discharge[cells] = rows.numbers("charge_kw"), rows.numbers("discharge_kw")
    told[cells] = True
    shapes = day_shapes(state.case, state.scenario)
    for phase, name in enumerate(state.names):
        for (substation, label), count in _standing(state, phase).items():
            if label not in kinds or substation not in labels:
                continue
            at = phase, labels.index(substation), kinds.index(label)
            where = f"batteries[{name}, {substation}, {label}]"
            if not told[at].all():
                ledger.note(where, f"{int(told[at].sum())} hours", "24 hours")
            kind = state.scenario.stations[label]
            load = peak_kw(kind, state.scenario) * shapes[phase]
            _keeps(ledger, state, kind, charge[at], discharge[at], load, where)
            found[at[:2]] += count * (charge[at] - discharge[at]) / 1000
    return found


def _standing(state: State, phase: int) -> Counter[tuple[str, str]]:
    """Return how many stations of each type stand at each substation."""
    found: Counter[tuple[str, str]] = Counter()
    for name, types in state.types.items():
        label, substation = types[phase], state.sites[name].substation
        if label is not None and substation is not None:
            found[substation, label] += 1
    return found


def _keeps(
    ledger: Ledger,
    state: State,
    kind: StationType,
    charge: Floats,
    discharge: Floats,
    load: Floats,
    where: str,
) -> None:
    """Check one battery's day: power, usable energy, its loss, its end, and nothing fed."""
    grid = state.scenario.grid
    way = float(np.sqrt(grid.battery_round_trip or 0.0))
    usable = (grid.battery_depth or 0.0) * kind.battery_kwh
    if min(charge.min(), discharge.min()) < 0:
        ledger.note(where, "a flow below zero", "none")
    ledger.at_most(f"{where}.kw", float((charge + discharge).max()), kind.battery_kw, "battery_kw")
    ledger.at_most(f"{where}.fed_kw", float((discharge - load).max()), 0.0, "feeds nothing in")
    held = np.cumsum(way * charge - discharge / way)
    spread = float(max(held.max(), 0.0) - min(held.min(), 0.0))
    ledger.at_most(f"{where}.kwh", spread, usable, "usable part of battery_kwh")
    if abs(float(held[-1])) > HAIR * kind.battery_kwh:
        ledger.note(f"{where}.kwh at the end of the day", float(held[-1]), "as it began")
