"""Write a plan folder whole or not at all, and read it back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import Fault, PlanError
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
from siting.plan_folder.reading import read_plan
from siting.plan_folder.swap import replace_folder
from siting.plan_folder.tables import all_tables, clean_text, write_table
from siting.plan_folder.target import check_target
from siting.scenario_io import resolve_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

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


def document_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``plan.json`` (draft 2020-12)."""
    schema = Document.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": f"plan.json of siting, {FORMAT}",
    }


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
