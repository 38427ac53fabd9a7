"""Plan one question with its grid limits on, off, and with ways to live within them; compare."""

from __future__ import annotations

import csv
import io
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from siting.errors import InfeasibleError, NoSolutionError
from siting.pipeline import load_city, run_plan
from siting.plan_folder import write_into
from siting.scenario_io import load_scenario, override
from siting.verify.overload import overloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from siting.plan import Plan
    from siting.scenario import Scenario

log = logging.getLogger(__name__)

VARIANTS: dict[str, tuple[str, ...]] = {
    "limits": (),
    "no-limits": ("no-limits",),
    "storage": ("storage",),
    "reinforcement": ("reinforcement",),
    "storage-reinforcement": ("storage", "reinforcement"),
}
"""Options of each way, by its name."""
SHOWN = ("limits", "no-limits", "storage", "storage-reinforcement")
CSV_FILE, TEXT_FILE = "headroom.csv", "headroom.md"
HEADER = (
    "plan",
    "served, kWh a day",
    "stations",
    "with battery",
    "M CNY",
    "of it batteries",
    "of it reinforcement",
    "substations over",
    "worst, MW over",
    "gap",
    "s",
)


@dataclass(frozen=True)
class Variant:
    """Hold what one way costs and overloads, at the end of the last phase."""

    name: str
    status: str
    """Of the plan: optimal or feasible; infeasible or no-solution where there is none."""
    served_kwh_day: float | None = None
    stations: int | None = None
    with_battery: int | None = None
    capex_cny: float | None = None
    battery_cny: float | None = None
    reinforcement_cny: float | None = None
    substations_over: int | None = None
    """In any phase, recomputed by the verifier; those that passed it before the plan counted."""
    over_before: int | None = None
    """Of these, by base load and the stations that stood before."""
    worst_over_mw: float | None = None
    hours_over: int | None = None
    """Hours of the last phase's day above the limit, summed over substations."""
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    seconds: float | None = None


def run_headroom(
    scenario: str,
    *,
    options: tuple[str, ...],
    ways: tuple[str, ...],
    solve: Mapping[str, Any],
    out: Path,
    case_name: str | None = None,
    progress: Callable[[str], None] = log.info,
) -> list[Variant]:
    """Plan a scenario in several ways, each into a folder of its own, and write a table of them.

    Parameters
    ----------
    scenario
        Name or path.
    options
        Laid over it in every way.
    ways
        Names of ``VARIANTS``.
    solve
        Limits of each search; None changes nothing.
    out
        Folder for the plans' folders and the table.
    case_name
        City to use instead.
    progress
        Called with a line of text now and then.

    Raises
    ------
    SitingError
        As a plan does; a way without a plan is told in the table instead.
    """
    questions = {
        way: override(
            load_scenario(scenario, options=(*options, *VARIANTS[way])),
            {"solve": solve},
            case=case_name,
        )
        for way in ways
    }
    found = []
    for way, question in questions.items():
        progress(f"planning {question.name}")
        try:
            plan = run_plan(question, case_name=question.case, out=out / way, progress=progress)
        except InfeasibleError:
            found.append(Variant(way, "infeasible"))
        except NoSolutionError:
            found.append(Variant(way, "no-solution"))
        else:
            found.append(_variant(way, plan, question))
    write_into(out, {CSV_FILE: _csv(found), TEXT_FILE: markdown(found)})
    return found


def _variant(way: str, plan: Plan, scenario: Scenario) -> Variant:
    document, last = plan.document, scenario.phases[-1].name
    over = overloads(plan, load_city(document.provenance.case, scenario), scenario)
    prices = scenario.prices
    stored = [
        kind
        for station in document.stations
        if station.type is not None and (kind := scenario.stations[station.type]).battery_kwh
    ]
    return Variant(
        name=way,
        status=document.outcome.status,
        served_kwh_day=document.kpis.served_kwh_day,
        stations=document.kpis.stations_open,
        with_battery=len(stored),
        capex_cny=document.kpis.capex_cny,
        battery_cny=sum(
            kind.battery_kwh * (prices.battery_per_kwh or 0.0)
            + kind.battery_kw * (prices.battery_per_kw or 0.0)
            for kind in stored
        ),
        reinforcement_cny=sum(item.steps[-1].reinforcement_cny for item in document.substations),
        substations_over=len({item.substation for item in over}),
        over_before=len({item.substation for item in over if item.before}),
        worst_over_mw=max((item.over_mw for item in over), default=0.0),
        hours_over=sum(item.hours for item in over if item.phase == last),
        objective=document.outcome.objective,
        bound=document.outcome.bound,
        gap=document.outcome.gap,
        seconds=document.outcome.seconds,
    )


def rows(found: list[Variant]) -> list[list[str]]:
    """Return the table's rows, as people read them."""
    return [_row(item) for item in found]


def _row(item: Variant) -> list[str]:
    if item.served_kwh_day is None:
        return [item.name, item.status, *[""] * (len(HEADER) - 2)]
    over = f"{item.substations_over}"
    if item.over_before:
        over += f" ({item.over_before} by what stands already)"
    money = (item.capex_cny, item.battery_cny, item.reinforcement_cny)
    return [
        item.name,
        f"{item.served_kwh_day:,.0f}",
        f"{item.stations}",
        f"{item.with_battery}",
        *(f"{(cny or 0.0) / 1e6:,.1f}" for cny in money),
        over,
        f"{item.worst_over_mw:,.2f}",
        f"{item.gap:.2%}",
        f"{item.seconds:,.0f}",
    ]


def markdown(found: list[Variant]) -> str:
    """Return the table as Markdown, as people read it."""
    lines = ["| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows(found)]
    return "\n".join(lines) + "\n"


def _csv(found: list[Variant]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(Variant.__dataclass_fields__)
    table.writerows(list(vars(item).values()) for item in found)
    return text.getvalue()
