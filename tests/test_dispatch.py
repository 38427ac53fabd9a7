"""Dispatch of storage, PV and V2G: hand cases, golden program, properties against other solvers.

Every hand case has a cheap hour (0.2 CNY/kWh) and a dear one (1.0), 365 days a year.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from siting.errors import NoSolutionError
from siting.models.dispatch import statement
from siting.models.dispatch.arrays import program
from siting.models.dispatch.layout import Layout
from siting.models.dispatch.question import NOWHERE, Question, Sizes
from siting.models.dispatch.schedule import costs, settled
from siting.models.dispatch.solve import Dispatched, dispatch, proved, solve_part, split
from siting.models.dispatch.statement import state
from siting.models.highs import Run, to_arrays
from siting.models.relaxation import matrix
from tests.dispatch_case import ask, sizes, toy
from tests.golden import GOLDEN

YEAR = 365.0


def held(question: Question, found: Dispatched, *, tolerance: float = 1e-6) -> None:
    """Check balance, stores, sizes, connections, and that nothing goes both ways at once."""
    q, plan, item = question, found.schedule, question.equipment
    balance = plan.import_kw - plan.export_kw - q.load_kw - plan.shift_kw
    assert np.abs(balance).max() <= tolerance
    way = item.one_way
    gain = way * plan.charge_kw - plan.discharge_kw / way
    before = np.roll(plan.stored_kwh, 1, axis=2)
    assert np.abs(plan.stored_kwh - before - gain).max() <= tolerance
    kwh, kw = plan.sizes.battery_kwh[:, None, None], plan.sizes.battery_kw[:, None, None]
    assert plan.stored_kwh.min() >= 0
    assert (plan.stored_kwh - item.depth * kwh).max() <= tolerance
    assert (plan.charge_kw + plan.discharge_kw - kw).max() <= tolerance
    assert (plan.pv_kw - q.sun * plan.sizes.pv_kw[:, None, None]).max() <= tolerance
    pairs = (
        (plan.charge_kw, plan.discharge_kw),
        (plan.given_kw, plan.back_kw),
        (plan.import_kw, plan.export_kw),
    )
    assert all(float(np.minimum(a, b).max()) == 0 for a, b in pairs)
    fed = plan.pv_kw + (plan.discharge_kw if item.storage_export else 0)
    assert (plan.export_kw - fed).max() <= tolerance
    assert (q.design_kw + plan.shift_kw - q.connection_kw[:, None, None]).max() <= tolerance
    assert (plan.given_kw - np.minimum(q.v2g_kw, q.load_kw)).max() <= tolerance
    assert (plan.given_kw.sum(axis=2) - q.v2g_kwh).max() <= tolerance
    back = item.v2g_round_trip * plan.back_kw.sum(axis=2)
    assert np.abs(plan.given_kw.sum(axis=2) - back).max() <= tolerance


def answered(question: Question) -> Dispatched:
    """Solve a question and check all that has to hold."""
    found = dispatch(question)
    held(question, found)
    assert found.gap <= 1e-7
    return found


def test_a_battery_moves_what_fits_to_the_cheap_hour() -> None:
    """60 of 100 kWh move: 365 x (60 x 0.2 + 40 x 1) = 18,980, and 6,000 for 60 kWh.

    Each kWh saves 0.8 x 365 = 292 a year and costs 100, so all that fits is built. Without: 36,500.
    """
    found = answered(ask([[0, 100]], kwh=[60]))
    assert found.schedule.sizes.battery_kwh.tolist() == pytest.approx([60])
    assert found.costs.total == pytest.approx(18_980 + 6_000)
    bare = ask([[0, 100]]).bare()
    assert dispatch(bare).costs.total == pytest.approx(36_500)


def test_losses_are_bought_as_well() -> None:
    """At 0.81 a full 60 kWh give 54, and take 66.67: 365 x (13.333 + 46) + 6,000 = 27,656.67."""
    found = answered(ask([[0, 100]], kwh=[60], equipment={"round_trip": 0.81}))
    assert found.schedule.discharge_kw[0, 0, 1] == pytest.approx(54)
    assert found.schedule.charge_kw[0, 0, 0] == pytest.approx(60 / 0.9)
    assert found.costs.total == pytest.approx(YEAR * (200 / 15 + 46) + 6000)


def test_a_battery_that_does_not_pay_is_not_built() -> None:
    """At 300 CNY a year for each kWh it would lose 8; nothing is built, nothing changes."""
    found = answered(ask([[0, 100]], kwh=[60], equipment={"battery_cny_kwh_year": 300.0}))
    assert found.schedule.sizes.battery_kwh.tolist() == [0]
    assert found.costs.total == pytest.approx(36_500)


def test_what_stands_is_paid_for_and_used() -> None:
    """Twenty kWh that stand already stay, though new ones would not pay: 365 x 84 + 6,000."""
    question = ask([[0, 100]], kwh=[60], equipment={"battery_cny_kwh_year": 300.0})
    found = answered(replace(question, least=sizes([20], [0])))
    assert found.schedule.sizes.battery_kwh.tolist() == pytest.approx([20])
    assert found.costs.total == pytest.approx(YEAR * (20 * 0.2 + 80) + 6000)


def test_pv_serves_the_load_and_sells_the_rest() -> None:
    """10 kW in the dear hour: 4 for the load, 6 fed in at 0.4: 1,000 - 365 x 6 x 0.4 = 124."""
    feed = np.array([[0.2, 0.4]])
    found = answered(ask([[0, 4]], pv_kw=[10], feed_in_cny=feed))
    assert found.schedule.export_kw[0, 0].tolist() == pytest.approx([0, 6])
    assert found.costs.total == pytest.approx(1000 - YEAR * 2.4)


def test_batteries_feed_in_only_where_they_may() -> None:
    """With 0.9 for feeding in, a full battery of 60 kWh would earn 365 x 60 x 0.7: not by default.

    Where it may: 365 x (60 x 0.2 - 60 x 0.9) + 6,000 = -9,330 a year.
    """
    feed = np.array([[0.2, 0.9]])
    closed = answered(ask([[0, 0]], kwh=[60], feed_in_cny=feed))
    assert closed.costs.total == 0
    open_ = answered(ask([[0, 0]], kwh=[60], feed_in_cny=feed, equipment={"storage_export": True}))
    assert open_.costs.total == pytest.approx(YEAR * 60 * (0.2 - 0.9) + 6000)


@pytest.mark.parametrize(("price", "given_kw"), [(0.5, 20.0), (0.8, 0.0)])
def test_vehicles_give_where_it_pays(price: float, given_kw: float) -> None:
    """20 kWh save 20 CNY; they cost 20 x price, and 25 kWh at 0.2 to give back: 15, or 21."""
    question = ask([[0, 100]], v2g_cny=np.full((1, 2), price), v2g_kwh=np.array([[20.0]]))
    found = answered(replace(question, v2g_kw=np.full((1, 1, 2), 30.0)))
    assert found.schedule.given_kw[0, 0].tolist() == pytest.approx([0, given_kw])
    assert found.schedule.back_kw[0, 0].tolist() == pytest.approx([given_kw / 0.8, 0])


def test_a_charge_on_the_highest_load_is_shaved() -> None:
    """Flat prices; 50 CNY a kW and year: a battery at 40 a kWh halves 100 + 0 to 50 + 50.

    365 x 100 + 50 x 50 + 50 x 40 = 41,000 against 36,500 + 5,000.
    """
    question = ask(
        [[0, 100]],
        kwh=[80],
        buy=(1, 1),
        equipment={"battery_cny_kwh_year": 40.0},
        capacity_cny_kw_year=50.0,
    )
    found = answered(question)
    assert found.schedule.import_kw[0, 0].tolist() == pytest.approx([50, 50])
    assert found.costs.total == pytest.approx(36_500 + 2_500 + 2_000)


def test_two_stations_share_a_substation() -> None:
    """A and B ask 200 kW of 150 in one hour; A alone may have a battery, and B's load needs it.

    At one price nothing else pays: A gets 50 kWh, 365 x 200 + 5,000 = 78,000, and the limit holds.
    Without the limit there is no battery.
    """
    loads = [[0, 100], [0, 100]]
    found = answered(ask(loads, kwh=[80, 0], buy=(1, 1), room_kw=150))
    assert found.schedule.sizes.battery_kwh.tolist() == pytest.approx([50, 0])
    assert found.costs.total == pytest.approx(78_000)
    assert found.schedule.over_kw.max() == 0
    free = answered(ask(loads, kwh=[80, 0], buy=(1, 1)))
    assert free.schedule.sizes.battery_kwh.tolist() == [0, 0]


def test_what_cannot_be_kept_is_told_and_priced() -> None:
    """With 30 kWh 20 kW stay over the limit: 73,000 + 3,000 + 365 x 20 x 10 = 149,000."""
    found = answered(ask([[0, 100], [0, 100]], kwh=[30, 0], buy=(1, 1), room_kw=150))
    assert found.schedule.over_kw[0, 0].tolist() == pytest.approx([0, 20])
    assert found.costs.overload == pytest.approx(73_000)
    assert found.costs.total == pytest.approx(149_000)


def test_limits_look_at_the_design_load() -> None:
    """80 kW are expected and paid for, 100 may come: at a room of 90 the battery gives 10 kW."""
    question = ask([[0, 80]], kwh=[60], buy=(1, 1), room_kw=90)
    found = answered(replace(question, design_kw=np.array([[[0.0, 100.0]]])))
    assert found.schedule.discharge_kw[0, 0, 1] == pytest.approx(10)
    assert found.costs.bought.sum() == pytest.approx(YEAR * 80)


def test_charging_a_battery_never_passes_the_connection() -> None:
    """90 of 100 kW are taken in the cheap hour: only 10 kWh move."""
    found = answered(ask([[90, 100]], kwh=[60]))
    assert found.schedule.charge_kw[0, 0, 0] == pytest.approx(10)


def test_burning_energy_is_netted_out() -> None:
    """Charging 40 and discharging 10 at once, at 0.81, is charging 40 - 10 / 0.81 = 27.65.

    10 / 0.9 less 0.9 x 40 kWh are gained either way; what was burned is not bought.
    """
    question = ask([[0, 100]], kwh=[60], equipment={"round_trip": 0.81})
    values = {name: np.zeros((1, 1, 2)) for name in ("u", "c", "d", "v", "r")}
    values["c"][0, 0, 0], values["d"][0, 0, 0] = 40.0, 10.0
    gain = 0.9 * 40 - 10 / 0.9
    values["d"][0, 0, 1] = gain * 0.9
    plan = settled(question, {**values, "P": np.zeros(1)})
    assert plan.charge_kw[0, 0].tolist() == pytest.approx([40 - 10 / 0.81, 0])
    assert plan.discharge_kw[0, 0].tolist() == pytest.approx([0, gain * 0.9])
    assert plan.import_kw[0, 0, 0] == pytest.approx(40 - 10 / 0.81)


def test_nothing_but_pv_is_fed_in() -> None:
    """Of 4 kW from vehicles and 4 from a battery, for a load of 5, 3 of the vehicles' are cut."""
    question = ask([[0, 5]], kwh=[60], v2g_kwh=np.array([[9.0]]))
    values = {name: np.zeros((1, 1, 2)) for name in ("u", "c", "d", "v", "r")}
    values["c"][0, 0, 0] = values["d"][0, 0, 1] = values["v"][0, 0, 1] = 4.0
    values["r"][0, 0, 0] = 5.0
    able = np.full((1, 1, 2), 9.0)
    plan = settled(replace(question, v2g_kw=able), {**values, "P": np.zeros(1)})
    assert plan.given_kw[0, 0].tolist() == pytest.approx([0, 1])
    assert plan.back_kw[0, 0].tolist() == pytest.approx([1.25, 0])
    assert plan.discharge_kw[0, 0].tolist() == pytest.approx([0, 4])
    assert plan.export_kw.max() == pytest.approx(0, abs=1e-9)


def test_feeding_in_above_the_price_of_buying_is_refused() -> None:
    """One meter cannot buy and feed in at once; the question says so."""
    with pytest.raises(ValueError, match="one meter"):
        ask([[0, 1]], feed_in_cny=np.array([[0.3, 0.4]]))


def test_a_solver_that_stops_early_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No schedule is made out of half a run."""
    nothing = Run("no-solution", np.empty(0), np.nan, np.nan, np.empty(0))
    monkeypatch.setattr("siting.models.highs.Highs.run", lambda *_, **__: nothing)
    with pytest.raises(NoSolutionError, match="no-solution"):
        solve_part(ask([[0, 1]]))


def test_the_program_is_the_golden_one(tmp_path: Path) -> None:
    """The toy's program is, letter by letter, the file checked by hand; every row is in it."""
    state(toy()).lp.writeLP(str(tmp_path / "dispatch.lp"))
    written = (tmp_path / "dispatch.lp").read_text(encoding="utf-8")
    assert written == (GOLDEN / "dispatch.lp").read_text(encoding="utf-8")
    shown = set(re.findall(r"^(\w+)\(.*?\):", written, flags=re.MULTILINE))
    source = Path(statement.__file__).read_text(encoding="utf-8")
    assert shown == set(re.findall(r'_name\("(\w+)"', source))


def test_arrays_are_the_statement() -> None:
    """Both ways of writing the program give the same numbers in the same places."""
    question = replace(toy(), days_per_year=np.array([7.0]))
    for asked in (
        question,
        replace(question, capacity_cny_kw_year=0.0),
        ask([[1, 2, 3]], buy=(1, 1, 2)),
    ):
        check_same(asked)


def check_same(question: Question) -> None:
    """Check that statement and arrays are one program."""
    stated, made = to_arrays(state(question)), program(question)
    for name in ("cost", "lower", "upper", "row_lower", "row_upper"):
        np.testing.assert_allclose(vars(made)[name], vars(stated)[name], rtol=1e-12, atol=1e-12)
    assert abs(matrix(made) - matrix(stated)).max() <= 1e-12
    assert not made.maximise
    assert not stated.maximise


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw up to three stations on up to two substations, two days of three or four hours."""
    count, hours = draw(st.integers(1, 3)), draw(st.integers(3, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (count, 2, hours)
    load = rng.integers(0, 80, shape).astype(float)
    design = np.minimum(load * rng.uniform(1, 1.5), 100.0)
    buy = rng.choice([0.0, 0.2, 0.7, 1.2], (2, hours))
    room = rng.integers(-20, 150, (2, 2, hours)).astype(float)
    question = ask([[0.0] * hours] * count, buy=tuple(buy[0]))
    return replace(
        question,
        groups=("G", "H"),
        days=("dry", "wet"),
        group_of=rng.integers(NOWHERE, 2, count),
        days_per_year=np.array([200.0, 165.0]),
        load_kw=load,
        design_kw=design,
        room_kw=room,
        sun=rng.choice([0.0, 0.5], (2, hours)),
        v2g_kw=rng.integers(0, 30, shape).astype(float),
        v2g_kwh=rng.integers(0, 40, (count, 2)).astype(float),
        buy_cny=buy,
        feed_in_cny=np.minimum(buy, 0.4),
        v2g_cny=rng.choice([0.0, 0.3], (2, hours)),
        capacity_cny_kw_year=draw(st.sampled_from([0.0, 90.0])),
        least=sizes([0.0] * count, [0.0] * count),
        most=sizes(rng.integers(0, 80, count).tolist(), rng.integers(0, 20, count).tolist()),
        equipment=replace(
            question.equipment,
            round_trip=draw(st.sampled_from([0.7, 0.9, 1.0])),
            depth=0.9,
            wear_cny_kwh=draw(st.sampled_from([0.0, 0.05])),
            storage_export=draw(st.booleans()),
        ),
    )


@settings(max_examples=60, deadline=None)
@given(questions())
def test_whatever_is_asked_holds_and_is_never_dearer(question: Question) -> None:
    """Balance, stores, connections hold; cost is the optimum, and no more than with nothing.

    Substation by substation costs what all together costs.
    """
    found = dispatch(question)
    held(question, found)
    scale = 1e-6 * (1 + abs(found.costs.total))
    assert found.costs.total <= dispatch(question.bare()).costs.total + scale
    assert found.costs.total - found.bound_cny <= scale
    assert found.bound_cny <= found.costs.total + scale
    assert dispatch(question, whole=True).costs.total == pytest.approx(
        found.costs.total, rel=1e-6, abs=1e-3
    )


@settings(max_examples=25, deadline=None)
@given(questions())
def test_another_solver_finds_the_same(question: Question) -> None:
    """SciPy's linear programming on PuLP's own rows gives the least cost that is told."""
    check_same(question)
    stated = to_arrays(state(question))
    table = matrix(stated)
    equal = stated.row_lower == stated.row_upper
    other = linprog(
        stated.cost,
        A_ub=table[~equal].toarray(),
        b_ub=stated.row_upper[~equal],
        A_eq=table[equal].toarray(),
        b_eq=stated.row_upper[equal],
        bounds=list(zip(stated.lower.tolist(), stated.upper.tolist(), strict=True)),
    )
    told = dispatch(question, whole=True).costs.total
    assert other.status == 0
    assert told == pytest.approx(other.fun, rel=1e-6, abs=1e-3)


def test_any_price_proves_a_bound() -> None:
    """Whatever the duals, what they prove is no more than the least cost; the solver's prove it."""
    question = toy()
    arrays, rng = program(question), np.random.default_rng(3)
    least = dispatch(question).costs.total
    for scale in (0.0, 1.0, 300.0):
        duals = scale * rng.standard_normal(len(arrays.row_lower))
        assert proved(arrays, duals)[0] <= least + 1e-6
    assert dispatch(question).bound_cny == pytest.approx(least)


def test_where_no_station_is_open_nothing_is_done() -> None:
    """A phase before the first station opens has an answer as well: of no rows, and no cost."""
    nobody = np.empty(0, dtype=int)
    found = dispatch(ask([[0, 1]]).part(nobody, nobody))
    assert found.schedule.grid_kw.shape == (0, 1, 2)
    assert (found.costs.total, found.bound_cny, found.gap) == (0, 0, 0)


def test_parts_are_the_substations() -> None:
    """Each substation is one part; stations without one come in batches of a dozen."""
    count = 30
    question = ask([[0.0, 1.0]] * 2, room_kw=10)
    lone = replace(
        question.part(np.zeros(count, dtype=int), np.array([0])),
        group_of=np.array([0, 0] + [NOWHERE] * (count - 2)),
    )
    parts = [(stations.tolist(), groups.tolist()) for stations, groups in split(lone)]
    assert [len(stations) for stations, _ in parts] == [2, 12, 12, 4]
    assert [groups for _, groups in parts] == [[0], [], [], []]


def test_processes_find_the_same() -> None:
    """Two processes share two substations; the answer is that of one."""
    question = city(20, 100.0)
    one, two = dispatch(question), dispatch(question, workers=2)
    assert two.costs.total == pytest.approx(one.costs.total)
    assert two.parts == one.parts == 2


def city(count: int, kw: float) -> Question:
    """Return stations of one pooled power with V2G, ten to a substation that is short of room."""
    rng = np.random.default_rng(145)
    shape = (count, 1, 24)
    load = kw * rng.uniform(0.1, 0.9, shape)
    buy = np.array([[0.279] * 8 + [0.689] * 2 + [1.153] * 9 + [0.689] * 5])
    question = ask([[0.0] * 24], buy=tuple(buy[0]))
    groups = -(-count // 10)
    return replace(
        question,
        stations=tuple(f"S{n}" for n in range(count)),
        groups=tuple(f"G{n}" for n in range(groups)),
        group_of=np.arange(count) // 10,
        load_kw=load,
        design_kw=np.minimum(load * 1.1, kw),
        connection_kw=np.full(count, kw),
        room_kw=np.full((groups, 1, 24), 6.0 * kw),
        sun=np.zeros((1, 24)),
        v2g_kw=np.minimum(0.2 * kw, kw - load),
        v2g_kwh=np.full((count, 1), 0.5 * kw),
        feed_in_cny=np.minimum(buy, 0.453),
        v2g_cny=0.66 * buy,
        least=sizes([0.0] * count, [0.0] * count),
        most=Sizes(np.full(count, 2 * kw), np.full(count, kw), np.zeros(count)),
    )


def test_145_stations_with_v2g_keep_their_caps() -> None:
    """Shenzhen's 145 V2G stations at 960 kW: no connection and no substation is passed by any."""
    question = city(145, 960.0)
    found = answered(question)
    assert found.schedule.given_kw.sum() > 0
    used = question.load_kw + found.schedule.given_kw
    assert used.max() <= 960 + 1e-6
    total = np.zeros(question.room_kw.shape)
    np.add.at(total, question.group_of, question.design_kw + found.schedule.shift_kw)
    over = total - question.room_kw
    assert over.max() <= found.schedule.over_kw.max() + 1e-6
    assert (over[found.schedule.over_kw == 0]).max() <= 1e-6
    bare = dispatch(question.bare()).schedule.over_kw
    assert bare.sum() > 0
    assert found.schedule.over_kw.sum() < bare.sum()


def test_the_flagship_keeps_its_2160_kw() -> None:
    """46 bays on 2,160 kW: whatever batteries and vehicles do, no more is asked or fed in."""
    question = replace(city(1, 2160.0), capacity_cny_kw_year=400.0)
    found = answered(question)
    plan = found.schedule
    assert (question.design_kw + plan.shift_kw).max() <= 2160 + 1e-6
    assert np.abs(plan.grid_kw).max() <= 2160 + 1e-6
    assert (question.load_kw + plan.given_kw).max() <= 2160 + 1e-6
    assert plan.import_kw.max() < question.load_kw.max()
    assert costs(question, plan).total == found.costs.total
    assert Layout(question).shapes["M"] == (1,)
