"""Know a sweep's folder: whose it is, who writes it, what was asked before, what has changed."""

from __future__ import annotations

import contextlib
import io
import sys
import tarfile
from typing import TYPE_CHECKING, Any

from siting.compare.asked import differences, scenario_data
from siting.errors import Fault, SweepError
from siting.plan_folder.swap import replace_folder
from siting.sweep.store import FILE

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from siting.data.case import Case
    from siting.sweep.design import Run
    from siting.sweep.run import Asked
    from siting.sweep.store import Store

RUNS = "runs"
PAGE, PICTURE, STEPS, TABLE = "frontier.html", "frontier.svg", "frontier.csv", "runs.csv"
_OURS = {FILE, RUNS, PAGE, PICTURE, STEPS, TABLE, ".lock"}


def meta_of(asked: Asked, cases: Mapping[str, Case]) -> dict[str, Any]:
    """Return what a sweep's file tells: the scenario, what is varied, and the cities' files."""
    return {
        "scenario": scenario_data(asked.scenario),
        "vary": [
            {"key": v.key, "values": list(v.values), "between": v.between} for v in asked.vary
        ],
        "sample": asked.sample,
        "sample_seed": asked.sample_seed,
        "cases": {
            name: {layer.layer: layer.sha256 for layer in case.layers}
            for name, case in cases.items()
        },
    }


def changes(store: Store, meta: dict[str, Any], runs: Sequence[Run]) -> list[str]:
    """Return what has changed since the sweep's file was written, a line each."""
    old = store.meta
    if not old:
        return []
    lines = [
        f"changed since: {item.key} was {item.each[0]}, is {item.each[1]}"
        for item in differences([old["scenario"], meta["scenario"]])
    ]
    for name in old["cases"].keys() & meta["cases"].keys():
        before, now = old["cases"][name], meta["cases"][name]
        layers = sorted(k for k in before.keys() | now.keys() if before.get(k) != now.get(k))
        lines += [f"changed since: layer {layer} of {name}" for layer in layers]
    kept = len(store.rows.keys() - {run.id for run in runs})
    if kept:
        lines.append(f"{kept} rows of other runs stay in {FILE}; they are not part of this sweep")
    return lines


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds something that is no sweep."""
    msg = "The sweep cannot be written there."
    if folder.exists() and not folder.is_dir():
        fault = Fault(str(folder), "is a file, not a folder", "Give another with --out.")
        raise SweepError(msg, [fault])
    if folder.is_dir():
        others = [item.name for item in folder.iterdir() if item.name not in _OURS]
        if others and not (folder / FILE).exists() and not (folder / RUNS).is_dir():
            what = f"holds {others[0]!r}, which is no sweep's"
            raise SweepError(msg, [Fault(str(folder), what, "Give another with --out.")])
    folder.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one sweep at a time write a folder; the lock ends with the process."""
    if sys.platform == "win32":
        yield
        return
    with (folder / ".lock").open("w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"Another sweep is writing {folder}. Wait for it, or give another --out."
            raise SweepError(msg) from error
        yield


def unpack(packed: bytes, folder: Path) -> None:
    """Put a plan folder that came packed in its place, whole or not at all."""

    def fill(fresh: Path) -> None:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as pack:
            pack.extractall(fresh, filter="data")

    replace_folder(folder, fill)
