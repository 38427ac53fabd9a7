"""Turn a promised wait into the sessions a station can take, with the Erlang C formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from siting.scenario import Service, StationType

_STEPS = 60
"""Bisection steps: 2**-60 of the range is below a double's resolution."""


def erlang_c(servers: int, offered: float) -> float:
    """Return the probability that an arrival waits in an M/M/c queue.

    Computed through the Erlang B recursion, which is stable for any size (A. K. Erlang, 1917;
    R. B. Cooper, Introduction to Queueing Theory, 1981).

    Parameters
    ----------
    servers
        Guns c, at least 1.
    offered
        Offered load a = arrival rate x mean service time, in erlangs.

    Returns
    -------
    float
        1.0 where the queue is unstable (a >= c).
    """
    if offered >= servers:
        return 1.0
    blocking = 1.0
    for n in range(1, servers + 1):
        blocking = offered * blocking / (n + offered * blocking)
    utilisation = offered / servers
    return blocking / (1 - utilisation * (1 - blocking))


def mean_wait_min(servers: int, offered: float, service_min: float) -> float:
    """Return the mean wait of all arrivals in an M/M/c queue, in minutes.

    Wq = C(c, a) * s / (c - a), infinite where unstable.
    """
    if offered >= servers:
        return float("inf")
    return erlang_c(servers, offered) * service_min / (servers - offered)


def capacity_kwh_day(station: StationType, service: Service) -> float:
    """Return the energy a station can serve a day while it keeps the promised wait.

    The largest arrival rate of the busiest hour at which both the mean wait and the share of
    waiting drivers stay within the promise, and its energy within the pooled power, divided by
    that hour's share of the day. A station without a gun of 480 kW serves no supercharging demand.
    """
    if not station.is_super:
        return 0.0
    low, high = 0.0, float(station.guns)
    for _ in range(_STEPS):
        offered = (low + high) / 2
        keeps = (
            erlang_c(station.guns, offered) <= service.max_wait_probability
            and mean_wait_min(station.guns, offered, service.occupation_min) <= service.max_wait_min
        )
        low, high = (offered, high) if keeps else (low, offered)
    sessions_h = min(low * 60 / service.occupation_min, station.pool_kw / service.session_kwh)
    return sessions_h / service.peak_hour_share * service.session_kwh
