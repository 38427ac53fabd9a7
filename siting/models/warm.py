"""Begin a search with a plan and a bound that are known already, of this question or one near it.

The plan is kept where it keeps every rule, else mended: the nearest choice that keeps the rules on
sites. It takes the place of rounding, of the greedy plan and of the plan made phase after phase,
and the search goes on from it, so the answer is never worse than a start that keeps every rule. A
bound that holds is kept; where it already proves the start, nothing is solved at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

import numpy as np

from siting.data.problem import NONE
from siting.models.highs import Highs
from siting.models.relaxation import columns_of, matrix
from siting.models.search import Search
from siting.models.solution import PROVED
from siting.models.start import GRACE, ROUND_NODES, ROUND_SECONDS
from siting.models.statement import KCNY
from siting.scenario.kinds import PhasedKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.crew import Crew
    from siting.models.differing import Differing
    from siting.models.highs import Arrays
    from siting.models.layout import Layout
    from siting.models.linear import Relaxed

    Indices = NDArray[np.int64]
    Values = NDArray[np.float64]

_WISHED = 0.5
"""What a station that the relaxation wants counts beside one that stands in the start."""
_THRIFT = 0.02
"""What the dearest station more counts against it, where money is what is saved."""
_HAIR = 1e-6
_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Start:
    """Hold a plan to begin with, and a bound that holds."""

    type_at: Indices
    """(T, J) type, or NONE; may break rules of the question."""
    bound: float = np.nan
    """In the unit of the objective: proven that no plan is better; nan where none is known."""


@dataclass
class WarmSearch(Search):
    """Search from a start; all else as :class:`Search` does it."""

    start: Start | None = None
    _known: dict[int, Values] = field(default_factory=dict)
    """The start's values by number of columns: with and without slack."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start is not None:
            units = KCNY if self.problem.objective == "cost" else 1.0
            self._bound_by(self.start.bound / units)

    def _over_pairs(self) -> None:
        self._known = {}  # of other columns
        super()._over_pairs()

    def _whole(self) -> None:
        if not self._stands():
            super()._whole()

    def _large(self) -> None:
        if not self._thin and self._stands():
            return
        super()._large()
        if any(len(values) for values in self._known.values()):
            self.method += ", from a start"

    def _stands(self) -> bool:
        """Tell whether the known bound proves the start, mended if need be; keep it then."""
        choice = self._choice()
        whole = stations_hold(self.arrays, len(choice), choice)
        if not whole:
            choice = mended(self.arrays, self.layout, choice, np.zeros(len(choice)), self.crew)
        if not len(choice):
            return False
        values = self._complete(self.arrays, self.layout, choice)
        if not len(values):
            return False
        worth = float(self.arrays.cost @ values)
        asked = max(self.crew.effort.gap, PROVED)
        proved = abs(self.bound - worth) <= asked * max(abs(worth), 1e-9)
        if proved:
            self.values, self.thrifty = values, self.thrifty and not whole
            self.method = "a start, mended where it broke a rule, proved by a bound known before"
        return proved

    def _wishes(self, relaxed: Relaxed) -> Iterator[Values]:
        yield next(super()._wishes(relaxed))

    def _rounded(self, wish: Values, soft: Arrays, layout: Layout) -> Values:
        if len(soft.cost) in self._known:  # the start is in hand: look elsewhere
            return super()._rounded(wish, soft, layout)
        values = self._from_start(soft, layout, wish)
        return values if len(values) else super()._rounded(wish, soft, layout)

    def _myopic(self, arrays: Arrays, layout: Layout) -> Values:
        values = self._from_start(arrays, layout, np.zeros(len(layout.choice)))
        return values if len(values) else super()._myopic(arrays, layout)

    def _from_start(self, arrays: Arrays, layout: Layout, wish: Values) -> Values:
        """Return the start's values, mended where it breaks a rule; empty if that fails."""
        size = len(arrays.cost)
        if size not in self._known:
            choice = self._choice()
            if not stations_hold(self.arrays, len(choice), choice):
                self.crew.progress("mending the start")
                choice = mended(self.arrays, self.layout, choice, wish, self.crew)
            values = self._complete(arrays, layout, choice) if len(choice) else choice
            self._known[size] = values
        return self._known[size]

    def _choice(self) -> Values:
        """Return the start as values of y; a type that is needless here gives way to its like."""
        if self.start is None:
            return np.zeros(len(self.layout.choice))
        held = _allowed(self.problem, self.start.type_at)
        chosen = held[self.layout.phase, self.layout.site] == self.layout.kind
        return np.asarray(chosen, dtype=float)


def takes_start(problem: Problem) -> bool:
    """Tell whether a start is of use to a question's search; all others leave it aside."""
    return problem.objective in get_args(PhasedKind) and problem.futures is None


def begin(
    problem: Problem, crew: Crew, *, start: Start | None, differing: Differing | None
) -> Search:
    """Return the search of a question, from a start if there is one.

    Parameters
    ----------
    problem
        The question, reduced.
    crew
        Its limits.
    start
        Of the same phases, sites and types.
    differing
        Plans the answer has to differ from; then a start is left aside, as where it is of no use.
    """
    if start is None or differing is not None or not takes_start(problem):
        return Search(problem, crew, differing=differing)
    return WarmSearch(problem, crew, start=start)


def stations_hold(arrays: Arrays, choices: int, values: Values) -> bool:
    """Tell whether whole stations keep every row that is about stations alone.

    Energy and coverage are worked out again from the stations, so other rows need no check.

    Parameters
    ----------
    arrays
        The program; its first columns are the choice.
    choices
        How many those are.
    values
        (choices or more,) what a solver found, or what is known.
    """
    rows = matrix(arrays)
    others = np.ones(len(arrays.cost))
    others[:choices] = 0.0
    alone = np.flatnonzero(abs(rows) @ others == 0)
    part, whole = rows[alone][:, :choices], np.round(values[:choices])
    activity = part @ whole
    size = _TOLERANCE * np.maximum(1.0, abs(part) @ np.abs(whole))
    above = activity >= arrays.row_lower[alone] - size
    return bool(np.all(above & (activity <= arrays.row_upper[alone] + size)))


def mended(arrays: Arrays, layout: Layout, choice: Values, wish: Values, crew: Crew) -> Values:
    """Return the choice nearest to a start that keeps every rule on sites; empty if none is found.

    As few of the start's stations as can be are given up. More stand where the relaxation wants
    them; where money is to be saved, only where a rule asks for them.

    Parameters
    ----------
    arrays, layout
        The program.
    choice
        (choice,) the start, 0 or 1.
    wish
        (choice,) the relaxation's choice; zeros where it is not known.
    crew
        Its limits.
    """
    near = np.zeros(len(arrays.cost))
    money = layout.cost_kcny[layout.choice]
    dear = _THRIFT * np.abs(money) / max(float(np.abs(money).max(initial=0.0)), 1e-9)
    more = _WISHED * wish + layout.preference
    if layout.problem.objective == "cost":
        more = (_THRIFT * wish) / 2 - dear - _HAIR
    near[layout.choice] = np.where(choice > 0, 1.0 + more, more)
    kept = np.concatenate([layout.choice, layout.cover])
    program = Highs(columns_of(arrays, kept, cost=near, maximise=True), seed=crew.effort.seed)
    run = crew.run([program], seconds=ROUND_SECONDS, grace=GRACE, nodes=ROUND_NODES, gap=0.01)[0]
    return np.round(run.values[: len(layout.choice)]) if len(run.values) else np.empty(0)


def _allowed(problem: Problem, type_at: Indices) -> Indices:
    """Return types that their sites may hold: the next smaller one, else the next larger."""
    kinds = np.arange(len(problem.types))
    best = np.full((len(problem.sites), len(kinds)), NONE, dtype=np.int64)
    for k in kinds:
        below = np.where(problem.allowed & (kinds <= k), kinds, NONE).max(axis=1, initial=NONE)
        above = np.where(problem.allowed & (kinds > k), kinds, len(kinds))
        least = above.min(axis=1, initial=len(kinds))
        best[:, k] = np.where(below != NONE, below, np.where(least < len(kinds), least, NONE))
    site = np.arange(len(problem.sites))
    return np.where(type_at == NONE, NONE, best[site[None, :], np.maximum(type_at, 0)])
