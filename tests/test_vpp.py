"""The virtual power plant: who helps in an event, by hand, and what every answer keeps.

Stations ask 100 kW in each of six hours at one price, on connections of 150 kW. Three tenths of it
may wait for up to two hours (0.3 CNY a kWh), two tenths may be refused (3 CNY).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.errors import InputError
from siting.grid.event import Event, read_event
from siting.grid.flexibility import area_offers, flexibility, in_a_row, station_offers
from siting.grid.storage import FOLDER, Storage
from siting.grid.study import FOLDER as GRID_FOLDER
from siting.grid.study import Study
from siting.models.dispatch.event import respond
from siting.models.dispatch.response import Call, Planned, Response
from siting.models.dispatch.solve import dispatch
from siting.scenario_io.settings import load_settings
from tests.dispatch_case import ask, sizes
from tests.test_dispatch import questions
from tests.verify_plan import hand_plan

if TYPE_CHECKING:
    from siting.models.dispatch.question import Question

HOURS = 6
NOBODY: dict[str, Any] = {
    "defer_share": 0.0,
    "defer_hours": 2,
    "defer_cny_kwh": 0.3,
    "shed_share": 0.0,
    "unserved_cny_kwh": 3.0,
}
"""Terms on which no driver helps."""
FLOWS = ("pv_kw", "charge_kw", "discharge_kw", "stored_kwh", "given_kw", "back_kw")


def flat(count: int, *, kwh: tuple[float, ...] = (), room_kw: float | None = None) -> Question:
    """Return stations of 100 kW around the clock, with batteries that stand."""
    question = ask([[100.0] * HOURS] * count, buy=(1,) * HOURS, room_kw=room_kw)
    none = [0.0] * count
    wide = replace(question, connection_kw=np.full(count, 150.0))
    return wide.fixed(sizes(kwh or none, none))


def idle(question: Question, stored_kwh: float = 0.0) -> Planned:
    """Return a schedule in which nothing happens."""
    nothing = np.zeros((len(question.stations), HOURS))
    return Planned(nothing, nothing, nothing, nothing + stored_kwh, nothing, nothing)


def called(question: Question, planned: Planned, kw: float, *, up: bool = False) -> Response:
    """Answer a call of one hour at 1 h."""
    return respond(question, planned, Call(1, 1, kw, up, 0.3, 2, 0.3, 0.2, 3.0))


def test_charging_waits_before_it_is_refused() -> None:
    """50 kW of one station: 30 wait, and come back within two hours; 20 are refused."""
    got = called(flat(1), idle(flat(1)), 50.0)
    assert got.delivered_kw.tolist() == pytest.approx([50])
    assert got.deferred_kw[0, 0] == pytest.approx(30)
    assert got.shed_kw[0].tolist() == pytest.approx([20, 0, 0, 0, 0, 0])
    assert got.deferred_kw[0, 1:3].sum() == pytest.approx(-30)
    assert got.deferred_kw[0, 3:].tolist() == pytest.approx([0, 0, 0])


def test_a_battery_goes_before_drivers() -> None:
    """20 kWh in a battery that loses nothing are free; 30 kW wait, none is refused."""
    question = flat(1, kwh=(40.0,))
    got = called(question, idle(question, 20.0), 50.0)
    assert got.storage_kw[0, 0] == pytest.approx(20)
    assert got.storage_kw[0].sum() == pytest.approx(0, abs=1e-6)
    assert got.deferred_kw[0, 0] == pytest.approx(30)
    assert got.shed_kw.sum() == pytest.approx(0, abs=1e-6)


def test_no_more_is_promised_than_there_is() -> None:
    """80 kW of one station: 50 can be left out, and 50 are told."""
    got = called(flat(1), idle(flat(1)), 80.0)
    assert got.delivered_kw.tolist() == pytest.approx([50])


def test_a_rebound_passes_no_limit() -> None:
    """A substation of 105 kW lets 5 kW come back in each of two hours: only 10 may wait."""
    question = flat(1, room_kw=105.0)
    got = called(question, idle(question), 50.0)
    assert got.deferred_kw[0, 0] == pytest.approx(10)
    assert got.delivered_kw.tolist() == pytest.approx([30])


def test_more_load_is_charging_drawn_forward() -> None:
    """Of the two hours to come 60 kWh may be drawn forward, but a connection has 50 kW of room."""
    got = called(flat(1), idle(flat(1)), 60.0, up=True)
    assert got.delivered_kw.tolist() == pytest.approx([50])
    assert got.change_kw[0, 0] == pytest.approx(-50)
    assert got.deferred_kw[0, 1:3].sum() == pytest.approx(50)


@pytest.mark.parametrize(("notice_h", "kwh"), [(0, 0.0), (1, 50.0), (2, 80.0)])
def test_notice_lets_a_battery_fill_up_for_an_event(notice_h: int, kwh: float) -> None:
    """An empty battery of 80 kWh, 50 kW of room on the connection: nothing, one hour's fill, all.

    The day ends with the battery as empty as it began, and in the hours told before the event more
    is taken, not less.
    """
    question = flat(1, kwh=(80.0,))
    call = Call(3, 1, 100.0, up=False, **NOBODY, notice_h=notice_h)
    got = respond(question, idle(question), call)
    assert got.delivered_kw.tolist() == pytest.approx([kwh], abs=1e-6)
    assert got.storage_kw[0].sum() == pytest.approx(0, abs=1e-6)
    assert (got.change_kw[0, :notice_h] <= 1e-9).all()


def test_with_notice_a_battery_holds_back_what_it_was_to_give_before() -> None:
    """20 kWh were to be given at 1 h: told by then, they are given in the event at 2 h instead."""
    question = flat(1, kwh=(20.0,))
    nothing = np.zeros((1, HOURS))
    give, take = nothing.copy(), nothing.copy()
    give[0, 1] = take[0, 5] = 20.0
    stored = np.array([[20.0, 0.0, 0.0, 0.0, 0.0, 20.0]])
    planned = Planned(nothing, take, give, stored, nothing, nothing)
    told = {
        n: respond(question, planned, Call(2, 1, 20.0, up=False, **NOBODY, notice_h=n))
        for n in (0, 1)
    }
    assert told[0].delivered_kw.tolist() == pytest.approx([0.0], abs=1e-6)
    assert told[1].delivered_kw.tolist() == pytest.approx([20.0])
    assert told[1].storage_kw[0, 0] == pytest.approx(-20.0)


def test_losses_are_no_help() -> None:
    """An empty battery of 40 kWh takes 40 / 0.707 = 56.57 kWh, though burning would take more."""
    question = flat(1, kwh=(40.0,))
    item = replace(question.equipment, round_trip=0.5)
    wide = replace(question, equipment=item, connection_kw=np.array([900.0]))
    got = respond(wide, idle(wide), Call(1, 1, 200.0, up=True, **NOBODY))
    assert got.delivered_kw.tolist() == pytest.approx([40 / 0.5**0.5])


def flow_of(schedule: object, name: str) -> Any:  # noqa: ANN401 - an array
    """Return a flow of the only day."""
    return vars(schedule)[name][:, 0]


@settings(max_examples=40, deadline=None)
@given(
    questions(), st.sampled_from([1, -1]), st.integers(0, 2), st.integers(1, 2), st.floats(1, 200)
)
def test_every_answer_keeps_its_word(
    question: Question, sense: int, start: int, hours: int, kw: float
) -> None:
    """No more is delivered than asked; batteries end as they began; what waits is made up for.

    No source works against the event, no connection and no substation takes more than before or
    more than it may.
    """
    one = question.on_days(np.array([0]))
    plan = dispatch(one).schedule
    fixed = one.fixed(plan.sizes)
    planned = Planned(*(flow_of(plan, name) for name in FLOWS))
    got = respond(fixed, planned, Call(start, hours, kw, sense < 0, 0.3, 1, 0.3, 0.2, 3.0))
    on = slice(0, hours)
    assert (got.helped_kw.sum(axis=0) <= kw + 1e-6).all()
    for flow in (got.storage_kw, got.v2g_kw, got.pv_kw, got.deferred_kw, got.shed_kw):
        assert (sense * flow[:, on]).min() >= -1e-6
    assert np.abs(got.deferred_kw.sum(axis=1)).max() <= 1e-6
    load = np.roll(fixed.load_kw[:, 0], -start, axis=1)
    assert (got.shed_kw <= 0.2 * load + 1e-6).all()
    design = np.roll(fixed.design_kw[:, 0], -start, axis=1)
    base = planned.rolled(start).shift_kw
    shift = base - got.change_kw
    room = np.maximum(fixed.connection_kw[:, None] - design, base)
    assert (shift - room).max() <= 1e-6
    for g in range(len(fixed.groups)):
        held = fixed.group_of == g
        limit = np.roll(fixed.room_kw[g, 0], -start) - design[held].sum(axis=0)
        most = np.maximum(limit, base[held].sum(axis=0))
        assert (shift[held].sum(axis=0) - most).max() <= 1e-6


def test_what_a_station_offers() -> None:
    """100 kW that flow, 20 kWh stored in 40, 10 kW each way for each kWh.

    Down: 50 of guns and 20 of the battery. Up: the battery takes 20, drawing forward up to 60, and
    the connection has room for 50.
    """
    question, response = flat(1, kwh=(40.0,)), shipped().response
    terms = response.model_copy(
        update={"defer_share": 0.3, "shed_share": 0.2, "defer_hours": 2, "least_kw": 60.0}
    )
    found = flexibility(question, idle(question, 20.0), terms)
    assert found.down["guns"][0, 0] == pytest.approx(50)
    assert found.down["storage"][0, 0] == pytest.approx(20)
    assert found.down_kw[0, 0] == pytest.approx(70)
    assert found.up["storage"][0, 0] == pytest.approx(20)
    assert found.up["guns"][0, 0] == pytest.approx(60)
    assert found.up_kw[0, 0] == pytest.approx(50)
    table = area_offers(station_offers(question, found, ["south"]), terms)
    assert table["area"].drop_duplicates().tolist() == ["district", "city"]
    assert table["down_may_be_offered"].all()
    assert not table["up_may_be_offered"].any()


def test_an_offer_lasts_as_long_as_it_must() -> None:
    """Of two hours, one and three hours in a row the last two kinds last for two."""
    held = np.array([True, True, False, True, False, True, True, True])
    kept = [True, True, False, False, False, True, True, True]
    assert in_a_row(held, 2).tolist() == kept


def shipped() -> Storage:
    """Return the shipped settings."""
    return load_settings(Storage, "shenzhen", folder=FOLDER)


def read(text: str, mw: float = 50.0) -> Event:
    """Read an event for the hand plan, of 2026 and 2030."""
    year = load_settings(Study, "year", folder=GRID_FOLDER)
    document = hand_plan().document
    return read_event(text, mw, up=False, document=document, study=year, storage=shipped())


def test_an_event_finds_its_phase_and_day() -> None:
    """15 July is hot, a Sunday in January a weekend; 2028 stands as 2026 left it, 2035 as 2030."""
    year = list(load_settings(Study, "year", folder=GRID_FOLDER).days)
    summer = read("2026-07-15T14:00/2h")
    assert (summer.begin, summer.hours, summer.kw) == (dt.datetime(2026, 7, 15, 14), 2, 50_000)  # noqa: DTZ001 - local time
    assert (summer.phase, year[summer.day]) == (0, "hot")
    assert year[read("2028-01-16T23:00/120min").day] == "weekend"
    assert [read(f"{y}-03-01T00:00/1h").phase for y in (2028, 2030, 2035)] == [0, 1, 1]


@pytest.mark.parametrize(
    ("text", "mw", "words"),
    [
        ("tomorrow", 50, "'tomorrow' is no event"),
        ("2026-13-01T14:00/2h", 50, "2026-13-01T14:00 is no time"),
        ("2026-07-15T14:30/2h", 50, "not of whole hours"),
        ("2026-07-15T14:00/90min", 50, "not of whole hours"),
        ("2026-07-15T14:00/0h", 50, "0 h is not from 1 to 12"),
        ("2026-07-15T14:00/13h", 50, "13 h is not from 1 to 12"),
        ("2025-07-15T14:00/2h", 50, "2025 is outside the plan's years 2026 to 2040"),
        ("2041-07-15T14:00/2h", 50, "2041 is outside"),
        ("2026-07-15T14:00/2h", -1, "-1 is not above zero"),
        ("2026-07-15T14:00/2h", float("nan"), "nan is not above zero"),
        ("2026-07-15T14:00/2h", 4.9, "4.9 MW is less than the 5 MW of an aggregator"),
    ],
)
def test_a_faulty_event_is_refused(text: str, mw: float, words: str) -> None:
    """Each fault names the option, what was given, and the mend."""
    with pytest.raises(InputError) as caught:
        read(text, mw)
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_sizes_of_nothing_help_nobody() -> None:
    """Without batteries, with nothing that may wait or be refused, nothing is delivered."""
    question = flat(2)
    call = Call(1, 2, 10.0, up=False, **NOBODY)
    got = respond(question, idle(question), call)
    assert got.delivered_kw.tolist() == pytest.approx([0, 0])
