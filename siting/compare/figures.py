"""Count each plan's figures, for the city and by district, phase by phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.data.build import ranked_types
from siting.data.site_list import Sites

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from siting.compare.read import Compared
    from siting.data.case import Case
    from siting.plan import PhaseResult, RatioRow

CITY = "city"
MEASURES = (
    *("ratio", "target", "stations", "guns", "covered_share", "served_share"),
    *("access_minutes", "capex_cny", "peak_mw"),
)
"""What is told of every phase, of the city and of each district."""
FIGURES = ("plan", "name", "phase", "date", "district", "district_name", *MEASURES)


def figures(plans: Sequence[Compared], case: Case) -> pd.DataFrame:
    """Return one row for each plan, phase, and the city or a district (``FIGURES``).

    Shares are of all demand there; minutes are weighted by energy; the peak is of charging.

    Parameters
    ----------
    plans
        As read.
    case
        Their city.
    """
    rows = [row for item in plans for row in _rows(item, case)]
    return pd.DataFrame(rows, columns=list(FIGURES))


def _rows(item: Compared, case: Case) -> Iterator[dict[str, Any]]:
    spent, peak = _by_district(item, case)
    for number, phase in enumerate(item.plan.document.phases):
        head = {"plan": item.letter, "name": item.name, "phase": phase.name, "date": phase.date}
        yield head | _place(phase.ratio.city) | _of_city(phase)
        zones = _zones(item, phase.name)
        for row in phase.ratio.districts:
            yield (
                head
                | _place(row)
                | zones.get(row.district, {})
                | {
                    "capex_cny": spent.get((number, row.district), 0.0),
                    "peak_mw": peak.get((number, row.district), 0.0) / 1000,
                }
            )


def _place(row: RatioRow) -> dict[str, Any]:
    return {
        "district": row.district,
        "district_name": row.name,
        "ratio": row.ratio,
        "target": row.target,
        "stations": row.stations,
        "guns": row.guns,
    }


def _of_city(phase: PhaseResult) -> dict[str, Any]:
    kpis = phase.kpis
    return {
        "covered_share": kpis.demand_covered_share,
        "served_share": kpis.demand_served_share,
        "access_minutes": kpis.access_minutes_mean,
        "capex_cny": kpis.capex_cny,
        "peak_mw": kpis.peak_mw,
    }


def _zones(item: Compared, phase: str) -> dict[str, dict[str, Any]]:
    """Return coverage, service and access of each district in a phase."""
    table = item.plan.zones[item.plan.zones["phase"] == phase]
    told = {}
    for district, zones in table.groupby("district"):
        demand = float(zones["demand_kwh_day"].sum())
        served = zones["served_kwh_day"].to_numpy(float)
        minutes = np.where(served > 0, zones["minutes"].to_numpy(float), 0.0)
        total = float(served.sum())
        reached = float(zones.loc[zones["covered"], "demand_kwh_day"].sum())
        told[str(district)] = {
            "covered_share": reached / demand if demand else None,
            "served_share": total / demand if demand else None,
            "access_minutes": float(served @ minutes) / total if total else None,
        }
    return told


Sums = dict[tuple[int, str], float]


def _by_district(item: Compared, case: Case) -> tuple[Sums, Sums]:
    """Return money spent by each phase, CNY, and charging peaks, kW, by phase and district.

    All stations follow one profile a day, so their peaks come in the same hour and add up; what
    batteries take off is not looked at, as in the plan's own figure. Reinforcement of substations
    is the city's, and no district's.
    """
    types = ranked_types(item.scenario)
    sites = Sites(case, item.scenario, types)
    row = {name: j for j, name in enumerate(sites.ids)}
    kind = {name: k for k, name in enumerate(types)}
    spent: Sums = {}
    peak: Sums = {}
    for station in item.plan.document.stations:
        for number, step in enumerate(station.steps):
            at = (number, station.district)
            peak[at] = peak.get(at, 0.0) + step.peak_kw
            if step.type is not None:
                cost = float(sites.state_cost[row[station.id], kind[step.type]])
                spent[at] = spent.get(at, 0.0) + cost
    return spent, peak
