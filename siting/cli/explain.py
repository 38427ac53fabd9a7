"""Explain one site: why it is in or out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.options import AsJson, CaseName, NoProgress, ScenarioName  # noqa: TC001 - typer reads them
from siting.cli.show import answer, print_json, print_table, progress

if TYPE_CHECKING:
    from siting.data.explain import Explained

_RULE_HEADER = ("rule", "value", "limit", "verdict", "confidence", "source")


def explain(
    site: Annotated[str, typer.Argument(help="Id of a site or an existing station.")],
    *,
    case: CaseName = None,
    scenario: ScenarioName = "ratio-2025",
    as_json: AsJson = False,
    quiet: NoProgress = False,
) -> None:
    """Say why a site is in or out: every rule with its value, limit and source."""
    from siting.data.explain import explain_site  # noqa: PLC0415 - heavy
    from siting.pipeline import load_city  # noqa: PLC0415 - heavy
    from siting.scenario_io import load_scenario  # noqa: PLC0415

    question = load_scenario(scenario)
    name = question.case if case is None else case
    with progress(quiet=quiet) as report:
        report(f"loading {name}")
        city = load_city(name, question)
        report(f"explaining {site}")
        found = explain_site(city, question, site)
    if as_json:
        print_json({"ok": True, "case": city.title, "label": city.label, **_plain(found)})
    else:
        if city.label:
            answer(f"The city is {city.label}: no survey of the real one.")
        _print(found)


def _plain(found: Explained) -> dict[str, object]:
    return dataclasses.asdict(found)


def _print(found: Explained) -> None:
    answer(" ".join(dict.fromkeys([found.id, found.name, found.name_zh])).rstrip())
    answer(f"{found.status.upper()}: {found.reason}")
    if found.rules:
        rows = [dataclasses.astuple(rule) for rule in found.rules]
        print_table(_RULE_HEADER, rows)
    for name, text in _facts(found):
        answer(f"{name}: {text}")


def _facts(found: Explained) -> list[tuple[str, str]]:
    """Return what surrounds the site, one line each; what is unknown says so."""
    facts = [("fixed by hand", found.fixed)] if found.fixed else []
    facts += [("host", found.host), ("district", found.district)]
    facts.append(("place", f"{found.lon:.6f}, {found.lat:.6f}"))
    road = f"{found.road_class} {found.road_name}".rstrip()
    facts.append(("nearest road", _metres(found.road_m, road, "no roads in this case")))
    junction = _metres(found.junction_m, "", "none")
    facts.append(("nearest junction on an arterial", junction))
    facts.append(("nearest excluded area", _metres(found.exclusion_m, found.exclusion, "none")))
    facts.append(("stands for", ", ".join(found.merged_here) or "no other site"))
    facts += [("score", _score(found))] if found.score is not None else []
    facts.append(("substation", _substation(found)))
    demand = "; ".join(f"{phase} {kwh:,.0f} kWh/day" for phase, kwh in found.demand_kwh_day.items())
    facts.append(("demand within reach", f"{found.zones_within_reach:,} zones: {demand}"))
    area = "unknown, so every type fits" if found.area_m2 is None else f"{found.area_m2:,.0f} m2"
    facts.append(("area", f"{area} (area per bay: {found.area_source})"))
    facts.append(("types that fit", ", ".join(found.types_that_fit) or "none"))
    return facts


def _metres(metres: float | None, what: str, none: str) -> str:
    return none if metres is None else f"{metres:,.1f} m {what}".rstrip()


def _score(found: Explained) -> str:
    parts = ", ".join(f"{name} {part:.3f}" for name, part in found.score_parts.items())
    return f"{found.score:.3f} ({parts})"


def _substation(found: Explained) -> str:
    if not found.substation:
        return "none: the grid limits nothing here"
    label = " (synthetic)" if found.substation_synthetic else ""
    room = "; ".join(
        f"{phase} {'no limit' if kw is None else f'{kw:,.0f} kW'}"
        for phase, kw in found.headroom_kw.items()
    )
    return f"{found.substation}{label}; room for all its stations together: {room}"
