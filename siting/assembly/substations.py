"""Place the plan's load on its substations, hour by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.demand import charging_shapes
from siting.data.power import base_mw, limit_mw
from siting.data.problem import NONE
from siting.plan import LOAD_COLUMNS, Substation, SubstationStep

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
    return np.asarray(peak[:, None] / 1000 * charging_shapes(answer.case, answer.scenario)[t])


def substations(answer: Answer) -> tuple[Substation, ...]:
    """Return every substation with its worst hour in every phase."""
    limit = limit_mw(answer.case, answer.scenario)
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
                    loading=float(total[g, worst] / limit[g]),
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


def load_table(answer: Answer) -> pd.DataFrame:
    """Return each substation's day in every phase: phase, substation, hour, and MW."""
    ids = answer.case.substations["id"].to_numpy(object)
    limit = limit_mw(answer.case, answer.scenario)
    parts = [
        pd.DataFrame(
            {
                "phase": phase.name,
                "substation": np.repeat(ids, HOURS),
                "hour": np.tile(np.arange(HOURS), len(ids)),
                "base_mw": base_mw(answer.case, answer.scenario, phase).ravel(),
                "charging_mw": _charging_mw(answer, t).ravel(),
                "limit_mw": np.repeat(limit, HOURS),
            }
        )
        for t, phase in enumerate(answer.scenario.phases)
    ]
    return pd.concat(parts, ignore_index=True)[list(LOAD_COLUMNS)]
