"""State the question as arrays, straight from the problem: the program of ``statement``.

The same columns and rows in the same order as :func:`siting.models.statement.state` states them in
PuLP, without an object for each: seven million pairs take seconds. The formulation stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from siting.data.problem import NONE
from siting.models.equity import with_equity
from siting.models.fixed_rows import fixed_rows
from siting.models.headroom import headroom_block, row_names
from siting.models.highs import Arrays
from siting.models.labels import names_for
from siting.models.statement import KCNY, SLACK

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from siting.data.problem import Problem

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

_ENDLESS = np.inf


def arrays_of(problem: Problem, *, whole: Problem | None = None) -> Arrays:
    """Return the problem's program as arrays, without names.

    Parameters
    ----------
    problem
        The question.
    whole
        The same question with all its pairs, where ``problem`` has but some of them: stations are
        then as large as all the demand within reach lets them be.
    """
    return with_equity(_Rows(problem, whole or problem).arrays(), problem)


def named_rows(problem: Problem) -> dict[str, int]:
    """Return where the rows stand that limit money, counts, ratio and headroom, by their names."""
    (rows := _Rows(problem, problem)).arrays()
    return rows.named


class _Rows:
    """Append blocks of rows, one method a block of the formulation."""

    def __init__(self, problem: Problem, whole: Problem) -> None:
        p = self.p = problem
        self.whole = whole
        self.site, self.kind = (part.astype(np.int64) for part in np.nonzero(p.allowed))
        self.n_choice, self.pairs = len(self.site), len(p.pair_zone) if p.serves else 0
        self.zones = np.flatnonzero(p.reachable_zone)
        self.n_cover = len(self.zones) if p.covers else 0
        self.column = np.full(p.allowed.shape, NONE, dtype=np.int64)
        self.column[self.site, self.kind] = np.arange(self.n_choice)
        self.phases = len(p.phases)
        self.first_energy = self.n_choice * self.phases
        self.first_cover = self.first_energy + self.pairs * self.phases
        self.size = self.first_cover + self.n_cover * self.phases
        self.counts: list[Indices] = []
        self.index: list[NDArray[np.int32]] = []
        self.value: list[Values] = []
        self.low: list[Values] = []
        self.high: list[Values] = []
        self.floors: list[int] = []
        self.named: dict[str, int] = {}
        self.phase, self.room = names_for(p.phases), row_names(p)

    def arrays(self) -> Arrays:
        for t in range(self.phases):
            self._one_and_rise(t)
            self._block(*fixed_rows(self.p, t, self.site, self.kind, self._y(t)))
            if self.pairs:
                self._service(t)
            if self.n_cover:
                self._coverage(t)
            self._ratio(t)
            self._budget(t)
            self._headroom(t)
            self._spacing(t)
        integer = np.arange(self.size) < self.first_energy
        upper = np.where(integer, 1.0, _ENDLESS)
        upper[self.first_cover :] = 1.0
        return Arrays(
            maximise=self.p.objective in {"served", "covered"},
            cost=self._cost(),
            lower=np.zeros(self.size),
            upper=upper,
            integer=integer,
            row_lower=_joined(self.low),
            row_upper=_joined(self.high),
            start=np.append(0, np.cumsum(_joined(self.counts))).astype(np.int32),
            index=np.concatenate([np.empty(0, np.int32), *self.index]),
            value=_joined(self.value),
            row_names=(),
            floors=np.array(self.floors, dtype=np.int64),
        )

    def _cost(self) -> Values:
        p, cost = self.p, np.zeros(self.size)
        if p.objective == "cost":
            last = slice((self.phases - 1) * self.n_choice, self.first_energy)
            cost[last] = p.state_cost_cny[self.site, self.kind] / KCNY
        elif p.objective == "covered":
            cost[self.first_cover :] = (p.weight[:, None] * p.demand_kwh[:, self.zones]).ravel()
        else:
            one = p.pair_minutes if p.objective == "access" else np.ones(self.pairs)
            cost[self.first_energy : self.first_cover] = np.outer(p.weight, one).ravel()
        return cost

    def _y(self, t: int) -> Indices:
        """Return the columns of y in a phase, (choice,)."""
        return t * self.n_choice + np.arange(self.n_choice)

    def _x(self, t: int) -> Indices:
        return self.first_energy + t * self.pairs + np.arange(self.pairs)

    def _block(
        self,
        count: int,
        row: Indices,
        column: Indices,
        value: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        names: list[str] | None = None,
    ) -> None:
        """Append rows given by their entries; of one low side, with high sides row by row."""
        size = sum(len(side) for side in self.low)
        self.named |= {name: size + n for n, name in enumerate(names or ())}
        order = np.argsort(row, kind="stable")
        self.counts.append(np.bincount(row, minlength=count).astype(np.int64))
        self.index.append(column[order].astype(np.int32))
        self.value.append(np.broadcast_to(np.asarray(value, dtype=float), row.shape)[order])
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), (count,)))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), (count,)))

    def _single(
        self, column: Indices, value: ArrayLike, low: float, high: float, *names: str
    ) -> None:
        self._block(1, 0 * column, column, value, low, high, list(names))

    def _one_and_rise(self, t: int) -> None:
        """State both families site by site: one, then a rise for each of the site's types."""
        p = self.p
        held = p.allowed.sum(axis=1)
        rows = np.where(held > 0, 1 + (held if t else 0), 0)
        first = np.cumsum(rows) - rows
        rank = np.cumsum(p.allowed, axis=1)  # 1 for the lowest type a site may hold
        row, column, value = [first[self.site]], [self._y(t)], [np.ones(self.n_choice)]
        low, high = np.full(rows.sum(), -_ENDLESS), np.full(rows.sum(), 1.0)
        stays = np.flatnonzero((p.initial != NONE) & ~p.closable & (held > 0))
        low[first[stays]] = 1.0
        if t:
            for a in range(len(p.types)):
                sites = np.flatnonzero(p.allowed[:, a])
                low[first[sites] + rank[sites, a]] = 0.0
                high[first[sites] + rank[sites, a]] = _ENDLESS
                closes = sites[p.closable[sites] & (p.initial[sites] == a)]
                low[first[closes] + rank[closes, a]] = -_ENDLESS
                high[first[closes] + rank[closes, a]] = 0.0
                for b in range(a, len(p.types)):
                    both = np.flatnonzero(p.allowed[:, a] & p.allowed[:, b])
                    at = first[both] + rank[both, a]
                    now = t * self.n_choice + self.column[both, b]
                    row += [at, at]
                    column += [now, now - self.n_choice]
                    value += [np.ones(len(both)), np.full(len(both), -1.0)]
        self._block(
            len(low), np.concatenate(row), np.concatenate(column), np.concatenate(value), 0.0, high
        )
        self.low[-1] = low

    def _service(self, t: int) -> None:
        p, x = self.p, self._x(t)
        demand = p.demand_kwh[t]
        zone, row = np.unique(p.pair_zone, return_inverse=True)
        self._block(len(zone), row, x, 1.0, -_ENDLESS, demand[zone])
        zones, at = self.whole.pair_zone, self.whole.pair_site
        reachable = np.bincount(at, weights=demand[zones], minlength=len(p.sites))
        sites, first = np.unique(p.pair_site, return_index=True)
        place = np.full(len(p.sites), NONE, dtype=np.int64)
        place[sites[np.argsort(first)]] = np.arange(len(sites))
        kept = place[self.site] != NONE
        room = np.minimum(p.capacity_kwh[self.kind], reachable[self.site])[kept]
        self._block(
            len(sites),
            np.concatenate([place[p.pair_site], place[self.site[kept]]]),
            np.concatenate([x, self._y(t)[kept]]),
            np.concatenate([np.ones(len(x)), -room]),
            -_ENDLESS,
            0.0,
        )
        if p.objective == "access":
            self._link(t)
        if p.min_served_share:
            self._floor(x, 1.0, p.min_served_share * self.whole.reachable_kwh[t])

    def _floor(self, column: Indices, value: ArrayLike, promised: float) -> None:
        self.floors.append(sum(len(low) for low in self.low))
        self._single(column, value, promised * (1 - SLACK), _ENDLESS)

    def _link(self, t: int) -> None:
        pair, build = self._stations_of_pairs()
        demand = self.p.demand_kwh[t, self.p.pair_zone]
        rows = np.arange(self.pairs)
        self._block(
            self.pairs,
            np.concatenate([rows, pair]),
            np.concatenate([self._x(t), t * self.n_choice + build]),
            np.concatenate([np.ones(self.pairs), -demand[pair]]),
            -_ENDLESS,
            0.0,
        )

    def _stations_of_pairs(self) -> tuple[Indices, Indices]:
        """Return pairs and columns of y, phase 0, of the supercharging types at their sites."""
        pair, build = [], []
        for k in np.flatnonzero(self.p.is_super):
            column = self.column[self.p.pair_site, k]
            may = np.flatnonzero(column != NONE)
            pair.append(may)
            build.append(column[may])
        return _joined(pair), _joined(build)

    def _coverage(self, t: int) -> None:
        p = self.p
        first = self.first_cover + t * self.n_cover
        pair, build = self._stations_of_pairs()
        row_of = np.cumsum(p.reachable_zone) - 1
        rows = np.arange(self.n_cover)
        self._block(
            self.n_cover,
            np.concatenate([rows, row_of[p.pair_zone[pair]]]),
            np.concatenate([first + rows, t * self.n_choice + build]),
            np.concatenate([np.ones(self.n_cover), np.full(len(pair), -1.0)]),
            -_ENDLESS,
            0.0,
        )
        if p.min_covered_share:
            demand = p.demand_kwh[t, self.zones]
            self._floor(first + rows, demand, p.min_covered_share * self.whole.reachable_kwh[t])

    def _ratio(self, t: int) -> None:
        p, y = self.p, self._y(t)
        count = p.ratio_count[self.kind].astype(float)
        if p.city_target[t] > 0:
            counts = count > 0
            least, name = float(p.city_target[t]), f"ratio({self.phase[t]})"
            self._single(y[counts], count[counts], least, _ENDLESS, name)
        for r in range(len(p.districts)):
            if p.district_target[t, r] > 0:
                counts = (count > 0) & (p.site_district[self.site] == r)
                self._single(y[counts], count[counts], float(p.district_target[t, r]), _ENDLESS)
        if p.max_stations[t] != NONE:
            most, name = float(p.max_stations[t]), f"most({self.phase[t]})"
            self._single(y[p.is_super[self.kind]], 1.0, -_ENDLESS, most, name)

    def _budget(self, t: int) -> None:
        if np.isfinite(self.p.budget_cny[t]):
            cost, name = self.p.state_cost_cny[self.site, self.kind], f"budget({self.phase[t]})"
            limit = float(self.p.budget_cny[t] / KCNY * (1 + SLACK))
            self._single(self._y(t), cost / KCNY, -_ENDLESS, limit, name)

    def _headroom(self, t: int) -> None:
        named, row, column, load, limits = headroom_block(self.p, t, self.site, self.kind)
        names = [self.room[n] for n in named]
        self._block(len(named), row, self._y(t)[column], load, -_ENDLESS, limits, names)

    def _spacing(self, t: int) -> None:
        p = self.p
        fades = bool(np.any(np.diff(p.is_super.astype(int)) < 0))
        close = p.conflicts.reshape(-1, 2)
        if t < self.phases - 1 and not fades:
            close = close[p.closable[close].any(axis=1)]
        row, column = [], []
        for k in np.flatnonzero(p.is_super):
            for side in range(2):
                at = self.column[close[:, side], k]
                may = np.flatnonzero(at != NONE)
                row.append(may)
                column.append(t * self.n_choice + at[may])
        self._block(len(close), _joined(row), _joined(column), 1.0, -_ENDLESS, 1.0)


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
