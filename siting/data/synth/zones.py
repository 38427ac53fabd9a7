"""Cut the land into hexagons and give each its people and its demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.synth.plane import apportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.synth.facts import Facts
    from siting.data.synth.people import People
    from siting.data.synth.plane import Floats

HEX_KM2 = 0.60
"""Area of a whole hexagon at scale 1."""
_LEAST_PEOPLE_PER_KM2 = 260.0
_LEAST_PIECE = 0.2
_NOISE = 0.25
_HUB_RADIUS_M = 900.0
_CORNERS = np.radians(np.arange(30, 390, 60))


@dataclass(frozen=True, eq=False)
class Zones:
    """Hold Z demand zones."""

    shapes: NDArray[np.object_]
    """(Z,) polygons in metres."""
    points: Floats
    """(Z, 2) centroids in metres."""
    cell: NDArray[np.int64]
    """(Z,) sub-district."""
    people: NDArray[np.int64]
    """(Z,) persons; sums to each district's published population times the scale."""
    demand: Floats
    """(Z,) kWh/day of supercharging."""


def make_zones(facts: Facts, people: People, *, scale: float, seed: int) -> Zones:
    """Return the zones of a city.

    Parameters
    ----------
    facts
        District populations, hubs, city energy.
    people
        Where they live.
    scale
        1 gives some 2,700 zones; the land stays the same.
    seed
        Draws the noise of the demand.
    """
    shapes, points = _hexagons(people, np.sqrt(HEX_KM2 * 1e6 / scale))
    cell = people.land.locate(points)
    district = people.land.cell_district[cell]
    density = _mean_density(people, points, np.sqrt(HEX_KM2 * 1e6 / scale))
    mass = density * shapely.area(shapes) / 1e6
    persons = np.zeros(len(shapes), dtype=np.int64)
    population = np.rint(facts.districts["population"].to_numpy(float) * scale).astype(int)
    for row, total in enumerate(population.tolist()):
        persons[district == row] = apportion(mass[district == row], total)
    demand = _demand(facts, people, points, persons, np.random.default_rng([seed, 3]))
    return Zones(shapes, points, cell, persons, demand * scale)


def _hexagons(people: People, side_m: float) -> tuple[NDArray[np.object_], Floats]:
    """Return hexagons cut to the land and their centroids, leaving out slivers and empty hills."""
    land = people.land.whole
    radius = side_m * np.sqrt(2 / np.sqrt(27))  # area = sqrt(27) / 2 * radius**2 = side**2
    west, south, east, north = land.bounds
    rows = np.arange(south, north + 2 * radius, 1.5 * radius)
    columns = np.arange(west, east + 2 * radius, np.sqrt(3) * radius)
    centres = np.stack(np.meshgrid(columns, rows), axis=-1)
    centres[1::2, :, 0] += np.sqrt(3) / 2 * radius
    centres = centres.reshape(-1, 2)
    ring = radius * np.column_stack([np.cos(_CORNERS), np.sin(_CORNERS)])
    shapes = shapely.polygons(centres[:, None, :] + ring)
    shapely.prepare(land)
    shapes = shapes[shapely.intersects(land, shapes)]
    edge = ~shapely.contains_properly(land, shapes)
    shapes[edge] = [_largest(part) for part in shapely.intersection(shapes[edge], land)]
    shapes = shapes[shapely.area(shapes) > _LEAST_PIECE * side_m**2]
    points = shapely.get_coordinates(shapely.centroid(shapes))
    lived = _mean_density(people, points, side_m) > _LEAST_PEOPLE_PER_KM2
    return shapes[lived], points[lived]


def _largest(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the largest part of a shape."""
    parts = shapely.get_parts(shape)
    largest: shapely.Geometry = parts[np.argmax(shapely.area(parts))]
    return largest


def _mean_density(people: People, points: Floats, side_m: float) -> Floats:
    """Return people per km2, (n,), averaged over seven points of each hexagon."""
    ring = 0.4 * side_m * np.column_stack([np.cos(_CORNERS), np.sin(_CORNERS)])
    samples = [people.density(points + step) for step in np.vstack([[0.0, 0.0], ring])]
    return np.asarray(np.mean(samples, axis=0))


def _demand(
    facts: Facts,
    people: People,
    points: Floats,
    persons: NDArray[np.int64],
    rng: np.random.Generator,
) -> Floats:
    """Return kWh/day of the whole city at scale 1, (Z,).

    Residents' demand follows people times log-normal noise, rescaled so that a district's share of
    it is its share of people; hubs add theirs around them.
    """
    city = facts.city
    total_kwh = 1e6 * city["charging_gwh_day"] * city["public_dc_share"] * city["super_share"]
    district = people.land.cell_district[people.land.locate(points)]
    lived = persons * np.exp(_NOISE * rng.standard_normal(len(persons)))
    count = len(facts.districts)
    wanted = np.bincount(district, persons, minlength=count)
    found = np.bincount(district, lived, minlength=count)
    lived = lived * (wanted / found)[district] / persons.sum()
    hubs = people.land.plane.to_metres(facts.hubs[["lon", "lat"]].to_numpy(float))
    away = np.linalg.norm(points[:, None, :] - hubs[None, :, :], axis=2)
    near = np.exp(-(((away - away.min(axis=0)) / _HUB_RADIUS_M) ** 2))
    drawn = (near / near.sum(axis=0)) @ facts.hubs["weight"].to_numpy(float)
    drawn = drawn / drawn.sum()
    share = (1 - city["hub_share"]) * lived + city["hub_share"] * drawn
    return np.asarray(total_kwh * share)
