"""Hold each zone's nearest sites, and not the others: what most of a search needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.models.classical.question import Question

BLOCK = 4_000_000
"""Pairs looked at in one go."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """Hold some of each zone's pairs by rising distance: Z zones with weight, K pairs each."""

    zone: NDArray[np.int64]
    """(Z,) which zones."""
    pair: NDArray[np.int64]
    """(Z, K) which pairs; any one where a zone has fewer."""
    site: NDArray[np.int32]
    """(Z, K) 0 where a zone has fewer pairs."""
    cost: NDArray[np.float64]
    """(Z, K) weight x distance; inf where a zone has fewer pairs."""
    rest: NDArray[np.float64]
    """(Z,) least cost of the pairs left out; inf where none is."""

    @classmethod
    def of(cls, question: Question, count: int) -> Nearest:
        """Return the nearest pairs of every zone that has weight.

        Parameters
        ----------
        question
            The question.
        count
            Pairs of each zone.
        """
        zone = np.flatnonzero(question.weight > 0)
        width = min(count, int(np.diff(question.start)[zone].max(initial=1)))
        held = np.zeros((len(zone), width), dtype=np.int64)
        site = np.zeros((len(zone), width), dtype=np.int32)
        cost = np.full((len(zone), width), np.inf)
        rest = np.full(len(zone), np.inf)
        for rows, pair, distance in blocks(question, zone):
            order, beyond = _lowest(distance, width)
            near = np.take_along_axis(distance, order, axis=1)
            chosen = np.take_along_axis(pair, order, axis=1)
            weight = question.weight[zone[rows], None]
            finite = np.isfinite(near)
            held[rows, : order.shape[1]] = chosen
            if len(question.site):
                site[rows, : order.shape[1]] = np.where(finite, question.site[chosen], 0)
            cost[rows, : order.shape[1]] = np.where(finite, weight * near, np.inf)
            rest[rows] = weight[:, 0] * beyond
        return cls(zone, held, site, cost, rest)


def blocks(
    question: Question, zone: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.float64]]]:
    """Yield rows of zones at a time: which, their pairs (rows, width) and distances, inf padded."""
    degree = np.diff(question.start)[zone]
    widest = max(int(degree.max(initial=1)), 1)
    last = max(len(question.site) - 1, 0)
    for begin in range(0, len(zone), max(BLOCK // widest, 1)):
        rows = slice(begin, min(begin + max(BLOCK // widest, 1), len(zone)))
        step = np.arange(max(int(degree[rows].max(initial=1)), 1))
        pair = np.minimum(question.start[zone[rows], None] + step, last)
        inside = step < degree[rows, None]
        if not len(question.site):
            yield rows, pair, np.full(pair.shape, np.inf)
        else:
            yield rows, pair, np.where(inside, question.distance[pair], np.inf)


def _lowest(
    distance: NDArray[np.float64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the columns of each row's lowest values, rising, and the lowest of the others."""
    if distance.shape[1] <= count:
        return np.argsort(distance, axis=1, kind="stable"), np.full(len(distance), np.inf)
    part = np.argpartition(distance, count, axis=1)[:, : count + 1]
    beyond = np.take_along_axis(distance, part[:, count:], axis=1)[:, 0]
    part = np.sort(part[:, :count], axis=1)
    inner = np.argsort(np.take_along_axis(distance, part, axis=1), axis=1, kind="stable")
    return np.take_along_axis(part, inner, axis=1), beyond


def assign_nearest(question: Question, opened: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return each zone's pair with its nearest open site, -1 where none is within reach.

    Parameters
    ----------
    question
        The question.
    opened
        (J,)

    Returns
    -------
    (I,) pairs, of zones without weight too.
    """
    every = np.arange(len(question.weight))
    chosen = np.full(len(every), -1)
    if not len(question.site):
        return chosen
    for rows, pair, distance in blocks(question, every):
        open_distance = np.where(opened[question.site[pair]], distance, np.inf)
        best = open_distance.argmin(axis=1)
        line = np.arange(len(best))
        found = np.isfinite(open_distance[line, best])
        chosen[rows] = np.where(found, pair[line, best], -1)
    return chosen


def nearest_share(question: Question, opened: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (P,) shares that send each zone to its nearest open site, where it reaches one."""
    pair = assign_nearest(question, opened)
    share = np.zeros(len(question.site))
    share[pair[pair >= 0]] = 1.0
    return share
