r"""Refuel the most flow: which stations let the most trips be made.

Variables: :math:`y_j \in \{0, 1\}`, site :math:`j` is open; :math:`u_k \in [0, 1]`, a site of set
:math:`k` is; :math:`z_q \in [0, 1]`, path :math:`q` is refuelled. With :math:`K_q` the sets of
which path :math:`q` needs one site each (`flow_cover`):

.. math::

    \max \sum_q f_q z_q, \qquad z_q \le u_k \quad \forall q, k \in K_q, \qquad
    u_k \le \sum_{j \in k} y_j, \qquad p_0 \le \sum_j y_j \le p, \qquad l \le R y \le u

No combination of stations is listed. A path needs at most as many sets as it has stops, of which
few ever bind, so :math:`z_q \le u_k` is separated as it is broken, in the linear relaxation and,
where there are very many, in rounds of the whole program (`cuts`). Paths share most of their sets.
With capacities every set is stated, see `flow_capacity`.

References
----------
M. Kuby & S. Lim, Socio-Economic Planning Sciences 39 (2005) 125-145. I. Capar, M. Kuby, V. J. Leon
& Y.-J. Tsai, European Journal of Operational Research 227 (2013) 142-151. O. Arslan & O. E.
Karaşan, "A Benders decomposition approach for the charging station location problem with plug-in
hybrid electric vehicles", Transportation Research Part B 93 (2016) 670-695. P. Göpfert & S. Bock,
"A branch & cut approach to recharging and refueling infrastructure planning", European Journal of
Operational Research 279 (2019) 808-823.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.classical.cuts import CutSearch, Rows, site_program
from siting.models.classical.flow_capacity import flow_with_capacity
from siting.models.classical.flow_cover import cover_of
from siting.models.classical.question import Choice
from siting.models.relaxation import with_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.flow_cover import Cover
    from siting.models.classical.flow_question import FlowQuestion
    from siting.models.effort import Effort
    from siting.models.highs import Arrays

    Values = NDArray[np.float64]
    Indices = NDArray[np.int64]
    Opened = NDArray[np.bool_]

log = logging.getLogger(__name__)

BROKEN = 1e-6
"""By how much a row must be broken to be added."""
FEW = 100_000
"""Rows of bundles and sets that the whole program takes all at once."""


def flow_refuel(
    question: FlowQuestion, effort: Effort, *, progress: Callable[[str], None] = log.info
) -> Choice:
    """Return the sites that refuel the most flow.

    Parameters
    ----------
    question
        Paths, range, count and limits.
    effort
        Gap, time limit, seed and threads.
    progress
        Called with a line of text now and then.

    Returns
    -------
    choice
        ``share`` is (Q,) the part of each path's flow that is refuelled; ``bound`` holds for every
        choice that keeps the limits.
    """
    if question.capacity is not None:
        return flow_with_capacity(question, effort)
    started = time.monotonic()
    cover = cover_of(question)
    progress(f"{len(question.flow)} paths in {len(cover.flow)} bundles")
    arrays = flow_program(question, cover)
    found = CutSearch(question, arrays, SetCuts(question, cover), effort, progress).run()
    shares = question.refuelled(found.opened).astype(float) if len(found.opened) else np.empty(0)
    return Choice(
        status=found.status,
        opened=found.opened,
        share=shares,
        objective=found.objective + cover.always if len(found.opened) else np.nan,
        bound=found.bound + cover.always,
        seconds=time.monotonic() - started,
        method=f"arc cover, {found.rows} of {len(cover.needs)} rows in {found.rounds} rounds",
    )


def flow_program(question: FlowQuestion, cover: Cover) -> Arrays:
    """Return the program of sites, bundles and sets, without any row that ties bundles to sets."""
    bundles, sets = len(cover.flow), cover.sets.shape[0]
    worth = np.concatenate([cover.flow, np.zeros(sets)])
    arrays = site_program(question, worth, np.ones(bundles + sets))
    parts = [-cover.sets, sparse.csr_array((sets, bundles)), sparse.eye_array(sets)]
    hit = sparse.csr_array(sparse.hstack(parts, format="csr"))
    return with_rows(arrays, hit, np.full(sets, -np.inf), np.zeros(sets))


class SetCuts:
    """Separate the sets that a bundle needs and a solution leaves unhit."""

    def __init__(self, question: FlowQuestion, cover: Cover) -> None:
        self.question, self.cover, self.certain = question, cover, cover.always
        self.first_set = question.sites + len(cover.flow)

    def broken(self, values: Values, *, every: bool) -> Rows:
        """Return rows that tie a bundle to a set: all that are broken, or the worst of each."""
        cover = self.cover
        held = cover.sets @ values[: self.question.sites]
        over = values[self.question.sites :][cover.bundle] - np.minimum(held, 1.0)[cover.needs]
        rows = np.flatnonzero(over > BROKEN)
        if not every:
            worst = rows[np.lexsort((-over[rows], cover.bundle[rows]))]
            rows = worst[np.diff(cover.bundle[worst], prepend=-1) > 0]
        return self.rows(rows)

    def settled(self, made: list[Rows]) -> list[Rows]:
        """Return all rows where there are few: one long round is shorter than several."""
        pairs = len(self.cover.needs)
        return made if pairs > FEW else [self.rows(np.arange(pairs))]

    def rows(self, pairs: Indices) -> Rows:
        """Return the rows of some pairs of a bundle and a set it needs."""
        count = len(pairs)
        columns = (
            self.question.sites + self.cover.bundle[pairs],
            self.first_set + self.cover.needs[pairs],
        )
        entry = (
            np.repeat([1.0, -1.0], count),
            (np.tile(np.arange(count), 2), np.concatenate(columns)),
        )
        shape = (count, self.first_set + self.cover.sets.shape[0])
        return Rows(sparse.csr_array(entry, shape=shape), np.zeros(count))

    def worth(self, opened: Opened) -> float:
        """Return the flow a choice of sites refuels, beyond what needs none."""
        return self.question.refuelled_flow(opened) - self.cover.always

    def columns(self, opened: Opened) -> Values:
        """Return sites, bundles and sets as they go with a choice of sites."""
        hit = self.cover.sets @ opened.astype(float) > 0.5  # noqa: PLR2004 - a count of sites
        met = np.ones(len(self.cover.flow))
        met[self.cover.bundle[~hit[self.cover.needs]]] = 0.0
        return np.concatenate([opened.astype(float), met, hit.astype(float)])
