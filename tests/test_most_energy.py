"""Energy as a flow: as much as a linear program serves, within every limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.models import assign as assigning
from siting.models import search, start
from siting.models.assign import assign
from siting.models.effort import Effort
from siting.models.most_energy import most_energy
from siting.models.solution import objective_of
from siting.models.solve import solve
from tests.brute import valued_plans
from tests.toy import random_problem

if TYPE_CHECKING:
    from siting.data.problem import Problem

CLOSE = 1e-6


def _a_plan(seed: int) -> tuple[Problem, np.ndarray] | None:
    problem = random_problem(seed, "served", zones=8, sites=3)
    plans = [np.array(plan.histories).T for plan in valued_plans(problem)]
    return (problem, plans[seed % len(plans)]) if plans else None


def test_a_flow_by_hand() -> None:
    """Zone 0 (10) reaches sites 0 (4) and 1 (5), zone 1 (3) site 1: 4 + 5 are all that fits."""
    zone, site = np.array([0, 0, 1], dtype=np.int32), np.array([0, 1, 1], dtype=np.int32)
    energy = most_energy(zone, site, np.array([10.0, 3.0]), np.array([4.0, 5.0]))
    assert energy.sum() == pytest.approx(9.0, rel=CLOSE)
    assert energy[0] == pytest.approx(4.0, rel=CLOSE)


@pytest.mark.parametrize(("demand", "pairs"), [(0.0, 1), (5.0, 0)])
def test_no_demand_or_no_pair_is_no_flow(demand: float, pairs: int) -> None:
    """Nothing to send, or no way to send it."""
    ends = np.zeros(pairs, dtype=np.int32)
    assert not most_energy(ends, ends, np.array([demand]), np.array([3.0])).any()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 300))
def test_a_flow_serves_what_a_program_serves(seed: int) -> None:
    """Phase by phase the same energy; no zone gets more than it asks, no station gives more."""
    made = _a_plan(seed)
    if made is None:
        return
    problem, type_at = made
    exact = assign(problem, type_at).sum(axis=1)
    for t, held in enumerate(type_at):
        opened = (held >= 0) & problem.is_super[np.maximum(held, 0)]
        pairs = np.flatnonzero(opened[problem.pair_site])
        room = np.where(opened, problem.capacity_kwh[np.maximum(held, 0)], 0.0)
        zone, site = problem.pair_zone[pairs], problem.pair_site[pairs]
        energy = most_energy(zone, site, problem.demand_kwh[t], room)
        assert energy.sum() == pytest.approx(exact[t], rel=CLOSE, abs=CLOSE)
        got = np.bincount(zone, weights=energy, minlength=len(problem.zones))
        gave = np.bincount(site, weights=energy, minlength=len(problem.sites))
        assert (got <= problem.demand_kwh[t] * (1 + 1e-12)).all()
        assert (gave <= room * (1 + 1e-12)).all()


@pytest.mark.parametrize("seed", range(8))
def test_few_of_many_pairs_serve_as_much(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all pairs are looked at, the energy served is still the most."""
    made = _a_plan(seed)
    if made is None:
        pytest.skip("no plan keeps the rules")
    problem, type_at = made
    exact = objective_of(problem, type_at, assign(problem, type_at))
    monkeypatch.setattr(assigning, "MANY", 0)
    monkeypatch.setattr(assigning, "NEAREST", 1)
    few = objective_of(problem, type_at, assign(problem, type_at))
    assert few == pytest.approx(exact, rel=CLOSE)


@pytest.mark.parametrize("pairs", [0, 10**6])
@pytest.mark.parametrize("seed", range(3))
def test_very_large_questions_keep_every_rule(
    seed: int, pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounded phase after phase, energy by flow, few of the pairs or all: a plan, and its bound."""
    monkeypatch.setattr(start, "ALL_PAIRS", pairs)
    monkeypatch.setattr(start, "SOME_PAIRS", 1)
    for room, name, value in ((search, "SMALL", 0), (search, "STALE", 5)):
        monkeypatch.setattr(room, name, value)
    monkeypatch.setattr(start, "WIDE", 0)
    monkeypatch.setattr(start, "FLOW", 0)
    problem = random_problem(seed, "served", zones=6, sites=3)
    values = {plan.histories: plan.value for plan in valued_plans(problem)}
    found = solve(problem, Effort(0.0, 20.0, 1, 1), progress=lambda _: None)
    histories = tuple(tuple(column) for column in found.type_at.T.tolist())
    assert found.certificate.objective == pytest.approx(values[histories], rel=1e-5)
    assert found.certificate.bound >= max(values.values()) * (1 - 1e-5)
