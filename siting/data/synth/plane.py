"""Measure in metres on a local plane, draw smooth noise, share out whole numbers, scatter points.

Everything random takes a seed or a `numpy.random.Generator`; nothing here keeps state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_SEMI_MAJOR_M = 6_378_137.0
_ECCENTRICITY_SQUARED = 0.00669437999014


@dataclass(frozen=True)
class Plane:
    """Project longitude and latitude onto a plane that touches the ellipsoid at one point.

    Lengths are true at the point and off by less than 0.3 % within 50 km of it, poles apart.
    """

    lon: float
    """Degrees, of the point."""
    lat: float
    """Degrees, of the point."""

    @property
    def metres_per_degree(self) -> Floats:
        """Return metres per degree of longitude and of latitude, (2,), on the WGS-84 ellipsoid."""
        sine = np.sin(np.radians(self.lat))
        squash = 1 - _ECCENTRICITY_SQUARED * sine**2
        normal_m = _SEMI_MAJOR_M / np.sqrt(squash)
        meridian_m = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / squash**1.5
        per_radian = [normal_m * np.cos(np.radians(self.lat)), meridian_m]
        return np.asarray(np.radians(np.array(per_radian, dtype=float)))

    def to_metres(self, lon_lat: ArrayLike) -> Floats:
        """Return east and north in metres, (n, 2), of longitude and latitude, (n, 2)."""
        return (np.asarray(lon_lat, dtype=float) - [self.lon, self.lat]) * self.metres_per_degree

    def to_degrees(self, metres: ArrayLike) -> Floats:
        """Return longitude and latitude, (n, 2); the inverse of `to_metres`."""
        return np.asarray(metres, dtype=float) / self.metres_per_degree + [self.lon, self.lat]


@dataclass(frozen=True, eq=False)
class Waves:
    """Hold a smooth random field on the plane: a sum of plane waves, of about unit variance."""

    vectors: Floats
    """(k, 2) radians per metre."""
    phases: Floats
    """(k,) radians."""

    @classmethod
    def draw(
        cls, rng: np.random.Generator, *, length_m: float, octaves: int = 3, waves: int = 8
    ) -> Waves:
        """Draw a field.

        Parameters
        ----------
        rng
            Source of randomness.
        length_m
            Longest wavelength, in metres; each octave halves it.
        octaves
            Number of wavelengths.
        waves
            Waves per octave.
        """
        angle = rng.uniform(0, 2 * np.pi, (octaves, waves))
        size = 2 * np.pi / length_m * 2.0 ** np.arange(octaves)[:, None]
        size = size * rng.uniform(0.75, 1.25, (octaves, waves))
        vectors = np.stack([size * np.cos(angle), size * np.sin(angle)], axis=-1).reshape(-1, 2)
        return cls(vectors, rng.uniform(0, 2 * np.pi, octaves * waves))

    def value(self, metres: ArrayLike) -> Floats:
        """Return the field, (n,), at points in metres, (n, 2)."""
        angle = np.asarray(metres) @ self.vectors.T + self.phases
        weight = self._weights()
        return np.asarray(np.cos(angle) @ weight * np.sqrt(2 / (weight**2).sum()))

    def swirl(self, metres: ArrayLike) -> Floats:
        """Return a displacement without divergence, (n, 2), of about unit length, at points (n, 2).

        It is the curl of a stream function whose waves are those of `value`, so it bends shapes and
        keeps their areas (to first order).
        """
        angle = np.asarray(metres) @ self.vectors.T + self.phases
        size = np.linalg.norm(self.vectors, axis=1)
        weight = self._weights() / size
        across = np.stack([self.vectors[:, 1], -self.vectors[:, 0]], axis=1) * weight[:, None]
        unit = np.sqrt(2 / (self._weights() ** 2).sum())
        return np.asarray(-np.sin(angle) @ across * unit)

    def _weights(self) -> Floats:
        """Return each wave's weight, (k,): inverse to its wave number, 1 for the longest."""
        size = np.linalg.norm(self.vectors, axis=1)
        return np.asarray(size.min() / size)


def apportion(
    weights: ArrayLike, total: int, *, least: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Share out a whole number in proportion to weights by largest remainders.

    Parameters
    ----------
    weights
        (n,) not negative, not all zero.
    total
        What to share; when the minima alone pass it, the minima are returned.
    least
        (n,) least share of each, default 0.

    Returns
    -------
    :
        (n,) whole numbers that sum to ``max(total, sum(least))``.
    """
    share = np.asarray(weights, dtype=float)
    floor = np.zeros(len(share), np.int64) if least is None else np.asarray(least, np.int64)
    rest = total - int(floor.sum())
    if rest <= 0:
        return floor
    above = np.maximum(share / share.sum() * total - floor, 0.0)
    quota = above / above.sum() * rest
    whole = np.floor(quota + 1e-9).astype(np.int64)
    order = np.argsort(whole - quota, kind="stable")
    whole[order[: rest - int(whole.sum())]] += 1
    return np.asarray(floor + whole)


def scatter(
    points: Floats,
    weights: Floats,
    count: int,
    *,
    spacing_m: float,
    rng: np.random.Generator,
    taken: Floats | None = None,
) -> NDArray[np.int64]:
    """Choose points at random in proportion to weights, none too close to another.

    Parameters
    ----------
    points
        (n, 2) metres.
    weights
        (n,) not negative; a point of weight 0 comes last.
    count
        How many to choose, at most n.
    spacing_m
        Wished distance; it is shortened by a fifth as often as needed to place them all.
    rng
        Source of randomness.
    taken
        (m, 2) points that stand already and keep the same distance.

    Returns
    -------
    :
        (min(count, n),) indices in the order chosen.

    Notes
    -----
    Exponential race: sorting by -log(u)/w draws without replacement (Efraimidis and Spirakis 2006).
    """
    key = rng.exponential(size=len(points)) / np.maximum(weights, 1e-12)
    order = np.argsort(key, kind="stable")
    wanted = min(count, len(points))
    while True:
        chosen = _thin(points, order, wanted, spacing_m, taken)
        if len(chosen) >= wanted:
            return np.array(chosen, dtype=np.int64)
        spacing_m = spacing_m * 0.8 if spacing_m > 1 else 0.0


def _thin(
    points: Floats,
    order: NDArray[np.int64],
    wanted: int,
    spacing_m: float,
    taken: Floats | None,
) -> list[int]:
    """Return up to so many indices, walking the order and skipping what is too close."""
    blocked = np.zeros(len(points), dtype=bool)
    if taken is not None and len(taken) and spacing_m > 0:
        blocked |= cKDTree(taken).query(points)[0] < spacing_m
    tree = cKDTree(points)
    chosen: list[int] = []
    for index in order.tolist():
        if len(chosen) == wanted:
            break
        if blocked[index]:
            continue
        chosen.append(index)
        if spacing_m > 0:
            blocked[tree.query_ball_point(points[index], spacing_m)] = True
        blocked[index] = True
    return chosen
