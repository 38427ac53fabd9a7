r"""Hold the question of flow refuelling as arrays, and tell which trips a choice of sites carries.

Sizes: Q paths, J sites, N positions of a site on a path. A vehicle drives a path of ``length_km``,
and back the same way if ``round_trip``. It starts full where a station stands at its origin, else
with ``start_share`` of its range, may fill up at every open station it passes, must never drive
farther than its range between two fillings, and must end with ``end_share`` of its range left, or
at a station. Half and half is the rule of Kuby & Lim: a vehicle that comes and goes all year can
then always make its next trip as well.

References
----------
M. Kuby & S. Lim, "The flow-refueling location problem for alternative-fuel vehicles",
Socio-Economic Planning Sciences 39 (2005) 125-145.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from siting.models.classical.question import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.int64]

SLACK = 1e-9
"""Relative slack on the range: sums of km miss an exact range by 1e-13."""


class Trips(NamedTuple):
    """Hold the stops a vehicle passes, in order: on the way out, then on the way back."""

    path: Indices
    """(S,) ascending."""
    site: Indices
    """(S,)"""
    driven_km: Floats
    """(S,) since the origin, ascending within a path."""


@dataclass(frozen=True, eq=False)
class FlowQuestion:
    """Hold one question of flow refuelling."""

    flow: Floats
    """(Q,) trips, at least 0."""
    length_km: Floats
    """(Q,)"""
    start: Indices
    """(Q + 1,) where each path's positions begin, as in a CSR matrix."""
    site: Indices
    """(N,) site at each position, in order of the path."""
    km: Floats
    """(N,) from the origin, ascending within a path."""
    range_km: float
    """Longest way on a full battery, or tank."""
    sites: int
    """J"""
    most: int
    """Most open sites, kept ones included."""
    least: int = 0
    """Fewest open sites, kept ones included."""
    round_trip: bool = True
    start_share: float = 0.5
    """Of the range, at an origin without a station."""
    end_share: float = 0.5
    """Of the range, left at an end without a station."""
    kept: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    """(J,) existing sites that stay open; given empty, none."""
    capacity: Floats | None = None
    """(J,) stops a site can serve, in the unit of ``flow``, or None for no limit."""
    limits: Limits = field(default_factory=lambda: Limits.none(0))

    def __post_init__(self) -> None:
        """Fill in what was left out, and refuse paths that are none.

        Raises
        ------
        ValueError
            If positions are off their path or out of order, or range and shares make no sense.
        """
        if not len(self.kept):
            object.__setattr__(self, "kept", np.zeros(self.sites, dtype=bool))
        if self.limits.rows.shape[1] != self.sites:
            object.__setattr__(self, "limits", Limits.none(self.sites))
        if not self.range_km > 0 or not (0 <= self.start_share <= 1 and 0 <= self.end_share <= 1):
            msg = f"range_km {self.range_km} must be above 0, shares of it between 0 and 1"
            raise ValueError(msg)
        path = self.path
        inner = path[1:] == path[:-1]
        beyond = self.km > self.length_km[path] * (1 + SLACK)
        if np.any(self.km < 0) or np.any(beyond) or np.any(np.diff(self.km)[inner] < 0):
            msg = "km must ascend along each path, from 0 to its length"
            raise ValueError(msg)

    @classmethod
    def from_paths(
        cls,
        paths: Sequence[Sequence[tuple[int | None, float]]],
        *,
        flow: Sequence[float],
        range_km: float,
        sites: int,
        most: int,
    ) -> FlowQuestion:
        """Return the question of paths given as their nodes, first and last included.

        Parameters
        ----------
        paths
            Each a list of (site or None, km from the origin).
        flow
            Trips on each.
        range_km
            Longest way on a full battery.
        sites
            How many there are.
        most
            Most open sites.
        """
        stops = [[(j, km) for j, km in path if j is not None] for path in paths]
        flat = [stop for path in stops for stop in path]
        return cls(
            flow=np.array(flow, dtype=float),
            length_km=np.array([path[-1][1] for path in paths], dtype=float),
            start=np.cumsum([0, *map(len, stops)], dtype=np.int64),
            site=np.array([j for j, _ in flat], dtype=np.int64),
            km=np.array([km for _, km in flat], dtype=float),
            range_km=range_km,
            sites=sites,
            most=most,
        )

    @cached_property
    def path(self) -> Indices:
        """(N,) path of each position, ascending."""
        return np.repeat(np.arange(len(self.flow)), np.diff(self.start))

    @cached_property
    def trip_km(self) -> Floats:
        """(Q,) length of the trip: out, and back where it is a round trip."""
        return self.length_km * (2.0 if self.round_trip else 1.0)

    @property
    def reach_km(self) -> float:
        """Return the range with its slack."""
        return self.range_km * (1 + SLACK)

    @cached_property
    def trips(self) -> Trips:
        """Return all stops of all trips, those on the way back included."""
        path, site, km = self.path, self.site, self.km
        if self.round_trip:
            path, site = np.tile(path, 2), np.tile(site, 2)
            km = np.concatenate([km, self.trip_km[self.path] - km])
        order = np.lexsort((km, path))
        return Trips(path[order], site[order], km[order])

    def refuelled(self, opened: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (Q,) which trips can be made with some sites open: no gap exceeds the range."""
        trips, paths = self.trips, np.arange(len(self.flow))
        here = opened[trips.site]
        path = np.concatenate([paths, trips.path[here], paths])
        begin = np.full(len(paths), -(1 - self.start_share) * self.range_km)
        end = self.trip_km + self.end_share * self.range_km
        place = np.concatenate([begin, trips.driven_km[here], end])
        order = np.lexsort((place, path))
        gap = np.diff(place[order])
        same = np.diff(path[order]) == 0
        longest = np.zeros(len(paths))
        np.maximum.at(longest, path[order][1:][same], gap[same])
        return longest <= self.reach_km

    def refuelled_flow(self, opened: NDArray[np.bool_]) -> float:
        """Return the flow whose trips can be made with some sites open."""
        return float(self.flow[self.refuelled(opened)].sum())
