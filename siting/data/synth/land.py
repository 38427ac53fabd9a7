"""Shape the land: sub-districts as power cells in a hand-drawn outline, borders bent.

Each sub-district takes the land nearest to its centre. Distances are weighed by district (a power
diagram, Aurenhammer 1987), and the weights are moved until every district has its published area.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import Polygon

from siting.data.synth.plane import Plane, Waves

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.data.synth.facts import Facts
    from siting.data.synth.plane import Floats

_FIT_GRID_M = 300.0
_FIT_ROUNDS = 250
_SIMPLER_M = 25.0
_BORDER_STEP_M = 450.0
_BORDER_BEND_M = 320.0


@dataclass(frozen=True, eq=False)
class Land:
    """Hold the land on its plane, in metres. S sub-districts, D districts."""

    plane: Plane
    cells: NDArray[np.object_]
    """(S,) polygons that tile the land."""
    centres: Floats
    """(S, 2) metres."""
    cell_district: NDArray[np.int64]
    """(S,) row of the district each sub-district belongs to."""
    districts: NDArray[np.object_]
    """(D,) polygons that tile the land."""

    @cached_property
    def whole(self) -> Polygon:
        """Return all land as one polygon without holes."""
        return Polygon(shapely.get_exterior_ring(shapely.union_all(self.districts, grid_size=0.01)))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.cells)

    def locate(self, metres: Floats) -> NDArray[np.int64]:
        """Return the sub-district, (n,), of points in metres, (n, 2); off land the nearest."""
        points = np.asarray(shapely.points(metres))
        cell = np.full(len(metres), -1, dtype=np.int64)
        point, found = self._tree.query(points, predicate="intersects")
        cell[point] = found
        off = np.flatnonzero(cell < 0)
        cell[off] = self._tree.query_nearest(points[off], all_matches=False)[1]
        return cell


def make_land(facts: Facts, seed: int) -> Land:
    """Return the land of a city.

    Parameters
    ----------
    facts
        Outline, sub-districts and published district areas.
    seed
        Bends the borders.
    """
    outline = facts.outline[["lon", "lat"]].to_numpy(float)
    plane = Plane(*(outline.min(axis=0) + outline.max(axis=0)) / 2)
    ids = facts.districts["id"].tolist()
    owner = np.array([ids.index(name) for name in facts.subdistricts["district"]])
    centres = plane.to_metres(facts.subdistricts[["lon", "lat"]].to_numpy(float))
    area_km2 = facts.districts["area_km2"].to_numpy(float)
    shape = resize(Polygon(smooth_ring(plane.to_metres(outline), rounds=2)), area_km2.sum() * 1e6)
    weights = fit_weights(shape, centres, owner, area_km2 / area_km2.sum())
    cells = bend(power_cells(shape, centres, weights[owner]), seed)
    districts = [shapely.union_all(cells[owner == row], grid_size=0.01) for row in range(len(ids))]
    return Land(plane, cells, centres, owner, np.array(districts, dtype=object))


def smooth_ring(corners: Floats, *, rounds: int) -> Floats:
    """Return a ring with every corner cut at a quarter of its sides, a few times over.

    Parameters
    ----------
    corners
        (n, 2), open ring.
    rounds
        Each doubles the corners.

    Returns
    -------
    :
        (n * 2**rounds, 2), open ring.

    Notes
    -----
    Chaikin 1974, An algorithm for high-speed curve generation.
    """
    ring = corners
    for _ in range(rounds):
        following = np.roll(ring, -1, axis=0)
        ring = np.stack([0.75 * ring + 0.25 * following, 0.25 * ring + 0.75 * following], axis=1)
        ring = ring.reshape(-1, 2)
    return ring


def resize(shape: Polygon, area_m2: float) -> Polygon:
    """Return a shape grown or shrunk evenly along its border until it has an area.

    Parameters
    ----------
    shape
        In metres.
    area_m2
        Wished area; met to about a millionth.
    """
    for _ in range(5):
        shape = shape.buffer((area_m2 - shape.area) / shape.length)
    return Polygon(shapely.get_exterior_ring(shape.simplify(_SIMPLER_M)))


def fit_weights(shape: Polygon, centres: Floats, owner: NDArray[np.int64], share: Floats) -> Floats:
    """Return the weight of each district, (D,) m2, that gives each its share of the land.

    Parameters
    ----------
    shape
        The land, in metres.
    centres
        (S, 2) metres.
    owner
        (S,) district of each centre.
    share
        (D,) wished shares of the area, sum 1.
    """
    west, south, east, north = shape.bounds
    step = np.arange(0.5, max(east - west, north - south) / _FIT_GRID_M) * _FIT_GRID_M
    grid = np.stack(np.meshgrid(west + step, south + step), axis=-1).reshape(-1, 2)
    shapely.prepare(shape)
    grid = grid[shapely.contains_xy(shape, grid)]
    square = ((grid[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    nearest = np.stack([square[:, owner == row].min(axis=1) for row in range(len(share))], axis=1)
    weights = np.zeros(len(share))
    pull = 0.25 * shape.area
    for rounds in range(_FIT_ROUNDS):
        taken = np.bincount((nearest - weights).argmin(axis=1), minlength=len(share)) / len(grid)
        weights += pull * (share - taken) / (1 + rounds / 60)
    return weights


def power_cells(shape: Polygon, centres: Floats, weights: Floats) -> NDArray[np.object_]:
    """Return the power cell of each centre, (S,) polygons, cut to the shape.

    A point belongs to the centre for which its squared distance less the weight is least.

    Parameters
    ----------
    shape
        The land, in metres.
    centres
        (S, 2) metres.
    weights
        (S,) square metres.
    """
    west, south, east, north = shape.bounds
    reach_m = 2 * max(east - west, north - south)
    cells = []
    for row, centre in enumerate(centres):
        cell: BaseGeometry = shapely.box(west, south, east, north)
        distance = np.linalg.norm(centres - centre, axis=1)
        for other in np.argsort(distance, kind="stable")[1:]:
            cut = (distance[other] ** 2 + weights[row] - weights[other]) / (2 * distance[other])
            cell = cell.intersection(_half_plane(centre, centres[other], cut, reach_m))
        cells.append(cell.intersection(shape))
    return np.array(cells, dtype=object)


def _half_plane(origin: Floats, towards: Floats, cut_m: float, reach_m: float) -> Polygon:
    """Return what lies on the origin's side of the line cut_m along the way, as a large square."""
    along = (towards - origin) / np.linalg.norm(towards - origin)
    across = np.array([-along[1], along[0]])
    edge = origin + along * cut_m
    corners = [edge + across * reach_m, edge - across * reach_m]
    corners += [corners[1] - along * 2 * reach_m, corners[0] - along * 2 * reach_m]
    return Polygon(corners)


def bend(cells: NDArray[np.object_], seed: int) -> NDArray[np.object_]:
    """Return cells with all borders bent the same way, so that they still tile the land.

    Parameters
    ----------
    cells
        (S,) polygons that tile the land.
    seed
        Chooses the bends.
    """
    field = Waves.draw(np.random.default_rng([seed, 1]), length_m=6_000, octaves=3)
    lines = shapely.union_all(shapely.boundary(cells), grid_size=0.1)
    lines = shapely.segmentize(lines, _BORDER_STEP_M)
    lines = shapely.transform(lines, lambda xy: xy + _BORDER_BEND_M * field.swirl(xy))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = np.array([cell.representative_point().coords[0] for cell in cells])
    inside = inside + _BORDER_BEND_M * field.swirl(inside)
    tree = shapely.STRtree(faces)
    row = tree.query_nearest(shapely.points(inside), all_matches=False)[1]
    return np.asarray(faces[row], dtype=object)
