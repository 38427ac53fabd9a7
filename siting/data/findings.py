"""Gather what is wrong with a case, and what is worth telling, while it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

_SHOWN = 5
"""Faults of one kind in one column that are listed; the others are counted."""
_SHOWN_CHARACTERS = 60


@dataclass
class Findings:
    """Collect faults and notes of all layers."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fault(
        self, where: str, what: str, mend: str, *, row: int | None = None, field: str | None = None
    ) -> None:
        """Record one thing wrong."""
        self.faults.append(Fault(where, what, mend, row=row, field=field))

    def rows(
        self,
        where: str,
        bad: ArrayLike,
        what: Callable[[int], str],
        mend: str | Callable[[int], str],
        *,
        rows: NDArray[np.int64],
        field: str | None = None,
    ) -> None:
        """Record the same thing wrong in several rows: the first few, and how many more.

        Parameters
        ----------
        where
            File and layer.
        bad
            (n,) true where a row is wrong.
        what
            Says what is wrong at a position, with its value.
        mend
            What to do about it; or says so at a position.
        rows
            (n,) row numbers as a spreadsheet counts them.
        field
            Column.
        """
        places = np.flatnonzero(bad)
        for place in places[:_SHOWN]:
            advice = mend if isinstance(mend, str) else mend(int(place))
            self.fault(where, what(int(place)), advice, row=int(rows[place]), field=field)
        if len(places) > _SHOWN:
            more = len(places) - _SHOWN
            last = f"the last in row {rows[places[-1]]}"
            self.fault(where, f"and {more} more rows like these, {last}", advice, field=field)


def shown(value: object) -> str:
    """Return a value as a message shows it: text in quotation marks, long text cut short."""
    text = f'"{value}"' if isinstance(value, str) else f"{value}"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
