r"""Refuel the most flow with stations that serve a limited number of stops.

Variables: :math:`y_j` and :math:`z_q` as in `flow`; :math:`v_{qs} \in [0, 1]`, the part of path
:math:`q` that fills up at its stop :math:`s`, on the way out and on the way back counted apart. For
each set :math:`S` of stops of which the trip needs one:

.. math::

    z_q \le \sum_{s \in S} v_{qs}, \qquad v_{qs} \le y_{j(s)}, \qquad
    \sum_{q, s: j(s) = j} f_q v_{qs} \le C_j y_j

The sets are runs of stops in a row, so a fractional :math:`v` is a mix of whole ways to make the
trip (an interval matrix is totally unimodular): the flow of a path may be split among combinations
of stations, as in Upchurch, Kuby & Lim, without listing any.

References
----------
C. Upchurch, M. Kuby & S. Lim, "A model for location of capacitated alternative-fuel stations",
Geographical Analysis 41 (2009) 85-106.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.models.classical.cuts import site_program
from siting.models.classical.question import Choice
from siting.models.highs import Arrays, Highs
from siting.models.relaxation import with_rows
from siting.models.solution import PROVED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.models.classical.flow_question import FlowQuestion
    from siting.models.effort import Effort

    Values = NDArray[np.float64]


def flow_with_capacity(question: FlowQuestion, effort: Effort) -> Choice:
    """Return the sites that refuel the most flow within their capacities.

    ``share`` is (Q,) the part of each path's flow that is refuelled.
    """
    started = time.monotonic()
    arrays = capacity_program(question)
    program = Highs(arrays, threads=effort.threads, seed=effort.seed)
    run = program.run(time_limit_s=effort.time_limit_s, gap=effort.gap)
    opened, share, objective = np.empty(0, dtype=bool), np.empty(0), np.nan
    status, bound = run.status, run.bound
    if len(run.values):
        opened = run.values[: question.sites] > 0.5  # noqa: PLR2004 - a binary
        share = _shares(question, arrays, opened, effort)
        objective = float(question.flow @ share)
        bound = max(bound, objective)
        status = "optimal" if bound - objective <= PROVED * max(objective, 1e-9) else "feasible"
    took = time.monotonic() - started
    return Choice(status, opened, share, objective, bound, took, "arc cover with stops, whole")


def capacity_program(question: FlowQuestion) -> Arrays:
    """Return the program: open sites, then the share of each path, then of each stop."""
    trips = question.trips
    sites, paths, stops = question.sites, len(question.flow), len(trips.path)
    worth = np.concatenate([question.flow, np.zeros(stops)])
    arrays = site_program(question, worth, np.ones(paths + stops))
    rows, upper = _set_rows(question)
    flow, stop = question.flow[trips.path], np.arange(stops)
    size = np.zeros(sites) if question.capacity is None else question.capacity
    load = sparse.csr_array((flow, (trips.site, stop)), shape=(sites, stops))
    capacity = sparse.hstack([sparse.diags_array(-size), _nothing(sites, paths), load])
    ones = np.ones(stops)
    at = sparse.csr_array((-ones, (stop, trips.site)), shape=(stops, sites))
    link = sparse.hstack([at, _nothing(stops, paths), sparse.eye_array(stops)])
    whole = sparse.csr_array(sparse.vstack([rows, capacity, link], format="csr"))
    upper = np.concatenate([upper, np.zeros(sites + stops)])
    return with_rows(arrays, whole, np.full(len(upper), -np.inf), upper)


def _nothing(rows: int, columns: int) -> sparse.csr_array:
    return sparse.csr_array((rows, columns))


def _set_rows(question: FlowQuestion) -> tuple[sparse.csr_array, Values]:
    """Return a row for each point of a trip: the stops before it within reach carry the path."""
    trips, reach = question.trips, question.reach_km
    paths, first = len(question.flow), question.sites + len(question.flow)
    begin = np.searchsorted(trips.path, np.arange(paths + 1))
    ends = question.trip_km + question.end_share * question.range_km
    carried = reach - (1 - question.start_share) * question.range_km
    row, column, value = [], [], []
    count = 0
    for q in range(paths):
        points = np.append(trips.driven_km[begin[q] : begin[q + 1]], ends[q])
        low = np.searchsorted(points, points - reach)
        for k in np.flatnonzero(points > carried):
            stops = np.arange(begin[q] + low[k], begin[q] + k)
            row += [count] * (len(stops) + 1)
            column += [question.sites + q, *(first + stops).tolist()]
            value += [1.0] + [-1.0] * len(stops)
            count += 1
    shape = (count, first + len(trips.path))
    return sparse.csr_array((value, (row, column)), shape=shape), np.zeros(count)


def _shares(
    question: FlowQuestion, arrays: Arrays, opened: NDArray[np.bool_], effort: Effort
) -> Values:
    """Return (Q,) the share of each path, found again with the sites held."""
    held = np.concatenate([opened, np.zeros(len(arrays.cost) - question.sites)])
    room = np.concatenate([opened, np.ones(len(arrays.cost) - question.sites)])
    fixed = replace(arrays, lower=held, upper=room)
    run = Highs(fixed, relaxed=True, threads=effort.threads, seed=effort.seed).run(
        time_limit_s=max(effort.time_limit_s, 10.0)
    )
    share: Values = np.clip(run.values[question.sites : question.sites + len(question.flow)], 0, 1)
    return share
