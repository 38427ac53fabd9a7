"""Write the program of :mod:`siting.models.dispatch.statement` as arrays, without PuLP's objects.

Rows and columns are the same, in the same order; names of rows are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.dispatch.layout import Layout
from siting.models.dispatch.question import NOWHERE
from siting.models.highs import Arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.dispatch.question import Question

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]
    Term = tuple[Places, Floats | float]


def program(question: Question) -> Arrays:
    """Return a dispatch as arrays."""
    layout = Layout(question)
    rows = Rows(sum(int(np.prod(shape)) for shape in layout.shapes.values()))
    _station_rows(rows, layout)
    _shared_rows(rows, layout)
    lower, upper = layout.bounds()
    return rows.arrays(layout.flat(layout.costs()), layout.flat(lower), layout.flat(upper))


class Rows:
    """Gather rows of a sparse matrix, a block at a time.

    Parameters
    ----------
    columns
        Of the program.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self._row: list[Places] = []
        self._column: list[Places] = []
        self._value: list[Floats] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._count = 0

    def add(self, terms: list[Term], low: Floats | float, high: Floats | float) -> None:
        """Add one row for each place of the first term's array.

        Parameters
        ----------
        terms
            Columns, and their coefficients; an array with one axis more than the first adds all
            columns along it to the same row.
        low, high
            Bounds of the rows.
        """
        shape = terms[0][0].shape
        number = self._count + np.arange(int(np.prod(shape))).reshape(shape)
        for at, value in terms:
            of = number if at.ndim == number.ndim else number[..., None]
            self._row.append(np.broadcast_to(of, at.shape).ravel())
            self._column.append(at.ravel())
            self._value.append(np.broadcast_to(value, at.shape).ravel().astype(float))
        self._low.append(np.broadcast_to(low, shape).ravel().astype(float))
        self._high.append(np.broadcast_to(high, shape).ravel().astype(float))
        self._count += number.size

    def add_each(self, row: Places, column: Places, value: Floats | float, count: int) -> None:
        """Add coefficients to rows still to come: ``count`` of them follow with :meth:`close`."""
        self._row.append(self._count + row)
        self._column.append(column)
        self._value.append(np.broadcast_to(value, column.shape).astype(float))
        if row.size and int(row.max()) >= count:
            msg = f"row {int(row.max())} is none of {count}"
            raise ValueError(msg)

    def close(self, low: Floats, high: Floats) -> None:
        """Bound the rows that :meth:`add_each` filled."""
        self._low.append(low.ravel())
        self._high.append(high.ravel())
        self._count += low.size

    def arrays(self, cost: Floats, lower: Floats, upper: Floats) -> Arrays:
        """Return the program; what costs, and lies between which bounds, is given by column."""
        place = (np.concatenate(self._row), np.concatenate(self._column))
        shape = (self._count, self.columns)
        table = sparse.csr_array((np.concatenate(self._value), place), shape=shape)
        table.eliminate_zeros()
        return Arrays(
            maximise=False,
            cost=cost,
            lower=lower,
            upper=upper,
            integer=np.zeros(self.columns, dtype=bool),
            row_lower=np.concatenate(self._low),
            row_upper=np.concatenate(self._high),
            start=table.indptr.astype(np.int32),
            index=table.indices.astype(np.int32),
            value=table.data,
            row_names=(),
        )


def _station_rows(rows: Rows, layout: Layout) -> None:
    q, x, item = layout.question, layout.at, layout.question.equipment
    hour = np.broadcast_to
    free, way = -np.inf, item.one_way
    gives: list[Term] = [(x[name], 1.0) for name in ("g", "u", "d", "v")]
    takes: list[Term] = [(x[name], -1.0) for name in ("e", "c", "r")]
    rows.add([*gives, *takes], q.load_kw, q.load_kw)
    before = np.roll(x["s"], 1, axis=2)
    held: list[Term] = [(x["s"], 1.0), (before, -1.0)]
    rows.add([*held, (x["c"], -way), (x["d"], 1 / way)], 0.0, 0.0)
    size = {name: hour(x[name][:, None, None], q.shape) for name in ("E", "B", "P")}
    rows.add([(x["s"], 1.0), (size["E"], -item.depth)], free, 0.0)
    rows.add([(x["c"], 1.0), (x["d"], 1.0), (size["B"], -1.0)], free, 0.0)
    rows.add([(x["B"], 1.0), (x["E"], -item.c_rate)], free, 0.0)
    rows.add([(x["u"], 1.0), (size["P"], -q.sun)], free, 0.0)
    fed: list[Term] = [(x["e"], 1.0), (x["u"], -1.0)]
    rows.add([*fed, (x["d"], -1.0)] if item.storage_export else fed, free, 0.0)
    _vehicle_rows(rows, layout)


def _vehicle_rows(rows: Rows, layout: Layout) -> None:
    q, x = layout.question, layout.at
    first = x["v"][:, :, 0]
    rest, back = x["v"][:, :, 1:], x["r"]
    rows.add([(first, 1.0), (rest, 1.0)], -np.inf, q.v2g_kwh)
    rows.add([(first, -1.0), (rest, -1.0), (back, q.equipment.v2g_round_trip)], 0.0, 0.0)


def _shared_rows(rows: Rows, layout: Layout) -> None:
    q, x = layout.question, layout.at
    adds: list[Term] = [(x["c"], 1.0), (x["r"], 1.0)]
    takes: list[Term] = [(x[name], -1.0) for name in ("d", "v", "u")]
    room = q.connection_kw[:, None, None] - q.design_kw
    rows.add([*adds, *takes], -np.inf, room)
    if "M" in x:
        most = np.broadcast_to(x["M"][:, None, None], q.shape)
        rows.add([(x["g"], 1.0), (most, -1.0)], -np.inf, 0.0)
    held = np.flatnonzero(q.group_of != NOWHERE)
    place = np.arange(x["o"].size).reshape(x["o"].shape)
    of = place[q.group_of[held]]
    for at, value in (*adds, *takes):
        rows.add_each(of.ravel(), at[held].ravel(), value, place.size)
    rows.add_each(place.ravel(), x["o"].ravel(), -1.0, place.size)
    used = np.zeros(x["o"].shape)
    np.add.at(used, q.group_of[held], q.design_kw[held])
    limit = q.room_kw - used
    rows.close(np.full(limit.shape, -np.inf), limit)
