"""Place fuel stations, hosts of future stations, existing stations and substations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from siting.data.synth.plane import apportion, scatter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.data.synth.facts import Facts
    from siting.data.synth.network import Network
    from siting.data.synth.people import People
    from siting.data.synth.plane import Floats

_KERB_M = 22.0


@dataclass(frozen=True)
class Host:
    """Describe one kind of host; shares, areas and costs are assumptions."""

    name: str
    name_zh: str
    share: float
    """Of all sites."""
    crowd: float
    """Weight of a spot = people per km2 to this power."""
    area_m2: float
    """Median."""
    spread: float
    """Standard deviation of log area."""
    extra_cny: float
    """Median extra cost where there is one."""
    extra_share: float
    """How many have one."""


HOSTS = (
    Host("car park", "停车场", 0.44, 0.8, 700.0, 0.55, 120_000.0, 0.2),
    Host("mall", "商场", 0.12, 1.1, 900.0, 0.45, 260_000.0, 0.45),
    Host("transit hub", "交通枢纽", 0.09, 0.9, 1_100.0, 0.5, 180_000.0, 0.3),
    Host("industrial park", "产业园", 0.17, 0.35, 1_300.0, 0.6, 80_000.0, 0.15),
    Host("bus depot", "公交场站", 0.08, 0.5, 1_600.0, 0.45, 60_000.0, 0.15),
    Host("fuel station", "加油站", 0.10, 0.0, 420.0, 0.3, 200_000.0, 0.5),
)


@dataclass(frozen=True, eq=False)
class Spots:
    """Hold places beside roads where something may stand. P spots."""

    points: Floats
    """(P, 2) metres."""
    main: NDArray[np.bool_]
    """(P,) beside an arterial."""
    density: Floats
    """(P,) people per km2."""
    cell: NDArray[np.int64]
    """(P,) sub-district."""
    district: NDArray[np.int64]
    """(P,) district."""

    def pick(self, rows: NDArray[np.int64]) -> Spots:
        """Return some of the spots."""
        return Spots(
            self.points[rows],
            self.main[rows],
            self.density[rows],
            self.cell[rows],
            self.district[rows],
        )


def kerbside(people: People, network: Network, rng: np.random.Generator) -> Spots:
    """Return one spot beside each surface edge, on land."""
    surface = np.isin(network.highway, ("primary", "secondary", "tertiary", "residential"))
    lines = network.lines[surface]
    share = rng.uniform(0.25, 0.75, len(lines))
    at = shapely.get_coordinates(shapely.line_interpolate_point(lines, share, normalized=True))
    ahead = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, np.minimum(share + 0.02, 1), normalized=True)
    )
    along = (ahead - at) / np.maximum(np.linalg.norm(ahead - at, axis=1), 1e-9)[:, None]
    side = rng.choice([-_KERB_M, _KERB_M], len(at))[:, None]
    points = at + side * np.column_stack([-along[:, 1], along[:, 0]])
    cell = people.land.locate(points)
    main = np.isin(network.highway[surface], ("primary", "secondary"))
    district = people.land.cell_district[cell]
    spots = Spots(points, main, people.density(points), cell, district)
    land = people.land.whole
    shapely.prepare(land)
    return spots.pick(np.flatnonzero(shapely.contains_xy(land, points)))


def by_district(
    spots: Spots,
    weights: Floats,
    counts: NDArray[np.int64],
    *,
    spacing_m: float,
    rng: np.random.Generator,
    taken: Floats,
) -> NDArray[np.int64]:
    """Return chosen spots, so many in each district, none closer than spacing_m where that can be.

    Parameters
    ----------
    spots
        Where things may stand.
    weights
        (P,) of each spot.
    counts
        (D,) wanted in each district.
    spacing_m
        Also to what stands at `taken`.
    rng
        Source of randomness.
    taken
        (m, 2) metres.
    """
    chosen: list[int] = []
    for district, count in enumerate(counts.tolist()):
        rows = np.flatnonzero(spots.district == district)
        near = np.vstack([taken, spots.points[chosen]])
        found = scatter(
            spots.points[rows], weights[rows], count, spacing_m=spacing_m, rng=rng, taken=near
        )
        chosen += rows[found].tolist()
    return np.array(chosen, dtype=np.int64)


def scaled(counts: NDArray[np.int64], scale: float, *, least: int) -> NDArray[np.int64]:
    """Return counts times a scale, whole, their sum too; at least so many where there were any."""
    total = round(int(counts.sum()) * scale)
    floor = np.where(counts > 0, np.minimum(least, np.maximum(counts, 1)), 0)
    return counts.copy() if scale == 1 else apportion(counts, total, least=floor)


def name_places(
    facts: Facts, cell: NDArray[np.int64], kind: list[str], kind_zh: list[str]
) -> tuple[list[str], list[str]]:
    """Return names such as 'Shahe car park 3' and '沙河停车场3', counted by place and kind."""
    english = facts.subdistricts["name"].to_numpy()[cell]
    chinese = facts.subdistricts["name_zh"].to_numpy()[cell]
    stems = [f"{place} {what}" for place, what in zip(english, kind, strict=True)]
    number = pd.Series(stems).groupby(stems).cumcount() + 1
    stems_zh = [f"{place}{what}" for place, what in zip(chinese, kind_zh, strict=True)]
    return (
        [f"{stem} {n}" for stem, n in zip(stems, number, strict=True)],
        [f"{stem}{n}" for stem, n in zip(stems_zh, number, strict=True)],
    )
