"""Sum a plan up for a terminal, or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.cli.show import answer, print_table, say
from siting.maps.answer_words import answer_words

if TYPE_CHECKING:
    from pathlib import Path

    from siting.plan import Document, LeastShare, Outcome, OverFutures, PhaseResult, RatioRow
    from siting.scenario import Scenario
    from siting.verify import Mismatch

_OPENED_FIRST = ("map.html", "report.html", "plan.gpkg", "plan.json")
_MUCH_OUT_OF_REACH = 0.1
"""Share of the demand."""
_FOUR_FIGURES = 1000


def summary_document(document: Document, folder: Path) -> dict[str, Any]:
    """Return what ``siting plan --json`` prints.

    Parameters
    ----------
    document
        Plan.
    folder
        Where it was written.
    """
    return {
        "ok": True,
        "name": document.name,
        "case": document.provenance.case_title,
        "label": document.provenance.label,
        "outcome": document.outcome.model_dump(mode="json"),
        "ratio": document.ratio.model_dump(mode="json"),
        "kpis": document.kpis.model_dump(mode="json"),
        "unmet": list(document.unmet),
        "least_share": document.least_share and document.least_share.model_dump(mode="json"),
        "robust": document.robust and document.robust.model_dump(mode="json"),
        "phases": [
            {"name": phase.name, "date": phase.date, "kpis": phase.kpis.model_dump(mode="json")}
            for phase in document.phases
        ],
        "folder": str(folder),
        "files": [str(path) for path in sorted(folder.iterdir())] if folder.is_dir() else [],
    }


def print_summary(document: Document, folder: Path) -> None:
    """Print the outcome, one column a phase, the ratio by district, and where the plan is.

    Parameters
    ----------
    document
        Plan.
    folder
        Where it was written.
    """
    outcome, origin = document.outcome, document.provenance
    answer(f"{origin.scenario_title} - {origin.case_title}")
    if origin.label:
        how = "no survey of the real one" if origin.synthetic else "not all of it was surveyed"
        answer(f"The city is {origin.label}: {how}.")
    if "straight lines" in origin.travel:
        answer(f"Travel: {origin.travel}.")
    answer("")
    words = answer_words(document)
    if words is not None:
        answer(words[0])
    answer(_worth_line(outcome))
    if document.least_share is not None:
        answer(_least_share_line(document.least_share))
    for line in _unmet_lines(document.unmet):
        answer(line)
    answer("")
    if document.robust is not None:
        _print_futures(document.robust)
    phases = document.phases
    works = _works_row(document)
    print_table(["", *(phase.name for phase in phases)], [*_phase_rows(phases), *works])
    answer("")
    rows = [_ratio_row(row) for row in (document.ratio.city, *document.ratio.districts)]
    header = ["district", "stations", "fuel stations", "ratio", "target", ""]
    print_table(header, rows, title=f"Ratio at the end of {phases[-1].name}")
    answer("")
    for line in _unreached_lines(document):
        answer(line)
    answer(f"{len(document.assumptions)} assumptions; report.html lists them.")
    for name in _OPENED_FIRST:
        if (folder / name).is_file():
            answer(f"  {folder / name}")


def _worth_line(outcome: Outcome) -> str:
    worth = f"{_figure(outcome.objective)} {outcome.objective_unit}"
    if outcome.status == "given":
        return f"evaluated as given, not optimised: {worth}"
    best = f"proved within {outcome.gap:.2%} of the best possible"
    if outcome.status == "optimal":
        best = f"proved the best possible, gap {outcome.gap:.2%}"
    if outcome.method.endswith("stopped by the user"):
        best += ", stopped by the user"
    how = f"bound {_figure(outcome.bound)}, {outcome.seconds:.1f} s, {outcome.solver}"
    return f"{best}: {worth}, {how}"


def _least_share_line(least: LeastShare) -> str:
    gets = f"worst off is {least.scope}: {least.share:.2%} of its demand within reach {least.of}"
    if least.bound is None:
        return f"{gets}, evaluated as given"
    return (
        f"{gets}; no plan gives the worst off more than {least.bound:.2%} (max-min; every district "
        f"and group was held to {least.held_share:.2%})"
    )


def print_verdict(found: list[Mismatch]) -> None:
    """Print what verification found: numbers that differ, requirements a given plan does not meet.

    Parameters
    ----------
    found
        Mismatches.
    """
    differing = [str(mismatch) for mismatch in found if not mismatch.unmet]
    unmet = tuple(str(mismatch) for mismatch in found if mismatch.unmet)
    for line in differing:
        answer(line)
    if differing:
        answer(f"{len(differing)} numbers differ: do not trust this plan.")
    else:
        answer("Verified: every number follows from the case and the scenario.")
    for line in _unmet_lines(unmet):
        answer(line)


def say_unmet(document: Document) -> None:
    """Tell on stderr which requirements a plan evaluated as given does not meet."""
    for line in _unmet_lines(document.unmet):
        say(line)


def _unmet_lines(unmet: tuple[str, ...]) -> list[str]:
    if not unmet:
        return []
    said = "1 requirement" if len(unmet) == 1 else f"{len(unmet):,} requirements"
    lines = [f"Given as it is, it does not meet {said} of the scenario:"]
    return lines + [f"  - {line}" for line in unmet]


def _print_futures(over: OverFutures) -> None:
    """Print each future's figures, and what it is worth to look at all of them."""
    share = over.measure == "share"

    def worth(value: float) -> str:
        return f"{value:.2%}" if share else f"{value:,.0f}"

    rows = [
        [
            item.name,
            f"{item.probability:.1%}",
            f"{item.phases[-1].demand_kwh_day:,.0f}",
            worth(item.worth),
            f"{worth(item.regret_low)} to {worth(item.regret_high)}",
        ]
        for item in over.futures
    ]
    header = ["future", "probability", "kWh a day at the end", "worth", "missed of the best"]
    kind = "drawn at random under an assumed spread" if over.drawn else "as described"
    print_table(header, rows, title=f"{len(rows)} futures, {kind}")
    if over.mean_value is not None and over.stochastic_value is not None:
        answer(
            f"The plan for the mean demand alone is worth {worth(over.mean_value)} over them; "
            f"this one gains {worth(over.stochastic_value)} (value of the stochastic solution)."
        )
    if over.perfect_low is not None and over.perfect_high is not None:
        answer(
            f"Knowing the future is worth {worth(over.perfect_low)} to "
            f"{worth(over.perfect_high)} (expected value of perfect information)."
        )
    answer("")


def energy_note(scenario: Scenario) -> str:
    """Return what to know before a scenario's energy is given to another city; '' if nothing.

    Parameters
    ----------
    scenario
        Question.
    """
    last = scenario.phases[-1]
    if last.city_gwh_day is None:
        return ""
    return (
        f"note: the zones of {scenario.case} share the scenario's {last.city_gwh_day:g} GWh a day "
        f"(by {last.name}), times case_share {scenario.demand.case_share:g}. For another city, or "
        "a part of one, set demand.case_share or phases.city_gwh_day in a scenario of your own."
    )


def _figure(value: float) -> str:
    whole = abs(value) >= _FOUR_FIGURES or value == round(value)
    return f"{value:,.0f}" if whole else f"{value:,.2f}"


def _unreached_lines(document: Document) -> list[str]:
    """Say what lies out of reach, and what to check if that is much."""
    unreached, demand = document.unreached, document.kpis.demand_kwh_day
    if not unreached.zones and not unreached.sites:
        return []
    share = unreached.zone_demand_kwh_day / demand if demand else 0.0
    line = (
        f"Out of reach: zones {len(unreached.zones):,} ({share:.1%} of the demand), "
        f"sites {len(unreached.sites):,}; plan.json names them."
    )
    if share < _MUCH_OUT_OF_REACH:
        return [line]
    return [line, "That is much: check [reach] of the scenario, the roads, and the coordinates."]


def _works_row(document: Document) -> list[list[str]]:
    """Return what is spent on reinforcement by each phase, if anything is."""
    steps = [[step.reinforcement_cny for step in item.steps] for item in document.substations]
    spent = [sum(column) / 1e6 for column in zip(*steps, strict=True)]
    row = ["of it reinforcement, million CNY", *(f"{value:,.1f}" for value in spent)]
    return [row] if any(spent) else []


def _phase_rows(phases: tuple[PhaseResult, ...]) -> list[list[str]]:
    kpis = [phase.kpis for phase in phases]
    return [
        ["complete by", *(phase.date for phase in phases)],
        ["supercharging stations", *(f"{kpi.stations_open:,}" for kpi in kpis)],
        ["of these new, upgraded", *(f"{k.stations_new:,}, {k.stations_upgraded:,}" for k in kpis)],
        ["ratio, target", *(_ratio(phase.ratio.city) for phase in phases)],
        ["demand, kWh a day", *(f"{kpi.demand_kwh_day:,.0f}" for kpi in kpis)],
        ["demand served", *(f"{kpi.demand_served_share:.1%}" for kpi in kpis)],
        ["demand covered", *(f"{kpi.demand_covered_share:.1%}" for kpi in kpis)],
        [
            "minutes, mean and 95 %",
            *(_minutes(k.access_minutes_mean, k.access_minutes_p95) for k in kpis),
        ],
        ["spent, million CNY", *(f"{kpi.capex_cny / 1e6:,.1f}" for kpi in kpis)],
        ["money, million CNY", *(_money(phase.budget_cny) for phase in phases)],
        ["charging peak, MW", *(f"{kpi.peak_mw:,.1f}" for kpi in kpis)],
    ]


def _ratio_row(row: RatioRow) -> list[str]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.3f}"
    missed = row.ratio is not None and row.ratio < row.target
    name = "whole city" if row.district == "city" else row.name
    note = "below target" if missed else ""
    return [name, f"{row.stations:,}", f"{row.fuel_stations:,}", ratio, f"{row.target:.3f}", note]


def _ratio(row: RatioRow) -> str:
    return f"{'-' if row.ratio is None else format(row.ratio, '.3f')}, {row.target:.3f}"


def _minutes(mean: float | None, p95: float | None) -> str:
    return "-" if mean is None or p95 is None else f"{mean:.1f}, {p95:.1f}"


def _money(budget_cny: float | None) -> str:
    return "no limit" if budget_cny is None else f"{budget_cny / 1e6:,.1f}"
