"""Name the kinds of question, and say which of them are classical ones.

A classical question is about one phase and one type of station: sites are open or closed. Each is
a problem of location science; ``models/README.md`` gives its formula and its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from siting.scenario.sections import Objective, Phase, StationType

PhasedKind = Literal["served", "covered", "access", "cost"]
ClassicalKind = Literal[
    "set-cover", "max-cover", "backup-cover", "p-median", "p-center", "p-dispersion", "facility"
]
TravelKind = Literal["flow", "market"]
"""Of one phase as well, but of several types: trips refuelled, demand won from competitors."""
ObjectiveKind = Literal[PhasedKind, ClassicalKind, TravelKind]

CLASSICAL: frozenset[str] = frozenset(get_args(ClassicalKind))
LEAST = frozenset({"access", "cost", "set-cover", "p-median", "p-center", "facility"})
"""Kinds of which less is better."""
CAN_HAVE_CAPACITIES = frozenset({"set-cover", "p-median", "facility"})
NEEDS_MOST = frozenset({"p-median", "p-center", "p-dispersion"})
"""Kinds that are asked for a number of stations."""
NEEDS_AN_END = frozenset({"max-cover", "backup-cover"})
"""Kinds that would open every site if neither number nor money ran out."""

PAIR = 2


def objective_faults(objective: Objective) -> Iterator[str]:
    """Yield what keys of the objective its kind does not know, or misses, each with its mend.

    Parameters
    ----------
    objective
        The section, each value valid by itself.
    """
    kind = objective.kind
    drive = {"drive_cny_min": objective.drive_cny_min, "horizon_years": objective.horizon_years}
    for name, value in drive.items():
        if kind == "facility" and value is None:
            yield f"objective 'facility' needs {name}: it weighs drives against stations"
        if kind != "facility" and value is not None:
            yield f"objective {kind!r} knows no {name}: leave it out, or ask for kind = 'facility'"
    if objective.capacities is not None and kind not in CAN_HAVE_CAPACITIES:
        known = " or ".join(repr(name) for name in sorted(CAN_HAVE_CAPACITIES))
        yield f"objective {kind!r} knows no capacities: leave it out, or ask for kind = {known}"
    if kind not in CLASSICAL:
        return
    if objective.min_served_share is not None:
        yield f"objective {kind!r} knows no min_served_share: leave it out, or use kind = 'cost'"
    if objective.min_covered_share is not None and kind != "max-cover":
        mend = "leave it out, or use kind = 'max-cover' or 'cost'"
        yield f"objective {kind!r} knows no min_covered_share: {mend}"


def classical_faults(
    kind: str, phases: Sequence[Phase], stations: Mapping[str, StationType]
) -> Iterator[str]:
    """Yield why a scenario cannot ask a classical question, each with its mend; none otherwise.

    Parameters
    ----------
    kind
        Of the objective.
    phases, stations
        The scenario's, each valid by itself.
    """
    if kind not in CLASSICAL:
        return
    if len(phases) != 1:
        yield f"phases: objective {kind!r} is about one phase, not {len(phases)}: keep one"
    built = [name for name, item in stations.items() if item.buildable and item.is_super]
    if len(built) > 1:
        found = ", ".join(built)
        mend = "set buildable = false on the others"
        yield f"stations: objective {kind!r} places one type, not {found}: {mend}"
    phase = phases[0]
    if phase.weight != 1:
        yield f"phases: objective {kind!r} has one phase, so its weight says nothing: leave it out"
    most = phase.max_stations
    if kind in NEEDS_MOST and not most:
        yield f"phases: objective {kind!r} needs max_stations, 1 or more: how many may be open"
    if kind == "p-dispersion" and most is not None and 0 < most < PAIR:
        yield "phases: objective 'p-dispersion' needs max_stations of 2 or more, to be apart"
    if kind in NEEDS_AN_END and most is None and phase.budget_cny is None:
        yield f"phases: objective {kind!r} needs max_stations or budget_cny, or every site opens"
