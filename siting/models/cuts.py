r"""Add rows that cut off fractional plans and no plan.

Headroom: of :math:`\sum_{jk} P_k y_{jk} \le H`, for every load :math:`P_m` among the types,
:math:`\sum_{jk} \lfloor P_k / P_m \rfloor y_{jk} \le \lfloor H / P_m \rfloor` (V. Chvátal, Discrete
Mathematics 4, 1973): half a large station where none fits is no longer worth anything.

Spacing: of sites that are pairwise too close at most one may be open, said once for all of them
(M. Padberg, Mathematical Programming 5, 1973), found greedily.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.headroom import headroom_rows
from siting.models.relaxation import with_rows
from siting.models.statement import SLACK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.data.rooms import Rooms
    from siting.models.highs import Arrays
    from siting.models.layout import Layout

    Cut = tuple[NDArray[np.int64], NDArray[np.float64], float]

_HAIR = 1e-9
_PAIR = 2


def with_cuts(arrays: Arrays, layout: Layout) -> Arrays:
    """Return the program with cuts on headroom and spacing."""
    cuts = [*_headroom(layout), *_spacing(layout)]
    if not cuts:
        return arrays
    sizes = [len(columns) for columns, _, _ in cuts]
    rows = sparse.csr_array(
        (
            np.concatenate([value for _, value, _ in cuts]),
            np.concatenate([columns for columns, _, _ in cuts]),
            np.append(0, np.cumsum(sizes)),
        ),
        shape=(len(cuts), len(arrays.cost)),
    )
    most = np.array([limit for _, _, limit in cuts])
    return with_rows(arrays, rows, np.full(len(cuts), -np.inf), most)


def _headroom(layout: Layout) -> list[Cut]:
    p, cuts = layout.problem, []
    rows = headroom_rows(p)
    substation = p.site_substation[layout.site]
    order = np.argsort(substation, kind="stable")
    ends = np.searchsorted(substation[order], np.arange(len(p.substations) + 1))
    for n in _tightest(rows):
        t, g = rows.phase[n], rows.substation[n]
        at = order[ends[g] : ends[g + 1]]
        here = np.sort(at[layout.phase[at] == t])
        loads = rows.load_kw[n]
        for load in np.unique(loads[loads > 0]):
            times = np.floor(loads[layout.kind[here]] / load + _HAIR)
            most = np.floor(rows.limit_kw[n] * (1 + SLACK) / load + _HAIR)
            some = times != 0
            if np.maximum(times, 0).sum() > most:
                cuts.append((layout.choice[here[some]], times[some], float(most)))
    return cuts


def _tightest(rows: Rooms) -> list[int]:
    """Return one row of each substation and phase, in that order: where the largest fits least."""
    fits = rows.limit_kw / np.maximum(rows.load_kw.max(axis=1, initial=0.0), 1.0)
    first: dict[tuple[int, int], int] = {}
    for n in np.lexsort((fits, rows.phase, rows.substation)).tolist():
        first.setdefault((int(rows.substation[n]), int(rows.phase[n])), n)
    return list(first.values())


def _spacing(layout: Layout) -> list[Cut]:
    p = layout.problem
    last = (layout.phase == len(p.phases) - 1) & p.is_super[layout.kind]
    cuts = []
    for clique in _cliques(p):
        columns = layout.choice[last & np.isin(layout.site, clique)]
        cuts.append((columns, np.ones(len(columns)), 1.0))
    return cuts


def _cliques(problem: Problem) -> list[list[int]]:
    """Return sets of three sites or more that are pairwise too close, one greedy set an edge."""
    near: dict[int, set[int]] = {}
    for a, b in problem.conflicts.tolist():
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    cliques: list[list[int]] = []
    told: set[tuple[int, int]] = set()
    for a, b in problem.conflicts.tolist():
        if (a, b) in told:
            continue
        clique, shared = [a, b], near[a] & near[b]
        while shared:
            new = max(sorted(shared), key=lambda j: len(near[j] & shared))
            clique.append(new)
            shared = shared & near[new]
        clique.sort()
        told.update((x, y) for n, x in enumerate(clique) for y in clique[n + 1 :])
        if len(clique) > _PAIR:
            cliques.append(clique)
    return cliques
