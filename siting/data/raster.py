"""Sum a raster of inhabitants over zones, cells cut by a border counted by the part inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting.data.crs import WGS84
from siting.data.findings import shown
from siting.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.data.findings import Findings

PEOPLE = "raster_people"
"""The zones' column that holds the sums."""
_BORDER_SHARE = 0.001
"""A zone may reach over the raster's border by this part of its area."""
_AREAS = ("Polygon", "MultiPolygon")


def raster_people(
    path: Path, zones: gpd.GeoDataFrame, where: str, findings: Findings
) -> NDArray[np.float64]:
    """Return the sum of a raster's first band over each zone, (n,).

    Zones are brought to the raster's CRS; a raster cell that a border cuts counts by the share of
    its area inside, so that zones side by side add up to what lies under them (to some seven
    digits: the shares are single-precision).

    Parameters
    ----------
    path
        GeoTIFF of inhabitants per raster cell (not per km2).
    zones
        Areas, EPSG:4326.
    where
        File and layer, for messages.
    findings
        Takes faults and notes.

    Raises
    ------
    InputError
        If rasterio or exactextract is not installed.

    References
    ----------
    exactextract, D. Baston, ISciences: coverage fractions of raster cells by polygons.
    """
    rasterio, exact_extract = _tools()
    nothing = np.zeros(len(zones))
    if not zones.geom_type.isin(_AREAS).all():
        mend = "Give zones as areas, or leave the raster out."
        findings.fault(where, "zones are points, over which nothing can be summed", mend)
        return nothing
    try:
        with rasterio.open(path) as opened:
            crs, bounds = opened.crs, shapely.box(*opened.bounds)
    except rasterio.errors.RasterioIOError as error:
        findings.fault(where, f"cannot be read ({shown(str(error))})", "Save it as a GeoTIFF.")
        return nothing
    if crs is None:
        findings.fault(where, "has no CRS", "Save it as a GeoTIFF with its CRS.")
        return nothing
    placed = zones[["geometry"]].set_crs(WGS84, allow_override=True).to_crs(crs.to_wkt())
    shapes = placed.geometry.to_numpy()
    beyond = shapely.area(shapely.difference(shapes, bounds))
    outside = beyond > _BORDER_SHARE * shapely.area(shapes)
    if outside.any():
        label = shown(str(zones["id"].to_numpy()[outside][0]))
        what = f"does not cover {int(outside.sum())} of {len(zones)} zones, such as {label}"
        findings.fault(where, what, "Give a raster of the whole city.")
        return nothing
    table = exact_extract(str(path), placed, ["sum"], output="pandas")
    return _checked(table["sum"].to_numpy(dtype=np.float64), where, findings)


def _checked(sums: NDArray[np.float64], where: str, findings: Findings) -> NDArray[np.float64]:
    """Take a zone without any data for empty; refuse negative people."""
    sums = np.nan_to_num(sums, nan=0.0)
    if (sums < 0).any():
        mend = "Declare the raster's value for no data, or give people per cell."
        findings.fault(where, "sums to less than 0 in some zone", mend)
    findings.notes.append(f"{where}: {sums.sum():,.0f} inhabitants, summed over the zones.")
    return sums


def _tools() -> tuple[Any, Any]:
    try:
        import rasterio  # noqa: PLC0415 - an extra, for cities with a raster
        from exactextract import exact_extract  # noqa: PLC0415
    except ImportError as error:
        msg = (
            "A raster layer needs rasterio and exactextract. "
            'Install them: pip install "siting[raster]", or take [layers.raster] out.'
        )
        raise InputError(msg) from error
    return rasterio, exact_extract
