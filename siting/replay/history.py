"""Replay the shipped city's history: as many stations at each date, planned and by greed.

Both are whole plans, and both have to pass `siting verify`; loads, service and money are those of
the verified plans, places are measured as for any network (`siting.replay.measures`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from siting.assembly import Answer, assemble
from siting.data.build import build_problem
from siting.models.assign import assign
from siting.models.effort import Effort
from siting.models.greedy import greedy_types
from siting.models.solution import Solution, certify, objective_of
from siting.models.solve import solve
from siting.replay.measures import Measured, place
from siting.replay.result import Network, Replay, Step
from siting.verify import verify_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.build import Built
    from siting.data.case import Case
    from siting.plan import Plan
    from siting.scenario import Scenario

log = logging.getLogger(__name__)

_OVER = 1 + 1e-9
BIAS = (
    (
        "Counts and dates are Shenzhen's; streets, sites, demand and substations are those of a "
        "stylised city. Neither network is the one that was built: where that stands is not "
        "published."
    ),
    "Money, shares of demand and reach are assumed in part; both networks are held to the same.",
    "Both networks may stand on the same sites, and start from the same 41 stations.",
)
BIAS_ZH = (
    "站点数与日期取自深圳实际；街道、候选点、需求与变电站属示意城市。两个网络均非实际建成网络，其位置未公布。",
    "资金、需求占比与可达范围部分为假设；两个网络所受约束相同。",
    "两个网络的候选点相同，起点均为同样的 41 座站。",
)


def replay_history(
    case: Case, scenario: Scenario, *, progress: Callable[[str], None] = log.info
) -> Replay:
    """Return both networks at each phase, measured alike.

    Parameters
    ----------
    case, scenario
        The city, and its counts by date.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InfeasibleError, NoSolutionError
        If the counts cannot be reached, or not in time.
    """
    progress("finding what each zone reaches")
    built = build_problem(case, scenario)
    progress("greedy")
    by_greed = _greedy_plan(case, scenario, built)
    limits = scenario.solve
    effort = Effort(limits.gap, limits.time_limit_s, limits.seed, limits.threads, limits.iterations)
    found = solve(built.problem, effort, solver=limits.solver, progress=progress)
    ours = assemble(Answer(case, scenario, built.problem, built.pairs, found))
    plans = {"siting": ours, "greedy": by_greed}
    progress("verifying both")
    faults = {key: _faults(key, plan, case, scenario) for key, plan in plans.items()}
    outcome = ours.document.outcome
    steps = tuple(
        Step(
            phase.name,
            max(plan.document.phases[t].kpis.stations_open for plan in plans.values()),
            tuple(_network(key, plan, case, scenario, t) for key, plan in plans.items()),
        )
        for t, phase in enumerate(scenario.phases)
    )
    return Replay(
        title=scenario.title,
        title_zh=scenario.title_zh,
        label=case.label,
        label_zh=case.label_zh,
        steps=steps,
        notes=(
            (
                f"siting: {outcome.objective:,.0f} {outcome.objective_unit}; nothing is better "
                f"than {outcome.bound:,.0f} (gap {outcome.gap:.2%})"
            ),
            (
                f"greedy: {by_greed.document.outcome.objective:,.0f} of the same; each time the "
                "station that serves most unmet demand for its share of the money and places left; "
                "once none serves more, the cheapest type where it shortens the drive most"
            ),
            *(faults["greedy"] or ["both plans pass every check of siting verify"]),
        ),
        bias=BIAS,
        bias_zh=BIAS_ZH,
        objective={
            "kind": outcome.objective_kind,
            "siting": outcome.objective,
            "greedy": by_greed.document.outcome.objective,
            "bound": outcome.bound,
            "gap": outcome.gap,
        },
    )


def _greedy_plan(case: Case, scenario: Scenario, built: Built) -> Plan:
    problem = built.problem
    types = greedy_types(problem, fill=True)
    energy = assign(problem, types)
    worth = objective_of(problem, types, energy)
    told = certify(
        problem,
        worth,
        float((problem.weight[:, None] * problem.demand_kwh).sum()),
        seconds=0.0,
        solver="none",
        method="greedy, station by station; the bound is all demand",
    )
    return assemble(Answer(case, scenario, problem, built.pairs, Solution(types, energy, told)))


def _faults(key: str, plan: Plan, case: Case, scenario: Scenario) -> list[str]:
    """Return where a greedy plan misses what is asked; ours must miss nothing."""
    found = [str(mismatch) for mismatch in verify_plan(plan, case, scenario)]
    if found and key == "siting":
        msg = "The plan does not survive its own verification:\n" + "\n".join(found[:10])
        raise RuntimeError(msg)
    return [f"greedy misses: {text}" for text in found]


def _network(key: str, plan: Plan, case: Case, scenario: Scenario, phase: int) -> Network:
    document = plan.document
    kinds = scenario.stations
    points = np.array(
        [
            [station.lon, station.lat]
            for station in document.stations
            if (kind := station.steps[phase].type) is not None and kinds[kind].is_super
        ]
    )
    placed = place(case, scenario, points, phase)
    kpis = document.phases[phase].kpis
    loading = [item.steps[phase].loading for item in document.substations]
    more = {
        "served_share": kpis.demand_served_share,
        "peak_mw": kpis.peak_mw,
        "substation_loading_max": max(loading, default=float("nan")),
        "substations_over": float(sum(value > _OVER for value in loading)),
        "capex_cny": kpis.capex_cny,
    }
    return Network(key, points, Measured(placed.figures | more, placed.districts))
