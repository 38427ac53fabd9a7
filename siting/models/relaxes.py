"""Say whether one question asks no more than another, so that its bound holds for the other too.

If every plan of question B is a plan of question A, worth no less there, then no plan of B is
better than A's bound. That is decided limit by limit: all that is not a limit must be the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from siting.data.problem import NONE
from siting.scenario.kinds import PhasedKind

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from siting.data.problem import Problem

_NAMES = ("phases", "zones", "sites", "types", "districts", "substations", "objective")
_SAME = (
    *("weight", "pair_zone", "pair_site", "pair_minutes", "is_super", "ratio_count", "load_kw"),
    *("initial", "closable", "site_district", "site_substation"),
)
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
    if any(getattr(wide, name) != getattr(narrow, name) for name in _NAMES):
        return False
    if wide.objective not in get_args(PhasedKind):
        return False
    if not all(_same(getattr(wide, name), getattr(narrow, name)) for name in _SAME):
        return False
    return _demand(wide, narrow) and _limits(wide, narrow)


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


def _same(one: ArrayLike, other: ArrayLike) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))


def _at_most(one: ArrayLike, other: ArrayLike) -> bool:
    left, right = np.asarray(one), np.asarray(other)
    return left.shape == right.shape and bool((left <= right).all())
