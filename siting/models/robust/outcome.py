"""Hold what a plan is worth in every future, beside what could be had there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Types = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Hold one plan's worth in K futures, and what is known of better ones."""

    served_kwh: Values
    """(K, T) kWh a day."""
    worth: Values
    """(K,)"""
    own_known: Values
    """(K,) of the best plan known for that future alone."""
    own_bound: Values
    """(K,) proved: no plan is worth more in that future."""
    mean_worth: Values
    """(K,) of the plan made for the mean demand; NaN where none was made."""
    mean_gap: float
    """Proved of that plan, for the mean demand."""

    @property
    def regret(self) -> tuple[Values, Values]:
        """Return the least and the most that the plan can miss in each future, (K,) each."""
        low = np.maximum(self.own_known - self.worth, 0.0)
        return low, np.maximum(self.own_bound - self.worth, low)


@dataclass(frozen=True, eq=False)
class Robust:
    """Hold what a search over futures found."""

    type_at: Types
    """(T, J); empty where nothing was found."""
    bound: float
    own_bound: Values
    """(K,)"""
    mean_type_at: Types
    """(T, J) of the plan for the mean demand; empty where none was made."""
    mean_gap: float
    pool: tuple[Types, ...]
    """Other plans that were looked at."""
    infeasible: bool
    method: str
