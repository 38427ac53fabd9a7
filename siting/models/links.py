r"""Tighten a relaxation by the links it breaks.

The program as stated lets :math:`\sum_i x_{ijt} \le \sum_k Q_k y_{jkt}`: a tenth of a large station
serves all of a small zone. No plan does; every plan keeps, for each pair,

.. math:: x_{ijt} \le \sum_k \min(d_{it}, Q_k)\, y_{jkt}

(G. Cornuéjols, R. Sridharan & J. M. Thizy, European Journal of Operational Research 50, 1991).
Where reach binds these links are worth a percent and more, but there is one for every pair, so only
those that a relaxation breaks are added, and it is solved anew, while that pays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.arrays import arrays_of
from siting.models.cuts import with_cuts
from siting.models.lagrange import Lagrangian
from siting.models.layout import Layout
from siting.models.linear import answer_of, prices_of, tighter, with_pairs
from siting.models.relaxation import elastic, with_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.highs import Arrays
    from siting.models.linear import Relaxed, Solver

    Flags = NDArray[np.bool_]
    Values = NDArray[np.float64]

ROUNDS = 4
"""Most times that links are added."""
MOST = 400_000
"""Energy columns up to which it is tried."""
BROKEN = 0.02
"""Least part of a zone's demand by which a link is broken."""
PAYS = 0.1
"""Least part of the gap asked for by which a round has to better the bound."""


def may_tighten(problem: Problem, relaxed: Relaxed) -> bool:
    """Tell whether links can tell anything new; those of ``access`` are all stated already."""
    asked = problem.serves and problem.objective != "access"
    return asked and 0 < relaxed.energy.size <= MOST


def tighten(
    problem: Problem,
    relaxed: Relaxed,
    solve: Solver,
    *,
    gap: float,
    progress: Callable[[str], None],
) -> Relaxed:
    """Return the relaxation with the links that it breaks, and a bound no worse.

    Parameters
    ----------
    problem
        The question with all its pairs.
    relaxed
        Its relaxation.
    solve, gap, progress
        As :func:`siting.models.linear.relax` has them.
    """
    part = with_pairs(problem, relaxed.pairs)
    plain = arrays_of(part, whole=problem)
    layout = Layout.of(part, plain)
    arrays, best = with_cuts(plain, layout), relaxed
    if len(relaxed.pairs) < len(problem.pair_zone):
        layout = layout.with_slack()
        arrays = elastic(arrays, layout.floors, layout.penalty)
    linked = np.zeros((len(part.phases), len(part.pair_zone)), dtype=bool)
    for _ in range(ROUNDS):
        broken = broken_links(layout, best.wish, best.energy) & ~linked
        if not broken.any():
            break
        linked |= broken
        progress(f"tightening the linear relaxation, {linked.sum():,} links")
        program = with_links(arrays, layout, linked)
        answer = answer_of(program, layout, solve, gap / 2)
        if answer is None or isinstance(answer, str):
            break
        bound = Lagrangian(program, layout, problem).bound(prices_of(program, layout, answer.duals))
        now = tighter(best.bound, bound, maximise=arrays.maximise)
        gained = abs(now - best.bound)
        energy = answer.values[layout.energy]
        best = replace(best, wish=answer.values[layout.choice], bound=now, energy=energy)
        if gained <= PAYS * gap * abs(now):
            break
    return best


def broken_links(layout: Layout, wish: Values, energy: Values) -> Flags:
    """Return which pairs send more energy than their station's parts allow, (T, pairs).

    Parameters
    ----------
    layout
        What the columns are.
    wish
        (choice,) a fractional choice.
    energy
        (T x pairs,) its energy.
    """
    p = layout.problem
    allowed = np.zeros((len(p.phases), len(p.pair_zone)))
    for t, site, kind, share in _shares(layout, wish):
        allowed[t] += _most(layout, t, kind) * _at(layout, site, share)[p.pair_site]
    demand = p.demand_kwh[:, p.pair_zone]
    return np.asarray(energy.reshape(allowed.shape) > allowed + BROKEN * demand)


def with_links(arrays: Arrays, layout: Layout, linked: Flags) -> Arrays:
    """Return the program with a link for each of some pairs, (T, pairs) flags."""
    p = layout.problem
    row_of = np.cumsum(linked.ravel()).reshape(linked.shape) - 1
    row, column, value = [row_of[linked]], [layout.energy[linked.ravel()]], [np.ones(linked.sum())]
    number = np.arange(len(layout.choice), dtype=float)
    for t, site, kind, columns in _shares(layout, number):
        choice = _at(layout, site, columns + 1)[p.pair_site]
        some = np.flatnonzero(linked[t] & (choice > 0))
        row.append(row_of[t, some])
        column.append(layout.choice[choice[some].astype(np.int64) - 1])
        value.append(-_most(layout, t, kind)[some])
    shape = (int(linked.sum()), len(arrays.cost))
    entries = np.concatenate(value), (np.concatenate(row), np.concatenate(column))
    rows = sparse.csr_array(entries, shape=shape)
    return with_rows(arrays, rows, np.full(shape[0], -np.inf), np.zeros(shape[0]))


def _shares(layout: Layout, values: Values) -> list[tuple[int, NDArray[np.int64], int, Values]]:
    """Return phase, sites, type and values of the columns of each supercharging type and phase."""
    p, parts = layout.problem, []
    for t in range(len(p.phases)):
        for kind in np.flatnonzero(p.is_super):
            here = (layout.phase == t) & (layout.kind == kind)
            parts.append((t, layout.site[here], int(kind), values[here]))
    return parts


def _at(layout: Layout, site: NDArray[np.int64], values: Values) -> Values:
    """Return values by site, (J,); 0 elsewhere."""
    by_site = np.zeros(len(layout.problem.sites))
    by_site[site] = values
    return by_site


def _most(layout: Layout, t: int, kind: int) -> Values:
    """Return the most that a station of a type serves along each pair, (pairs,)."""
    p = layout.problem
    return np.asarray(np.minimum(p.demand_kwh[t, p.pair_zone], p.capacity_kwh[kind]))
