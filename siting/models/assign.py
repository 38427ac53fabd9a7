"""Send every zone's energy to the open stations: most energy first, then least minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from siting.models.equity import SLACK
from siting.models.most_energy import most_energy
from siting.models.solution import open_supers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem

    Floats = NDArray[np.float64]

_FIRST = 1000.0
"""A kWh served outweighs this many times the longest drive, so minutes never cost energy."""
_DUST_KWH = 1e-6
MANY = 300_000
"""Pairs of a phase whose site is open from which on not all of them are used."""
NEAREST = 8
"""Nearest open sites of each zone that are used then."""


def assign(problem: Problem, type_at: NDArray[np.int64]) -> Floats:
    """Return the energy along each pair, (T, P) kWh a day.

    For each phase a transportation problem (F. L. Hitchcock, Journal of Mathematics and Physics
    20, 1941) over the pairs whose site is open. With the objective ``access`` only the promised
    share is served, at the least minutes; otherwise as much as can be. What is owed to districts
    and groups comes before both.

    Of very many pairs only those of a maximum flow and the nearest are used: as much energy is
    served, to a millionth part, in minutes that are not proved to be the least.
    """
    opened = open_supers(problem, type_at)
    energy = np.zeros((len(problem.phases), len(problem.pair_zone)))
    for t, row in enumerate(opened):
        pairs = np.flatnonzero(row[problem.pair_site])
        if len(pairs):
            room = problem.capacity_kwh[np.maximum(type_at[t], 0)] * row
            owed = problem.objective == "access" or problem.fairness.of("served")
            if len(pairs) > MANY and not owed:
                pairs = _likely(problem, t, pairs, room)
            energy[t, pairs] = _transport(problem, t, pairs, room)
    return energy


def _likely(problem: Problem, t: int, pairs: NDArray[np.int64], room: Floats) -> NDArray[np.int64]:
    """Return the pairs that a maximum flow uses and the nearest of each zone, ascending."""
    zone, site = problem.pair_zone[pairs], problem.pair_site[pairs]
    used = most_energy(zone, site, problem.demand_kwh[t], room) > 0
    order = np.lexsort((problem.pair_minutes[pairs], zone))
    place = np.arange(len(zone)) - np.searchsorted(zone, zone)
    near = np.zeros(len(zone), dtype=bool)
    near[order[place < NEAREST]] = True
    return pairs[used | near]


def _transport(problem: Problem, t: int, pairs: NDArray[np.int64], room: Floats) -> Floats:
    zone, zones = np.unique(problem.pair_zone[pairs], return_inverse=True)
    site, sites = np.unique(problem.pair_site[pairs], return_inverse=True)
    demand, room, minutes = problem.demand_kwh[t, zone], room[site], problem.pair_minutes[pairs]
    columns = np.arange(len(pairs))
    shape = (len(zone) + len(site), len(pairs))
    rows = np.concatenate([zones, len(zone) + sites])
    matrix = sparse.csr_array(
        (np.ones(2 * len(pairs)), (rows, np.concatenate([columns, columns]))), shape=shape
    )
    limit = np.concatenate([demand, room])
    energy = None
    owed, promises = _owed(problem, t, pairs)
    most = minutes - _FIRST * max(float(minutes.max()), 1.0)
    if problem.objective == "access":
        floor = sparse.vstack([matrix, sparse.csr_array(-np.ones((1, len(pairs)))), owed])
        promised = problem.min_served_share * problem.reachable_kwh[t]
        energy = _least(minutes, floor, np.concatenate([limit, [-promised], promises]))
    if energy is None and len(promises):
        energy = _least(most, sparse.vstack([matrix, owed]), np.append(limit, promises))
    if energy is None:  # all that can be: asked for, or a solver's tolerance below the promise
        energy = _least(most, matrix, limit)
    if energy is None:
        return np.zeros(len(pairs))
    return _within(np.where(energy < _DUST_KWH, 0.0, energy), zones, demand, sites, room)


def _owed(problem: Problem, t: int, pairs: NDArray[np.int64]) -> tuple[sparse.csr_array, Floats]:
    """Return rows and limits, both negative, of what districts and groups must be served."""
    floors = problem.fairness.of("served")
    zones = problem.pair_zone[pairs]
    rows = np.array([-floor.zones[zones].astype(float) for floor in floors])
    least = np.array([-float(floor.promised_kwh[t]) * (1 - SLACK) for floor in floors])
    return sparse.csr_array(rows.reshape(len(floors), len(pairs))), least


def _least(cost: Floats, matrix: sparse.csr_array, limit: Floats) -> Floats | None:
    """Return the flow of least cost within the limits, or None if there is none."""
    found = linprog(  # type: ignore[call-overload]  # its stubs know no sparse array
        cost, A_ub=matrix, b_ub=limit, bounds=(0, None), method="highs"
    )
    return None if found.x is None else np.asarray(found.x)


def _within(
    energy: Floats,
    zones: NDArray[np.intp],
    demand: Floats,
    sites: NDArray[np.intp],
    room: Floats,
) -> Floats:
    """Scale away what a solver's tolerance let pass a demand or a capacity."""
    for where, limit in ((zones, demand), (sites, room)):
        total = np.bincount(where, weights=energy, minlength=len(limit))
        factor = np.where(total > limit, limit / np.maximum(total, _DUST_KWH), 1.0)
        energy = energy * factor[where]
    return energy
