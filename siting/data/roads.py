"""Hold a directed road network as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Roads:
    """Hold a strongly connected directed road network of N nodes and E directed edges."""

    lon: NDArray[np.float64]
    """(N,) degrees."""
    lat: NDArray[np.float64]
    """(N,) degrees."""
    tail: NDArray[np.int32]
    """(E,) node each edge leaves."""
    head: NDArray[np.int32]
    """(E,) node each edge enters."""
    length_m: NDArray[np.float64]
    """(E,) metres."""
    seconds: NDArray[np.float64]
    """(E,) free-flow driving time."""
    road_class: NDArray[np.str_]
    """(E,) OpenStreetMap highway value; links are folded into their class (no motorway_link)."""
    geometry: NDArray[np.object_]
    """(E,) shapely LineStrings, longitude latitude, from tail to head."""
    name: NDArray[np.object_] | None = None
    """(E,) '' where unknown; None where no name is known."""
