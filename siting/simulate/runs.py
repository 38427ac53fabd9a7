"""Simulate a plan folder, and write what was seen beside it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.data.load import case_folder, load_case
from siting.data.supply import supplied
from siting.errors import Fault, InputError
from siting.grid.folder import write_tables
from siting.plan_folder import read_plan
from siting.scenario_io.settings import load_settings, settings_assumptions
from siting.simulate.settings import FOLDER, Simulation
from siting.simulate.study import Study, paired, simulate
from siting.simulate.world import HOURS, world_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from siting.plan import Plan
    from siting.simulate.world import World

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """Say how to simulate; None leaves a value as the settings or the plan have it."""

    settings: str
    """Name in ``models/simulation``, or a path."""
    phase: str | None = None
    week: bool = False
    replications: int | None = None
    seed: int = 1
    workers: int = 1
    against: Path | None = None
    """Another plan of the same city, which meets the same drivers."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """Hold what a simulation found, and where it was written."""

    study: Study
    change: pd.DataFrame | None
    """By how much the plan differs from the one it was held against."""
    label: str
    """'' for a real city."""
    paths: list[Path]


def run_simulate(
    folder: Path,
    asked: Asked,
    *,
    out: Path,
    case_name: str | None = None,
    progress: Callable[[str], None] = log.info,
) -> Simulated:
    """Simulate a plan folder; write ``simulation_*.csv`` and ``simulation.json``.

    Parameters
    ----------
    folder
        Of the plan.
    asked
        How.
    out
        Folder to write.
    case_name
        Where the city has moved to.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InputError
        If the plan, its city, the settings or the other plan have faults.
    """
    settings = load_settings(Simulation, asked.settings, folder=FOLDER)
    if asked.replications is not None:
        settings = settings.model_copy(update={"replications": asked.replications})
    plan, world = _world(folder, asked, settings, case_name)
    other = None if asked.against is None else _world(asked.against, asked, settings, case_name)[1]
    if other is not None:
        _same_drivers(world, other, asked)
    study = simulate(world, settings, seed=asked.seed, workers=asked.workers, progress=progress)
    change = None
    if other is not None:
        progress(f"simulating {asked.against}")
        base = simulate(other, settings, seed=asked.seed, workers=asked.workers, progress=progress)
        change = paired(base, study)
    district = {station.id: station.district for station in plan.document.stations}
    stations = study.stations()
    stations.insert(1, "district", stations["station"].map(district))
    tables = {"city": study.city(), "stations": stations, "hours": study.hours()}
    if change is not None:
        tables["change"] = change
    label = plan.document.provenance.label
    told = summary(study, plan) | {"against": None if asked.against is None else str(asked.against)}
    paths = write_tables(tables, told, out, name="simulation", label=label)
    return Simulated(study, change, label, paths)


def _world(
    folder: Path, asked: Asked, settings: Simulation, case_name: str | None
) -> tuple[Plan, World]:
    plan, scenario = read_plan(folder)
    name = case_name or plan.document.provenance.case
    case = supplied(load_case(case_folder(name)), scenario)
    return plan, world_of(plan, case, scenario, settings, phase=asked.phase, week=asked.week)


def _same_drivers(world: World, other: World, asked: Asked) -> None:
    same = (
        world.zones == other.zones
        and np.allclose(world.demand_kwh, other.demand_kwh)
        and np.allclose(world.shape, other.shape)
        and (world.session_kwh, world.occupation_min) == (other.session_kwh, other.occupation_min)
    )
    if not same:
        msg = "These two plans do not meet the same drivers."
        what = "is of another city, demand, profile or session"
        mend = "Compare plans of one city and phase; name the phase with --phase."
        raise InputError(msg, [Fault(str(asked.against), what, mend)])


def summary(study: Study, plan: Plan) -> dict[str, Any]:
    """Return a simulation as a document: the city, the promise, and what the map shows.

    Parameters
    ----------
    study, plan
        What was seen, and of which plan.
    """
    world, settings, promise = study.world, study.settings, study.promise
    city = study.city().set_index("measure")
    return {
        "plan": plan.document.name,
        "plan_created": plan.document.provenance.created,
        "phase": world.phase,
        "settings": settings.name,
        "settings_title": settings.title,
        "settings_title_zh": settings.title_zh,
        "days": world.days,
        "replications": settings.replications,
        "seed": study.seed,
        "confidence": settings.confidence,
        "warmup_hours": settings.warmup_hours,
        "city": {
            str(name): {key: _number(row[key]) for key in ("mean", "low", "high")}
            for name, row in city.iterrows()
        },
        "promise": {
            "max_wait_min": world.max_wait_min,
            "max_wait_probability": world.max_wait_probability,
            "busiest_hours": [f"day {h // HOURS + 1}, {h % HOURS:02d}:00" for h in promise.hours],
            **promise.count(),
        },
        "stations": _shown(study),
        "assumptions": [row.model_dump() for row in settings_assumptions(settings)],
    }


def _shown(study: Study) -> dict[str, Any]:
    """Return what the map shows of each station; hours are those of a mean day."""
    table, world = study.stations(), study.world
    shape = (len(world.stations), world.days, HOURS)

    def daily(name: str) -> NDArray[np.float64]:
        return np.asarray(study.stacked(name).mean(axis=0).reshape(shape).sum(axis=1))

    stayed = daily("arrived") - daily("drove_off")
    wait = np.divide(daily("wait_min"), stayed, out=np.zeros(stayed.shape), where=stayed > 0)
    used = daily("busy_min") / (world.guns[:, None] * 60.0 * world.days)
    return {
        "id": list(world.stations),
        "p95_min": [_number(value, 2) for value in table["wait_p95_min"]],
        "mean_min": [_number(value, 2) for value in table["wait_mean_min"]],
        "drivers_day": [_number(value, 1) for value in table["drivers_day"]],
        "utilisation": [_number(value, 3) for value in table["utilisation"]],
        "promise": table["promise"].tolist(),
        "wait_by_hour_min": np.round(wait, 2).tolist(),
        "use_by_hour": np.round(used, 3).tolist(),
    }


def _number(value: float, digits: int = 6) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None
