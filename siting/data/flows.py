"""Read the trips between zones: a table without geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.data.columns import Source, declared_columns
from siting.data.findings import shown
from siting.data.layer import layer_file, layer_info
from siting.data.nearest import did_you_mean
from siting.data.readers import read_raw
from siting.data.schema import LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from siting.data.case import LayerInfo
    from siting.data.case_file import CaseSpec
    from siting.data.findings import Findings


def read_flows(
    folder: Path, case: CaseSpec, zones: pd.Series, findings: Findings
) -> tuple[pd.DataFrame | None, LayerInfo | None]:
    """Return the trips, checked against the zones, and where they come from.

    Parameters
    ----------
    folder
        Of the case.
    case
        Its ``case.toml``.
    zones
        Ids of all zones, after any split into cells.
    findings
        Takes faults: unknown zones, trips from a zone to itself, pairs that stand twice.
    """
    spec = None if case.layers is None else case.layers.flows
    path = None if spec is None else layer_file(folder, "flows", spec, findings)
    if spec is None or path is None:
        return None, None
    where = f"{path.name} (flows)"
    before = len(findings.faults)
    raw = read_raw(path, spec, where, findings)
    if raw is None:
        return None, None
    source = Source(raw.frame, raw.rows, "flows", where, findings)
    table = declared_columns(source, spec, LAYERS["flows"])
    if len(findings.faults) > before:
        return None, None
    _check(source, table, zones)
    return table, layer_info("flows", spec, path, len(table))


def _check(source: Source, table: pd.DataFrame, zones: pd.Series) -> None:
    _check_end(source, table["origin"], zones, "origin")
    _check_end(source, table["destination"], zones, "destination")
    origin, destination = table["origin"].tolist(), table["destination"].tolist()
    source.findings.rows(
        source.where,
        (table["origin"] == table["destination"]).to_numpy(),
        lambda n: f"goes from {shown(origin[n])} to itself",
        "Leave such trips out: they pass no station.",
        rows=source.rows,
        field="destination",
    )
    source.findings.rows(
        source.where,
        table.duplicated(["origin", "destination"]).to_numpy(),
        lambda n: f"{shown(origin[n])} to {shown(destination[n])} stands twice",
        "Add up the trips in one row.",
        rows=source.rows,
        field="destination",
    )


def _check_end(source: Source, names: pd.Series, zones: pd.Series, end: str) -> None:
    known = zones.tolist()
    source.findings.rows(
        source.where,
        ~names.isin(zones).to_numpy(),
        lambda n: f"{shown(names.iloc[n])} is no zone",
        lambda n: did_you_mean(names.iloc[n], known),
        rows=source.rows,
        field=end,
    )
