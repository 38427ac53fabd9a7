"""Check what the plan asks of every substation, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.plan import LOAD_COLUMNS
from siting.verify.batteries import battery_mw
from siting.verify.demand import day_shapes
from siting.verify.formulas import peak_kw
from siting.verify.mismatch import DEGREES, agree, slack
from siting.verify.reinforcement import check_reinforcement
from siting.verify.tables import read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.plan import Substation, SubstationStep
    from siting.verify.mismatch import Ledger
    from siting.verify.state import State

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Load:
    """Hold the load of T phases, G substations and 24 hours, MW."""

    base: Floats
    """(T, G, 24)."""
    charging: Floats
    """(T, G, 24)."""
    own_limit: Floats
    """(G,) before any reinforcement."""
    limit: Floats
    """(T, G) reinforcements counted."""
    standing: Floats
    """(G,) highest charging load of what stood before the plan."""


def check_load(ledger: Ledger, state: State) -> None:
    """Check the substations of the document, the load table, and the limits where enforced."""
    load = recompute(ledger, state)
    _table(ledger, state, load)
    labels = state.case.substations["id"].tolist()
    said = [substation.id for substation in state.plan.document.substations]
    if sorted(said) != sorted(labels):
        ledger.note("substations", ", ".join(said), ", ".join(labels))
    known = {substation.id: substation for substation in state.plan.document.substations}
    for number, label in enumerate(labels):
        if label in known:
            _fields(ledger, state, known[label], number, load)
            _steps(ledger, state, known[label], number, load)
    if state.scenario.grid.enforce:
        _limits(ledger.asked, state, labels, load)


def recompute(ledger: Ledger, state: State) -> Load:
    """Return every substation's load and limit; checks timetables and reinforcements on the way."""
    case, grid = state.case.substations, state.scenario.grid
    row = {label: number for number, label in enumerate(case["id"])}
    peak = np.zeros((len(state.names), len(case)))
    standing = np.zeros(len(case))
    for phase in range(len(state.names)):
        for site, kind in state.open_super(phase):
            if site.substation in row:
                peak[phase, row[site.substation]] += peak_kw(kind, state.scenario) / 1000
    for site in state.sites.values():
        if site.initial is not None and site.substation in row:
            kind = state.scenario.stations[site.initial]
            standing[row[site.substation]] += peak_kw(kind, state.scenario) / 1000
    growth = np.array([phase.base_load_growth for phase in state.scenario.phases])
    base = case["base_peak_mw"].to_numpy(np.float64)[:, None] * np.array(grid.base_profile)
    rated = case["rating_mva"].to_numpy(np.float64) * case["n1_limit"].to_numpy(np.float64)
    limit = rated * grid.power_factor * (1 - grid.reserve)
    charging = peak[:, :, None] * day_shapes(state.case, state.scenario)[:, None, :]
    return Load(
        base=growth[:, None, None] * base,
        charging=charging + battery_mw(ledger, state, charging),
        own_limit=limit,
        limit=limit + check_reinforcement(ledger, state),
        standing=standing,
    )


def _table(ledger: Ledger, state: State, load: Load) -> None:
    axes = {
        "phase": state.names,
        "substation": state.case.substations["id"].tolist(),
        "hour": range(24),
    }
    table = read_table(ledger, "load", state.plan.load, axes, columns=LOAD_COLUMNS, complete=True)
    cells = tuple(table.codes)
    ledger.near_rows(table, "base_mw", load.base[cells])
    ledger.near_rows(table, "charging_mw", load.charging[cells])
    ledger.near_rows(table, "limit_mw", load.limit[table.codes[0], table.codes[1]])


def _fields(ledger: Ledger, state: State, substation: Substation, number: int, load: Load) -> None:
    row, where = state.case.substations.iloc[number], f"substations[{substation.id}]"
    ledger.same(f"{where}.name", substation.name, row["name"])
    ledger.same(f"{where}.name_zh", substation.name_zh, row["name_zh"])
    for field, degrees, found in (
        ("lon", substation.lon, float(row.geometry.x)),
        ("lat", substation.lat, float(row.geometry.y)),
    ):
        if abs(degrees - found) > DEGREES:
            ledger.note(f"{where}.{field}", degrees, found)
    ledger.near(f"{where}.voltage_kv", substation.voltage_kv, float(row["voltage_kv"]))
    ledger.near(f"{where}.rating_mva", substation.rating_mva, float(row["rating_mva"]))
    ledger.near(f"{where}.limit_mw", substation.limit_mw, float(load.own_limit[number]))
    ledger.near(f"{where}.base_peak_mw", substation.base_peak_mw, float(row["base_peak_mw"]))


def _steps(ledger: Ledger, state: State, substation: Substation, number: int, load: Load) -> None:
    where = f"substations[{substation.id}].steps"
    said = [step.phase for step in substation.steps]
    if said != state.names:
        ledger.note(where, ", ".join(said), ", ".join(state.names))
    steps = {step.phase: step for step in substation.steps}
    for phase, name in enumerate(state.names):
        if name in steps:
            charging = load.charging[phase, number]
            total = load.base[phase, number] + charging
            limit = float(load.limit[phase, number])
            _step(ledger, steps[name], charging, total, limit, f"{where}[{name}]")


def _step(
    ledger: Ledger, step: SubstationStep, charging: Floats, total: Floats, limit: float, where: str
) -> None:
    worst = float(total.max())
    if not agree(float(total[step.worst_hour]), worst):
        ledger.note(f"{where}.worst_hour", step.worst_hour, int(total.argmax()))
    loading = worst / limit if limit > 0 else step.loading
    ledger.near(f"{where}.charging_peak_mw", step.charging_peak_mw, float(charging.max()))
    ledger.near(f"{where}.worst_mw", step.worst_mw, worst)
    ledger.near(f"{where}.loading", step.loading, loading)


def _limits(ledger: Ledger, state: State, labels: list[str], load: Load) -> None:
    """Let nothing pass a limit; what stood before the plan may go on standing.

    Batteries change the shape of a day, so with them every hour is looked at by itself.
    """
    stored = any(kind.battery_kwh for kind in state.scenario.stations.values())
    shapes = day_shapes(state.case, state.scenario)
    for phase, name in enumerate(state.names):
        for number, label in enumerate(labels):
            charging, base = load.charging[phase, number], load.base[phase, number]
            limit, before = float(load.limit[phase, number]), float(load.standing[number])
            if stored:
                most = np.maximum(np.maximum(limit - base, before * shapes[phase]), 0.0)
                hour = int((charging - most).argmax())
                where = f"load[{name}, {label}, {hour}].charging_mw"
                ledger.at_most(where, float(charging[hour]), float(most[hour]), "limit less base")
                continue
            if charging.max() <= before + slack(before):
                continue
            where, hour = f"substations[{label}].steps[{name}]", int((base + charging).argmax())
            if base.max() > limit + slack(limit):
                rule = "base load alone passes the limit"
                ledger.at_most(f"{where}.charging_peak_mw", float(charging.max()), before, rule)
            else:
                total = float((base + charging)[hour])
                ledger.at_most(f"{where}.worst_mw", total, limit, "limit_mw")
