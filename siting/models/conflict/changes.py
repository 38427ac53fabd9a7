"""Say a change that mends a problem in the planner's words and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.data.problem import NONE
from siting.models.conflict.requirements import due_kwh
from siting.models.conflict.words import counted, scope_of, unit_of
from siting.models.statement import KCNY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.data.problem import Problem
    from siting.models.conflict.requirements import Requirement, Stated

_NAMED = 5
"""Sites, pairs or substations told by name; of more, these and how many there are."""
_HAIR = 1e-6
_CENT = 0.01
"""M CNY and MW are told to two decimals, rounded so that the change is enough."""


@dataclass(frozen=True, eq=False)
class Change:
    """Hold how far some requirements give way, and that all others then hold."""

    keys: tuple[Requirement, ...]
    status: Literal["exact", "within", "impossible", "unknown"]
    amount: float
    """In the unit of the limit: stations or guns, thousands of CNY, kW, m of spacing (pairs where
    distances are unknown), share of demand, stations closed, sites."""
    bound: float
    """Proved: no less is enough."""
    part: float
    """Amount as a part of the limit: what changes are ranked by; inf where the limit is 0."""
    slack: NDArray[np.float64]
    values: NDArray[np.float64]
    """(columns,) of a plan that has it."""

    @property
    def mends(self) -> bool:
        """Tell whether a plan was found that keeps all else."""
        return self.status in {"exact", "within"}


def change_text(program: Stated, change: Change) -> str:
    """Return a change in words, such as ``raise the budget of p1 by 0.55 M CNY``."""
    problem, item = program.problem, change.keys[0]
    text = {
        "ratio": _ratio,
        "most": _most,
        "budget": _budget,
        "headroom": _headroom,
        "spacing": _spacing,
        "served": _floor,
        "covered": _floor,
        "served_in": _floor,
        "covered_in": _floor,
        "circle": _circle,
        "stay": _stay,
        "area": _area,
        "fixed": _fixed,
    }[item.family](program, problem, change)
    if change.status == "exact":
        return text
    return f"{text} (enough; not proved to be the least{_least(change)})"


def _least(change: Change) -> str:
    share = max(change.bound / change.amount, 0.0)
    return f", which is no less than {share:.0%} of that" if share > 0 else ""


def _up(value: float) -> float:
    """Return a value rounded up to two decimals."""
    return float(np.ceil(value / _CENT - _HAIR) * _CENT)


def _ratio(_program: Stated, problem: Problem, change: Change) -> str:
    item = change.keys[0]
    city = item.district == NONE
    fuel = int(problem.fuel_count.sum() if city else problem.fuel_count[item.district])
    target = problem.city_target[item.phase]
    if not city:
        target = problem.district_target[item.phase, item.district]
    count = int(target) - int(np.ceil(change.amount - _HAIR))
    ratio = f"{np.floor(100 * count / fuel + _HAIR) / 100:.2f}" if fuel else "0"
    return (
        f"lower the ratio of {scope_of(problem, item)} by {problem.phases[item.phase]} to {ratio} "
        f"({counted(count, unit_of(problem))} instead of {target:,})"
    )


def _most(_program: Stated, problem: Problem, change: Change) -> str:
    phase, more = change.keys[0].phase, int(np.ceil(change.amount - _HAIR))
    most = int(problem.max_stations[phase])
    return (
        f"allow {counted(more, 'station')} more by {problem.phases[phase]} "
        f"({most + more:,} instead of {most:,})"
    )


def _budget(_program: Stated, problem: Problem, change: Change) -> str:
    phase = change.keys[0].phase
    more = _up(change.amount * KCNY / 1e6)
    arrived = problem.budget_cny[phase] / 1e6 + more
    return (
        f"raise the budget of {problem.phases[phase]} by {more:,.2f} M CNY, "
        f"so that {arrived:,.2f} M CNY have arrived by then"
    )


def _headroom(_program: Stated, problem: Problem, change: Change) -> str:
    names = [problem.substations[key.substation] for key in change.keys]
    freed = [(name, kw) for name, kw in zip(names, change.slack, strict=True) if kw > _HAIR]
    total = sum(_up(kw / 1000) for _, kw in freed)
    if len(freed) == 1:
        name, kw = freed[0]
        return f"free {total:,.2f} MW at substation {name}{_reinforced(problem, [kw])}"
    each = _listed([f"{name} {_up(kw / 1000):,.2f}" for name, kw in sorted(freed, key=_by_size)])
    steps = _reinforced(problem, [kw for _, kw in freed])
    return f"free {total:,.2f} MW at {len(freed):,} substations ({each}){steps}"


def _reinforced(problem: Problem, freed_kw: list[float]) -> str:
    """Say what reinforcement would free as much; '' where the scenario prices none."""
    if not problem.step_kw:
        return ""
    steps = sum(int(np.ceil(kw / problem.step_kw - _HAIR)) for kw in freed_kw)
    what = "reinforce it" if len(freed_kw) == 1 else "reinforce them"
    price = steps * problem.step_cny / 1e6
    more = "; grid.reinforcement has it, unused" if not problem.works else ""
    return f" ({what}: +{steps * problem.step_mva:g} MVA for {price:,.2f} M CNY{more})"


def _by_size(entry: tuple[str, float]) -> float:
    return -entry[1]


def _spacing(program: Stated, problem: Problem, change: Change) -> str:
    used = program.spacing_pairs[change.slack > 0.5]  # noqa: PLR2004 - a binary
    pairs = [
        f"{problem.sites[a]} and {problem.sites[b]}" for a, b in problem.conflicts[used].tolist()
    ]
    where = f"{counted(len(used), 'pair')} of sites: {_listed(pairs)}"
    if len(problem.conflict_m) == len(problem.conflicts) and problem.spacing_m > 0:
        nearest = float(np.floor(problem.conflict_m[used].min() + _HAIR))
        return f"lower the spacing to {nearest:,.0f} m (which matters to {where})"
    return f"let sites stand closer than the spacing ({where})"


def _floor(_program: Stated, problem: Problem, change: Change) -> str:
    asked, _ = due_kwh(problem, change.keys[0])
    family, scope = change.keys[0].family.removesuffix("_in"), change.keys[0].scope
    if scope != NONE:
        family = f"{problem.fairness.floors[scope].scope}'s {family}"
    share = np.floor(1e4 * (asked - change.amount) + _HAIR) / 1e4
    if share <= 0:
        return f"give up the {family} floor of {asked:.2%}"
    return f"lower the {family} floor to {share:.2%} (instead of {asked:.2%})"


def _circle(_program: Stated, problem: Problem, change: Change) -> str:
    circle = problem.fairness.circles[change.keys[0].scope]
    left = [zone for zone, gone in zip(circle.zones, change.slack, strict=True) if gone > 0.5]  # noqa: PLR2004 - a binary
    zones = f"{counted(len(left), 'zone')} of {circle.group}"
    return f"leave {zones} without a station within {circle.km:g} km ({_listed(left)})"


def _stay(program: Stated, problem: Problem, change: Change) -> str:
    closed = program.stays[change.slack > 0.5]  # noqa: PLR2004 - a binary
    names = _listed([problem.sites[j] for j in closed])
    return f"let {counted(len(closed), 'existing station')} close ({names})"


def _area(program: Stated, problem: Problem, change: Change) -> str:
    columns = program.program.limits[change.keys[0]].give.columns
    used = [program.choice[n] for n in columns if change.values[n] > 0.5]  # noqa: PLR2004 - a binary
    names = _listed([f"{problem.sites[j]} as {problem.types[k]}" for j, k, _ in used])
    return f"find more ground for {counted(len(used), 'site')} ({names})"


def _fixed(_program: Stated, problem: Problem, change: Change) -> str:
    keys = zip(change.keys, change.slack, strict=True)
    sites = [problem.sites[key.site] for key, slack in keys if slack > 0.5]  # noqa: PLR2004 - a binary
    return f"leave {counted(len(sites), 'fixed site')} free ({_listed(sites)})"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
