"""Declare which OpenStreetMap tags become which layer, each with its meaning on the OSM wiki.

Meanings follow https://wiki.openstreetmap.org/wiki/Map_features, in our own words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from siting.data.speed_limits import parse_maxspeed
from siting.data.speeds import CLASS_SPEED_KPH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Target = Literal["fuel", "sites", "stations", "substations", "pois"]


@dataclass(frozen=True)
class TagRule:
    """Say that elements with one tag belong to a layer."""

    key: str
    value: str
    layer: Target
    host: str
    """What a site is; for points of interest, their kind."""
    meaning: str
    """On the OSM wiki."""


_HUB = "transit hub"
RULES: tuple[TagRule, ...] = (
    TagRule("amenity", "fuel", "fuel", "fuel station", "a place that sells road fuel"),
    TagRule("amenity", "fuel", "sites", "fuel station", "a place that sells road fuel"),
    TagRule("amenity", "parking", "sites", "car park", "an area or building to park cars"),
    TagRule("shop", "mall", "sites", "mall", "a shopping centre of many shops"),
    TagRule("shop", "supermarket", "sites", "supermarket", "a large shop for food and more"),
    TagRule(
        "shop", "department_store", "sites", "department store", "one large shop of many counters"
    ),
    TagRule("public_transport", "station", "sites", _HUB, "a station of any public transport"),
    TagRule("railway", "station", "sites", _HUB, "a railway or metro station"),
    TagRule("amenity", "bus_station", "sites", _HUB, "a station where several bus lines meet"),
    TagRule("aeroway", "terminal", "sites", _HUB, "a building for air passengers"),
    TagRule("highway", "services", "sites", "motorway services", "fuel, food and rest off a road"),
    TagRule("highway", "rest_area", "sites", "motorway services", "a place off a road to rest"),
    TagRule(
        "amenity", "charging_station", "stations", "charging station", "charges electric vehicles"
    ),
    TagRule("power", "substation", "substations", "substation", "changes or switches voltage"),
    TagRule("amenity", "restaurant", "pois", "restaurant", "sells meals, with seats"),
    TagRule("amenity", "cinema", "pois", "cinema", "shows films"),
    TagRule("amenity", "hospital", "pois", "hospital", "treats patients who stay"),
    TagRule("amenity", "university", "pois", "university", "campus of higher education"),
    TagRule("amenity", "marketplace", "pois", "marketplace", "stalls, in the open or covered"),
    TagRule("tourism", "hotel", "pois", "hotel", "lodging with service"),
    TagRule("tourism", "attraction", "pois", "attraction", "a sight for visitors"),
)
"""Every tag that becomes a row of a layer. An element may serve several layers."""

PRIVATE_ACCESS = frozenset({"private", "no", "permit", "residents", "employees", "delivery"})
"""``access`` of a car park that the public may not use; none stated counts as public."""
NOT_A_HUB = frozenset({"subway_entrance", "halt", "tram_stop"})
"""``station`` or ``railway`` values too small for a hub."""
CLOSED_ACCESS = frozenset({"no", "private", "agricultural", "forestry", "emergency"})
"""Values of ``access`` that shut the public out of a road."""
DRIVEN = frozenset(CLASS_SPEED_KPH) - {"service"}
"""``highway`` values of public roads: all that have a speed, but yards and driveways."""

LIMIT_KINDS = ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
"""Keys that name the law behind a limit, in order; they may stand where ``maxspeed`` does not. See
https://wiki.openstreetmap.org/wiki/Key:maxspeed:type."""

LIVED_IN: Mapping[str, float] = {
    "residential": 1.0,
    "commercial": 1.0,
    "retail": 1.0,
    "industrial": 0.5,
    "mixed": 1.0,
}
"""Weight of a square metre of ``landuse``. Assumption (X): where people live, work and shop alike;
half where machines stand."""
NOT_LIVED_IN = frozenset(
    {"no", "garage", "garages", "shed", "barn", "stable", "roof", "carport", "greenhouse", "hut"}
    | {
        "farm_auxiliary",
        "ruins",
        "construction",
        "cowshed",
        "sty",
        "silo",
        "storage_tank",
        "bunker",
    }
    | {"transformer_tower", "parking", "bridge", "allotment_house", "cabin", "demolished"}
)
"""``building`` values that hold no people and bring no trips of their own."""

WAY_KEYS = (
    *("highway", "building", "landuse", "amenity", "shop", "public_transport", "railway"),
    *("aeroway", "power", "boundary", "tourism"),
)
"""Keys of ways and relations worth reading."""
NODE_TAGS: tuple[tuple[str, str], ...] = tuple(
    dict.fromkeys((rule.key, rule.value) for rule in RULES)
)
"""Tags of nodes worth reading."""


def rules_for(layer: Target) -> tuple[TagRule, ...]:
    """Return the rules of a layer, in order of precedence."""
    return tuple(rule for rule in RULES if rule.layer == layer)


def first_rule(tags: Mapping[str, str], rules: Iterable[TagRule]) -> TagRule | None:
    """Return the first rule an element's tags meet, if any."""
    return next((rule for rule in rules if tags.get(rule.key) == rule.value), None)


def is_driven(tags: Mapping[str, str]) -> bool:
    """Tell whether a way is a public road for cars.

    By ``highway`` and ``access``, and not if it is drawn as an area. Tags of single modes, such as
    ``motor_vehicle``, are not read.
    """
    open_road = tags.get("highway") in DRIVEN and tags.get("access") not in CLOSED_ACCESS
    return open_road and tags.get("area") != "yes"


def speed_limit(tags: Mapping[str, str], side: str) -> str:
    """Return what a way's tags say of its speed limit in one direction; '' where they say nothing.

    ``maxspeed`` of the direction, of both, else the country's own limit that another key names,
    such as CN:urban or DE:zone:30. Words that give no speed, such as sign, name none.

    Parameters
    ----------
    tags
        Of the way.
    side
        forward or backward.
    """
    stated = tags.get(f"maxspeed:{side}") or tags.get("maxspeed", "")
    named = (tags.get(key, "") for key in LIMIT_KINDS)
    return stated or next((text for text in named if _is_limit(text)), "")


def _is_limit(text: str) -> bool:
    return not math.isnan(parse_maxspeed(text))


def is_public_host(tags: Mapping[str, str], rule: TagRule) -> bool:
    """Tell whether the public may come to a host: not to private car parks or disused stations."""
    if rule.host == "car park":
        street_side = tags.get("parking") in {"street_side", "lane", "on_street"}
        return tags.get("access", "yes") not in PRIVATE_ACCESS and not street_side
    if rule.host == _HUB:
        closed = tags.get("disused") == "yes" or tags.get("abandoned") == "yes"
        return not closed and not NOT_A_HUB & {tags.get("station", ""), tags.get("railway", "")}
    return True


def names_of(tags: Mapping[str, str]) -> tuple[str, str]:
    """Return an element's name for readers of English, and its Chinese name; '' where unknown.

    The Chinese name is ``name:zh`` or its simplified form, else a ``name`` with Chinese characters.
    A car park without a name takes its operator's or brand's.
    """
    name = tags.get("name", "")
    local_zh = name if any("\u4e00" <= sign <= "\u9fff" for sign in name) else ""
    zh = tags.get("name:zh") or tags.get("name:zh-Hans") or local_zh
    label = tags.get("name:en") or name or zh or tags.get("brand") or tags.get("operator") or ""
    return label.strip(), zh.strip()
