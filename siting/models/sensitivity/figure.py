"""Hold a number, its unit, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from siting.data.problem import Problem

Basis = Literal["exact", "bounds", "estimate", "unknown"]

UNITS = {
    "served": "kWh/day",
    "covered": "kWh/day",
    "access": "kWh/day x min",
    "cost": "CNY",
}
"""Of each objective; summed over phases by their weights."""
_SAME = 1e-6


@dataclass(frozen=True)
class Figure:
    """Hold a number as an interval that it is proved to lie in, or as an estimate."""

    basis: Basis
    lower: float
    upper: float


def exact(value: float) -> Figure:
    """Return a number that is known."""
    return Figure("exact", value, value)


def estimate(value: float) -> Figure:
    """Return a number that nothing proves."""
    return Figure("estimate", value, value)


def between(lower: float, upper: float, *, scale: float) -> Figure:
    """Return a number proved to lie between two; exact where they are the same.

    Parameters
    ----------
    lower, upper
        The bounds.
    scale
        Size of the objectives whose difference it is: what a millionth is taken of.
    """
    if upper - lower <= _SAME * max(abs(scale), 1.0):
        return exact(lower + (upper - lower) / 2)
    return Figure("bounds", lower, upper)


def sign_of(problem: Problem) -> int:
    """Return 1 where more is better, -1 where less is."""
    return 1 if problem.objective in {"served", "covered"} else -1
