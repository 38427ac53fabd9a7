"""Run a replay and write it: tables, a document, and one page."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from siting.grid.folder import writing
from siting.models.effort import Effort
from siting.pipeline import load_city
from siting.plan_folder.tables import write_table
from siting.replay.against_built import replay_built
from siting.replay.history import replay_history
from siting.replay.page import render_replay
from siting.scenario_io import load_scenario, override

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from siting.data.case import Case
    from siting.replay.against_built import Asked
    from siting.replay.result import Replay

log = logging.getLogger(__name__)

HISTORY = "replay-2023"
"""Scenario of the shipped city's history."""


def run_history(
    out: Path, *, solve: dict[str, Any], progress: Callable[[str], None] = log.info
) -> tuple[Replay, list[Path]]:
    """Replay the shipped city's history; return it, and the files written.

    Parameters
    ----------
    out
        Folder to write.
    solve
        Limits of the search that take the place of the scenario's; None leaves one as it is.
    progress
        Called with a line of text now and then.
    """
    scenario = override(load_scenario(HISTORY), {"solve": solve}, case=None)
    progress(f"loading {scenario.case}")
    case = load_city(scenario.case, scenario)
    replay = replay_history(case, scenario, progress=progress)
    return replay, write_replay(replay, case, out)


def run_built(
    case_name: str,
    asked: Asked,
    *,
    scenario_name: str,
    solve: dict[str, Any],
    out: Path,
    progress: Callable[[str], None] = log.info,
) -> tuple[Replay, list[Path]]:
    """Replay what was built in a city; return it, and the files written.

    Parameters
    ----------
    case_name
        City: a name, or a folder.
    asked
        What was built, and what to compare.
    scenario_name
        Reach, demand and station types: a name, or a file.
    solve
        As for the history.
    out
        Folder to write.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InputError
        If the city, the scenario or what was built has faults.
    """
    scenario = override(load_scenario(scenario_name), {"solve": solve}, case=case_name)
    progress(f"loading {case_name}")
    case = load_city(case_name, scenario)
    limits = scenario.solve
    effort = Effort(limits.gap, limits.time_limit_s, limits.seed, limits.threads, limits.iterations)
    replay = replay_built(case, scenario, asked, effort, progress=progress)
    return replay, write_replay(replay, case, out)


def write_replay(replay: Replay, case: Case, out: Path) -> list[Path]:
    """Write a replay; return the files.

    Parameters
    ----------
    replay, case
        What was found, and its city.
    out
        Folder; made where missing.

    Raises
    ------
    PlanError
        If the disk refuses.
    """
    label = replay.label or "real data"
    tables = {
        "replay.csv": replay.table(),
        "replay_districts.csv": replay.districts(),
        "replay_stations.csv": replay.places(),
    }
    with writing(out):
        for name, table in tables.items():
            write_table(table.assign(label=label), out / name)
        text = json.dumps(document(replay), ensure_ascii=False, indent=1)
        (out / "replay.json").write_text(text + "\n", encoding="utf-8")
        (out / "replay.html").write_text(render_replay(replay, case), encoding="utf-8")
    return [out / name for name in (*tables, "replay.json", "replay.html")]


def document(replay: Replay) -> dict[str, Any]:
    """Return a replay as a document: what nobody knows is null.

    Parameters
    ----------
    replay
        What was found.
    """
    rows = replay.table().to_dict("records")
    return {
        "title": replay.title,
        "title_zh": replay.title_zh,
        "label": replay.label,
        "objective": replay.objective,
        "read_first": list(replay.bias),
        "notes": list(replay.notes),
        "measures": [{str(key): _known(value) for key, value in row.items()} for row in rows],
    }


def _known(value: object) -> object:
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN alone differs from itself
