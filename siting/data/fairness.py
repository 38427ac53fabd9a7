"""Turn a scenario's floors by district and group, and its circles, into arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from scipy.spatial import cKDTree

from siting.data.sphere import EARTH_RADIUS_KM, great_circle_km, inner_points
from siting.errors import Fault, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.case import Case
    from siting.scenario import Equity, Group, Scenario

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

HAIR = 1e-9
"""Relative slack of a radius: a site on the circle is inside."""


@dataclass(frozen=True, eq=False)
class Floor:
    """Hold the least share of its reachable demand that some zones must get."""

    family: Literal["served", "covered"]
    scope: str
    """District or group."""
    share: float
    zones: Flags
    """(I,)"""
    promised_kwh: Floats
    """(T,) kWh a day; 0 before the first phase it holds in."""


@dataclass(frozen=True, eq=False)
class Circle:
    """Hold the zones of a group that need a station within a radius, and the sites that near."""

    group: str
    km: float
    zones: tuple[str, ...]
    """(C,) ids."""
    row: NDArray[np.int64]
    """(L,) position of the zone."""
    site: NDArray[np.int64]
    """(L,)"""
    left_out: tuple[str, ...]
    """Ids of zones with no usable site that near."""
    asked: Flags
    """(T,) phases it holds in."""


@dataclass(frozen=True, eq=False)
class Fairness:
    """Hold all that a plan owes to districts and groups."""

    floors: tuple[Floor, ...] = ()
    circles: tuple[Circle, ...] = ()
    raised: tuple[Floor, ...] = ()
    """Floors of which the least share is raised as far as it goes: each promises all there is."""
    slack: float = 0.0
    """What of the raised share the objective may take back."""

    def held(self, share: float) -> Fairness:
        """Return what is owed once the raised floors stand at a share, after all others."""
        stood = (
            replace(f, share=share, promised_kwh=share * f.promised_kwh)
            for f in (self.raised if share > 0 else ())
        )
        return replace(self, floors=(*self.floors, *stood), raised=(), slack=0.0)

    def of(self, family: str) -> tuple[Floor, ...]:
        """Return the floors of a family."""
        return tuple(floor for floor in self.floors if floor.family == family)

    def at(self, phase: int) -> Fairness:
        """Return what one phase owes."""
        only = slice(phase, phase + 1)
        return Fairness(
            tuple(replace(f, promised_kwh=f.promised_kwh[only]) for f in self.floors),
            tuple(replace(c, asked=c.asked[only]) for c in self.circles),
        )

    def over(self, zones: NDArray[np.intp]) -> Fairness:
        """Return the same of some zones, each of which stands for others of the same scopes."""
        return replace(self, floors=tuple(replace(f, zones=f.zones[zones]) for f in self.floors))

    def member(self, zones: int) -> Flags:
        """Return which floors each zone counts in, (I, floors)."""
        columns = [floor.zones for floor in self.floors]
        return np.array(columns, dtype=bool).reshape(len(columns), zones).T


NOTHING_OWED = Fairness()


def group_zones(case: Case, group: Group) -> Flags:
    """Return which zones are of a group, (I,)."""
    if group.label is not None:
        return np.asarray(group_labels(case) == group.label)
    return np.asarray(case.zones["district"].isin(group.districts))


def group_labels(case: Case) -> NDArray[np.object_]:
    """Return each zone's label of column ``group``, '' where there is none, (I,)."""
    if "group" not in case.zones:
        return np.full(len(case.zones), "", dtype=object)
    return np.asarray(case.zones["group"].fillna("").to_numpy(dtype=object))


def check_groups(case: Case, scenario: Scenario) -> Iterator[Fault]:
    """Yield every district or label of a group that the case does not have."""
    districts = set(case.districts["id"])
    labels = set(group_labels(case)) - {""}
    for group in scenario.equity.groups if scenario.equity else ():
        for name in group.districts:
            if name not in districts:
                yield Fault(
                    f"scenario {scenario.name}",
                    f"{name!r} is not a district of {case.name}",
                    f"Its districts are {', '.join(sorted(districts))}.",
                    field=f"equity.groups.{group.name}.districts",
                )
        if group.label is not None and group.label not in labels:
            known = f"They say {', '.join(sorted(labels))}." if labels else "They have none."
            yield Fault(
                f"scenario {scenario.name}",
                f"no zone's column group says {group.label!r}",
                f"{known} Give the zones a column group, or name districts.",
                field=f"equity.groups.{group.name}.label",
            )


def fairness(
    case: Case,
    scenario: Scenario,
    demand_kwh: Floats,
    reachable: Flags,
    points: Floats,
    usable: Flags,
) -> Fairness:
    """Return what the scenario owes to districts and groups.

    Parameters
    ----------
    case, scenario
        City and question.
    demand_kwh
        (T, I) kWh a day.
    reachable
        (I,) zones with a site within reach.
    points
        (J, 2) longitude and latitude of the sites.
    usable
        (J,) sites that may hold a supercharging station.

    Raises
    ------
    ScenarioError
        If a circle reaches no zone at all.
    """
    equity = scenario.equity
    if equity is None or not equity.asks:
        return NOTHING_OWED
    names = [phase.name for phase in scenario.phases]
    first = names.index(equity.from_phase) if equity.from_phase else 0
    asked = np.arange(len(names)) >= first
    due = np.where(reachable, demand_kwh, 0.0) * asked[:, None]
    floors = tuple(
        Floor(family, scope, share, zones, share * due[:, zones].sum(axis=1))
        for family, scope, share, zones in _floors(case, equity)
        if due[:, zones].any()
    )
    last = due * (np.arange(len(names)) == len(names) - 1)[:, None]
    raised = tuple(
        Floor(equity.max_min, scope, 1.0, zones, last[:, zones].sum(axis=1))
        for scope, zones in (*_districts(case), *_groups(case, equity))
        if equity.max_min and last[:, zones].any()
    )
    circles = tuple(
        _circle(case, group, points, usable, asked) for group in equity.groups if group.circle_km
    )
    if empty := [circle.group for circle in circles if not circle.zones]:
        msg = "A circle of [equity] cannot hold anywhere:"
        what = f"no zone of group {empty[0]!r} has a usable site within circle_km"
        mend = "Give a larger circle_km, or more sites."
        raise ScenarioError(msg, [Fault(f"scenario {scenario.name}", what, mend)])
    return Fairness(floors, circles, raised, equity.max_min_slack)


def _districts(case: Case) -> list[tuple[str, Flags]]:
    home = case.zones["district"].to_numpy()
    return [(name, np.asarray(home == name)) for name in case.districts["id"]]


def _groups(case: Case, equity: Equity) -> list[tuple[str, Flags]]:
    return [(group.name, group_zones(case, group)) for group in equity.groups]


def _floors(
    case: Case, equity: Equity
) -> Iterator[tuple[Literal["served", "covered"], str, float, Flags]]:
    everywhere = _districts(case)
    own = [(group, group_zones(case, group)) for group in equity.groups]
    for name, zones in everywhere:
        if equity.min_served_share:
            yield "served", name, equity.min_served_share, zones
    for group, zones in own:
        if group.min_served_share:
            yield "served", group.name, group.min_served_share, zones
    for name, zones in everywhere:
        if equity.min_covered_share:
            yield "covered", name, equity.min_covered_share, zones
    for group, zones in own:
        if group.min_covered_share:
            yield "covered", group.name, group.min_covered_share, zones


def _circle(case: Case, group: Group, points: Floats, usable: Flags, asked: Flags) -> Circle:
    """Return the circle of a group; distances are great circles, zones their inner points."""
    km = float(group.circle_km or 0.0)
    member = np.flatnonzero(group_zones(case, group))
    home = shapely.get_coordinates(inner_points(case.zones.geometry.to_numpy()[member]))
    sites = np.flatnonzero(usable)
    row, site = near_pairs(home, points[sites], km)
    kept, place = np.unique(row, return_inverse=True)
    ids = case.zones["id"].to_numpy()[member]
    out = np.setdiff1d(np.arange(len(member)), kept)
    return Circle(
        group.name,
        km,
        tuple(ids[kept]),
        place.astype(np.int64),
        sites[site].astype(np.int64),
        tuple(ids[out]),
        asked,
    )


def near_pairs(home: Floats, place: Floats, km: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return every pair of points no farther apart than a radius, sorted: two arrays.

    Parameters
    ----------
    home, place
        (n, 2) and (m, 2) longitude, latitude.
    km
        Radius along the great circle.
    """
    if not len(home) or not len(place):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    tree, radius = cKDTree(_ball(place)), km * (1 + HAIR)
    found = [sorted(tree.query_ball_point(point, radius)) for point in _ball(home)]
    row = np.repeat(np.arange(len(home)), [len(item) for item in found])
    site = np.array([j for item in found for j in item], dtype=np.intp)
    apart = great_circle_km(home[row, 0], home[row, 1], place[site, 0], place[site, 1])
    near = apart <= km * (1 + HAIR)
    return row[near], site[near]


def _ball(points: Floats) -> Floats:
    lam, phi = np.radians(points).T
    parts = [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]
    return EARTH_RADIUS_KM * np.column_stack(parts)
