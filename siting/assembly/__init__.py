"""Assemble the plan: names, places, counts, loads and figures around a solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.assembly.answer import Answer
from siting.assembly.futures import over_futures, unit_over_futures
from siting.assembly.layers import map_layers
from siting.assembly.phases import phase_results
from siting.assembly.provenance import provenance, unreached
from siting.assembly.stations import stations
from siting.assembly.substations import battery_table, load_table, substations
from siting.assembly.tables import service_table, zone_table
from siting.plan import Document, LeastShare, Outcome, Plan
from siting.scenario_io import assumptions

if TYPE_CHECKING:
    from siting.models.solution import Certificate

__all__ = ["Answer", "assemble", "map_layers"]

_UNIT = {
    "served": "kWh a day, weighted and summed over the phases",
    "covered": "kWh a day, weighted and summed over the phases",
    "access": "kWh a day x min, weighted and summed over the phases",
    "cost": "CNY",
    "set-cover": "supercharging stations",
    "max-cover": "kWh a day with a station within reach",
    "backup-cover": "kWh a day with two stations within reach",
    "p-median": "min, mean drive of all demand within reach to its station",
    "p-center": "min, longest drive of any demand within reach to its nearest station",
    "p-dispersion": "m between the two nearest stations",
    "facility": "CNY, stations and drives together",
    "flow": "trips a day",
    "market": "kWh a day",
}


def assemble(answer: Answer) -> Plan:
    """Return the plan document and its tables for a solved problem."""
    answer = answer.own()
    phases = phase_results(answer)
    document = Document(
        name=answer.scenario.name,
        outcome=_outcome(answer),
        ratio=phases[-1].ratio,
        kpis=phases[-1].kpis,
        phases=phases,
        stations=stations(answer),
        substations=substations(answer),
        unreached=unreached(answer),
        assumptions=assumptions(answer.scenario),
        provenance=provenance(answer),
        least_share=_least_share(answer),
        robust=over_futures(answer),
    )
    return Plan(
        document=document,
        service=service_table(answer),
        zones=zone_table(answer),
        load=load_table(answer),
        batteries=battery_table(answer),
    )


def _outcome(answer: Answer) -> Outcome:
    certificate: Certificate = answer.solution.certificate
    kind = answer.problem.objective
    return Outcome(
        status=certificate.status,
        objective_kind=kind,
        objective_unit=unit_over_futures(answer) or _UNIT[kind],
        objective=certificate.objective,
        bound=certificate.bound,
        gap=certificate.gap,
        seconds=round(certificate.seconds, 3),
        solver=certificate.solver,
        method=certificate.method,
    )


def _least_share(answer: Answer) -> LeastShare | None:
    raised = answer.solution.raised
    if raised is None:
        return None
    return LeastShare(
        of=raised.family,
        scope=raised.scope,
        share=raised.share,
        held_share=raised.held,
        bound=raised.bound,
    )
