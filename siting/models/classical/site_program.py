"""State a program over sites alone, in PuLP and as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp
from scipy import sparse

from siting.models.highs import Arrays, Highs
from siting.models.program import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from siting.models.classical.question import Question
    from siting.models.effort import Effort

    Values = NDArray[np.float64]

AT_ONCE = 100
"""Most zones whose rows are added in one go."""


@dataclass(frozen=True, eq=False)
class SiteRows:
    """Hold rows over sites, each between two bounds."""

    matrix: sparse.csr_array
    """(R, J)"""
    lower: Values
    upper: Values
    names: tuple[str, ...]

    @classmethod
    def of(cls, question: Question) -> SiteRows:
        """Return a question's count and limits, each limit divided by its largest coefficient."""
        limits = question.limits
        rows, size = limits.rows, np.ones(limits.rows.shape[0])
        if len(size):
            size = np.asarray(abs(rows).max(axis=1).todense()).ravel()
            size = np.where(size > 0, size, 1.0)
            rows = sparse.csr_array(sparse.diags_array(1 / size) @ rows)
        least = float(question.least) if question.least > 0 else -np.inf
        count = sparse.csr_array(np.ones((1, question.sites)))
        return cls(
            sparse.csr_array(sparse.vstack([count, rows])),
            np.concatenate([[least], limits.lower / size]),
            np.concatenate([[float(question.most)], limits.upper / size]),
            ("count", *(f"limit({n})" for n in range(len(size)))),
        )

    def and_rows(
        self, name: str, matrix: sparse.csr_array, *, lower: float = -np.inf, upper: float = np.inf
    ) -> SiteRows:
        """Return these rows and more, all with the same bounds."""
        count = matrix.shape[0]
        return SiteRows(
            sparse.csr_array(sparse.vstack([self.matrix, matrix])),
            np.append(self.lower, np.full(count, lower)),
            np.append(self.upper, np.full(count, upper)),
            (*self.names, *(f"{name}({n})" for n in range(count))),
        )

    def one_sided(self) -> SiteRows:
        """Return the rows as PuLP states them: one for each side, one where both are the same."""
        both = self.lower == self.upper
        sides = [
            (n, name, low, high)
            for n, (low, high) in enumerate(zip(self.lower, self.upper, strict=True))
            for name, low, high in (
                [(self.names[n], low, high)]
                if both[n]
                else [(f"{self.names[n]}_least", low, np.inf)] * bool(np.isfinite(low))
                + [(f"{self.names[n]}_most", -np.inf, high)] * bool(np.isfinite(high))
            )
        ]
        picked = np.array([side[0] for side in sides], dtype=np.int64)
        return SiteRows(
            self.matrix[picked],
            np.array([side[2] for side in sides], dtype=float),
            np.array([side[3] for side in sides], dtype=float),
            tuple(side[1] for side in sides),
        )

    def each(self) -> Iterator[tuple[str, list[tuple[int, float]], int, float]]:
        """Yield each one-sided row as PuLP wants it: name, entries, sense, right-hand side."""
        m = self.matrix
        for n, name in enumerate(self.names):
            part = slice(m.indptr[n], m.indptr[n + 1])
            row = list(zip(m.indices[part].tolist(), m.data[part].tolist(), strict=True))
            low, high = float(self.lower[n]), float(self.upper[n])
            sense = int(np.isfinite(low)) - int(np.isfinite(high))
            yield name, row, sense, low if np.isfinite(low) else high


def state_sites(question: Question, value: Values, rows: SiteRows, *, maximise: bool) -> Statement:
    """State in PuLP: the least or most of a value of the open sites, under rows on them.

    Parameters
    ----------
    question
        The question, whose existing sites stay open.
    value
        (J,)
    rows
        What has to hold.
    maximise
        Its sense.
    """
    lp = pulp.LpProblem("sites", pulp.LpMaximize if maximise else pulp.LpMinimize)
    opened = open_variables(lp, question)
    lp.setObjective(pulp.LpAffineExpression(list(zip(opened, value.tolist(), strict=True))))
    stated: list[Any] = []
    for row in rows.one_sided().each():
        add_row(lp, stated, opened, row)
    build = {(j, 0, 0): y for j, y in enumerate(opened)}
    return Statement(lp, build, [], {}, opened, stated)


def open_variables(lp: Any, question: Question) -> list[Any]:  # noqa: ANN401 - PuLP is untyped
    """Add a binary variable for each site, 1 where it is kept."""
    return [
        lp.add_variable(f"y({j})", int(keep), 1, pulp.LpInteger)
        for j, keep in enumerate(question.kept.tolist())
    ]


def add_row(
    lp: Any,  # noqa: ANN401 - PuLP is untyped
    stated: list[Any],
    columns: list[Any],
    row: tuple[str, list[tuple[int, float]], int, float],
) -> None:
    """Add a row to a program and to the list of those stated."""
    name, entries, sense, rhs = row
    terms = pulp.LpAffineExpression([(columns[n], a) for n, a in entries])
    stated.append(pulp.LpConstraint(terms, sense, name, rhs))
    lp.addConstraint(stated[-1])


def site_arrays(question: Question, value: Values, rows: SiteRows, *, maximise: bool) -> Arrays:
    """Return the same program as arrays.

    Parameters
    ----------
    question, value, rows, maximise
        As for ``state_sites``.
    """
    part = rows.one_sided()
    return Arrays(
        maximise=maximise,
        cost=value,
        lower=question.kept.astype(float),
        upper=np.ones(question.sites),
        integer=np.ones(question.sites, dtype=bool),
        row_lower=part.lower,
        row_upper=part.upper,
        start=part.matrix.indptr.astype(np.int32),
        index=part.matrix.indices.astype(np.int32),
        value=part.matrix.data,
        row_names=part.names,
    )


@dataclass(frozen=True, eq=False)
class Covered:
    """Hold the values of sites found, empty where none were, and whether there are none."""

    values: Values
    infeasible: bool


def choose_sites(
    question: Question,
    value: Values,
    rows: SiteRows,
    effort: Effort,
    left_s: Callable[[], float],
    *,
    gap: float = 1e-3,
    asked: NDArray[np.bool_] | None = None,
    relaxed: bool = False,
) -> Covered:
    """Return the sites of least total value that keep every row and leave no zone alone.

    A zone's own row is added only once the sites leave it alone.

    Parameters
    ----------
    question, value, rows
        As for ``state_sites``.
    effort
        Limits of the search.
    left_s
        Tells the seconds left.
    gap
        Relative gap to stop at.
    asked
        (I,) zones whose rows are stated from the start; those that are added are marked.
    relaxed
        Leave out integrality.
    """
    asked = np.zeros(len(question.weight), dtype=bool) if asked is None else asked
    while left_s() > 0:
        every = rows
        if asked.any():
            every = rows.and_rows("cover", question.reach[np.flatnonzero(asked)], lower=1.0)
        arrays = site_arrays(question, value, every, maximise=False)
        solver = Highs(arrays, relaxed=relaxed, threads=effort.threads, seed=effort.seed)
        run = solver.run(time_limit_s=left_s(), gap=gap)
        if run.status == "infeasible":
            return Covered(np.empty(0), infeasible=True)
        if not len(run.values) or (relaxed and run.status != "optimal"):
            break
        values = run.values if relaxed else np.rint(run.values)
        alone = (question.reach @ values < 1 - 1e-6) & (question.weight > 0)
        if not alone.any():
            return Covered(values, infeasible=False)
        asked[_hardest(question, alone)] = True
    return Covered(np.empty(0), infeasible=False)


def _hardest(question: Question, alone: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the zones left alone that have the fewest sites."""
    zones = np.flatnonzero(alone)
    degree = np.diff(question.start)[zones]
    return zones[np.argsort(degree, kind="stable")[:AT_ONCE]]
