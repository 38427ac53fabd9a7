"""Replay what was built: as many stations placed by us, by greed, and as they stand.

All stations are of one type, since what stands is not of 480 kW: places are compared, not sizes.
Candidates are the case's sites and the places where something was built.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.sphere import inner_points
from siting.data.travel_cache import cached_pairs
from siting.errors import Fault, InputError
from siting.replay.built import read_built
from siting.replay.greedy import greedy
from siting.replay.measures import measure
from siting.replay.question import Question, best
from siting.replay.result import Network, Replay, Step
from siting.verify.demand import demand_kwh_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.models.effort import Effort
    from siting.replay.built import Built
    from siting.replay.question import Best, Objective
    from siting.scenario import Scenario, StationType

    Floats = NDArray[np.float64]

log = logging.getLogger(__name__)

BIAS = (
    (
        "All stations are taken to be of one type: what stands is mostly below 480 kW. Places are "
        "compared, not sizes."
    ),
    (
        "Demand is a proxy. Where it was taken from charging that stands (piles, charging hours), "
        "it lies where stations were built, which favours what was built."
    ),
    (
        "What was built had owners, land, dates and grid connections that nobody tells here; each "
        "was built for its own ends, not for this objective."
    ),
)
BIAS_ZH = (
    "所有站点按同一类型计：现有站点多数低于 480 千瓦。比较的是选址，不是规模。",
    "需求为代理量。若取自现有充电设施（桩数、充电时长），需求便集中在已建站处，对实际建成网络有利。",
    "实际建设受业主、用地、时间与接网条件制约，此处均不可知；各站各有目的，并非为本目标而建。",
)


@dataclass(frozen=True)
class Asked:
    """Say what to replay."""

    built: str
    stations: int | None
    rank: str | None
    objective: Objective
    kind: str | None
    """Type of every station; None for the middle one of those that may be built."""


def replay_built(
    case: Case,
    scenario: Scenario,
    asked: Asked,
    effort: Effort,
    *,
    progress: Callable[[str], None] = log.info,
) -> Replay:
    """Return three networks of as many stations, measured alike.

    Parameters
    ----------
    case, scenario
        City, demand and reach.
    asked
        What was built, how many of it, and what ours does best.
    effort
        Limits of the search.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InputError
        If what was built, or what is asked, has faults.
    NoSolutionError
        If the time limit comes before any answer.
    """
    name, kind = _kind(scenario, asked.kind)
    built = read_built(case, asked.built, stations=asked.stations, rank=asked.rank)
    candidates = shapely.get_coordinates(shapely.centroid(case.sites.geometry.to_numpy()))
    places = np.vstack([candidates, built.points])
    progress(f"finding what is within reach of {len(places):,} places")
    question = _question(case, scenario, places, len(built.points), asked.objective)
    progress("greedy")
    by_greed = greedy(question)
    progress("ours")
    as_built = np.arange(len(candidates), len(places))
    found = best(question, effort, progress)
    ours = found.or_known(question, by_greed, "greedy").or_known(question, as_built, "built")
    progress("measuring")
    networks = [
        Network(key, places[rows], measure(case, scenario, places[rows], kind))
        for key, rows in (("siting", ours.opened), ("greedy", by_greed), ("built", as_built))
    ]
    values = {
        "greedy": question.value(by_greed),
        "built": question.value(as_built),
        "siting": ours.value,
    }
    step = Step(scenario.phases[-1].name, len(built.points), tuple(networks))
    return Replay(
        title=f"{case.title}: {len(built.points):,} stations as built, and as planned",
        title_zh=f"{case.title_zh or case.title}：{len(built.points):,} 座站，实际建成与规划",
        label=case.label,
        label_zh=case.label_zh,
        steps=(step,),
        notes=(
            *built.notes,
            *_told(case, scenario, name, asked, built),
            *_proof(ours, values, asked),
        ),
        bias=BIAS,
        bias_zh=BIAS_ZH,
        objective={"kind": asked.objective, "bound": ours.bound, "gap": ours.gap, **values},
    )


def _kind(scenario: Scenario, name: str | None) -> tuple[str, StationType]:
    known = {
        key: kind for key, kind in scenario.stations.items() if kind.buildable and kind.is_super
    }
    if name is None:
        order = sorted(known, key=lambda key: (known[key].pool_kw, key))
        name = order[len(order) // 2]
    if name not in known:
        msg = "There is no such type to build."
        raise InputError(msg, [Fault("--type", f"is {name!r}", f"Known: {', '.join(known)}.")])
    return name, known[name]


def _question(
    case: Case, scenario: Scenario, places: Floats, count: int, objective: Objective
) -> Question:
    zones = shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy()))
    districts = case.zones["district"].tolist()
    pairs = cached_pairs(case.roads, zones, places, scenario.reach, districts)
    if not len(pairs.zone):
        msg = "No place is within reach of any demand."
        mend = "Widen the reach in the scenario, or check the city with 'siting check'."
        raise InputError(msg, [Fault("scenario reach", "reaches nothing", mend)])
    return Question(
        objective=objective,
        demand=demand_kwh_day(case, scenario)[-1],
        zone=pairs.zone,
        site=pairs.site,
        minutes=pairs.minutes,
        sites=len(places),
        count=count,
        reach_min=float(scenario.reach.minutes or pairs.minutes.max()),
    )


def _told(case: Case, scenario: Scenario, name: str, asked: Asked, built: Built) -> tuple[str, ...]:
    first = f"the {len(built.points):,} with the most {asked.rank}" if asked.rank else "all"
    source = next(info.source for info in case.layers if info.layer == "zones")
    reach = "by district" if scenario.reach.minutes is None else f"{scenario.reach.minutes:g} min"
    return (
        f"what was built: {asked.built.rsplit('/', 1)[-1]}, {first}",
        (
            f"every station is of type {name}; reach {reach}; demand of phase "
            f"{scenario.phases[-1].name}, spread by: {source}"
        ),
    )


def _proof(ours: Best, values: dict[str, float], asked: Asked) -> tuple[str, ...]:
    unit = "min (out of reach counts twice the reach)" if asked.objective == "drive" else "covered"
    shown = ", ".join(f"{key} {value:.4g}" for key, value in sorted(values.items()))
    return (
        (
            f"objective {asked.objective}: {shown} {unit}; nothing is better than {ours.bound:.4g} "
            f"(gap {ours.gap:.2%}); {ours.method}"
        ),
    )
