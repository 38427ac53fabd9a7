"""Build a choice station by station: what serves most unmet demand for its money comes next.

Money and the number of stations are scarce both, so a station's gain is divided by the part that it
takes of what is left of either (Y. Toyoda, Management Science 21, 1975). Rules on districts are not
looked at: rounding mends them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.layout import Layout

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

NEXT = 0.5
"""Most that a station not chosen is wished for, in the order of what it would still serve."""


def greedy_wish(layout: Layout) -> Values:
    """Return a choice of every phase to round, (choice,): 1 where chosen, else at most NEXT."""
    p = layout.problem
    wish = np.zeros(len(layout.choice))
    held = p.initial.astype(np.int64)
    for t in range(len(p.phases)):
        phase = _Phase(p, t, held.copy())
        phase.build()
        held = phase.held
        here = layout.phase == t
        site, kind = layout.site[here], layout.kind[here]
        gain = phase.gain()[site, kind]
        rest = NEXT * np.maximum(gain, 0.0) / max(float(gain.max(initial=0.0)), 1e-9)
        wish[here] = np.where(held[site] == kind, 1.0, rest)
    return wish


def greedy_types(problem: Problem, *, fill: bool = False) -> Indices:
    """Return the types that a greedy builder opens, phase by phase, (T, J).

    Parameters
    ----------
    problem
        The question; its rules on districts are not looked at.
    fill
        Go on once nothing serves more, up to the most stations allowed: the cheapest type, where
        it shortens the drive of all demand the most.
    """
    rows = []
    held = problem.initial.astype(np.int64)
    for t in range(len(problem.phases)):
        phase = _Phase(problem, t, held.copy())
        phase.build()
        if fill and problem.max_stations[t] != NONE:
            phase.fill()
        held = phase.held
        rows.append(held.copy())
    return np.array(rows)


@dataclass(eq=False)
class _Phase:
    """Hold one phase while it is built."""

    problem: Problem
    phase: int
    held: Indices
    left_kwh: Values = field(init=False)
    room_kw: Values = field(init=False)
    money_cny: float = field(init=False)
    places: float = field(init=False)

    def __post_init__(self) -> None:
        p, t = self.problem, self.phase
        self.left_kwh = p.demand_kwh[t].copy()
        self.room_kw = np.append(p.headroom_kw[t], np.inf)
        self.money_cny = float(p.budget_cny[t])
        self.places = np.inf if p.max_stations[t] == NONE else float(p.max_stations[t])
        self.open_to = np.ones(len(p.sites), dtype=bool)
        order = np.argsort(p.pair_site, kind="stable")
        self.zone = p.pair_zone[order]
        self.first = np.searchsorted(p.pair_site[order], np.arange(len(p.sites) + 1))
        close = p.conflicts.reshape(-1, 2)
        ends = np.concatenate([close, close[:, ::-1]])
        ends = ends[np.argsort(ends[:, 0], kind="stable")]
        self.close = ends[:, 1]
        self.close_first = np.searchsorted(ends[:, 0], np.arange(len(p.sites) + 1))
        for j in np.flatnonzero(self.held != NONE):
            self._take(int(j), int(self.held[j]))

    def build(self) -> None:
        """Add stations until none serves more."""
        p = self.problem
        while self.places >= 1:
            gain = self.gain()
            fits = p.state_cost_cny <= self.money_cny
            fits &= p.load_kw <= self.room_kw[p.site_substation][:, None]
            price = np.maximum(p.state_cost_cny, 0.0) / max(self.money_cny, 1.0) + 1e-9
            worth = np.where(fits, gain / (price + 1.0 / self.places), 0.0)
            j, k = np.unravel_index(int(worth.argmax()), worth.shape)
            if worth[j, k] <= 0:
                return
            self._take(int(j), int(k))

    def fill(self) -> None:
        """Open cheapest types where they shorten the drive most, up to all places or money."""
        p, demand = self.problem, self.problem.demand_kwh[self.phase]
        now = np.full(len(p.zones), float(p.pair_minutes.max(initial=0.0)))
        stands = (self.held != NONE) & p.is_super[np.maximum(self.held, 0)]
        here = stands[p.pair_site]
        np.minimum.at(now, p.pair_zone[here], p.pair_minutes[here])
        while self.places >= 1:
            fits = p.allowed & p.is_super & (self.open_to & (self.held == NONE))[:, None]
            fits &= p.state_cost_cny <= self.money_cny
            fits &= p.load_kw <= self.room_kw[p.site_substation][:, None]
            may = np.flatnonzero(fits.any(axis=1))
            if not len(may):
                return
            shorter = demand[p.pair_zone] * np.maximum(now[p.pair_zone] - p.pair_minutes, 0.0)
            gain = np.bincount(p.pair_site, weights=shorter, minlength=len(p.sites))
            site = int(may[gain[may].argmax()])
            price = np.where(fits[site], p.state_cost_cny[site], np.inf)
            self._take(site, int(price.argmin()))
            own = p.pair_site == site
            np.minimum.at(now, p.pair_zone[own], p.pair_minutes[own])

    def gain(self) -> Values:
        """Return what each station would still serve, (J, K); 0 where none may come."""
        p = self.problem
        unmet = np.bincount(p.pair_site, weights=self.left_kwh[p.pair_zone], minlength=len(p.sites))
        may = p.allowed & self.open_to[:, None] & p.is_super
        return np.where(may, np.minimum(unmet[:, None], p.capacity_kwh), 0.0)

    def _take(self, site: int, kind: int) -> None:
        """Open a station, or make it larger; it takes of all its zones alike."""
        p, before = self.problem, int(self.held[site])
        more = np.array([p.state_cost_cny[site, kind], p.load_kw[kind], p.is_super[kind]])
        if before not in {NONE, kind}:
            more -= [p.state_cost_cny[site, before], p.load_kw[before], p.is_super[before]]
        self.held[site] = kind
        self.money_cny -= float(more[0])
        self.room_kw[p.site_substation[site]] -= float(more[1])
        self.places -= float(more[2])
        if not p.is_super[kind]:
            return
        self.open_to[site] = False
        self.open_to[self.close[self.close_first[site] : self.close_first[site + 1]]] = False
        zones = self.zone[self.first[site] : self.first[site + 1]]
        within = float(self.left_kwh[zones].sum())
        served = min(1.0, float(p.capacity_kwh[kind]) / max(within, 1e-9))
        self.left_kwh[zones] *= 1.0 - served
