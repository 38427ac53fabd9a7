r"""State market share in PuLP, to be read: a linear program of shares that is exact.

With :math:`y_j \in \{0, 1\}`, site :math:`j` is open; :math:`x_{ij} \ge 0`, the share of zone
:math:`i` won at :math:`j`; :math:`o_i \ge 0`, the share that competitors keep; attractions
:math:`a_{ij}` and :math:`c_i` as in `market`:

.. math::

    & \max \sum_{ij} w_i x_{ij} \\
    \text{whole:}  \quad & o_i + \sum_j x_{ij} \le 1 \\
    \text{rival:}  \quad & c_i x_{ij} \le a_{ij} o_i \\
    \text{open:}   \quad & x_{ij} \le \frac{a_{ij}}{a_{ij} + c_i} y_j \\
    \text{count:}  \quad & p_0 \le \sum_j y_j \le p \\
    \text{limits:} \quad & l \le R y \le u

Where a site and competitors are both open, shares are in the proportion of attractions (K. Haase,
"Discrete location planning", University of Sydney, 2009; S. Benati & P. Hansen, European Journal of
Operational Research 143 (2002) 518-530). The engine solves the same question by outer approximation
(`market`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulp

from siting.models.classical.question_rows import state_limits
from siting.models.program import Statement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siting.models.classical.question import Question


def state_market(
    question: Question, drawn: NDArray[np.float64], rivals: NDArray[np.float64]
) -> Statement:
    """State a question of market share with named variables and constraints.

    Parameters
    ----------
    question
        Demand, pairs, count, kept sites and limits.
    drawn
        (P,) attraction of each pair.
    rivals
        (I,) attraction of all competitors together.
    """
    lp = pulp.LpProblem("market", pulp.LpMaximize)
    rows: list[Any] = []

    def add(row: Any, name: str) -> None:  # noqa: ANN401 - PuLP is untyped
        nonlocal lp
        lp += row, name
        rows.append(row)

    kept = question.kept.tolist()
    opened = [
        lp.add_variable(f"y({j})", int(kept[j]), 1, pulp.LpInteger) for j in range(question.sites)
    ]
    pairs = list(zip(question.zone.tolist(), question.site.tolist(), drawn.tolist(), strict=True))
    share = [lp.add_variable(f"x({i},{j})", 0, 1) for i, j, _ in pairs]
    others = [lp.add_variable(f"o({i})", 0, 1) for i in range(len(rivals))]
    weight = question.weight.tolist()
    lp += pulp.LpAffineExpression(
        [(x, weight[i]) for x, (i, _, _) in zip(share, pairs, strict=True)]
    )
    for i, other in enumerate(others):
        first, last = question.start[i], question.start[i + 1]
        add(other + pulp.lpSum(share[first:last]) <= 1, f"whole({i})")
    for x, (i, j, a) in zip(share, pairs, strict=True):
        rival = float(rivals[i])
        add(rival * x - a * others[i] <= 0, f"rival({i},{j})")
        add(x - a / (a + rival) * opened[j] <= 0, f"open({i},{j})")
    rows += state_limits(lp, opened, question)
    return Statement(lp, {}, [], {}, [*opened, *share, *others], rows)
