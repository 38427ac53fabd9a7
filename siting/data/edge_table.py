"""Read roads from a table of lines with the columns u, v, highway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from siting.data.columns import Source, declared_columns
from siting.data.geometry import placed
from siting.data.readers import read_raw
from siting.data.road_build import RawRoads
from siting.data.schema import LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.data.case_file import LayerSpec
    from siting.data.findings import Findings

_SAME_M = 1.0
"""Two rows u-v and v-u whose lines differ less in length are the two directions of one street."""
_M_PER_DEGREE = 111_195.0


def read_edge_table(path: Path, spec: LayerSpec, where: str, findings: Findings) -> RawRoads | None:
    """Read an edge table, in any format and CRS of the other layers.

    A row with ``oneway`` false becomes two directed edges, unless the table has the other direction
    itself, as those that osmnx saves do.

    Parameters
    ----------
    path
        The file.
    spec
        How to read it.
    where
        File and layer, for messages.
    findings
        Takes faults and notes.

    Returns
    -------
    raw
        None if it cannot be used; then there is a fault.
    """
    before = len(findings.faults)
    opened = read_raw(path, spec, where, findings)
    if opened is None:
        return None
    source = Source(opened.frame.reset_index(drop=True), opened.rows, "roads", where, findings)
    geometry = placed(source, opened.geometry, opened.crs, spec, LAYERS["roads"])
    table = declared_columns(source, spec, LAYERS["roads"])
    if geometry is None or len(findings.faults) > before:
        return None
    line = shapely.line_merge(geometry)
    findings.rows(
        where,
        shapely.get_type_id(line) != 1,
        lambda _: "is a line in several pieces",
        "Give each piece a row of its own.",
        rows=source.rows,
        field="geometry",
    )
    if len(findings.faults) > before:
        return None
    # line_merge may turn a line round: put it back as drawn
    line = np.where(shapely.get_type_id(geometry) == 1, geometry, line)
    return raw_of_table(table, line)


def raw_of_table(table: pd.DataFrame, line: NDArray[np.object_]) -> RawRoads:
    """Return the edges of a table whose columns are all there.

    Parameters
    ----------
    table
        As the schema of layer roads declares it.
    line
        (n,) LineStrings from u to v, WGS-84.
    """
    labels = np.concatenate([table["u"].to_numpy(object), table["v"].to_numpy(object)])
    codes, nodes = pd.factorize(labels)
    tail, head = codes[: len(table)], codes[len(table) :]
    ends = np.concatenate([shapely.get_point(line, 0), shapely.get_point(line, -1)])
    first = np.zeros(len(nodes), dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    at = ends[first]
    back = np.flatnonzero(~table["oneway"].to_numpy(bool) & ~_has_twin(tail, head, line))
    both = np.concatenate([np.arange(len(table)), back])
    return RawRoads(
        lon=shapely.get_x(at),
        lat=shapely.get_y(at),
        tail=np.concatenate([tail, head[back]]).astype(np.int32),
        head=np.concatenate([head, tail[back]]).astype(np.int32),
        highway=table["highway"].to_numpy(object)[both],
        maxspeed=table["maxspeed"].to_numpy(object)[both],
        speed_kph=table["speed_kph"].to_numpy(np.float64)[both],
        length_m=table["length_m"].to_numpy(np.float64)[both],
        geometry=np.concatenate([line, shapely.reverse(line[back])]),
        name=table["name"].to_numpy(object)[both],
    )


def _has_twin(
    tail: NDArray[np.intp], head: NDArray[np.intp], line: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Tell which rows have a row in the other direction, with a line as long."""
    step = np.round(shapely.length(line) * _M_PER_DEGREE / _SAME_M).astype(np.int64)
    there = pd.MultiIndex.from_arrays([tail, head, step])
    found = np.zeros(len(tail), dtype=bool)
    for shift in (-1, 0, 1):
        found |= pd.MultiIndex.from_arrays([head, tail, step + shift]).isin(there)
    return np.asarray(found & (tail != head))
