"""Read a road network, whatever its format."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from siting.data.edge_table import read_edge_table
from siting.data.graphml import read_graphml
from siting.data.osm.read import read_xml
from siting.data.osm.roads import raw_roads
from siting.data.road_build import build_roads

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.case_file import LayerSpec
    from siting.data.findings import Findings
    from siting.data.road_build import RawRoads
    from siting.data.roads import Roads

_log = logging.getLogger(__name__)


def read_roads(path: Path, spec: LayerSpec, findings: Findings) -> Roads | None:
    """Read and repair a road network.

    Parameters
    ----------
    path
        GraphML, OSM XML, or a table of lines.
    spec
        How to read it.
    findings
        Takes faults, and notes on what was dropped or assumed.

    Returns
    -------
    roads
        One strongly connected part; None if it cannot be used, then there is a fault.
    """
    where = f"{path.name} (roads)"
    raw = _read(path, spec, where, findings)
    return None if raw is None else build_roads(raw, where, findings)


def _read(path: Path, spec: LayerSpec, where: str, findings: Findings) -> RawRoads | None:
    kind = spec.kind(path.suffix)
    try:
        if kind == "graphml":
            return read_graphml(path, spec.crs)
        if kind == "osm":
            return raw_roads(read_xml(path))
    except (ValueError, OSError) as error:
        _log.debug("reading %s", path, exc_info=True)
        what = f"cannot be read as {kind}: {str(error).strip().splitlines()[0]}"
        mend = "Save it again, with osmnx.save_graphml or as an OSM extract with nodes and ways."
        findings.fault(where, what, mend)
        return None
    return read_edge_table(path, spec, where, findings)
