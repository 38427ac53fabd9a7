"""Look for a cheaper plan of the same worth, so that no money is spent that serves nobody."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from siting.models.highs import Highs
from siting.models.improve import BATCH, Improver
from siting.models.relaxation import with_floor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.crew import Crew
    from siting.models.highs import Arrays
    from siting.models.layout import Layout

    Values = NDArray[np.float64]

SHARE = 0.1
"""Part of the time limit, and no longer than the answer itself took."""
WHOLE_SHARE = 0.3
"""The same, where HiGHS gets the whole program."""
GAP = 0.01
"""Gap at which a cheaper plan is cheap enough."""
WINDOW = 36
"""Sites that a neighbourhood frees."""


def cheaper(
    arrays: Arrays,
    layout: Layout,
    crew: Crew,
    values: Values,
    *,
    nodes: int | None,
    patience: int,
    whole: bool,
) -> Values:
    """Return a cheaper plan of the same worth, sought in what is left of the effort.

    Parameters
    ----------
    arrays, layout, crew, values, nodes, patience
        As below.
    whole
        Whether HiGHS gets the whole program.
    """
    if crew.over():
        return values
    crew.progress("looking for a cheaper plan of the same worth")
    if whole:
        return economise_whole(arrays, layout, crew, values, nodes=nodes)
    return economise(arrays, layout, crew, values, patience=patience)


def economise_whole(
    arrays: Arrays, layout: Layout, crew: Crew, values: Values, *, nodes: int | None
) -> Values:
    """Return the cheapest plan of the same worth that HiGHS finds.

    Parameters
    ----------
    arrays, layout
        The program.
    crew
        Limits.
    values
        (columns,) the plan.
    nodes
        Most nodes; None for no limit but the time.
    """
    highs = Highs(with_floor(arrays, layout.cost_kcny, values), seed=crew.effort.seed)
    highs.start_from(values)
    seconds = WHOLE_SHARE * crew.effort.time_limit_s
    run = crew.run([highs], seconds=seconds, nodes=nodes, gap=max(crew.effort.gap, GAP))[0]
    return run.values if len(run.values) else values


def economise(
    arrays: Arrays, layout: Layout, crew: Crew, values: Values, *, patience: int
) -> Values:
    """Return a cheaper plan of the same worth, found around little-used stations.

    Parameters
    ----------
    arrays, layout, crew, values
        As above.
    patience
        Neighbourhoods without gain before it gives up.
    """
    steps, spent_s = crew.effort.iterations, time.monotonic() - crew.started
    seconds = min(SHARE * crew.effort.time_limit_s, spent_s) if steps is None else np.inf
    until = time.monotonic() + seconds
    cheaper = with_floor(arrays, layout.cost_kcny, values)
    rng = np.random.default_rng(crew.effort.seed)
    improver = Improver(cheaper, layout, crew, values, values[layout.choice], rng)
    tried = stale = 0
    try:
        while stale < patience and time.monotonic() < until and not crew.over():
            if steps is not None and tried >= steps:
                break
            gained = improver.step(["idle"] * BATCH, WINDOW)
            tried, stale = tried + BATCH, 0 if any(gained) else stale + BATCH
    except KeyboardInterrupt:
        crew.stop.set()
    return improver.values
