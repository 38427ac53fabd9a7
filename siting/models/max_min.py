r"""Raise the least share of all districts and groups as far as it goes, before all else.

Of two plans the better one is that whose worst off gets more (J. Rawls, A Theory of Justice, 1971;
max-min); the scenario's objective only chooses among plans that give the worst off the most, less a
stated slack (lexicographic: H. Isermann, OR Spektrum 4, 1982). With :math:`z` the least share:

.. math::

    \max z, \quad \sum_{i \in S} \sum_j x_{ijT} \ge z \textstyle\sum_{i \in S} d_{iT}
    \ \text{(served)} \quad\text{or}\quad
    \sum_{i \in S} d_{iT} c_{iT} \ge z \textstyle\sum_{i \in S} d_{iT} \ \text{(covered)}
    \quad \forall S, \quad 0 \le z \le 1

over the program of ``statement`` in the last phase :math:`T`, for every district and group
:math:`S`, with demand within reach only. Where HiGHS gets the whole program this is one
mixed-integer program, and proved. A large question's linear relaxation bounds z; a plan near it is
found, and floors between what is reached and what is bounded are tried, each by a search of its
own. What comes out is a plan, its z, and a bound on z that no plan passes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from siting.errors import InfeasibleError, NoSolutionError
from siting.models import search
from siting.models.arrays import arrays_of
from siting.models.crew import Crew
from siting.models.cuts import with_cuts
from siting.models.equity import SLACK
from siting.models.found import NOTHING
from siting.models.highs import Highs
from siting.models.layout import Layout
from siting.models.reduce import reduced
from siting.models.relaxation import matrix, safe_bound
from siting.models.solution import Raised, covered, open_supers
from siting.models.start import nearest_choice
from siting.models.warm import Start, begin

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.fairness import Floor
    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.highs import Arrays, Run
    from siting.models.solution import Solution

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

CLOSE = 1e-3
"""Share within which a bound is as good as reached."""
_PROOF = 1e-4
"""Relative gap of the least share where HiGHS gets the whole program."""
LEAST_SLACK = 1e-6
"""Share always given back: a solver's own tolerance."""
TIME_SHARE = 0.5
"""Part of the time limit for the least share; the objective gets the rest."""
RELAX_SHARE = 0.5
"""Part of that for the linear relaxation of a large question."""
TRIES = 8
"""Most floors tried of a large question."""
_TRY_SHARE = 0.4
"""Part of the time left that each of them gets."""
_TRY_GAP = 0.1
"""Gap of the objective at which a try ends: its floors are what counts."""


@dataclass
class Raising:
    """Hold a plan whose least share is the highest known, and what is proved of it."""

    problem: Problem
    crew: Crew
    share: float = -1.0
    bound: float = 1.0
    type_at: Indices = field(default_factory=lambda: NOTHING)
    infeasible: bool = False
    """Proved: no plan keeps the rules, whatever the worst off gets."""

    def run(self) -> None:
        """Raise the least share until it is proved, to a thousandth, or the time is up."""
        full = reduced(replace(self.problem, fairness=self.problem.fairness.held(1.0)))
        plain = arrays_of(full)
        layout = Layout.of(full, plain)
        arrays = with_cuts(plain, layout)
        program = with_least_share(arrays, _rows_of_raised(full, arrays, self.problem))
        self.crew.progress("raising the least share")
        if len(arrays.cost) <= search.SMALL:
            self._whole(program, layout)
        else:
            self._large(program, arrays, layout)

    @property
    def how(self) -> str:
        """Return how far it came, in a few words."""
        reached = max(self.share, 0.0)
        return f"{reached:.3%} reached of {self.bound:.3%} proved to be the most"

    @property
    def _done(self) -> bool:
        enough = len(self.type_at) > 0 and self.bound - self.share <= CLOSE
        return self.infeasible or enough or self.crew.over()

    def _whole(self, program: Arrays, layout: Layout) -> None:
        effort = self.crew.effort
        nodes = None if effort.iterations is None else effort.iterations * search.STEP_NODES
        highs = Highs(program, seed=effort.seed)
        run = self.crew.run([highs], nodes=nodes, gap=_PROOF)[0]
        self._read(run, layout)
        self._bound_by(run.bound)

    def _large(self, program: Arrays, arrays: Arrays, layout: Layout) -> None:
        highs = Highs(program, relaxed=True, seed=self.crew.effort.seed)
        seconds = self.crew.left_s(share=RELAX_SHARE)
        run = self.crew.run([highs], seconds=seconds, method="ipm", crossover=False)[0]
        self.infeasible = run.status == "infeasible"
        if len(run.duals):
            self._bound_by(safe_bound(program, run.duals, np.append(layout.upper, 1.0)))
            self._tell()
            wish = np.clip(run.values[: len(layout.choice)], 0.0, 1.0)
            near = nearest_choice(arrays_without(arrays, self.problem), layout, wish, self.crew)
            self._read(near, layout)
        top = self.bound
        for number in range(TRIES):
            if self._done:
                return
            floor = max(self.share, 0.0)
            asked = 0.0 if self.share < 0 else (top - CLOSE if number < 2 else (floor + top) / 2)  # noqa: PLR2004
            if not self._try(max(asked, floor)):
                top = min(top, asked)
            if top - max(self.share, 0.0) <= CLOSE:
                return

    def _try(self, floor: float) -> bool:
        """Search for a plan whose least share is no less than a floor; tell whether it was found.

        What is not found is not proved to be impossible, unless the search itself says so.
        """
        trial = reduced(replace(self.problem, fairness=self.problem.fairness.held(floor)))
        told = self.crew.progress
        effort = replace(self.crew.effort, gap=_TRY_GAP, time_limit_s=_TRY_SHARE * self._left_s)
        crew = Crew(effort, lambda text: told(f"floor {floor:.2%}: {text}"), stop=self.crew.stop)
        start = Start(self.type_at) if len(self.type_at) else None
        attempt = begin(trial, crew, start=start, differing=None)
        attempt.thrifty = False
        found = attempt.run()
        if found.infeasible and floor <= 0:
            self.infeasible = True
        elif found.infeasible:
            self._bound_by(floor)
        if len(found.type_at):
            self._take(found.type_at)
        return self.share >= floor - LEAST_SLACK

    @property
    def _left_s(self) -> float:
        return max(self.crew.left_s(), 0.1)

    def _read(self, run: Run, layout: Layout) -> None:
        self.infeasible = self.infeasible or run.status == "infeasible"
        if len(run.values):
            self._take(layout.type_at(np.round(run.values[: len(layout.choice)])))

    def _take(self, type_at: Indices) -> None:
        """Keep a plan whose least share is higher than that of the one in hand."""
        share = best_least_share(self.problem, type_at)
        if share is not None and share > self.share:
            self.share, self.type_at = share, type_at
            self._tell()

    def _bound_by(self, bound: float) -> None:
        if np.isfinite(bound):
            self.bound = min(self.bound, max(bound, self.share, 0.0))

    def _tell(self) -> None:
        reached = max(self.share, 0.0)
        self.crew.progress(f"least share {reached:.2%}, no plan gives more than {self.bound:.2%}")


def raise_least(problem: Problem, effort: Effort, progress: Callable[[str], None]) -> Raising:
    """Return a plan that raises the least share of all districts and groups.

    Parameters
    ----------
    problem
        The question, with floors to raise.
    effort
        Limits of all that is asked; the least share takes a part of the time.
    progress
        Called with a line of text now and then.

    Raises
    ------
    InfeasibleError
        If it is proved that no plan keeps the rules; without reasons.
    NoSolutionError
        If the time was up before there was a plan.
    KeyboardInterrupt
        If stopped before there was a plan.
    """
    part = replace(effort, time_limit_s=TIME_SHARE * effort.time_limit_s)
    raising = Raising(problem, Crew(part, progress))
    raising.run()
    if raising.infeasible:
        raise InfeasibleError([])
    if not len(raising.type_at):
        if raising.crew.stop.is_set():
            raise KeyboardInterrupt
        msg = (
            f"No plan was found within {part.time_limit_s:g} s for the least share of [equity], "
            "nor was it proved that there is none. "
            "Give it more time (--time-limit), or leave max_min out."
        )
        raise NoSolutionError(msg)
    return raising


def _rows_of_raised(full: Problem, arrays: Arrays, problem: Problem) -> dict[int, float]:
    """Return the rows that promise all there is in the last phase, and how much that is, in kWh."""
    raised = len(problem.fairness.raised)
    rows = arrays.floors.reshape(len(full.phases), -1)[-1][-raised:]
    floors = full.fairness.floors[-raised:]
    return {int(row): float(f.promised_kwh[-1]) for row, f in zip(rows, floors, strict=True)}


def with_least_share(arrays: Arrays, due_kwh: dict[int, float]) -> Arrays:
    """Return the program that raises the share of what some rows promise; z is its last column.

    Parameters
    ----------
    arrays
        The program.
    due_kwh
        What each of those rows promises at a share of 1.
    """
    size, rows = len(arrays.cost), np.array(list(due_kwh))
    entry = -(1 - SLACK) * np.array(list(due_kwh.values()))
    shape = (len(arrays.row_lower), 1)
    column = sparse.csr_array((entry, (rows, np.zeros(len(rows), dtype=int))), shape=shape)
    whole = sparse.csr_array(sparse.hstack([matrix(arrays), column], format="csr"))
    low = arrays.row_lower.copy()
    low[rows] = 0.0
    return replace(
        arrays,
        maximise=True,
        cost=np.append(np.zeros(size), 1.0),
        lower=np.append(arrays.lower, 0.0),
        upper=np.append(arrays.upper, 1.0),
        integer=np.append(arrays.integer, False),
        row_lower=low,
        start=whole.indptr.astype(np.int32),
        index=whole.indices.astype(np.int32),
        value=whole.data,
    )


def arrays_without(arrays: Arrays, problem: Problem) -> Arrays:
    """Return the program with the raised floors, its last ones in the last phase, at nothing."""
    low, phases = arrays.row_lower.copy(), len(problem.phases)
    low[arrays.floors.reshape(phases, -1)[-1][-len(problem.fairness.raised) :]] = 0.0
    return replace(arrays, row_lower=low)


def shares(problem: Problem, got_kwh: Values) -> Values:
    """Return what each raised floor's zones get of their demand in the last phase, (floors,).

    Parameters
    ----------
    problem
        The question.
    got_kwh
        (I,) what each zone gets in the last phase.
    """
    return np.array([got_kwh[f.zones].sum() / f.promised_kwh[-1] for f in problem.fairness.raised])


def least(problem: Problem, type_at: Indices, energy_kwh: Values) -> tuple[Floor, float]:
    """Return which raised floor is worst off under a plan, and its share.

    Parameters
    ----------
    problem
        The question.
    type_at
        (T, J) type, or NONE.
    energy_kwh
        (T, P) kWh a day along each pair.
    """
    raised = problem.fairness.raised
    got = np.bincount(problem.pair_zone, weights=energy_kwh[-1], minlength=len(problem.zones))
    got = got.astype(np.float64)
    if raised[0].family == "covered":
        got = np.where(covered(problem, type_at)[-1], problem.demand_kwh[-1], 0.0)
    found = shares(problem, got)
    worst = int(np.argmin(np.round(found, 9)))
    return raised[worst], float(found[worst])


def worst_off(problem: Problem, found: Solution, *, held: float, bound: float | None) -> Raised:
    """Return how far a plan raises the least share.

    Parameters
    ----------
    problem
        The question, with the floors to raise.
    found
        The plan.
    held, bound
        As in :class:`Raised`.
    """
    floor, share = least(problem, found.type_at, found.energy_kwh)
    proved = None if bound is None else max(bound, share)
    return Raised(floor.family, floor.scope, share, held, proved)


def best_least_share(problem: Problem, type_at: Indices) -> float | None:
    """Return the highest least share that open stations allow; None where other floors break.

    Served shares are those of a linear program: a transportation problem of the last phase with
    all floors on energy.

    Parameters
    ----------
    problem
        The question.
    type_at
        (T, J) type, or NONE.
    """
    p, owed = problem, problem.fairness
    if owed.raised[0].family == "covered":
        return least(p, type_at, np.zeros((1, len(p.pair_zone))))[1]
    opened = open_supers(p, type_at)[-1]
    pairs = np.flatnonzero(opened[p.pair_site])
    zone, site, count = p.pair_zone[pairs], p.pair_site[pairs], len(pairs)
    room = p.capacity_kwh[np.maximum(type_at[-1], 0)] * opened
    column = np.arange(count)
    ones = np.ones(count)
    demands = sparse.csr_array((ones, (zone, column)), shape=(len(p.zones), count + 1))
    rooms = sparse.csr_array((ones, (site, column)), shape=(len(p.sites), count + 1))
    whole = p.min_served_share * float(p.reachable_kwh[-1])
    rows = [np.append(-ones, 0.0)] if whole else []
    limit = [-whole * (1 - SLACK)] if whole else []
    for floor in owed.of("served"):
        rows.append(np.append(-ones * floor.zones[zone], 0.0))
        limit.append(-float(floor.promised_kwh[-1]) * (1 - SLACK))
    for floor in owed.raised:
        rows.append(np.append(-ones * floor.zones[zone], float(floor.promised_kwh[-1])))
        limit.append(0.0)
    found = linprog(
        np.append(0.0 * ones, -1.0),
        A_ub=sparse.vstack([demands, rooms, sparse.csr_array(np.array(rows))], format="csr"),
        b_ub=np.concatenate([p.demand_kwh[-1], room, limit]),
        bounds=[(0, None)] * count + [(0, 1)],
        method="highs",
    )
    return None if found.x is None else float(found.x[-1])
