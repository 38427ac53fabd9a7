"""Tell why each site without a station has none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.data.problem import NONE
from siting.models.sensitivity.figure import Figure, exact, sign_of
from siting.models.sensitivity.rules import Breach, breaches
from siting.models.sensitivity.worth import without
from siting.models.solution import open_supers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.models.sensitivity.stations import StationLoss
    from siting.models.sensitivity.worth import Worth

    Types = NDArray[np.int64]

_NOTHING = 1e-6
"""Relative to the objective: less is a solver's dust."""


@dataclass(frozen=True)
class Rejected:
    """Hold why a site has no station."""

    site: int
    kind: int
    """Type that was tried, or NONE where none fits."""
    gain: Figure
    """What it would add to the plan, if nothing stood against it; in the objective's unit."""
    reasons: tuple[str, ...]
    dominated_by: int = NONE
    """Site that reaches all it reaches, no farther, for no more money; or NONE."""
    swap: int = NONE
    """Station it would best replace among those tried, or NONE."""
    swap_change: Figure | None = None
    """What the plan gains by that swap; negative: loses."""
    swaps_tried: int = 0


@dataclass(eq=False)
class Rejections:
    """Look at the sites without a station, beside what each station is worth."""

    worth: Worth
    losses: Sequence[StationLoss]
    swaps: int
    """Stations tried in each site's place."""

    def __post_init__(self) -> None:
        self.problem = self.worth.problem
        self.sign = sign_of(self.problem)
        self.opened = open_supers(self.problem, self.worth.type_at)
        self.small = _NOTHING * max(abs(self.worth.base.objective), 1.0)

    def sites(self) -> list[int]:
        """Return the sites without a supercharging station at the end, the likeliest gain first.

        By the proven bound on what each could add, where there is one; else by demand in reach.
        """
        p = self.problem
        near = np.bincount(
            p.pair_site, weights=p.demand_kwh[-1][p.pair_zone], minlength=len(p.sites)
        )
        shut = np.flatnonzero(~self.opened[-1, : len(p.sites) - p.works])
        bound = [min(self.gain_bound(j), float(near[j])) for j in shut.tolist()]
        return [int(shut[n]) for n in np.argsort(-np.array(bound), kind="stable")]

    def gain_bound(self, site: int) -> float:
        """Return a proven bound on what a site's largest station could add."""
        kinds = self._kinds(site)
        return self.worth.gain_bound(site, kinds[-1]) if kinds else 0.0

    def _kinds(self, site: int) -> list[int]:
        """Return the supercharging types a site may hold, by what they can serve."""
        p = self.problem
        kinds = np.flatnonzero(p.allowed[site] & p.is_super).tolist()
        return sorted(kinds, key=lambda k: (p.capacity_kwh[k], -p.state_cost_cny[site, k]))

    def roughly(self, site: int) -> Rejected:
        """Return why a site has no station, as far as bounds tell: no energy is assigned anew."""
        kind, against = self._best_kind(site)
        if kind == NONE:
            return Rejected(site, NONE, exact(0.0), ("no supercharging station fits the site",))
        gain = Figure("bounds", 0.0, max(self.gain_bound(site), 0.0))
        if self.problem.objective != "served":
            gain = Figure("unknown", np.nan, np.nan)
        none = gain.basis == "bounds" and gain.upper <= self.small
        reasons = ("adds nothing: what it reaches is served",) if none else ()
        return Rejected(site, kind, exact(0.0) if none else gain, (*reasons, *_texts(against)))

    def closely(self, site: int) -> Rejected:
        """Return why a site has no station: its gain, what stands against it, its best swap."""
        kind, against = self._best_kind(site)
        if kind == NONE:
            return self.roughly(site)
        value = self.worth.of({site: self._from_when(site, kind, against)})
        gain = self.sign * (value.objective - self.worth.base.objective)
        reasons = list(_texts(against))
        if gain <= self.small:
            reasons.insert(0, self._no_gain(site))
        elif not against:
            reasons.append("nothing: the plan would be better with it, so it is not the best")
        over = self._dominating(site)
        swap, change, tried = self._best_swap(site, kind)
        figure = None if swap == NONE else exact(change)
        return Rejected(site, kind, exact(gain), tuple(reasons), over, swap, figure, tried)

    def _no_gain(self, site: int) -> str:
        if not (self.problem.pair_site == site).any():
            return "adds nothing: no zone is within reach"
        return {
            "served": "adds nothing: what it reaches is served already",
            "covered": "adds nothing: what it reaches is covered already",
            "access": "adds nothing: no drive becomes shorter",
            "cost": "costs money, and nothing asked for is missing",
        }[self.problem.objective]

    def _types(self, site: int, kind: int, start: int) -> Types:
        """Return a site's types with a station from a phase on, and before as the plan has it."""
        types = self.worth.type_at[:, site].copy()
        types[start:] = kind
        return types

    def _against(self, site: int, kind: int, start: int) -> list[Breach]:
        types = self.worth.with_types({site: self._types(site, kind, start)})
        return breaches(self.problem, types)

    def _best_kind(self, site: int) -> tuple[int, list[Breach]]:
        """Return the largest type that nothing stands against at the end; else the smallest."""
        kinds, last = self._kinds(site), len(self.problem.phases) - 1
        against: list[Breach] = []
        for kind in reversed(kinds):
            against = self._against(site, kind, last)
            if not against:
                return kind, against
        return (kinds[0], against) if kinds else (NONE, [])

    def _from_when(self, site: int, kind: int, against: list[Breach]) -> Types:
        """Return a site's types, open from the first phase that nothing stands against it in."""
        last = len(self.problem.phases) - 1
        if against:
            return self._types(site, kind, 0)
        starts = (t for t in range(last + 1) if not self._against(site, kind, t))
        return self._types(site, kind, next(starts, last))

    @cached_property
    def _reach(self) -> sparse.csr_array:
        """(J, I) 1 where the zone is within reach of the site."""
        p = self.problem
        ones = np.ones(len(p.pair_zone))
        return sparse.csr_array(
            sparse.coo_array((ones, (p.pair_site, p.pair_zone)), shape=(len(p.sites), len(p.zones)))
        )

    def _dominating(self, site: int) -> int:
        """Return a site that reaches all a site reaches, no farther, for no more money."""
        p = self.problem
        mine = np.flatnonzero(p.pair_site == site)
        if not len(mine):
            return NONE
        shared = np.asarray((self._reach @ self._reach[[site]].T).todense()).ravel()
        over = np.flatnonzero(shared == len(mine))
        minutes = dict(zip(p.pair_zone[mine].tolist(), p.pair_minutes[mine].tolist(), strict=True))
        for other in over[over != site].tolist():
            pairs = np.flatnonzero(p.pair_site == other)
            near = {
                int(i): float(m)
                for i, m in zip(p.pair_zone[pairs], p.pair_minutes[pairs], strict=True)
            }
            if all(near[i] <= m for i, m in minutes.items()) and self._cheaper(other, site):
                return int(other)
        return NONE

    def _cheaper(self, other: int, site: int) -> bool:
        """Tell whether all a site may hold, another may hold for no more money."""
        p = self.problem
        kinds = self._kinds(site)
        fits = p.allowed[other, kinds].all()
        return bool(
            fits and (p.state_cost_cny[other, kinds] <= p.state_cost_cny[site, kinds]).all()
        )

    def _best_swap(self, site: int, kind: int) -> tuple[int, float, int]:
        """Return the station a site would best replace, what that gains, and how many were tried.

        It opens when the station it replaces would have. Those tried: stations that share most
        zones with it, and those whose loss is least; whichever swap keeps every rule counts.
        """
        best, change, tried = NONE, -np.inf, 0
        for other in self._candidates(site):
            kinds = without(self.problem, self.worth.type_at, other)
            if kinds is None:
                continue
            when = np.flatnonzero(self.opened[:, other])
            changed = {other: kinds, site: self._types(site, kind, int(when[0]))}
            if breaches(self.problem, self.worth.with_types(changed)):
                continue
            tried += 1
            value = self.worth.of(changed)
            gain = self.sign * (value.objective - self.worth.base.objective)
            if value.floors and gain > change:
                best, change = other, gain
        return best, change, tried

    def _candidates(self, site: int) -> list[int]:
        stations = [loss.site for loss in self.losses]
        if len(stations) <= self.swaps:
            return stations
        shared = np.asarray((self._reach @ self._reach[[site]].T).todense()).ravel()
        nearest = sorted(stations, key=lambda j: -shared[j])[: self.swaps // 2]
        least = [j for j in reversed(stations) if j not in set(nearest)]
        return nearest + least[: self.swaps - len(nearest)]


def _texts(against: Sequence[Breach]) -> tuple[str, ...]:
    return tuple(breach.text for breach in against)
