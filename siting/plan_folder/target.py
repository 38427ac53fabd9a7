"""Refuse to write a plan where something else would be lost."""

from __future__ import annotations

import os
from pathlib import Path

from siting.errors import Fault, PlanError
from siting.plan import FORMAT

_MARK = FORMAT.partition("/")[0].encode()
_HEAD_BYTES = 4096


def check_target(target: Path) -> None:
    """Refuse a target that a plan may not replace; meant to be asked before the long work.

    Parameters
    ----------
    target
        Folder a plan is to be written to.

    Raises
    ------
    PlanError
        If it is a file, a folder that is neither empty nor a plan, or in a folder that is
        write-protected.
    """
    target = Path(target)
    mend = "Give another folder with --out."
    what = None
    if target.exists() and not target.is_dir():
        what = "is a file, not a folder"
    elif target.is_dir() and any(target.iterdir()) and not _is_plan(target):
        what = "holds something that is not a plan, which would be lost"
    elif (shut := _unwritable(target.absolute().parent)) is not None:
        what = f"{shut} does not let you write"
    if what:
        msg = "The plan cannot be written there."
        raise PlanError(msg, [Fault(str(target), what, mend)])


def _unwritable(folder: Path) -> Path | None:
    """Return the folder that keeps one from writing there, if there is one."""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    return None if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK) else nearest


def _is_plan(folder: Path) -> bool:
    """Tell whether a folder holds a plan of any version, damaged or not."""
    path = folder / "plan.json"
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return _MARK in file.read(_HEAD_BYTES)
