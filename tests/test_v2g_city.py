"""145 stations with V2G, one of them a flagship of 46 bays that pools 2,160 kW: its cap holds.

As Shenzhen's Lianhuashan station. All 145 give back (``station_share = 1``), batteries and PV stand
wherever they pay, on twelve substations of which some are full.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from siting.grid.dispatch import DispatchStudy, dispatch_plan
from siting.grid.folder import study_plan
from siting.grid.storage import FOLDER as STORAGE_FOLDER
from siting.grid.storage import Storage
from siting.grid.study import FOLDER as GRID_FOLDER
from siting.grid.study import Study
from siting.grid.tariff import FOLDER as TARIFF_FOLDER
from siting.grid.tariff import Tariff
from siting.models.dispatch.event import respond
from siting.models.dispatch.response import Call, Planned
from siting.scenario_io.settings import load_settings
from tests.verify_case import asked, hand_case, spot, table
from tests.verify_plan import hand_document, hand_plan

if TYPE_CHECKING:
    from siting.grid.folder import GridStudy
    from siting.plan import Plan
    from siting.scenario import Scenario

COUNT, SUBSTATIONS, FLAGSHIP = 145, 12, 7
POOL_KW = 2160.0
HAIR = 1e-6
FLOWS = ("pv_kw", "charge_kw", "discharge_kw", "stored_kwh", "given_kw", "back_kw")


def _scenario() -> Scenario:
    kinds = asked().stations
    flagship = kinds["large"].model_copy(
        update={"super_guns": 6, "fast_guns": 40, "pool_kw": POOL_KW}
    )
    scenario = asked({"grid.demand_factors": [(4, 0.9), (1000, 0.6)]})
    return scenario.model_copy(update={"stations": {**kinds, "flagship": flagship}})


def _plan(scenario: Scenario) -> Plan:
    document: dict[str, Any] = hand_document()
    last = document["stations"][1]
    stations = []
    for n in range(COUNT):
        kind = "flagship" if n == FLAGSHIP else ("small", "large")[n % 2]
        held = scenario.stations[kind]
        factor = 0.9 if held.guns <= 4 else 0.6
        peak = held.pool_kw * factor / scenario.grid.efficiency
        served = min(held.pool_kw, 6.0 * held.guns * 20) * (4 + n % 5)
        step = {"type": kind, "served_kwh_day": served, "peak_kw": peak}
        steps = [{"phase": phase, **step} for phase in ("2026", "2030")]
        where = {
            "id": f"V{n}",
            "substation": f"G{n % SUBSTATIONS}",
            "type": kind,
            "kw": held.pool_kw,
        }
        stations.append({**last, **where, "steps": steps})
    one = document["substations"][0]
    document["stations"] = stations
    document["substations"] = [{**one, "id": f"G{g}"} for g in range(SUBSTATIONS)]
    return hand_plan(document)


@pytest.fixture(scope="module")
def placed() -> tuple[Plan, Scenario, GridStudy]:
    """Return the plan, its question, and its load."""
    scenario = _scenario()
    plan = _plan(scenario)
    case = hand_case()
    grid = table(
        {f"G{g}": spot(g) for g in range(SUBSTATIONS)},
        voltage_kv=[110.0] * SUBSTATIONS,
        rating_mva=[40.0] * SUBSTATIONS,
        n1_limit=[0.5] * SUBSTATIONS,
        base_peak_mw=[4.0 + g / 2 for g in range(SUBSTATIONS)],
    )
    days = load_settings(Study, "year", folder=GRID_FOLDER)
    return plan, scenario, study_plan(plan, replace(case, substations=grid), scenario, days)


@pytest.fixture(scope="module")
def dispatched(placed: tuple[Plan, Scenario, GridStudy]) -> DispatchStudy:
    """Return its dispatch, every station with V2G."""
    plan, scenario, found = placed
    storage = load_settings(Storage, "shenzhen", folder=STORAGE_FOLDER)
    storage = storage.model_copy(
        update={"v2g": storage.v2g.model_copy(update={"station_share": 1.0, "power_share": 1.0})}
    )
    tariff = load_settings(Tariff, "shenzhen-10kv", folder=TARIFF_FOLDER)
    return dispatch_plan(found, plan.document, scenario, storage, tariff)


def test_the_grid_study_never_asks_for_more_than_the_pool(
    placed: tuple[Plan, Scenario, GridStudy],
) -> None:
    """Whatever the day, guns draw no more than 2,160 kW together, expected or by design."""
    _, scenario, found = placed
    drawn = found.placement.design_kw[:, FLAGSHIP] * scenario.grid.efficiency
    expected = found.placement.expected_kw[:, FLAGSHIP] * scenario.grid.efficiency
    assert 0 < expected.max() <= drawn.max() <= POOL_KW


def test_the_dispatch_never_passes_the_pool(dispatched: DispatchStudy) -> None:
    """Charging and giving, or charging and being given back, share the pool in every hour."""
    setting = dispatched.setting
    assert setting.sites.has_v2g.all()
    assert len(setting.sites.has_v2g) == COUNT
    assert setting.sites.bays[-1, FLAGSHIP] == 46
    for t, phase in enumerate(dispatched.phases):
        plan = phase.found.schedule
        pool = setting.sites.pool_kw[t, phase.rows][:, None, None]
        guns = phase.question.load_kw * setting.efficiency
        assert plan.given_kw[FLAGSHIP].max() > 0
        for flow in (plan.given_kw, plan.back_kw):
            assert (guns + flow - pool).max() <= HAIR
        connection = phase.question.connection_kw[:, None, None]
        assert (plan.import_kw - connection).max() <= HAIR


@pytest.mark.parametrize("hour", [3, 8, 13, 20])
@pytest.mark.parametrize("up", [False, True])
def test_no_event_passes_the_pool(dispatched: DispatchStudy, hour: int, *, up: bool) -> None:
    """With whatever waits, is drawn forward, given or given back, guns stay within the pool."""
    phase, setting = dispatched.phases[-1], dispatched.setting
    question = phase.question.on_days(np.array([0]))
    plan = phase.found.schedule
    planned = Planned(*(vars(plan)[name][:, 0] for name in FLOWS))
    terms = setting.storage.response
    call = Call(
        start=hour,
        hours=2,
        kw=50_000.0,
        up=up,
        defer_share=terms.defer_share,
        defer_hours=terms.defer_hours,
        defer_cny_kwh=terms.defer_cny_kwh,
        shed_share=terms.shed_share,
        unserved_cny_kwh=terms.unserved_cny_kwh,
        notice_h=0 if up else 4,
    )
    got = respond(question.fixed(plan.sizes), planned, call)
    assert got.helped_kw.sum() > 0
    base = planned.rolled(call.first)
    guns = np.roll(question.load_kw[:, 0], -call.first, axis=1) - got.deferred_kw - got.shed_kw
    vehicles = got.v2g_kw + base.given_kw - base.back_kw
    pool = setting.sites.pool_kw[-1, phase.rows][:, None]
    both = guns * setting.efficiency + np.abs(vehicles)
    assert (both - pool).max() <= HAIR
