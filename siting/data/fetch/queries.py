"""State what is asked of Overpass, in its query language.

Written from the tables that decide what becomes of the answers (:mod:`siting.data.osm.tags`), so
that what is fetched and what is used cannot drift apart. Every question asks for whole elements:
what has a part in the tile, and all nodes it consists of, so that tiles join without seams.

References
----------
https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.data.osm.clip import ROAD_MARGIN_M
from siting.data.osm.tags import CLOSED_ACCESS, DRIVEN, LIVED_IN, RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from siting.data.fetch.tiles import Tile

_ROADS_KM2 = 400.0
_PLACES_KM2 = 900.0
_DISTRICTS_KM2 = 20_000.0
_LEVELS = (5, 6, 7, 8, 9)
"""Below the provinces or states of a country, above its villages and quarters, see
https://wiki.openstreetmap.org/wiki/Tag:boundary%3Dadministrative."""
_WITH_PARTS = "(._;>;);out body qt;"


@dataclass(frozen=True)
class Theme:
    """Hold one thing to fetch, tile by tile."""

    name: str
    """Plural noun, for messages."""
    max_km2: float
    """Largest tile to ask for at once. Assumption (X): a few MB of answer in a dense city."""
    question: Callable[[Tile], str]
    needed: bool = True
    """Whether no case can be made without it."""
    otherwise: Callable[[float, float], str] | None = None
    """What to ask about a point (longitude, latitude) of an area where nothing was found."""
    margin_m: float = 0.0
    """How far beyond the area to ask."""


def themes(*, district_level: int | None, pois: bool) -> tuple[Theme, ...]:
    """Return what to fetch, the small first, so that what is wrong shows early.

    Parameters
    ----------
    district_level
        ``admin_level`` of the districts; those that cities are divided by if None.
    pois
        Whether to fetch points of interest too.
    """
    levels = _LEVELS if district_level is None else (district_level,)
    told = f"{levels[0]} to {levels[-1]}" if len(levels) > 1 else f"{levels[0]}"
    border = f'["boundary"="administrative"]["admin_level"~"^({_any(map(str, levels))})$"]'
    return (
        Theme(
            f"districts (admin_level {told})",
            _DISTRICTS_KM2,
            lambda tile: _districts(tile, border),
            needed=False,
            otherwise=lambda lon, lat: _enclosing(lon, lat, border),
        ),
        Theme("places", _PLACES_KM2, lambda tile: _places(tile, pois=pois)),
        Theme("roads", _ROADS_KM2, _roads, margin_m=ROAD_MARGIN_M),
    )


def _roads(tile: Tile) -> str:
    shut = "|".join(sorted(CLOSED_ACCESS))
    chosen = f'["highway"~"^({_any(DRIVEN)})$"]["area"!="yes"]["access"!~"^({shut})$"]'
    return f"way{chosen}({_box(tile)});{_WITH_PARTS}"


def _places(tile: Tile, *, pois: bool) -> str:
    box = _box(tile)
    values: dict[str, set[str]] = {}
    for rule in RULES:
        if pois or rule.layer != "pois":
            values.setdefault(rule.key, set()).add(rule.value)
    wanted = [f'nwr["{key}"~"^({_any(chosen)})$"]({box});' for key, chosen in values.items()]
    wanted += [f'{kind}["landuse"~"^({_any(LIVED_IN)})$"]({box});' for kind in ("way", "rel")]
    return f"({''.join(wanted)});{_WITH_PARTS}"


def _districts(tile: Tile, border: str) -> str:
    """Ask for the boundaries that pass through a tile."""
    return f"rel{border}({_box(tile)});{_WITH_PARTS}"


def _enclosing(lon: float, lat: float, border: str) -> str:
    """Ask for the district around a point of an area that no boundary passes through."""
    return f"is_in({lat:.7f},{lon:.7f})->.a;rel(pivot.a){border};{_WITH_PARTS}"


def _box(tile: Tile) -> str:
    """Return a tile as Overpass has it: south, west, north, east."""
    return f"{tile.south:.7f},{tile.west:.7f},{tile.north:.7f},{tile.east:.7f}"


def _any(values: Iterable[str]) -> str:
    return "|".join(sorted(values))
