r"""Hold a network as a power flow sees it: arrays, all in per unit of one base power.

With bus voltages :math:`V`, the admittance matrix :math:`Y` and injections :math:`S`, a state of
the network solves :math:`V \circ \overline{Y V} = S` but at sources. The current through an end of
a line or transformer is a row of :math:`Y_f` or :math:`Y_t` times :math:`V`; divided by its rating
it is a loading, so each *end* is kept as such a row, and an element's loading is the largest of its
ends' (two of a line or transformer, three of one with three windings).

References
----------
R. D. Zimmerman, C. E. Murillo-Sanchez, R. J. Thomas, "MATPOWER: Steady-State Operations, Planning
and Analysis Tools for Power Systems Research and Education", IEEE Trans. Power Systems 26 (2011)
12-19.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
    Places = NDArray[np.int64]

DEAD = -1
"""Row of a bus that no source feeds."""


@dataclass(frozen=True, eq=False)
class Buses:
    """Hold the B buses of the file."""

    index: Places
    names: tuple[str, ...]
    vn_kv: Floats
    lon: Floats
    """WGS-84; NaN where the file has none."""
    lat: Floats
    row: Places
    """(B,) place in the circuit, or ``DEAD``; buses joined by a closed switch share one."""
    min_vm_pu: Floats
    max_vm_pu: Floats


@dataclass(frozen=True, eq=False)
class Elements:
    """Hold the E lines and transformers that are in service and have a rating."""

    kind: tuple[str, ...]
    """line, trafo, trafo3w"""
    index: Places
    names: tuple[str, ...]
    limit: Floats
    """Highest loading, over the rating."""
    between: NDArray[np.int64]
    """(E, 2) places in ``Buses`` of its first and last bus."""
    path: tuple[tuple[tuple[float, float], ...], ...]
    """Course of a line, longitude latitude; empty where the file has none."""


@dataclass(frozen=True, eq=False)
class Circuit:
    """Hold N rows: places of buses, of transformers' star points, and the like."""

    name: str
    base_mva: float
    admittance: csr_array
    """(N, N)"""
    ends: csr_array
    """(M, N) times voltages: current over rating."""
    element_of: Places
    """(M,) element of each end, ascending."""
    source: Places
    """Rows whose voltage is held in size and angle."""
    held: Places
    """Rows whose voltage is held in size: generators."""
    free: Places
    """All others."""
    voltage: Complexes
    """(N,) as the file stands."""
    injection: Complexes
    """(N,) as the file stands."""
    load: Complexes
    """(N,) the file's loads, in ``injection`` with a minus."""
    buses: Buses
    elements: Elements
    notes: tuple[str, ...]

    def currents(self, voltage: Complexes) -> Complexes:
        """Return the currents of ends over their rating, (M, ...), at voltages (N, ...)."""
        return np.asarray(self.ends @ voltage)

    def bus_currents(self, voltage: Complexes) -> Complexes:
        """Return the currents that rows inject, (N, ...), p.u."""
        return np.asarray(self.admittance @ voltage)

    def loading(self, voltage: Complexes) -> Floats:
        """Return the loading of elements, (E, K), over their rating, at voltages (N, K)."""
        currents = np.abs(self.currents(voltage))
        if not len(self.element_of):
            return np.zeros((0, voltage.shape[1]))
        starts = np.flatnonzero(np.diff(self.element_of, prepend=-1))
        return np.asarray(np.maximum.reduceat(currents, starts, axis=0))

    def level(self, voltage: Complexes) -> Floats:
        """Return the voltage of the file's buses, (B, K), p.u.; NaN where nothing feeds them."""
        told = np.abs(voltage)[self.buses.row]
        told[self.buses.row == DEAD] = np.nan
        return np.asarray(told)
