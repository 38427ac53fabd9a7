"""Limits of a search: steps that no clock or core changes, Ctrl-C, and phases one after another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from siting.data.problem import NONE
from siting.models import linear, search, start
from siting.models.assign import assign
from siting.models.crew import Crew
from siting.models.effort import Effort
from siting.models.highs import Highs
from siting.models.one_phase import one_phase
from siting.models.search import Search
from siting.models.solution import objective_of
from siting.models.solve import solve
from tests.golden import KINDS
from tests.toy import A, B, E, F, S, random_problem, toy

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.data.problem import Problem
    from siting.models.solution import Solution
    from siting.scenario import ObjectiveKind

STEPS = Effort(gap=0.0, time_limit_s=600.0, seed=3, threads=1, iterations=6)


def _quiet(_: str) -> None:
    """Tell nothing."""


def _solve(problem: Problem, effort: Effort, tell: Callable[[str], None] = _quiet) -> Solution:
    return solve(problem, effort, progress=tell)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every question as large."""
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(linear, "FEW", 0)


# Steps


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("large")
def test_steps_make_the_same_plan_on_any_number_of_cores(kind: ObjectiveKind) -> None:
    """One core or two, and run again: the same types, the same energy, to the last bit."""
    problem = random_problem(8, kind, zones=25, sites=12)
    first, second, again = (
        _solve(problem, replace(STEPS, threads=threads)) for threads in (1, 2, 2)
    )
    for other in (second, again):
        assert (first.type_at == other.type_at).all()
        assert (first.energy_kwh == other.energy_kwh).all()
        assert first.certificate.bound == other.certificate.bound


def test_steps_limit_small_questions_too() -> None:
    """Whole questions are limited in nodes, the same on one core and two."""
    problem = random_problem(8, "served", zones=40, sites=20)
    first, second = (
        _solve(problem, replace(STEPS, iterations=1, threads=threads)) for threads in (1, 2)
    )
    assert (first.type_at == second.type_at).all()
    assert first.certificate.bound == second.certificate.bound


@pytest.mark.usefixtures("large")
def test_a_clock_that_jumps_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit in steps, a machine a thousand times as slow comes to the same plan."""
    problem = random_problem(4, "served", zones=20, sites=10)
    patient = replace(STEPS, time_limit_s=1e9)
    first = _solve(problem, patient)
    clock = iter(range(0, 10**9, 1000))
    monkeypatch.setattr("siting.models.crew.time.monotonic", lambda: float(next(clock)))
    second = _solve(problem, patient)
    assert (first.type_at == second.type_at).all()
    assert first.certificate.bound == second.certificate.bound


@pytest.mark.usefixtures("large")
def test_more_steps_are_no_worse() -> None:
    """Steps are counted: of 2 and 8, the longer search goes on where the shorter ended."""
    problem = random_problem(9, "served", zones=25, sites=12)
    told: list[str] = []
    _solve(problem, replace(STEPS, iterations=2), told.append)
    own = [text for text in told if text.startswith("best")]
    assert "2 neighbourhoods" in own[-1] or "gap 0.00%" in own[-1]


# Stopping


@pytest.mark.usefixtures("large")
def test_ctrl_c_returns_the_best_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at its first neighbourhood, the search returns its plan, and says so."""
    problem = random_problem(9, "served", zones=25, sites=12)

    def tell(text: str) -> None:
        if text.startswith("best"):
            raise KeyboardInterrupt

    monkeypatch.setattr(start, "SUPPORT", ())
    found = _solve(problem, replace(STEPS, iterations=50), tell)
    assert found.certificate.method.endswith("stopped by the user")
    assert found.certificate.bound >= found.certificate.objective > 0
    assert found.certificate.gap == pytest.approx(
        found.certificate.bound / found.certificate.objective - 1, abs=1e-9
    )


def test_ctrl_c_while_the_whole_is_solved_returns_its_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The running program is called off; what it has found is a plan, its bound a bound."""
    problem = random_problem(2, "served", zones=30, sites=12)
    real, cancelled = Highs.run, []
    monkeypatch.setattr(Search, "_myopic", lambda *_: np.empty(0))
    monkeypatch.setattr(Highs, "cancel", lambda program: cancelled.append(program))  # noqa: PLW0108 - a method
    monkeypatch.setattr("siting.models.crew._result", _interrupted_once(), raising=True)
    monkeypatch.setattr(Highs, "run", real)
    found = _solve(problem, replace(STEPS, iterations=None, gap=0.05))
    assert len(cancelled) == 1
    assert found.certificate.method.endswith("stopped by the user")


def _interrupted_once() -> Callable[..., object]:
    calls: list[int] = []

    def result(future: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return future.result()  # type: ignore[attr-defined]

    return result


@pytest.mark.usefixtures("large")
def test_ctrl_c_before_there_is_a_plan_stops() -> None:
    """Stopped at the relaxation there is nothing to return."""

    def tell(text: str) -> None:
        if "relaxation" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _solve(random_problem(9, "served", zones=25, sites=12), STEPS, tell)


def test_a_program_called_off_does_nothing() -> None:
    """A cancelled program gives no answer, and claims no bound."""
    searching = Search(toy("served"), Crew(STEPS, _quiet))
    program = Highs(searching.arrays)
    program.cancel()
    run = program.run(time_limit_s=5)
    assert run.status == "no-solution"
    assert run.bound == np.inf


# Phase after phase


def test_a_phase_alone_goes_on_from_what_stands() -> None:
    """After p1 has built S at B and made nothing of E and A, p2 may raise E and build A."""
    held = np.array([F, NONE, S])
    alone = one_phase(toy("served"), 1, held)
    assert alone.phases == ("p2",)
    assert alone.initial.tolist() == held.tolist()
    assert alone.allowed[E].tolist() == [True, True, False]
    assert alone.allowed[A].tolist() == [False, True, True]
    assert alone.allowed[B].tolist() == [False, True, False]
    assert alone.demand_kwh.tolist() == [[150, 300, 50]]
    assert alone.max_stations.tolist() == [2]
    closed = one_phase(toy("covered"), 1, np.array([NONE, NONE, S]))
    assert not closed.allowed[E].any()


def _myopic(problem: Problem, effort: Effort) -> float | None:
    """Return what is reached by answering phase after phase, each a question of its own."""
    held, total = problem.initial, 0.0
    for t in range(len(problem.phases)):
        alone = one_phase(problem, t, held)
        found = Search(alone, Crew(effort, _quiet), thrifty=False).run()
        if not len(found.type_at):
            return None
        held = found.type_at[0]
        total += _worth(alone, held)
    return total


def _worth(alone: Problem, held: np.ndarray) -> float:
    """Return what a choice is worth in a question of one phase."""
    return objective_of(alone, held[None, :], assign(alone, held[None, :]))


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["served", "covered", "access"])
def test_foresight_never_costs(
    kind: ObjectiveKind, seed: int, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan for all phases is worth no less than answering one after the other."""
    if size == "large":
        monkeypatch.setattr(search, "SMALL", 0)
    problem = random_problem(seed, kind, zones=15, sites=8)
    rough = replace(STEPS, gap=0.2, iterations=4)
    alone = _myopic(problem, replace(rough, iterations=2))
    if alone is None:
        return
    whole = _solve(problem, rough).certificate.objective
    sign = -1 if kind == "access" else 1
    assert sign * whole >= sign * alone - 1e-6 * abs(alone)
