"""Check that a scenario fits a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.data.demand import check_estimators
from siting.data.fairness import check_groups
from siting.errors import CaseError, Fault, ScenarioError

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.scenario import Scenario


def check_fit(case: Case, scenario: Scenario) -> None:
    """Refuse a scenario that asks for what the case does not have.

    Raises
    ------
    CaseError
        If an existing station has a type the scenario does not know, or demand adds up to nothing,
        or an estimator of demand counts what the case does not have.
    ScenarioError
        If the scenario names a district the case does not have, or counts nozzles nobody gave.
    """
    faults = []
    known = set(case.districts["id"])
    for n, phase in enumerate(scenario.phases):
        faults += [
            Fault(
                f"scenario {scenario.name}",
                f"{name!r} is not a district of {case.name}",
                f"Its districts are {', '.join(sorted(known))}.",
                field=f"phases[{n}].district_ratio",
            )
            for name in phase.district_ratio
            if name not in known
        ]
    for name in set(scenario.reach.km or {}) - known - {"default"}:
        faults.append(
            Fault(
                f"scenario {scenario.name}",
                f"{name!r} is not a district of {case.name}",
                f"Its districts are {', '.join(sorted(known))}.",
                field="reach.km",
            )
        )
    faults += check_groups(case, scenario)
    if scenario.ratio.form == "guns" and case.fuel["nozzles"].isna().any():
        blank = int(case.fuel["nozzles"].isna().sum())
        faults.append(
            Fault(
                f"scenario {scenario.name}",
                f"counts guns against nozzles, but {blank} fuel stations have no nozzle count",
                "Give every fuel station its nozzles, or set ratio.form to 'stations'.",
                field="ratio.form",
            )
        )
    faults += _strange_substations(case, scenario)
    if faults:
        msg = f"The scenario does not fit the case {case.name}:"
        raise ScenarioError(msg, faults)
    unknown = set(case.stations["type"].dropna()) - set(scenario.stations)
    if unknown:
        fault = Fault(
            "layer stations",
            f"types {sorted(unknown)} are not in the scenario",
            f"It knows {', '.join(scenario.stations)}.",
            field="type",
        )
        msg = f"The case {case.name} does not fit the scenario:"
        raise CaseError(msg, [fault])
    if not case.zones["demand"].sum() > 0:
        fault = Fault(
            "layer zones", "all demand is zero", "Give some zone a demand.", field="demand"
        )
        msg = f"The case {case.name} asks for no charging:"
        raise CaseError(msg, [fault])
    check_estimators(case, scenario)


def _strange_substations(case: Case, scenario: Scenario) -> list[Fault]:
    """Find substations to reinforce that the case does not have."""
    steps, here = scenario.grid.reinforcement, set(case.substations["id"])
    named = () if steps is None else steps.substations or ()
    mend = f"Its substations are {', '.join(sorted(here)) or 'none'}."
    where, field = f"scenario {scenario.name}", "grid.reinforcement.substations"
    return [
        Fault(where, f"{name!r} is not a substation of {case.name}", mend, field=field)
        for name in named
        if name not in here
    ]
