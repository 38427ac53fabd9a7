"""Write a plan folder whole or not at all, and read it back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from siting.errors import Fault, PlanError, ScenarioError
from siting.plan import FORMAT, Document, Plan
from siting.plan_folder.geopackage import write_geopackage
from siting.plan_folder.names import (
    EQUITY_FILE,
    EQUITY_JSON,
    FUTURES_FILE,
    LATER,
    MAP_FILES,
    PDF_FILE,
    PLAN_FILES,
    SENSITIVITY_FILE,
    SITES_FILE,
)
from siting.plan_folder.swap import replace_folder
from siting.plan_folder.tables import (
    BATTERIES_FILE,
    PLAN_TABLES,
    all_tables,
    clean_text,
    read_table,
    write_table,
)
from siting.scenario_io import load_scenario, resolve_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from siting.scenario import Scenario

__all__ = [
    "EQUITY_FILE",
    "EQUITY_JSON",
    "FUTURES_FILE",
    "MAP_FILES",
    "PDF_FILE",
    "PLAN_FILES",
    "SENSITIVITY_FILE",
    "SITES_FILE",
    "check_target",
    "document_schema",
    "read_plan",
    "write_into",
    "write_plan",
]

_AGAIN = "Make the plan again with 'siting plan'."
_SHOWN_FAULTS = 20
_MARK = FORMAT.partition("/")[0].encode()
_HEAD_BYTES = 4096


def write_plan(
    target: Path,
    plan: Plan,
    *,
    scenario: Scenario,
    files: Mapping[str, str | bytes],
    layers: Mapping[str, gpd.GeoDataFrame],
    styles: Mapping[str, str] | None = None,
) -> None:
    """Write a plan folder; an old plan there is replaced in one step, or left as it was.

    Files of the user's own in the old folder are carried over.

    Parameters
    ----------
    target
        Folder to write; its parents are made where missing.
    plan
        Answer.
    scenario
        Question, resolved; written as ``scenario.toml``.
    files
        Further files by name, such as ``map.html``.
    layers
        Layers of ``plan.gpkg`` by name; no file is written where there are none.
    styles
        QGIS style documents by the layer's name.

    Raises
    ------
    PlanError
        If the target holds something that is not a plan, or the disk refuses.
    """
    target = Path(target).resolve()
    check_target(target)

    def fill(folder: Path) -> None:
        document = json.dumps(plan.document.model_dump(mode="json"), ensure_ascii=False, indent=1)
        _write(folder / "plan.json", document + "\n")
        for name, table in all_tables(plan).items():
            write_table(table, folder / name)
        _write(folder / "scenario.toml", resolve_toml(scenario))
        for name, content in files.items():
            _write(folder / name, content)
        write_geopackage(folder / "plan.gpkg", layers, styles or {})
        _carry_over(target, folder)

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_folder(target, fill)
    except OSError as error:
        msg = "The plan could not be written; what was there before is untouched."
        what = error.strerror or str(error)
        mend = "Check the disk's space and rights, or give another folder with --out."
        raise PlanError(msg, [Fault(str(error.filename or target), what, mend)]) from error


def write_into(folder: Path, files: Mapping[str, str | bytes]) -> list[Path]:
    """Write files into a plan folder, each whole or not at all; return them.

    Parameters
    ----------
    folder
        A plan's.
    files
        Content by name.

    Raises
    ------
    PlanError
        If the disk refuses.
    """
    paths = [folder / name for name in files]
    try:
        for path, content in zip(paths, files.values(), strict=True):
            beside = path.with_name(f".{path.name}.part")
            _write(beside, content)
            beside.replace(path)
    except OSError as error:
        msg = "The plan could not be written; what was there before is untouched."
        what = error.strerror or str(error)
        raise PlanError(
            msg, [Fault(str(folder), what, "Check the disk's space and rights.")]
        ) from error
    return paths


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


def read_plan(folder: Path) -> tuple[Plan, Scenario]:
    """Read a plan folder and the scenario it answers.

    Parameters
    ----------
    folder
        As `write_plan` wrote it.

    Raises
    ------
    PlanError
        If something is missing or damaged; lists everything found.
    """
    folder = Path(folder)
    document = _read_document(folder)
    tables, faults = {}, []
    for name in PLAN_TABLES:
        tables[name], found = read_table(folder / name)
        faults += found
    try:
        scenario = load_scenario(str(folder / "scenario.toml"))
    except ScenarioError as error:
        faults += error.faults
    batteries = None
    if not faults and any(kind.battery_kwh for kind in scenario.stations.values()):
        batteries, faults = _batteries(folder / BATTERIES_FILE)
    if faults:
        msg = f"The plan in {folder} is damaged."
        left = len(faults) - _SHOWN_FAULTS
        more = [Fault(str(folder), f"and {left} faults more", _AGAIN)] if left > 0 else []
        raise PlanError(msg, [*faults[:_SHOWN_FAULTS], *more])
    service, zones, load = (tables[name] for name in PLAN_TABLES)
    return Plan(document, service, zones, load, batteries), scenario


def _batteries(path: Path) -> tuple[pd.DataFrame | None, list[Fault]]:
    """Read the timetables; None where there are none, as where no limit is enforced."""
    return read_table(path) if path.exists() else (None, [])


def document_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``plan.json`` (draft 2020-12)."""
    schema = Document.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": f"plan.json of siting, {FORMAT}",
    }


def _read_document(folder: Path) -> Document:
    path = folder / "plan.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        what = "holds no plan.json" if folder.is_dir() else "no such folder"
        msg = "There is no plan here."
        mend = "Give the folder that 'siting plan' wrote."
        raise PlanError(msg, [Fault(str(folder), what, mend)]) from error
    except OSError as error:
        msg = "The plan cannot be read."
        what = error.strerror or str(error)
        raise PlanError(msg, [Fault(str(path), what, "Check the folder.")]) from error
    except (ValueError, RecursionError) as error:
        msg = "The plan is damaged."
        raise PlanError(msg, [Fault(str(path), f"is not JSON: {error}", _AGAIN)]) from error
    found = raw.get("format") if isinstance(raw, dict) else None
    if found != FORMAT:
        msg = "This plan.json is not one that this version of siting reads."
        fault = Fault(str(path), f"format is {found!r}, not {FORMAT!r}", _AGAIN, field="format")
        raise PlanError(msg, [fault])
    try:
        return Document.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        faults = [
            Fault(str(path), item["msg"], _AGAIN, field=".".join(str(p) for p in item["loc"]))
            for item in error.errors(include_url=False)[:_SHOWN_FAULTS]
        ]
        msg = "The plan is damaged."
        raise PlanError(msg, faults) from error


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


def _write(path: Path, content: str | bytes) -> None:
    data = clean_text(content).encode("utf-8") if isinstance(content, str) else content
    path.write_bytes(data)


def _carry_over(old: Path, new: Path) -> None:
    """Copy the user's own files of an old plan folder into the new one."""
    if not old.is_dir():
        return
    for path in sorted(old.iterdir()):
        if path.name in (*PLAN_FILES, *LATER) or path.name.startswith("plan.gpkg-"):
            continue
        if (new / path.name).exists():
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, new / path.name, symlinks=True)
        else:
            shutil.copy2(path, new / path.name, follow_symlinks=False)
