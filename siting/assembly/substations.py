"""Place the plan's load on its substations, hour by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.demand import charging_shapes
from siting.data.power import base_mw, limit_mw
from siting.data.problem import NONE
from siting.plan import BATTERY_COLUMNS, LOAD_COLUMNS, Substation, SubstationStep

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.assembly.answer import Answer

HOURS = 24


def _charging_mw(answer: Answer, t: int) -> NDArray[np.float64]:
    """Return the hourly charging load by substation, (G, 24)."""
    where = answer.problem.site_substation
    tied = where != NONE
    peak = np.bincount(
        where[tied], weights=answer.load_kw[t, tied], minlength=len(answer.problem.substations)
    )
    charging = peak[:, None] / 1000 * charging_shapes(answer.case, answer.scenario)[t]
    batteries = answer.problem.batteries
    if batteries is not None:
        charging += np.einsum("gk,gkh->gh", answer.standing[t], batteries.adds_kw[t]) / 1000
    return np.asarray(charging)


def _added_mw(answer: Answer) -> NDArray[np.float64]:
    """Return what reinforcements add to the limits, (T, G)."""
    if answer.built is None:
        return np.zeros(answer.works_cny.shape)
    return np.asarray(answer.built * answer.problem.step_kw / 1000)


def substations(answer: Answer) -> tuple[Substation, ...]:
    """Return every substation with its worst hour in every phase."""
    limit, added = limit_mw(answer.case, answer.scenario), _added_mw(answer)
    steps: list[list[SubstationStep]] = [[] for _ in limit]
    for t, phase in enumerate(answer.scenario.phases):
        charging = _charging_mw(answer, t)
        total = base_mw(answer.case, answer.scenario, phase) + charging
        for g, worst in enumerate(total.argmax(axis=1).tolist()):
            steps[g].append(
                SubstationStep(
                    phase=phase.name,
                    charging_peak_mw=float(charging[g].max()),
                    worst_hour=worst,
                    worst_mw=float(total[g, worst]),
                    loading=float(total[g, worst] / (limit[g] + added[t, g])),
                    **_built(answer, t, g, float(added[t, g])),
                )
            )
    rows = answer.case.substations.to_dict("records")
    return tuple(
        Substation(
            id=row["id"],
            name=row["name"],
            name_zh=row["name_zh"],
            lon=row["geometry"].x,
            lat=row["geometry"].y,
            voltage_kv=row["voltage_kv"],
            rating_mva=row["rating_mva"],
            limit_mw=float(limit[g]),
            base_peak_mw=row["base_peak_mw"],
            steps=tuple(steps[g]),
        )
        for g, row in enumerate(rows)
    )


def _built(answer: Answer, t: int, g: int, added_mw: float) -> dict[str, float]:
    """Return what has been built at a substation by a phase."""
    steps = 0 if answer.built is None else int(answer.built[t, g])
    return {
        "added_mva": steps * answer.problem.step_mva,
        "added_mw": added_mw,
        "reinforcement_cny": float(answer.works_cny[t, g]),
    }


def battery_table(answer: Answer) -> pd.DataFrame | None:
    """Return the timetable of each type's battery where one stands; None without batteries."""
    p = answer.problem
    if p.batteries is None:
        return None
    adds = p.batteries.adds_kw
    stored = np.array([answer.scenario.stations[k].battery_kwh > 0 for k in p.types])
    t, g, k = np.nonzero((answer.standing > 0) & stored)
    day = adds[t, g, k]
    return pd.DataFrame(
        {
            "phase": np.repeat(np.array(p.phases, dtype=object)[t], HOURS),
            "substation": np.repeat(np.array(p.substations, dtype=object)[g], HOURS),
            "type": np.repeat(np.array(p.types, dtype=object)[k], HOURS),
            "hour": np.tile(np.arange(HOURS), len(t)),
            "charge_kw": np.maximum(day, 0.0).ravel(),
            "discharge_kw": np.maximum(-day, 0.0).ravel(),
        }
    )[list(BATTERY_COLUMNS)]


def load_table(answer: Answer) -> pd.DataFrame:
    """Return each substation's day in every phase: phase, substation, hour, and MW."""
    ids = answer.case.substations["id"].to_numpy(object)
    limit, added = limit_mw(answer.case, answer.scenario), _added_mw(answer)
    parts = [
        pd.DataFrame(
            {
                "phase": phase.name,
                "substation": np.repeat(ids, HOURS),
                "hour": np.tile(np.arange(HOURS), len(ids)),
                "base_mw": base_mw(answer.case, answer.scenario, phase).ravel(),
                "charging_mw": _charging_mw(answer, t).ravel(),
                "limit_mw": np.repeat(limit + added[t], HOURS),
            }
        )
        for t, phase in enumerate(answer.scenario.phases)
    ]
    return pd.concat(parts, ignore_index=True)[list(LOAD_COLUMNS)]
