"""Tell what a choice of stations is worth, again and again, each a small step from the last.

The energy of each phase is a transportation problem (F. L. Hitchcock, Journal of Mathematics and
Physics 20, 1941) that HiGHS keeps: a station more or less changes the room of one site, and the
simplex method goes on from where it stood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from siting.data.problem import NONE
from siting.models.highs import Arrays, Highs
from siting.models.solution import covered, open_supers, spent_cny

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort

    Types = NDArray[np.int64]

_SECONDS = 60.0
_SLACK = 1e-9


class Value(NamedTuple):
    """Hold what a choice is worth."""

    objective: float
    """In the unit of the problem's objective; nan where a floor on energy cannot be kept."""
    floors: bool
    """Whether every floor on energy and coverage is kept."""


class Worth:
    """Hold a choice of stations, and tell what others near it are worth.

    Parameters
    ----------
    problem
        The question.
    type_at
        (T, J) type, or NONE.
    effort
        Threads and seed.
    """

    def __init__(self, problem: Problem, type_at: Types, effort: Effort) -> None:
        self.problem, self.type_at = problem, type_at
        self.flows: list[Highs] = []
        self.energy = np.zeros(len(problem.phases))
        if problem.serves:
            room = _room(problem, type_at)
            self.flows = [
                Highs(_transport(problem, t, room[t]), threads=effort.threads, seed=effort.seed)
                for t in range(len(problem.phases))
            ]
            self.energy = np.array([self._run(t) for t in range(len(problem.phases))])
        self.base = self._value(type_at, self.energy)

    def with_types(self, changed: Mapping[int, Types]) -> Types:
        """Return the choice with the types of some sites changed, each (T,)."""
        types = self.type_at.copy()
        for j, kinds in changed.items():
            types[:, j] = kinds
        return types

    def of(self, changed: Mapping[int, Types]) -> Value:
        """Return what the choice is worth with the types of some sites changed, each (T,)."""
        types = self.with_types(changed)
        energy = self.energy.copy()
        if self.flows:
            energy = self._flow(types, sorted(changed))
        return self._value(types, energy)

    def _flow(self, types: Types, sites: list[int]) -> NDArray[np.float64]:
        before = _room(self.problem, self.type_at)[:, sites]
        after = _room(self.problem, types)[:, sites]
        energy = self.energy.copy()
        first = len(self.problem.zones)
        for t in np.flatnonzero((before != after).any(axis=1)).tolist():
            for room in (after, before):
                for j, kwh in zip(sites, room[t].tolist(), strict=True):
                    self.flows[t].set_row(first + j, -np.inf, kwh)
                if room is after:
                    energy[t] = self._run(t)
        return energy

    def _run(self, t: int) -> float:
        run = self.flows[t].run(time_limit_s=_SECONDS, method="simplex")
        return run.objective if run.status == "optimal" else np.nan

    def _value(self, types: Types, energy: NDArray[np.float64]) -> Value:
        p = self.problem
        floors = not np.isnan(energy).any()
        if p.objective != "access" and p.min_served_share:
            floors &= bool((energy >= p.min_served_share * p.reachable_kwh * (1 - _SLACK)).all())
        met = np.where(covered(p, types), p.demand_kwh, 0.0).sum(axis=1)
        floors &= bool((met >= p.min_covered_share * p.reachable_kwh * (1 - _SLACK)).all())
        by_zone = covered(p, types)
        floors &= all(
            bool(
                (
                    (p.demand_kwh * by_zone)[:, f.zones].sum(axis=1)
                    >= f.promised_kwh * (1 - _SLACK)
                ).all()
            )
            for f in p.fairness.of("covered")
        )
        if p.objective == "cost":
            return Value(float(spent_cny(p, types)[-1]), floors)
        if p.objective == "covered":
            return Value(float(p.weight @ met), floors)
        return Value(float(p.weight @ energy), floors)

    def gain_bound(self, site: int, kind: int) -> float:
        """Return a proven bound on what one station more could add to the energy served.

        Weak duality: with zone prices u and site prices v of the best flow, a new site of capacity
        Q adds at most ``Q max(0, 1 - u)`` over the zones it reaches, and no more than their demand.
        """
        p = self.problem
        if p.objective != "served" or p.fairness.of("served"):
            return np.inf
        zones = p.pair_zone[p.pair_site == site]
        if not len(zones):
            return 0.0
        price = np.clip(1.0 - self.zone_price[:, zones], 0.0, 1.0).max(axis=1)
        room = np.minimum(p.capacity_kwh[kind], p.demand_kwh[:, zones].sum(axis=1))
        return float(p.weight @ (price * room))

    @property
    def zone_price(self) -> NDArray[np.float64]:
        """(T, I) worth of one kWh more of each zone's demand."""
        if not hasattr(self, "_zone_price"):
            rows = [
                flow.run(time_limit_s=_SECONDS, method="simplex").duals[: len(self.problem.zones)]
                for flow in self.flows
            ]
            self._zone_price = np.abs(np.array(rows))
        return self._zone_price


def _room(problem: Problem, types: Types) -> NDArray[np.float64]:
    """Return what each site can serve, (T, J) kWh a day."""
    held = np.maximum(types, 0)
    return np.asarray(np.where(open_supers(problem, types), problem.capacity_kwh[held], 0.0))


def _transport(problem: Problem, t: int, room: NDArray[np.float64]) -> Arrays:
    """Return the flow of one phase: rows of zones, of sites, and where minutes count the floor."""
    p, pairs = problem, len(problem.pair_zone)
    columns = np.arange(pairs)
    rows = np.concatenate([p.pair_zone, len(p.zones) + p.pair_site])
    shape = (len(p.zones) + len(p.sites), pairs)
    entry = (np.ones(2 * pairs), (rows, np.concatenate([columns, columns])))
    whole = sparse.csr_array(sparse.coo_array(entry, shape=shape))
    lower = np.full(shape[0], -np.inf)
    upper = np.concatenate([p.demand_kwh[t], room])
    least = p.objective == "access"
    if least:
        floor = p.min_served_share * p.reachable_kwh[t] * (1 - _SLACK)
        whole = sparse.csr_array(sparse.vstack([whole, sparse.csr_array(np.ones((1, pairs)))]))
        lower, upper = np.append(lower, floor), np.append(upper, np.inf)
    for owed in p.fairness.of("served"):
        inside = sparse.csr_array(owed.zones[p.pair_zone].astype(float)[None, :])
        whole = sparse.csr_array(sparse.vstack([whole, inside]))
        lower = np.append(lower, owed.promised_kwh[t] * (1 - _SLACK))
        upper = np.append(upper, np.inf)
    return Arrays(
        maximise=not least,
        cost=p.pair_minutes if least else np.ones(pairs),
        lower=np.zeros(pairs),
        upper=np.full(pairs, np.inf),
        integer=np.zeros(pairs, dtype=bool),
        row_lower=lower,
        row_upper=upper,
        start=whole.indptr.astype(np.int32),
        index=whole.indices.astype(np.int32),
        value=whole.data,
        row_names=(),
    )


def without(problem: Problem, type_at: Types, site: int) -> Types | None:
    """Return a site's types, (T,), without what the plan does there; None where it must stay so.

    A new station is not built, an upgraded one stays as it was, an existing one closes if it may.
    """
    before = int(problem.initial[site])
    plain = np.full(len(problem.phases), before)
    if (type_at[:, site] != plain).any() or before == NONE:
        return plain
    return np.full(len(problem.phases), NONE) if problem.closable[site] else None
