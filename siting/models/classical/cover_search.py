"""Search a reduced covering question, and prove how good the best choice is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover
    from siting.models.effort import Effort


@dataclass(frozen=True, eq=False)
class Found:
    """Hold the best choice, and the proven bound on what any is worth."""

    opened: NDArray[np.bool_] | None
    """(J,)"""
    bound: float
    infeasible: bool
    method: str


def search(
    cover: Cover,
    effort: Effort,
    progress: Callable[[str], None],
    *,
    started: float,
    earned: float,
) -> Found:
    """Return the best choice found within the effort.

    Parameters
    ----------
    cover
        The question, reduced.
    effort
        Gap, time limit, seed, threads, steps.
    progress
        Called with a line of text now and then.
    started
        ``time.monotonic()`` from which the time limit counts.
    earned
        Worth earned already, which counts in the gap.
    """
    if not cover.sites:
        nothing = np.empty(0, dtype=bool)
        held = cover.keeps(nothing) and cover.covers(nothing)
        return Found(nothing if held else None, 0.0, not held, "reductions")
    arrays = cover.arrays()
    sign = 1.0 if arrays.maximise else -1.0
    progress(f"solving {len(arrays.cost):,} columns whole; {earned:,.0f} earned already")
    highs = Highs(arrays, threads=effort.threads, seed=effort.seed)
    left_s = effort.time_limit_s - (time.monotonic() - started)
    run = highs.run(time_limit_s=left_s, gap=effort.gap)
    opened = None
    if len(run.values):
        opened = run.values[: cover.sites] > 0.5  # noqa: PLR2004 - a binary
    return Found(opened, sign * run.bound, run.status == "infeasible", "branch and bound")
