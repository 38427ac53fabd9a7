"""Waiting: Erlang C against published values and its own sum, and what a station can serve."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.data.queueing import capacity_kwh_day, erlang_c, mean_wait_min
from siting.scenario import Service, StationType


def _station(guns: int, *, pool_kw: float = 1e6, super_guns: int = 1) -> StationType:
    return StationType(
        title="t",
        title_zh="型",
        super_guns=super_guns,
        fast_guns=guns - super_guns,
        pool_kw=pool_kw,
        transformer_kva=1.0,
    )


def _service(wait_min: float = 1e6, probability: float = 1.0) -> Service:
    """Return the promise: 60 kWh in 15 min, a tenth of the day's sessions in the busiest hour."""
    return Service(
        session_kwh=60.0,
        occupation_min=15.0,
        peak_hour_share=0.1,
        max_wait_min=wait_min,
        max_wait_probability=probability,
    )


@pytest.mark.parametrize(
    ("servers", "offered", "probability"),
    [
        # one server waits as often as it is busy; two: 2 rho^2 / (1 + rho); exact fractions
        (1, 0.7, 0.7),
        (2, 1.0, 1 / 3),
        (3, 2.0, 4 / 9),
        # a call centre's textbook example: 200 calls an hour of 3 min, 14 agents
        (14, 10.0, 0.174),
        # tables of Erlang's C formula at a load of 80 %
        (5, 4.0, 0.5541),
        (10, 8.0, 0.4092),
        (20, 16.0, 0.2561),
    ],
)
def test_erlang_c_is_the_published_one(servers: int, offered: float, probability: float) -> None:
    """Every value is the table's, to its last digit."""
    assert erlang_c(servers, offered) == pytest.approx(
        probability, abs=6e-5 + 5e-4 * (offered == 10)
    )


@given(servers=st.integers(1, 60), share=st.floats(0.001, 0.999))
def test_erlang_c_is_its_sum(servers: int, share: float) -> None:
    """The recursion gives what the direct sum gives: a^c/c! / (1-a/c) over all states."""
    a = servers * share
    full = a**servers / math.factorial(servers) / (1 - share)
    direct = full / (sum(a**n / math.factorial(n) for n in range(servers)) + full)
    assert erlang_c(servers, a) == pytest.approx(direct, rel=1e-9)


def test_an_unstable_queue_always_waits() -> None:
    """Where arrivals ask for all guns or more, everybody waits, for ever."""
    assert erlang_c(4, 4.0) == erlang_c(4, 9.0) == 1.0
    assert mean_wait_min(4, 4.0, 15.0) == math.inf


def test_mean_wait_of_one_gun() -> None:
    """M/M/1 at a load of 0.25: 0.25 / 0.75 x 15 min = 5 min; two at 1 erlang: 1/3 x 15 / 1 = 5."""
    assert mean_wait_min(1, 0.25, 15.0) == pytest.approx(5)
    assert mean_wait_min(2, 1.0, 15.0) == pytest.approx(5)


@pytest.mark.parametrize(
    ("guns", "pool_kw", "wait_min", "probability", "kwh_day"),
    [
        # one gun busy a fifth of the time: 0.8 sessions an hour, 8 a day, 60 kWh each
        (1, 1e6, 1e6, 0.2, 480.0),
        # a mean wait of 5 min: a load of 0.25, 1 session an hour
        (1, 1e6, 5.0, 1.0, 600.0),
        # both: the stricter
        (1, 1e6, 5.0, 0.2, 480.0),
        # a pool of 30 kW gives half a session an hour
        (1, 30.0, 5.0, 0.2, 300.0),
        # two guns at 1 erlang wait 5 min in the mean: 4 sessions an hour
        (2, 1e6, 5.0, 1.0, 2400.0),
        # and one driver in three waits
        (2, 1e6, 1e6, 1 / 3, 2400.0),
        # no promise at all: four guns turn 16 sessions an hour
        (4, 1e6, 1e9, 1.0, 9600.0),
    ],
)
def test_capacity_by_hand(
    guns: int, pool_kw: float, wait_min: float, probability: float, kwh_day: float
) -> None:
    """The largest hourly arrivals that keep the promise, over their share of the day, x 60 kWh."""
    found = capacity_kwh_day(_station(guns, pool_kw=pool_kw), _service(wait_min, probability))
    assert found == pytest.approx(kwh_day, rel=1e-6)


def test_without_a_super_gun_nothing_is_served() -> None:
    """A plain fast station serves no supercharging demand, however many guns it has."""
    assert capacity_kwh_day(_station(40, super_guns=0), _service()) == 0


WAITS = st.floats(0.1, 60)
SHARES = st.floats(0.01, 1)


@given(
    guns=st.integers(1, 40), pool_kw=st.floats(60, 20_000), wait=WAITS, share=SHARES, more=st.data()
)
def test_capacity_grows_with_all_that_should_help(
    guns: int, pool_kw: float, wait: float, share: float, more: st.DataObject
) -> None:
    """More guns, more power, or a looser promise never serves less."""
    base = capacity_kwh_day(_station(guns, pool_kw=pool_kw), _service(wait, share))
    better = (
        (_station(guns + more.draw(st.integers(1, 9)), pool_kw=pool_kw), _service(wait, share)),
        (_station(guns, pool_kw=pool_kw * more.draw(st.floats(1, 3))), _service(wait, share)),
        (_station(guns, pool_kw=pool_kw), _service(wait * more.draw(st.floats(1, 3)), share)),
        (_station(guns, pool_kw=pool_kw), _service(wait, more.draw(st.floats(share, 1)))),
    )
    assert base > 0
    assert all(capacity_kwh_day(*pair) >= base * (1 - 1e-9) for pair in better)


@given(guns=st.integers(1, 40), wait=WAITS, share=SHARES)
def test_capacity_is_the_largest_that_keeps_the_promise(
    guns: int, wait: float, share: float
) -> None:
    """At the capacity the promise holds; a millionth above, it does not."""
    service = _service(wait, share)
    kwh_day = capacity_kwh_day(_station(guns), service)
    offered = kwh_day * service.peak_hour_share / service.session_kwh * 15 / 60

    def keeps(load: float) -> bool:
        waits = erlang_c(guns, load) <= share
        return waits and mean_wait_min(guns, load, 15.0) <= wait

    assert keeps(offered * (1 - 1e-6))
    assert not keeps(offered * (1 + 1e-6))
