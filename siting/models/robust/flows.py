"""Find what stations can serve in every future: a largest flow, and the cut that proves it.

The largest flow from zones through stations and the smallest cut (L. Ford & D. Fulkerson, Canadian
Journal of Mathematics 8, 1956). Flows of whole units search fast; what is reported comes from a
linear program.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from siting.models.highs import Arrays, Highs
from siting.models.solution import open_supers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.problem import Problem

    Values = NDArray[np.float64]

_MOST_UNITS = 1 << 29
"""Of a whole flow: capacities are 32-bit numbers."""
_SECONDS = 60.0


def rooms(problem: Problem, type_at: NDArray[np.int64]) -> Values:
    """Return what each site can serve, (T, J) kWh a day."""
    held = problem.capacity_kwh[np.maximum(type_at, 0)]
    return np.where(open_supers(problem, type_at), held, 0.0)


@dataclass(eq=False)
class Flows:
    """Find flows over the pairs of one problem."""

    problem: Problem
    index: NDArray[np.int32] = field(init=False)
    start: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        """Lay out the network: source, zones, sites, sink; arcs in the order of rows."""
        p = self.problem
        zones, sites, pairs = len(p.zones), len(p.sites), len(p.pair_zone)
        of_zone = np.bincount(p.pair_zone, minlength=zones)
        counts = np.concatenate([[zones], of_zone, np.ones(sites, dtype=np.int64), [0]])
        self.start = np.append(0, np.cumsum(counts)).astype(np.int32)
        self.index = np.concatenate(
            [
                1 + np.arange(zones),
                1 + zones + p.pair_site,
                np.full(sites, 1 + zones + sites),
            ]
        ).astype(np.int32)
        self.pairs = slice(zones, zones + pairs)

    def cut(self, demand_kwh: Values, room_kwh: Values) -> tuple[float, Values]:
        """Return the energy served, to rounding, and prices of the zones' demand, 0 or 1.

        Parameters
        ----------
        demand_kwh, room_kwh
            (I,) and (J,) kWh a day; stations may be fractional.
        """
        p = self.problem
        zones, sites = len(p.zones), len(p.sites)
        unit = max(float(demand_kwh.sum()), 1e-9) / _MOST_UNITS
        data = np.empty(len(self.index), dtype=np.int32)
        data[:zones] = np.floor(demand_kwh / unit)
        data[self.pairs] = data[:zones][p.pair_zone]
        data[self.pairs.stop :] = np.minimum(np.floor(room_kwh / unit), _MOST_UNITS)
        size = zones + sites + 2
        graph = sparse.csr_array((data, self.index, self.start), shape=(size, size))
        found = maximum_flow(graph, 0, size - 1)
        rest = sparse.csr_array(graph - found.flow)
        rest.data = np.maximum(rest.data, 0)
        rest.eliminate_zeros()
        reached = np.zeros(size, dtype=bool)
        reached[breadth_first_order(rest, 0, return_predecessors=False)] = True
        price = np.where(reached[1 : 1 + zones], 0.0, 1.0)
        return float(found.flow_value) * unit, price

    def of(self, demand_kwh: Values, type_at: NDArray[np.int64]) -> Values:
        """Return the energy a plan serves, to rounding, (T,), of demand (T, I)."""
        room = rooms(self.problem, type_at)
        return np.array([self.cut(demand_kwh[t], room[t])[0] for t in range(len(room))])

    def served(self, demand_kwh: Values, type_at: NDArray[np.int64]) -> Values:
        """Return the same in every future, (K, T), of demand (K, T, I)."""
        return np.array([self.of(demand, type_at) for demand in demand_kwh])


def served_kwh(problem: Problem, demand_kwh: Values, room_kwh: Values) -> float:
    """Return the most energy that stations can serve, kWh a day, by linear programming.

    Parameters
    ----------
    problem
        Its pairs count.
    demand_kwh, room_kwh
        (I,) and (J,) kWh a day.
    """
    p = problem
    kept = np.flatnonzero(room_kwh[p.pair_site] > 0)
    if not len(kept):
        return 0.0
    zone, zones = np.unique(p.pair_zone[kept], return_inverse=True)
    site, sites = np.unique(p.pair_site[kept], return_inverse=True)
    rows = np.concatenate([zones, len(zone) + sites])
    columns = np.tile(np.arange(len(kept)), 2)
    shape = (len(zone) + len(site), len(kept))
    whole = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    program = Arrays(
        maximise=True,
        cost=np.ones(len(kept)),
        lower=np.zeros(len(kept)),
        upper=demand_kwh[p.pair_zone[kept]],
        integer=np.zeros(len(kept), dtype=bool),
        row_lower=np.full(shape[0], -np.inf),
        row_upper=np.concatenate([demand_kwh[zone], room_kwh[site]]),
        start=whole.indptr.astype(np.int32),
        index=whole.indices.astype(np.int32),
        value=whole.data,
        row_names=(),
    )
    return Highs(program).run(time_limit_s=_SECONDS).objective
