"""Find a good plan and prove how good it is.

Small questions go to HiGHS whole. Large ones: a linear relaxation over the pairs that pay gives a
bound and a fractional plan; the nearest plan that keeps every rule on sites is found exactly; then
neighbourhoods (around demand left unserved, of a substation, of a district, where the relaxation
chose otherwise, in time) are solved exactly, two at a time, until the proven gap is small enough or
the effort is spent; on the way the relaxation is tightened if need be. Questions of several phases
are solved phase after phase as well, and the better plan goes on: foresight never costs. Last,
among plans of the same worth a cheaper one is sought, so that no money is spent that serves nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.models.arrays import arrays_of
from siting.models.cuts import with_cuts
from siting.models.found import NOTHING, Found
from siting.models.greedy import greedy_wish
from siting.models.highs import Arrays, Highs, Run
from siting.models.improve import Improver, best_of, improve
from siting.models.layout import Layout
from siting.models.linear import Relaxed, relax, with_pairs
from siting.models.links import may_tighten, tighten
from siting.models.one_phase import phase_after_phase
from siting.models.relaxation import elastic
from siting.models.start import (
    ROUND_NODES,
    complete,
    nearest_choice,
    pairs_to_begin,
    pairs_to_search,
    worth_solving,
)
from siting.models.thrift import cheaper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.crew import Crew
    from siting.models.differing import Differing

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

SMALL = 30_000
"""Columns up to which HiGHS gets the whole program."""
SUPPORT_SHARE = 0.15
"""Part of the time limit for the program over what the relaxation uses."""
STALE = 60
"""Neighbourhoods without gain before the search gives up."""
STEP_NODES = 100
"""Nodes that a step is worth where HiGHS gets the whole program."""
FIRST = 24
"""Neighbourhoods before the relaxation is tightened, where it would not do as it is."""
RELAX_SHARE = 0.6
"""Part of the time limit for the linear relaxation."""
TIGHTEN_SHARE = 0.85
"""Part of the time limit for tightening it."""


@dataclass
class Search:
    """Hold one search in progress."""

    problem: Problem
    crew: Crew
    thrifty: bool = True
    """Look for a cheaper plan of the same worth at the end."""
    differing: Differing | None = None
    """Plans that the answer has to differ from."""
    values: Values = field(default_factory=lambda: np.empty(0))
    """(columns,) the best plan so far; empty where none is known."""
    bound: float = np.nan
    infeasible: bool = False
    method: str = "branch and bound"

    def __post_init__(self) -> None:
        self._relax_share = RELAX_SHARE
        self._greedy = self.problem.objective == "served" and self.differing is None
        self.pairs = pairs_to_begin(self.problem, self.crew.effort.seed)
        self._over_pairs()
        self.bound = float(self.layout.simple_bounds(self.arrays).sum())

    @property
    def _thin(self) -> bool:
        return len(self.pairs) < len(self.problem.pair_zone)

    def _over_pairs(self) -> None:
        """State the program over the pairs in hand."""
        problem = with_pairs(self.problem, self.pairs)
        plain = arrays_of(problem, whole=self.problem)
        self.layout = Layout.of(problem, plain)
        self.arrays = with_cuts(plain, self.layout)
        if self.differing is not None:
            self.arrays = self.differing.add_to(self.arrays, self.layout)

    def run(self) -> Found:
        """Search until the gap is proved or the effort is spent, or Ctrl-C.

        Raises
        ------
        KeyboardInterrupt
            If stopped before there was a plan.
        """
        try:
            if len(self.arrays.cost) <= SMALL and not self._thin:
                self._whole()
            else:
                self._large()
            if len(self.values) and self.thrifty and self.problem.objective != "cost":
                program = (self.arrays, self.layout, self.crew, self.values)
                whole = len(self.arrays.cost) <= SMALL
                self.values = cheaper(*program, nodes=self._nodes, patience=STALE, whole=whole)
                self.method += "; then least cost"
        except KeyboardInterrupt:
            self.crew.stop.set()
        stopped = self.crew.stop.is_set()
        if stopped and not len(self.values):
            raise KeyboardInterrupt
        method = self.method
        if stopped:
            self.crew.progress("stopped: keeping the best plan so far")
            method += "; stopped by the user"
        type_at = self.layout.type_at(self.values) if len(self.values) else NOTHING
        return Found(type_at, self.bound, self.infeasible, method)

    def _whole(self) -> None:
        start = self._myopic(self.arrays, self.layout)
        self.crew.progress("solving the whole program")
        highs = self._highs(self.arrays)
        if len(start):
            self.values = start
            highs.start_from(start)
        run = self.crew.run([highs], nodes=self._nodes, gap=self.crew.effort.gap)[0]
        if run.status == "infeasible":
            self.values, self.infeasible = np.empty(0), True
            return
        if len(run.values):
            self.values = run.values
        self._bound_by(run.bound)

    def _bound_by(self, bound: float) -> None:
        if np.isfinite(bound):
            self.bound = (min if self.arrays.maximise else max)(self.bound, bound)

    def _highs(self, arrays: Arrays, *, relaxed: bool = False) -> Highs:
        return Highs(arrays, relaxed=relaxed, seed=self.crew.effort.seed)

    def _large(self) -> None:
        self.method = "linear relaxation, rounding, exact neighbourhoods"
        effort, tell = self.crew.effort, self.crew.progress
        self._early()
        relaxed = relax(self.problem, self._linear, gap=effort.gap, seed=effort.seed, progress=tell)
        self._go_on()
        self._bound_by(relaxed.bound)
        impossible = self.infeasible or relaxed.infeasible
        if impossible:
            self.infeasible, self.method = True, "linear relaxation"
            return
        self._thin_out(relaxed)
        layout = self.layout.with_slack()
        soft = elastic(self.arrays, layout.floors, layout.penalty)
        starts: list[Values] = []
        if len(self.values):
            starts.append(self._complete(soft, layout, self.values[layout.choice]))
        for wish in self._wishes(relaxed):
            starts.append(self._rounded(wish, soft, layout))
            if self.infeasible:
                return
            self._keep(best_of(starts, soft), layout)
        best = best_of([*starts, self._myopic(soft, layout)], soft)
        if not len(best):
            return
        rng = np.random.default_rng(effort.seed)
        improver = Improver(soft, layout, self.crew, best, relaxed.wish, rng)
        self._support(improver, relaxed)
        if self._improve(improver, most=FIRST):
            return
        self._tighten(improver, relaxed)
        self._improve(improver)

    def _wishes(self, relaxed: Relaxed) -> Iterator[Values]:
        """Yield choices to round: the relaxation's, if it has one, and the greedy one."""
        early = len(self.values) > 0
        if relaxed.wish.any() or not (early or self._greedy):
            yield relaxed.wish
        if self._greedy and not early:
            yield greedy_wish(self.layout)

    def _early(self) -> None:
        """Have a plan of a very large question before its relaxation, which may take too long."""
        if self._thin and self._greedy:
            layout = self.layout.with_slack()
            soft = elastic(self.arrays, layout.floors, layout.penalty)
            self._keep(self._rounded(greedy_wish(self.layout), soft, layout), layout)

    def _go_on(self) -> None:
        """Go no further once somebody has stopped the search."""
        if self.crew.stop.is_set():
            raise KeyboardInterrupt

    def _keep(self, values: Values, layout: Layout) -> None:
        """Keep a plan that meets its floors as the best so far."""
        if len(values) and not layout.shortfall(values):
            self.values = values[: len(self.arrays.cost)]

    def _linear(self, ways: list[tuple[Arrays, str]]) -> tuple[int, Run]:
        programs = [(self._highs(arrays, relaxed=True), method) for arrays, method in ways]
        return self.crew.first(programs, seconds=self.crew.left_s(share=self._relax_share))

    def _thin_out(self, relaxed: Relaxed) -> None:
        """Leave out pairs of a very large question that hardly pay; the bound is of all pairs."""
        if self._thin:
            self.pairs = pairs_to_search(self.problem, relaxed, self.crew.effort.seed)
            self._over_pairs()

    def _rounded(self, wish: Values, soft: Arrays, layout: Layout) -> Values:
        """Return a plan near a fractional choice, or nothing where none was found."""
        self.crew.progress("rounding")
        run = nearest_choice(self.arrays, self.layout, wish, self.crew)
        self._go_on()
        self.infeasible = run.status == "infeasible"
        if not len(run.values):
            return run.values
        return self._complete(soft, layout, np.round(run.values[: len(layout.choice)]))

    def _complete(self, arrays: Arrays, layout: Layout, choice: Values) -> Values:
        self.crew.progress("assigning energy")
        values = complete(arrays, layout, choice, self.crew)
        self._go_on()
        return values

    def _myopic(self, arrays: Arrays, layout: Layout) -> Values:
        """Return the plan of solving one phase after the other, or nothing where that fails."""
        phases = len(self.problem.phases)
        if phases == 1 or self.differing is not None or self.crew.over():
            return np.empty(0)

        def alone(problem: Problem, crew: Crew) -> Indices:
            found = Search(problem, crew, thrifty=False).run()
            self._go_on()
            return found.type_at

        rows = phase_after_phase(self.problem, self.crew, alone)
        if rows is None:
            return np.empty(0)
        chosen = rows[layout.phase, layout.site] == layout.kind
        return self._complete(arrays, layout, chosen.astype(float))

    def _support(self, improver: Improver, relaxed: Relaxed) -> None:
        """Solve the program over the sites and pairs that the relaxation uses."""
        self._keep(improver.values, improver.layout)
        free = worth_solving(self.problem, improver.layout, improver.values, relaxed, self.pairs)
        if len(free):
            self.crew.progress("solving what the relaxation uses")
            seconds = SUPPORT_SHARE * self.crew.effort.time_limit_s
            improver.solve([free], seconds=seconds, nodes=ROUND_NODES)

    def _improve(self, improver: Improver, *, most: int | None = None) -> bool:
        """Improve a plan, keeping what meets its floors; tell whether the gap is proved."""

        def seen() -> None:
            self._keep(improver.values, improver.layout)

        return improve(improver, self.bound, seen, most=most, patience=STALE)

    def _tighten(self, improver: Improver, relaxed: Relaxed) -> None:
        """Better the bound by links, and go on from a plan near the tighter relaxation's."""
        effort = self.crew.effort
        self._relax_share = 1.0 if effort.iterations else TIGHTEN_SHARE
        over = self.crew.over(share=self._relax_share) or improver.tried == effort.iterations
        if over or not may_tighten(self.problem, relaxed):
            return
        tighter = tighten(
            self.problem, relaxed, self._linear, gap=effort.gap, progress=self.crew.progress
        )
        self._go_on()
        self._bound_by(tighter.bound)
        improver.wish = tighter.wish
        start = self._rounded(tighter.wish, improver.arrays, improver.layout)
        improver.values = best_of([improver.values, start], improver.arrays)
        self._support(improver, tighter)

    @property
    def _nodes(self) -> int | None:
        """Most nodes where HiGHS gets the whole program."""
        steps = self.crew.effort.iterations
        return None if steps is None else steps * STEP_NODES
