"""Hold what a search found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Found:
    """Hold the best choice, and the proven bound.

    ``type_at`` is empty where nothing was found; ``infeasible`` says that this is proved.
    """

    type_at: NDArray[np.int64]
    """(T, J) type, or NONE."""
    bound: float
    infeasible: bool
    method: str


NOTHING = np.empty((0, 0), dtype=np.int64)
"""No plan."""
