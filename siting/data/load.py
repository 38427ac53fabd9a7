"""Read a case folder into a Case, and tell all that is wrong with it at once."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from siting.content import content_folder
from siting.data.case import Case
from siting.data.case_file import CASE_FILE, read_case_file
from siting.data.cells import split_zones
from siting.data.crs import WGS84
from siting.data.extents import check_extents
from siting.data.findings import Findings, shown
from siting.data.flows import read_flows
from siting.data.h3_cells import split_h3
from siting.data.layer import layer_file, layer_info, read_layer
from siting.data.nearest import did_you_mean
from siting.data.places import check_ids_apart, give_districts, give_substations
from siting.data.raster import PEOPLE, raster_people
from siting.data.road_files import read_roads
from siting.data.schema import LAYERS
from siting.data.shift import Declared, shift_notes
from siting.data.sphere import extent, utm_crs
from siting.errors import CaseError

if TYPE_CHECKING:
    from siting.data.case import LayerInfo
    from siting.data.case_file import CaseSpec, Generator
    from siting.data.layer import Layer
    from siting.data.roads import Roads

_log = logging.getLogger(__name__)
_NOT_TABLES = ("roads", "raster", "flows")


def case_folder(name_or_path: str) -> Path:
    """Return the folder of a case.

    Parameters
    ----------
    name_or_path
        A folder with a ``case.toml`` (or that file itself), the name of a folder in ``./data``, or
        of a shipped city.

    Raises
    ------
    CaseError
        If there is none; says what was tried and the nearest name.
    """
    given = Path(name_or_path).expanduser()
    homes = (Path("data"), content_folder("data"))
    tried = [given, *(home / name_or_path for home in homes)]
    for folder in tried:
        if (folder / CASE_FILE).is_file():
            return folder
    if given.name == CASE_FILE and given.is_file():
        return given.parent
    known = sorted({toml.parent.name for home in homes for toml in home.glob(f"*/{CASE_FILE}")})
    places = ", ".join(str(folder / CASE_FILE) for folder in tried)
    mend = "A city of your own is given by its folder, as seen from here (--case FOLDER)."
    hint = did_you_mean(given.name, known)
    msg = f"No case {shown(name_or_path)}. Looked for {places}. {hint} {mend}"
    raise CaseError(msg)


def load_case(folder: Path) -> Case:
    """Read and check a whole case.

    Parameters
    ----------
    folder
        Holds ``case.toml``.

    Returns
    -------
    case
        Every table checked, every coordinate WGS-84.

    Raises
    ------
    CaseError
        If anything is wrong; lists all faults of all layers.
    """
    spec = read_case_file(folder)
    if spec.generator is not None:
        return _generated(folder, spec, spec.generator)
    return _loaded(folder, spec)


def _generated(folder: Path, spec: CaseSpec, generator: Generator) -> Case:
    """Load what the generator made of the folder's fact tables, under the folder's own name."""
    from siting.data.synth import cached_case  # noqa: PLC0415 - only generated cases need it

    made = load_case(cached_case(folder, scale=generator.scale, seed=generator.seed))
    return dataclasses.replace(
        made,
        name=folder.resolve().name,
        folder=folder,
        title=spec.title,
        title_zh=spec.title_zh,
        label=spec.label or made.label,
        label_zh=spec.label_zh or made.label_zh,
    )


def _loaded(folder: Path, spec: CaseSpec) -> Case:
    findings = Findings()
    present = spec.layers.present() if spec.layers is not None else {}
    layers = {
        name: layer
        for name, layer_spec in present.items()
        if name not in _NOT_TABLES
        and (layer := read_layer(folder, name, layer_spec, findings)) is not None
    }
    roads, road_info = _roads(folder, spec, findings)
    _compare(layers, roads, spec, findings)
    metric_crs = _metric_crs(spec, layers, findings)
    _stop_at_faults(folder, findings)
    findings.notes += _shifts(layers, spec, roads, metric_crs)
    layers["zones"] = _split(layers["zones"], spec, metric_crs, findings)
    raster_info = _raster(folder, spec, layers["zones"].table, findings)
    flows, flow_info = read_flows(folder, spec, layers["zones"].table["id"], findings)
    tables = _tied(layers, metric_crs, findings)
    if tables["zones"]["demand"].sum() <= 0:
        mend = "Give at least one zone some demand."
        findings.fault(layers["zones"].where, "all demand is 0", mend, field="demand")
    _stop_at_faults(folder, findings)
    infos = [layer.info for layer in layers.values()]
    infos += [info for info in (road_info, raster_info, flow_info) if info]
    for note in findings.notes:
        _log.info("%s", note)
    return Case(
        name=folder.resolve().name,
        title=spec.title,
        title_zh=spec.title_zh,
        label=spec.label,
        label_zh=spec.label_zh,
        synthetic=any(info.synthetic for info in infos),
        folder=folder,
        metric_crs=metric_crs,
        **tables,
        roads=roads,
        layers=tuple(infos),
        notes=tuple(findings.notes),
        fed_by_row=_fed_by_row(layers),
        flows=flows,
    )


def _fed_by_row(layers: dict[str, Layer]) -> frozenset[str]:
    """Return the ids of sites and stations whose row names a substation."""
    tables = [layers[name].table for name in ("sites", "stations") if name in layers]
    return frozenset(str(i) for t in tables for i in t["id"][t["substation"] != ""])


def _stop_at_faults(folder: Path, findings: Findings) -> None:
    if findings.faults:
        count = len(findings.faults)
        msg = f"{folder / CASE_FILE}: {count} {'thing is' if count == 1 else 'things are'} wrong:"
        raise CaseError(msg, findings.faults)


def _roads(
    folder: Path, spec: CaseSpec, findings: Findings
) -> tuple[Roads | None, LayerInfo | None]:
    road_spec = spec.layers.roads if spec.layers is not None else None
    if road_spec is None:
        return None, None
    path = layer_file(folder, "roads", road_spec, findings)
    if path is None:
        return None, None
    roads = read_roads(path, road_spec, findings)
    if roads is None:
        return None, None
    return roads, layer_info("roads", road_spec, path, len(roads.tail))


def _compare(
    layers: dict[str, Layer], roads: Roads | None, spec: CaseSpec, findings: Findings
) -> None:
    boxes = {
        name: extent(layer.table.geometry.to_numpy())
        for name, layer in layers.items()
        if len(layer.table)
    }
    where = {name: layer.where for name, layer in layers.items()}
    if roads is not None and spec.layers is not None and spec.layers.roads is not None:
        lon, lat = roads.lon, roads.lat
        boxes["roads"] = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
        where["roads"] = f"{Path(spec.layers.roads.path).name} (roads)"
    check_extents(boxes, where, findings)
    if "sites" in layers and "stations" in layers:
        check_ids_apart(layers["sites"], layers["stations"], findings)


def _metric_crs(spec: CaseSpec, layers: dict[str, Layer], findings: Findings) -> str:
    if spec.metric_crs is not None:
        try:
            crs = CRS.from_user_input(spec.metric_crs)
        except CRSError:
            crs = None
        if crs is None or not crs.is_projected or crs.axis_info[0].unit_name != "metre":
            what = f"{shown(spec.metric_crs)} is no projected CRS in metres"
            mend = "Leave it out: the UTM zone of the zones serves then."
            findings.fault(CASE_FILE, what, mend, field="metric_crs")
        return spec.metric_crs
    if "zones" not in layers:
        return WGS84
    west, south, east, north = extent(layers["zones"].table.geometry.to_numpy())
    return utm_crs((west + east) / 2, (south + north) / 2)


def _shifts(
    layers: dict[str, Layer], spec: CaseSpec, roads: Roads | None, metric_crs: str
) -> list[str]:
    present = spec.layers.present() if spec.layers is not None else {}
    points = {
        name: Declared(layer.where, layer.table.geometry.to_numpy(), present[name].crs)
        for name, layer in layers.items()
        if (layer.table.geom_type == "Point").all()
    }
    return shift_notes(points, roads, layers["districts"].table.geometry.to_numpy(), metric_crs)


def _split(zones: Layer, spec: CaseSpec, metric_crs: str, findings: Findings) -> Layer:
    asked = spec.layers.zones if spec.layers is not None else None
    if asked is not None and asked.h3_resolution is not None:
        size = f"H3 resolution {asked.h3_resolution}"
        cells = split_h3(zones.table, resolution=asked.h3_resolution, metric_crs=metric_crs)
    elif asked is not None and asked.cell_m is not None:
        size = f"{asked.cell_m:g} m"
        cells = split_zones(zones.table, cell_m=asked.cell_m, metric_crs=metric_crs)
    else:
        return zones
    findings.notes.append(
        f"{zones.where}: {len(zones.table)} zones were split into {len(cells)} cells of "
        f"{size}, demand shared by area."
    )
    if cells["id"].duplicated().any():
        twice = cells["id"][cells["id"].duplicated()].iloc[0]
        what = f"cells and zones would share the id {shown(twice)}"
        findings.fault(zones.where, what, "Set id_prefix, or do not split.", field="cell_m")
    row_of = dict(zip(zones.table["id"], zones.rows, strict=True))
    parent = cells["id"].map(row_of).fillna(cells["id"].str.rsplit("-", n=1).str[0].map(row_of))
    info = dataclasses.replace(zones.info, rows=len(cells))
    rows = parent.to_numpy(dtype=np.int64)
    return dataclasses.replace(zones, table=cells, rows=rows, info=info)


def _raster(
    folder: Path, spec: CaseSpec, zones: gpd.GeoDataFrame, findings: Findings
) -> LayerInfo | None:
    """Sum the raster, if there is one, into a column of the zones."""
    asked = spec.layers.raster if spec.layers is not None else None
    path = None if asked is None else layer_file(folder, "raster", asked, findings)
    if asked is None or path is None:
        return None
    zones[PEOPLE] = raster_people(path, zones, f"{path.name} (raster)", findings)
    return layer_info("raster", asked, path, len(zones))


def _tied(
    layers: dict[str, Layer], metric_crs: str, findings: Findings
) -> dict[str, gpd.GeoDataFrame]:
    """Give every row its district and substation; an absent layer becomes a table without rows."""
    tables = {}
    for name, schema in LAYERS.items():
        if name in _NOT_TABLES:
            continue
        if name not in layers:
            tables[name] = _no_rows(schema.names)
            continue
        layer = layers[name]
        table = layer.table.copy()
        if "district" in schema.names:
            areas = layers["districts"].table
            table["district"] = give_districts(layer, areas, metric_crs, findings)
        if "substation" in schema.names:
            table["substation"] = pd.Series(
                give_substations(layer, layers.get("substations"), metric_crs, findings),
                dtype=object,
            )
        tables[name] = table
    return tables


def _no_rows(names: tuple[str, ...]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({name: [] for name in names}, geometry=[], crs=WGS84)
