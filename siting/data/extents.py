"""Compare where the layers lie: one far from the others has a wrong CRS, or lon and lat swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.data.sphere import great_circle_km

if TYPE_CHECKING:
    from collections.abc import Mapping

    from siting.data.findings import Findings

    Box = tuple[float, float, float, float]

_FAR_KM = 200.0
"""No city's layers lie this far apart."""


def check_extents(boxes: Mapping[str, Box], where: Mapping[str, str], findings: Findings) -> None:
    """Record a fault for every layer that lies far from the others.

    The layer that most others lie near is taken to be right; of equals, the first.

    Parameters
    ----------
    boxes
        West, south, east, north of each layer, in degrees.
    where
        File and layer, for messages.
    findings
        Takes faults.
    """
    names = list(boxes)
    if len(names) < 2:  # noqa: PLR2004 - one layer agrees with itself
        return
    near = {name: sum(_apart_km(boxes[name], boxes[k]) <= _FAR_KM for k in names) for name in names}
    right = max(names, key=lambda name: near[name])
    for name in names:
        apart = _apart_km(boxes[name], boxes[right])
        if apart <= _FAR_KM:
            continue
        what = f"lies {apart:,.0f} km from {right} ({_shown(boxes[name])}; {_shown(boxes[right])})"
        west, south, east, north = boxes[name]
        if _apart_km((south, west, north, east), boxes[right]) <= _FAR_KM:
            what += ": longitude and latitude look swapped"
            mend = f"Swap lon and lat under [layers.{name}], or in the file."
        else:
            mend = f"Correct crs under [layers.{name}], or the coordinates."
        findings.fault(where[name], what, mend, field="crs")


def _apart_km(one: Box, other: Box) -> float:
    """Return the distance between two boxes, at the nearest corners; 0 where they meet."""
    lon1, lon2 = _nearest(one[0], one[2], other[0], other[2])
    lat1, lat2 = _nearest(one[1], one[3], other[1], other[3])
    return float(great_circle_km(lon1, lat1, lon2, lat2))


def _nearest(low1: float, high1: float, low2: float, high2: float) -> tuple[float, float]:
    first = float(np.clip((low2 + high2) / 2, low1, high1))
    second = float(np.clip(first, low2, high2))
    return float(np.clip(second, low1, high1)), second


def _shown(box: Box) -> str:
    west, south, east, north = box
    return f"lon {west:.2f} to {east:.2f}, lat {south:.2f} to {north:.2f}"
