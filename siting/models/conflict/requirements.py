"""Name the planner's requirements in a stated problem, and say how each can give way."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from siting.data.problem import NONE
from siting.models.conflict.limits import Give, Limit, Program, whole_rows
from siting.models.highs import to_arrays
from siting.models.labels import names_for
from siting.models.statement import KCNY, state

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.fairness import Circle
    from siting.data.problem import Problem

    Indices = NDArray[np.int64]

_ROW = re.compile(
    r"^(ratio|most|budget|headroom|spacing|served|covered|served_in|covered_in|circle|fixed)\((.*)\)$"
)
OWED = {"served_in", "covered_in"}
"""Floors of a district or group."""


class Requirement(NamedTuple):
    """Name one requirement: its family, and its phase, district, substation, site if any (or NONE).

    Families: ratio, most, budget, headroom (of a substation), spacing, served, covered, stay
    (existing stations stay open), area (no type larger than a site's area allows) and fixed (what
    was decided of a site by hand); served_in and covered_in (a floor of a district or group) and
    circle, with their place in ``fairness``.
    """

    family: str
    phase: int = NONE
    district: int = NONE
    substation: int = NONE
    scope: int = NONE
    site: int = NONE


@dataclass(frozen=True, eq=False)
class Stated:
    """Hold a problem as a program of requirements, and which of its columns is what."""

    problem: Problem
    program: Program[Requirement]
    choice: tuple[tuple[int, int, int], ...]
    """(choice,) site, type and phase of the first columns."""
    energy: Indices
    """Columns of energy."""
    cover: tuple[tuple[int, int], ...]
    """(cover,) zone and phase of the columns after energy."""
    spacing_pairs: Indices
    """(slacks of spacing,) row of ``problem.conflicts``."""
    stays: Indices
    """(slacks of stay,) sites."""


def stated(problem: Problem) -> Stated:
    """State a problem with every requirement in force and every one able to give way.

    Money and stations aside nothing is worth anything here, so energy is stated only where a floor
    asks for it.
    """
    return _Reader(problem).read()


def can_grow(problem: Problem) -> NDArray[np.bool_]:
    """Return the types that only its area keeps a site from, (J, K).

    Sites that hold nothing yet and may hold something; types some such site may hold.
    """
    open_ground = (problem.initial == NONE) & problem.allowed.any(axis=1)
    open_ground[len(open_ground) - problem.works :] = False  # a reinforcement needs no ground
    buildable = problem.allowed[open_ground].any(axis=0)
    return np.asarray(open_ground[:, None] & buildable[None, :] & ~problem.allowed)


def due_kwh(problem: Problem, item: Requirement) -> tuple[float, NDArray[np.float64]]:
    """Return the share a floor asks for, and the demand it is a share of, (T,) kWh a day.

    The demand is 0 where the floor does not hold yet.
    """
    if item.scope != NONE:
        floor = problem.fairness.floors[item.scope]
        return floor.share, floor.promised_kwh / floor.share
    served = item.family == "served"
    return problem.min_served_share if served else problem.min_covered_share, problem.reachable_kwh


class _Reader:
    """Read a statement's rows back as requirements."""

    def __init__(self, problem: Problem) -> None:
        self.p = problem
        self.grown = can_grow(problem)
        loose = replace(
            problem,
            objective="cost",
            closable=problem.initial != NONE,
            allowed=problem.allowed | self.grown,
        )
        statement = state(loose)
        self.arrays = to_arrays(statement)
        self.choice = tuple(statement.build)
        first = len(self.choice)
        self.energy = np.arange(first, first + len(statement.serve))
        self.cover = tuple(statement.cover)
        self.phases = names_for(problem.phases)
        self.districts = names_for(problem.districts)
        self.substations = names_for(problem.substations)
        self.scopes = names_for([floor.scope for floor in problem.fairness.floors])
        self.sites = {name: j for j, name in enumerate(names_for(problem.sites))}
        self.rows: dict[Requirement, list[int]] = {}
        self.ones: dict[tuple[str, int], int] = {}
        for n, name in enumerate(self.arrays.row_names):
            self._sort(n, name)

    def _sort(self, n: int, name: str) -> None:
        if name.startswith("one("):
            site, phase = name[4:-1].split(",")
            self.ones[site, self.phases.index(phase)] = n
            return
        match = _ROW.match(name)
        if not match:
            return
        family, parts = match.group(1), match.group(2).split(",")
        if family == "spacing":
            item = Requirement(family)
        elif family == "circle":
            item = Requirement(family, scope=int(parts[0].split(".")[0]))
        elif family in OWED:
            number = self.phases.index(parts[-1])
            item = Requirement(family, number, scope=self.scopes.index(parts[0]))
            if not due_kwh(self.p, item)[1][number]:  # holds later only
                return
        elif family == "headroom":
            item = Requirement(family, substation=self.substations.index(parts[0]))
        elif family == "fixed":
            item = Requirement(family, site=self.sites[parts[0]])
        else:
            local = family == "ratio" and len(parts) > 1
            district = self.districts.index(parts[0]) if local else NONE
            item = Requirement(family, self.phases.index(parts[-1]), district)
        self.rows.setdefault(item, []).append(n)

    def read(self) -> Stated:
        limits = {item: self._limit(item, np.array(rows)) for item, rows in self.rows.items()}
        stays = np.flatnonzero((self.p.initial != NONE) & ~self.p.closable)
        if len(stays):
            limits[Requirement("stay")] = self._stay(stays)
        pairs = np.empty(0, dtype=np.int64)
        if Requirement("spacing") in limits:
            pairs, limits[Requirement("spacing")] = self._spacing()
        if self.grown.any():
            limits[Requirement("area")] = self._area()
        program = Program(self.arrays, limits, self.energy, self._by_phase())
        return Stated(self.p, program, self.choice, self.energy, self.cover, pairs, stays)

    def _by_phase(self) -> tuple[Indices, ...]:
        phases = np.arange(len(self.p.phases))
        phase = np.concatenate(
            [
                [t for _, _, t in self.choice],
                np.repeat(phases, len(self.energy) // len(phases)),
                [t for _, t in self.cover],
            ]
        )
        return tuple(np.flatnonzero(phase == t) for t in phases) if len(phases) > 1 else ()

    def _limit(self, item: Requirement, rows: Indices) -> Limit:
        p = self.p
        if item.family == "ratio":
            return self._shared(rows, [1.0], float(self.arrays.row_lower[rows[0]]))
        if item.family == "most":
            return self._shared(rows, [-1.0], float(p.max_stations[item.phase]))
        if item.family == "headroom":
            size = float(np.maximum(p.headroom_kw[:, item.substation].min(), 0.0))
            return self._shared(rows, [-1.0] * len(rows), size)
        if item.family == "fixed":
            signs = np.where(np.isfinite(self.arrays.row_lower[rows]), 1.0, -1.0)
            return self._one_slack(rows, signs)
        if item.family == "budget":
            later = [self.rows[r][0] for r in self.rows if r.family == "budget"]
            later = [n for n in later if n >= rows[0]]
            money = float(p.budget_cny[item.phase]) / KCNY
            return self._shared(rows, [-1.0] * len(later), money, gives=np.array(later))
        return self._owed(item, rows)

    def _owed(self, item: Requirement, rows: Indices) -> Limit:
        if item.family == "circle":
            return self._circle(rows, self.p.fairness.circles[item.scope])
        share, due = due_kwh(self.p, item)
        alike = [r for r in self.rows if r.family == item.family and r.scope == item.scope]
        all_rows = {r.phase: self.rows[r][0] for r in alike}
        entries = [float(due[t]) for t in all_rows]
        gives = np.array(list(all_rows.values()))
        heavy = item.family in {"served", "served_in"}
        return self._shared(rows, entries, share, gives=gives, heavy=heavy)

    def _circle(self, rows: Indices, circle: Circle) -> Limit:
        """Let zones do without a station in their circle; one that gives way is counted once."""
        slack = np.tile(np.arange(len(circle.zones)), len(rows) // len(circle.zones))
        shape = (len(self.arrays.row_lower), len(circle.zones))
        entry = sparse.csc_array((np.ones(len(rows)), (rows, slack)), shape=shape)
        give = Give(entry, np.ones(len(circle.zones)), np.ones(len(circle.zones)))
        return whole_rows(rows, give, float(len(circle.zones)))

    def _shared(
        self,
        rows: Indices,
        entries: list[float],
        size: float,
        *,
        gives: Indices | None = None,
        heavy: bool = False,
    ) -> Limit:
        """Return a limit with one slack, which enters all rows that give way with it."""
        where = rows if gives is None else gives
        shape = (len(self.arrays.row_lower), 1)
        entry = sparse.csc_array((entries, (where, np.zeros(len(where), dtype=int))), shape=shape)
        floor = max(entries) > 0
        give = Give(entry, np.array([size if floor else np.inf]), np.ones(1))
        return whole_rows(rows, give, size, heavy=heavy)

    def _one_slack(self, rows: Indices, signs: NDArray[np.float64]) -> Limit:
        """Return what was decided of a site, which is let go in all its phases together."""
        shape = (len(self.arrays.row_lower), 1)
        entry = sparse.csc_array((signs, (rows, np.zeros(len(rows), dtype=int))), shape=shape)
        return whole_rows(rows, Give(entry, np.ones(1), np.ones(1)), 1.0)

    def _spacing(self) -> tuple[Indices, Limit]:
        p = self.p
        rows = np.array(self.rows[Requirement("spacing")])
        names = names_for(p.sites)
        pair_of = {(names[a], names[b]): n for n, (a, b) in enumerate(p.conflicts.tolist())}
        labels = [self.arrays.row_names[n][8:-1].rsplit(",", 1)[0].split(",") for n in rows]
        pair = np.array([pair_of[a, b] for a, b in labels])
        used, slack = np.unique(pair, return_inverse=True)
        shape = (len(self.arrays.row_lower), len(used))
        entry = sparse.csc_array((-np.ones(len(rows)), (rows, slack)), shape=shape)
        known = len(p.conflict_m) == len(p.conflicts) and p.spacing_m > 0
        depth = p.spacing_m - p.conflict_m[used] if known else np.empty(0)
        give = Give(entry, np.ones(len(used)), np.ones(len(used)), depth)
        size = p.spacing_m if known else float(len(p.conflicts))
        return used, whole_rows(rows, give, size)

    def _stay(self, stays: Indices) -> Limit:
        """Hold a station of each site in every phase; a site that gives way is counted once."""
        names = names_for(self.p.sites)
        phases = range(len(self.p.phases))
        rows = np.array([self.ones[names[j], t] for j in stays for t in phases])
        slack = np.repeat(np.arange(len(stays)), len(self.p.phases))
        self.arrays.row_lower[rows] = 1.0
        shape = (len(self.arrays.row_lower), len(stays))
        entry = sparse.csc_array((np.ones(len(rows)), (rows, slack)), shape=shape)
        give = Give(entry, np.ones(len(stays)), np.ones(len(stays)))
        free = np.full(len(rows), -np.inf), np.ones(len(rows))
        return Limit(rows, *free, give, float(len(stays)))

    def _area(self) -> Limit:
        last = len(self.p.phases) - 1
        wide = [n for n, (j, k, _) in enumerate(self.choice) if self.grown[j, k]]
        counted = [n for n in wide if self.choice[n][2] == last]
        self.arrays.upper[wide] = 0.0
        nothing = sparse.csc_array((len(self.arrays.row_lower), 0))
        give = Give(nothing, np.empty(0), np.empty(0), columns=np.array(counted))
        none = np.empty(0, dtype=np.int64)
        sites = float(self.p.allowed.any(axis=1).sum())
        return Limit(none, np.empty(0), np.empty(0), give, sites, np.array(wide))
