r"""Dispatch every day of a year with sizes given, substation by substation, and bound the split.

With sizes fixed the year falls apart by substation and by days, exactly. That the sizes were chosen
on other days loses something; how much at most is proved. With :math:`V_d(x)` the cost of a chunk
of days at sizes :math:`x`, :math:`\kappa` what sizes cost, and prices that add up to it,

.. math:: \min_x \kappa x + \sum_d V_d(x) \ge \sum_d \min_x \lambda_d x + V_d(x),
          \qquad \sum_d \lambda_d = \kappa,

as each chunk may have sizes of its own on the right (Lagrangian decomposition: M. Guignard and
S. Kim, Mathematical Programming 39, 1987). The prices follow what one unit more is worth to each
chunk at the sizes given. The gap is that between what the year costs and this bound: it holds for
sizing and dispatching all 8,760 hours at once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import NoSolutionError
from siting.models.dispatch.arrays import program
from siting.models.dispatch.layout import SIZES, Layout
from siting.models.dispatch.schedule import KEPT_KW, costs, settled
from siting.models.dispatch.solve import proved, split
from siting.models.dispatch.work import each
from siting.models.highs import Highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.dispatch.question import Question, Sizes

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

CHUNK = 10
"""Stations times days that are solved in one go."""
_TIME_S = 3600.0
_ALL = (*SIZES, "M")


@dataclass(frozen=True, eq=False)
class Sums:
    """Hold what a year adds up to, (J,) kWh and CNY by station; kW at most; (G,) by group."""

    bought_kwh: Floats
    fed_in_kwh: Floats
    pv_kwh: Floats
    given_kwh: Floats
    discharged_kwh: Floats
    running_cny: Floats
    """Energy, wear and vehicles."""
    peak_kw: Floats
    over_kwh: Floats
    """(G,)"""
    over_hours: Floats
    """(G,)"""
    deepest_kw: Floats
    """(G,)"""


BY_STATION = tuple(
    field.name
    for field in fields(Sums)
    if field.name not in {"over_kwh", "over_hours", "deepest_kw"}
)
"""Sums that stations have; the others are of groups."""


@dataclass(frozen=True, eq=False)
class Year:
    """Hold a year dispatched with sizes given."""

    sums: Sums
    cost_cny: float
    """With equipment, the charge on the highest load, and the price of overload."""
    bound_cny: float
    """No sizes and no dispatch of this year cost less."""

    @property
    def gap(self) -> float:
        """Return (cost - bound) / cost."""
        return max(0.0, self.cost_cny - self.bound_cny) / max(abs(self.cost_cny), 1e-9)


def dispatch_year(
    question: Question,
    sizes: Sizes,
    *,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
) -> Year:
    """Dispatch each day of a question with sizes given.

    Parameters
    ----------
    question
        Its days are those of the year; its least and most sizes are what might have been chosen.
    sizes
        What was chosen.
    workers
        Processes.
    progress
        Called with a line of text now and then.

    Raises
    ------
    NoSolutionError
        If HiGHS does not come to an end.
    """
    told = progress or (lambda _text: None)
    cut = list(split(question))
    jobs = (_job(question, sizes, *places) for places in cut)
    parts: list[tuple[Sums, float, float]] = []
    for n, part in enumerate(each(_part, jobs, workers), start=1):
        parts.append(part)
        told(f"dispatched the year of {n} of {len(cut)} substations")
    return Year(
        sums=_joined(question, cut, [part[0] for part in parts]),
        cost_cny=sum(part[1] for part in parts),
        bound_cny=sum(part[2] for part in parts),
    )


def _job(
    question: Question, sizes: Sizes, stations: Places, groups: Places
) -> tuple[Question, dict[str, Floats]]:
    part = question.part(stations, groups)
    given = {
        "E": sizes.battery_kwh[stations],
        "B": sizes.battery_kw[stations],
        "P": sizes.pv_kw[stations],
    }
    if part.capacity_cny_kw_year > 0:
        given["M"] = part.load_kw.max(axis=(1, 2))
    return part, given


def _part(job: tuple[Question, dict[str, Floats]]) -> tuple[Sums, float, float]:
    """Return a substation's sums, cost and bound."""
    question, given = job
    stations, days, _ = question.shape
    own = _own_prices(question)
    width = max(1, CHUNK // max(1, stations))
    chunks = [
        question.on_days(np.arange(start, min(days, start + width)))
        for start in range(0, days, width)
    ]
    found = [_days(chunk, given) for chunk in chunks]
    whole, cost = _summed([one[0] for one in found]), sum(one[1] for one in found)
    shares = {
        name: _shared(own[name], np.array([-one[2][name] for one in found])) for name in given
    }
    bound = sum(
        _least(chunk, {name: share[n] for name, share in shares.items()})
        for n, chunk in enumerate(chunks)
    )
    peak = {**given, "M": np.minimum(whole.peak_kw, given["M"])} if "M" in given else given
    cost += sum(float((own[name] * size).sum()) for name, size in peak.items())
    return whole, cost, bound


def _own_prices(question: Question) -> dict[str, Floats]:
    """Return what a unit of each size costs a year."""
    prices = Layout(question).costs()
    return {name: prices[name] for name in _ALL if name in prices}


def _shared(price: Floats, worth: Floats) -> Floats:
    """Return what each chunk pays for a size, (chunks, J): as it is worth there, in all its price.

    What is worth less than it costs has the rest spread evenly, so that nothing is below zero.
    """
    worth = np.maximum(worth, 0.0)
    total = worth.sum(axis=0)
    scale = np.minimum(1.0, np.divide(price, total, out=np.ones_like(total), where=total > 0))
    return np.asarray(worth * scale + np.maximum(price - total, 0.0) / len(worth))


def _least(question: Question, prices: dict[str, Floats]) -> float:
    """Return a bound below what some days cost with sizes of their own, at these prices."""
    arrays, layout = program(question), Layout(question)
    cost = arrays.cost.copy()
    for name, price in prices.items():
        cost[layout.at[name]] = price
    priced = replace(arrays, cost=cost)
    run = Highs(priced).run(time_limit_s=_TIME_S)
    duals = run.duals if len(run.duals) else np.zeros(len(arrays.row_lower))
    return proved(priced, duals)[0]


def _days(question: Question, given: dict[str, Floats]) -> tuple[Sums, float, dict[str, Floats]]:
    """Return some days' sums, their running cost, and what one unit more of each size adds."""
    arrays, layout = program(question), Layout(question)
    cost, lower, upper = arrays.cost.copy(), arrays.lower.copy(), arrays.upper.copy()
    for name, size in given.items():
        at = layout.at[name]
        cost[at], lower[at], upper[at] = 0.0, size, size
    fixed = replace(arrays, cost=cost, lower=lower, upper=upper)
    run = Highs(fixed).run(time_limit_s=_TIME_S)
    if run.status != "optimal":
        msg = f"HiGHS ended {question.shape[1]} days of {question.shape[0]} stations: {run.status}."
        raise NoSolutionError(msg)
    reduced = proved(fixed, run.duals)[1]
    prices = {name: reduced[layout.at[name]] for name in given}
    sizes = {"battery_kwh": given["E"], "battery_kw": given["B"], "pv_kw": given["P"]}
    held = question.fixed(replace(question.most, **sizes))
    plan = settled(held, layout.split(run.values))
    told = costs(held, plan)
    running = told.bought - told.fed_in + told.vehicles + told.wear
    sums = Sums(
        bought_kwh=plan.import_kw.sum(axis=(1, 2)),
        fed_in_kwh=plan.export_kw.sum(axis=(1, 2)),
        pv_kwh=plan.pv_kw.sum(axis=(1, 2)),
        given_kwh=plan.given_kw.sum(axis=(1, 2)),
        discharged_kwh=plan.discharge_kw.sum(axis=(1, 2)),
        running_cny=running,
        peak_kw=plan.import_kw.max(axis=(1, 2)),
        over_kwh=plan.over_kw.sum(axis=(1, 2)),
        over_hours=(plan.over_kw > KEPT_KW).sum(axis=(1, 2)).astype(float),
        deepest_kw=plan.over_kw.max(axis=(1, 2), initial=0.0),
    )
    return sums, float(running.sum()) + told.overload, prices


def _summed(parts: list[Sums]) -> Sums:
    """Return the sums of all days of the same stations; the highest of what is at most."""
    most = {"peak_kw", "deepest_kw"}
    found = {}
    for field in fields(Sums):
        rows = np.array([vars(part)[field.name] for part in parts])
        found[field.name] = rows.max(axis=0) if field.name in most else rows.sum(axis=0)
    return Sums(**found)


def _joined(question: Question, cut: list[tuple[Places, Places]], parts: list[Sums]) -> Sums:
    whole = {}
    for field in fields(Sums):
        grouped = field.name not in BY_STATION
        row = np.zeros(len(question.groups if grouped else question.stations))
        for places, part in zip(cut, parts, strict=True):
            row[places[1 if grouped else 0]] = vars(part)[field.name]
        whole[field.name] = row
    return Sums(**whole)
