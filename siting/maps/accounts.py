"""Read what was asked of a plan afterwards (power flow, storage, money, waits), to show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.maps.network import read_drawing
from siting.maps.simulation import read_simulation

if TYPE_CHECKING:
    from siting.maps.audience import Sight

FOLDER = "grid"
_CARBON = (
    *("method", "citation", "boundary", "horizon_years", "net_avoided_t", "embodied_t"),
    *("payback_years", "credit_eligible", "credit_why"),
)
_WORTH = ("cny_per_t", "value_cny")
_DISPATCH = (
    *("phase", "v2g_stations", "battery_mwh", "pv_mw", "pv_mwh_year", "discharge_mwh_year"),
    *("peak_without_mw", "peak_mw", "hours_over_without", "hours_over"),
)
_SAVING = ("invested_cny", "cost_without_cny_year", "cost_cny_year")
_MONEY = (
    *("terms", "npv_cny", "payback_years", "levelised_cny_kwh", "least_subsidy_cny_kw"),
    *("stations", "stations_that_pay", "life_years", "discount"),
)

_NETWORK = ("network", "tied", "stations", "phases", "hosting", "drawing")

Accounts = dict[str, Any]


def read_accounts(folder: Path) -> Accounts:
    """Return what a plan's folder holds: carbon, dispatch, money, network, simulation.

    A file that is not there, or cannot be read, is left out: the plan stands without it.

    Parameters
    ----------
    folder
        Of the plan.
    """
    found: Accounts = {}
    for name in ("carbon", "dispatch", "money", "network"):
        try:
            told = json.loads((Path(folder) / FOLDER / f"{name}.json").read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(told, dict):
            found[name] = told
    if "network" in found:
        found["network"]["drawing"] = read_drawing(Path(folder) / FOLDER)
    if (seen := read_simulation(folder)) is not None:
        found["simulation"] = seen
    return found


def accounts_for(accounts: Accounts, sight: Sight) -> Accounts:
    """Return what one audience sees of the accounts.

    Parameters
    ----------
    accounts
        As read.
    sight
        Of the audience: money only for those who may see it, loads likewise.
    """
    shown: Accounts = {}
    if "carbon" in accounts:
        shown["carbon"] = _some(accounts["carbon"], _CARBON, _WORTH if sight.money else ())
    phases = accounts.get("dispatch", {}).get("phases") or []
    if phases and sight.load:
        shown["dispatch"] = _some(phases[-1], _DISPATCH, _SAVING if sight.money else ())
    if "network" in accounts and sight.load and accounts["network"].get("phases"):
        shown["network"] = _some(accounts["network"], _NETWORK)
    if "money" in accounts and sight.money:
        shown["money"] = _some(accounts["money"], _MONEY)
    return shown


def _some(table: dict[str, Any], *keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: table.get(key) for group in keys for key in group}
