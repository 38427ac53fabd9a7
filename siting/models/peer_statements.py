r"""State two questions in PuLP as textbooks do, where siting itself answers them by bisection.

The p-center problem (M. S. Daskin, Network and Discrete Location, 1995) and the p-dispersion
problem (M. J. Kuby, Geographical Analysis 19, 1987):

.. math::

    \min r: \quad \sum_j x_{ij} = 1, \quad \sum_j d_{ij} x_{ij} \le r, \quad x_{ij} \le y_j,
    \quad \sum_j y_j \le p

    \max r: \quad r \le d_{jk} + M (2 - y_j - y_k), \quad \sum_j y_j = p,
    \quad M = \max d - d_{jk}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulp

from siting.models.program import Statement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siting.models.classical.question import Question


def center_state(question: Question) -> Statement:
    """State p-center; zones without weight do not count."""
    lp = pulp.LpProblem("center", pulp.LpMinimize)
    y, rows = _sites(lp, question), list[Any]()
    radius = lp.add_variable("r", 0, None, pulp.LpContinuous)
    lp.setObjective(pulp.LpAffineExpression([(radius, 1.0)]))
    assigned: list[Any] = []
    for i in (i for i, weight in enumerate(question.weight.tolist()) if weight > 0):
        begin, end = question.start[i : i + 2].tolist()
        near = question.site[begin:end].tolist()
        far = question.distance[begin:end].tolist()
        x = [lp.add_variable(f"x({i},{j})", 0, 1, pulp.LpContinuous) for j in near]
        assigned += x
        rows.append(_row(lp, f"served({i})", [(one, 1.0) for one in x], 0, 1))
        reach = [*zip(x, far, strict=True), (radius, -1.0)]
        rows.append(_row(lp, f"within({i})", reach, -1, 0))
        rows += [
            _row(lp, f"open({i},{j})", [(one, 1.0), (y[j], -1.0)], -1, 0)
            for one, j in zip(x, near, strict=True)
        ]
    rows.append(_row(lp, "most", [(one, 1.0) for one in y], -1, question.most))
    return Statement(lp, {}, [], {}, [*y, radius, *assigned], rows)


def dispersion_state(question: Question, between: NDArray[np.float64]) -> Statement:
    """State p-dispersion of ``least`` sites.

    Parameters
    ----------
    question
        Its sites and how many of them.
    between
        (J, J) distances between sites.
    """
    lp = pulp.LpProblem("dispersion", pulp.LpMaximize)
    y = _sites(lp, question)
    most = float(between.max(initial=0.0))
    radius = lp.add_variable("r", 0, most, pulp.LpContinuous)
    lp.setObjective(pulp.LpAffineExpression([(radius, 1.0)]))
    rows = [_row(lp, "least", [(one, 1.0) for one in y], 0, question.least)]
    for j in range(question.sites):
        for k in range(j + 1, question.sites):
            far = float(min(between[j, k], between[k, j]))
            more = most - far
            terms = [(radius, 1.0), (y[j], more), (y[k], more)]
            rows.append(_row(lp, f"apart({j},{k})", terms, -1, far + 2 * more))
    return Statement(lp, {}, [], {}, [*y, radius], rows)


def _sites(lp: Any, question: Question) -> list[Any]:  # noqa: ANN401 - PuLP is untyped
    return [lp.add_variable(f"y({j})", 0, 1, pulp.LpInteger) for j in range(question.sites)]


def _row(lp: Any, name: str, terms: list[tuple[Any, float]], sense: int, rhs: float) -> Any:  # noqa: ANN401 - PuLP is untyped
    row = pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, name, float(rhs))
    lp.addConstraint(row)
    return row
