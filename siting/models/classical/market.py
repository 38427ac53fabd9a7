r"""Win the most demand against competitors: Huff's shares, solved exactly.

Zone :math:`i` goes to an open site :math:`j` within reach in proportion to its attraction
:math:`a_{ij} = s_j^\alpha / d_{ij}^\beta`, and to competitors in proportion to theirs, :math:`c_i`
in all. Own kept sites attract :math:`b_i`. With :math:`y_j \in \{0, 1\}`, site :math:`j` opens:

.. math::

    \max \sum_i w_i\, g_i\Bigl(\sum_j a_{ij} y_j\Bigr), \qquad
    g_i(s) = \frac{b_i + s}{b_i + s + c_i}, \qquad
    p_0 \le \sum_j y_j \le p, \qquad l \le R y \le u

:math:`g_i` is concave, so a share :math:`\theta_i` stays below every tangent. Tangents are added at
the sums a solution has, in the linear relaxation and in rounds of the whole program (`cuts`), until
none is passed; and submodular rows, for any set :math:`T` of sites, since a site gains the less the
more are open:

.. math::

    \theta_i \le g_i(s^*) + g_i'(s^*) (s_i - s^*), \qquad s_i \le \sum_j a_{ij} y_j, \qquad
    \theta_i \le g_i(a_{iT}) + \sum_{j \notin T} (g_i(a_{iT} + a_{ij}) - g_i(a_{iT})) y_j

A zone within reach of no competitor is won whole by the first site.

References
----------
D. L. Huff, "Defining and estimating a trading area", Journal of Marketing 28 (1964) 34-38. A. S.
Freire, E. Moreno & W. F. Yushimito, "A branch-and-bound algorithm for the maximum capture problem
with random utilities", European Journal of Operational Research 252 (2016) 204-212. I. Ljubić & E.
Moreno, "Outer approximation and submodular cuts for maximum capture facility location problems with
random utilities", European Journal of Operational Research 266 (2018) 46-56.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cuts import CutSearch
from siting.models.classical.market_cuts import Tangents, captured
from siting.models.classical.question import Choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import Question
    from siting.models.effort import Effort

    Values = NDArray[np.float64]

log = logging.getLogger(__name__)

FIRST_GAP = 0.01
"""Gap the first round stops at, while most tangents are missing."""


def attraction(
    size: Values, distance: Values, *, exponent: float, decay: float, nearest: float
) -> Values:
    """Return size^exponent / distance^decay (Huff 1964).

    Parameters
    ----------
    size
        Of each pair's site, above 0.
    distance
        Of each pair, in any unit.
    exponent, decay
        How much size and distance count.
    nearest
        Distances below this, above 0, count as this: nobody is drawn without limit.
    """
    drawn: Values = size**exponent / np.maximum(distance, nearest) ** decay
    return drawn


def huff(
    question: Question,
    drawn: Values,
    rivals: Values,
    effort: Effort,
    *,
    progress: Callable[[str], None] = log.info,
) -> Choice:
    """Return the sites that win the most demand.

    Parameters
    ----------
    question
        Zones' demand, pairs within reach, count, kept sites and limits; its distances and
        capacities are not used.
    drawn
        (P,) attraction of each pair, above 0.
    rivals
        (I,) attraction of all competitors together, at least 0.
    effort
        Gap, time limit, seed and threads.
    progress
        Called with a line of text now and then.

    Returns
    -------
    choice
        ``share`` is (P,) the part of its zone's demand that each pair wins; ``bound`` holds for
        every choice that keeps the limits.
    """
    started = time.monotonic()
    cuts = Tangents(question, drawn, rivals)
    found = CutSearch(question, cuts.program(), cuts, effort, progress, first_gap=FIRST_GAP).run()
    share = np.empty(0)
    if len(found.opened):
        share = captured(question, drawn, rivals, found.opened)
    return Choice(
        status=found.status,
        opened=found.opened,
        share=share,
        objective=found.objective + cuts.certain if len(found.opened) else np.nan,
        bound=found.bound + cuts.certain,
        seconds=time.monotonic() - started,
        method=f"outer approximation, {found.rows} rows in {found.rounds} rounds",
    )
