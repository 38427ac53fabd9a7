"""Describe every site the plan opens, keeps, upgrades or closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.problem import NONE
from siting.plan import Station, StationStep

if TYPE_CHECKING:
    from siting.assembly.answer import Answer
    from siting.plan import StationStatus

_FIELDS = ["id", "name", "name_zh", "district", "host", "substation", "geometry"]


def stations(answer: Answer) -> tuple[Station, ...]:
    """Return the plan's stations: existing ones first, then new ones, in the case's order."""
    case = answer.case
    sites = pd.concat([case.stations[_FIELDS], case.sites[_FIELDS]], ignore_index=True)
    in_plan = (answer.problem.initial != NONE) | (answer.solution.type_at != NONE).any(axis=0)
    rows = sites[in_plan].to_dict("records")
    return tuple(
        _station(answer, int(j), row) for j, row in zip(np.flatnonzero(in_plan), rows, strict=True)
    )


def _station(answer: Answer, j: int, row: dict[str, object]) -> Station:
    p, types = answer.problem, answer.solution.type_at[:, j]
    last = len(p.phases) - 1
    kind = answer.kind(j, last)
    status, phase = _status(int(p.initial[j]), types.tolist())
    point: object = row.pop("geometry")
    cost = 0.0 if kind is None else float(p.state_cost_cny[j, types[last]])
    return Station.model_validate(
        {
            **row,
            "substation": row["substation"] if isinstance(row["substation"], str) else None,
            "lon": point.x,  # type: ignore[attr-defined]
            "lat": point.y,  # type: ignore[attr-defined]
            "type": None if kind is None else p.types[types[last]],
            "guns": kind.guns if kind else 0,
            "super_guns": kind.super_guns if kind else 0,
            "kw": kind.pool_kw if kind else 0.0,
            "phase": p.phases[phase],
            "status": status,
            "capex_cny": cost,
            "steps": tuple(
                StationStep(
                    phase=name,
                    type=None if types[t] == NONE else p.types[types[t]],
                    served_kwh_day=float(answer.served_site[t, j]),
                    peak_kw=float(answer.load_kw[t, j]),
                )
                for t, name in enumerate(p.phases)
            ),
        }
    )


def _status(initial: int, types: list[int]) -> tuple[StationStatus, int]:
    """Return a site's status and the phase it came about."""
    history = [initial, *types]
    changes = [t for t in range(len(types)) if history[t] != history[t + 1]]
    if initial == NONE:
        return "new", changes[0]
    if types[-1] == NONE:
        return "closed", changes[-1]
    if types[-1] == initial:
        return "kept", 0
    return "upgraded", changes[-1]
