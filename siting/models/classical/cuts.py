"""Maximise over open sites by cutting planes: separate them in the relaxation, then in rounds.

A program over the sites' binaries and further columns is solved with few of its rows. First its
linear relaxation, with the rows its solution breaks added until none is; then the mixed-integer
program, each round with the rows the last round's answer breaks. Every program has fewer rows than
the whole, so every bound is a true one; every answer is valued by its open sites alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import sparse

from siting.models.highs import Arrays, Highs
from siting.models.relaxation import with_rows
from siting.models.solution import PROVED

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import ChoiceStatus, Limits
    from siting.models.effort import Effort

    Values = NDArray[np.float64]
    Opened = NDArray[np.bool_]

RELAXED_ROUNDS = 60
"""Most rounds of cuts in the relaxation; what is still broken then is cut in the whole program."""
RELAXED_SHARE = 0.3
"""Most of the time limit spent on the relaxation."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Hold some rows of a program, each at most its limit."""

    matrix: sparse.csr_array
    """(rows, columns)"""
    upper: Values
    """(rows,)"""

    @classmethod
    def none(cls, columns: int) -> Rows:
        """Return no rows."""
        return cls(sparse.csr_array((0, columns)), np.empty(0))


class Cuts(Protocol):
    """Say which rows a solution breaks, and what a choice of sites is really worth."""

    certain: float
    """What every choice is worth beyond the program's objective."""

    def broken(self, values: Values, *, every: bool) -> Rows:
        """Return rows that the values of all columns break: all of them, or the worst ones."""

    def settled(self, made: list[Rows]) -> list[Rows]:
        """Return the rows the whole program begins with, given those made for the relaxation."""

    def worth(self, opened: Opened) -> float:
        """Return the objective of a choice of sites, by its definition."""

    def columns(self, opened: Opened) -> Values:
        """Return the values of all columns that go with a choice of sites."""


class Sites(Protocol):
    """Hold what every question over sites has."""

    @property
    def sites(self) -> int:
        """Return the number of sites."""

    @property
    def most(self) -> int:
        """Return the most open sites."""

    @property
    def least(self) -> int:
        """Return the fewest open sites."""

    @property
    def kept(self) -> Opened:
        """Return (J,) sites that stay open."""

    @property
    def limits(self) -> Limits:
        """Return the limits on open sites."""


def keeps(question: Sites, opened: Opened) -> bool:
    """Tell whether a choice of sites keeps count, kept sites and every limit."""
    count = int(opened.sum())
    if not question.least <= count <= question.most or np.any(question.kept & ~opened):
        return False
    return question.limits.hold(opened)


def site_program(question: Sites, worth: Values, upper: Values) -> Arrays:
    """Return the program of the open sites and further continuous columns, all limits stated.

    Parameters
    ----------
    question
        Count, kept sites and limits.
    worth
        (C,) objective of the further columns, maximised.
    upper
        (C,) their upper bounds; the lower ones are 0.
    """
    sites, more, limits = question.sites, len(worth), question.limits
    count = sparse.csr_array(np.ones((1, sites)))
    stated = sparse.vstack([limits.rows, count])
    nothing = sparse.csr_array((len(limits.names) + 1, more))
    rows = sparse.csr_array(sparse.hstack([stated, nothing], format="csr"))
    return Arrays(
        maximise=True,
        cost=np.concatenate([np.zeros(sites), worth]),
        lower=np.concatenate([question.kept.astype(float), np.zeros(more)]),
        upper=np.concatenate([np.ones(sites), upper]),
        integer=np.arange(sites + more) < sites,
        row_lower=np.append(limits.lower, float(question.least)),
        row_upper=np.append(limits.upper, float(question.most)),
        start=rows.indptr.astype(np.int32),
        index=rows.indices.astype(np.int32),
        value=rows.data.astype(float),
        row_names=(*limits.names, "count"),
    )


@dataclass(frozen=True, eq=False)
class Found:
    """Hold the best choice of sites, and a proven bound on every choice."""

    status: ChoiceStatus
    opened: Opened
    """(J,); empty where nothing was found."""
    objective: float
    bound: float
    rows: int
    """Cuts made."""
    rounds: int
    """Mixed-integer programs solved."""


@dataclass
class CutSearch:
    """Hold one search in progress."""

    question: Sites
    arrays: Arrays
    cuts: Cuts
    effort: Effort
    progress: Callable[[str], None]
    first_gap: float = 0.0
    """Gap the first round stops at, a tenth of it the next: while rows are missing, no round need
    be solved to the end."""
    started: float = field(default_factory=time.monotonic)
    made: list[Rows] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    """Choices whose rows are all made: what they still break is the solver's own tolerance."""
    opened: Opened = field(default_factory=lambda: np.empty(0, dtype=bool))
    objective: float = -np.inf
    bound: float = np.inf

    def left_s(self, *, share: float = 1.0) -> float:
        """Return the seconds left of a share of the time limit."""
        return share * self.effort.time_limit_s - (time.monotonic() - self.started)

    def run(self) -> Found:
        """Search until the gap is proved or the time is up."""
        if self._relaxed():
            return self._found("infeasible", 0)
        rounds, gap = 0, max(self.first_gap, self.effort.gap)
        while rounds < (self.effort.iterations or np.inf):
            rounds += 1
            status, whole = self._round(gap)
            if status == "infeasible":
                return self._found("infeasible", rounds)
            self.progress(f"round {rounds}: best {self.objective:,.6g}, bound {self.bound:,.6g}")
            done = whole and gap <= self.effort.gap
            if done or self._gap() <= self.effort.gap or self.left_s() <= 0:
                break
            gap = self.effort.gap if whole else max(gap / 10, self.effort.gap)
        if not len(self.opened):
            return self._found("no-solution", rounds)
        return self._found("optimal" if self._gap() <= PROVED else "feasible", rounds)

    def _found(self, status: ChoiceStatus, rounds: int) -> Found:
        rows = sum(len(rows.upper) for rows in self.made)
        if not len(self.opened):
            return Found(status, self.opened, np.nan, self.bound, rows, rounds)
        bound = max(self.bound, self.objective)
        return Found(status, self.opened, self.objective, bound, rows, rounds)

    def _gap(self) -> float:
        worth = abs(self.objective + self.cuts.certain)
        return (self.bound - self.objective) / max(worth, 1e-9)

    def _relaxed(self) -> bool:
        """Cut the linear relaxation; tell whether even that has no solution."""
        program = self._highs(self.arrays, relaxed=True)
        for _ in range(RELAXED_ROUNDS):
            run = program.run(time_limit_s=self.left_s(share=RELAXED_SHARE))
            if run.status == "infeasible":
                return True
            if run.status != "optimal":
                break
            self.bound = min(self.bound, run.bound)
            rows = self.cuts.broken(run.values, every=False)
            if not len(rows.upper):
                break
            self.made.append(rows)
            program.add_rows(rows.matrix, rows.upper)
        self.made = self.cuts.settled(self.made)
        self.progress(f"relaxation cut: bound {self.bound:,.6g}")
        return False

    def _round(self, gap: float) -> tuple[str, bool]:
        """Solve the mixed-integer program with the cuts so far; tell whether none is missing."""
        program = self._highs(self._cut())
        if len(self.opened):
            program.start_from(self.cuts.columns(self.opened))
        run = program.run(time_limit_s=self.left_s(), gap=gap)
        if run.status == "infeasible":
            return "infeasible", True
        self.bound = min(self.bound, run.bound)
        if not len(run.values):
            return run.status, True
        opened = run.values[: self.question.sites] > 0.5  # noqa: PLR2004 - a binary
        again = opened.tobytes() in self.seen
        self.seen.add(opened.tobytes())
        self._offer(opened)
        rows = self.cuts.broken(run.values, every=True)
        self.made.append(rows)
        return run.status, again or not len(rows.upper)

    def _offer(self, opened: Opened) -> None:
        worth = self.cuts.worth(opened)
        if worth > self.objective and keeps(self.question, opened):
            self.opened, self.objective = opened, worth

    def _cut(self) -> Arrays:
        if not self.made:
            return self.arrays
        rows = sparse.csr_array(sparse.vstack([rows.matrix for rows in self.made]))
        upper = np.concatenate([rows.upper for rows in self.made])
        return with_rows(self.arrays, rows, np.full(len(upper), -np.inf), upper)

    def _highs(self, arrays: Arrays, *, relaxed: bool = False) -> Highs:
        return Highs(arrays, relaxed=relaxed, threads=self.effort.threads, seed=self.effort.seed)
