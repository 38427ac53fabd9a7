"""Queue drivers at a station: first come, first served, on super guns and others."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from siting.simulate.curve import session
from siting.simulate.pool import Charge, Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import simpy

    from siting.simulate.curve import Step
    from siting.simulate.settings import Simulation


class Visit(NamedTuple):
    """Hold what a driver brings to a station."""

    row: int
    """Of the driver, in the replication."""
    car: int
    start_soc: float
    kwh: float
    held_min: float


class Kit(NamedTuple):
    """Hold what all stations of a replication share."""

    env: simpy.Environment
    curve: Sequence[Step]
    peak_kw: tuple[float, ...]
    """By class of car."""
    battery_kwh: tuple[float, ...]
    super_gun_kw: float
    fast_gun_kw: float
    plug_min: float
    exponential: bool
    occupation_min: float
    begun: list[float]
    """By driver: minute at which a gun was taken; nan before."""
    ended: list[float]
    """By driver: minute at which it was given back."""


def kit(
    env: simpy.Environment,
    settings: Simulation,
    curve: Sequence[Step],
    occupation_min: float,
    drivers: int,
) -> Kit:
    """Return what the stations of a replication share.

    Parameters
    ----------
    env
        The clock.
    settings, curve
        Of cars and guns.
    occupation_min
        What the scenario, and whoever waits, takes a session for.
    drivers
        Of the replication.
    """
    how, cars = settings.charging, settings.cars.values()
    return Kit(
        env=env,
        curve=curve,
        peak_kw=tuple(car.peak_kw for car in cars),
        battery_kwh=tuple(car.battery_kwh for car in cars),
        super_gun_kw=how.super_gun_kw,
        fast_gun_kw=how.fast_gun_kw,
        plug_min=how.plug_min,
        exponential=how.law == "exponential",
        occupation_min=occupation_min,
        begun=[float("nan")] * drivers,
        ended=[float("nan")] * drivers,
    )


class Station:
    """Serve drivers.

    Parameters
    ----------
    common
        What all stations share.
    super_guns, fast_guns
        How many.
    pool_kw
        Shared by all guns.
    """

    __slots__ = ("common", "fast_free", "guns", "pool", "queue", "super_free")

    def __init__(self, common: Kit, super_guns: int, fast_guns: int, pool_kw: float) -> None:
        self.common = common
        self.super_free = super_guns
        self.fast_free = fast_guns
        self.guns = super_guns + fast_guns
        self.queue: deque[Visit] = deque()
        self.pool = Pool(common.env, pool_kw)

    def expected_wait_min(self) -> float:
        """Return the wait that somebody who looks now expects: 0 with a free gun, else his turn."""
        if self.super_free or self.fast_free:
            return 0.0
        return (len(self.queue) + 1) * self.common.occupation_min / self.guns

    def enter(self, visit: Visit) -> None:
        """Take a gun, or queue for one."""
        if self.super_free or self.fast_free:
            self._begin(visit, is_super=self._picks_super(visit.car))
        else:
            self.queue.append(visit)

    def _picks_super(self, car: int) -> bool:
        """Tell whether a car takes a super gun: if it gains by it, or must."""
        gains = self.common.peak_kw[car] > self.common.fast_gun_kw
        return bool(self.super_free) if gains else not self.fast_free

    def _begin(self, visit: Visit, *, is_super: bool) -> None:
        common = self.common
        if is_super:
            self.super_free -= 1
        else:
            self.fast_free -= 1
        common.begun[visit.row] = common.env.now
        leave = partial(self._leave, visit.row, is_super=is_super)
        if common.exponential:
            _later(common.env, visit.held_min, lambda _event: leave())
            return
        gun_kw = common.super_gun_kw if is_super else common.fast_gun_kw
        most_kw = common.peak_kw[visit.car]
        parts = session(
            common.curve, common.battery_kwh[visit.car], most_kw, visit.start_soc, visit.kwh
        )
        limited = [(kwh, min(kw, gun_kw)) for kwh, kw in parts]
        charge = Charge(limited, leave)
        _later(common.env, common.plug_min, lambda _event: self.pool.plug(charge))

    def _leave(self, row: int, *, is_super: bool) -> None:
        self.common.ended[row] = self.common.env.now
        if is_super:
            self.super_free += 1
        else:
            self.fast_free += 1
        if self.queue:
            self._begin(self.queue.popleft(), is_super=is_super)


def _later(env: simpy.Environment, minutes: float, then: Callable[[object], None]) -> None:
    callbacks = env.timeout(minutes).callbacks
    if callbacks is not None:
        callbacks.append(then)
