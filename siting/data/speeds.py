"""Give every road a driving speed: its own limit where it has one, else its class's."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.speed_limits import NO_LIMIT_KPH, parse_maxspeed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

CLASS_SPEED_KPH: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 100.0,
        "motorway_link": 50.0,
        "trunk": 70.0,
        "trunk_link": 45.0,
        "primary": 50.0,
        "primary_link": 40.0,
        "secondary": 40.0,
        "secondary_link": 35.0,
        "tertiary": 35.0,
        "tertiary_link": 30.0,
        "unclassified": 30.0,
        "residential": 25.0,
        "living_street": 15.0,
        "service": 15.0,
    }
)
"""Assumed free-flow speed by OpenStreetMap highway value, km/h.

Assumption (confidence X): inside the range of design speeds which China's code for urban roads, CJJ
37-2012, gives expressways (60-100), arterials (40-60), collectors (30-50) and branches (20-40),
quoted from memory (M); links at about two thirds of their class. No signals, no congestion. A
``speed_kph`` or ``maxspeed`` of the file goes before it.
"""

OTHER_CLASS = "unclassified"
"""Class whose speed serves a highway value that the table does not know."""

_WITHOUT_LIMIT = ("motorway", "trunk")
"""Classes on which ``maxspeed=none`` is believed."""


def maxspeeds(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return `parse_maxspeed` of every text, each distinct one parsed once."""
    codes, distinct = pd.factorize(np.asarray(texts, dtype=object))
    parsed = np.array([*(parse_maxspeed(str(text)) for text in distinct), np.nan])
    return np.asarray(parsed[codes], dtype=np.float64)


def stated_speeds(texts: Sequence[str], highway: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the speed that each road's ``maxspeed`` states, km/h; NaN where it states none.

    Parameters
    ----------
    texts
        (E,) values of ``maxspeed``. No limit, ``none``, counts on motorways and trunk roads only:
        elsewhere it is a slip for unknown.
    highway
        (E,) values of ``highway``.
    """
    speed = maxspeeds(texts)
    fast = np.isin(fold_links(highway), _WITHOUT_LIMIT)
    return np.where(np.isinf(speed), np.where(fast, NO_LIMIT_KPH, np.nan), speed)


def first_highway(texts: Sequence[str]) -> NDArray[np.object_]:
    """Return the first of each highway value: ``['primary', 'trunk']`` counts as primary."""
    codes, distinct = pd.factorize(np.asarray(texts, dtype=object))
    firsts = [re.findall(r"[a-z_]+", str(text)) or [OTHER_CLASS] for text in distinct]
    return np.array([first[0] for first in firsts], dtype=object)[codes]


def class_speeds(highway: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the assumed speed of each highway value, km/h."""
    other = CLASS_SPEED_KPH[OTHER_CLASS]
    return np.array([CLASS_SPEED_KPH.get(value, other) for value in highway], dtype=np.float64)


def fold_links(highway: NDArray[np.object_]) -> NDArray[np.str_]:
    """Return road classes: motorway_link counts as motorway, and so on."""
    return np.array([value.removesuffix("_link") for value in highway], dtype=np.str_)
