"""Say where each variable stands among the columns, what it costs, and between what it lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from siting.models.dispatch.question import NOWHERE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.dispatch.question import Question

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

SIZES = ("E", "B", "P")
FLOWS = ("g", "e", "u", "c", "d", "s", "v", "r")


@dataclass(frozen=True, eq=False)
class Layout:
    """Hold the columns of a question, block by block: sizes, flows, overload."""

    question: Question

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return each block's shape, in the order of the columns."""
        q = self.question
        j, d, h = q.shape
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(SIZES, (j,))
        if q.capacity_cny_kw_year > 0:
            shapes["M"] = (j,)
        shapes |= dict.fromkeys(FLOWS, (j, d, h))
        return {**shapes, "o": (len(q.groups), d, h)}

    @cached_property
    def at(self) -> dict[str, Places]:
        """Return each block's columns, in its own shape."""
        found, start = {}, 0
        for name, shape in self.shapes.items():
            count = int(np.prod(shape))
            found[name] = np.arange(start, start + count).reshape(shape)
            start += count
        return found

    def costs(self) -> dict[str, Floats]:
        """Return the cost of one unit of each variable, CNY a year, by block."""
        q, item = self.question, self.question.equipment
        a_year = q.days_per_year[:, None]
        per_unit = {
            "E": np.array(item.battery_cny_kwh_year),
            "B": np.array(item.battery_cny_kw_year),
            "P": np.array(item.pv_cny_kw_year),
            "M": np.array(q.capacity_cny_kw_year),
            "g": a_year * q.buy_cny,
            "e": -a_year * q.feed_in_cny,
            "d": a_year * item.wear_cny_kwh * np.ones_like(q.buy_cny),
            "v": a_year * q.v2g_cny,
            "o": a_year * item.overload_cny_kwh * np.ones_like(q.buy_cny),
        }
        nothing = np.zeros(())
        return {
            name: np.broadcast_to(per_unit.get(name, nothing), shape).astype(float)
            for name, shape in self.shapes.items()
        }

    def bounds(self) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """Return lower and upper bounds by block; all are finite, so that any dual proves a bound.

        What follows from the rows is stated as a bound as well: it cuts nothing off.
        """
        q, item = self.question, self.question.equipment
        hours = np.ones(q.shape)
        upper = {
            "E": q.most.battery_kwh,
            "B": q.most.battery_kw,
            "P": q.most.pv_kw,
            "M": q.connection_kw,
            "g": q.connection_kw[:, None, None] * hours,
            "e": q.connection_kw[:, None, None] * hours,
            "u": q.most.pv_kw[:, None, None] * q.sun,
            "c": q.most.battery_kw[:, None, None] * hours,
            "d": q.most.battery_kw[:, None, None] * hours,
            "s": item.depth * q.most.battery_kwh[:, None, None] * hours,
            "v": np.minimum(q.v2g_kw, q.load_kw),
            "r": q.v2g_kw,
            "o": self._worst(),
        }
        lower = {name: np.zeros(shape) for name, shape in self.shapes.items()}
        least = {"E": q.least.battery_kwh, "B": q.least.battery_kw, "P": q.least.pv_kw}
        return {**lower, **least}, {name: upper[name] for name in self.shapes}

    def _worst(self) -> Floats:
        """Return by how much a limit could be passed with every station at its connection."""
        q = self.question
        held = q.group_of != NOWHERE
        total = np.bincount(
            q.group_of[held], weights=q.connection_kw[held], minlength=len(q.groups)
        )
        return np.maximum(total[:, None, None] - q.room_kw, 0.0)

    def flat(self, blocks: dict[str, Floats]) -> Floats:
        """Return blocks as one row of columns."""
        return np.concatenate([blocks[name].ravel() for name in self.shapes])

    def split(self, values: Floats) -> dict[str, Floats]:
        """Return one row of columns as blocks; the inverse of :meth:`flat`."""
        return {name: values[at] for name, at in self.at.items()}
