"""Make a case of an area that is fetched: find the place, fetch, write."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.data.fetch.cache import Cache
from siting.data.fetch.gather import fetch_osm
from siting.data.fetch.overpass import ENDPOINT, Overpass
from siting.data.fetch.place import NOMINATIM, place_by_name, place_from_bbox, place_from_file
from siting.data.fetch.queries import themes
from siting.data.fetch.web import TIMEOUT_S, TRIES, Web, is_address
from siting.data.osm.case import CELL_M, check_case_target, write_osm_case
from siting.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.data.fetch.place import Place
    from siting.data.osm.case import ImportReport

_MOST_TRIES, _LONGEST_S, _LINE = 20, 3600.0, 200
_UNCLEAR = "The area to fetch is not clear."


@dataclass(frozen=True)
class Wish:
    """Say what area is meant; a box or polygon needs no look-up, and a name is its title then."""

    name: str | None = None
    """Such as "Shenzhen, China"."""
    bbox: str | None = None
    """West,south,east,north in degrees."""
    polygon: Path | None = None
    """File with polygons."""


@dataclass(frozen=True)
class Servers:
    """Say whom to ask, and how patiently."""

    endpoints: tuple[str, ...] = (ENDPOINT,)
    """Overpass servers, in the order they are tried."""
    nominatim: str = NOMINATIM
    tries: int = TRIES
    """Of the same question at the same server."""
    timeout_s: float = TIMEOUT_S
    """Of one answer."""
    cache: Path | None = None
    """Folder of kept answers; default: siting's place in the platform's cache folder."""
    refresh: bool = False
    """Ask for everything anew."""
    contact: str = ""
    """Mail or web address told to the servers."""

    def check(self) -> None:
        """Refuse what cannot be asked.

        Raises
        ------
        InputError
            With all that is wrong.
        """
        named = [("--endpoint", url) for url in self.endpoints] + [("--nominatim", self.nominatim)]
        faults = [
            Fault(option, f"'{url[:100]}' is no address", "Write http:// or https:// and a host.")
            for option, url in named
            if not is_address(url)
        ]
        if not self.endpoints:
            faults.append(Fault("--endpoint", "no server is named", "Leave the option out."))
        if not 1 <= self.tries <= _MOST_TRIES:
            faults.append(Fault("--tries", f"{self.tries} tries", f"Take 1 to {_MOST_TRIES}."))
        if not 1 <= self.timeout_s <= _LONGEST_S:
            what = f"{self.timeout_s:g} s"
            faults.append(Fault("--timeout", what, f"Take 1 to {_LONGEST_S:g} seconds."))
        if not (self.contact.isascii() and self.contact.isprintable()) or len(self.contact) > _LINE:
            what = f"{self.contact[:100]!r} cannot be sent"
            mend = f"Write a mail or web address, at most {_LINE} plain characters."
            faults.append(Fault("--contact", what, mend))
        if faults:
            msg = "Nothing can be asked like this."
            raise InputError(msg, faults)


def fetch_case(
    wish: Wish,
    out: Path,
    *,
    servers: Servers,
    tell: Callable[[str], None],
    district_level: int | None = None,
    cell_m: float = CELL_M,
    pois: bool = False,
) -> ImportReport:
    """Fetch an area from OpenStreetMap and write it as a case folder.

    Parameters
    ----------
    wish
        What area.
    out
        Folder to write; it is checked before anything is asked for.
    servers
        Whom to ask.
    tell
        Called with one line for each tile and before each wait.
    district_level
        ``admin_level`` of the districts; the coarsest that serves if None.
    cell_m
        Side of the demand zones, in metres.
    pois
        Whether to fetch points of interest too.

    Returns
    -------
    report
        What became of the data.

    Raises
    ------
    InputError
        If the area is not clear, an option is out of range, or no case can be made of the data.
    SourceError
        If no server answers; what has come stays in the cache.
    """
    servers.check()
    check_case_target(out.resolve())
    web = Web(tell, tries=servers.tries, timeout_s=servers.timeout_s, contact=servers.contact)
    cache = Cache(servers.cache, refresh=servers.refresh, tell=tell)
    place = _place(wish, servers, web, cache)
    fetched = fetch_osm(
        place,
        Overpass(web, servers.endpoints),
        cache,
        wanted=themes(district_level=district_level, pois=pois),
        tell=tell,
    )
    days = fetched.newest
    if fetched.oldest != fetched.newest:
        days = f"{fetched.oldest} to {fetched.newest}"
    report = write_osm_case(
        fetched.data,
        out,
        title=wish.name or place.name,
        source_note=f"by Overpass, data of {days}",
        date=fetched.oldest,
        clip=place.area,
        district_level=district_level,
        cell_m=cell_m,
        progress=tell,
    )
    return dataclasses.replace(report, notes=(*fetched.notes, *report.notes))


def _place(wish: Wish, servers: Servers, web: Web, cache: Cache) -> Place:
    if wish.bbox is not None and wish.polygon is not None:
        fault = Fault("--bbox, --polygon", "both are given", "Give one of them.")
        raise InputError(_UNCLEAR, [fault])
    if wish.bbox is not None:
        return place_from_bbox(wish.bbox)
    if wish.polygon is not None:
        return place_from_file(wish.polygon)
    if wish.name is None or not wish.name.strip():
        fault = Fault("PLACE", "no area is named", "Give a place, --bbox or --polygon.")
        raise InputError(_UNCLEAR, [fault])
    return place_by_name(wish.name.strip(), web, cache, nominatim=servers.nominatim)
