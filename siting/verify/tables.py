"""Read a table of a plan against the labels it must have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from siting.verify.mismatch import Ledger


@dataclass(frozen=True, eq=False)
class Table:
    """Hold the rows of one table whose labels are known, each once."""

    name: str
    frame: pd.DataFrame
    keys: tuple[str, ...]
    codes: NDArray[np.intp]
    """(keys, rows) position of each row's label on each axis."""

    def where(self, row: int, column: str) -> str:
        """Return the path of one cell, such as ``zones[2026, Z1].minutes``."""
        labels = ", ".join(str(self.frame[key].iloc[row]) for key in self.keys)
        return f"{self.name}[{labels}].{column}"

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return one column as floats."""
        return self.frame[column].to_numpy(dtype=np.float64)

    def values(self, column: str) -> list[object]:
        """Return one column as Python values."""
        return self.frame[column].tolist()


def read_table(
    ledger: Ledger,
    name: str,
    frame: pd.DataFrame,
    axes: Mapping[str, Sequence[object]],
    *,
    columns: tuple[str, ...],
    complete: bool,
) -> Table:
    """Return the rows of a table that can be checked, and note all others.

    Parameters
    ----------
    ledger
        Takes the mismatches: wrong columns, unknown labels, rows twice or missing.
    name
        What the table is called.
    frame
        The table.
    axes
        Label columns, each with the labels it may hold.
    columns
        All columns, in order.
    complete
        Whether every combination of labels must have a row.
    """
    keys = tuple(axes)
    if tuple(frame.columns) != columns:
        ledger.note(f"{name}.columns", ", ".join(map(str, frame.columns)), ", ".join(columns))
        if not set(columns) <= set(frame.columns):
            frame = pd.DataFrame({column: [] for column in columns})
    codes = np.array([pd.Index(list(axes[key])).get_indexer(pd.Index(frame[key])) for key in keys])
    known = (codes >= 0).all(axis=0)
    shape = tuple(len(axes[key]) for key in keys)
    cells = np.full(len(frame), -1, dtype=np.intp)
    if known.any():
        cells[known] = np.ravel_multi_index(tuple(codes[:, known]), shape)
    twice = known & pd.Series(cells).duplicated().to_numpy()
    labels = [", ".join(map(str, row)) for row in zip(*(frame[key] for key in keys), strict=True)]
    for row in np.flatnonzero(~known):
        ledger.note(f"{name}[{labels[row]}]", "a row", "no such label in the case and scenario")
    for row in np.flatnonzero(twice):
        ledger.note(f"{name}[{labels[row]}]", "more than one row", "one row")
    if complete:
        for cell in np.setdiff1d(np.arange(np.prod(shape, dtype=np.intp)), cells):
            position = zip(keys, np.unravel_index(cell, shape), strict=True)
            label = ", ".join(str(axes[key][int(code)]) for key, code in position)
            ledger.note(f"{name}[{label}]", None, "one row")
    kept = known & ~twice
    return Table(name, frame[kept].reset_index(drop=True), keys, codes[:, kept])
