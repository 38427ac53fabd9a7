"""Read power out of tags: what a charging station gives, what a substation may carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPER_KW = 480.0
"""A gun of this power or more makes a station a supercharging one."""
SUPER_TYPES: tuple[tuple[int, str], ...] = ((12, "S"), (24, "M"), (10**9, "L"))
"""Below this many guns a supercharging station has this type of the shipped catalogue."""

LOWEST_KV, HIGHEST_KV = 30.0, 300.0
"""Only substations between these voltages feed streets: kiosks below take from them, bulk supply
points above give to them."""
NOT_PUBLIC_GRID = frozenset({"traction", "industrial", "converter", "compensation", "transition"})
"""Values of ``substation`` that serve one user, or none."""
RATING_MVA: tuple[tuple[float, float], ...] = ((200.0, 360.0), (100.0, 80.0), (50.0, 50.0))
"""From this voltage up, kV: all transformers together, MVA. Assumption (X): two usual ones, of 180,
40 or 25 MVA each."""
LEAST_RATING_MVA = 20.0
"""Below the lowest of them: 2 x 10 MVA (X)."""
N1_LIMIT = 0.5
"""What two equal transformers leave with one out."""
BASE_SHARE = 0.6
"""Assumption (X): other load takes this share of the N-1 limit at its peak."""
_POWER_FACTOR = 0.95

_POWER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(mw|kw|kva|mva|w|va)?(?![a-z0-9])", re.IGNORECASE)
_TO_KW = {"mw": 1000.0, "mva": 1000.0, "w": 0.001, "va": 0.001}
_WATTS_FROM = 2000.0
"""A bare number above this is in watts: no gun gives 2 MW."""
_BELIEVABLE_KW = 2000.0
_SOCKET = re.compile(r"socket:[^:]+")
_OUTPUT = re.compile(r"(socket:[^:]+:|charging_station:|socket:)output")
_VOLT_FROM = 1000.0
"""A bare voltage of this or more is in volts, as the wiki asks; below, kilovolts."""


def parse_kw(text: str) -> float:
    """Return the highest power a value states, in kW; NaN if none is believable.

    Parameters
    ----------
    text
        Such as 150 kW, 350kW, 22, 22;50, 3,7 kW or 22000 W.
    """
    found = []
    for number, unit in _POWER.findall(text):
        value = float(number.replace(",", "."))
        bare_watts = not unit and value > _WATTS_FROM
        found.append(value * (0.001 if bare_watts else _TO_KW.get(unit.lower(), 1.0)))
    return max((kw for kw in found if 0 < kw <= _BELIEVABLE_KW), default=float("nan"))


@dataclass(frozen=True)
class ChargingPower:
    """Hold what tags tell of a charging station."""

    max_kw: float
    """Of the strongest gun; NaN if not tagged."""
    guns: float
    """NaN if not tagged."""

    @property
    def type_name(self) -> str:
        """Return the station type: '' (the scenario decides) unless it is a supercharging one."""
        if not self.max_kw >= SUPER_KW:
            return ""
        return next(name for limit, name in SUPER_TYPES if not self.guns >= limit)


def charging_power(tags: Mapping[str, str]) -> ChargingPower:
    """Return power and guns by ``socket:*:output``, ``charging_station:output``, ``capacity``.

    See https://wiki.openstreetmap.org/wiki/Tag:amenity%3Dcharging_station. Sockets are counted
    before ``capacity``, which counts places for cars.
    """
    outputs = [parse_kw(value) for key, value in tags.items() if _OUTPUT.fullmatch(key)]
    stated = [kw for kw in outputs if kw > 0]
    sockets = [
        _count(value) for key, value in tags.items() if _SOCKET.fullmatch(key) and value != "no"
    ]
    guns = float(sum(sockets)) or _count(tags.get("capacity", ""), other=float("nan"))
    return ChargingPower(max(stated, default=float("nan")), guns)


def _count(text: str, *, other: float = 1.0) -> float:
    number = re.fullmatch(r"\s*(\d{1,4})\s*", text)
    return float(number[1]) if number else other


def parse_voltage_kv(text: str) -> float:
    """Return the highest voltage of a value such as 110000;10000, in kV; NaN if there is none."""
    found = []
    for number, unit in re.findall(r"(\d+(?:\.\d+)?)\s*(kv)?", text, re.IGNORECASE):
        value = float(number)
        found.append(value if unit or value < _VOLT_FROM else value / 1000)
    return max(found, default=float("nan"))


def feeds_streets(tags: Mapping[str, str], voltage_kv: float) -> bool:
    """Tell whether a substation is one that stations may draw on."""
    return LOWEST_KV <= voltage_kv < HIGHEST_KV and tags.get("substation") not in NOT_PUBLIC_GRID


def assumed_rating_mva(tags: Mapping[str, str], voltage_kv: float) -> float:
    """Return a substation's rating: its own ``rating`` in MVA, else assumed by voltage (X)."""
    stated = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*MVA\s*", tags.get("rating", ""), re.IGNORECASE)
    if stated and float(stated[1]) > 0:
        return float(stated[1])
    return next((mva for kv, mva in RATING_MVA if voltage_kv >= kv), LEAST_RATING_MVA)


def assumed_base_peak_mw(rating_mva: float) -> float:
    """Return the other load of a substation at its peak, in MW (X)."""
    return round(BASE_SHARE * N1_LIMIT * _POWER_FACTOR * rating_mva, 2)
