"""Check what a plan adds to substations: whole steps, where and when they may be built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.verify.mismatch import agree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.plan import SubstationStep
    from siting.verify.mismatch import Ledger
    from siting.verify.state import State


def works_cny(state: State, number: int) -> float:
    """Return what reinforcements have cost up to and including a phase, by the rating added."""
    rules = state.scenario.grid.reinforcement
    if rules is None:
        return 0.0
    name = state.names[number]
    added = [
        step.added_mva
        for item in state.plan.document.substations
        for step in item.steps
        if step.phase == name
    ]
    return sum(added) / rules.step_mva * rules.step_cny


def check_reinforcement(ledger: Ledger, state: State) -> NDArray[np.float64]:
    """Return what is added to each substation's limit, (T, G) MW, and check that it may be.

    Whole steps, no more than there are, none before the first phase, nothing taken back; their
    money and power follow from the rating added. Where the scenario allows none, nothing is added.
    """
    labels = state.case.substations["id"].tolist()
    found = np.zeros((len(state.names), len(labels)))
    place = {label: number for number, label in enumerate(labels)}
    for item in state.plan.document.substations:
        before = 0
        for step in item.steps:
            if item.id not in place or step.phase not in state.names:
                continue
            phase, where = state.names.index(step.phase), f"substations[{item.id}]"
            where = f"{where}.steps[{step.phase}]"
            steps = _whole_steps(ledger, state, step, where)
            ledger.at_most(f"{where}.added_mva, steps", steps, _most(state, item.id, phase), "most")
            ledger.at_least(f"{where}.added_mva, steps", steps, before, "what is built stays")
            found[phase, place[item.id]] = _money_and_power(ledger, state, step, steps, where)
            before = steps
    return found


def _whole_steps(ledger: Ledger, state: State, step: SubstationStep, where: str) -> int:
    rules = state.scenario.grid.reinforcement
    if rules is None:
        ledger.near(f"{where}.added_mva", step.added_mva, 0.0)
        return 0
    steps = round(step.added_mva / rules.step_mva)
    if not agree(steps * rules.step_mva, step.added_mva):
        ledger.note(f"{where}.added_mva", step.added_mva, f"whole steps of {rules.step_mva:g}")
    return steps


def _most(state: State, substation: str, phase: int) -> int:
    """Return the most steps that may be in service at a substation in a phase."""
    grid = state.scenario.grid
    rules = grid.reinforcement
    if rules is None or not rules.use or not grid.enforce:
        return 0
    if rules.substations is not None and substation not in rules.substations:
        return 0
    early = rules.from_phase is not None and phase < state.names.index(rules.from_phase)
    return 0 if early else rules.most_steps


def _money_and_power(
    ledger: Ledger, state: State, step: SubstationStep, steps: int, where: str
) -> float:
    grid = state.scenario.grid
    rules = grid.reinforcement
    cost = mw = 0.0
    if rules is not None:
        cost = steps * rules.step_cny
        usable = rules.step_mva * rules.n1_limit * grid.power_factor
        mw = steps * usable * (1 - grid.reserve)
    ledger.near(f"{where}.added_mw", step.added_mw, mw)
    ledger.near(f"{where}.reinforcement_cny", step.reinforcement_cny, cost)
    return mw
