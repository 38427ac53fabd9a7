"""Fetch what OpenStreetMap holds of an area, theme by theme and tile by tile."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import shapely
from pyproj import Geod
from shapely import MultiPolygon, Polygon

from siting.data.fetch.replies import TooMuchError
from siting.data.fetch.tiles import cut
from siting.data.osm.clip import grown
from siting.data.osm.elements import from_overpass
from siting.errors import Fault, InputError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from siting.data.fetch.cache import Cache, Kept
    from siting.data.fetch.overpass import Overpass
    from siting.data.fetch.place import Place
    from siting.data.fetch.queries import Theme
    from siting.data.fetch.tiles import Tile
    from siting.data.osm.elements import OsmData

LARGEST_KM2 = 40_000.0
"""Assumption (X): beyond a large municipality, an extract is quicker and kinder to the servers."""

_SMALLEST_KM2 = 0.2
"""Not split further: what a server cannot tell of one block, it cannot tell at all."""
_SPLIT = "split"
"""Kept in place of an answer: it was too much to ask for, and its quarters are asked for."""
_SHOWN = 3
_MEND = (
    "What has come is kept: run the same command again, and only what is missing is asked for. "
    "--endpoint names another server; several are tried in order. "
    "Or download an extract of the region (.osm.pbf) and run 'siting case import'."
)


@dataclass(frozen=True, eq=False)
class Fetched:
    """Hold what was fetched."""

    data: OsmData
    oldest: str
    """Day of the oldest data, such as 2025-06-30."""
    newest: str
    notes: tuple[str, ...]
    """What there is none of."""


def fetch_osm(
    place: Place,
    overpass: Overpass,
    cache: Cache,
    *,
    wanted: Sequence[Theme],
    tell: Callable[[str], None],
) -> Fetched:
    """Fetch what is wanted of an area.

    Parameters
    ----------
    place
        The area.
    overpass
        Asks.
    cache
        Keeps every whole answer; what is in it is not asked for again.
    wanted
        What to fetch.
    tell
        Called with one line for each tile.

    Raises
    ------
    InputError
        If the area is larger than public servers should be asked for.
    SourceError
        If no server answers, or there is nothing of what a case needs; what has come stays kept.
    """
    size_km2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(place.area)[0]) / 1e6
    if size_km2 > LARGEST_KM2:
        what = f"'{place.name}' covers about {size_km2:,.0f} km2"
        mend = "Download an extract (.osm.pbf) and run 'siting case import', or fetch a part."
        msg = f"At most {LARGEST_KM2:,.0f} km2 are fetched from public servers."
        raise InputError(msg, [Fault("PLACE", what, mend)])
    fetch = _Fetch(place, overpass, cache, tuple(wanted), tell)
    data = from_overpass(fetch.answers())
    return Fetched(data, min(fetch.dates), max(fetch.dates), tuple(fetch.notes))


@dataclass
class _Fetch:
    """Hold one fetch under way."""

    place: Place
    overpass: Overpass
    cache: Cache
    wanted: tuple[Theme, ...]
    tell: Callable[[str], None]
    dates: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield the answers of all themes, one after the other; none is held here."""
        for theme in self.wanted:
            found = 0
            for answer in self._theme(theme):
                found += len(answer["elements"])
                yield answer
            if not found and theme.otherwise is not None:
                answer = self._otherwise(theme, theme.otherwise)
                found += len(answer["elements"])
                yield answer
            if not found:
                self._nothing(theme)

    def _theme(self, theme: Theme) -> Iterator[dict[str, Any]]:
        tiles = self._tiles(theme)
        for number, tile in enumerate(tiles):
            todo = [tile]
            while todo:
                part = todo.pop()
                label = f"{theme.name}, tile {number + 1} of {len(tiles)}"
                if part != tile:
                    label = f"{label}, part {part}"
                try:
                    kept = self._answer(theme.question(part), label, part)
                except SourceError as error:
                    raise self._stopped(error, theme, tiles[number:]) from error
                if kept.answer == _SPLIT:
                    todo += reversed(self._quarters(theme, part))
                else:
                    yield self._taken(kept, label)

    def _answer(self, question: str, label: str, tile: Tile | None) -> Kept:
        """Return the answer to a question, from the cache or a server; or that it is too much."""
        kept = self.cache.find(question)
        if kept is not None:
            if kept.answer != _SPLIT:
                self.tell(f"{label}: kept since {kept.date}")
            return kept
        self.tell(f"{label}: asking {self.overpass.host}")
        try:
            return self.cache.keep(question, self.overpass.ask(question))
        except TooMuchError as error:
            if tile is None or tile.area_km2 / 4 < _SMALLEST_KM2:
                msg = "A server cannot answer for even the smallest tile:"
                raise SourceError(msg, tried=[f"{self.overpass.host}: {error}"]) from error
            self.tell(f"{label}: too much at once ({error}); asking for its quarters")
            return self.cache.keep(question, _SPLIT)

    def _taken(self, kept: Kept, label: str) -> dict[str, Any]:
        answer: dict[str, Any] = kept.answer
        self.tell(f"{label}: {len(answer['elements']):,} elements")
        about = answer.get("osm3s")
        stamp = str(about.get("timestamp_osm_base", "")) if isinstance(about, dict) else ""
        dated = re.match(r"\d{4}-\d{2}-\d{2}", stamp)
        self.dates.add(dated.group() if dated else kept.date)
        return answer

    def _quarters(self, theme: Theme, tile: Tile) -> list[Tile]:
        area = self._area(theme)
        return [part for part in tile.quarters() if area.intersects(shapely.box(*part.bounds))]

    def _otherwise(self, theme: Theme, ask: Callable[[float, float], str]) -> dict[str, Any]:
        """Ask about one point in the area, where asking for the whole found nothing."""
        point = self.place.area.representative_point()
        label = f"{theme.name}, around the area"
        try:
            kept = self._answer(ask(point.x, point.y), label, None)
        except SourceError as error:
            raise self._stopped(error, theme, ()) from error
        return self._taken(kept, label)

    def _nothing(self, theme: Theme) -> None:
        """Note that there is none; or stop, and forget answers that may be some other region's."""
        name = f"'{self.place.name}'"
        if not theme.needed:
            self.notes.append(f"OpenStreetMap has no {theme.name} in {name}.")
            return
        for tile in self._tiles(theme):
            for question in self._questions(theme, tile):
                self.cache.forget(question)
        box = cut(self.place.area, max_km2=math.inf)[0]
        msg = f"{self.overpass.host} answers, but has no {theme.name} at all in this area."
        mend = (
            "Some servers hold one region only: ask another by --endpoint. Or the area is not the "
            f"one meant: it is {name}, within {box} (west, south, east, north)."
        )
        raise SourceError(msg, missing=[theme.name], mend=mend)

    def _tiles(self, theme: Theme) -> tuple[Tile, ...]:
        return cut(self._area(theme), max_km2=theme.max_km2)

    def _area(self, theme: Theme) -> Polygon | MultiPolygon:
        """Return the area with the theme's margin, but nothing beyond the globe's edges."""
        if not theme.margin_m:
            return self.place.area
        wide = grown(self.place.area, theme.margin_m) & shapely.box(-180, -90, 180, 90)
        return wide if isinstance(wide, Polygon | MultiPolygon) else self.place.area

    def _questions(self, theme: Theme, tile: Tile) -> Iterator[str]:
        """Yield the questions that a tile came to, with those of its parts."""
        question = theme.question(tile)
        kept = self.cache.find(question)
        if kept is not None and kept.answer == _SPLIT:
            for part in self._quarters(theme, tile):
                yield from self._questions(theme, part)
        yield question

    def _stopped(self, error: SourceError, theme: Theme, rest: Sequence[Tile]) -> SourceError:
        """Return the error with what is missing: of this theme's rest, and of the themes after."""
        missing = []
        for other in self.wanted[self.wanted.index(theme) :]:
            tiles = self._tiles(other)
            absent = [
                tile
                for tile in (rest if other is theme else tiles)
                if any(self.cache.find(text) is None for text in self._questions(other, tile))
            ]
            if absent:
                shown = "; ".join(str(tile) for tile in absent[:_SHOWN])
                more = f"; and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
                missing.append(f"{other.name}: {len(absent)} of {len(tiles)} tiles ({shown}{more})")
        return SourceError(error.message, tried=error.tried, missing=missing, mend=_MEND)
