"""Choose stations by the cuts so far: a bound over all futures, and a choice to look at next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from siting.models.arrays import arrays_of
from siting.models.choice import choice_keys
from siting.models.highs import Arrays, Highs
from siting.models.linear import with_pairs
from siting.models.relaxation import columns_of, matrix, safe_bound, with_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.highs import Run
    from siting.models.robust.cuts import Cut
    from siting.models.robust.question import Question

    Values = NDArray[np.float64]


class _Row(NamedTuple):
    entries: sparse.csr_array
    """(1, columns)"""
    limit: float


@dataclass(eq=False)
class Master:
    """Hold the program in the choice alone, and one column for each future and phase.

    Columns: the choice; the energy served in each future and phase, as a share of what is within
    reach; then, for the worst case, what the worst future is worth, and for CVaR the quantile and
    each future's shortfall from it. All are worth as much as the best future at most.
    """

    question: Question
    fixed: list[_Row] = field(default_factory=list)
    temporary: list[_Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        """State the rules on stations, and how futures add up."""
        q = self.question
        p = q.problem
        self.site, self.kind, self.phase = choice_keys(p)
        self.count = len(self.site)
        plain = arrays_of(with_pairs(p, np.empty(0, dtype=np.int64)))
        nothing = np.zeros(len(plain.cost))
        rules = columns_of(plain, np.arange(self.count), cost=nothing, maximise=True)
        self.due = np.maximum(q.reachable_kwh, 1e-9)
        share = (q.weight * self.due).ravel()
        self.unit = float(q.worth(self.due).max())
        futures, phases = q.size
        self.served = self.count + np.arange(futures * phases)
        extra = {"expected": 0, "worst": 1, "cvar": 1 + futures}[q.objective]
        size = self.count + futures * phases + extra
        cost = np.zeros(size)
        rows = sparse.csr_array((0, size))
        by_future = sparse.kron(sparse.eye_array(futures), np.ones((1, phases)))
        worth = sparse.csr_array(by_future @ sparse.diags_array(share / self.unit))
        before = sparse.csr_array((futures, self.count))
        last = self.served[-1] + 1
        if q.objective == "expected":
            cost[self.served] = (q.probability[:, None] * (q.weight * self.due)).ravel() / self.unit
        elif q.objective == "worst":
            cost[last] = 1.0
            level = sparse.csr_array(-np.ones((futures, 1)))
            rows = sparse.csr_array(sparse.hstack([before, worth, level]))
        else:
            cost[last] = 1.0
            cost[last + 1 :] = -q.probability / (1 - q.alpha)
            level = sparse.csr_array(-np.ones((futures, 1)))
            parts = [before, worth, level, sparse.csr_array(sparse.eye_array(futures))]
            rows = sparse.csr_array(sparse.hstack(parts))
        own = matrix(rules)
        wide = sparse.hstack([own, sparse.csr_array((own.shape[0], size - self.count))])
        whole = sparse.csr_array(sparse.vstack([wide, rows]))
        self.program = Arrays(
            maximise=True,
            cost=cost,
            lower=np.zeros(size),
            upper=np.ones(size),
            integer=np.append(np.ones(self.count, dtype=bool), np.zeros(size - self.count, bool)),
            row_lower=np.append(rules.row_lower, np.zeros(rows.shape[0])),
            row_upper=np.append(rules.row_upper, np.full(rows.shape[0], np.inf)),
            start=whole.indptr.astype(np.int32),
            index=whole.indices.astype(np.int32),
            value=whole.data,
            row_names=(),
        )

    def add(self, cut: Cut, *, temporary: bool = False) -> None:
        """Add a cut; a temporary one can be forgotten."""
        row = np.zeros(len(self.program.cost))
        here = self.phase == cut.phase
        due = self.due[cut.future, cut.phase]
        row[: self.count][here] = -cut.worth[self.site[here], self.kind[here]] / due
        row[self.served[cut.future * self.question.size[1] + cut.phase]] = 1.0
        into = self.temporary if temporary else self.fixed
        into.append(_Row(sparse.csr_array(row[None, :]), cut.most / due))

    def forget(self, kept: int) -> None:
        """Forget temporary cuts, the oldest first, but for so many."""
        del self.temporary[: max(len(self.temporary) - kept, 0)]

    def arrays(self) -> Arrays:
        """Return the program with all cuts."""
        cuts = [*self.fixed, *self.temporary]
        if not cuts:
            return self.program
        whole = sparse.csr_array(sparse.vstack([cut.entries for cut in cuts], format="csr"))
        limits = np.array([cut.limit for cut in cuts])
        return with_rows(self.program, whole, np.full(len(limits), -np.inf), limits)

    def relaxed(self, *, seconds: float, seed: int) -> tuple[Run, float]:
        """Solve the relaxation; return it and a bound that its prices prove, in worth.

        Parameters
        ----------
        seconds
            Most time.
        seed
            Of HiGHS.
        """
        arrays = self.arrays()
        run = Highs(arrays, relaxed=True, seed=seed).run(time_limit_s=seconds)
        if not len(run.duals):
            return run, float("inf")
        return run, self.unit * safe_bound(arrays, run.duals, arrays.upper)

    def near(self, free: NDArray[np.bool_], fixed: Values) -> Arrays:
        """Return the program with all choices but some fixed.

        Parameters
        ----------
        free
            (choice,) columns that may change.
        fixed
            (choice,) what the others are.
        """
        arrays = self.arrays()
        lower, upper = arrays.lower.copy(), arrays.upper.copy()
        lower[: self.count] = np.where(free, 0.0, np.round(fixed))
        upper[: self.count] = np.where(free, 1.0, np.round(fixed))
        return replace(arrays, lower=lower, upper=upper)

    def table(self, values: Values, phase: int) -> Values:
        """Return the choice of a phase as sites by types, (J, K)."""
        found = np.zeros(self.question.problem.allowed.shape)
        here = self.phase == phase
        found[self.site[here], self.kind[here]] = values[: self.count][here]
        return found
