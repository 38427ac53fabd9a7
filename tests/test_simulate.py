"""The simulation: against Erlang's formula, against small steps of time, and by hand."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st

from siting.data.queueing import erlang_c, mean_wait_min
from siting.simulate.curve import session, steps
from siting.simulate.draws import draw, mean_kwh
from siting.simulate.engine import OUT_OF_REACH, TURNED_AWAY, pick, replicate
from siting.simulate.estimate import mean_of, most_unseen, ratio_of
from siting.simulate.pool import Charge, Pool, level_kw
from siting.simulate.study import Study, paired, simulate
from siting.simulate.tally import CITY, counted, tally
from tests.simulate_case import settings, world

if TYPE_CHECKING:
    from siting.simulate.station import Station

TAPER = ((0.0, 1.0), (0.55, 1.0), (0.8, 0.3), (0.95, 0.1))


def of_city(study: Study, name: str) -> tuple[float, float, float]:
    """Return mean, low and high of one of the city's figures."""
    row = study.city().set_index("measure").loc[name]
    return float(row["mean"]), float(row["low"]), float(row["high"])


# Against Erlang's formula


@pytest.mark.parametrize(("guns", "sessions_day"), [((1, 0), 33), ((1, 2), 120), ((1, 5), 270)])
def test_a_steady_station_is_the_queue_m_m_c(guns: tuple[int, int], sessions_day: int) -> None:
    """Erlang C lies within the 99.9 % interval of 20 runs of 20 days, for the wait and its chance.

    One gun: a = 33 x 26 / 1440 = 0.596; three: 2.167; six: 4.875 erlangs.
    """
    how = settings("erlang", replications=20, confidence=0.999, warmup_hours=24)
    found = simulate(world(sessions_day, guns=[guns], days=20), how, seed=11)
    offered, count = sessions_day * 26 / 1440, sum(guns)
    _, low, high = of_city(found, "waited_share")
    assert low <= erlang_c(count, offered) <= high
    assert high - low < 0.1
    mean, low, high = of_city(found, "wait_mean_min")
    assert low <= mean_wait_min(count, offered, 26.0) <= high
    assert high - low < 0.7 * mean


def test_the_interval_is_not_so_wide_that_all_fits() -> None:
    """A queue with one gun more lies outside the interval of the same runs."""
    how = settings("erlang", replications=20, confidence=0.999, warmup_hours=24)
    found = simulate(world(270, days=20), how, seed=11)
    _, low, _ = of_city(found, "wait_mean_min")
    assert mean_wait_min(7, 270 * 26 / 1440, 26.0) < low


def test_intervals_hold_as_often_as_they_say() -> None:
    """Of 40 seeds, some 32 of the 80 % intervals hold Erlang's chance to wait, 3 guns."""
    how = settings("erlang", replications=10, confidence=0.8, warmup_hours=24)
    place, true = world(100, guns=[(1, 2)], days=4), erlang_c(3, 100 * 26 / 1440)
    found = [of_city(simulate(place, how, seed=seed), "waited_share") for seed in range(40)]
    assert sum(low <= true <= high for _, low, high in found) in range(25, 39)


# The charging curve


def test_a_step_takes_as_long_as_the_line() -> None:
    """0.55 at full power, then ln(1 / 0.3) / 2.8 hours a battery-per-power, by integration."""
    parts = session(steps(TAPER), 100.0, 100.0, 0.0, 80.0)
    hours = sum(kwh / kw for kwh, kw in parts)
    assert hours == pytest.approx(0.55 + math.log(1 / 0.3) / 2.8)
    assert sum(kwh for kwh, _ in parts) == pytest.approx(80.0)


def test_a_mean_session_holds_its_gun_as_the_scenarios_assume() -> None:
    """33 kWh from 30 %: 25 min at 400 V and 9 min at 800 V, the 80 and 220 kW of the scenarios."""
    how = settings()
    minutes = [
        60
        * sum(kwh / kw for kwh, kw in session(steps(TAPER), car.battery_kwh, car.peak_kw, 0.3, 33))
        for car in how.cars.values()
    ]
    assert minutes == pytest.approx([25, 9], rel=0.06)


@given(st.floats(0, 0.9), st.floats(0.1, 90))
def test_a_session_never_charges_more_than_fits(soc: float, kwh: float) -> None:
    """What is charged is what was asked, or what is left up to 95 %; power never rises."""
    parts = session(steps(TAPER), 60.0, 120.0, soc, kwh)
    assert sum(part[0] for part in parts) == pytest.approx(min(kwh, (0.95 - soc) * 60))
    asked = [kw for _, kw in reversed(parts)]
    assert asked == sorted(asked, reverse=True)


# The pool


def test_a_level_gives_each_the_same_at_most() -> None:
    """100 kW for wishes of 10, 50 and 80: the first has its 10, the others 45 each."""
    assert level_kw([10.0, 50.0, 80.0], 100.0) == pytest.approx(45.0)


def _pool_ends(sessions: list[tuple[float, float, float]], most_kw: float) -> list[float]:
    """Return when each session ends, by the pool; sessions are (start, SOC, kWh) on 60 kWh."""
    env = simpy.Environment()
    pool, ends = Pool(env, most_kw), [math.nan] * len(sessions)

    def end(n: int) -> None:
        ends[n] = env.now

    def plug(car: Charge, _event: object) -> None:
        pool.plug(car)

    for n, (start, soc, kwh) in enumerate(sessions):
        parts = session(steps(TAPER), 60.0, 120.0, soc, kwh)
        car = Charge(parts, partial(end, n))
        found = env.timeout(start).callbacks
        assert found is not None
        found.append(partial(plug, car))
    env.run()
    return ends


def _stepped_ends(
    sessions: list[tuple[float, float, float]], most_kw: float, dt: float = 0.002
) -> list[float]:
    """Return the same by brute force: every 0.002 min, power is shared anew by bisection."""
    curve, ends = steps(TAPER), [math.nan] * len(sessions)
    taken = [0.0] * len(sessions)
    minute = 0.0
    while any(math.isnan(end) for end in ends):
        here = [n for n, s in enumerate(sessions) if s[0] <= minute and math.isnan(ends[n])]
        wish = {}
        for n in here:
            soc = sessions[n][1] + taken[n] / 60.0
            wish[n] = 120.0 * next((step.share for step in curve if soc < step.soc - 1e-12), 0.1)
        low, high = 0.0, 120.0
        for _ in range(40):
            level = (low + high) / 2
            fits = sum(min(kw, level) for kw in wish.values()) <= most_kw
            low, high = (level, high) if fits else (low, level)
        minute += dt
        for n in here:
            taken[n] += min(wish[n], high) * dt / 60
            if taken[n] >= sessions[n][2] - 1e-9:
                ends[n] = minute
    return ends


@runs(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 6), st.floats(0.3, 0.7), st.floats(1, 12)), min_size=1, max_size=4
    ),
    st.sampled_from([60.0, 150.0, 250.0, 1000.0]),
)
def test_shared_power_is_what_small_steps_give(
    sessions: list[tuple[float, float, float]], most_kw: float
) -> None:
    """Sessions end when steps of 0.002 min say so, whether power is short or not."""
    expected = _stepped_ends(sessions, most_kw)
    assert _pool_ends(sessions, most_kw) == pytest.approx(expected, abs=0.05)


def test_short_power_is_told() -> None:
    """Two cars of 120 kW on 120 kW, 6 kWh each: both end after 6 min instead of 3."""
    assert _pool_ends([(0.0, 0.1, 6.0), (0.0, 0.1, 6.0)], 120.0) == pytest.approx([6.0, 6.0])
    assert _pool_ends([(0.0, 0.1, 6.0), (0.0, 0.1, 6.0)], 240.0) == pytest.approx([3.0, 3.0])


# Drivers and their choice


def test_the_same_drivers_come_whatever_stands() -> None:
    """Drivers depend on seed and replication, not on stations; another seed brings others."""
    how = settings()
    first, second = (draw(world(300, guns=guns), how, 5, 1) for guns in ([(1, 5)], [(4, 20)]))
    assert all(np.array_equal(vars(first)[name], vars(second)[name]) for name in vars(first))
    assert len(draw(world(300), how, 6, 1).minute) != len(first.minute)


def test_energy_adds_up_to_the_demand() -> None:
    """Batteries that fill up take less: so many more sessions come that demand is met."""
    how = settings()
    place = world(20_000)
    assert mean_kwh(place, how) < 33
    kwh = [draw(place, how, 1, n) for n in range(5)]
    day = [float(found.kwh[found.minute >= 0].sum()) for found in kwh]
    assert np.mean(day) == pytest.approx(33 * 20_000, rel=0.01)


def test_hours_get_their_share() -> None:
    """A day whose sessions all come at 7 h brings them between 420 and 480 min."""
    shape = np.zeros(24)
    shape[7] = 1.0
    found = draw(world(500, shape=shape), settings(warmup_hours=4), 1, 0)
    assert found.minute.min() >= 420
    assert found.minute.max() < 480


def _options(waits: list[float], drives: list[float]) -> list[tuple[int, float, Station]]:
    class _Fixed:
        def __init__(self, wait: float) -> None:
            self.wait = wait

        def expected_wait_min(self) -> float:
            return self.wait

    return [
        (n, drive, _Fixed(wait))  # type: ignore[misc]
        for n, (wait, drive) in enumerate(zip(waits, drives, strict=True))
    ]


def test_the_logit_is_drawn_by_its_shares() -> None:
    """Drives of 2 and 4 min at a scale of 2: shares 1 / (1 + e^-1) = 0.731 and 0.269."""
    how = settings().choice
    options = _options([0.0, 0.0], [2.0, 4.0])
    assert [pick(options, taste, how)[0] for taste in (0.0, 0.73, 0.732, 0.999)] == [0, 0, 1, 1]


def test_a_wait_weighs_and_turns_away() -> None:
    """2 min and 4 of wait cost 8; 7 min cost 7. Above 15 min of wait nobody goes."""
    how = settings(choice={"rule": "least"}).choice
    assert pick(_options([4.0, 0.0], [2.0, 7.0]), 0.5, how) == (1, 7.0)
    assert pick(_options([20.0, 14.0], [1.0, 1.0]), 0.5, how) == (1, 1.0)
    assert pick(_options([20.0, 16.0], [1.0, 1.0]), 0.5, how)[0] == TURNED_AWAY


def test_everyone_is_accounted_for() -> None:
    """At an overloaded station some charge, some drive off, some never set out: all counted."""
    how = settings(warmup_hours=0)
    place = world(900)
    log = replicate(place, how, 3, 0)
    seen = dict(zip(CITY, tally(place, log, warmup_hours=0).city, strict=True))
    charged = int(np.isfinite(log.begun).sum())
    lost = seen["out_of_reach"] + seen["turned_away"] + seen["drove_off"]
    assert seen["turned_away"] > 50
    assert seen["drove_off"] > 10
    assert charged + lost == seen["sessions"] == len(log.minute)
    assert (log.ended[np.isfinite(log.begun)] > log.begun[np.isfinite(log.begun)]).all()


def test_no_more_cars_charge_than_there_are_guns() -> None:
    """At every moment of a crowded day at most six guns are held, and sometimes all six."""
    log = replicate(world(900), settings(), 3, 0)
    held = np.isfinite(log.begun)
    moments = np.concatenate([log.begun[held], log.ended[held]])
    change = np.concatenate([np.ones(held.sum()), -np.ones(held.sum())])
    order = np.lexsort((change, moments))
    assert change[order].cumsum().max() == 6


def test_first_come_first_served() -> None:
    """Nobody who stayed begins before one who came earlier."""
    log = replicate(world(900), settings("erlang"), 3, 0)
    held = np.isfinite(log.begun)
    order = np.argsort(log.arrived[held], kind="stable")
    begun = log.begun[held][order]
    assert (np.diff(begun) >= -1e-9).all()


def test_a_zone_without_a_station_is_out_of_reach() -> None:
    """Nobody goes anywhere, and all are told as out of reach."""
    place = world(100, guns=[], minutes=[])
    log = replicate(place, settings(), 1, 0)
    assert set(log.station.tolist()) == {OUT_OF_REACH}


def test_hours_add_up_to_the_day() -> None:
    """Gun minutes and energy of the hours are those of all sessions, where none passes midnight."""
    shape = np.zeros(24)
    shape[6:20] = 1 / 14
    how, place = settings(warmup_hours=0), world(150, shape=shape)
    log = replicate(place, how, 2, 0)
    found = tally(place, log, warmup_hours=0)
    assert found.busy_min.sum() == pytest.approx((log.ended - log.begun)[log.begun > 0].sum())
    assert found.kwh.sum() == pytest.approx(log.kwh[log.begun > 0].sum())
    assert found.arrived.sum() == found.arrived[:, 6:21].sum() > 0


# Estimates and the promise


def test_intervals_by_hand() -> None:
    """1, 2, 3: mean 2, t(2, 97.5 %) = 4.3027, 4.3027 / sqrt(3) = 2.4841."""
    found = mean_of(np.array([[1.0], [2.0], [3.0]]), 0.95)
    assert float(found.high[0] - found.mean[0]) == pytest.approx(2.4841, abs=1e-4)
    ratio = ratio_of(np.array([[2.0], [2.0]]), np.array([[4.0], [4.0]]), 0.95)
    assert (float(ratio.low[0]), float(ratio.high[0])) == pytest.approx((0.5, 0.5))
    assert float(most_unseen(np.array([36.0]), 0.95)[0]) == pytest.approx(1 - 0.025 ** (1 / 36))


def test_the_interval_of_a_ratio_covers_it() -> None:
    """Of 400 samples of ten runs, some 95 % of the intervals hold the true mean, 3."""
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(400):
        count = np.asarray(rng.poisson(8, (10, 1)) + 1, dtype=np.float64)
        total = np.array([[rng.exponential(3.0, int(n)).sum()] for n in count[:, 0]])
        found = ratio_of(total, count, 0.95)
        hits += bool(found.low[0] <= 3.0 <= found.high[0])
    assert 0.88 <= hits / 400 <= 0.98


@pytest.mark.parametrize(
    ("sessions_day", "verdict"), [(20, "kept"), (600, "broken"), (0, "nobody came")]
)
def test_the_promise_is_judged(sessions_day: int, verdict: str) -> None:
    """Six guns keep their promise for 20 drivers a day, break it for 600; none prove nothing."""
    found = simulate(world(sessions_day), settings("erlang", replications=20), seed=1)
    assert found.promise.verdicts == (verdict,)


def test_few_runs_prove_nothing() -> None:
    """At a share of waiters close to the promised one, three runs are not significant."""
    found = simulate(world(255), settings("erlang", replications=3), seed=1)
    assert found.promise.verdicts == ("not significant",)


# Determinism


def test_same_seed_same_result_on_one_and_two_workers() -> None:
    """Every table is equal, number by number."""
    how, place = settings(replications=3), world(400, guns=[(1, 5), (1, 2)], minutes=[2.0, 3.0])
    one, two = (simulate(place, how, seed=9, workers=n) for n in (1, 2))
    for name in ("city", "stations", "hours"):
        assert getattr(one, name)().equals(getattr(two, name)())
    assert not one.city().equals(simulate(place, how, seed=10).city())


def test_common_drivers_make_small_differences_sure() -> None:
    """A second gun beside the first: the paired interval is narrower than that of either plan."""
    how = settings("erlang", replications=10)
    first, second = (simulate(world(300, guns=[g]), how, seed=2) for g in ((1, 6), (1, 5)))
    change = paired(first, second).set_index("measure").loc["drive_mean_min"]
    assert change["change"] == pytest.approx(0.0, abs=1e-9)
    held = paired(first, second).set_index("measure").loc["held_mean_min"]
    _, low, high = of_city(first, "held_mean_min")
    assert held["high"] - held["low"] < 0.5 * (high - low)


def test_a_job_is_a_replication() -> None:
    """What a process counts is what the log gives."""
    how, place = settings(), world(200)
    direct = tally(place, replicate(place, how, 7, 2), warmup_hours=how.warmup_hours)
    assert np.array_equal(counted((place, how, 7, 2)).city, direct.city)
