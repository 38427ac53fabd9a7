"""The linear relaxation: whole or phase by phase, a bound that holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from siting.models import linear
from siting.models.highs import Arrays, Highs, Run, to_arrays
from siting.models.layout import Layout
from siting.models.linear import relax
from siting.models.statement import state
from tests.toy import random_problem

if TYPE_CHECKING:
    from siting.scenario import ObjectiveKind

KINDS: tuple[ObjectiveKind, ...] = ("served", "covered", "access", "cost")


def _solve(arrays: Arrays, _still_to_come: int) -> Run:
    return Highs(arrays, relaxed=True).run(time_limit_s=20, method="ipm", crossover=False)


@pytest.mark.parametrize("kind", KINDS)
def test_phase_by_phase_bounds_no_tighter_than_the_whole(
    kind: ObjectiveKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the rows that tie phases together more plans are allowed, so the bound is looser."""
    problem = random_problem(5, kind, zones=15, sites=8)
    statement = state(problem)
    arrays = to_arrays(statement)
    layout = Layout.of(problem, statement, arrays)
    whole = relax(arrays, layout, _solve, give=0.01, progress=lambda _: None)
    monkeypatch.setattr(linear, "WHOLE", 0)
    told: list[str] = []
    parts = relax(arrays, layout, _solve, give=0.01, progress=told.append)
    assert told == [
        f"solving the linear relaxation, phase {n} of {len(problem.phases)}"
        for n in range(1, len(problem.phases) + 1)
    ]
    sign = 1 if arrays.maximise else -1
    assert sign * parts.bound >= sign * whole.bound - 1e-5 * abs(whole.bound)
    assert parts.wish.shape == whole.wish.shape == arrays.cost.shape


def test_an_unfinished_relaxation_leaves_a_simple_bound() -> None:
    """Nothing solved: all reachable demand is the bound, and there is no plan to round."""
    problem = random_problem(5, "served", zones=15, sites=8)
    statement = state(problem)
    arrays = to_arrays(statement)
    layout = Layout.of(problem, statement, arrays)
    found = relax(
        arrays,
        layout,
        lambda part, _: Highs(part, relaxed=True).run(time_limit_s=0.0),
        give=0.0,
        progress=lambda _: None,
    )
    reachable = float(problem.weight @ problem.reachable_kwh)
    assert found.bound <= reachable * (1 + 1e-9)
    assert not found.infeasible
