r"""Open sites so that their fixed cost and the weighted distance to them are least together.

.. math::

    \min \sum_j f_j y_j + \sum_{ij} w_i d_{ij} x_{ij} \quad \text{s.t.} \quad
    \sum_j x_{ij} = 1, \quad x_{ij} \le y_j, \quad \sum_i w_i x_{ij} \le Q_j y_j, \quad
    y \in \{0, 1\}

The capacitated facility location problem with demand that may be split, in its strong form
(G. Cornuéjols, R. Sridharan & J. M. Thizy, European Journal of Operational Research 50, 1991);
without capacities the simple plant location problem (M. L. Balinski, Management Science 12, 1965).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from siting.models.classical import assignment
from siting.models.classical.location import Location

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.models.classical.question import Choice, Question
    from siting.models.effort import Effort
    from siting.models.highs import Arrays
    from siting.models.program import Statement

log = logging.getLogger(__name__)


def facility(
    question: Question, effort: Effort, *, progress: Callable[[str], None] = log.info
) -> Choice:
    """Open sites so that fixed cost and weight x distance are least, every zone within its reach.

    Parameters
    ----------
    question
        ``cost`` is the fixed cost, ``distance`` the cost of serving one unit of weight; ``most``
        may be as large as the number of sites.
    effort
        Limits of the search.
    progress
        Called with a line of text now and then.
    """
    return Location(question, question.cost, effort, progress).run()


def state(question: Question) -> Statement:
    """State the whole program in PuLP."""
    return assignment.state(question, question.cost)


def to_arrays(question: Question) -> Arrays:
    """Return the same program as arrays."""
    return assignment.to_arrays(question, question.cost)
