r"""Answer a call for help: allocate a demand-response event at the least cost.

The 24 hours from the call on are dispatched again, around the schedule that was planned. The call
comes at the event's start, or so many hours before it as notice is given: then batteries may fill
up for it, or keep what they hold. The day after is taken to be of the same kind. With :math:`N` and
:math:`N^0` what stations take with and without the event, :math:`\sigma = 1` for less load and
:math:`-1` for more, :math:`A` what is asked, in each hour of the event:

.. math:: \sigma \sum_j (N^0_{jh} - N_{jh}) + \text{short}_h = A.

Stations may use their batteries and PV, vehicles may give, charging may wait (:math:`k`) and is
made up for (:math:`b`) within some hours, or is refused (:math:`x`):

.. math:: g - e + u + d + v - c - r + k + x - b = L, \qquad \sum_h b = \sum_h k.

For more load charging is drawn forward: :math:`b` in the event, :math:`k` after. Batteries end the
24 hours as full as they began; no connection and no substation takes more than it did, or more than
it may: a rebound makes no new overload. The price of what is short is above any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.errors import NoSolutionError
from siting.models.dispatch.arrays import Rows
from siting.models.dispatch.question import NOWHERE
from siting.models.dispatch.response import Call, Planned, Response
from siting.models.dispatch.schedule import netted
from siting.models.highs import Highs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.dispatch.arrays import Term
    from siting.models.dispatch.question import Question

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

SHORT_CNY_KWH = 1e4
_FLOWS = ("g", "e", "u", "c", "d", "s", "v", "r", "k", "b", "x")
_TIME_S = 600.0


def respond(question: Question, planned: Planned, call: Call) -> Response:
    """Return the cheapest answer to a call.

    Parameters
    ----------
    question
        Of one kind of day, its sizes fixed.
    planned
        What was to happen on it.
    call
        What is asked.

    Raises
    ------
    NoSolutionError
        If HiGHS does not come to an end.
    """
    return _Event(question, planned, call).solve()


class _Event:
    """Write and solve the program of one event, its hours rolled to the event's start."""

    def __init__(self, question: Question, planned: Planned, call: Call) -> None:
        self.q, self.call, self.item = question, call, question.equipment
        self.base = planned.rolled(call.first)
        self.load = self._roll(question.load_kw[:, 0])
        self.design = self._roll(question.design_kw[:, 0])
        self.size = self.load.shape
        stations, hours = self.size
        count = stations * hours
        self.at = {
            name: np.arange(n * count, (n + 1) * count).reshape(self.size)
            for n, name in enumerate(_FLOWS)
        }
        self.short = len(_FLOWS) * count + np.arange(call.hours)
        hour = np.arange(hours)
        self.on = (hour >= call.span.start) & (hour < call.span.stop)
        self.after = (hour >= call.span.stop) & (hour < call.span.stop + call.defer_hours)

    def _roll(self, values: Floats) -> Floats:
        return np.roll(values, -self.call.first, axis=-1)

    def _upper(self) -> dict[str, Floats]:
        q, call, wide = self.q, self.call, np.ones(self.size)
        connection = q.connection_kw[:, None] * wide
        power = q.most.battery_kw[:, None] * wide
        vehicles = np.minimum(self._roll(q.v2g_kw[:, 0]), self.load)
        waits, makes_up = (self.after, self.on) if call.up else (self.on, self.after)
        upper = {
            "g": connection,
            "e": connection,
            "u": q.most.pv_kw[:, None] * self._roll(q.sun[0]),
            "c": power,
            "d": power.copy(),
            "s": self.item.depth * q.most.battery_kwh[:, None] * wide,
            "v": vehicles,
            "r": self._roll(q.v2g_kw[:, 0]).copy(),
            "k": call.defer_share * self.load * waits,
            "b": connection * makes_up,
            "x": 0.0 * wide if call.up else call.shed_share * self.load * self.on,
        }
        if call.up:
            self._no_burning(upper)
        return upper

    def _no_burning(self, upper: dict[str, Floats]) -> None:
        """Let nothing charge and discharge at once in the event, where losses would count as help.

        What was to discharge may stop; what was not may charge.
        """
        pairs = (
            ("c", "d", self.base.discharge_kw),
            ("r", "v", self.base.given_kw),
        )
        for into, out, was in pairs:
            busy = was > 0
            upper[out] = np.where(self.on, np.minimum(upper[out], was), upper[out])
            upper[into] = np.where(self.on & busy, 0.0, upper[into])

    def _costs(self) -> dict[str, Floats]:
        wide, call = np.ones(self.size), self.call
        prices = {
            "g": self._roll(self.q.buy_cny[0]),
            "e": -self._roll(self.q.feed_in_cny[0]),
            "d": np.array(self.item.wear_cny_kwh),
            "v": self._roll(self.q.v2g_cny[0]),
            "k": np.array(call.defer_cny_kwh),
            "x": np.array(call.unserved_cny_kwh),
        }
        return {name: prices.get(name, np.array(0.0)) * wide for name in _FLOWS}

    def _shift(self) -> list[Term]:
        adds: list[Term] = [(self.at[name], 1.0) for name in ("c", "r", "b")]
        return [*adds, *((self.at[name], -1.0) for name in ("d", "v", "u", "k", "x"))]

    def _rows(self) -> Rows:
        rows, x, q, way = Rows(self._count), self.at, self.q, self.item.one_way
        free = -np.inf
        taken: list[Term] = [(x["g"], 1.0), (x["e"], -1.0)]
        rows.add([*taken, *((at, -value) for at, value in self._shift())], self.load, self.load)
        held: list[Term] = [(x["s"], 1.0), (np.roll(x["s"], 1, axis=1), -1.0)]
        rows.add([*held, (x["c"], -way), (x["d"], 1 / way)], 0.0, 0.0)
        end = self.base.stored_kwh[:, -1]
        rows.add([(x["s"][:, -1], 1.0)], end, end)
        power = np.broadcast_to(q.most.battery_kw[:, None], self.size)
        rows.add([(x["c"], 1.0), (x["d"], 1.0)], free, power)
        fed: list[Term] = [(x["e"], 1.0), (x["u"], -1.0)]
        rows.add([*fed, (x["d"], -1.0)] if self.item.storage_export else fed, free, 0.0)
        first: list[Term] = [(x["v"][:, 0], 1.0), (x["v"][:, 1:], 1.0)]
        most = np.maximum(q.v2g_kwh[:, 0], self.base.given_kw.sum(axis=1))
        rows.add(first, free, most)
        loop = self.item.v2g_round_trip
        back = [(at, -value) for at, value in first]
        debt = loop * self.base.back_kw.sum(axis=1) - self.base.given_kw.sum(axis=1)
        rows.add([*back, (x["r"], loop)], debt, debt)
        later: list[Term] = [(x["b"][:, 0], 1.0), (x["b"][:, 1:], 1.0), (x["k"], -1.0)]
        rows.add(later, 0.0, 0.0)
        room = np.maximum(q.connection_kw[:, None] - self.design, self.base.shift_kw)
        rows.add(self._shift(), free, room)
        self._group_rows(rows)
        self._event_rows(rows)
        return rows

    def _group_rows(self, rows: Rows) -> None:
        q, hours = self.q, self.size[1]
        held = np.flatnonzero(q.group_of != NOWHERE)
        place = np.arange(len(q.groups) * hours).reshape(len(q.groups), hours)
        used, was = np.zeros(place.shape), np.zeros(place.shape)
        np.add.at(used, q.group_of[held], self.design[held])
        np.add.at(was, q.group_of[held], self.base.shift_kw[held])
        for at, value in self._shift():
            of = place[q.group_of[held]]
            rows.add_each(of.ravel(), at[held].ravel(), value, place.size)
        limit = np.maximum(self._roll(q.room_kw[:, 0]) - used, was)
        rows.close(np.full(limit.shape, -np.inf), limit)

    def _event_rows(self, rows: Rows) -> None:
        """Ask for a fall of what is taken, g - e, below what was to be; or for a rise.

        No more is given than is asked, and no source works against it: an event is no occasion to
        trade.
        """
        sense, hours = (-1.0 if self.call.up else 1.0), self.call.hours
        on, base = self.call.span, self.base
        row = np.tile(np.arange(hours), self.size[0])
        for name, value in (("g", -sense), ("e", sense)):
            rows.add_each(row, self.at[name][:, on].ravel(), value, hours)
        rows.add_each(np.arange(hours), self.short, 1.0, hours)
        planned = (self.load + self.base.shift_kw)[:, on].sum(axis=0)
        asked = self.call.kw - sense * planned
        rows.close(asked, asked)
        pairs = (
            ("d", "c", base.discharge_kw - base.charge_kw),
            ("v", "r", base.given_kw - base.back_kw),
        )
        for out, into, was in pairs:
            helps: list[Term] = [(self.at[out][:, on], sense), (self.at[into][:, on], -sense)]
            rows.add(helps, sense * was[:, on], np.inf)
        rows.add([(self.at["u"][:, on], sense)], sense * base.pv_kw[:, on], np.inf)

    @property
    def _count(self) -> int:
        return len(_FLOWS) * self.load.size + self.call.hours

    def solve(self) -> Response:
        upper, price = self._upper(), self._costs()
        flat = np.concatenate([upper[name].ravel() for name in _FLOWS])
        cost = np.concatenate([price[name].ravel() for name in _FLOWS])
        ends = np.full(self.call.hours, 2 * self.call.kw + self.q.connection_kw.sum())
        arrays = self._rows().arrays(
            np.append(cost, np.full(self.call.hours, SHORT_CNY_KWH)),
            np.zeros(self._count),
            np.append(flat, ends),
        )
        run = Highs(arrays).run(time_limit_s=_TIME_S)
        if run.status != "optimal":
            msg = f"HiGHS ended the event as {run.status}."
            raise NoSolutionError(msg)
        return self._read({name: run.values[at] for name, at in self.at.items()}, price)

    def _read(self, x: dict[str, Floats], price: dict[str, Floats]) -> Response:
        base, way = self.base, self.item.one_way
        c, d = netted(np.maximum(x["c"], 0.0), np.maximum(x["d"], 0.0), way, way)
        r, v = netted(
            np.maximum(x["r"], 0.0), np.maximum(x["v"], 0.0), self.item.v2g_round_trip, 1.0
        )
        k, b, shed = (np.maximum(x[name], 0.0) for name in ("k", "b", "x"))
        u = np.maximum(x["u"], 0.0)
        net = self.load + c + r + b - d - v - u - k - shed
        before = self.load + base.shift_kw

        def paid(taken: Floats, wear: Floats, given: Floats) -> float:
            bought = price["g"] * np.maximum(taken, 0.0) + price["e"] * np.maximum(-taken, 0.0)
            return float((bought + price["d"] * wear + price["v"] * given).sum())

        return Response(
            storage_kw=(d - c) - (base.discharge_kw - base.charge_kw),
            v2g_kw=(v - r) - (base.given_kw - base.back_kw),
            pv_kw=u - base.pv_kw,
            deferred_kw=k - b,
            shed_kw=shed,
            before_kw=before,
            cost_cny=paid(net, d, v) - paid(before, base.discharge_kw, base.given_kw),
            call=self.call,
        )
