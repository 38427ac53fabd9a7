"""Take the timetables of the station types' batteries into a plan's load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.plan import Plan

    Floats = NDArray[np.float64]

HOURS = 24


def battery_flows(plan: Plan) -> tuple[Floats, Floats]:
    """Return what each station's battery takes and gives on the design day, two of (T, S, 24) kW.

    Parameters
    ----------
    plan
        The answer; zeros where no type has a battery.
    """
    document = plan.document
    shape = (len(document.phases), len(document.stations), HOURS)
    charge, discharge = np.zeros(shape), np.zeros(shape)
    if plan.batteries is None or plan.batteries.empty:
        return charge, discharge
    rows = {
        (str(phase), str(substation), str(kind)): day.sort_values("hour")
        for (phase, substation, kind), day in plan.batteries.groupby(
            ["phase", "substation", "type"], sort=False
        )
    }
    for s, station in enumerate(document.stations):
        for t, step in enumerate(station.steps):
            day = rows.get((step.phase, str(station.substation), str(step.type)))
            if day is not None and len(day) == HOURS:
                charge[t, s] = day["charge_kw"].to_numpy(float)
                discharge[t, s] = day["discharge_kw"].to_numpy(float)
    return charge, discharge


def with_batteries(load: Floats, peak_kw: Floats, charge: Floats, discharge: Floats) -> Floats:
    """Return loads with the batteries' flows, scaled to the load; nothing is fed in.

    Parameters
    ----------
    load
        (T, S, 24) kW.
    peak_kw
        (T, S) highest load for which the timetables are meant.
    charge, discharge
        (T, S, 24) kW of the timetables.
    """
    most = peak_kw[:, :, None]
    high = load.max(axis=2, keepdims=True)
    scale = np.divide(high, most, out=np.zeros(most.shape), where=most > 0)
    return np.asarray(load + scale * charge - np.minimum(scale * discharge, load))
