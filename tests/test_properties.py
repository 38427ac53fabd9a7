"""Random small questions: what the solver answers is what trying every plan finds, and verifies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.build import build_problem
from siting.errors import InfeasibleError, NoSolutionError
from siting.models import search
from siting.models.effort import Effort
from siting.models.solve import solve
from siting.pipeline import make_plan
from siting.verify import verify_plan
from tests.brute import brute_force
from tests.verify_case import asked, hand_case, spot, table

if TYPE_CHECKING:
    from siting.data.case import Case
    from siting.data.problem import Problem
    from siting.models.solution import Certificate
    from siting.scenario import Scenario

KINDS = ("served", "covered", "access", "cost")
EFFORT = Effort(gap=0.0, time_limit_s=60.0, seed=1, threads=1)

KM = st.integers(0, 8).map(lambda half: half / 2)
"""Places on the meridian; the districts part at 3 km, and 2 km are within reach."""


def _district(north_km: float) -> str:
    return "south" if north_km < 3 else "north"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw up to 4 zones and 4 sites, up to 2 of them standing stations, in 2 districts."""
    zones = draw(st.lists(KM, min_size=1, max_size=4))
    old = draw(st.lists(KM, max_size=2))
    new = draw(st.lists(KM, min_size=1, max_size=4 - len(old)))
    fuel = draw(st.lists(KM, min_size=1, max_size=4))
    demand = [draw(st.sampled_from([1000.0, 0.0, 4000.0, 9000.0])) for _ in zones]
    demand[0] = 2000.0

    def sites(prefix: str, places: list[float], **columns: list[Any]) -> Any:  # noqa: ANN401 - geopandas
        # a hair apart, so that no two sites coincide
        spots = {f"{prefix}{n}": spot(km + n / 1000) for n, km in enumerate(places)}
        areas = st.sampled_from([math.nan, 250.0, 600.0])
        grid = st.sampled_from(["G1", "G2", None])
        return table(
            spots,
            district=[_district(km) for km in places],
            host=["car park"] * len(places),
            area_m2=[draw(areas) for _ in places],
            extra_cost_cny=[draw(st.sampled_from([0.0, 300_000.0])) for _ in places],
            substation=[draw(grid) for _ in places],
            **columns,
        )

    kinds = [draw(st.sampled_from([None, "old", "small"])) for _ in old]
    return hand_case(
        zones=table(
            {f"Z{n}": spot(km) for n, km in enumerate(zones)},
            district=[_district(km) for km in zones],
            demand=demand,
        ),
        sites=sites("S", new),
        stations=sites("E", old, type=kinds),
        fuel=table(
            {f"F{n}": spot(km) for n, km in enumerate(fuel)},
            district=[_district(km) for km in fuel],
            nozzles=[4.0] * len(fuel),
        ),
        substations=table(
            {"G1": spot(0), "G2": spot(4)},
            voltage_kv=[110.0, 20.0],
            rating_mva=[draw(st.sampled_from([20.0, 5.0])), draw(st.sampled_from([20.0, 4.0]))],
            n1_limit=[0.5, 0.5],
            base_peak_mw=[1.0, 1.0],
        ),
    )


@st.composite
def questions(draw: st.DrawFn, kind: str) -> Scenario:
    """Draw ratios, budgets, spacing, headroom, policy and floors for one objective."""
    phases = []
    for n in range(draw(st.integers(1, 2))):
        phase = {
            "name": f"p{n}",
            "date": f"{2026 + n}-12-31",
            "ratio": draw(st.sampled_from([0.0, 0.3, 0.7])),
            "district_floor": draw(st.sampled_from([0.0, 0.0, 0.4])),
            "budget_cny": draw(st.sampled_from([None, 600_000.0, 1_300_000.0, 3_000_000.0])),
            "max_stations": draw(st.sampled_from([None, None, 1, 2])),
            "growth": draw(st.sampled_from([1.0, 1.5])),
            "base_load_growth": draw(st.sampled_from([1.0, 1.6])),
            "weight": draw(st.sampled_from([1.0, 2.0])),
        }
        phases.append(phase)
    floors = st.sampled_from([None, 0.3, 0.6])
    served, covered = draw(floors), draw(floors)
    if kind == "access" or (kind == "cost" and covered is None):
        served = draw(st.sampled_from([0.3, 0.6]))
    return asked(
        {
            "objective": {
                "kind": kind,
                "min_served_share": served,
                "min_covered_share": covered,
            },
            "phases": phases,
            "ratio.form": draw(st.sampled_from(["stations", "guns"])),
            "stations.small.pool_kw": draw(st.sampled_from([300.0, 720.0])),
            "existing.policy": draw(st.sampled_from(["keep", "upgrade", "upgrade-or-close"])),
            "limits.spacing_m": draw(st.sampled_from([0.0, 600.0, 1600.0])),
            "grid.enforce": draw(st.booleans()),
            "solve.gap": 0.0,
        }
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_plan_that_is_made_verifies(kind: str, data: st.DataObject) -> None:
    """Whatever small question is answered, the answer survives recomputation."""
    case, scenario = data.draw(cases()), data.draw(questions(kind))
    try:
        plan = make_plan(case, scenario, progress=lambda _: None)
    except InfeasibleError:
        return
    assert [str(mismatch) for mismatch in verify_plan(plan, case, scenario)] == []


def _solved(problem: Problem) -> Certificate | None:
    try:
        return solve(problem, EFFORT, progress=lambda _: None).certificate
    except InfeasibleError:
        return None


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_solver_finds_what_trying_every_plan_finds(kind: str, data: st.DataObject) -> None:
    """The same best value as brute force, proved; and infeasible where no plan keeps the rules."""
    problem = build_problem(data.draw(cases()), data.draw(questions(kind))).problem
    best, answer = brute_force(problem), _solved(problem)
    assert (best is None) == (answer is None)
    if best is not None and answer is not None:
        assert answer.objective == pytest.approx(best.value, rel=1e-6, abs=1e-3)
        assert answer.bound == pytest.approx(best.value, rel=1e-6, abs=1e-3)


def test_closing_gives_no_money_back() -> None:
    """What the plan has made larger stays open, so that no closing wipes out what it cost.

    Two stations are asked for in 2026, either of which could do for 2030. E1's upgrade costs
    800,000, the cheapest new site 1,000,000: 1,800,000 in all.
    """
    changes = {
        "objective": {"kind": "cost", "min_served_share": 0.3},
        "existing.policy": "upgrade-or-close",
        "phases.0.ratio": 0.6,
        "phases.0.budget_cny": None,
        "phases.1.ratio": 0.0,
        "phases.1.district_floor": 0.0,
        "phases.1.growth": 1.0,
        "limits.spacing_m": 0.0,
    }
    problem = build_problem(hand_case(), asked(changes)).problem
    best, answer = brute_force(problem), _solved(problem)
    assert best is not None
    assert answer is not None
    assert answer.objective == best.value == 1_800_000.0


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_the_search_never_proves_more_than_is_true(kind: str, data: st.DataObject) -> None:
    """The search made for large questions, let loose on small ones, brackets the best value."""
    problem = build_problem(data.draw(cases()), data.draw(questions(kind))).problem
    best = brute_force(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SMALL", 0)
        try:
            answer = _solved(problem)
        except NoSolutionError:
            return
    assert best is None or answer is not None
    if best is not None and answer is not None:
        sign = 1 if kind in {"served", "covered"} else -1
        slack = 1e-6 * abs(best.value) + 1e-3
        assert sign * answer.objective <= sign * best.value + slack
        assert sign * answer.bound >= sign * best.value - slack
