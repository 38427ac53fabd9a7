"""Name the questions that are measured, and make them: synthetic, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.bench.coverage import plane_question
from siting.models.classical.question import Question

if TYPE_CHECKING:
    from siting.models.peers import Kind

SIDE_KM = 40.0
SPOTS = 25
Size = Literal["tiny", "small", "city"]


@dataclass(frozen=True)
class Ask:
    """Hold the size of one synthetic question."""

    kind: Kind
    zones: int
    sites: int
    most: int
    reach_km: float = 0.0
    """Of coverage; 0 where every pair counts."""
    gap: float = 0.0
    """Asked of everybody."""
    seed: int = 1

    @property
    def title(self) -> str:
        """What tables call it."""
        return f"{self.kind} {self.zones:,} x {self.sites:,}, p = {self.most}"


SIZES: dict[Size, tuple[Ask, ...]] = {
    "tiny": (
        Ask("cover", 60, 20, 4, 4.0),
        Ask("median", 20, 12, 3),
        Ask("facility", 20, 12, 12),
        Ask("set-cover", 60, 20, 20, 12.0),
        Ask("backup", 60, 20, 6, 10.0),
        Ask("center", 20, 12, 3),
        Ask("dispersion", 12, 12, 4),
    ),
    "small": (
        Ask("cover", 5000, 2000, 200, 1.5, 0.005),
        Ask("median", 300, 200, 20),
        Ask("facility", 250, 150, 150),
        Ask("set-cover", 5000, 2000, 2000, 2.5, 0.005),
        Ask("backup", 5000, 2000, 200, 1.5, 0.005),
        Ask("center", 300, 200, 20),
        Ask("dispersion", 100, 100, 15),
    ),
    "city": (
        Ask("cover", 20_000, 5000, 300, 1.0, 0.005),
        Ask("median", 2000, 1000, 100, 0.0, 0.005),
        Ask("facility", 1000, 500, 500, 0.0, 0.005),
        Ask("set-cover", 20_000, 5000, 5000, 2.0, 0.01),
        Ask("backup", 20_000, 5000, 300, 1.0, 0.005),
        Ask("center", 2000, 1000, 100),
        Ask("dispersion", 400, 400, 40),
    ),
}


def make(ask: Ask) -> Question:
    """Return a question; nothing in it is any real city's."""
    if ask.reach_km:
        question = plane_question(
            ask.zones, ask.sites, ask.most, reach_km=ask.reach_km, seed=ask.seed
        )
        reached = np.diff(question.start) > 0
        everyone = ask.kind == "set-cover"  # who is out of reach of all sites asks for none
        return replace(question, weight=question.weight * reached) if everyone else question
    if ask.kind == "dispersion":
        return _apart(ask)
    question = median_question(ask.zones, ask.sites, ask.most, seed=ask.seed)
    if ask.kind != "facility":
        return question
    rng = np.random.default_rng(ask.seed + 1)
    typical = float(question.weight.sum()) * SIDE_KM / ask.sites
    return replace(question, cost=np.round(typical * rng.uniform(0.5, 1.5, ask.sites), 3))


def _apart(ask: Ask) -> Question:
    """Return sites anywhere, each a zone as well, so that the pairs are those between sites."""
    place = np.random.default_rng(ask.seed).random((ask.sites, 2)) * SIDE_KM
    between = np.hypot(*(place[:, None] - place[None, :]).transpose(2, 0, 1))
    question = Question.from_matrix(between, weight=np.ones(ask.sites), most=ask.most)
    return replace(question, least=ask.most)


def median_question(zones: int, sites: int, most: int, *, seed: int = 1) -> Question:
    """Return zones of log-normal weight around hot spots, sites anywhere, every pair, in km."""
    rng = np.random.default_rng(seed)
    spots = rng.random((SPOTS, 2)) * SIDE_KM
    homes = spots[rng.integers(0, SPOTS, zones)] + rng.normal(0, 3, (zones, 2))
    places = rng.random((sites, 2)) * SIDE_KM
    distance = np.empty((zones, sites))
    for row, home in enumerate(homes):
        distance[row] = np.hypot(*(places - home).T)
    return Question(
        weight=np.round(rng.lognormal(3, 1, zones), 3),
        start=np.arange(zones + 1) * sites,
        site=np.tile(np.arange(sites, dtype=np.int32), zones),
        distance=distance.ravel(),
        sites=sites,
        most=most,
    )
