"""Draw tiny covering questions, and find their best choice by trying every one."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog

from siting.models.classical.question import Question, spacing_rows
from siting.models.effort import Effort

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Draw = Callable[[st.SearchStrategy[int]], int]

EXACT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)
WITHIN = 1e-6
LIMITS = ("none", "kept", "least", "ratio", "spacing", "budget", "cost", "all")
"""What a drawn question may also be asked."""


def question(reach: list[list[int]], weight: list[float], most: int) -> Question:
    """Return a question from 0/1 rows: zones down, sites across."""
    distance = np.where(np.array(reach) > 0, 1.0, np.inf)
    return Question.from_matrix(distance, weight=weight, most=most)


@st.composite
def questions(draw: Draw, limit: str, *, capacity: bool = False) -> Question:
    """Draw up to six zones and six sites, and the limits of one kind."""
    zones, sites = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    distance = np.where(rng.random((zones, sites)) < rng.choice([0.3, 0.6]), 1.0, np.inf)
    weight = rng.integers(0, 6, size=zones).astype(float)
    most = int(rng.integers(1, sites + 1))
    drawn = Question.from_matrix(distance, weight=weight, most=most)
    if capacity:
        drawn = replace(drawn, capacity=rng.integers(0, 9, size=sites).astype(float))
    kinds = LIMITS[1:-1] if limit == "all" else (limit,)
    for kind in kinds:
        drawn = _limited(drawn, kind, rng)
    return drawn


def _limited(drawn: Question, kind: str, rng: np.random.Generator) -> Question:
    sites = drawn.sites
    match kind:
        case "kept":
            more: dict[str, Any] = {"kept": rng.random(sites) < 1 / 3}
        case "least":
            more = {"least": int(rng.integers(0, drawn.most + 1))}
        case "cost":
            more = {"cost": rng.integers(0, 4, size=sites).astype(float)}
        case "ratio":
            inside = (rng.random(sites) < 0.5).astype(float)
            floor = float(rng.integers(0, 3))
            more = {"limits": drawn.limits.and_row("ratio(north)", inside, lower=floor)}
        case "budget":
            price = rng.integers(1, 5, size=sites).astype(float)
            limit = float(rng.integers(2, 12))
            more = {"limits": drawn.limits.and_row("budget", price, upper=limit)}
        case "spacing":
            pairs = np.array(list(itertools.combinations(range(sites), 2)), dtype=np.int64)
            pairs = pairs.reshape(-1, 2)[rng.random(len(pairs)) < 0.3]
            names = [f"spacing({a},{b})" for a, b in pairs.tolist()]
            more = {"limits": spacing_rows(drawn.limits, pairs, names)}
        case _:
            more = {}
    return replace(drawn, **more)


def choices(asked: Question) -> Iterator[Flags]:
    """Yield every choice of sites that keeps count, kept sites and limits."""
    for bits in itertools.product((False, True), repeat=asked.sites):
        opened = np.array(bits)
        if asked.keeps(opened):
            yield opened


def times_covered(asked: Question, opened: Flags) -> Floats:
    """Return (I,) how many open sites are within each zone's reach."""
    near = opened[asked.site].astype(float)
    return np.bincount(asked.zone, weights=near, minlength=len(asked.weight)).astype(np.float64)


def most_served(asked: Question, opened: Flags, layers: tuple[float, ...], need: int) -> float:
    """Return the most worth that capacities allow, or nan if not all can be served.

    Variables: one share of a zone's weight a pair, one a zone and layer.
    """
    assert asked.capacity is not None
    zones, pairs = len(asked.weight), len(asked.site)
    if not pairs:
        return 0.0 if not need or not asked.weight.any() else np.nan
    columns = pairs + len(layers) * zones
    balance = np.zeros((zones, columns))
    balance[asked.zone, np.arange(pairs)] = 1.0
    for k in range(len(layers)):
        balance[np.arange(zones), pairs + k * zones + np.arange(zones)] = -1.0
    demand = asked.weight > 0
    room = np.zeros((asked.sites, columns))
    room[asked.site, np.arange(pairs)] = asked.weight[asked.zone]
    cost = np.concatenate([np.zeros(pairs), *[-share * asked.weight for share in layers]])
    upper = np.concatenate([opened[asked.site].astype(float), np.ones(columns - pairs)])
    found = linprog(  # type: ignore[call-overload]  # its stubs know no array of bounds
        cost,
        A_ub=room,
        b_ub=np.where(opened, asked.capacity, 0.0),
        A_eq=balance[demand],
        b_eq=np.full(int(demand.sum()), float(need)),
        bounds=np.stack([np.zeros(columns), upper], axis=1),
        method="highs",
    )
    return -float(found.fun) if found.status == 0 else np.nan


def plane(zones: int, sites: int, most: int, *, seed: int = 1) -> Question:
    """Return a question of points in a unit square, each zone within 0.1 of its sites."""
    rng = np.random.default_rng(seed)
    home, at = rng.random((zones, 2)), rng.random((sites, 2))
    distance = np.hypot(*(home[:, None, :] - at[None, :, :]).transpose(2, 0, 1))
    weight = np.round(rng.lognormal(2.0, 0.8, size=zones), 2)
    return Question.from_matrix(distance, weight=weight, most=most, within=0.1)
