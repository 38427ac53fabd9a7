"""Power flow on real networks: pandapower's own answers, least curtailment, hosting capacity."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.grid.network.curtail import curtail
from siting.grid.network.engine import level, loading, pandapower
from siting.grid.network.hosting import hosting
from siting.grid.network.limits import Hosting
from siting.grid.network.study import hosting_rows
from tests.networks import day, feeder, limits, opened, ran, saved, shipped, tools

if TYPE_CHECKING:
    from pathlib import Path

    from siting.grid.network.circuit import Circuit

SAME = 1e-6
SHAPE = np.maximum(np.sin((np.arange(24) - 6) / 12 * np.pi), 0.2)


@pytest.fixture(scope="module")
def oberrhein(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write pandapower's mv_oberrhein."""
    return saved(shipped("mv_oberrhein"), tmp_path_factory.mktemp("net") / "oberrhein.json")


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    """Return the feeder of two arms behind a line of 0.1 kA: 1.73 MVA at 10 kV."""
    return opened(feeder(tmp_path_factory.mktemp("net") / "feeder.json"))


def directly(net: Any, buses: list[int], kw: np.ndarray, factor: float) -> Any:  # noqa: ANN401 - pandapower is not typed
    """Run pandapower on a network with these loads, as anyone would."""
    pp = pandapower()
    net.load["scaling"] = net.load["scaling"] * factor
    for bus, load in zip(buses, kw / 1000, strict=True):
        pp.create_load(net, bus, p_mw=load, q_mvar=0.3 * load)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandapower's own
        pp.runpp(net, numba=False)
    return net


@pytest.mark.parametrize(
    ("name", "most_kw"),
    [("mv_oberrhein", 700), ("create_cigre_network_mv", 700), ("example_multivoltage", 20)],
)
def test_loadings_and_voltages_are_pandapowers_own(
    name: str, most_kw: float, tmp_path: Path
) -> None:
    """Every loading and voltage equals a plain runpp with the same loads, to 1e-6.

    The third has a transformer of three windings, open switches, a generator and an impedance.
    """
    net = shipped(name)
    circuit = opened(saved(net, tmp_path / "net.json"))
    takes = np.flatnonzero(circuit.buses.row >= 0)
    buses = circuit.buses.index[takes[[-1, len(takes) // 2, 3]]].tolist()
    kw = most_kw * np.array([1.0, 0.4, 0.2])[:, None] * SHAPE
    factor = 0.5 + 0.5 * SHAPE
    series = ran(circuit, day(circuit, buses, kw, factor))
    for hour in (0, 12, 20):
        found = directly(shipped(name), buses, kw[:, hour], factor[hour])
        e, index = circuit.elements, circuit.buses.index
        told = loading(found, e.kind, e.index)
        assert len(told) >= 16
        assert np.abs(series.loading[:, hour] - told).max() < SAME
        apart = np.abs(series.level[:, hour] - level(found, index))
        assert np.nanmax(apart) < SAME
        assert np.isnan(apart).sum() == np.isnan(level(found, index)).sum()


def test_a_hand_line_is_loaded_as_ohms_law_says(arms: Circuit) -> None:
    """Without stations: 0.5 MW and 0.1 Mvar over 10 kV are 0.0294 kA, 29.5 % of 0.1 kA.

    Series loss of 0.2 + j0.1 ohm lifts the current by 0.13 %: sqrt(0.26) / sqrt(3) / 10 = 0.02944;
    the voltage at the far end is 1 - (0.2 x 0.5 + 0.1 x 0.1) / 100 = 0.9989.
    """
    none = np.zeros((1, 24))
    series = ran(arms, day(arms, [2], none, np.ones(24)))
    assert series.loading[0, 0] == pytest.approx(0.2944 / 0.9989, abs=2e-4)
    assert series.level[1, 0] == pytest.approx(0.9989, abs=1e-5)
    assert not series.broken.any()


def test_the_least_curtailment_takes_no_more_than_the_line_is_short_of(arms: Circuit) -> None:
    """Two stations of 1 MW behind 1.73 MVA: what is left fills the line, and not a kW less.

    With the curtailed load the line stands at its limit; with 1 kW more in all it passes it.
    """
    kw = np.full((2, 24), 1000.0)
    states = day(arms, [2, 3], kw, np.ones(24))
    series = ran(arms, states)
    found = curtail(*tools(arms), series)
    assert series.broken.all()
    assert found.clean.all()
    assert found.gap_kw.max() < 0.1
    left = kw - found.cut_kw
    at_limit = ran(arms, day(arms, [2, 3], left, np.ones(24)))
    assert not at_limit.broken.any()
    assert at_limit.loading[0].min() == pytest.approx(1.0, abs=1e-5)
    more = ran(arms, day(arms, [2, 3], left + np.array([[1.0], [0.0]]), np.ones(24)))
    assert more.broken.all()


@settings(max_examples=8, deadline=None)
@given(
    first=st.floats(300, 2500),
    second=st.floats(300, 2500),
    own=st.floats(0.5, 2.0),
    arm=st.sampled_from([0.03, 0.05, 10.0]),
)
def test_no_pair_of_loads_on_a_fine_grid_beats_the_curtailment(
    tmp_path_factory: pytest.TempPathFactory, first: float, second: float, own: float, arm: float
) -> None:
    """Brute force over 41 x 41 loads of two stations, each by power flow, serves no more."""
    folder = tmp_path_factory.mktemp("net")
    circuit = opened(feeder(folder / "f.json", arm_ka=arm))
    kw = np.repeat([[first], [second]], 24, axis=1)
    series = ran(circuit, day(circuit, [2, 3], kw, np.full(24, own)))
    found = curtail(*tools(circuit), series)
    assert found.clean.all()
    served = float((kw - found.cut_kw)[:, 0].sum())
    share = np.linspace(0, 1, 41)
    a, b = (grid.ravel() for grid in np.meshgrid(first * share, second * share))
    solver, margins = tools(circuit)
    states = day(circuit, [2, 3], np.vstack([a, b]), np.full(len(a), own))
    flows = solver.solve(states.injection(circuit, states.load_kw, slice(None)))
    holds = flows.solved & ~margins.broken(flows.voltage).any(axis=0)
    assert served >= float((a + b)[holds].max(initial=0.0)) - 0.1


def test_stations_on_one_bus_are_denied_the_same_share(arms: Circuit) -> None:
    """900 and 1,800 kW on one bus lose the same part of what they ask for."""
    kw = np.repeat([[900.0], [1800.0]], 24, axis=1)
    found = curtail(*tools(arms), ran(arms, day(arms, [2, 2], kw, np.ones(24))))
    share = found.cut_kw[:, 0] / kw[:, 0]
    assert share[0] == pytest.approx(share[1])
    assert share[0] > 0.4


def test_a_limit_passed_without_stations_is_not_theirs_to_keep(arms: Circuit) -> None:
    """At four times its load the line is over by itself: nothing is denied for its sake."""
    states = day(arms, [2, 3], np.full((2, 24), 100.0), np.full(24, 4.0))
    series = ran(arms, states)
    assert (series.bare_loading[0] > 1).all()
    assert series.broken.all()
    assert curtail(*tools(arms), series).cut_kw.max() == 0


def test_a_load_with_no_state_at_all_is_cut_back_to_one_that_holds(arms: Circuit) -> None:
    """500 MW behind 0.2 ohm have no power flow: what is left of them keeps the line."""
    kw = np.full((2, 24), 250_000.0)
    series = ran(arms, day(arms, [2, 3], kw, np.ones(24)))
    assert not series.flows.solved.any()
    found = curtail(*tools(arms), series)
    assert found.clean.all()
    assert 1000 < (kw - found.cut_kw)[:, 0].sum() < 1300


def test_hosting_capacity_holds_in_every_hour_and_a_step_more_does_not(arms: Circuit) -> None:
    """At the lower end of the bracket all 24 hours hold; at the upper one does not; 1 kW apart.

    The line's room at the worst hour: sqrt(1.732^2 - ...) by power flow, about 1.15 MW at bus 2.
    """
    solver, margins = tools(arms)
    factor = 0.5 + 0.5 * SHAPE
    none = day(arms, [2], np.zeros((1, 24)), factor)
    carried = none.injection(arms, none.load_kw, slice(None))
    rows = hosting_rows(arms, limits())
    how = Hosting(most_kw=50_000, tolerance_kw=1)
    found = hosting(solver, margins, carried, rows, tangent=0.3, how=how)
    assert len(rows) == 3
    assert (found.high_kw - found.low_kw <= 1).all()
    assert (found.low_kw > 1000).all()
    for row, low, high in zip(found.row, found.low_kw, found.high_kw, strict=True):
        for kw, holds in ((low, True), (high, False)):
            asked = carried.copy()
            asked[row] -= kw * (1 + 0.3j) / 1000
            flows = solver.solve(asked)
            assert (not margins.broken(flows.voltage).any()) is holds


def test_hosting_capacity_ends_where_it_is_told_to(arms: Circuit) -> None:
    """With most_kw below the line's room, that much holds, and nothing is said to fail."""
    solver, margins = tools(arms)
    none = day(arms, [2], np.zeros((1, 24)), np.ones(24))
    carried = none.injection(arms, none.load_kw, slice(None))
    how = Hosting(most_kw=600, tolerance_kw=1)
    found = hosting(solver, margins, carried, hosting_rows(arms, limits()), tangent=0.3, how=how)
    assert (found.low_kw == 600).all()
    assert np.isinf(found.high_kw).all()


def test_hosting_on_a_real_network_is_as_pandapower_finds_it(oberrhein: Path) -> None:
    """On one bus of mv_oberrhein, pandapower holds at the lower end, and not at the upper."""
    circuit = opened(oberrhein)
    solver, margins = tools(circuit)
    none = day(circuit, [0], np.zeros((1, 24)), np.ones(24))
    carried = none.injection(circuit, none.load_kw, slice(None))
    bus = 194
    row = circuit.buses.row[circuit.buses.index == bus]
    how = Hosting(most_kw=50_000, tolerance_kw=1)
    found = hosting(solver, margins, carried, row, tangent=0.3, how=how)
    e = circuit.elements
    for kw, holds in ((found.low_kw[0], True), (found.high_kw[0], False)):
        net = directly(shipped("mv_oberrhein"), [bus], np.array([kw]), 1.0)
        over = (loading(net, e.kind, e.index) > 1).any()
        volts = level(net, circuit.buses.index)
        assert (not (over or (volts < 0.93).any() or (volts > 1.07).any())) is holds
