"""Write what was asked of a plan afterwards: storage, carbon, network, money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.maps.accounts import accounts_for
from siting.maps.audience import SIGHTS
from siting.maps.report_text import given, inline, million, number, table
from siting.maps.strings import STRINGS

if TYPE_CHECKING:
    from siting.maps.accounts import Accounts


def told(accounts: Accounts) -> str:
    """Return one table of the accounts, each row a figure with its unit.

    Parameters
    ----------
    accounts
        As `read_accounts` gives them.
    """
    shown = accounts_for(accounts, SIGHTS["planner"])
    rows = [
        *(_simulation(accounts["simulation"]) if "simulation" in accounts else []),
        *(_carbon(shown["carbon"]) if "carbon" in shown else []),
        *(_dispatch(shown["dispatch"]) if "dispatch" in shown else []),
        *(_network(shown["network"]) if "network" in shown else []),
        *(_money(shown["money"]) if "money" in shown else []),
    ]
    head = [(inline("r_key"), ""), (inline("r_value"), "n")]
    return table(head, rows)


def _row(key: str, value: str) -> list[str]:
    return [inline(key), value]


def _years(value: float | None) -> str:
    return inline("none") if value is None else _both("acc_years", n=number(value, 1))


def _both(key: str, **values: str) -> str:
    english, chinese = (text.format(**values) for text in STRINGS[key])
    return f'{english} <span lang="zh-Hans">{chinese}</span>'


def _carbon(c: dict[str, Any]) -> list[list[str]]:
    credit = inline("acc_credit" if c["credit_eligible"] else "acc_no_credit")
    avoided = _both("acc_tonnes", n=number(c["net_avoided_t"]), years=number(c["horizon_years"]))
    return [
        _row("acc_carbon", given(c["citation"])),
        _row("acc_avoided", avoided),
        _row("acc_embodied", f"{number(c['embodied_t'])} t"),
        _row("acc_back", _years(c["payback_years"])),
        _row("acc_worth_cny", f"{million(c['value_cny'])}; {credit}: {given(c['credit_why'])}"),
    ]


def _dispatch(d: dict[str, Any]) -> list[list[str]]:
    saved = d["cost_without_cny_year"] - d["cost_cny_year"]
    return [
        _row("acc_battery", f"{number(d['battery_mwh'], 1)} MWh"),
        _row("acc_pv", f"{number(d['pv_mw'], 1)} MW"),
        _row("acc_v2g", number(d["v2g_stations"])),
        _row("acc_peak", f"{number(d['peak_without_mw'], 1)} → {number(d['peak_mw'], 1)} MW"),
        _row("acc_over", f"{number(d['hours_over_without'])} → {number(d['hours_over'])} h"),
        _row("acc_saved_cny", million(saved)),
    ]


def _network(n: dict[str, Any]) -> list[list[str]]:
    last, hosting = n["phases"][-1], n["hosting"] or {}
    over = _both(
        "net_over_value",
        n=number(last["elements_over"]),
        own=number(last["elements_over_by_stations"]),
    )
    year = number(last["curtailed_mwh_year"], 1)
    curtailed = f"{number(last['curtailed_most_kw'])} kW; {year} MWh"
    rows = [
        _row("acc_network", given(n["network"])),
        _row("net_tied", f"{number(n['tied'])} / {number(n['stations'])}"),
        _row("net_loading", f"{number(100 * (last['loading'] or 0), 1)} %"),
        _row(
            "net_voltage",
            f"{number(last['lowest_vm_pu'], 3)} – {number(last['highest_vm_pu'], 3)} p.u.",
        ),
        _row("net_over", over),
        _row("net_hours", f"{number(last['hours_over_per_year'])} h"),
        _row("net_curtail", curtailed),
    ]
    for key, name in (("without", "net_hosting"), ("beside", "net_hosting_beside")):
        if key in hosting:
            least, most = hosting[key]["least_kw"], hosting[key]["most_kw"]
            rows.append(_row(name, f"{number(least)} – {number(most)} kW"))
    return rows


def _money(m: dict[str, Any]) -> list[list[str]]:
    return [
        _row("acc_npv_cny", million(m["npv_cny"])),
        _row("acc_back", _years(m["payback_years"])),
        _row("acc_kwh_cny", number(m["levelised_cny_kwh"], 3)),
        _row("acc_subsidy_cny", number(m["least_subsidy_cny_kw"])),
    ]


def _simulation(s: dict[str, Any]) -> list[list[str]]:
    """Tell what simulated drivers met, each figure with its interval."""

    def span(key: str, digits: int, *, factor: float = 1.0, unit: str = "") -> str:
        mean, low, high = (s["city"][key][end] for end in ("mean", "low", "high"))
        if mean is None or low is None or high is None:
            return inline("none")
        shown = [number(factor * value, digits) for value in (mean, low, high)]
        return f"{shown[0]} ({shown[1]} – {shown[2]}){unit}"

    promise = s["promise"]
    counts = _both(
        "sim_counts",
        kept=number(promise["kept"]),
        broken=number(promise["broken"]),
        unsure=number(promise["not significant"]),
    )
    minutes = f" {inline('unit_min')}"
    return [
        _row("acc_simulation", given(f"{s['phase']}; {s['settings_title']}")),
        _row("sim_served", span("served_share", 1, factor=100, unit=" %")),
        _row("sim_waited", span("waited_share", 1, factor=100, unit=" %")),
        _row("sim_mean", span("wait_mean_min", 2, unit=minutes)),
        _row("sim_p95", span("wait_p95_min", 1, unit=minutes)),
        _row("sim_use", span("utilisation", 1, factor=100, unit=" %")),
        _row("sim_promise", counts),
    ]
