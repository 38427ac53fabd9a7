"""Explain why no plan exists: the smallest set of requirements that cannot hold together.

QuickXplain (U. Junker, AAAI 2004) over the planner's requirements (each target, each budget,
headroom, spacing, each floor), every test a feasibility question to HiGHS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import NONE
from siting.models.conflict_words import Requirement, sentence
from siting.models.highs import Highs, Run, to_arrays
from siting.models.labels import names_for
from siting.models.relaxation import matrix, part_of
from siting.models.statement import state

if TYPE_CHECKING:
    from siting.data.problem import Problem
    from siting.models.effort import Effort

_TEST_SECONDS = 20.0
_REQUIREMENT = re.compile(r"^(ratio|most|budget|headroom|spacing|served|covered)\(")


def explain(problem: Problem, effort: Effort) -> tuple[list[str], str]:
    """Return the conflict, a sentence a requirement, and the nearest thing that can be had.

    Parameters
    ----------
    problem
        A problem proved to have no plan.
    effort
        Threads and seed of the tests.
    """
    tests = _Tests(problem, effort)
    everything = sorted(tests.rows_of)
    if not tests.feasible([]):
        return ["the existing stations cannot all stay as they are required to"], ""
    if tests.feasible(everything):
        return ["all of them; which ones could not be told apart in time"], ""
    core = _quickxplain(tests, [], everything, background_changed=False)
    lines = [sentence(problem, item, _best(tests, core, item)) for item in core]
    return lines, _nearest(tests, problem, core)


def _quickxplain(
    tests: _Tests, held: list[Requirement], rest: list[Requirement], *, background_changed: bool
) -> list[Requirement]:
    """Return a smallest part of ``rest`` that cannot hold together with ``held``."""
    if background_changed and not tests.feasible(held):
        return []
    if len(rest) == 1:
        return rest
    half = len(rest) // 2
    first, second = rest[:half], rest[half:]
    late = _quickxplain(tests, held + first, second, background_changed=bool(first))
    early = _quickxplain(tests, held + late, first, background_changed=bool(late))
    return early + late


def _best(tests: _Tests, core: list[Requirement], item: Requirement) -> float | None:
    """Return the least money, or the most stations or kWh, that the rest of the conflict leaves."""
    others = [other for other in core if other != item]
    if item.family == "budget":
        return tests.best(others, "cost", item)
    if item.family == "ratio":
        return tests.best(others, "count", item)
    if item.family in {"served", "covered"}:
        return tests.most_kwh(others, item)
    return None


def _nearest(tests: _Tests, problem: Problem, core: list[Requirement]) -> str:
    targets = [item for item in core if item.family == "ratio"]
    if not targets:
        return ""
    item = targets[-1]
    rest = [other for other in sorted(tests.rows_of) if other != item]
    count = tests.best(rest, "count", item)
    alone = count is None
    if alone:
        count = tests.best([other for other in core if other != item], "count", item)
    if count is None:
        return ""
    scope = problem.districts[item.district] if item.district != NONE else "the whole city"
    fuel = problem.fuel_count[item.district] if item.district != NONE else problem.fuel_count.sum()
    note = ", other targets left aside" if alone else ", all else kept"
    return (
        f"Nearest that can be reached: {scope} by {problem.phases[item.phase]}: "
        f"{count:,.0f}, a ratio of {np.floor(100 * count / fuel) / 100:.2f}{note}."
    )


@dataclass(eq=False)
class _Tests:
    """Ask whether some requirements can hold together, on one statement of the problem."""

    problem: Problem
    effort: Effort

    def __post_init__(self) -> None:
        plain = replace(self.problem, objective="served" if self.problem.serves else "cost")
        self.statement = state(plain)
        self.arrays = to_arrays(self.statement)
        self.rows = matrix(self.arrays).tocsr()
        self.rows_of: dict[Requirement, list[int]] = {}
        self.background: list[int] = []
        self.phase_names = names_for(self.problem.phases)
        self.district_names = names_for(self.problem.districts)
        for n, name in enumerate(self.arrays.row_names):
            self._sort(n, name)
        self.known: dict[frozenset[Requirement], bool] = {}

    def _sort(self, n: int, name: str) -> None:
        match = _REQUIREMENT.match(name)
        if not match:
            self.background.append(n)
            return
        family = match.group(1)
        parts = name[len(family) + 1 : -1].split(",")
        whole = family in {"headroom", "spacing"}
        phase = NONE if whole else self.phase_names.index(parts[-1])
        local = family == "ratio" and len(parts) > 1
        district = self.district_names.index(parts[0]) if local else NONE
        self.rows_of.setdefault(Requirement(family, phase, district), []).append(n)

    def feasible(self, items: list[Requirement]) -> bool:
        """Tell whether requirements can hold together; undecided in time counts as yes."""
        key = frozenset(items)
        if key not in self.known:
            run = self._solve(items, np.zeros(len(self.arrays.cost)), maximise=False)
            self.known[key] = run.status != "infeasible"
        return self.known[key]

    def best(self, items: list[Requirement], what: str, about: Requirement) -> float | None:
        """Return the least cost (CNY) or the most ratio count under some requirements."""
        p = self.problem
        cost = np.zeros(len(self.arrays.cost))
        for n, (j, k, t) in enumerate(self.statement.build):
            if t != about.phase:
                continue
            if what == "cost":
                cost[n] = p.state_cost_cny[j, k] / 1e6
            elif about.district in (NONE, p.site_district[j]):
                cost[n] = p.ratio_count[k]
        run = self._solve(items, cost, maximise=what == "count")
        if not len(run.values):
            return None
        return round(float(cost @ run.values), 6) * (1e6 if what == "cost" else 1)

    def most_kwh(self, items: list[Requirement], floor: Requirement) -> float | None:
        """Return a bound on what can be served (or covered) in a phase under some requirements."""
        p, t = self.problem, floor.phase
        cost = np.zeros(len(self.arrays.cost))
        first, count = len(self.statement.build), len(p.pair_zone)
        if floor.family == "served":
            cost[first + t * count : first + (t + 1) * count] = 1.0
        else:
            first += len(self.statement.serve)
            for n, (i, u) in enumerate(self.statement.cover):
                cost[first + n] = p.demand_kwh[t, i] if u == t else 0.0
        run = self._solve(items, cost, maximise=True)
        return run.bound if np.isfinite(run.bound) else None

    def _solve(self, items: list[Requirement], cost: np.ndarray, *, maximise: bool) -> Run:
        chosen = np.array(
            sorted([*self.background, *(n for item in items for n in self.rows_of[item])]),
            dtype=np.int64,
        )
        columns = np.arange(len(cost))
        first = len(self.statement.build)
        energy = np.arange(first, first + len(self.statement.serve))
        if not cost[energy].any() and not any(item.family == "served" for item in items):
            chosen = chosen[np.diff(self.rows[chosen][:, energy].indptr) == 0]
            columns = np.delete(columns, energy)
        program = part_of(self.arrays, self.rows, chosen, columns, cost=cost, maximise=maximise)
        run = Highs(program, threads=self.effort.threads, seed=self.effort.seed).run(
            time_limit_s=_TEST_SECONDS, gap=0.0
        )
        if not len(run.values):
            return run
        values = np.zeros(len(cost))
        values[columns] = run.values
        return replace(run, values=values)
