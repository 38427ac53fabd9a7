"""Write who is served and covered, by district and group, and how unevenly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.equity import equity_account
from siting.maps.report_text import both, both_names, given, head, number, percent, table

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Equity

_LISTED = 5


def fairness(plan: Plan, case: Case, equity: Equity | None = None) -> str:
    """Return the section's content: indices, districts and groups, zones served least.

    Parameters
    ----------
    plan, case
        The answer and its city.
    equity
        Groups the scenario names.
    """
    told = equity_account(plan, case, equity, worst=_LISTED).summary()
    last = told["indices"][-1]
    by = "r_eq_by_person" if told["counted_by"] == "person" else "r_eq_by_kwh"
    text = both(by) + both(
        "r_eq_indices",
        gini="–" if last["gini"] is None else number(last["gini"], 3),
        palma="–" if last["palma"] is None else number(last["palma"], 2),
    )
    text += _worst_off(plan, told["scopes"])
    rows = [_row(row) for row in told["scopes"] if row["phase"] == last["phase"]]
    keys = (
        "r_eq_scope",
        "r_eq_people",
        "kpi_served",
        "kpi_covered",
        "r_eq_kwh_person",
        "r_minutes",
    )
    text += table(head(*keys), rows)
    if told["worst"]:
        text += both("r_eq_worst") + table(
            head("zone", "district", "r_eq_demand", "kpi_served", "r_minutes"),
            [_zone(row) for row in told["worst"]],
        )
    return text


def _worst_off(plan: Plan, scopes: list[dict[str, Any]]) -> str:
    """Return who gets least of its demand within reach, where the scenario asks for max-min."""
    least = plan.document.least_share
    if least is None:
        return ""
    names = {row["scope"]: (row["name"], row["name_zh"]) for row in scopes}
    english, chinese = names.get(least.scope, (least.scope, ""))
    values = {
        "scope": given(english),
        "scope_zh": given(chinese or english),
        "share": percent(least.share, 2),
    }
    if least.bound is None:
        return both(f"r_eq_least_given_{least.of}", **values)
    proved = {"bound": percent(least.bound, 2), "held": percent(least.held_share, 2)}
    return both(f"r_eq_least_{least.of}", **values, **proved)


def _row(row: dict[str, Any]) -> list[str]:
    return [
        both_names(row["name"], row["name_zh"]),
        number(row["people"]),
        _share(row["served_share"]),
        _share(row["covered_share"]),
        number(row["kwh_person_day"], 3),
        number(row["access_minutes_mean"], 1),
    ]


def _zone(row: dict[str, Any]) -> list[str]:
    return [
        given(row["zone"]),
        given(row["district"]),
        number(row["demand_kwh_day"]),
        _share(row["served_share"]),
        number(row["minutes"], 1),
    ]


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)
