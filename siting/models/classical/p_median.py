r"""Open at most p sites so that the weighted distance to the nearest open one is least.

.. math::

    \min \sum_{ij} w_i d_{ij} x_{ij} \quad \text{s.t.} \quad \sum_j x_{ij} = 1, \quad
    x_{ij} \le y_j, \quad \sum_j y_j \le p, \quad y \in \{0, 1\}

S. L. Hakimi, Operations Research 12, 1964; as a program C. S. ReVelle & R. W. Swain, Geographical
Analysis 2, 1970. With capacities a zone's weight may be split among sites. Few pairs of a zone and
a site matter: S. García, M. Labbé & A. Marín, INFORMS Journal on Computing 23, 2011, let each
zone's pairs in by rising distance; here those stay that prices on the zones cannot rule out. For
the state of the art by Benders cuts: C. Duran-Mateluna, Z. Ales & S. Elloumi, European Journal of
Operational Research 310, 2023.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical import assignment
from siting.models.classical.location import Location

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.models.classical.question import Choice, Question
    from siting.models.effort import Effort
    from siting.models.highs import Arrays
    from siting.models.program import Statement

log = logging.getLogger(__name__)


def p_median(
    question: Question, effort: Effort, *, progress: Callable[[str], None] = log.info
) -> Choice:
    """Open sites so that weight x distance is least, every zone with weight within its reach.

    Parameters
    ----------
    question
        ``most`` is p. With ``capacity``, zones may be split among sites.
    effort
        Limits of the search.
    progress
        Called with a line of text now and then.
    """
    return Location(question, np.zeros(question.sites), effort, progress).run()


def state(question: Question) -> Statement:
    """State the whole program in PuLP."""
    return assignment.state(question, np.zeros(question.sites))


def to_arrays(question: Question) -> Arrays:
    """Return the same program as arrays."""
    return assignment.to_arrays(question, np.zeros(question.sites))
