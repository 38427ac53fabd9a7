"""Settle people on the land: dense at sub-district centres, thin in hills, exact by district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data.synth.plane import Waves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.synth.facts import Facts
    from siting.data.synth.land import Land
    from siting.data.synth.plane import Floats

_FIT_GRID_M = 400.0
_CORE_SHARE = 0.32
_THINNEST = 0.02


@dataclass(frozen=True, eq=False)
class People:
    """Hold a density of people over the land, summing to each district's published population."""

    land: Land
    radius_m: Floats
    """(S,) how far each sub-district's centre reaches."""
    level: Floats
    """(S,) people per km2 at full density."""
    green: Floats
    """(G, 3) east, north, radius of hills and waters, metres."""
    texture: Waves

    def density(self, metres: Floats) -> Floats:
        """Return people per km2, (n,), at points in metres, (n, 2)."""
        cell = self.land.locate(metres)
        return self.level[cell] * self._shape(metres, cell)

    def _shape(self, metres: Floats, cell: NDArray[np.int64]) -> Floats:
        """Return relative density, (n,): a core, a plateau around it, and a rough texture."""
        away = np.linalg.norm(metres - self.land.centres[cell], axis=1) / self.radius_m[cell]
        profile = _CORE_SHARE * np.exp(-((away / 0.6) ** 2)) + (1 - _CORE_SHARE) / (1 + away**4)
        rough = np.exp(0.35 * self.texture.value(metres))
        return np.asarray(np.maximum(profile, _THINNEST) * rough * self.open_share(metres))

    def open_share(self, metres: Floats) -> Floats:
        """Return how free of hills and waters each point is, (n,), from 0.01 to 1."""
        share = np.ones(len(metres))
        wobble = 1 + 0.25 * self.texture.value(metres + 5_000)
        for east, north, radius in self.green:
            away = np.hypot(metres[:, 0] - east, metres[:, 1] - north) / (radius * wobble)
            share = np.minimum(share, np.clip((away - 0.75) / 0.45, 0.01, 1))
        return share


def settle(facts: Facts, land: Land, seed: int) -> People:
    """Return where people live.

    Within a district its sub-districts share people by area, less what hills take (an assumption:
    no census by sub-district is published). Summed over a district, people are as published.

    Parameters
    ----------
    facts
        District populations, hills and waters.
    land
        Sub-districts.
    seed
        Draws the texture.
    """
    green = land.plane.to_metres(facts.green[["lon", "lat"]].to_numpy(float))
    radius = facts.green["radius_km"].to_numpy(float) * 1_000
    area = shapely.area(land.cells)
    people = People(
        land=land,
        radius_m=np.clip(0.85 * np.sqrt(area / np.pi), 800.0, 3_200.0),
        level=np.ones(len(area)),
        green=np.column_stack([green, radius]),
        texture=Waves.draw(np.random.default_rng([seed, 2]), length_m=6_000, octaves=4),
    )
    population = facts.districts["population"].to_numpy(float)
    return People(land, people.radius_m, _levels(people, population), people.green, people.texture)


def _levels(people: People, population: Floats) -> Floats:
    """Return people per km2 at full density, (S,), that give each district its population."""
    land = people.land
    grid = land_grid(land, _FIT_GRID_M)
    district = land.cell_district[land.locate(grid)]
    mass = np.bincount(district, people.density(grid), minlength=len(population))
    return np.asarray(population / (mass * (_FIT_GRID_M / 1_000) ** 2))[land.cell_district]


def land_grid(land: Land, step_m: float) -> Floats:
    """Return the points of a square grid that lie on land, (n, 2) metres."""
    west, south, east, north = land.whole.bounds
    columns = np.arange(west + step_m / 2, east, step_m)
    rows = np.arange(south + step_m / 2, north, step_m)
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    shapely.prepare(land.whole)
    return np.asarray(grid[shapely.contains_xy(land.whole, grid)])
