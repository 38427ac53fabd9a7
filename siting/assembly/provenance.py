"""Say where a plan comes from, and what nothing can reach."""

from __future__ import annotations

import dataclasses
import datetime as dt
import platform
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

import siting
from siting.plan import LayerSource, Provenance, Unreached

if TYPE_CHECKING:
    from siting.assembly.answer import Answer

_LIBRARIES = ("geopandas", "highspy", "numpy", "pulp", "pyproj", "scipy", "shapely")


def provenance(answer: Answer) -> Provenance:
    """Return all that is needed to make the plan again."""
    case, scenario = answer.case, answer.scenario
    versions = {"siting": siting.__version__, "python": platform.python_version()}
    versions |= {name: metadata.version(name) for name in _LIBRARIES}
    return Provenance(
        case=scenario.case,
        case_title=case.title,
        case_title_zh=case.title_zh,
        label=case.label,
        label_zh=case.label_zh,
        synthetic=case.synthetic,
        scenario_title=scenario.title,
        scenario_title_zh=scenario.title_zh,
        travel=_travel(answer),
        layers=tuple(LayerSource(**dataclasses.asdict(layer)) for layer in case.layers),
        versions=versions,
        seed=scenario.solve.seed,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )


def _travel(answer: Answer) -> str:
    reach, roads = answer.scenario.reach, answer.case.roads
    limit = f"{reach.minutes:g} min" if reach.minutes is not None else "km by district"
    if roads is None:
        return (
            f"within {limit}; no roads in this case: straight lines times {reach.detour_factor:g} "
            f"at {reach.straight_kmh:g} km/h"
        )
    text = f"within {limit} on {len(roads.lon):,} road nodes and {len(roads.tail):,} directed edges"
    if reach.slowdown == 1:
        return f"{text}, free flow"
    times = f"driving takes {reach.slowdown:g} times as long as in free flow"
    return f"{text}, at {reach.hour}:00: {times}"


def unreached(answer: Answer) -> Unreached:
    """Return the ids of zones with no site within reach, and of sites within reach of no zone."""
    p = answer.problem
    lost = ~p.reachable_zone
    used = np.isin(np.arange(len(p.sites)), p.pair_site)
    return Unreached(
        zones=tuple(np.array(p.zones, dtype=object)[lost]),
        sites=tuple(np.array(p.sites, dtype=object)[~used]),
        zone_demand_kwh_day=float(p.demand_kwh[-1, lost].sum()),
    )
