"""Name what a plan says and what recomputation gives.

All tolerances of the verifier stand here. Sums of the plan must agree to a millionth, and driving
times to a thousandth of a minute: far below what a planner acts on, far above the noise of floats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.verify.tables import Table

RELATIVE = 1e-6
"""Share by which two sums may differ."""
ABSOLUTE = 1e-6
"""In the number's own unit, for sums near zero."""
MINUTES = 1e-3
"""Driving time; within so much of the reach limit, the plan's word counts."""
KM = 1e-4
"""Road distance, likewise."""
DEGREES = 1e-6
"""Longitude and latitude."""
METRES = 1e-2
"""Spacing."""
OPTIMAL_GAP = 1e-6
"""Largest gap that may be called optimal."""


@dataclass(frozen=True)
class Mismatch:
    """Hold one number of a plan that recomputation does not confirm."""

    where: str
    """Path of the number, phases, stations, zones and substations by name or id."""
    plan: str
    """What the plan says."""
    recomputed: str
    """What the case and the scenario give."""
    unmet: bool = False
    """A requirement that a plan evaluated as given does not meet; its numbers may all hold."""

    def __str__(self) -> str:
        """Return the mismatch as one line."""
        if self.unmet:
            return f"{self.where}: {self.plan}, but asked for is {self.recomputed}"
        return f"{self.where}: plan says {self.plan}, recomputed {self.recomputed}"


def show(value: object) -> str:
    """Return a value as a planner writes it: thousands separated, nothing for None."""
    if value is None:
        return "nothing"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    if isinstance(value, float | np.floating):
        return "nothing" if math.isnan(value) else f"{float(value):,.12g}"
    return str(value) or "''"


def agree(plan: float, recomputed: float, *, absolute: float = ABSOLUTE) -> bool:
    """Tell whether two numbers are the same within the tolerances."""
    return math.isclose(plan, recomputed, rel_tol=RELATIVE, abs_tol=absolute)


def slack(limit: float) -> float:
    """Return by how much a limit may be passed through the noise of floats."""
    return ABSOLUTE + RELATIVE * abs(limit)


class Ledger:
    """Gather mismatches in the order they are found.

    Parameters
    ----------
    given
        Whether the plan was evaluated as it was given: requirements are then noted apart, as unmet.
    """

    def __init__(self, *, given: bool = False) -> None:
        self.mismatches: list[Mismatch] = []
        self.unmet = False
        self.asked: Ledger = self
        if given:
            self.asked = Ledger()
            self.asked.unmet = True

    def everything(self) -> list[Mismatch]:
        """Return every mismatch once, requirements noted apart at the end."""
        apart = [] if self.asked is self else self.asked.mismatches
        return list(dict.fromkeys([*self.mismatches, *apart]))

    def note(self, where: str, plan: object, recomputed: object) -> None:
        """Record a mismatch already found."""
        self.mismatches.append(Mismatch(where, show(plan), show(recomputed), unmet=self.unmet))

    def same(self, where: str, plan: object, recomputed: object) -> None:
        """Compare labels, counts and flags, which must be equal."""
        if plan != recomputed:
            self.note(where, plan, recomputed)

    def near(
        self,
        where: str,
        plan: float | None,
        recomputed: float | None,
        *,
        absolute: float = ABSOLUTE,
    ) -> None:
        """Compare two numbers within the tolerances; None agrees with None only."""
        if plan is None or recomputed is None:
            self.same(where, plan, recomputed)
        elif not agree(plan, recomputed, absolute=absolute):
            self.note(where, plan, recomputed)

    def at_most(self, where: str, value: float, limit: float, rule: str) -> None:
        """Check an upper limit; ``rule`` names it."""
        if value > limit + slack(limit):
            self.note(where, value, f"at most {show(limit)} ({rule})")

    def at_least(self, where: str, value: float, limit: float, rule: str) -> None:
        """Check a lower limit; ``rule`` names it."""
        if value < limit - slack(limit):
            self.note(where, value, f"at least {show(limit)} ({rule})")

    def near_rows(
        self,
        table: Table,
        column: str,
        recomputed: NDArray[np.float64],
        *,
        absolute: float = ABSOLUTE,
    ) -> None:
        """Compare one column of a table with recomputed values, one per row; NaN equals NaN."""
        plan = table.numbers(column)
        same = np.isclose(plan, recomputed, rtol=RELATIVE, atol=absolute, equal_nan=True)
        for row in np.flatnonzero(~same):
            self.note(table.where(int(row), column), float(plan[row]), float(recomputed[row]))

    def same_rows(self, table: Table, column: str, recomputed: Sequence[object]) -> None:
        """Compare one column of a table with recomputed labels or flags, one per row."""
        for row, (plan, value) in enumerate(zip(table.values(column), recomputed, strict=True)):
            self.same(table.where(row, column), plan, value)
