"""Count stations against fuel stations, and sum up every phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.plan import Kpis, PhaseResult, Ratio, RatioRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.assembly.answer import Answer

P95 = 0.95
_EQUAL = 1e-9


def phase_results(answer: Answer) -> tuple[PhaseResult, ...]:
    """Return the state at the end of every phase."""
    return tuple(
        PhaseResult(
            name=phase.name,
            date=phase.date.isoformat(),
            ratio=_ratio(answer, t),
            kpis=_kpis(answer, t),
            budget_cny=_finite(answer.problem.budget_cny[t]),
        )
        for t, phase in enumerate(answer.scenario.phases)
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _ratio(answer: Answer, t: int) -> Ratio:
    case, phase = answer.case, answer.scenario.phases[t]
    everywhere = np.ones(len(answer.problem.sites), dtype=bool)
    city = _row(answer, t, ("city", case.title, case.title_zh), everywhere, phase.ratio)
    rows = zip(case.districts["id"], case.districts["name"], case.districts["name_zh"], strict=True)
    districts = [
        _row(
            answer,
            t,
            row,
            answer.problem.site_district == r,
            max(phase.district_floor, phase.district_ratio.get(row[0], 0.0)),
        )
        for r, row in enumerate(rows)
    ]
    return Ratio(form=answer.scenario.ratio.form, city=city, districts=tuple(districts))


def _row(
    answer: Answer, t: int, label: tuple[str, str, str], here: NDArray[np.bool_], target: float
) -> RatioRow:
    fuel = answer.case.fuel
    if label[0] != "city":
        fuel = fuel[fuel["district"] == label[0]]
    sites = np.flatnonzero(answer.opened[t] & here)
    guns = sum(kind.super_guns for j in sites if (kind := answer.kind(int(j), t)))
    nozzles = int(fuel["nozzles"].sum()) if fuel["nozzles"].notna().all() else None
    by_guns = answer.scenario.ratio.form == "guns"
    counted, against = (guns, nozzles or 0) if by_guns else (len(sites), len(fuel))
    return RatioRow(
        district=label[0],
        name=label[1],
        name_zh=label[2],
        stations=len(sites),
        fuel_stations=len(fuel),
        guns=guns,
        nozzles=nozzles,
        ratio=counted / against if against else None,
        target=target,
    )


def _kpis(answer: Answer, t: int) -> Kpis:
    p, opened = answer.problem, answer.opened[t]
    demand, energy = float(p.demand_kwh[t].sum()), float(answer.solution.energy_kwh[t].sum())
    reached = float(p.demand_kwh[t, answer.covered[t]].sum())
    stood = p.initial != NONE
    larger = stood & (answer.solution.type_at[t] > p.initial)
    mean, p95 = _access(answer, t)
    load = answer.load_kw[t].sum() / 1000
    return Kpis(
        stations_open=int(opened.sum()),
        stations_new=int((opened & ~stood).sum()),
        stations_upgraded=int(larger.sum()),
        guns=sum(k.guns for j in np.flatnonzero(opened) if (k := answer.kind(int(j), t))),
        demand_kwh_day=demand,
        served_kwh_day=energy,
        demand_served_share=energy / demand if demand else 0.0,
        demand_covered_share=reached / demand if demand else 0.0,
        access_minutes_mean=mean,
        access_minutes_p95=p95,
        capex_cny=float(answer.spent_cny[t]),
        peak_mw=float(load),
    )


def _access(answer: Answer, t: int) -> tuple[float | None, float | None]:
    energy, minutes = answer.solution.energy_kwh[t], answer.problem.pair_minutes
    if not energy.sum() > 0:
        return None, None
    order = np.argsort(minutes, kind="stable")
    running = np.cumsum(energy[order]) / energy.sum()
    at = int(np.searchsorted(running, P95 - _EQUAL))
    return float(energy @ minutes / energy.sum()), float(minutes[order][at])
