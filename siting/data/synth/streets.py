"""Draw streets: a bent lattice, finer where more people live, and arterials across it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import Delaunay
from shapely import LineString

from siting.data.synth.facts import split_via
from siting.data.synth.plane import Waves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.synth.facts import Facts
    from siting.data.synth.land import Land
    from siting.data.synth.people import People
    from siting.data.synth.plane import Floats

FINEST_M = 285.0
"""Distance between neighbouring streets where people live densest, at scale 1."""
_LEVELS = ((4, 180.0), (2, 2_600.0), (1, 7_000.0))
"""Every n-th line of the lattice is a street from so many people per km2."""
_TERTIARY_LEVEL, _SECONDARY_LEVEL = 4, 8
_SECONDARY_PEOPLE_KM2 = 8_000.0
_SHORE_M = 90.0
_LONGEST_ARTERIAL_M = 13_000.0
_LOST_SHARE = 0.13
_STEP_M = 220.0


@dataclass(frozen=True, eq=False)
class Lines:
    """Hold L centre lines and the class of each."""

    lines: NDArray[np.object_]
    """(L,) LineStrings in metres."""
    highway: NDArray[np.str_]
    """(L,) OpenStreetMap class."""

    def __add__(self, other: Lines) -> Lines:
        """Return both sets of lines."""
        return Lines(
            np.concatenate([self.lines, other.lines]), np.concatenate([self.highway, other.highway])
        )

    def of(self, *highway: str) -> NDArray[np.object_]:
        """Return the lines of these classes."""
        return np.asarray(self.lines[np.isin(self.highway, highway)])


def make_arterials(facts: Facts, people: People, seed: int) -> Lines:
    """Return main roads: the corridors of class primary, and one between neighbours.

    Parameters
    ----------
    facts
        Corridors.
    people
        A road between two populous places is primary, others are secondary.
    seed
        Bends the roads.
    """
    land = people.land
    field = Waves.draw(np.random.default_rng([seed, 4]), length_m=5_000, octaves=2)
    corridors = corridor_lines(facts, land, ("primary",), np.random.default_rng([seed, 5]))
    pairs = neighbours(land.centres, longest_m=_LONGEST_ARTERIAL_M)
    lines = np.empty(len(pairs), dtype=object)
    lines[:] = [_bow(LineString(land.centres[pair]), field, 260.0) for pair in pairs]
    ashore = shapely.covers(shapely.buffer(land.whole, 60), lines)
    middle = people.density(land.centres[pairs].mean(axis=1))
    busy = middle > np.quantile(middle, 0.6)
    links = Lines(lines[ashore], np.where(busy, "primary", "secondary")[ashore])
    return corridors + links


def neighbours(points: Floats, *, longest_m: float) -> NDArray[np.int64]:
    """Return pairs of points that see each other, (p, 2): the Gabriel graph, long pairs left out.

    Parameters
    ----------
    points
        (n, 2) metres.
    longest_m
        Longest distance of a pair.

    Notes
    -----
    Two points are neighbours if no third lies in the circle they span (Gabriel and Sokal 1969).
    """
    simplices = Delaunay(points).simplices
    pairs = np.vstack([simplices[:, [0, 1]], simplices[:, [1, 2]], simplices[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    length = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    middle = points[pairs].mean(axis=1)
    inside = np.linalg.norm(points[None, :, :] - middle[:, None, :], axis=2)
    free = (inside < length[:, None] / 2 - 1e-6).sum(axis=1) == 0
    return np.asarray(pairs[free & (length <= longest_m)], dtype=np.int64)


def corridor_lines(
    facts: Facts, land: Land, classes: tuple[str, ...], rng: np.random.Generator
) -> Lines:
    """Return corridors of some classes as smooth lines that pass near their sub-districts.

    Parameters
    ----------
    facts
        Corridors as sequences of sub-districts.
    land
        Their centres.
    classes
        Which corridors.
    rng
        Shifts each corridor beside the centres, the wider the larger its class.
    """
    row = {name: index for index, name in enumerate(facts.subdistricts["name"])}
    chosen = facts.corridors[facts.corridors["highway"].isin(classes)]
    aside = {"motorway": 750.0, "trunk": 450.0}
    lines = []
    for highway, via in zip(chosen["highway"], chosen["via"], strict=True):
        stops = land.centres[[row[name] for name in split_via(via)]]
        stops = stops + aside.get(highway, 150.0) * rng.uniform(-1, 1, stops.shape)
        lines.append(shapely.linestrings(_smooth(stops)))
    return Lines(np.array(lines, dtype=object), chosen["highway"].to_numpy(str))


def _smooth(stops: Floats) -> Floats:
    """Return an open line with its corners cut three times (Chaikin), ends kept."""
    line = stops
    for _ in range(3):
        inner = np.stack(
            [0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]], 1
        )
        line = np.vstack([line[:1], inner.reshape(-1, 2)[1:-1], line[-1:]])
    return line


def _bow(line: LineString, field: Waves, most_m: float) -> LineString:
    """Return a line bent by the field, its ends kept."""
    xy = shapely.get_coordinates(shapely.segmentize(line, _STEP_M))
    along = np.linspace(0, 1, len(xy))
    most = min(most_m, 0.09 * shapely.length(line))
    return LineString(xy + (np.sin(np.pi * along) * most)[:, None] * field.swirl(xy))


def make_lattice(people: People, arterials: Lines, *, scale: float, seed: int) -> Lines:
    """Return ordinary streets as single segments of a bent lattice.

    Streets that all but touch an arterial are drawn onto it, so that blocks end at it.

    Parameters
    ----------
    people
        Sets how dense the streets are.
    arterials
        Roads the lattice gives way to.
    scale
        Of the number of nodes.
    seed
        Bends the lattice and leaves out some of its streets.
    """
    rng = np.random.default_rng([seed, 6])
    step = FINEST_M / np.sqrt(scale)
    nodes, index, usable = _lattice_nodes(people, step, rng)
    density = people.density(nodes) * np.exp(0.25 * rng.standard_normal(len(nodes)))
    nodes, drawn = _draw_onto(nodes, arterials.lines, 0.36 * step)
    segments, level = _lattice_segments(index, usable)
    middle = 0.5 * (density[segments[:, 0]] + density[segments[:, 1]])
    wanted = np.zeros(len(segments), dtype=bool)
    for lines, people_km2 in _LEVELS:
        wanted |= (level >= lines) & (middle >= people_km2)
    wanted &= ~(drawn[segments].all(axis=1))
    wanted &= (level >= _TERTIARY_LEVEL) | (rng.random(len(segments)) > _LOST_SHARE)
    segments, level = segments[wanted], level[wanted]
    highway = np.where(level >= _TERTIARY_LEVEL, "tertiary", "residential")
    highway[(level == _SECONDARY_LEVEL) & (middle[wanted] > _SECONDARY_PEOPLE_KM2)] = "secondary"
    return Lines(np.asarray(shapely.linestrings(nodes[segments])), highway)


def _lattice_nodes(
    people: People, step: float, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
    """Return bent nodes (n, 2), the grid of their numbers (rows, columns), and which lie ashore."""
    land = people.land.whole
    west, south, east, north = np.array(land.bounds) + np.array([-1, -1, 1, 1]) * 3_000
    columns, rows = np.arange(west, east, step), np.arange(south, north, step)
    flat = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    broad = Waves.draw(rng, length_m=22_000, octaves=2)
    fine = Waves.draw(rng, length_m=2_400, octaves=2)
    nodes = flat + 1_300 * broad.swirl(flat)
    nodes = nodes + 0.22 * step * fine.swirl(nodes) + 0.05 * step * rng.standard_normal(nodes.shape)
    shore = shapely.buffer(land, -_SHORE_M)
    shapely.prepare(shore)
    usable = shapely.contains_xy(shore, nodes)
    return nodes, np.arange(len(nodes)).reshape(len(rows), len(columns)), usable


def _lattice_segments(
    index: NDArray[np.int64], usable: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return segments (m, 2) and levels (m,): the largest of 8, 4, 2, 1 dividing their line."""
    rows, columns = index.shape
    level = np.array([8, 1, 2, 1, 4, 1, 2, 1])
    across = np.stack([index[:, :-1], index[:, 1:]], axis=-1).reshape(-1, 2)
    up = np.stack([index[:-1, :], index[1:, :]], axis=-1).reshape(-1, 2)
    across_level = np.repeat(level[np.arange(rows) % 8], columns - 1)
    up_level = np.tile(level[np.arange(columns) % 8], rows - 1)
    segments = np.vstack([across, up])
    keep = usable[segments].all(axis=1)
    return segments[keep], np.concatenate([across_level, up_level])[keep]


def _draw_onto(
    nodes: Floats, lines: NDArray[np.object_], nearest_m: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return nodes moved onto lines less than nearest_m away, and which were moved."""
    tree = shapely.STRtree(lines)
    points = np.asarray(shapely.points(nodes))
    node, line = tree.query_nearest(points, max_distance=nearest_m, all_matches=False)
    target = shapely.line_interpolate_point(
        lines[line], shapely.line_locate_point(lines[line], points[node])
    )
    moved = nodes.copy()
    moved[node] = shapely.get_coordinates(target)
    drawn = np.zeros(len(nodes), dtype=bool)
    drawn[node] = True
    return moved, drawn
