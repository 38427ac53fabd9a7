"""Join streets, arterials and expressways into one directed, strongly connected network."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely.ops import substring

from siting.data.synth.streets import Lines, corridor_lines, make_arterials, make_lattice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.synth.facts import Facts
    from siting.data.synth.people import People
    from siting.data.synth.plane import Floats

_SNAP_M = 1.0
_RANK = ("residential", "tertiary", "secondary", "primary")
_INTERCHANGE_M = {"motorway": 2_600.0, "trunk": 1_300.0}
_LONGEST_RAMP_M = 1_400.0
_STUB_M = 130.0
_ONE_WAY_SHARE = 0.07


@dataclass(frozen=True, eq=False)
class Network:
    """Hold a network of N nodes and E edges; an edge that is not one-way runs both ways."""

    nodes: Floats
    """(N, 2) metres."""
    ends: NDArray[np.int64]
    """(E, 2) nodes an edge leaves and enters."""
    lines: NDArray[np.object_]
    """(E,) LineStrings in metres, from first to second end."""
    highway: NDArray[np.str_]
    """(E,) OpenStreetMap class."""
    oneway: NDArray[np.bool_]
    """(E,) true: only from first to second end."""

    def pick(self, keep: NDArray[np.bool_]) -> Network:
        """Return the edges to keep, with nodes renumbered."""
        used, ends = np.unique(self.ends[keep], return_inverse=True)
        return Network(
            self.nodes[used],
            ends.reshape(-1, 2),
            self.lines[keep],
            self.highway[keep],
            self.oneway[keep],
        )

    def components(self, *, directed: bool) -> NDArray[np.int64]:
        """Return the component of each node, (N,), with or without regard to directions."""
        tail = np.concatenate([self.ends[:, 0], self.ends[~self.oneway, 1]])
        head = np.concatenate([self.ends[:, 1], self.ends[~self.oneway, 0]])
        shape = (len(self.nodes), len(self.nodes))
        matrix = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=shape).tocsr()
        label = (
            connected_components(matrix, directed=True, connection="strong")[1]
            if directed
            else connected_components(matrix, directed=False)[1]
        )
        return np.asarray(label, dtype=np.int64)


def make_network(facts: Facts, people: People, *, scale: float, seed: int) -> Network:
    """Return the roads of a city.

    Parameters
    ----------
    facts
        Corridors.
    people
        Sets the density of streets.
    scale
        Of the number of street nodes; expressways and arterials stay.
    seed
        Bends roads, leaves out streets, makes some one-way.
    """
    arterials = make_arterials(facts, people, seed)
    lattice = make_lattice(people, arterials, scale=scale, seed=seed)
    surface = without_stubs(join(arterials + lattice), shorter_than_m=_STUB_M)
    surface = largest_part(surface)
    rng = np.random.default_rng([seed, 7])
    fast = corridor_lines(facts, people.land, tuple(_INTERCHANGE_M), rng)
    return one_ways(largest_part(with_expressways(surface, fast)), rng)


def join(roads: Lines) -> Network:
    """Return centre lines cut where they meet, as a network without crossings between edges.

    Parameters
    ----------
    roads
        Lines; where several run together the highest class wins.
    """
    noded = shapely.union_all(roads.lines, grid_size=_SNAP_M)
    pieces = shapely.get_parts(shapely.line_merge(noded))
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    tree = shapely.STRtree(roads.lines)
    piece, road = tree.query(middles, predicate="dwithin", distance=2 * _SNAP_M)
    rank = np.zeros(len(pieces), dtype=np.int64)
    order = {name: index for index, name in enumerate(_RANK)}
    np.maximum.at(rank, piece, np.array([order[name] for name in roads.highway.tolist()])[road])
    return _network(pieces, np.array(_RANK)[rank])


def _network(lines: NDArray[np.object_], highway: NDArray[np.str_]) -> Network:
    """Return two-way edges between the ends of lines, without loops and parallel edges."""
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    spots = np.rint(np.vstack([first, last]) * 10).astype(np.int64)
    unique, number = np.unique(spots, axis=0, return_inverse=True)
    ends = number.reshape(2, -1).T
    order = np.argsort(shapely.length(lines), kind="stable")
    _, chosen = np.unique(np.sort(ends[order], axis=1), axis=0, return_index=True)
    keep = np.zeros(len(lines), dtype=bool)
    keep[order[chosen]] = True
    keep &= ends[:, 0] != ends[:, 1]
    network = Network(unique / 10, ends, lines, highway, np.zeros(len(lines), dtype=bool))
    return network.pick(keep)


def without_stubs(network: Network, *, shorter_than_m: float) -> Network:
    """Return the network without dead ends shorter than some length, looked for twice."""
    for _ in range(2):
        degree = np.bincount(network.ends.ravel(), minlength=len(network.nodes))
        dead = (degree[network.ends] == 1).any(axis=1)
        network = network.pick(~(dead & (shapely.length(network.lines) < shorter_than_m)))
    return network


def largest_part(network: Network) -> Network:
    """Return the largest connected part, directions ignored."""
    label = network.components(directed=False)
    return network.pick(label[network.ends[:, 0]] == np.bincount(label).argmax())


def with_expressways(surface: Network, fast: Lines) -> Network:
    """Return streets and expressways, joined by ramps at interchanges only.

    Parameters
    ----------
    surface
        Streets and arterials; expressways pass over or under them.
    fast
        Motorways and trunk roads; where two meet there is an interchange.
    """
    lines, highway = [], []
    trunk = shapely.union_all(fast.of("trunk"), grid_size=_SNAP_M)
    noded = shapely.union_all(fast.lines, grid_size=_SNAP_M)
    for piece in shapely.get_parts(shapely.line_merge(noded)):
        middle = piece.interpolate(0.5, normalized=True)
        name = "trunk" if middle.distance(trunk) < 2 * _SNAP_M else "motorway"
        parts = _chunks(piece, _INTERCHANGE_M[name])
        lines += parts
        highway += [name] * len(parts)
    ramps, names = _ramps(surface, lines, highway)
    return _network(
        np.concatenate([surface.lines, np.array(lines, dtype=object), ramps]),
        np.concatenate([surface.highway, np.array(highway), names]),
    )


def _chunks(line: shapely.LineString, about_m: float) -> list[shapely.Geometry]:
    """Return a line cut into equal chunks of about some length."""
    count = max(1, round(line.length / about_m))
    cuts = np.linspace(0, line.length, count + 1)
    chunks = [substring(line, start, stop) for start, stop in pairwise(cuts.tolist())]
    return [shapely.set_precision(chunk, 0.1) for chunk in chunks]


def _ramps(
    surface: Network, lines: list[shapely.Geometry], highway: list[str]
) -> tuple[NDArray[np.object_], NDArray[np.str_]]:
    """Return straight ramps from the ends of expressway chunks to the nearest street node."""
    ends = np.vstack([shapely.get_coordinates(line)[[0, -1]] for line in lines])
    spots, first = np.unique(np.rint(ends * 10), axis=0, return_index=True)
    away, node = cKDTree(surface.nodes).query(spots / 10)
    near = away <= _LONGEST_RAMP_M
    ramps = shapely.linestrings(np.stack([spots / 10, surface.nodes[node]], axis=1)[near])
    names = np.array([f"{name}_link" for name in highway])[first[near] // 2]
    return np.asarray(ramps), names


def one_ways(network: Network, rng: np.random.Generator) -> Network:
    """Return the network with some residential streets one-way, strongly connected all the same.

    Parameters
    ----------
    network
        Connected, all edges both ways.
    rng
        Chooses the streets.
    """
    chosen = (network.highway == "residential") & (rng.random(len(network.lines)) < _ONE_WAY_SHARE)
    for _ in range(len(network.nodes)):
        network = Network(network.nodes, network.ends, network.lines, network.highway, chosen)
        label = network.components(directed=True)
        outside = (label != np.bincount(label).argmax())[network.ends].any(axis=1)
        if not outside.any():
            break
        chosen = chosen & ~outside
    return network
