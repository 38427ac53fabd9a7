"""Classical questions from scenario to plan: the best value, verified, told in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.data.build import build_problem
from siting.errors import InfeasibleError
from siting.pipeline import make_plan
from siting.scenario import ClassicalKind
from siting.verify import verify_plan
from tests.classical_brute import best_value
from tests.test_properties import cases
from tests.verify_case import asked

if TYPE_CHECKING:
    from siting.plan import Plan
    from siting.scenario import Scenario

KINDS = get_args(ClassicalKind)


@st.composite
def questions(draw: st.DrawFn, kind: str) -> Scenario:
    """Draw number, ratio, budget, spacing, headroom, policy and capacities for one kind."""
    fewest = 2 if kind == "p-dispersion" else 1
    numbers = [fewest, fewest + 1, fewest + 2]
    numbers = numbers[: 2 if kind == "p-dispersion" else 3]
    most = draw(st.sampled_from(numbers if kind.startswith("p-") else [None, *numbers]))
    budgets = [None, None, 1_600_000.0, 3_000_000.0, 6_000_000.0]
    endless = most is None and kind in {"max-cover", "backup-cover"}
    objective: dict[str, Any] = {"kind": kind}
    if kind in {"set-cover", "p-median", "facility"}:
        objective["capacities"] = draw(st.sampled_from([None, True, False]))
    if kind == "facility":
        objective |= {"drive_cny_min": draw(st.sampled_from([0.5, 5.0])), "horizon_years": 8.0}
    if kind == "max-cover":
        objective["min_covered_share"] = draw(st.sampled_from([None, None, 0.6]))
    large, minutes = draw(st.booleans()), draw(st.sampled_from([5.0, 10.0, None]))
    return asked(
        {
            "objective": objective,
            "phases": [
                {
                    "name": "p0",
                    "date": "2026-12-31",
                    "ratio": draw(st.sampled_from([0.0, 0.0, 0.3])),
                    "district_floor": draw(st.sampled_from([0.0, 0.0, 0.3])),
                    "budget_cny": draw(st.sampled_from(budgets[2:] if endless else budgets)),
                    "max_stations": most,
                    "base_load_growth": draw(st.sampled_from([1.0, 1.6])),
                }
            ],
            "ratio.form": draw(st.sampled_from(["stations", "guns"])),
            "reach.minutes": minutes,
            "reach.km": None if minutes else {"default": 2.0, "north": 4.0},
            "stations.small.buildable": not large,
            "stations.large.buildable": large,
            "existing.policy": draw(st.sampled_from(["keep", "upgrade", "upgrade-or-close"])),
            "limits.spacing_m": draw(st.sampled_from([0.0, 0.0, 600.0, 1600.0])),
            "grid.enforce": draw(st.booleans()),
            "solve.gap": 0.0,
        }
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_classical_plan_is_the_best_and_verifies(kind: str, data: st.DataObject) -> None:
    """The value of trying every set of sites, proved, in a plan that survives recomputation."""
    case, scenario = data.draw(cases()), data.draw(questions(kind))
    best = best_value(build_problem(case, scenario).problem)
    plan: Plan | None = None
    try:
        plan = make_plan(case, scenario, progress=lambda _: None)
    except InfeasibleError as error:
        assert error.conflict  # noqa: PT017 - either way is right, and said below
    assert (best is None) == (plan is None)
    if best is None or plan is None:
        return
    outcome = plan.document.outcome
    assert outcome.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert outcome.bound == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert outcome.status == "optimal"
    assert [str(mismatch) for mismatch in verify_plan(plan, case, scenario)] == []
