"""Tiles from elsewhere: checked addresses, a policy for that host alone, GCJ-02 put right."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pytest

from siting.data.crs import from_wgs84
from siting.errors import InputError
from siting.maps import MapView, read_tiles, render_map
from tests.map_cases import small_case, small_plan

if TYPE_CHECKING:
    from tests.browsing import Opener

PLAIN = "https://tiles.example/{z}/{x}/{y}.png"
AMAP = "https://webrd0{s}.is.autonavi.com/appmaptile?style=8&x={x}&y={y}&z={z}"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"/>'
PLACES = ((22.515, 114.015), (22.53, 114.0), (22.5, 114.03))
"""Middle and corners of the toy town, WGS-84."""


def drawn_over(address: str, **options: Any) -> str:  # noqa: ANN401 - those of read_tiles
    """Draw the small plan over tiles."""
    case = small_case()
    tiles = read_tiles(address, **options)
    return render_map(small_plan(case), case, MapView(tiles=tiles))


def test_known_services_are_read_in_their_own_system() -> None:
    """Amap draws in GCJ-02, OpenStreetMap in WGS-84; who asks for another gets it."""
    assert read_tiles(AMAP).datum == "gcj02"
    assert read_tiles("https://tile.openstreetmap.org/{z}/{x}/{y}.png").datum == "wgs84"
    assert read_tiles(PLAIN).datum == "wgs84"
    assert read_tiles(PLAIN, datum="gcj02").datum == "gcj02"


def test_tiles_are_credited() -> None:
    """The provider where it is known, else the host, else what the user says."""
    known = read_tiles("https://tile.openstreetmap.org/{z}/{x}/{y}.png")
    assert known.credit == "© OpenStreetMap contributors"
    assert read_tiles(PLAIN).credit == "tiles.example"
    assert read_tiles(PLAIN, credit="Survey office").credit == "Survey office"


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("tiles/{z}/{x}/{y}.png", "no http or https address"),
        ("javascript:alert(1)//{z}/{x}/{y}", "no http or https address"),
        ("https://a.b/{z}/{x}/{y};script-src *", "no http or https address"),
        ("https://a.b' /{z}/{x}/{y}", "no http or https address"),
        ("https://a.{s}.b/{z}/{x}/{y}", "no http or https address"),
        ("https://a.b/{z}/{x}.png", "lacks {y}"),
        ("https://a.b/{z}/{x}/{y}/{key}", "{key} in"),
        ("https://a.b/{z}/{x}/{y}/{", "a brace without its other half"),
        ("https://online1.map.bdimg.com/{z}/{x}/{y}", "BD-09"),
    ],
)
def test_other_addresses_are_refused(address: str, what: str) -> None:
    """What is no address of tiles, or could leave the policy, is refused and said why."""
    with pytest.raises(InputError, match=re.escape(what)):
        read_tiles(address)


def test_policy_allows_that_host_alone() -> None:
    """Pictures may come from each of the four Amap hosts, from nowhere else, and nothing else."""
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', drawn_over(AMAP))
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    hosts = " ".join(f"https://webrd0{n}.is.autonavi.com" for n in "1234")
    assert f"img-src data: {hosts};" in policy[1]
    assert "http" not in policy[1].replace(hosts, "")


def tile_place(lon: float, lat: float, zoom: int) -> tuple[float, float]:
    """Return where a point lies on the tiles of a zoom, in tiles from the north-west."""
    sine = math.sin(math.radians(lat))
    n = 2.0**zoom
    return (lon / 360 + 0.5) * n, (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * n


TILE_SPOT = """([url, x, y]) => {
    const tile = [...document.querySelectorAll("img.leaflet-tile")].find((one) => one.src === url);
    if (!tile) return null;
    const box = tile.getBoundingClientRect();
    return [box.x + x * box.width, box.y + y * box.height];
}"""
MAP_SPOT = """(latlng) => {
    const box = siting_map.getContainer().getBoundingClientRect();
    const point = siting_map.project(latlng).subtract(siting_map.getPixelBounds().min);
    return [box.x + point.x, box.y + point.y];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("datum", ["gcj02", "wgs84"])
def test_tiles_lie_under_the_data(open_page: Opener, datum: str) -> None:
    """A tile's picture of a place is within a pixel of the place, zoomed, moved and zoomed again.

    GCJ-02 is some 600 m off here: 16 pixels at zoom 12, 130 at 15, 510 at 17. Where a place lies on
    a GCJ-02 tile is found with siting's own conversion, in Python.
    """
    seen = open_page(drawn_over(PLAIN, datum=datum), serve=lambda _: SVG)
    page = seen.page
    far = 0.0
    for zoom in (12, 15, 17):
        for lat, lon in PLACES:
            page.evaluate(
                "([at, zoom]) => siting_map.setView(at, zoom, { animate: false })",
                [[lat, lon], zoom],
            )
            page.evaluate("siting_map.panBy([180, -120], { animate: false })")
            east, north = (
                (lon, lat) if datum == "wgs84" else map(float, from_wgs84(lon, lat, "gcj02"))
            )
            x, y = tile_place(east, north, zoom)
            url = f"https://tiles.example/{zoom}/{int(x)}/{int(y)}.png"
            page.wait_for_selector(f'img.leaflet-tile[src="{url}"]', state="attached")
            spot = page.evaluate(TILE_SPOT, [url, x % 1, y % 1])
            place = page.evaluate(MAP_SPOT, [lat, lon])
            far = max(far, math.dist(spot, place))
    assert far <= 1.0
    assert {url.split("/")[2] for url in seen.requests} == {"tiles.example"}
    assert seen.trouble == []


@pytest.mark.browser
def test_tiles_are_credited_on_the_map_and_can_be_put_out(open_page: Opener) -> None:
    """The credit stands with the data's; the layer has its switch, and the ground comes back."""
    seen = open_page(drawn_over(PLAIN, credit="<b>Survey</b>"), serve=lambda _: SVG)
    assert "<b>Survey</b>" in seen.text("#credit")
    assert seen.page.locator("img.leaflet-tile").count() > 0
    seen.page.click('#legend input[data-layer="tiles"]')
    assert seen.page.locator("img.leaflet-tile").count() == 0
    assert seen.trouble == []
