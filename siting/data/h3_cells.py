"""Split zones into the hexagons of H3, so that cities can share one grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting.data.cells import shared_out
from siting.data.crs import project
from siting.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_SLIVER_SHARE = 0.25
"""A piece smaller than this share of a mean hexagon joins a neighbour of its zone."""
_METRES_PER_DEGREE = 111_000.0
"""Along a meridian, rounded down: borders are walked in steps no longer than a hexagon's side."""


def split_h3(zones: gpd.GeoDataFrame, *, resolution: int, metric_crs: str) -> gpd.GeoDataFrame:
    """Split areas by the hexagons of H3; points, and areas within one hexagon, stay whole.

    Whatever is counted is shared by area and adds up to the zone's, as with square cells. A piece
    of zone 589 is called 589-1, 589-2, and so on, in the order of H3's own labels.

    Parameters
    ----------
    zones
        With id, name, name_zh, demand and more; EPSG:4326.
    resolution
        Of H3, 0 to 15.
    metric_crs
        The CRS areas are measured in.

    Raises
    ------
    InputError
        If the package ``h3`` is not installed.

    References
    ----------
    H3, a hexagonal hierarchical geospatial indexing system, Uber, https://h3geo.org.
    """
    h3 = _h3()
    shapes = zones.geometry.to_numpy()
    plane = project(shapes, metric_crs)
    zone: list[int] = []
    piece: list[Any] = []
    for number, (shape, flat) in enumerate(zip(shapes, plane, strict=True)):
        parts = (
            [] if shape.geom_type == "Point" else _parts(h3, shape, flat, resolution, metric_crs)
        )
        parts = parts if len(parts) > 1 else [flat]
        zone += [number] * len(parts)
        piece += parts
    least_m2 = _SLIVER_SHARE * h3.average_hexagon_area(resolution, unit="m^2")
    pieces = np.empty(len(piece), dtype=object)
    pieces[:] = piece
    where = np.array(zone, dtype=np.intp)
    return shared_out(zones, where, pieces, least_m2=least_m2, metric_crs=metric_crs)


def _parts(
    h3: Any,  # noqa: ANN401 - a module without types
    shape: shapely.Geometry,
    flat: shapely.Geometry,
    resolution: int,
    metric_crs: str,
) -> list[shapely.Geometry]:
    """Return a zone cut by every hexagon it meets, and those around them."""
    met = set(h3.geo_to_cells(shape, resolution))
    step = h3.average_hexagon_edge_length(resolution, unit="m") / _METRES_PER_DEGREE
    corners = shapely.get_coordinates(shapely.segmentize(shape, step))
    met |= {h3.latlng_to_cell(lat, lon, resolution) for lon, lat in corners}
    near = sorted({cell for one in met for cell in h3.grid_disk(one, 1)})
    hexagons = np.array([shapely.Polygon(_ring(h3, cell)) for cell in near], dtype=object)
    cut: NDArray[np.object_] = shapely.intersection(flat, project(hexagons, metric_crs))
    return list(cut[shapely.area(cut) > 0])


def _ring(h3: Any, cell: str) -> list[tuple[float, float]]:  # noqa: ANN401 - a module without types
    return [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]


def _h3() -> Any:  # noqa: ANN401 - a module without types
    try:
        import h3  # noqa: PLC0415 - an extra, for cities that ask for it
    except ImportError as error:
        msg = (
            'cells = "h3" needs the package h3. Install it: pip install "siting[h3]", '
            "or write cell_m for square cells."
        )
        raise InputError(msg) from error
    return h3
