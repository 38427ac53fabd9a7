"""Share a station's power among the cars that charge.

Each car asks for what its battery takes, at most what its gun gives. If all together ask for more
than the pool, each gets what it asks for up to one level, the same for all (max-min fairness;
D. Bertsekas and R. Gallager, Data Networks, 1992, 6.5.2). Wishes only fall while a car charges, so
a pool that is enough when a car plugs in stays so until the next one does: then a session ends
after its own time, in one event. Else the pool goes from the end of a step to the next.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

_NOTHING = 1e-9
"""kWh, or minutes: below is none."""
_MINUTES = 60.0
FREE = float("inf")


class Charge:
    """Hold one car that charges.

    Parameters
    ----------
    parts
        (kWh, kW it asks for), the last step first.
    done
        Called when it is full.
    """

    __slots__ = ("asked_kw", "done", "parts", "since", "turn")

    def __init__(self, parts: list[tuple[float, float]], done: Callable[[], None]) -> None:
        self.parts = parts
        self.done = done
        self.asked_kw = parts[-1][1] if parts else 0.0
        self.since = 0.0
        self.turn = 0

    def alone_min(self) -> float:
        """Return how long it still charges if it gets what it asks for."""
        return _MINUTES * sum(kwh / kw for kwh, kw in self.parts)

    def advance(self, now: float, level: float) -> None:
        """Charge up to a moment, at what it asks for but at most ``level`` kW."""
        left = (now - self.since) / _MINUTES
        self.since = now
        while self.parts:
            kwh, kw = self.parts[-1]
            given = min(kw, level)
            if kwh - left * given > _NOTHING:
                self.parts[-1] = (kwh - left * given, kw)
                break
            left = max(0.0, left - kwh / given)
            self.parts.pop()
        self.asked_kw = self.parts[-1][1] if self.parts else 0.0


class Pool:
    """Give power to the cars of one station.

    Parameters
    ----------
    env
        The clock.
    most_kw
        Shared by all guns.
    """

    def __init__(self, env: simpy.Environment, most_kw: float) -> None:
        self.env = env
        self.most_kw = most_kw
        self.cars: dict[Charge, None] = {}
        self.level = FREE
        self.asked_kw = 0.0
        """Not less than what all ask for now; kept while the pool is enough."""
        self.turn = 0
        self.short_min = 0.0
        """Minutes for which it was not enough."""
        self._short_since = 0.0

    def plug(self, car: Charge) -> None:
        """Begin to charge a car."""
        now = self.env.now
        car.since = now
        if self.level == FREE and self.asked_kw + car.asked_kw <= self.most_kw:
            self.cars[car] = None
            self.asked_kw += car.asked_kw
            self._end_alone(car)
            return
        self._advance(now)
        self.cars[car] = None
        self._share(now)

    def _end_alone(self, car: Charge) -> None:
        car.turn += 1
        self._later(car.alone_min(), partial(self._full, car, car.turn))

    def _later(self, minutes: float, then: Callable[..., None]) -> None:
        callbacks = self.env.timeout(minutes).callbacks
        if callbacks is not None:
            callbacks.append(then)

    def _full(self, car: Charge, turn: int, _event: object) -> None:
        if turn != car.turn or car not in self.cars:
            return
        self.asked_kw -= car.asked_kw
        del self.cars[car]
        car.done()

    def _advance(self, now: float) -> None:
        for car in self.cars:
            car.advance(now, self.level)

    def _share(self, now: float) -> None:
        """Set the level anew, and wait for what changes it next."""
        if self.level != FREE:
            self.short_min += now - self._short_since
        self.turn += 1
        self.asked_kw = sum(car.asked_kw for car in self.cars)
        if self.asked_kw <= self.most_kw:
            self.level = FREE
            for car in self.cars:
                self._end_alone(car)
            return
        self._short_since = now
        self.level = level_kw(sorted(car.asked_kw for car in self.cars), self.most_kw)
        hours = FREE
        for car in self.cars:
            car.turn += 1
            kwh, kw = car.parts[-1] if car.parts else (0.0, 1.0)
            hours = min(hours, kwh / min(kw, self.level))
        self._later(hours * _MINUTES, partial(self._step, self.turn))

    def _step(self, turn: int, _event: object) -> None:
        if turn != self.turn:
            return
        now = self.env.now
        self._advance(now)
        full = [car for car in self.cars if not car.parts]
        for car in full:
            del self.cars[car]
        self._share(now)
        for car in full:
            car.done()


def level_kw(asked_kw: list[float], most_kw: float) -> float:
    """Return the level up to which each wish is met, so that all together get ``most_kw``.

    Parameters
    ----------
    asked_kw
        Ascending; more than ``most_kw`` together.
    most_kw
        To be shared.
    """
    left = most_kw
    for n, kw in enumerate(asked_kw):
        each = left / (len(asked_kw) - n)
        if kw >= each:
            return each
        left -= kw
    return FREE
