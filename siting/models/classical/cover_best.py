"""Hold how far the search of a covering question is: the best choice, its bound, the time left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cover import Found

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover import Cover
    from siting.models.effort import Effort

    Flags = NDArray[np.bool_]


@dataclass
class Standing:
    """Hold what a search is asked and has found so far."""

    cover: Cover
    effort: Effort
    progress: Callable[[str], None]
    started: float
    earned: float
    best: Flags | None = None
    value: float = -np.inf
    bound: float = np.inf
    impossible: bool = False
    steps: list[str] = field(default_factory=list)

    def left_s(self, *, share: float = 1.0) -> float:
        """Return the seconds left of a share of the time limit."""
        return share * self.effort.time_limit_s - (time.monotonic() - self.started)

    def found(self, method: str = "") -> Found:
        """Return what there is so far."""
        how = ", ".join([*self.steps, *([method] if method else [])])
        return Found(self.best, self.bound, self.impossible, how)

    def done(self) -> bool:
        """Tell whether the gap is proved or the time is over."""
        if self.best is None or self.left_s() <= 0:
            return self.left_s() <= 0
        return self.bound - self.value <= self.effort.gap * abs(self.value + self.earned)

    def tell(self, what: str) -> None:
        """Say how far it is."""
        value, bound = self.value + self.earned, self.bound + self.earned
        gap = abs(bound - value) / max(abs(value), 1e-9)
        known = "none yet" if self.best is None else f"{value:,.6g}, gap {gap:.3%}"
        self.progress(f"{what}: best {known}, bound {bound:,.6g}")

    def take(self, opened: Flags) -> bool:
        """Take a choice if it keeps every rule and is better; tell whether it was."""
        cover = self.cover
        value = cover.value(opened)
        if value <= self.value or not (cover.keeps(opened) and cover.covers(opened)):
            return False
        self.best, self.value = opened.copy(), value
        return True
