"""Owe something to districts and groups in random problems."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.fairness import Circle, Fairness, Floor
from tests.toy import A, B, E, random_problem, toy

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.scenario import ObjectiveKind


def owed_problem(
    seed: int,
    objective: ObjectiveKind,
    *,
    served: float = 0.0,
    covered: float = 0.0,
    circle: int = 0,
    first: int = 0,
    zones: int = 6,
    sites: int = 4,
) -> Problem:
    """Return a random problem with a floor in each district and a circle of the first zones.

    Parameters
    ----------
    seed, objective, zones, sites
        As `random_problem`.
    served, covered
        Least shares in every district; 0 for none.
    circle
        Zones that need a station at one of the two sites beside their own number.
    first
        First phase it holds in.
    """
    problem = random_problem(seed, objective, zones=zones, sites=sites)
    asked = np.arange(2) >= first
    due = problem.demand_kwh * problem.reachable_zone * asked[:, None]
    floors = []
    for family, share in (("served", served), ("covered", covered)):
        for r, name in enumerate(problem.districts):
            member = problem.zone_district == r
            kwh = share * due[:, member].sum(axis=1)
            if share and kwh.any():
                floors.append(Floor(family, name, share, member, kwh))  # type: ignore[arg-type]
    circles: tuple[Circle, ...] = ()
    if circle:
        row = np.repeat(np.arange(circle), 2)
        site = np.array([(i + n) % sites for i in range(circle) for n in (0, 1)])
        names = problem.zones[:circle]
        circles = (Circle("near", 1.0, names, row, site, (), asked),)
    return replace(problem, fairness=Fairness(tuple(floors), circles))


def owed_toy() -> Problem:
    """Return the toy with a third of Z1's demand owed, and from p2 on stations near Z1 and Z2."""
    member = np.array([True, False, False])
    kwh = toy().demand_kwh[:, 0] / 3
    floors = (
        Floor("served", "W", 1 / 3, member, kwh),
        Floor("covered", "old town", 0.5, ~member, 0.5 * toy().demand_kwh[:, 1]),
    )
    circle = Circle(
        "centre",
        1.0,
        ("Z1", "Z2"),
        np.array([0, 0, 1]),
        np.array([E, A, B]),
        ("Z3",),
        np.array([False, True]),
    )
    return replace(toy(), fairness=Fairness(floors, (circle,)))
