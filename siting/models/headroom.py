"""Give the rows of headroom, one shape whether by worst hour or hour by hour."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.data.rooms import Rooms
from siting.models.labels import names_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

WORST = -1
"""Hour of a row that stands for the worst one."""
SLACK = 1e-9
"""Relative slack, as on the rows of the statement."""


def headroom_rows(problem: Problem) -> Rooms:
    """Return every row of headroom with a limit, in the order of phase, substation, hour.

    Of a question without rooms by hour there is one row a phase and substation: its worst hour.
    """
    p = problem
    if p.rooms is not None:
        return p.rooms
    phase, substation = np.nonzero(np.isfinite(p.headroom_kw))
    load = np.broadcast_to(p.load_kw, (len(phase), len(p.load_kw)))
    hour = np.full(len(phase), WORST)
    return Rooms(phase, substation, hour, load, p.headroom_kw[phase, substation])


def row_names(problem: Problem) -> list[str]:
    """Return the name of each row of :func:`headroom_rows` in a statement."""
    substations, phases = names_for(problem.substations), names_for(problem.phases)
    rows = headroom_rows(problem)
    names = []
    for t, g, hour in zip(
        rows.phase.tolist(), rows.substation.tolist(), rows.hour.tolist(), strict=True
    ):
        when = phases[t] if hour == WORST else f"{hour:02d}h,{phases[t]}"
        names.append(f"headroom({substations[g]},{when})")
    return names


def headroom_block(
    problem: Problem, phase: int, site: Places, kind: Places
) -> tuple[Places, Places, Places, Floats, Floats]:
    """Return the rows of a phase by their entries.

    Parameters
    ----------
    problem
        The question.
    phase
        Which.
    site, kind
        (choice,) of the phase's columns, in order.

    Returns
    -------
    rows, row, column, load, limits
        Numbers of the rows that ask anything; row, column and kW of each entry; kW of each row.
    """
    rows = headroom_rows(problem)
    here = np.flatnonzero(rows.phase == phase)
    at = problem.site_substation[site]
    order = np.argsort(at, kind="stable")
    first = np.searchsorted(at[order], rows.substation[here])
    count = np.searchsorted(at[order], rows.substation[here], side="right") - first
    row = np.repeat(np.arange(len(here)), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    column = order[np.repeat(first, count) + place]
    load = rows.load_kw[here[row], kind[column]]
    row, column, load = row[load != 0], column[load != 0], load[load != 0]
    asked, row = np.unique(row, return_inverse=True)
    return here[asked], row, column, load, rows.limit_kw[here[asked]] * (1 + SLACK)


def with_room(problem: Problem, substation: int, more_kw: float) -> Problem:
    """Return the question with so much more room at a substation, in every phase and hour."""
    room, rooms = problem.headroom_kw.copy(), problem.rooms
    room[:, substation] += more_kw
    if rooms is not None:
        limit = rooms.limit_kw + np.where(rooms.substation == substation, more_kw, 0.0)
        rooms = replace(rooms, limit_kw=limit)
    return replace(problem, headroom_kw=room, rooms=rooms)


def asked_kw(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what stands asks for in each row of :func:`headroom_rows`, (M,) kW."""
    p, rows = problem, headroom_rows(problem)
    total = np.zeros(len(rows.phase))
    phase, site = np.nonzero((type_at != NONE) & (p.site_substation != NONE)[None, :])
    kinds = type_at[phase, site]
    counted = np.zeros((len(p.phases), len(p.substations), len(p.types)))
    np.add.at(counted, (phase, p.site_substation[site], kinds), 1.0)
    for n, (t, g) in enumerate(zip(rows.phase.tolist(), rows.substation.tolist(), strict=True)):
        total[n] = float(rows.load_kw[n] @ counted[t, g])
    return total


def over_kw(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return by how much the limit of each phase and substation is passed at worst, (T, G) kW."""
    p, rows = problem, headroom_rows(problem)
    over = np.full((len(p.phases), len(p.substations)), -np.inf)
    above = asked_kw(problem, type_at) - rows.limit_kw * (1 + SLACK)
    np.maximum.at(over, (rows.phase, rows.substation), above)
    return over


def never_heavier(problem: Problem, small: int, large: int) -> NDArray[np.bool_]:
    """Return where one type asks for no more than another in every row of headroom, (J,)."""
    p = problem
    if p.load_kw[small] > p.load_kw[large]:
        return np.zeros(len(p.sites), dtype=bool)
    light = np.ones(len(p.substations) + 1, dtype=bool)  # the last stands for none
    if p.rooms is not None:
        heavy = p.rooms.load_kw[:, small] > p.rooms.load_kw[:, large]
        light[p.rooms.substation[heavy]] = False
    return np.asarray(light[p.site_substation])


def idle_works_removed(problem: Problem, type_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the choice without reinforcements before they can be in service."""
    if not problem.works or not problem.works_from:
        return type_at
    kept = type_at.copy()
    kept[: problem.works_from, len(problem.sites) - problem.works :] = NONE
    return kept
