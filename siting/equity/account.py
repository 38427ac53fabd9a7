"""Account for equity: who is served and covered, by district and group, and how unevenly.

What a zone's people get is the energy served there, kWh a day for each person where the case knows
how many people live in every zone; else for each kWh they ask for, which is the served share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from siting.data.fairness import group_labels, group_zones
from siting.equity.indices import gini, palma

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Equity

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WORST = 10
"""Zones listed."""


class Scope(NamedTuple):
    """Name some zones."""

    kind: str
    """city, district, or group."""
    id: str
    name: str
    name_zh: str
    zones: Flags


@dataclass(frozen=True, eq=False)
class EquityAccount:
    """Hold what was found."""

    per_person: bool
    """Whether what people get is counted by person; else by kWh asked for."""
    scopes: pd.DataFrame
    """One row for each phase and scope."""
    indices: pd.DataFrame
    """One row for each phase: gini, palma, and the district served least."""
    worst: pd.DataFrame
    """Zones served least in the last phase, the larger first among equals."""
    label: str
    """'' for real data."""

    def summary(self) -> dict[str, Any]:
        """Return the account as one JSON document."""
        return {
            "label": self.label,
            "counted_by": "person" if self.per_person else "kWh asked for",
            "indices": _records(self.indices),
            "scopes": _records(self.scopes),
            "worst": _records(self.worst),
        }


def equity_account(
    plan: Plan, case: Case, equity: Equity | None = None, *, worst: int = WORST
) -> EquityAccount:
    """Account for a plan's equity.

    Parameters
    ----------
    plan, case
        The answer and its city.
    equity
        Groups to report on, as the scenario names them; without them districts, and the labels of
        zone column ``group`` where there are any.
    worst
        Zones to list.
    """
    people = np.full(len(case.zones), np.nan)
    if "people" in case.zones:
        people = case.zones["people"].to_numpy(np.float64)
    per_person = bool(np.isfinite(people).all() and people.sum() > 0)
    scopes = list(_scopes(case, equity))
    rows, indices = [], []
    phases = [phase.name for phase in plan.document.phases]
    for name in phases:
        table = _of_phase(plan, case, name)
        table["people"] = people
        weight = people if per_person else table["demand_kwh_day"].to_numpy(np.float64)
        found = [_row(name, scope, table[scope.zones]) for scope in scopes]
        rows += found
        served = table["served_kwh_day"].to_numpy(np.float64)
        got = np.divide(served, weight, out=np.zeros(len(table)), where=weight > 0)
        indices.append(_indices(name, got, weight, found))
    return EquityAccount(
        per_person,
        pd.DataFrame(rows),
        pd.DataFrame(indices),
        _worst(table, case, worst),
        plan.document.provenance.label,
    )


def _scopes(case: Case, equity: Equity | None) -> Iterator[Scope]:
    everyone = np.ones(len(case.zones), dtype=bool)
    yield Scope("city", "city", case.title, case.title_zh, everyone)
    home = case.zones["district"].to_numpy()
    districts = zip(
        case.districts["id"], case.districts["name"], case.districts["name_zh"], strict=True
    )
    for name, english, chinese in districts:
        yield Scope("district", name, english, chinese, np.asarray(home == name))
    groups = equity.groups if equity is not None else ()
    for group in groups:
        yield Scope("group", group.name, group.name, "", group_zones(case, group))
    labels = group_labels(case)
    told = {group.label for group in groups}
    for label in sorted(set(labels) - told - {""}):
        yield Scope("group", label, label, "", np.asarray(labels == label))


def _of_phase(plan: Plan, case: Case, name: str) -> pd.DataFrame:
    """Return the zones' rows of a phase in the case's order."""
    table = plan.zones[plan.zones["phase"] == name].set_index("zone")
    return table.reindex(case.zones["id"]).rename_axis("zone").reset_index()


def _row(phase: str, scope: Scope, table: pd.DataFrame) -> dict[str, Any]:
    demand, served = table["demand_kwh_day"], table["served_kwh_day"]
    reached = table["covered"].astype(bool)
    people = float(table["people"].sum()) if table["people"].notna().all() else None
    minutes = table["minutes"].fillna(0.0)
    energy, asked = float(served.sum()), float(demand.sum())
    return {
        "phase": phase,
        "kind": scope.kind,
        "scope": scope.id,
        "name": scope.name,
        "name_zh": scope.name_zh,
        "zones": len(table),
        "people": people,
        "demand_kwh_day": asked,
        "served_kwh_day": energy,
        "served_share": energy / asked if asked else None,
        "covered_share": float(demand[reached].sum()) / asked if asked else None,
        "covered_people_share": (
            float(table.loc[reached, "people"].sum()) / people if people else None
        ),
        "kwh_person_day": energy / people if people else None,
        "access_minutes_mean": float((minutes * served).sum()) / energy if energy else None,
    }


def _indices(phase: str, got: Floats, weight: Floats, rows: list[dict[str, Any]]) -> dict[str, Any]:
    districts = [
        row for row in rows if row["kind"] == "district" and row["served_share"] is not None
    ]
    least = min(districts, key=lambda row: row["served_share"], default=None)
    return {
        "phase": phase,
        "gini": gini(got, weight),
        "palma": palma(got, weight),
        "least_served_district": None if least is None else least["scope"],
        "least_served_share": None if least is None else least["served_share"],
    }


def _worst(table: pd.DataFrame, case: Case, count: int) -> pd.DataFrame:
    demand = table["demand_kwh_day"].to_numpy(np.float64)
    served = table["served_kwh_day"].to_numpy(np.float64)
    share = np.divide(served, demand, out=np.ones(len(table)), where=demand > 0)
    kept = np.flatnonzero(demand > 0)
    order = kept[np.lexsort((-demand[kept], np.round(share[kept], 9)))][:count]
    return pd.DataFrame(
        {
            "zone": table["zone"].to_numpy()[order],
            "name": case.zones["name"].to_numpy()[order],
            "district": table["district"].to_numpy()[order],
            "people": table["people"].to_numpy()[order],
            "demand_kwh_day": demand[order],
            "served_share": share[order],
            "covered": table["covered"].to_numpy()[order],
            "minutes": table["minutes"].to_numpy()[order],
        }
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON takes them: no NaN."""
    rows = table.astype(object).to_dict("records")
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in rows]
