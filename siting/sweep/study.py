"""Run a sweep, read its frontier, and write page, picture and tables beside its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.maps.frontier import frontier_svg, render_frontier
from siting.plan_folder import write_into
from siting.plan_folder.tables import table_bytes
from siting.sweep import frontier
from siting.sweep.design import shown
from siting.sweep.place import PAGE, PICTURE, STEPS, TABLE
from siting.sweep.rows import FAILED, VARIED
from siting.sweep.run import run_sweep
from siting.sweep.store import FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.sweep.run import Asked, Sweep


MOST_LINES = 14
"""Series that a chart can tell apart."""


@dataclass(frozen=True)
class SweepDone:
    """Hold a finished sweep, and what was written."""

    keys: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    steps: tuple[frontier.Step, ...]
    answered: int
    """Runs answered by this call; the others were there."""
    folder: Path
    files: tuple[Path, ...]

    @property
    def label(self) -> str:
        """Return what must be said of the cities; '' for real ones."""
        return ", ".join(sorted({row["label"] for row in self.rows if row["label"]}))

    @property
    def failed(self) -> int:
        """Return how many runs failed for another reason than their question."""
        return sum(row["outcome"] == FAILED for row in self.rows)

    @property
    def findings(self) -> list[str]:
        """Return what one more point costs, step by step, in words."""
        return [frontier.in_words(step) for step in self.steps]

    def shown(self, row: dict[str, Any], key: str) -> str:
        """Return a row's value of a varied key, as people write it."""
        return shown(row.get(VARIED + key))

    def document(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "ok": not self.failed,
            "label": self.label,
            "folder": str(self.folder),
            "varied": list(self.keys),
            "runs": list(self.rows),
            "answered_now": self.answered,
            "steps": frontier.table(self.steps),
            "files": [str(path) for path in self.files],
        }


def sweep_and_draw(asked: Asked, folder: Path, *, progress: Callable[[str], None]) -> SweepDone:
    """Run a sweep, or go on with it, and draw its frontier.

    Parameters
    ----------
    asked
        What to vary.
    folder
        Where to.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InputError
        As :func:`run_sweep`.
    """
    return drawn(run_sweep(asked, folder, progress=progress, each=drawn))


def drawn(done: Sweep) -> SweepDone:
    """Write a sweep's page, picture and table of steps; return what there is."""
    keys = tuple(item.key for item in done.asked.vary)
    rows = done.rows
    found = frontier.steps(rows, keys)
    block = page_block(done, keys, found)
    files: dict[str, str | bytes] = {
        PAGE: render_frontier(block),
        PICTURE: frontier_svg(block),
        STEPS: table_bytes(pd.DataFrame(frontier.table(found))),
        TABLE: table_bytes(pd.DataFrame(rows)),
    }
    paths = write_into(done.folder, files)
    paths.append(done.folder / FILE)
    return SweepDone(keys, tuple(rows), tuple(found), done.answered, done.folder, tuple(paths))


def page_block(done: Sweep, keys: tuple[str, ...], found: list[frontier.Step]) -> dict[str, Any]:
    """Return what the page shows: series of rows along the axis, and steps."""
    rows, scenario = done.rows, done.asked.scenario
    axis = frontier.axis_of(rows, keys)
    groups = frontier.series_of(rows, keys, axis)
    scattered = len(groups) > MOST_LINES
    if scattered:  # a sample: hardly two points have all their other values in common
        groups = {"": sorted(rows, key=lambda row: row[VARIED + axis] if axis else 0)}
    return {
        "title": scenario.title,
        "title_zh": scenario.title_zh,
        "cities": [_joined(rows, "case_title", "case"), _joined(rows, "case_title_zh", "case")],
        "labels": [_joined(rows, "label"), _joined(rows, "label_zh", "label")],
        "axis": axis,
        "keys": list(keys),
        "joined": axis is not None and not scattered,
        "series": [
            {"name": name, "rows": [_lean(row, keys) for row in group]}
            for name, group in groups.items()
        ],
        "steps": frontier.table(found),
    }


def _joined(rows: list[dict[str, Any]], *names: str) -> str:
    """Return what rows say in the first of some columns that says anything, each text once."""
    said = (next((row[name] for name in names if row[name]), None) for row in rows)
    return ", ".join(dict.fromkeys(text for text in said if text))


_SHOWN = (
    *("outcome", "conflict", "objective_kind", "objective_unit", "objective", "bound", "gap"),
    *("ratio", "ratio_target", "stations_open", "served_share", "covered_share"),
    *("access_minutes_mean", "capex_cny", "budget_cny", "peak_mw", "substations_over"),
    *("worst_loading", "over_mw", "folder", "seconds"),
)


def _lean(row: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    values = {key: row.get(VARIED + key) for key in keys}
    return {"values": values} | {name: row.get(name) for name in _SHOWN}
