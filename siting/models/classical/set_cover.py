r"""Location set covering: cover all demand with the fewest sites, or at the least cost.

Of Toregas, Swain, ReVelle & Bergman (Operations Research 19, 1971): with :math:`N(i)` the sites
within reach of zone :math:`i`,

.. math::

    \min \sum_j c_j y_j, \qquad \sum_{j \in N(i)} y_j \ge 1, \qquad q \le \sum_j y_j \le p,
    \qquad l \le R y \le u

with :math:`y_j \in \{0, 1\}`, 1 where an existing site is kept, and :math:`c_j = 1` where no cost
is given: the number of open sites. With capacities all demand has to be served, and may be split
(Current & Storbeck, Environment and Planning B 15, 1988):

.. math::

    \sum_{j \in N(i)} s_{ij} = 1, \qquad \sum_i w_i s_{ij} \le \min(Q_j, W_j) y_j,
    \qquad W_j = \sum_{i: j \in N(i)} w_i

A zone without demand asks for nothing; one with demand and no site within reach makes the question
infeasible. The distances only tell what is within reach.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pulp

from siting.models.classical.cover import Cover, asked, reach_of
from siting.models.classical.cover_solve import Asked, answer, unreached
from siting.models.classical.cover_state import CoverWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.question import Choice, Question
    from siting.models.effort import Effort
    from siting.models.highs import Arrays
    from siting.models.program import Statement

log = logging.getLogger(__name__)


def set_cover(
    question: Question, effort: Effort, *, progress: Callable[[str], None] = log.info
) -> Choice:
    """Return the fewest, or cheapest, sites that cover all demand, and the proof of it.

    Parameters
    ----------
    question
        Demand, pairs within reach, and every limit; where any site has a cost, costs are summed.
    effort
        Gap, time limit, seed, threads, steps.
    progress
        Called with a line of text now and then.
    """
    lost = unreached(question)
    return lost or answer(_asked(question), effort, progress)


def state(question: Question) -> Statement:
    """State the question in PuLP, every zone and site by its number."""
    writer = CoverWriter(question, (), maximise=False)
    writer.objective(zip(writer.y, price(question).tolist(), strict=True))
    for i in writer.zones:
        near = [(writer.y[j], 1.0) for j in writer.near[i]]
        writer.row(f"cover({i})", near, pulp.LpConstraintGE, 1)
    writer.counts_and_limits()
    writer.capacities(need=1)
    return writer.done()


def arrays(question: Question) -> Arrays:
    """Return the same program as arrays."""
    whole = _asked(question)
    return whole.cover.arrays(whole.zones)


def price(question: Question) -> NDArray[np.float64]:
    """Return (J,) the cost of each site, or 1 where none is given."""
    return question.cost if np.any(question.cost) else np.ones(question.sites)


def _asked(question: Question) -> Asked:
    zones = asked(question)
    cover = Cover(
        reach=reach_of(question, zones),
        weight=question.weight[zones],
        worth=np.empty((0, len(zones))),
        need=np.ones(len(zones)),
        price=price(question),
        kept=question.kept,
        least=question.least,
        most=question.most,
        limits=question.limits,
        capacity=question.capacity,
    )
    return Asked(question, cover, zones, maximise=False)
