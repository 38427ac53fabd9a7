"""Hold a plan's waiting promise against what was simulated, station by station.

A scenario promises two things of the busiest hour: a mean wait, and a share of drivers who wait at
all. Each is kept where the whole interval keeps it, broken where the whole interval breaks it, and
not significant where the interval lies across it. Who drove off counts as one who waited; the mean
wait is over those who stayed. Where nobody waited, the share has the exact interval, and whoever
might have waited is taken to have done so for one session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.simulate.estimate import Estimate, most_unseen, ratio_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.simulate.settings import Simulation
    from siting.simulate.tally import Tally
    from siting.simulate.world import World

    Floats = NDArray[np.float64]

Verdict = Literal["kept", "broken", "not significant", "nobody came"]
VERDICTS: tuple[Verdict, ...] = ("kept", "broken", "not significant", "nobody came")
_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class Promise:
    """Hold what became of the promise, for S stations."""

    hours: tuple[int, ...]
    """Counted hours that are the busiest."""
    drivers: Floats
    """(S,) who came in them, in all replications together."""
    wait_min: Estimate
    """(S,) mean wait."""
    waited_share: Estimate
    """(S,)"""
    verdicts: tuple[Verdict, ...]

    def count(self) -> dict[str, int]:
        """Return how many stations have each verdict."""
        return {verdict: self.verdicts.count(verdict) for verdict in VERDICTS}


def judge(world: World, settings: Simulation, tallies: Sequence[Tally]) -> Promise:
    """Return what became of the promise.

    Parameters
    ----------
    world
        Holds the promise.
    settings
        Hold the confidence, and the longest wait that anyone takes.
    tallies
        One a replication.
    """
    hours = np.flatnonzero(world.shape >= world.shape.max() - _SAME)

    def busy(name: str) -> Floats:
        return np.array([vars(item)[name][:, hours].sum(axis=1) for item in tallies])

    came, off = busy("arrived"), busy("drove_off")
    waited = ratio_of(busy("waited"), came, settings.confidence)
    wait = ratio_of(busy("wait_min"), came - off, settings.confidence)
    drivers = np.asarray(came.sum(axis=0))
    none = (waited.mean == 0) & (drivers > 0)
    most = np.where(none, most_unseen(drivers, settings.confidence), waited.high)
    waited = Estimate(waited.mean, np.maximum(waited.low, 0.0), np.minimum(most, 1.0))
    unseen_min = min(settings.choice.balk_wait_min, world.occupation_min)
    longest = np.where(none, most * unseen_min, wait.high)
    wait = Estimate(wait.mean, np.maximum(wait.low, 0.0), longest)
    rows = zip(_side(wait, world.max_wait_min), _side(waited, world.max_wait_probability),
               drivers, strict=True)  # fmt: skip
    return Promise(
        hours=tuple(hours.tolist()),
        drivers=drivers,
        wait_min=wait,
        waited_share=waited,
        verdicts=tuple(_verdict(a, b, n) for a, b, n in rows),
    )


def _side(found: Estimate, most: float) -> NDArray[np.int64]:
    """Return 1 where all of the interval is above a limit, -1 where none is, 0 where some is."""
    above = np.nan_to_num(found.low, nan=-np.inf) > most
    below = np.nan_to_num(found.high, nan=np.inf) <= most
    return above.astype(np.int64) - below.astype(np.int64)


def _verdict(wait: int, share: int, drivers: float) -> Verdict:
    if not drivers:
        return "nobody came"
    if 1 in {wait, share}:
        return "broken"
    return "kept" if wait == share == -1 else "not significant"
