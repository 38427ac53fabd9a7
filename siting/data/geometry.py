"""Place a layer's features on the globe, and refuse coordinates that cannot be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from siting.data.columns import numbers_of, text_of
from siting.data.crs import geometry_to_wgs84, parse_crs
from siting.data.findings import shown
from siting.data.sphere import inner_points

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from siting.data.case_file import LayerSpec
    from siting.data.columns import Source
    from siting.data.crs import Datum
    from siting.data.schema import LayerSchema, Shape

    Geometries = NDArray[np.object_]

_SHAPES: dict[int, Shape] = {0: "point", 4: "point", 3: "area", 6: "area", 1: "line", 5: "line"}
"""By shapely's geometry type id; collections and rings are nothing we can use."""
_MULTIPOINT = 4
_CRS_HELP = 'Write crs = "EPSG:4326" (or another EPSG code, "gcj02" or "bd09") under [layers.{}].'


def placed(
    source: Source,
    given: Geometries | None,
    carried: CRS | None,
    spec: LayerSpec,
    schema: LayerSchema,
) -> Geometries | None:
    """Return a layer's geometry in WGS-84, in the shapes the layer may have.

    Parameters
    ----------
    source
        Columns, for coordinates that are columns.
    given
        (n,) geometry of the file, if it has any.
    carried
        CRS of the file, if it has one.
    spec
        Declared CRS and coordinate columns.
    schema
        Shapes allowed; areas become points where only points are of use.

    Returns
    -------
    geometry
        None if it cannot be used; then there is a fault.
    """
    before = len(source.findings.faults)
    if not len(source.frame):
        return np.empty(0, dtype=object)
    geometry = _from_columns(source, spec) if given is None else given
    crs = _crs(source, carried, spec)
    if geometry is None or crs is None or len(source.findings.faults) > before:
        return None
    _check_present(source, geometry)
    if isinstance(crs, str) or crs.is_geographic:
        _check_degrees(source, geometry, spec)
    if len(source.findings.faults) > before:
        return None
    geometry = geometry_to_wgs84(shapely.force_2d(geometry), crs)
    _check_fits(source, geometry, crs)
    _check_shapes(source, geometry, schema)
    if len(source.findings.faults) > before:
        return None
    geometry = _mended(source, geometry, schema)
    return None if len(source.findings.faults) > before else geometry


def _from_columns(source: Source, spec: LayerSpec) -> Geometries | None:
    if spec.wkt is not None:
        return _from_wkt(source, spec.wkt)
    lon = _coordinate(source, spec.lon, "lon")
    lat = _coordinate(source, spec.lat, "lat")
    if lon is None or lat is None:
        return None
    return np.asarray(shapely.points(np.column_stack([lon, lat])), dtype=object)


def _coordinate(source: Source, name: str, key: str) -> NDArray[np.float64] | None:
    if name not in source.frame.columns:
        known = ", ".join(map(str, source.frame.columns[:12]))
        what = f"has no coordinate column {shown(name)} (it has {known})"
        mend = f'Write {key} = "..." or wkt = "..." under [layers.{source.layer}].'
        source.findings.fault(source.where, what, mend, field=name)
        return None
    values = source.frame[name]
    numbers, bad = numbers_of(values)
    source.findings.rows(
        source.where,
        bad | ~np.isfinite(numbers),
        lambda place: f"{shown(values.iloc[place])} is no coordinate",
        "Write decimal degrees (or metres, for a projected CRS), or drop the row.",
        rows=source.rows,
        field=name,
    )
    return numbers


def _from_wkt(source: Source, name: str) -> Geometries | None:
    if name not in source.frame.columns:
        source.findings.fault(
            source.where,
            f"has no column {shown(name)}",
            f'Correct wkt = "..." under [layers.{source.layer}].',
            field=name,
        )
        return None
    text = text_of(source.frame[name])
    geometry: Geometries = np.asarray(
        shapely.from_wkt(text.to_numpy(dtype=object), on_invalid="ignore"), dtype=object
    )
    source.findings.rows(
        source.where,
        pd.isna(geometry),
        lambda place: f"{shown(text.iloc[place])} is no well-known text",
        "Write POINT (lon lat) or POLYGON ((lon lat, ...)).",
        rows=source.rows,
        field=name,
    )
    return geometry


def _crs(source: Source, carried: CRS | None, spec: LayerSpec) -> CRS | Datum | None:
    """Return the declared CRS, else the file's own."""
    mend = _CRS_HELP.format(source.layer)
    if spec.crs is None:
        if carried is None:
            source.findings.fault(source.where, "does not say its CRS", mend, field="crs")
        return carried
    crs = parse_crs(spec.crs)
    if crs is None:
        source.findings.fault(source.where, f"{shown(spec.crs)} is no known CRS", mend, field="crs")
    elif carried is not None and not isinstance(crs, str) and not crs.is_exact_same(carried):
        source.findings.notes.append(
            f"{source.where}: read in {spec.crs}, as declared, though the file says "
            f"{carried.to_string()}."
        )
    return crs


def _check_present(source: Source, geometry: Geometries) -> None:
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    source.findings.rows(
        source.where,
        absent,
        lambda _: "has no geometry",
        "Draw it, or drop the row.",
        rows=source.rows,
        field="geometry",
    )


def _check_degrees(source: Source, geometry: Geometries, spec: LayerSpec) -> None:
    bounds = shapely.bounds(geometry)
    high = np.abs(bounds).reshape(-1, 2, 2).max(axis=1, initial=0)
    bad = (high[:, 0] > 180) | (high[:, 1] > 90)  # noqa: PLR2004 - degrees
    if not bad.any():
        return
    swapped = bad & (high[:, 0] <= 90) & (high[:, 1] <= 180)  # noqa: PLR2004 - degrees

    def what(place: int) -> str:
        lon, lat = bounds[place, :2]
        text = f"longitude {lon:.10g}, latitude {lat:.10g}"
        if swapped[place]:
            return f"{text}: latitude is beyond 90 degrees, the two look swapped"
        return f"{text} are not degrees"

    if swapped[bad].all():
        mend = f"Swap lon and lat under [layers.{source.layer}], or in the file."
    else:
        mend = f"Declare the CRS the coordinates are in, not {spec.crs or 'degrees'}."
    field = f"{spec.lon}, {spec.lat}" if spec.wkt is None else spec.wkt
    source.findings.rows(source.where, bad, what, mend, rows=source.rows, field=field)


def _check_fits(source: Source, geometry: Geometries, crs: CRS | Datum) -> None:
    """Refuse coordinates that the CRS cannot place anywhere on the globe."""
    bounds = shapely.bounds(geometry)
    lost = ~np.isfinite(bounds).all(axis=1)
    name = crs if isinstance(crs, str) else crs.to_string()
    source.findings.rows(
        source.where,
        lost,
        lambda _: f"the coordinates lie nowhere in {name}",
        "Declare the CRS the coordinates are in.",
        rows=source.rows,
        field="crs",
    )


def _check_shapes(source: Source, geometry: Geometries, schema: LayerSchema) -> None:
    kinds = shapely.get_type_id(geometry)
    allowed = [number for number, shape in _SHAPES.items() if shape in schema.shapes]
    source.findings.rows(
        source.where,
        ~np.isin(kinds, allowed),
        lambda place: f"is a {geometry[place].geom_type}",
        f"Each row of {schema.name} needs one {' or '.join(schema.shapes)}.",
        rows=source.rows,
        field="geometry",
    )


def _mended(source: Source, geometry: Geometries, schema: LayerSchema) -> Geometries:
    """Make areas valid, and points of areas where only points are of use."""
    broken = ~shapely.is_valid(geometry)
    if broken.any() and "area" in schema.shapes:
        geometry = geometry.copy()
        geometry[broken] = shapely.buffer(shapely.make_valid(geometry[broken]), 0)
        rows = ", ".join(map(str, source.rows[broken][:5]))
        source.findings.notes.append(
            f"{source.where}: {int(broken.sum())} self-crossing areas were made valid "
            f"(first in rows {rows})."
        )
    source.findings.rows(
        source.where,
        shapely.is_empty(geometry),
        lambda _: "is an area without any extent",
        "Draw it again, or drop the row.",
        rows=source.rows,
        field="geometry",
    )
    if schema.shapes[0] == "point":
        return inner_points(geometry)
    several = shapely.get_type_id(geometry) == _MULTIPOINT
    return np.where(several, shapely.centroid(geometry), geometry) if several.any() else geometry
