"""Improve a choice of sites by annealing: close one at random, open one for it by its gain.

The site that opens is drawn with chances in proportion to ``exp(gain / temperature)`` out of all
that are closed: a Gibbs sampler of choices of one size, whose temperature falls (S. Kirkpatrick,
C. D. Gelatt & M. P. Vecchi, Science 220, 1983; S. Geman & D. Geman, IEEE Transactions on Pattern
Analysis and Machine Intelligence 6, 1984). It is drawn as the largest gain with Gumbel noise on it,
and no step is rejected. A step only updates the gains of sites around the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.models.classical.cover_swap import Opening

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Indices = NDArray[np.int64]

MOVES, LONGER, LONGEST, MOVE_SHARE = 80, 4, 1280, 0.6
"""Steps of annealing for each open site, how many times more the next time, most, and the share
of the time by which they end."""
HOT, COLD = 0.014, 0.006
"""Temperature first and last, in parts of what an open site is worth on average."""
NOISE = 1 << 20
"""Least draws of noise; a step uses a stretch of them, from a place drawn anew."""
LOOK = 200
"""Steps between two looks at the clock."""


def anneal(
    opening: Opening,
    able: Flags,
    steps: int,
    rng: np.random.Generator,
    *,
    spent: Callable[[float], float],
) -> Flags:
    """Return the best choice of some steps from the one at hand, with as many sites open.

    Parameters
    ----------
    opening
        The choice at hand, which stays as it is; limits other than counts are left aside.
    able
        (J,) sites that may open.
    steps
        How many at most.
    rng
        The source of all draws.
    spent
        Called with the best worth now and then; returns what part of the time is gone. It ends
        at 1, and the temperature falls with the steps or the time, whichever is further.
    """
    chain = Chain(opening, able)
    if not len(chain.inside) or chain.value <= 0:
        return opening.opened.copy()
    sites, hot = opening.cover.sites, HOT * chain.value / len(chain.inside)
    noise = rng.gumbel(size=max(NOISE, 4 * sites))
    place = rng.integers(len(chain.inside), size=steps).tolist()
    begin = rng.integers(len(noise) - sites, size=steps).tolist()
    best, value, heat = chain.inside.copy(), chain.value, hot
    for step in range(steps):
        if step % LOOK == 0:
            gone = max(spent(value), step / steps)
            if gone >= 1:
                break
            heat = hot * (COLD / HOT) ** gone
        chain.move(place[step], heat * noise[begin[step] : begin[step] + sites])
        if chain.value > value:
            best, value = chain.inside.copy(), chain.value
    opened = np.zeros(sites, dtype=bool)
    opened[best] = True
    return opened


class Chain:
    """Hold a choice of sites and what opening any other one gains.

    Parameters
    ----------
    opening
        The choice to start from.
    able
        (J,) sites that may open.
    """

    def __init__(self, opening: Opening, able: Flags) -> None:
        cover = self.cover = opening.cover
        self.inside: Indices = np.flatnonzero(opening.opened)
        self.value = cover.value(opening.opened)
        self.times = opening.times.copy()
        self.gain = opening.by_site @ opening.more() - cover.price
        self.gain[opening.opened | ~able] = -np.inf
        self.worths = opening.worths
        self._zones = opening.by_site.indices
        self._ends = opening.by_site.indptr.tolist()
        self._sites, self._begin = cover.reach.indices, cover.reach.indptr[:-1]
        self._size = np.diff(cover.reach.indptr)

    def move(self, place: int, noise: Floats) -> None:
        """Close the open site at a place of the list and open one by its gain, with noise on it."""
        site, last = int(self.inside[place]), len(self.worths) - 1
        zones = self._zones[self._ends[site] : self._ends[site + 1]]
        times = self.times[zones] - 1
        self.times[zones] = times
        lost = self.worths[np.minimum(times, last), zones]
        back = float(lost.sum()) - float(self.cover.price[site])
        self._shift(zones, lost - self.worths[np.minimum(times + 1, last), zones])
        self.gain[site] = back
        other = int((self.gain + noise).argmax())
        won = float(self.gain[other])
        zones = self._zones[self._ends[other] : self._ends[other + 1]]
        times = self.times[zones]
        self.times[zones] = times + 1
        less = self.worths[np.minimum(times + 1, last), zones]
        self._shift(zones, less - self.worths[np.minimum(times, last), zones])
        self.gain[other] = -np.inf
        self.inside[place] = other
        self.value += won - back

    def _shift(self, zones: NDArray[np.integer], change: Floats) -> None:
        """Change what one more coverage of some zones is worth."""
        changed = change != 0
        zones, change = zones[changed], change[changed]
        if not len(zones):
            return
        size = self._size[zones]
        end = size.cumsum()
        pair = np.arange(end[-1]) + np.repeat(self._begin[zones] - (end - size), size)
        more = np.repeat(change, size)
        self.gain += np.bincount(self._sites[pair], more, len(self.gain))
