"""Read the address of map tiles: where they come from, and in which system they are drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, NoReturn

from siting.errors import Fault, InputError

TileDatum = Literal["wgs84", "gcj02"]


@dataclass(frozen=True)
class Tiles:
    """Hold a checked source of tiles."""

    url: str
    """With {z}, {x}, {y}, as Leaflet reads it."""
    subdomains: str
    """What stands for {s}, a letter or digit each; '' where the address has none."""
    datum: TileDatum
    """System the tiles are drawn in; the map moves gcj02 tiles under data that stay WGS-84."""
    credit: str

    @property
    def origins(self) -> tuple[str, ...]:
        """Return every scheme and host that tiles may come from, and nothing wider."""
        scheme, _, rest = self.url.partition("://")
        host = re.split(r"[/?]", rest, maxsplit=1)[0]
        return tuple(
            dict.fromkeys(f"{scheme}://{host.replace('{s}', name)}" for name in self.subdomains)
            or (f"{scheme}://{host}",)
        )


class _Provider(NamedTuple):
    domain: str
    datum: TileDatum
    subdomains: str
    credit: str


_PROVIDERS = (
    _Provider("autonavi.com", "gcj02", "1234", "© 高德 Amap"),
    _Provider("amap.com", "gcj02", "1234", "© 高德 Amap"),
    _Provider("gtimg.com", "gcj02", "0123", "© 腾讯 Tencent"),
    _Provider("google.cn", "gcj02", "0123", "© Google"),
    _Provider("tianditu.gov.cn", "wgs84", "01234567", "© 天地图 Tianditu"),
    _Provider("openstreetmap.org", "wgs84", "abc", "© OpenStreetMap contributors"),
)
"""Systems measured in China: Amap, Tencent and google.cn draw in GCJ-02; Tianditu in CGCS2000,
which is WGS-84 at the accuracy of a map."""
_OTHER = _Provider("", "wgs84", "abc", "")
_REFUSED = ("baidu.com", "bdimg.com")
_URL = re.compile(
    r"https?://(?P<host>(?:[A-Za-z0-9-]|\{s\})+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?)"
    r"/[A-Za-z0-9._~:/?@!$&()*+=%{}|-]*"
)
_PLACES = frozenset({"s", "x", "y", "-y", "z", "r"})


def read_tiles(url: str, *, datum: TileDatum | None = None, credit: str | None = None) -> Tiles:
    """Check an address of tiles, and find the system they are drawn in.

    Parameters
    ----------
    url
        Such as ``https://tiles.example.org/{z}/{x}/{y}.png``.
    datum
        System of the tiles; default: by the provider, where it is known, else WGS-84.
    credit
        Whom to name on the map; default: the provider, where it is known, else the host.

    Raises
    ------
    InputError
        If it is no such address, or of tiles that are cut in another way.
    """
    found = _URL.fullmatch(url)
    if found is None:
        _refuse(f"{url!r} is no http or https address of tiles")
    places = set(re.findall(r"\{([^{}]*)\}", url))
    missing = [f"{{{name}}}" for name in ("z", "x", "y") if not places & {name, f"-{name}"}]
    if missing:
        _refuse(f"{url!r} lacks {', '.join(missing)}")
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", url)):
        _refuse(f"{url!r} has a brace without its other half")
    if places - _PLACES:
        _refuse(f"{{{min(places - _PLACES)}}} in {url!r} cannot be filled in")
    host = found["host"].partition(":")[0].lower()
    if host.endswith(_REFUSED):
        _refuse(f"{host} cuts its tiles in a way of its own (BD-09), which no map here reads")
    known = next(
        (p for p in _PROVIDERS if host == p.domain or host.endswith("." + p.domain)), _OTHER
    )
    return Tiles(
        url=url.replace("{r}", ""),
        subdomains=known.subdomains if "s" in places else "",
        datum=datum or known.datum,
        credit=(known.credit or host.replace("{s}.", "")) if credit is None else credit,
    )


def _refuse(what: str) -> NoReturn:
    msg = "The tiles cannot be used."
    mend = "Give an address with {z}, {x} and {y}, such as https://HOST/{z}/{x}/{y}.png."
    raise InputError(msg, [Fault("--tiles", what, mend)])
