"""Flow refuelling: hand instances, every choice tried, the statement, and the known networks."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from siting.models.classical import flow
from siting.models.classical.cuts import keeps
from siting.models.classical.flow import flow_refuel
from siting.models.classical.flow_capacity import capacity_program
from siting.models.classical.flow_cover import cover_of, trip_sets
from siting.models.classical.flow_question import FlowQuestion
from siting.models.classical.flow_statement import state_flow
from siting.models.classical.question import Limits, spacing_rows
from siting.models.effort import Effort
from siting.models.highs import Highs, to_arrays
from tests.frlm import network_25, network_ireland
from tests.shared import shared_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.models.classical.question import Choice

EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)

# O at 0 km, A at 0, B at 60, C at 100, D at 100.
LINE = [(0, 0.0), (1, 60.0), (2, 100.0)]


def line(range_km: float, most: int) -> FlowQuestion:
    """Return one path of 100 km with a site at 0, 60 and 100 km."""
    return FlowQuestion.from_paths([LINE], flow=[7.0], range_km=range_km, sites=3, most=most)


def answer(question: FlowQuestion) -> Choice:
    """Return the engine's choice."""
    return flow_refuel(question, EFFORT, progress=lambda _: None)


def drives(question: FlowQuestion, q: int, fills: list[tuple[float, int]]) -> bool:
    """Tell whether a battery lasts, driven from filling to filling: (km on the trip, site)."""
    full = question.range_km
    charge, at = question.start_share * full, 0.0
    for km, _ in fills:
        charge -= km - at
        if charge < -1e-6:
            return False
        charge, at = full, km
    return bool(charge - (question.trip_km[q] - at) >= question.end_share * full - 1e-6)


def fillings(question: FlowQuestion, q: int) -> list[tuple[float, int]]:
    """Return all stops of a trip: (km on the trip, site)."""
    here = question.path == q
    out = list(zip(question.km[here].tolist(), question.site[here].tolist(), strict=True))
    back = [(float(question.trip_km[q]) - km, j) for km, j in out] if question.round_trip else []
    return sorted(out + back)


def choices(question: FlowQuestion) -> Iterator[np.ndarray]:
    """Yield every choice of sites that keeps every limit."""
    for bits in itertools.product((False, True), repeat=question.sites):
        opened = np.array(bits)
        if keeps(question, opened):
            yield opened


def by_hand(question: FlowQuestion, opened: np.ndarray) -> float:
    """Return the flow refuelled: every battery driven along its path."""
    total = 0.0
    for q, amount in enumerate(question.flow):
        open_stops = [stop for stop in fillings(question, q) if opened[stop[1]]]
        total += float(amount) * drives(question, q, open_stops)
    return total


def by_combinations(question: FlowQuestion, opened: np.ndarray) -> float:
    """Return the flow refuelled within capacities, split among listed combinations of stops."""
    assert question.capacity is not None
    ways, worth = [], []
    for q, amount in enumerate(question.flow):
        stops = [stop for stop in fillings(question, q) if opened[stop[1]]]
        for count in range(len(stops) + 1):
            for some in itertools.combinations(stops, count):
                if drives(question, q, list(some)):
                    ways.append((q, some))
                    worth.append(-float(amount))
    if not ways:
        return 0.0
    rows = np.zeros((len(question.flow) + question.sites, len(ways)))
    for n, (q, some) in enumerate(ways):
        rows[q, n] = 1.0
        for _, j in some:
            rows[len(question.flow) + j, n] += question.flow[q]
    room = np.concatenate([np.ones(len(question.flow)), question.capacity * opened])
    found = linprog(worth, A_ub=rows, b_ub=room, method="highs")
    return -float(found.fun or 0.0)


@st.composite
def questions(draw: st.DrawFn, *, capacity: bool = False) -> FlowQuestion:
    """Draw up to six paths over up to five sites, with any of the optional limits."""
    sites = draw(st.integers(2, 4 if capacity else 5))
    paths = []
    for _ in range(draw(st.integers(1, 3 if capacity else 6))):
        steps = draw(st.lists(st.integers(0, 5), min_size=2, max_size=4 if capacity else 6))
        places = np.cumsum(steps).tolist()
        order = draw(st.permutations(range(sites)))
        named = [order[n] if n < sites and draw(st.booleans()) else None for n in range(len(steps))]
        first = draw(st.sampled_from([None, order[-1]])) if order[-1] not in named else None
        nodes = list(zip(named, places, strict=True))
        paths.append([(first, 0), *nodes, (None, places[-1] + draw(st.integers(0, 3)))])
    flow = draw(st.lists(st.integers(0, 9), min_size=len(paths), max_size=len(paths)))
    limits = Limits.none(sites)
    if draw(st.booleans()):
        spend = np.array(draw(st.lists(st.integers(0, 5), min_size=sites, max_size=sites)), float)
        limits = limits.and_row("budget", spend, upper=float(draw(st.integers(0, 12))))
    if draw(st.booleans()):
        district = np.arange(sites) % 2 == 0
        limits = limits.and_row("ratio(even)", district.astype(float), lower=1.0)
    if draw(st.booleans()):
        limits = spacing_rows(limits, np.array([[0, 1]]), ["spacing(0,1)"])
    kept = np.zeros(sites, dtype=bool)
    kept[draw(st.integers(0, sites - 1))] = draw(st.booleans())
    most = draw(st.integers(1, sites))
    plain = FlowQuestion.from_paths(
        paths, flow=flow, range_km=draw(st.integers(2, 12)), sites=sites, most=most
    )
    size = draw(st.lists(st.integers(0, 15), min_size=sites, max_size=sites))
    return replace(
        plain,
        limits=limits,
        kept=kept,
        least=draw(st.integers(0, most)),
        round_trip=draw(st.booleans()),
        start_share=draw(st.sampled_from([0.0, 0.5, 0.8, 1.0])),
        end_share=draw(st.sampled_from([0.0, 0.2, 0.5])),
        capacity=np.array(size, dtype=float) if capacity else None,
    )


def test_one_station_is_not_enough_on_the_line() -> None:
    """Half a range is 50 km: B at 60 km is too far from the origin, A too far from the end."""
    assert answer(line(100, 1)).objective == 0
    # A and B: 0 from the origin, 60 between, 40 to the end.
    assert answer(line(100, 2)).objective == 7


def test_a_range_of_twice_the_farther_side_needs_one_station() -> None:
    """B is 60 km from the origin and 40 from the end: a range of 120 km is just enough."""
    assert line(120, 1).refuelled(np.array([False, True, False])).all()
    assert not line(119, 1).refuelled(np.array([False, True, False])).any()


def test_a_trip_within_the_first_charge_needs_no_station() -> None:
    """One way of 100 km with a full start and nothing left at the end: 100 km of range do."""
    question = replace(line(100, 0), round_trip=False, start_share=1.0, end_share=0.0)
    assert answer(question).objective == 7
    assert answer(replace(question, round_trip=True)).objective == 0


def test_out_and_back_stops_twice() -> None:
    """Range 120, one station at 60 km: a vehicle fills up there on the way out and back again.

    So 7 trips take 14 stops, and room for 10 stops lets 5 trips be made.
    """
    room = np.array([0.0, 10.0, 0.0])
    chosen = answer(replace(line(120, 1), capacity=room))
    assert chosen.objective == pytest.approx(5)
    assert chosen.opened.tolist() == [False, True, False]
    assert chosen.share == pytest.approx([5 / 7])


def test_the_sets_of_the_line() -> None:
    """With 100 km of range, out and back: A before 60 km, B or C at the end, A or B to get home.

    Trip of 200 km: A 0, B 60, C 100, C 100, B 140, A 200; end at 200 + 50. B (60 > 50) needs A;
    C and C need A or B, a superset; B at 140 needs B or C; A at 200 needs C or B, the same; the
    end at 250 needs A at 200.
    """
    (found,) = trip_sets(line(100, 1))
    assert {group for group in found if len(group) == 1} == {frozenset({0})}
    assert frozenset({1, 2}) in found
    assert len(cover_of(line(100, 1)).needs) == 2


@settings(max_examples=60, deadline=None)
@given(questions())
def test_engine_finds_the_best_of_all_choices(question: FlowQuestion) -> None:
    """With any limits, the engine's value is that of the best choice, and it is proved."""
    best = max((by_hand(question, opened) for opened in choices(question)), default=None)
    found = answer(question)
    if best is None:
        assert found.status == "infeasible"
        return
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert by_hand(question, found.opened) == pytest.approx(best)


@settings(max_examples=25, deadline=None)
@given(questions(capacity=True))
def test_capacity_splits_flow_as_listed_combinations_do(question: FlowQuestion) -> None:
    """The best choice within capacities is that of the statement with every combination listed."""
    values = [by_combinations(question, opened) for opened in choices(question)]
    found = answer(question)
    if not values:
        assert found.status == "infeasible"
        return
    assert found.objective == pytest.approx(max(values), abs=1e-6)
    assert found.bound == pytest.approx(max(values), abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(questions())
def test_lazy_rows_find_what_all_rows_find(question: FlowQuestion) -> None:
    """Rows added round by round prove the same optimum as all rows at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow, "FEW", 0)
        lazy = answer(question)
    whole = answer(question)
    assert lazy.status == whole.status
    assert lazy.objective == pytest.approx(whole.objective, nan_ok=True)


@settings(max_examples=15, deadline=None)
@given(questions(), questions(capacity=True))
def test_statement_is_what_the_engine_solves(plain: FlowQuestion, sized: FlowQuestion) -> None:
    """PuLP's statement has the optimum of the arrays, with and without capacities."""
    for question in (plain, sized):
        stated = Highs(to_arrays(state_flow(question))).run(time_limit_s=60)
        found = answer(question)
        assert stated.status == found.status
        assert stated.objective == pytest.approx(found.objective, abs=1e-6, nan_ok=True)


def test_statement_has_the_rows_of_the_capacity_arrays() -> None:
    """Each arc, stop, capacity and count of the statement is a row of the arrays, number by number.

    The line with 120 km of range out and back: points beyond the first 60 km are C, C, B, A and the
    end: 5 arcs; 6 stops; 3 capacities; 2 count rows.
    """
    question = replace(line(120, 2), capacity=np.array([5.0, 10.0, 3.0]))
    stated, made = to_arrays(state_flow(question)), capacity_program(question)
    assert len(stated.row_lower) == 5 + 6 + 3 + 2

    def rows(arrays: object, sign: int) -> set[tuple[object, ...]]:
        start, index, value = arrays.start, arrays.index, arrays.value  # type: ignore[attr-defined]
        high = arrays.row_upper if sign > 0 else -arrays.row_lower  # type: ignore[attr-defined]
        found: set[tuple[object, ...]] = set()
        for r, limit in enumerate(high):
            part = slice(start[r], start[r + 1])
            terms = zip(index[part].tolist(), (sign * value[part]).tolist(), strict=True)
            if np.isfinite(limit):
                found.add((tuple(sorted(term for term in terms if term[1])), float(limit) + 0.0))
        return found

    assert rows(stated, 1) | rows(stated, -1) == rows(made, 1) | rows(made, -1)


def test_positions_off_the_path_are_refused() -> None:
    """A stop beyond the path's end, out of order, or a range of 0 is no question."""
    with pytest.raises(ValueError, match="km must ascend"):
        replace(line(100, 1), length_km=np.array([90.0]))
    with pytest.raises(ValueError, match="km must ascend"):
        replace(line(100, 1), km=np.array([0.0, 100.0, 60.0]))
    with pytest.raises(ValueError, match="must be above 0"):
        line(0, 1)


def test_no_time_is_no_solution_but_never_a_wrong_bound() -> None:
    """With next to no time, whatever is returned lies below the bound that is claimed."""
    question = line(100, 2)
    found = flow_refuel(question, replace(EFFORT, time_limit_s=0.0), progress=lambda _: None)
    assert found.bound >= 7
    assert found.status in {"optimal", "feasible", "no-solution"}


@pytest.mark.shared
def test_25_node_network_is_proved_for_every_count() -> None:
    """For p = 1..25 and three ranges, the flow rises with the count and with the range, proved."""
    network = network_25(shared_data())
    curves = []
    for range_km in (4.0, 8.0, 12.0):
        found = [answer(network.question(range_km, most)) for most in range(1, 26)]
        assert {one.status for one in found} == {"optimal"}
        curves.append([one.objective for one in found])
        assert np.all(np.diff(curves[-1]) >= -1e-6)
    assert np.all(np.diff(curves, axis=0) >= -1e-6)
    # An arc longer than the range cannot be driven; with 12 no arc is (the longest is 9).
    total = sum(network.flows.values())
    assert curves[0][-1] < total
    assert curves[2][-1] == pytest.approx(total)


@pytest.mark.shared
def test_irish_chargers_stay_and_more_help() -> None:
    """Around the existing Irish chargers, each further station helps, and all trips end served."""
    network = network_ireland(shared_data())
    first = network.question(60.0, 0, keep=True)
    stand = int(first.kept.sum())
    found = [
        answer(replace(first, most=most, range_km=range_km))
        for range_km in (60.0, 100.0)
        for most in (stand, stand + 5, stand + 30)
    ]
    assert {one.status for one in found} == {"optimal"}
    assert all(one.opened[first.kept].all() for one in found)
    values = np.array([one.objective for one in found]).reshape(2, 3)
    assert np.all(np.diff(values, axis=0) > 0)
    assert np.all(np.diff(values, axis=1) > 0)
    assert values[0, 0] == pytest.approx(first.refuelled_flow(first.kept))
