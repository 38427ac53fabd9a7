"""Turn a battery's taper into steps of constant power, and a session into the steps it takes.

Power falls with the state of charge along straight lines. Each line is cut into short steps, and a
step has the power that takes just as long as the line does: the time to cross whole steps is exact.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP = 0.05
"""State of charge of a step, at most."""


class Step(NamedTuple):
    """Hold the end of one step, and the share of the highest power taken up to there."""

    soc: float
    share: float


def steps(taper: Sequence[tuple[float, float]]) -> tuple[Step, ...]:
    """Return the steps of a taper, ascending.

    Parameters
    ----------
    taper
        Points (state of charge, share of the highest power), the first at 0.
    """
    found: list[Step] = []
    for (low, before), (high, after) in itertools.pairwise(taper):
        count = 1 if before == after else math.ceil((high - low) / STEP - 1e-9)
        width = (high - low) / count
        for n in range(count):
            start = before + (after - before) * n / count
            end = before + (after - before) * (n + 1) / count
            found.append(Step(low + width * (n + 1), _log_mean(start, end)))
    return tuple(found)


def _log_mean(a: float, b: float) -> float:
    """Return the constant power that takes as long as a straight fall: (a - b) / ln(a / b)."""
    return a if abs(a - b) < 1e-12 else (a - b) / math.log(a / b)  # noqa: PLR2004 - equal


def session(
    curve: Sequence[Step], battery_kwh: float, most_kw: float, start_soc: float, kwh: float
) -> list[tuple[float, float]]:
    """Return a session as pairs (kWh, kW it asks for), the last step first, so that it pops.

    Parameters
    ----------
    curve
        Of the battery.
    battery_kwh, most_kw
        Size, and the highest power of the car.
    start_soc
        State of charge on arrival.
    kwh
        To be charged; what would pass the curve's end is left out.
    """
    parts: list[tuple[float, float]] = []
    soc, left = start_soc, kwh
    for end, share in curve:
        if end <= soc:
            continue
        take = min(left, (end - soc) * battery_kwh)
        if take <= 0:
            break
        kw = share * most_kw
        left -= take
        soc = end
        if parts and parts[-1][1] == kw:
            take += parts.pop()[0]
        parts.append((take, kw))
    parts.reverse()
    return parts
