"""Say whether one question asks no more than another, so that its bound holds for the other too.

If every plan of question B is a plan of question A, worth no less there, then no plan of B is
better than A's bound. That is decided limit by limit; every field of a problem that is not known
here as a limit must be the same, so a new kind of question carries no bound until it is.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from siting.data.problem import NONE
from siting.scenario.kinds import PhasedKind

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from siting.data.problem import Problem

_LIMITS = (
    *("city_target", "district_target", "max_stations", "budget_cny", "headroom_kw"),
    *("capacity_kwh", "min_served_share", "min_covered_share", "allowed", "state_cost_cny"),
    *("conflicts", "demand_kwh"),
)
"""Fields that may differ, each in the direction that lets more be done."""
_TOLD = ("fuel_count", "spacing_m", "conflict_m")
"""Fields that no plan hangs on: what they set stands in targets and conflicts."""
_COUNTS = ("city_target", "district_target", "max_stations", "budget_cny")
"""Limits that may differ where more is asked than the plain question."""
_MORE = ("fairness", "futures", "rooms", "batteries")
_DEMAND_MAY_GROW = ("served", "covered")


def relaxes(wide: Problem, narrow: Problem) -> bool:
    """Tell whether a bound of one question is one of another.

    Lower targets, more money, lower prices, more room at substations and stations, more stations
    allowed, fewer conflicts, lower floors; and, where the most demand is to be served or covered
    and no floor hangs on it, more demand: each lets every plan of the narrow question be one of the
    wide one, worth no less.

    Parameters
    ----------
    wide
        The question whose bound is known.
    narrow
        The question it is wanted for.
    """
    if wide.objective not in get_args(PhasedKind):
        return False
    if wide.fairness.raised:  # each question holds its worst off to a share of its own
        return False
    may_differ = (*_TOLD, *(_LIMITS if _plain(wide) else _COUNTS))
    held = (item.name for item in fields(wide) if item.name not in may_differ)
    if not all(_same(getattr(wide, name), getattr(narrow, name)) for name in held):
        return False
    return _demand(wide, narrow) and _limits(wide, narrow)


def _plain(problem: Problem) -> bool:
    """Tell whether nothing but the formulation of ``statement`` with its limits is asked."""
    unset = {item.name: item.default for item in fields(problem)}
    return all(_same(getattr(problem, name), unset[name]) for name in _MORE)


def _limits(wide: Problem, narrow: Problem) -> bool:
    return (
        _at_most(wide.city_target, narrow.city_target)
        and _at_most(wide.district_target, narrow.district_target)
        and _at_most(_counts(narrow), _counts(wide))
        and _at_most(narrow.budget_cny, wide.budget_cny)
        and _at_most(narrow.headroom_kw, wide.headroom_kw)
        and _at_most(narrow.capacity_kwh, wide.capacity_kwh)
        and wide.min_served_share <= narrow.min_served_share
        and wide.min_covered_share <= narrow.min_covered_share
        and bool((wide.allowed | ~narrow.allowed).all())
        and _at_most(_costs(wide, narrow), _costs(narrow, narrow))
        and _conflicts(wide) <= _conflicts(narrow)
    )


def _demand(wide: Problem, narrow: Problem) -> bool:
    if _same(wide.demand_kwh, narrow.demand_kwh):
        return True
    floors = narrow.min_served_share or narrow.min_covered_share
    floors = floors or wide.min_served_share or wide.min_covered_share
    grows = _at_most(narrow.demand_kwh, wide.demand_kwh)
    return wide.objective in _DEMAND_MAY_GROW and not floors and grows


def _counts(problem: Problem) -> ArrayLike:
    return np.where(problem.max_stations == NONE, np.inf, problem.max_stations)


def _costs(problem: Problem, narrow: Problem) -> ArrayLike:
    """Return what the narrow question's stations cost; what it cannot hold costs nothing."""
    return np.where(narrow.allowed, problem.state_cost_cny, 0.0)


def _conflicts(problem: Problem) -> set[tuple[int, ...]]:
    return {tuple(pair) for pair in problem.conflicts.tolist()}


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any field of a problem
    """Tell whether two values are equal, arrays number by number, records field by field."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if is_dataclass(one):
        return all(_same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple | list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_same(a, b) for a, b in pairs)
    return bool(one == other)


def _at_most(one: ArrayLike, other: ArrayLike) -> bool:
    left, right = np.asarray(one), np.asarray(other)
    return left.shape == right.shape and bool((left <= right).all())
