"""Explain why no plan exists: what cannot hold together, and the least that would mend it.

A requirement is what a planner can change: a target, a budget, the most stations, a substation's
limit, the spacing, a floor, existing stations that must stay, what a site's area allows, and what
was decided of a site by hand. Each member of the conflict is told with the least change that would
do alone, everything else kept; the one that changes the smallest part of its own limit is told
first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import SolverError
from siting.models.conflict.changes import Change, change_text
from siting.models.conflict.core import Least, Tests
from siting.models.conflict.reached import best_of_rest
from siting.models.conflict.requirements import OWED, Requirement, Stated, stated
from siting.models.conflict.words import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from siting.data.problem import Problem
    from siting.models.effort import Effort

EXPLAIN_SECONDS = 240.0
"""Of an explanation, most."""
CORE_SHARE = 0.5
"""Part of the time that the conflict itself may take; the changes get the rest."""
FEW = 4
"""Substations, or fixed sites, that are told one by one; more are told together."""
_TOGETHER = ("headroom", "fixed")
"""Families of many: first held or given up together."""
_REFINED = 60
"""Fixed sites up to which the ones in conflict are told apart."""


@dataclass(frozen=True)
class Diagnosis:
    """Hold a conflict and its remedies."""

    conflict: tuple[Requirement, ...]
    """A smallest set that cannot hold together; empty where none could be told in time."""
    smallest: bool
    """False if the time was up before it was proved that nothing can be left out."""
    changes: tuple[Change, ...]
    """Each mends the whole problem alone, cheapest first."""
    together: tuple[Change, ...]
    """Changes that mend it together, where none does alone."""
    together_least: bool = True
    """False if the time was up before it was proved that the sum of their parts is the least."""


def explain(
    problem: Problem,
    effort: Effort,
    *,
    seconds: float = EXPLAIN_SECONDS,
    progress: Callable[[str], None] = lambda _text: None,
) -> tuple[list[str], str, list[str]]:
    """Return the conflict, the nearest thing that can be had, and every single change that mends.

    Parameters
    ----------
    problem
        A problem proved to have no plan.
    effort
        Threads and seed of the tests.
    seconds
        Of the whole explanation; what was not settled by then is told as such.
    progress
        Called with a line of text now and then.
    """
    program = stated(problem)
    try:
        found = diagnose(program, effort, seconds=seconds, progress=progress)
    except SolverError as error:
        return [f"all of them; which ones cannot be told: {error}"], "", []
    if not found.conflict:
        return ["all of them; which ones could not be told apart in time"], "", []
    tests = Tests(program.program, effort, seconds * (1 - CORE_SHARE) / 2)
    lines = [
        sentence(problem, item, best_of_rest(program, tests, found.conflict, item))
        for item in _told(found.conflict)
    ]
    if not found.smallest:
        lines[-1] += " (time was up: perhaps fewer of these are enough for the conflict)"
    changes = [change_text(program, change) for change in found.changes]
    return lines, _nearest(program, found, changes), changes


def _told(conflict: Sequence[Requirement]) -> list[Requirement]:
    """Return the requirements to tell: many substations, or fixed sites, as one."""
    told = list(conflict)
    for family in _TOGETHER:
        full = [item for item in conflict if item.family == family]
        if len(full) > FEW:
            told = [item for item in told if item not in full] + [Requirement(family)]
    return told


def _nearest(program: Stated, found: Diagnosis, changes: list[str]) -> str:
    if changes:
        return f"Nearest that can be reached: {changes[0]}, all else kept."
    if found.together:
        parts = "; ".join(change_text(program, change) for change in found.together)
        note = "" if found.together_least else " (enough; not proved to be the least)"
        return (
            f"Nearest that can be reached, as no single change is enough: together {parts}{note}."
        )
    return ""


def diagnose(
    program: Stated,
    effort: Effort,
    *,
    seconds: float = EXPLAIN_SECONDS,
    progress: Callable[[str], None] = lambda _text: None,
) -> Diagnosis:
    """Find a smallest conflict of a problem without a plan, and the least changes that mend it.

    Parameters
    ----------
    program
        The problem, stated requirement by requirement.
    effort
        Threads and seed.
    seconds
        Of all of it.
    progress
        Called with a line of text now and then.
    """
    limits = program.program.limits
    tests = Tests(program.program, effort, seconds * CORE_SHARE)
    bundles: list[tuple[Requirement, ...]] = [
        (key,) for key in sorted(limits) if key.family not in _TOGETHER
    ]
    large = [tuple(sorted(key for key in limits if key.family == name)) for name in _TOGETHER]
    bundles += [bundle for bundle in large if bundle]
    if not tests.conflict([key for bundle in bundles for key in bundle]):
        return Diagnosis((), smallest=False, changes=(), together=())
    core = tests.core(bundles)
    for bundle in large:
        few = bundle[0].family == "headroom" or len(bundle) <= _REFINED if bundle else False
        if len(bundle) > 1 and few and bundle in core:
            rest = [other for other in core if other != bundle]
            core = rest + tests.refine(rest, bundle)
    conflict = tuple(key for bundle in core for key in bundle)
    progress("looking for the least change that would mend it")
    mend = _Mend(program, Tests(program.program, effort, seconds * (1 - CORE_SHARE)))
    changes = mend.single(conflict)
    single = tuple(sorted((c for c in changes if c.mends), key=lambda c: c.part))
    together, least = ((), True) if single else mend.together(conflict)
    return Diagnosis(conflict, not tests.cut_off, single, together, least)


@dataclass
class _Mend:
    """Look for changes that mend a program."""

    program: Stated
    tests: Tests[Requirement]

    def single(self, conflict: Sequence[Requirement]) -> list[Change]:
        """Return the least change of each member of a conflict, alone; many of a family as one."""
        full = tuple(key for key in conflict if key.family == "headroom")
        fixed = tuple(key for key in conflict if key.family == "fixed")
        many = {*(full if len(full) > FEW else ()), *(fixed if len(fixed) > FEW else ())}
        bundles: list[tuple[Requirement, ...]] = [
            (key,) for key in _once(conflict) if key not in many
        ]
        bundles += [fixed] if len(fixed) > FEW else []
        substations = tuple(key for key in self.program.program.limits if key.family == "headroom")
        seconds = self.tests.left_s() / (len(bundles) + 2)
        changes = [self._change(bundle, seconds) for bundle in bundles]
        if full and not any(c.mends for c in changes if c.keys[0].family == "headroom"):
            changes.append(self._change(substations, seconds))
        if fixed and not any(c.mends for c in changes if c.keys[0].family == "fixed"):
            every = tuple(key for key in self.program.program.limits if key.family == "fixed")
            changes += [self._change(every, seconds)] if len(every) > 1 else []
        return changes

    def together(self, conflict: Sequence[Requirement]) -> tuple[tuple[Change, ...], bool]:
        """Return changes that mend it together, and whether the sum of parts is the least."""
        limits = self.program.program.limits
        keys = tuple(_once(limits))
        weights = [1.0 / max(limits[key].size, 1.0 if key in conflict else 1e-3) for key in keys]
        least = self.tests.least(keys, seconds=self.tests.left_s(), weights=weights)
        if least.status not in {"exact", "within"}:
            return (), False
        parts = []
        first = 0
        for key in keys:
            count = len(limits[key].give.upper)
            slack = least.slack[first : first + count]
            first += count
            parts.append(_part(self.program, key, least, slack))
        return tuple(part for part in parts if part.amount > 0), least.status == "exact"

    def _change(self, keys: tuple[Requirement, ...], seconds: float) -> Change:
        limits = self.program.program.limits
        least = self.tests.least(keys, seconds=seconds)
        size = sum(limits[key].size for key in keys)
        part = least.amount / size if size > 0 else np.inf
        return Change(
            keys, least.status, least.amount, least.bound, part, least.slack, least.values
        )


def _once(keys: Iterable[Requirement]) -> list[Requirement]:
    """Return requirements, a floor of several phases once: it is one number to change."""
    floors = {"served", "covered", *OWED}
    first = {
        (key.family, key.scope) if key.family in floors else key: key
        for key in reversed(list(keys))
    }
    return [key for key in keys if key in set(first.values())]


def _part(program: Stated, key: Requirement, least: Least, slack: np.ndarray) -> Change:
    """Return what one limit gives of a change of several."""
    limit = program.program.limits[key]
    give = limit.give
    counted = float(np.round(least.values[give.columns]).sum())
    if len(give.depth):
        amount = float(np.where(slack > 0, give.depth, 0.0).max(initial=0.0))
    else:
        amount = float(give.cost @ slack) + counted
    part = amount / limit.size if limit.size > 0 else np.inf
    return Change((key,), "exact", amount, amount, part, slack, least.values)
