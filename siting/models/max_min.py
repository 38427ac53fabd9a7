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
mixed-integer program, and proved. Of a large question a plan of the objective alone is found first;
the linear relaxation bounds z, a plan near it is found, and floors between what is reached and what
is bounded are tried: what is missing to them is closed neighbourhood by neighbourhood. What comes
out is a plan, its z, and a bound on z that no plan passes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import InfeasibleError, NoSolutionError
from siting.models import search
from siting.models.arrays import arrays_of
from siting.models.crew import Crew
from siting.models.cuts import with_cuts
from siting.models.equity import SLACK
from siting.models.found import NOTHING
from siting.models.highs import Highs
from siting.models.improve import Improver, improve
from siting.models.layout import Layout
from siting.models.least_share import best_least_share, with_least_share
from siting.models.reduce import reduced
from siting.models.relaxation import elastic, safe_bound
from siting.models.start import complete, nearest_choice
from siting.models.warm import begin

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.effort import Effort
    from siting.models.highs import Arrays, Run

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
"""Part of what is then left of that for the linear relaxation of a large question."""
TRIES = 8
"""Most floors tried of a large question, each half-way to what is not known to be out of reach."""
PATIENCE = 24
"""Neighbourhoods without gain before a try is given up."""
_TRY_SHARE = 0.4
"""Part of the time left that each of them gets."""
_PLAIN_GAP = 0.03
"""Gap at which the search for a plan of the objective alone ends."""
_PLAIN_SHARE = 0.6
"""Most of the time for it."""


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
        program = with_least_share(arrays, _rows_of_raised(arrays, self.problem))
        self.crew.progress("raising the least share")
        try:
            if len(arrays.cost) <= search.SMALL:
                self._whole(program, layout)
            else:
                self._large(program, arrays, layout)
        except KeyboardInterrupt:
            self.crew.stop.set()

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
        self._plain_plan()
        if self._done:
            return
        highs = Highs(program, relaxed=True, seed=self.crew.effort.seed)
        seconds = RELAX_SHARE * self.crew.left_s()
        run = self.crew.run([highs], seconds=seconds, method="ipm", crossover=False)[0]
        self.infeasible = run.status == "infeasible"
        wish = np.zeros(len(layout.choice))
        if len(run.duals):
            self._bound_by(safe_bound(program, run.duals, np.append(layout.upper, 1.0)))
            wish = np.clip(run.values[: len(wish)], 0.0, 1.0)
            bare = self._at(arrays, 0.0)
            self._read(nearest_choice(bare, layout, wish, self.crew), layout)
        top, rng = self.bound, np.random.default_rng(self.crew.effort.seed)
        for _ in range(TRIES):
            if self._done or top - self.share <= CLOSE:
                return
            floor = (self.share + top) / 2
            self._try(self._at(arrays, floor), layout, wish, rng)
            if self.share < floor - LEAST_SLACK:
                top = floor
            elif self.share >= top:  # a floor once missed is passed after all
                top = self.bound

    def _plain_plan(self) -> None:
        """Search for a plan of the objective alone: often the worst off get much already."""
        bare = reduced(replace(self.problem, fairness=self.problem.fairness.held(0.0)))
        crew = self._part(_PLAIN_GAP, share=_PLAIN_SHARE)
        attempt = begin(bare, crew, start=None, differing=None)
        attempt.thrifty = False
        found = attempt.run()
        self.infeasible = found.infeasible
        if len(found.type_at):
            self._take(found.type_at)

    def _try(
        self,
        arrays: Arrays,
        layout: Layout,
        wish: Values,
        rng: np.random.Generator,
    ) -> None:
        """Close what is missing to the floors, neighbourhood by neighbourhood.

        What is not found so is not proved to be impossible.
        """
        soft_layout, crew = layout.with_slack(), self._part(0.0)
        crew.progress = lambda _text: None
        soft, size = elastic(arrays, layout.floors, 1.0), len(arrays.cost)
        promised = np.maximum(arrays.row_lower[layout.floors], 1.0)
        price = promised.mean() / promised  # a share missing weighs the same everywhere
        soft = replace(soft, maximise=True, cost=np.append(np.zeros(size), -price))
        held = self.type_at[layout.phase, layout.site] == layout.kind
        start = complete(soft, soft_layout, held.astype(float), crew)
        if not len(start):
            return
        improver = Improver(soft, soft_layout, crew, start, wish, rng)
        improve(improver, 0.0, lambda: None, most=None, patience=PATIENCE)
        self._take(layout.type_at(improver.values))

    def _part(self, gap: float, *, share: float = _TRY_SHARE) -> Crew:
        """Return a crew with a part of the time left."""
        seconds = max(share * self.crew.left_s(), 0.1)
        effort = replace(self.crew.effort, gap=gap, time_limit_s=seconds)
        return Crew(effort, self.crew.progress, stop=self.crew.stop)

    def _at(self, arrays: Arrays, share: float) -> Arrays:
        """Return the program with the raised floors at a share."""
        rows = _rows_of_raised(arrays, self.problem)
        low = arrays.row_lower.copy()
        low[list(rows)] = share * np.array(list(rows.values())) * (1 - SLACK)
        return replace(arrays, row_lower=low)

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


def _rows_of_raised(arrays: Arrays, problem: Problem) -> dict[int, float]:
    """Return the rows of the raised floors in the last phase, and what each is a share of, kWh."""
    raised = problem.fairness.raised
    rows = arrays.floors.reshape(len(problem.phases), -1)[-1][-len(raised) :]
    return {int(row): float(f.promised_kwh[-1]) for row, f in zip(rows, raised, strict=True)}
