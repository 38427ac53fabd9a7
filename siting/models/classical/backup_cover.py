r"""Backup covering: cover demand twice, so that it has another station if one fails.

Of Hogan & ReVelle (Management Science 32, 1986). By default their second model: first coverage
:math:`z_i` and backup coverage :math:`u_i` are both worth something,

.. math::

    \max \theta \sum_i w_i z_i + (1 - \theta) \sum_i w_i u_i, \qquad
    z_i + u_i \le \sum_{j \in N(i)} y_j, \qquad q \le \sum_j y_j \le p, \qquad l \le R y \le u

with :math:`y_j \in \{0, 1\}`, 1 where an existing site is kept, and :math:`0 \le z_i, u_i \le 1`.
First coverage counts at least as much as the second, :math:`\theta \ge 1/2`, so that
:math:`u_i \le z_i` need not be asked for. With ``every_zone`` their first model: every zone with
demand has to be covered, and backup coverage alone counts,

.. math::

    \max \sum_i w_i u_i, \qquad u_i \le \sum_{j \in N(i)} y_j - 1

With capacities (in the manner of Pirkul & Schilling, Management Science 34, 1988) demand has to be
served, and may be split; a part of it is backed up where two different sites serve it:

.. math::

    z_i + u_i = \sum_{j \in N(i)} s_{ij}, \qquad 0 \le s_{ij} \le 1, \qquad
    \sum_i w_i s_{ij} \le \min(Q_j, W_j) y_j, \qquad W_j = \sum_{i: j \in N(i)} w_i

(:math:`1 + u_i` in the first model). The distances only tell what is within reach.
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

    from siting.models.classical.question import Choice, Question
    from siting.models.effort import Effort
    from siting.models.highs import Arrays
    from siting.models.program import Statement

log = logging.getLogger(__name__)

LEAST_FIRST_SHARE = 0.5


def backup_cover(
    question: Question,
    effort: Effort,
    *,
    first_share: float = 0.5,
    every_zone: bool = False,
    progress: Callable[[str], None] = log.info,
) -> Choice:
    r"""Return the sites whose first and backup coverage are worth most, and the proof of it.

    Parameters
    ----------
    question
        Demand, pairs within reach, and every limit.
    effort
        Gap, time limit, seed, threads, steps.
    first_share
        :math:`\theta`, from 0.5 to 1: what first coverage counts; backup counts the rest.
    every_zone
        Cover every zone with demand, and count backup coverage alone; ``first_share`` is not used.
    progress
        Called with a line of text now and then.

    Raises
    ------
    ValueError
        If ``first_share`` is not between 0.5 and 1.
    """
    lost = unreached(question) if every_zone else None
    stated = _asked(question, first_share=first_share, every_zone=every_zone)
    return lost or answer(stated, effort, progress)


def state(question: Question, *, first_share: float = 0.5, every_zone: bool = False) -> Statement:
    """State the question in PuLP, every zone and site by its number."""
    names = ("u",) if every_zone else ("z", "u")
    writer = CoverWriter(question, names, maximise=True)
    weight = question.weight.tolist()
    shares = (1.0,) if every_zone else (first_share, 1 - first_share)
    writer.objective(
        (column, share * weight[i])
        for share, layer in zip(shares, writer.z, strict=True)
        for i, column in layer.items()
    )
    for i in writer.zones:
        near = [(writer.y[j], 1.0) for j in writer.near[i]]
        counted = [(layer[i], -1.0) for layer in writer.z]
        writer.row(f"cover({i})", [*near, *counted], pulp.LpConstraintGE, int(every_zone))
    writer.counts_and_limits()
    writer.capacities(need=int(every_zone))
    return writer.done()


def arrays(question: Question, *, first_share: float = 0.5, every_zone: bool = False) -> Arrays:
    """Return the same program as arrays."""
    whole = _asked(question, first_share=first_share, every_zone=every_zone)
    return whole.cover.arrays(whole.zones)


def _asked(question: Question, *, first_share: float, every_zone: bool) -> Asked:
    if not LEAST_FIRST_SHARE <= first_share <= 1:
        msg = f"first_share is {first_share:g}; it has to be between 0.5 and 1"
        raise ValueError(msg)
    zones = asked(question)
    weight = question.weight[zones]
    shares = np.array([1.0]) if every_zone else np.array([first_share, 1 - first_share])
    cover = Cover(
        reach=reach_of(question, zones),
        weight=weight,
        worth=shares[:, None] * weight,
        need=np.full(len(zones), float(every_zone)),
        price=np.zeros(question.sites),
        kept=question.kept,
        least=question.least,
        most=question.most,
        limits=question.limits,
        capacity=question.capacity,
    )
    return Asked(question, cover, zones, maximise=True)
