r"""Maximal covering: cover the most demand with a given number of sites.

Of Church & ReVelle (Papers of the Regional Science Association 32, 1974): with demand :math:`w_i`
of zone :math:`i` and :math:`N(i)` the sites within its reach,

.. math::

    \max \sum_i w_i z_i, \qquad z_i \le \sum_{j \in N(i)} y_j, \qquad q \le \sum_j y_j \le p,
    \qquad l \le R y \le u

with :math:`y_j \in \{0, 1\}`, 1 where an existing site is kept, and :math:`0 \le z_i \le 1`. With
capacities (Current & Storbeck, Environment and Planning B 15, 1988) a zone counts as far as it is
served, and its demand may be split:

.. math::

    z_i = \sum_{j \in N(i)} s_{ij}, \qquad \sum_i w_i s_{ij} \le \min(Q_j, W_j) y_j,
    \qquad W_j = \sum_{i: j \in N(i)} w_i

Zones without demand, or without a site within reach, are not stated. The distances only tell what
is within reach.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pulp

from siting.models.classical.cover import Cover, asked, reach_of
from siting.models.classical.cover_solve import Asked, answer
from siting.models.classical.cover_state import CoverWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.models.classical.question import Choice, Question
    from siting.models.effort import Effort
    from siting.models.highs import Arrays
    from siting.models.program import Statement

log = logging.getLogger(__name__)


def max_cover(
    question: Question, effort: Effort, *, progress: Callable[[str], None] = log.info
) -> Choice:
    """Return the sites that cover the most demand, and the proof of it.

    Parameters
    ----------
    question
        Demand, pairs within reach, and every limit; a cost counts only where a limit holds it.
    effort
        Gap, time limit, seed, threads, steps.
    progress
        Called with a line of text now and then.
    """
    return answer(_asked(question), effort, progress)


def state(question: Question) -> Statement:
    """State the question in PuLP, every zone and site by its number."""
    writer = CoverWriter(question, ("z",), maximise=True)
    weight, (covered,) = question.weight.tolist(), writer.z
    writer.objective((z, weight[i]) for i, z in covered.items())
    for i, z in covered.items():
        near = [(writer.y[j], 1.0) for j in writer.near[i]]
        writer.row(f"cover({i})", [*near, (z, -1.0)], pulp.LpConstraintGE, 0)
    writer.counts_and_limits()
    writer.capacities()
    return writer.done()


def arrays(question: Question) -> Arrays:
    """Return the same program as arrays."""
    whole = _asked(question)
    return whole.cover.arrays(whole.zones)


def _asked(question: Question) -> Asked:
    zones = asked(question)
    weight = question.weight[zones]
    cover = Cover(
        reach=reach_of(question, zones),
        weight=weight,
        worth=weight[None, :],
        need=np.zeros(len(zones)),
        price=np.zeros(question.sites),
        kept=question.kept,
        least=question.least,
        most=question.most,
        limits=question.limits,
        capacity=question.capacity,
    )
    return Asked(question, cover, zones, maximise=True)
