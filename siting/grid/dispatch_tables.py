"""Write a dispatch as tables: by station, by substation, by hour; and read the hours again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.grid.dispatch import group_names
from siting.models.dispatch.schedule import KEPT_KW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.grid.dispatch import DispatchStudy, PhaseDispatch

    Floats = NDArray[np.float64]

HOUR_COLUMNS = {
    "import_kw": "import_kw",
    "export_kw": "export_kw",
    "pv_kw": "pv_kw",
    "charge_kw": "charge_kw",
    "discharge_kw": "discharge_kw",
    "stored_kwh": "stored_kwh",
    "v2g_kw": "given_kw",
    "v2g_back_kw": "back_kw",
}
"""Columns of the table of hours, and the schedule's own names."""


def station_table(study: DispatchStudy) -> pd.DataFrame:
    """Return each station's equipment, its peak, its own use of PV, its money and payback.

    ``dear`` counts what is bought in the hours of the highest price of each kind of day;
    ``running_cny_year`` is upkeep, wear and what vehicles are paid.

    Parameters
    ----------
    study
        The dispatch.
    """
    return pd.concat([_stations(study, t) for t in range(len(study.phases))], ignore_index=True)


def _stations(study: DispatchStudy, t: int) -> pd.DataFrame:
    one, storage = study.phases[t], study.setting.storage
    q, plan, sizes = one.question, one.found.schedule, one.found.schedule.sizes
    invested = study.invested_cny()[t, one.rows]
    with_it, without = one.found.costs, one.bare_costs
    upkeep = _upkeep(study, t)[one.rows]
    running = with_it.by_station - with_it.equipment + upkeep
    saved = without.by_station - running
    pv = _year(plan.pv_kw, q.days_per_year)
    sun = _year(q.sun * sizes.pv_kw[:, None, None], q.days_per_year)
    dear = q.buy_cny == q.buy_cny.max(axis=1, keepdims=True)
    peak, left = q.design_kw.max(axis=(1, 2)), (q.design_kw + plan.shift_kw).max(axis=(1, 2))
    table = pd.DataFrame(
        {
            "station": q.stations,
            "substation": group_names(q),
            "battery_kwh": sizes.battery_kwh,
            "battery_kw": sizes.battery_kw,
            "pv_kw": sizes.pv_kw,
            "v2g_kw": q.v2g_kw.max(axis=(1, 2)),
            "design_peak_without_kw": peak,
            "design_peak_kw": left,
            "peak_without_kw": q.load_kw.max(axis=(1, 2)),
            "peak_kw": plan.import_kw.max(axis=(1, 2)),
            "peak_shaved_kw": peak - left,
            "dear_without_kwh_year": _year(q.load_kw * dear, q.days_per_year),
            "dear_kwh_year": _year(plan.import_kw * dear, q.days_per_year),
            "bought_without_kwh_year": _year(q.load_kw, q.days_per_year),
            "bought_kwh_year": _year(plan.import_kw, q.days_per_year),
            "fed_in_kwh_year": _year(plan.export_kw, q.days_per_year),
            "pv_kwh_year": pv,
            "pv_curtailed_kwh_year": np.maximum(sun - pv, 0.0),
            "self_consumption": _share(pv - _year(plan.export_kw, q.days_per_year), pv),
            "v2g_kwh_year": _year(plan.given_kw, q.days_per_year),
            "invested_cny": invested,
            "running_cny_year": upkeep + with_it.vehicles + with_it.wear,
            "cost_without_cny_year": without.by_station,
            "cost_cny_year": with_it.by_station,
            "saved_cny_year": without.by_station - with_it.by_station,
            "payback_years": _payback(invested, saved),
            "discount": storage.discount,
        }
    )
    table.insert(0, "phase", study.setting.placement.phases[t])
    return table


def _upkeep(study: DispatchStudy, t: int) -> Floats:
    battery, pv = study.setting.storage.battery, study.setting.storage.pv
    cells = battery.cny_kwh * study.state("battery_kwh")[t]
    cells += battery.cny_kw * study.state("battery_kw")[t]
    roof = pv.cny_kw * study.state("pv_kw")[t]
    return np.asarray(battery.upkeep_share * cells + pv.upkeep_share * roof)


def _year(flow_kw: Floats, days_per_year: Floats) -> Floats:
    return np.asarray(np.einsum("jdh,d->j", flow_kw, days_per_year), dtype=np.float64)


def _share(part: Floats, whole: Floats) -> Floats:
    share = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def _payback(invested: Floats, saved: Floats) -> Floats:
    """Return years until savings have paid what was spent; NaN where they never do."""
    able = (saved > 0) & (invested > 0)
    years = np.full(saved.shape, np.nan)
    np.divide(invested, saved, out=years, where=able)
    return years


def substation_table(study: DispatchStudy) -> pd.DataFrame:
    """Return each substation's deepest overload and hours over its limit, without and with."""
    names = study.setting.placement.phases
    tables = [_substations(one, name) for one, name in zip(study.phases, names, strict=True)]
    return pd.concat(tables, ignore_index=True)


def _substations(one: PhaseDispatch, phase: str) -> pd.DataFrame:
    q, plan = one.question, one.found.schedule
    member = (q.group_of[None, :] == np.arange(len(q.groups))[:, None]).astype(float)
    spare = {}
    for name, shift in (("without", one.bare.shift_kw), ("with", plan.shift_kw)):
        load = np.einsum("gj,jdh->gdh", member, q.design_kw + shift)
        spare[name] = (q.room_kw - load).min(axis=(1, 2), initial=np.inf) / 1000

    def hours(over_kw: Floats) -> Floats:
        return np.asarray(((over_kw > KEPT_KW) * q.days_per_year[:, None]).sum(axis=(1, 2)))

    return pd.DataFrame(
        {
            "phase": phase,
            "substation": q.groups,
            "stations": member.sum(axis=1).astype(int),
            "headroom_without_mw": spare["without"],
            "headroom_mw": spare["with"],
            "over_without_mw": one.bare.over_kw.max(axis=(1, 2), initial=0.0) / 1000,
            "over_mw": plan.over_kw.max(axis=(1, 2), initial=0.0) / 1000,
            "hours_over_without": hours(one.bare.over_kw),
            "hours_over": hours(plan.over_kw),
            "holds": plan.over_kw.max(axis=(1, 2), initial=0.0) < KEPT_KW,
        }
    )


def hour_table(study: DispatchStudy) -> pd.DataFrame:
    """Return each open station's hours: load, what is bought and fed in, and every flow."""
    names = study.setting.placement.phases
    tables = [_hours(one, name) for one, name in zip(study.phases, names, strict=True)]
    return pd.concat(tables, ignore_index=True)


def _hours(one: PhaseDispatch, phase: str) -> pd.DataFrame:
    q, plan = one.question, vars(one.found.schedule)
    index = np.indices(q.shape).reshape(3, -1)
    flows = {name: plan[of].ravel() for name, of in HOUR_COLUMNS.items()}
    return pd.DataFrame(
        {
            "phase": phase,
            "station": np.array(q.stations, dtype=object)[index[0]],
            "day": np.array(q.days, dtype=object)[index[1]],
            "hour": index[2],
            "load_kw": q.load_kw.ravel(),
            "design_kw": q.design_kw.ravel(),
            **flows,
        }
    )
