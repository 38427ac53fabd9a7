"""Read the fixes of a scenario as arrays, and refuse those that can never hold."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from siting.data.problem import FREE, NONE
from siting.errors import Fault, ScenarioError
from siting.scenario.fixed import CLOSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from siting.data.site_list import Sites
    from siting.scenario import Fixed, Scenario

_SHOWN = 60


def fixed_types(scenario: Scenario, sites: Sites, types: tuple[str, ...]) -> NDArray[np.int64]:
    """Return what each site is fixed to in each phase, (T, J): a type, NONE, or FREE.

    A new site that is closed from a later phase on is closed before as well, since no new station
    is ever closed. Where nothing but the fixes stands (``only_fixed``) no site is free. Without
    fixes the array is empty, (0, 0).

    Raises
    ------
    ScenarioError
        If a fix names a site the city does not have, contradicts another, or asks for what the
        site can never hold; lists every fault.
    """
    if not scenario.fixed and not scenario.only_fixed:
        return np.empty((0, 0), dtype=np.int64)
    reader = _Reader(scenario, sites, types)
    if faults := list(reader.faults()):
        msg = f"The fixed sites of scenario {scenario.name} do not fit the city:"
        raise ScenarioError(msg, faults)
    return reader.types_at()


@dataclass(eq=False)
class _Reader:
    scenario: Scenario
    sites: Sites
    types: tuple[str, ...]

    def __post_init__(self) -> None:
        self.phase = {phase.name: t for t, phase in enumerate(self.scenario.phases)}
        self.kind = {name: k for k, name in enumerate(self.types)} | {CLOSED: NONE}
        self.site = {name: j for j, name in enumerate(self.sites.ids)}
        self.steps: dict[int, list[tuple[int, int, int]]] = {}
        """Of each fixed site: phase, type and position in the file, by phase."""
        for n, item in enumerate(self.scenario.fixed):
            if item.site in self.site:
                step = (self._from(item), self.kind[item.type], n)
                self.steps.setdefault(self.site[item.site], []).append(step)
        for steps in self.steps.values():
            steps.sort()

    def _from(self, item: Fixed) -> int:
        return 0 if item.phase is None else self.phase[item.phase]

    def types_at(self) -> NDArray[np.int64]:
        phases = len(self.phase)
        found = np.full((phases, len(self.site)), FREE, dtype=np.int64)
        if self.scenario.only_fixed:
            found[:] = self.sites.initial
        for j, steps in self.steps.items():
            for t, kind, _ in steps:
                found[t:, j] = kind
            first, kind, _ = steps[0]
            if kind == NONE and self.sites.initial[j] == NONE:
                found[:first, j] = NONE
        return found

    def faults(self) -> Iterator[Fault]:
        for n, item in enumerate(self.scenario.fixed):
            if item.site not in self.site:
                yield self._unknown(n, item.site)
            elif why := self._cannot(item):
                yield self._fault(n, "type", *why)
        for j, steps in self.steps.items():
            yield from self._against(j, steps)

    def _fault(self, n: int, field: str, what: str, mend: str) -> Fault:
        return Fault(f"scenario {self.scenario.name}", what, mend, field=f"fixed[{n}].{field}")

    def _unknown(self, n: int, name: str) -> Fault:
        near = difflib.get_close_matches(name[:_SHOWN], list(self.site), n=1)
        mend = f"Did you mean {near[0]!r}? " if near else ""
        mend += "Sites and existing stations go by their ids in the city's layers."
        return self._fault(n, "site", f"{name[:_SHOWN]!r} is no site of this city", mend)

    def _cannot(self, item: Fixed) -> tuple[str, str] | None:
        """Return why a site can never be what a fix says, and the mend."""
        j, kind = self.site[item.site], self.kind[item.type]
        policy, stands = self.scenario.existing.policy, int(self.sites.initial[j])
        if self.scenario.only_fixed and (kind == NONE or kind >= stands):
            return None  # evaluated as given: what breaks a rule is told afterwards
        if kind == NONE and (stands == NONE or policy == "upgrade-or-close"):
            return None
        if kind != NONE and self.sites.allowed[j, kind]:
            return None
        if stands != NONE:
            held = self.types[stands]
            what = f"{item.site!r} has a {held!r} station, which cannot become {item.type!r}"
            return what, f"Stations that stand may {_MAY[policy]} (existing.policy = {policy!r})."
        return self._why_not(item, j, kind)

    def _why_not(self, item: Fixed, j: int, kind: int) -> tuple[str, str]:
        others = [name for k, name in enumerate(self.types) if self.sites.allowed[j, k]]
        mend = f"It may hold {', '.join(others)}." if others else "It may hold no type at all."
        if not self.scenario.stations[item.type].buildable:
            why = "is not buildable"
        elif not others:
            why = "cannot stand there: the rules for sites, or its ground, keep it out"
        else:
            why = "needs more ground than there is"
        return f"at {item.site!r} type {self.types[kind]!r} {why}", mend

    def _against(self, j: int, steps: list[tuple[int, int, int]]) -> Iterator[Fault]:
        """Yield where a later fix of a site undoes an earlier one."""
        name, first = self.sites.ids[j], int(self.sites.initial[j])
        for (_, before, _), (t, now, n) in pairwise(steps):
            phase = self.scenario.phases[t].name
            if now == NONE and before not in {NONE, first}:
                what = f"{name!r} is to be {self.types[before]!r} first and closed from {phase} on"
                yield self._fault(n, "type", what, "What the plan builds stays: keep one of both.")
            elif now != NONE and now < before:
                what = f"{name!r} is to shrink from {self.types[before]!r} to {self.types[now]!r}"
                yield self._fault(n, "type", what, "No station shrinks: keep one of both.")
            elif before == NONE and NONE not in {now, first}:
                what = f"{name!r} is to be closed first and open again from {phase} on"
                yield self._fault(n, "type", what, "What was closed stays closed: keep one.")


_MAY = {
    "keep": "neither change nor close",
    "upgrade": "only grow",
    "upgrade-or-close": "grow, or close",
}
