"""Read OpenStreetMap's ``maxspeed``: numbers with units, lists, words, national defaults."""

from __future__ import annotations

import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from siting.scenario import Confidence

KPH_PER_MPH = 1.609344
SLOWEST_KPH, FASTEST_KPH = 5.0, 150.0
"""Limits beyond these are typing errors, and are not used."""
WALK_KPH = 7.0
"""Walking pace, which German and Austrian law ask for in words: 4 to 7 km/h by the courts (M)."""
NO_LIMIT_KPH = 130.0
"""Speed on motorways and trunk roads without a limit: Germany's advisory speed of 1978 (M)."""


class National(NamedTuple):
    """Hold what a country's law allows cars where no sign stands, in km/h."""

    kph: Mapping[str, float]
    """By kind of place or road, as OpenStreetMap writes it behind the colon."""
    source: str
    confidence: Confidence


_MILES = MappingProxyType(
    {
        name: mph * KPH_PER_MPH
        for name, mph in {
            "urban": 30,
            "nsl_restricted": 30,
            "rural": 60,
            "nsl_single": 60,
            "trunk": 70,
            "nsl_dual": 70,
            "motorway": 70,
        }.items()
    }
)


def _limits(**kph: float) -> Mapping[str, float]:
    return MappingProxyType(kph)


NATIONAL: Mapping[str, National] = MappingProxyType(
    {
        "AT": National(
            _limits(urban=50, rural=100, trunk=100, motorway=130, living_street=WALK_KPH),
            "Strassenverkehrsordnung 1960, section 20",
            "M",
        ),
        "CH": National(
            _limits(urban=50, rural=80, trunk=100, motorway=120, living_street=20),
            "Verkehrsregelnverordnung, article 4a",
            "M",
        ),
        "CN": National(
            _limits(urban=50, rural=70, motorway=120),
            "State Council, Regulations for the Road Traffic Safety Law, articles 45 and 78 (one "
            "lane each way; without a centre line 30 and 40)",
            "B",
        ),
        "DE": National(
            _limits(urban=50, rural=100, motorway=NO_LIMIT_KPH, living_street=WALK_KPH),
            "Strassenverkehrs-Ordnung, section 3; motorways: advisory speed",
            "M",
        ),
        "ES": National(
            _limits(urban=50, rural=90, trunk=90, motorway=120, living_street=20),
            "Reglamento General de Circulacion, articles 48 and 50",
            "M",
        ),
        "FR": National(
            _limits(urban=50, rural=80, trunk=110, motorway=130, living_street=20),
            "Code de la route, articles R413-2 and R413-3",
            "M",
        ),
        "GB": National(_MILES, "The Highway Code, rule 124", "M"),
        "HK": National(_limits(urban=50), "Road Traffic Ordinance, section 40", "M"),
        "IT": National(
            _limits(urban=50, rural=90, trunk=110, motorway=130),
            "Codice della strada, article 142",
            "M",
        ),
        "JP": National(
            _limits(urban=60, rural=60, motorway=100),
            "Road Traffic Act, enforcement order, articles 11 and 27",
            "M",
        ),
        "LI": National(_limits(urban=50, rural=80), "Verkehrsregelnverordnung, article 4a", "M"),
        "NL": National(
            _limits(urban=50, rural=80, trunk=100, motorway=100, living_street=15),
            "Reglement verkeersregels, articles 20 to 22 and 45",
            "M",
        ),
    }
)
"""Countries' limits by ISO code, for values such as CN:urban; where a country is not there, or has
no such limit, the road's class decides."""

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|kmh|km/h|kph)?", re.IGNORECASE)
_CODE = re.compile(r"^([A-Z]{2}):(?:zone:?)?([a-z_]+|\d+)$")
_PARTS = re.compile(r"[;,|\[\]'\"]+")
_MILES_BY_DEFAULT = ("GB", "US")


def parse_maxspeed(text: str) -> float:
    """Return the speed that an OpenStreetMap ``maxspeed`` value states, in km/h.

    Parameters
    ----------
    text
        Such as 60, 40 mph, 60;80, ['60', '80'], walk, none, CN:urban or DE:zone:30. Of several, the
        mean.

    Returns
    -------
    speed_kph
        inf for none: no limit; NaN where it states nothing (signals, variable, words nobody knows),
        or no speed from 5 to 150 km/h.
    """
    parts = [part.strip() for part in _PARTS.split(text) if part.strip()]
    speeds = [speed for part in parts if not math.isnan(speed := _one(part))]
    finite = [speed for speed in speeds if math.isfinite(speed)]
    if speeds and not finite:
        return math.inf
    return sum(finite) / len(finite) if finite else math.nan


def national(text: str) -> str | None:
    """Return the country whose own limit a value stands for, such as CN in CN:urban."""
    found = [_CODE.match(part.strip()) for part in _PARTS.split(text) if part.strip()]
    codes = [code[1] for code in found if code is not None and not code[2].isdigit()]
    return codes[0] if codes and not math.isnan(parse_maxspeed(text)) else None


def _one(part: str) -> float:
    lowered = part.lower()
    if lowered == "walk" or lowered.endswith(":walk"):
        return WALK_KPH
    if lowered == "none" or lowered.endswith(":none"):
        return math.inf
    code = _CODE.match(part)
    if code is not None:
        country, kind = code.groups()
        if kind.isdigit():
            return _believed(float(kind) * (KPH_PER_MPH if country in _MILES_BY_DEFAULT else 1))
        return NATIONAL[country].kph.get(kind, math.nan) if country in NATIONAL else math.nan
    number = _NUMBER.fullmatch(part)
    if number is None:
        return math.nan
    miles = (number[2] or "").lower() == "mph"
    return _believed(float(number[1]) * (KPH_PER_MPH if miles else 1))


def _believed(kph: float) -> float:
    return kph if SLOWEST_KPH <= kph <= FASTEST_KPH else math.nan
