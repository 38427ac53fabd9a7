"""Find the area to fetch: by name, by bounding box, or from a file of the user's own.

Names are looked up by Nominatim with the same care as Overpass, and not by osmnx's geocoder, which
after 429 or 504 sleeps a minute at a time without a word, and without end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape

from siting.data.fetch.replies import TroubleError
from siting.data.fetch.web import host_of
from siting.errors import Fault, InputError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.fetch.cache import Cache
    from siting.data.fetch.web import Web

NOMINATIM = "https://nominatim.openstreetmap.org"

_RESULTS = 10
_EAST, _NORTH = 180.0, 90.0
_SIDES = 4
_UNCLEAR = "The area to fetch is not clear."


@dataclass(frozen=True, eq=False)
class Place:
    """Hold an area and what it is called."""

    name: str
    area: Polygon | MultiPolygon
    """Longitude, latitude."""


def place_from_bbox(text: str) -> Place:
    """Read a bounding box.

    Parameters
    ----------
    text
        West, south, east, north in degrees, with commas between.

    Raises
    ------
    InputError
        If it is no box on the globe, or passes the 180th meridian.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west, south, east, north = (math.nan,) * _SIDES
    if not (-_EAST <= west < east <= _EAST and -_NORTH <= south < north <= _NORTH):
        fault = Fault(
            "--bbox",
            f"'{text[:60]}' is no bounding box",
            "Write W,S,E,N in degrees, west below east and south below north, such as "
            "113.9,22.5,114.1,22.6.",
        )
        raise InputError(_UNCLEAR, [fault])
    return Place(text, shapely.box(west, south, east, north))


def place_from_file(path: Path) -> Place:
    """Read the polygons of a file, of any kind and CRS that geopandas reads, as one area.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile and the like.

    Raises
    ------
    InputError
        If it cannot be read, or holds no polygon on the globe.
    """
    from siting.data.osm.clip import read_clip  # noqa: PLC0415 - takes seconds

    area = _area(read_clip(path))
    if area is None:
        what = "its polygons are not in longitude and latitude"
        fault = Fault(str(path), what, "State the CRS in the file.")
        raise InputError(_UNCLEAR, [fault])
    return Place(path.stem, area)


def place_by_name(name: str, web: Web, cache: Cache, *, nominatim: str = NOMINATIM) -> Place:
    """Look a name up by Nominatim, and return the most important area so called.

    Parameters
    ----------
    name
        Such as "Shenzhen, China".
    web
        Asks.
    cache
        Where the answer is kept.
    nominatim
        Address of the server.

    Raises
    ------
    InputError
        If there is no area of that name.
    SourceError
        If Nominatim does not answer.
    """
    fields = {
        "q": name,
        "format": "jsonv2",
        "polygon_geojson": "1",
        "limit": str(_RESULTS),
        "accept-language": "en",
    }
    question = f"nominatim {name}"
    kept = cache.find(question)
    if kept is None:
        web.tell(f"asking {host_of(nominatim)} where '{name}' is")
        try:
            answer = web.ask(_search(nominatim), _results, post=False, fields=fields)
        except TroubleError as trouble:
            message = f"The place '{name}' could not be looked up:"
            tried = [f"{host_of(nominatim)}: {trouble.what}"]
            mend = "Try later, give another server by --nominatim, or the area itself by --bbox "
            mend += "or --polygon, which need no look-up."
            raise SourceError(message, tried=tried, missing=[f"area of '{name}'"], mend=mend) from (
                trouble
            )
        found = _first_area(name, answer)
        cache.keep(question, answer)
    else:
        found = _first_area(name, kept.answer)
    web.tell(f"'{name}' is {found.name}")
    return found


def _search(nominatim: str) -> str:
    base = nominatim.rstrip("/")
    return base if base.endswith("/search") else f"{base}/search"


def _results(payload: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    if not isinstance(payload, list) or not all(isinstance(item, dict) for item in payload):
        said = payload.get("error") if isinstance(payload, dict) else None
        msg = f"JSON that is no answer of Nominatim{f': {said}' if said else ''}"
        raise TroubleError(msg[:200], again=False)
    return payload


def _first_area(name: str, answer: list[dict[str, Any]]) -> Place:
    ranked = sorted(answer, key=_importance, reverse=True)
    for item in ranked:
        try:
            area = _area(shapely.make_valid(shape(item["geojson"])))
        except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
            continue
        if area is not None:
            return Place(str(item.get("display_name", name)), area)
    what = "is known as a point or line only" if answer else "is not known to Nominatim"
    mend = "Add region and country, or give the area by --bbox or --polygon."
    raise InputError(_UNCLEAR, [Fault("PLACE", f"'{name}' {what}", mend)])


def _importance(item: dict[str, Any]) -> float:
    value = item.get("importance", 0)
    return float(value) if isinstance(value, int | float) else 0.0


def _area(found: shapely.Geometry) -> Polygon | MultiPolygon | None:
    """Return the polygons of a geometry as one; None if it has none, or they leave the globe."""
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts(found))
        if isinstance(part, Polygon) and part.area > 0
    ]
    area = shapely.force_2d(shapely.union_all(parts))
    if not isinstance(area, Polygon | MultiPolygon) or area.is_empty:
        return None
    on_globe = shapely.box(-_EAST, -_NORTH, _EAST, _NORTH).covers(area)
    return area if on_globe else None
