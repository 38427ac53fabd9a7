"""Draw the plan as a still picture for the printed page: districts, main roads, stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.maps.geometry import inside_points, main_roads
from siting.maps.payload import station_types
from siting.maps.text import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.plan import Document, Station

WIDTH = 960
MOST_HEIGHT = 720
PHASE_COLOURS = ("#e69f00", "#56b4e9", "#cc79a7", "#0072b2", "#f0e442", "#d55e00", "#009e73")
"""Okabe and Ito's colour-blind safe set, in the map's order."""
KEPT, CLOSED, NEUTRAL = "#4a4f57", "#8a8f98", "#c3c8cf"
_SHAPES = (
    "M1,0A1,1 0 1 1 -1,0A1,1 0 1 1 1,0Z",
    "M-.86,-.86H.86V.86H-.86Z",
    "M1.05,0L.525,.91L-.525,.91L-1.05,0L-.525,-.91L.525,-.91Z",
    "M0,-1.2L1.2,0L0,1.2L-1.2,0Z",
)
_CROSS = "M-.6,-.6L.6,.6M.6,-.6L-.6,.6"


class Frame:
    """Turn longitude, latitude into picture points, equal scale both ways at the middle latitude.

    Parameters
    ----------
    box
        West, south, east, north in degrees.
    """

    def __init__(self, box: Sequence[float]) -> None:
        west, south, east, north = box
        self.west, self.north = west, north
        self.narrow = float(np.cos(np.radians((south + north) / 2)))
        across, up = max((east - west) * self.narrow, 1e-6), max(north - south, 1e-6)
        self.scale = min((WIDTH - 32) / across, (MOST_HEIGHT - 32) / up)
        self.left = (WIDTH - across * self.scale) / 2
        self.height = round(up * self.scale + 32)

    def place(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) picture points for (n, 2) degrees."""
        x = self.left + (coordinates[:, 0] - self.west) * self.narrow * self.scale
        y = 16 + (self.north - coordinates[:, 1]) * self.scale
        return np.rint(np.column_stack([x, y]) * 10) / 10


def figure(document: Document, case: Case) -> str:
    """Return the figure as an ``<svg>`` element.

    Parameters
    ----------
    document
        The plan.
    case
        The city it is for.
    """
    boxes = [layer.total_bounds for layer in (case.districts, case.zones) if len(layer)]
    frame = Frame(
        [*np.min([b[:2] for b in boxes], axis=0), *np.max([b[2:] for b in boxes], axis=0)]
    )
    parts = [
        *_district_outlines(frame, case),
        *(f'<path class="f-road" d="{_path(frame, line)}"/>' for line in _roads(case)),
        *_stations(frame, document),
        *_district_names(frame, case),
    ]
    return (
        f'<svg class="figure" viewBox="0 0 {WIDTH} {frame.height}" role="img" '
        f'aria-label="Map of stations and districts">{"".join(parts)}</svg>'
    )


def symbol(rank: int, types: int, *, colour: str, status: str = "new") -> str:
    """Return a station's symbol as SVG around the origin: the larger its type, the larger.

    Parameters
    ----------
    rank, types
        The type's place among all types (0 the smallest), and how many there are.
    colour
        Of the body; see ``colour_of``.
    status
        kept has a white dot, closed is a grey cross.
    """
    if status == "closed":
        return (
            f'<g transform="scale(5)"><path d="{_SHAPES[0]}" fill="#fff" stroke="{CLOSED}" '
            f'stroke-width=".25"/><path d="{_CROSS}" stroke="{CLOSED}" stroke-width=".35"/></g>'
        )
    radius = 3.6 + 3 * (rank + 1) / max(2, types)
    dot = '<circle r=".36" fill="#fff"/>' if status == "kept" else ""
    return (
        f'<g transform="scale({radius:.1f})"><path d="{_SHAPES[rank % len(_SHAPES)]}" '
        f'fill="{colour}" stroke="#16191d" stroke-width=".16"/>{dot}</g>'
    )


def colour_of(document: Document, station: Station) -> str:
    """Return the colour of the phase a station opened or was upgraded in; grey if kept."""
    if station.status == "kept":
        return KEPT
    names = [phase.name for phase in document.phases]
    return PHASE_COLOURS[names.index(station.phase) % len(PHASE_COLOURS)]


def _path(frame: Frame, coordinates: NDArray[np.float64]) -> str:
    points = frame.place(coordinates)
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points.tolist())


def _roads(case: Case) -> list[NDArray[np.float64]]:
    return [shapely.get_coordinates(line) for line in main_roads(case.roads)]


def _district_outlines(frame: Frame, case: Case) -> list[str]:
    shapes = shapely.simplify(np.asarray(case.districts.geometry.array), 2e-4)
    rings = shapely.get_rings(shapely.get_parts(shapes))
    return [
        f'<path class="f-district" d="{_path(frame, shapely.get_coordinates(ring))}Z"/>'
        for ring in rings
    ]


def _district_names(frame: Frame, case: Case) -> list[str]:
    shapes = np.asarray(case.districts.geometry.array)
    places = frame.place(shapely.get_coordinates(inside_points(shapes)))
    pairs = zip(case.districts["name"], case.districts["name_zh"], strict=True)
    names = [f"{name[:40]} {name_zh[:40]}".strip() for name, name_zh in pairs]
    return [
        f'<text class="f-name" x="{x:g}" y="{y:g}">{escaped(text)}</text>'
        for text, (x, y) in zip(names, places.tolist(), strict=True)
    ]


def _stations(frame: Frame, document: Document) -> list[str]:
    types = list(station_types(document))
    if not document.stations:
        return []
    places = frame.place(np.array([[station.lon, station.lat] for station in document.stations]))
    parts = []
    for station, (x, y) in zip(document.stations, places.tolist(), strict=True):
        status = "closed" if station.type is None else station.status
        rank = 0 if station.type is None else types.index(station.type)
        drawn = symbol(rank, len(types), colour=colour_of(document, station), status=status)
        parts.append(f'<g transform="translate({x:g} {y:g})">{drawn}</g>')
    return parts
