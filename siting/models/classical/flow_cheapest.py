"""Find, among choices that refuel the same trips, one that costs least."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from siting.models.classical.cuts import keeps, site_program
from siting.models.classical.flow_cover import cover_of
from siting.models.highs import Highs
from siting.models.relaxation import with_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.flow_question import FlowQuestion
    from siting.models.effort import Effort

COST_GAP = 0.01
"""Gap at which a cheaper choice is cheap enough."""


def cheapest(
    question: FlowQuestion,
    opened: NDArray[np.bool_],
    cost: NDArray[np.float64],
    effort: Effort,
    *,
    time_limit_s: float,
) -> NDArray[np.bool_]:
    """Return a choice that refuels every trip the given one does, for as little money as is found.

    Parameters
    ----------
    question
        Without capacities.
    opened
        (J,) a choice that keeps every limit.
    cost
        (J,) of opening each site.
    effort
        Seed and threads.
    time_limit_s
        Of this search.
    """
    cover = cover_of(question)
    hit = cover.sets @ opened.astype(float) > 0.5  # noqa: PLR2004 - a count of sites
    met = np.ones(len(cover.flow), dtype=bool)
    met[cover.bundle[~hit[cover.needs]]] = False
    needed = np.unique(cover.needs[met[cover.bundle]])
    plain = replace(site_program(question, np.empty(0), np.empty(0)), cost=-cost)
    arrays = with_rows(
        plain, cover.sets[needed], np.ones(len(needed)), np.full(len(needed), np.inf)
    )
    program = Highs(arrays, threads=effort.threads, seed=effort.seed)
    program.start_from(opened.astype(float))
    run = program.run(time_limit_s=time_limit_s, gap=COST_GAP)
    if not len(run.values):
        return opened
    found = run.values > 0.5  # noqa: PLR2004 - a binary
    same = question.refuelled_flow(found) >= question.refuelled_flow(opened)
    return found if same and keeps(question, found) and cost @ found < cost @ opened else opened
