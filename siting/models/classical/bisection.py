"""Find the best of some values that can be kept, by asking yes or no: first loosely, then fully."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def _nothing() -> NDArray[np.float64]:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class Answer:
    """Hold what the test of one value said: a choice, or a proof that there is none, or neither."""

    refuted: bool = False
    opened: NDArray[np.bool_] | None = None
    """(J,)"""
    share: NDArray[np.float64] = field(default_factory=_nothing)
    """(P,) of the choice, empty where nobody is assigned."""
    reached: int = 0
    """Which value the choice keeps."""


@dataclass
class Bisection:
    """Hold a search among values from the best to the worst, each implying all after it."""

    count: int
    """How many values there are."""
    low: int = 0
    """No value before this one can be kept."""
    best: Answer | None = None
    """The best choice."""

    @property
    def high(self) -> int:
        """Return which value the best choice keeps, or how many there are while there is none."""
        return self.count if self.best is None else self.best.reached

    @property
    def done(self) -> bool:
        """Tell whether nothing is left to ask."""
        return self.low >= self.high

    def offer(self, answer: Answer) -> None:
        """Keep what an answer says."""
        if answer.opened is not None and answer.reached < self.high:
            self.best = answer

    def loosely(self, refuted: Callable[[int], bool]) -> None:
        """Raise the least value to the first that a loose test cannot refute."""
        top = self.high
        while self.low < top:
            middle = (self.low + top) // 2
            if refuted(middle):
                self.low = middle + 1
            else:
                top = middle

    def fully(self, test: Callable[[int], Answer]) -> None:
        """Ask until the best value is found and proved, or a test ends without an answer.

        The least value that is left comes first, since a loose test most often ends there; once it
        is refuted, the one in the middle.
        """
        at = self.low
        while not self.done:
            answer = test(at)
            self.offer(answer)
            if answer.refuted:
                self.low = at + 1
            elif answer.opened is None:
                return
            at = (self.low + self.high) // 2
