"""Write the sections of the report. Every function returns HTML with all given text escaped."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from siting.maps.answer_words import answer_words
from siting.maps.figure import KEPT, NEUTRAL, PHASE_COLOURS, symbol
from siting.maps.payload import station_types
from siting.maps.report_text import (
    both,
    both_names,
    gap_text,
    given,
    head,
    inline,
    meets,
    million,
    number,
    percent,
    ratio_text,
    shortfall,
    table,
)
from siting.maps.strings import STRINGS
from siting.maps.text import escaped

if TYPE_CHECKING:
    from siting.plan import Document, Plan, RatioRow, Substation

TIGHTEST = 6
"""Substations listed."""
OVER = 1 + 1e-9
"""A loading above this passes the limit."""


def question(document: Document) -> str:
    """Say what was asked: the objective, and each phase's target."""
    objective = both(f"r_objective_{document.outcome.objective_kind}")
    rows = [
        [
            given(phase.name),
            given(phase.date),
            number(phase.ratio.city.target, 2),
        ]
        for phase in document.phases
    ]
    form = both("ratio_guns" if document.ratio.form == "guns" else "ratio_stations")
    return objective + form + table(head("phase", "r_date", "r_city_target"), rows)


def answer(document: Document) -> str:
    """Say what the plan reaches at the end of the last phase."""
    last, kpis, city = document.phases[-1], document.kpis, document.ratio.city
    target = number(city.target, 2)
    asked, asked_zh = (
        text.format(target=target) if city.target else "" for text in STRINGS["r_asked"]
    )
    values = {
        "phase": given(last.name),
        "date": given(last.date),
        "stations": f"<b>{number(kpis.stations_open)}</b>",
        "new": number(kpis.stations_new),
        "upgraded": number(kpis.stations_upgraded),
        "guns": number(kpis.guns),
        "ratio": f"<b>{ratio_text(city)}</b>",
        "asked": asked,
        "asked_zh": asked_zh,
        "served": f"<b>{percent(kpis.demand_served_share)}</b>",
        "covered": percent(kpis.demand_covered_share),
        "minutes": number(kpis.access_minutes_mean, 1),
        "p95": number(kpis.access_minutes_p95, 1),
        "cost": f"<b>{million(kpis.capex_cny)}</b>",
        "peak": number(kpis.peak_mw, 1),
    }
    short = shortfall(city, form=document.ratio.form)
    verdict = both("r_met") if meets(city) else both("r_short", n=number(short))
    verdict = verdict if city.target else ""
    below = [row for row in document.ratio.districts if not meets(row)]
    names = ", ".join(both_names(row.name, row.name_zh) for row in below)
    where = both("r_below", names=names) if below else both("districts_met")
    text = _classical(document) + both("r_answer_text", **values) + verdict + where
    return f'<section class="lead"><h2>{inline("r_answer")}</h2>{text}</section>'


def _classical(document: Document) -> str:
    """Say what a classical question asked and what the answer is; '' for a phased one."""
    words = answer_words(document)
    if words is None:
        return ""
    english, chinese = map(escaped, words)
    return f'<p><b>{english}</b></p><p lang="zh-Hans"><b>{chinese}</b></p>'


def figure_key(document: Document) -> str:
    """Explain the symbols: phase by colour, type by shape and size, and what stood before."""
    types = station_types(document)
    colours = zip(document.phases, cycle(PHASE_COLOURS), strict=False)
    entries = [
        (symbol(0, 2, colour=colour), f"{inline('r_built')} {given(phase.name)}")
        for phase, colour in colours
    ]
    entries += [
        (
            symbol(rank, len(types), colour=NEUTRAL),
            given(kind) + ("" if guns is None else f" · {guns} {inline('unit_guns')}"),
        )
        for rank, (kind, guns) in enumerate(types.items())
    ]
    seen = {station.status for station in document.stations}
    entries += [
        (symbol(0, 2, colour=KEPT, status=status), inline(f"status_{status}"))
        for status in ("kept", "closed")
        if status in seen
    ]
    items = (f'<li><svg viewBox="-9 -9 18 18">{drawn}</svg>{text}</li>' for drawn, text in entries)
    return f'<ul class="key">{"".join(items)}</ul>'


def proof(document: Document) -> str:
    """Say in plain words how good the plan is known to be."""
    outcome = document.outcome
    large = abs(outcome.objective) >= 1000  # noqa: PLR2004 - four figures at least
    digits = 0 if large or outcome.objective == round(outcome.objective) else 2
    values = {
        "gap": gap_text(outcome.gap),
        "objective": number(outcome.objective, digits),
        "bound": number(outcome.bound, digits),
        "unit": given(outcome.objective_unit),
        "unit_zh": STRINGS[f"objective_{outcome.objective_kind}"][1],
    }
    facts = (
        f'<p class="fine">{inline(f"outcome_{outcome.status}")}; {given(outcome.method)}; '
        f"{given(outcome.solver)}; {number(outcome.seconds, 1)} s</p>"
    )
    unmet = "".join(f"<li>{given(line)}</li>" for line in document.unmet)
    if unmet:
        unmet = both("unmet", n=number(len(document.unmet))) + f"<ul>{unmet}</ul>"
    told = "" if outcome.status == "given" else both("r_verified")
    return both(f"proof_{outcome.status}", **values) + unmet + told + facts


def phases(document: Document) -> str:
    """Return the key figures phase by phase."""
    keys = (
        "phase",
        "kpi_stations",
        "kpi_guns",
        "ratio",
        "target",
        "kpi_served",
        "kpi_covered",
        "r_minutes",
        "r_peak",
        "cost_mcny",
        "r_budget",
    )
    rows = [
        [
            f"{given(phase.name)} <small>{given(phase.date)}</small>",
            number(phase.kpis.stations_open),
            number(phase.kpis.guns),
            ratio_text(phase.ratio.city),
            number(phase.ratio.city.target, 2),
            percent(phase.kpis.demand_served_share),
            percent(phase.kpis.demand_covered_share),
            number(phase.kpis.access_minutes_mean, 1),
            number(phase.kpis.peak_mw, 1),
            million(phase.kpis.capex_cny),
            million(phase.budget_cny),
        ]
        for phase in document.phases
    ]
    return table(head(*keys), rows)


def districts(plan: Plan) -> str:
    """Return stations, fuel stations, ratio and served share by district, in the last phase."""
    document = plan.document
    zones = plan.zones[plan.zones["phase"] == document.phases[-1].name]
    sums = zones.groupby("district", sort=False)[["demand_kwh_day", "served_kwh_day"]].sum()
    demand, served = sums["demand_kwh_day"].to_dict(), sums["served_kwh_day"].to_dict()
    guns = document.ratio.form == "guns"
    keys = (
        "district",
        "guns" if guns else "stations",
        "nozzles" if guns else "r_fuel",
        "ratio",
        "target",
        "r_reached",
        "kpi_served",
    )
    rows = [
        [
            both_names(row.name, row.name_zh),
            number(row.guns if guns else row.stations),
            number(row.nozzles if guns else row.fuel_stations),
            ratio_text(row),
            number(row.target, 2),
            _reached(row, document.ratio.form),
            percent(served[row.district] / demand[row.district])
            if demand.get(row.district)
            else "–",
        ]
        for row in document.ratio.districts
    ]
    return table(head(*keys), rows)


def _reached(row: RatioRow, form: str) -> str:
    if meets(row):
        return "✓"
    return f'<b class="short">▼ {number(shortfall(row, form=form))}</b>'


def limits(plan: Plan) -> str:
    """Say what stands in the way of a better plan: money, the grid, demand out of reach."""
    document = plan.document
    text = _money(document) + _grid(plan)
    unreached = document.unreached
    if unreached.zones:
        text += both(
            "unreached", n=len(unreached.zones), demand=number(unreached.zone_demand_kwh_day)
        )
    return text


def _money(document: Document) -> str:
    limited = [phase for phase in document.phases if phase.budget_cny]
    if not limited:
        return both("r_no_budget")
    phase = max(limited, key=lambda item: item.kpis.capex_cny / (item.budget_cny or 1))
    used = phase.kpis.capex_cny / (phase.budget_cny or 1)
    return both("r_money", used=f"<b>{percent(used)}</b>", phase=given(phase.name))


def _grid(plan: Plan) -> str:
    document = plan.document
    if not document.substations:
        return both("no_substations")
    tight = sorted(document.substations, key=_loading, reverse=True)[:TIGHTEST]
    rows = [
        [
            both_names(item.name, item.name_zh),
            number(item.limit_mw + item.steps[-1].added_mw, 1),
            number(item.steps[-1].worst_mw, 1),
            f"{item.steps[-1].worst_hour:02d}:00",
            ("▲ " if _loading(item) > OVER else "") + percent(_loading(item)),
        ]
        for item in tight
    ]
    over = {item.id for item in document.substations if _loading(item) > OVER}
    bare = plan.load[plan.load["base_mw"] > plan.load["limit_mw"] * OVER]
    bare = bare[bare["phase"] == document.phases[-1].name]
    counts = {
        "n": len(over),
        "all": len(document.substations),
        "base": len(over & set(bare["substation"])),
    }
    note = both("over_findings", **counts) + _works(document) + both("r_tightest")
    return note + table(head("substation", "limit_mw", "worst_mw", "hour", "loading"), rows)


def _works(document: Document) -> str:
    """Say what is reinforced, if anything."""
    built = [item for item in document.substations if item.steps[-1].added_mva]
    if not built:
        return ""
    return both(
        "r_reinforced",
        n=len(built),
        mva=number(sum(item.steps[-1].added_mva for item in built)),
        money=number(sum(item.steps[-1].reinforcement_cny for item in built) / 1e6, 1),
    )


def _loading(item: Substation) -> float:
    return item.steps[-1].loading
