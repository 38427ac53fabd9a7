"""Solve a dispatch, whole or by substation, and prove how good it is.

Stations meet in a substation's limit only, so the program falls apart by substation exactly: the
parts' optima add up to that of the whole. What is proved is a bound from the rows' prices, which
holds whatever the prices are worth, as every variable has bounds (A. Neumaier & O. Shcherbina,
Mathematical Programming 99, 2004); the gap is that between the schedule, after it was made exact,
and this bound.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import NoSolutionError
from siting.models.dispatch.arrays import program
from siting.models.dispatch.layout import Layout
from siting.models.dispatch.question import NOWHERE, Sizes
from siting.models.dispatch.schedule import Costs, Schedule, costs, settled
from siting.models.dispatch.work import each
from siting.models.highs import Highs
from siting.models.relaxation import matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from siting.models.dispatch.question import Question
    from siting.models.highs import Arrays

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

TOGETHER = 12
"""Stations without a substation that are solved in one go."""
_TIME_S = 3600.0


@dataclass(frozen=True, eq=False)
class Dispatched:
    """Hold the answer of a question: a schedule, what it costs, and what was proved."""

    schedule: Schedule
    costs: Costs
    bound_cny: float
    """No schedule, of any sizes that were allowed, costs less a year."""
    size_prices: Sizes
    """(J,) what one unit more of each size would change in the bound, its own cost included."""
    parts: int

    @property
    def gap(self) -> float:
        """Return (cost - bound) / cost; 0 where nothing costs anything."""
        total = self.costs.total
        return max(0.0, total - self.bound_cny) / max(abs(total), 1e-9)


def dispatch(
    question: Question,
    *,
    whole: bool = False,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Dispatched:
    """Return the cheapest sizes and schedule.

    Parameters
    ----------
    question
        What is asked.
    whole
        Solve one program over all stations, rather than one for each substation.
    workers
        Processes that share the substations.
    progress
        Called with a line of text now and then.

    Raises
    ------
    NoSolutionError
        If HiGHS does not come to an end.
    """
    told = progress or (lambda _text: None)
    cut = list(split(question))
    if whole or not cut:
        cut = [_everything(question)]
    parts = (question.part(*places) for places in cut)
    found = []
    for n, one in enumerate(each(solve_part, parts, workers), start=1):
        found.append(one)
        told(f"dispatched {n} of {len(cut)} substations")
    return _joined(question, [places[0] for places in cut], [p[1] for p in cut], found)


def split(question: Question) -> Iterator[tuple[Places, Places]]:
    """Yield the stations and the substation of each part; those without one come in batches.

    Parameters
    ----------
    question
        What is asked.
    """
    for g in range(len(question.groups)):
        yield np.flatnonzero(question.group_of == g), np.array([g])
    free = np.flatnonzero(question.group_of == NOWHERE)
    for start in range(0, len(free), TOGETHER):
        yield free[start : start + TOGETHER], np.empty(0, dtype=np.int64)


def _everything(question: Question) -> tuple[Places, Places]:
    return np.arange(len(question.stations)), np.arange(len(question.groups))


def solve_part(question: Question) -> Dispatched:
    """Solve one program over all of a question.

    Raises
    ------
    NoSolutionError
        If HiGHS does not come to an end.
    """
    if not question.stations:
        return _nothing(question)
    arrays, layout = program(question), Layout(question)
    run = Highs(arrays).run(time_limit_s=_TIME_S, method="choose")
    if run.status != "optimal":
        msg = f"HiGHS ended the dispatch of {len(question.stations)} stations as {run.status}."
        raise NoSolutionError(msg)
    plan = settled(question, layout.split(run.values))
    bound, prices = proved(arrays, run.duals)
    by_block = layout.split(prices)
    return Dispatched(
        schedule=plan,
        costs=costs(question, plan),
        bound_cny=bound,
        size_prices=Sizes(by_block["E"], by_block["B"], by_block["P"]),
        parts=1,
    )


def _nothing(question: Question) -> Dispatched:
    """Return the answer where no station is open."""
    none = np.zeros(0)
    flows = {name: np.zeros(question.shape) for name in ("u", "c", "d", "v", "r")}
    plan = settled(question, {**flows, "P": none})
    told = costs(question, plan)
    return Dispatched(plan, told, told.total, Sizes(none, none, none), parts=1)


def proved(arrays: Arrays, duals: Floats) -> tuple[float, Floats]:
    """Return a bound below the least cost, and each column's reduced cost.

    Parameters
    ----------
    arrays
        A program to minimise whose columns all have bounds.
    duals
        (rows,) any prices; those of the wrong sign count as nothing.
    """
    price = np.where((duals > 0) & np.isinf(arrays.row_lower), 0.0, duals)
    price = np.where((price < 0) & np.isinf(arrays.row_upper), 0.0, price)
    side = np.where(price > 0, arrays.row_lower, arrays.row_upper)
    rows = float(np.sum(np.where(price == 0, 0.0, price * np.where(price == 0, 0.0, side))))
    reduced = arrays.cost - matrix(arrays).T @ price
    columns = np.minimum(reduced * arrays.lower, reduced * arrays.upper)
    return rows + float(columns.sum()), reduced


def _joined(
    question: Question,
    stations: list[Places],
    groups: list[Places],
    found: list[Dispatched],
) -> Dispatched:
    """Put parts together again, each in its own rows."""
    size = len(question.stations)

    def sizes(rows: list[Sizes]) -> Sizes:
        names = ("battery_kwh", "battery_kw", "pv_kw")
        return Sizes(*(_laid([vars(row)[name] for row in rows], stations, size) for name in names))

    plans = [one.schedule for one in found]
    flows = {
        field.name: _laid([vars(plan)[field.name] for plan in plans], stations, size)
        for field in fields(Schedule)
        if field.name not in {"sizes", "over_kw"}
    }
    over = _laid([plan.over_kw for plan in plans], groups, len(question.groups))
    plan = Schedule(sizes=sizes([plan.sizes for plan in plans]), over_kw=over, **flows)
    return Dispatched(
        schedule=plan,
        costs=costs(question, plan),
        bound_cny=sum(one.bound_cny for one in found),
        size_prices=sizes([one.size_prices for one in found]),
        parts=len(found),
    )


def _laid(parts: list[Floats], places: list[Places], count: int) -> Floats:
    whole = np.zeros((count, *parts[0].shape[1:]))
    for part, at in zip(parts, places, strict=True):
        whole[at] = part
    return whole
