"""Read what was built: a layer of the case, or a file of points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from siting.data.crs import WGS84
from siting.errors import CaseError, Fault, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.case import Case

    Floats = NDArray[np.float64]

LAYER = "stations"
_NAMES = {"lon": ("lon", "lng", "longitude", "x"), "lat": ("lat", "latitude", "y")}
_SAME_DIGITS = 6
"""Of a degree: a tenth of a metre."""


@dataclass(frozen=True, eq=False)
class Built:
    """Hold N stations that were built."""

    points: Floats
    """(N, 2) longitude, latitude."""
    district: NDArray[np.str_]
    """(N,) id."""
    notes: tuple[str, ...]
    """What was merged or left out."""


def read_built(case: Case, source: str, *, stations: int | None, rank: str | None) -> Built:
    """Return what was built, inside the city, one station a place.

    Parameters
    ----------
    case
        The city.
    source
        ``stations``, the case's own layer; or a CSV with lon and lat, or any file of points.
    stations
        Take so many, those with the most of ``rank``; None for all.
    rank
        Column; larger first.

    Raises
    ------
    InputError
        If it cannot be read, has no place in the city, or fewer stations than asked for.
    """
    table = case.stations if source == LAYER else _file(Path(source))
    if not len(table):
        msg = "Nothing was built."
        raise CaseError(msg, [Fault(source, "has no stations", "Name a file with --built FILE.")])
    points = shapely.get_coordinates(shapely.centroid(table.geometry.to_numpy()))
    size = _rank(table, rank, source)
    at, first, same = np.unique(
        points.round(_SAME_DIGITS), axis=0, return_index=True, return_inverse=True
    )
    summed = np.bincount(same.ravel(), weights=size, minlength=len(at))
    district = _district(case, at)
    inside = district != ""
    notes = []
    if len(at) < len(points):
        notes.append(f"{len(points) - len(at)} stations stand where another does: merged")
    if not inside.all():
        notes.append(f"{int((~inside).sum())} stations lie in no district: left out")
    order = np.lexsort((first, -summed))
    order = order[inside[order]]
    if stations is not None:
        order = _some(order, stations, rank, source)
    return Built(at[order], district[order], tuple(notes))


def _some(
    order: NDArray[np.int64], stations: int, rank: str | None, source: str
) -> NDArray[np.int64]:
    if stations > len(order):
        what = f"holds {len(order)} stations in the city, not {stations}"
        msg = "So many were not built."
        raise InputError(msg, [Fault(source, what, "Ask for fewer with --stations.")])
    if stations < len(order) and rank is None:
        msg = "Which of the built stations should count?"
        what = f"{stations} of {len(order)} are asked for"
        mend = "Name the column that ranks them with --rank, or leave --stations out."
        raise InputError(msg, [Fault("--rank", what, mend)])
    return order[:stations]


def _file(path: Path) -> gpd.GeoDataFrame:
    if not path.is_file():
        msg = "What was built cannot be found."
        mend = f"Give a file, or {LAYER!r} for the case's own layer."
        raise InputError(msg, [Fault(str(path), "no such file", mend)])
    try:
        table = pd.read_csv(path) if path.suffix.lower() == ".csv" else gpd.read_file(path)
        if isinstance(table, gpd.GeoDataFrame):
            return table.to_crs(WGS84) if table.crs else table.set_crs(WGS84)
    except (OSError, ValueError, CRSError, RuntimeError) as error:
        msg = "What was built cannot be read."
        text = str(error).splitlines()[0][:200]
        raise InputError(
            msg, [Fault(str(path), text, "Give a CSV or GeoJSON of points.")]
        ) from error
    return _from_csv(table, path)


def _from_csv(table: pd.DataFrame, path: Path) -> gpd.GeoDataFrame:
    known = {str(name).strip().lower(): name for name in table.columns}
    found = {
        axis: next((known[name] for name in names if name in known), None)
        for axis, names in _NAMES.items()
    }
    faults = [
        Fault(
            str(path), f"has no column {axis}", "Name longitude and latitude lon and lat (WGS-84)."
        )
        for axis, name in found.items()
        if name is None
    ]
    values = {
        axis: pd.to_numeric(table[name], errors="coerce")
        for axis, name in found.items()
        if name is not None
    }
    for axis, most in (("lon", 180.0), ("lat", 90.0)):
        if axis in values and (bad := ~(values[axis].abs() <= most)).any():
            row = int(np.flatnonzero(bad.to_numpy())[0])
            what = f"is {str(table[found[axis]].iloc[row])[:40]!r}"
            mend = f"Give degrees, at most {most:g}."
            faults.append(Fault(str(path), what, mend, row=row + 2, field=axis))
    if faults:
        msg = "What was built cannot be placed."
        raise InputError(msg, faults)
    place = gpd.points_from_xy(values["lon"], values["lat"])
    return gpd.GeoDataFrame(table, geometry=place, crs=WGS84)


def _rank(table: gpd.GeoDataFrame, rank: str | None, source: str) -> Floats:
    if rank is None:
        return np.zeros(len(table))
    if rank not in table.columns:
        msg = "What was built cannot be ranked."
        known = ", ".join(str(name)[:40] for name in table.columns[:12])
        raise InputError(msg, [Fault(source, f"has no column {rank!r}", f"It has {known}.")])
    values = pd.to_numeric(table[rank], errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        msg = "What was built cannot be ranked."
        fault = Fault(source, "is not a number", "Give one.", row=row + 2, field=rank)
        raise InputError(msg, [fault])
    return values


def _district(case: Case, points: Floats) -> NDArray[np.str_]:
    """Return the district of each point; '' outside all."""
    tree = shapely.STRtree(case.districts.geometry.to_numpy())
    point, area = tree.query(shapely.points(points), predicate="intersects")
    found = np.full(len(points), "", dtype=object)
    ids = case.districts["id"].to_numpy(dtype=object)
    found[point[::-1]] = ids[area[::-1]]
    return found.astype(str)
